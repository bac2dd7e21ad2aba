"""Who may do what: one table, and the guard that asks it before every request.

An endpoint that is not in the table is refused to everybody. `Role.READER` is what the setting
web/reading = everyone makes of every visitor: an endpoint that changes something needs COACH, one
that only shows the whole history READER. Everything that changes anything must also be sent from
one of the unit's own pages (csrf.py).
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlsplit

from flask import Flask, Response, current_app, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from web import csrf
from web.identity import Role, everyone_reads, password_chosen, who
from web.pages import Rendered, render_message
from web.texts import N_
from web.texts import gettext as _

GUEST, LIFTER, READER, COACH = Role.GUEST, Role.LIFTER, Role.READER, Role.COACH

# endpoint -> least role. Add yours here; tests/web/test_access.py opens each under every role.
TABLE: dict[str, Role] = {
    "static": GUEST,
    # the rack
    "pages.now": GUEST,
    "pages.placement": GUEST,
    "events.events": GUEST,
    "events.placement_events": GUEST,
    "events.placement_seen": COACH,  # with the shape of what the unit sees
    "forms.ask": GUEST,
    "forms.ask_again": GUEST,
    "rack.screen": GUEST,
    "rack.who": GUEST,
    "rack.load": GUEST,
    # history
    "coach.today": READER,
    "coach.sessions": LIFTER,  # a lifter's own
    "coach.session": LIFTER,  # a lifter's own
    "coach.rep_numbers": LIFTER,  # a lifter's own
    "coach.lifters": READER,
    "coach.lifter": LIFTER,  # a lifter's own
    "coach.compare": READER,
    "coach.delete": COACH,
    "coach.write_session": COACH,
    "coach.give_session": COACH,
    "coach.write_set": COACH,
    "coach.give_set": COACH,
    "coach.strike_rep": COACH,
    "coach.bring_rep_back": COACH,
    "coach.add_lifter": COACH,
    "coach.rename_lifter": COACH,
    "coach.ask_merge": COACH,
    "coach.merge_lifter": COACH,
    "coach.undo_merge": COACH,
    "coach.delete_lifter": COACH,
    # the unit
    "health.health": READER,
    "health.healthz": GUEST,
    "health.prometheus": GUEST,
    # out and in
    "data.data": COACH,
    "data.columns": COACH,
    "data.export": COACH,
    "data.session_export": COACH,
    "data.session_sheet": COACH,
    "data.session_motions": COACH,
    "data.rep_motion": COACH,
    "data.backup": COACH,
    "data.download": COACH,
    "data.ask_delete": COACH,
    "data.delete": COACH,
    "data.keep_for": COACH,
    "data.restore": COACH,
    "data.call_off": COACH,
    "data.restore_read": COACH,
    "data.make_token": COACH,
    "data.revoke_token": COACH,
    "api.document": GUEST,
    "api.schema": GUEST,
    # accounts
    "accounts.sign_in": GUEST,
    "accounts.sign_in_coach": GUEST,
    "accounts.sign_in_lifter": GUEST,
    "accounts.card": GUEST,
    "accounts.use_card": GUEST,
    "accounts.sign_out": GUEST,
    "accounts.me": LIFTER,
    "lifter_access.people": COACH,
    "lifter_access.pin": COACH,
    "lifter_access.no_pin": COACH,
    "lifter_access.card": COACH,
    "lifter_access.no_card": COACH,
    # set-up; the first two refuse whoever comes when a password was chosen
    "setup.start": GUEST,
    "setup.password": GUEST,
    "setup.name": COACH,
    "setup.give_name": COACH,
    "setup.placement": COACH,
    "setup.light": COACH,
    "setup.show_light": COACH,
    "setup.done": COACH,
    "settings.show": COACH,
    "settings.change": COACH,
    "settings.password": COACH,
}

# What answers before a password was chosen; everything else leads to the wizard.
BEFORE_SETUP = frozenset(
    {
        "static",
        "events.events",
        "events.placement_events",
        "forms.ask",
        "forms.ask_again",
        "rack.screen",
        "rack.who",
        "rack.load",
        "health.healthz",
        "health.prometheus",
        "setup.start",
        "setup.password",
    }
)

# For programs: a bearer token instead of a cookie (`accept_tokens`), or a READER.
FOR_TOKENS = frozenset(
    f"api.{name}"
    for name in (
        "unit",
        "lifters",
        "lifter",
        "sessions",
        "session",
        "sets",
        "set",
        "reps",
        "rep",
        "unknown",
    )
)

SETUP = "/setup"
SIGN_IN = "/sign-in"
TOKENS = "racklight-tokens"


def guard(app: Flask) -> None:
    """Asks the table before every request, and keeps what is not for everybody out of caches."""
    app.before_request(_refused)
    app.after_request(_private)
    app.jinja_env.globals.update(
        csrf_field=csrf.csrf_field, csrf_token=csrf.csrf_token, may=may, set_up=password_chosen
    )


def accept_tokens(app: Flask, known: Callable[[str], bool]) -> None:
    """Has endpoints of FOR_TOKENS answer to `Authorization: Bearer TOKEN`."""
    app.extensions[TOKENS] = known


def may(endpoint: str) -> bool:
    """Whether this visitor may open an endpoint: for links that others need not see."""
    ready = endpoint in BEFORE_SETUP or everyone_reads() or password_chosen()
    return ready and endpoint in TABLE and who().role >= TABLE[endpoint]


def safe_next(wanted: str | None, otherwise: str = "/") -> str:
    """Where to go after signing in: an address of this page only."""
    try:
        parts = urlsplit(wanted or "")
    except ValueError:  # 'http://[' say
        return otherwise
    local = not parts.scheme and not parts.netloc and parts.path.startswith("/")
    plain = wanted is not None and wanted.isprintable() and "\\" not in wanted
    return wanted if wanted and local and plain and not wanted.startswith("//") else otherwise


def _refused() -> AnyResponse | Rendered | None:
    endpoint = request.endpoint
    if endpoint is None:
        return None  # no such address, or not by this method: the router says so
    if endpoint not in TABLE and endpoint not in FOR_TOKENS:
        current_app.logger.error("%s is not in web/access.py, so it is refused", endpoint)
        return render_message(_("Not for you"), _("Nobody may open this address."), 403)
    if endpoint not in BEFORE_SETUP and not everyone_reads() and not password_chosen():
        return redirect(SETUP, 303)
    return _for_programs() if endpoint in FOR_TOKENS else _for_people(TABLE[endpoint])


def _for_people(least: Role) -> AnyResponse | Rendered | None:
    reason = csrf.refusal()
    if reason is not None:
        return render_message(_("Not from this page"), reason, 403)
    if who().role >= least:
        return None
    if request.method in ("GET", "HEAD") and who().role is not LIFTER:
        return redirect(f"{SIGN_IN}?next={quote(request.full_path.rstrip('?'), safe='/')}", 303)
    return render_message(_("Not for you"), _(_WHY[least]), 403)


def _for_programs() -> AnyResponse | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    known: Callable[[str], bool] | None = current_app.extensions.get(TOKENS)
    if kind.lower() == "bearer" and known is not None and known(token.strip()):
        return None
    if request.method in ("GET", "HEAD") and who().role >= READER:
        return None
    return Response(
        '{"error": "Send a token of this unit: Authorization: Bearer TOKEN."}\n',
        status=401,
        headers={"WWW-Authenticate": "Bearer"},
        mimetype="application/json",
    )


_WHY = {
    GUEST: "",
    LIFTER: N_("Sign in with your PIN or your card to see your own history."),
    READER: N_("Only the coach sees everybody's history; yours is under ‘My history’."),
    COACH: N_("Only the coach may do this; sign in as coach."),
}


def _private(response: Response) -> Response:
    if TABLE.get(request.endpoint or "", GUEST) > GUEST or request.endpoint in FOR_TOKENS:
        response.headers["Cache-Control"] = "no-store"
    return response
