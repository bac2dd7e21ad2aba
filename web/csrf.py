"""Whether a form was really sent from one of this unit's own pages: its Origin, and a token.

A page puts `{{ csrf_field() }}` into each form; a script sends the same value as `X-CSRF-Token`.
`access.guard` asks `refusal` for every POST, PUT, PATCH and DELETE, so no view has to.
"""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from flask import Request, request, session
from markupsafe import Markup

from web.texts import gettext as _

FIELD = "csrf"
HEADER = "X-CSRF-Token"
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def csrf_token() -> str:
    """The token of this visitor's session, made when a form first needs it."""
    if FIELD not in session:
        session[FIELD] = secrets.token_urlsafe(24)
    return str(session[FIELD])


def csrf_field() -> Markup:
    """The hidden field for a form."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, csrf_token())


def refusal() -> str | None:
    """Why this request may not change anything; None if it may."""
    if request.method not in CHANGING:
        return None
    if not same_origin(request):
        return _("The request did not come from this page, so it was not carried out.")
    sent = request.headers.get(HEADER) or request.form.get(FIELD, "")
    kept = session.get(FIELD, "")
    if not kept or not hmac.compare_digest(str(kept).encode(), sent.encode()):
        return _("This page was open for too long; go back, load it again and repeat what you did.")
    return None


def same_origin(asked: Request) -> bool:
    """Whether the request was sent by a page of this very host.

    Browsers leave Sec-Fetch out on plain http, but send Origin with every POST.
    """
    try:
        origin = urlsplit(asked.headers.get("Origin", ""))
    except ValueError:  # 'http://[' say: no browser sends that
        return False
    return origin.scheme in ("http", "https") and origin.netloc == asked.host
