"""A form that was refused is shown again: what was typed stays, and above it stands why.

A page asks for each of its forms, by the address it is sent to:

    {{ refusal("/lifters") }}   the sentence, or nothing
    {{ entered("/lifters", "name", "") }}   what was typed, or what is kept
    {{ changed("/lifters") }}   whether it was because something else was saved meanwhile
    {{ stamp("/lifters", now) }}   of what the form is shown with

It is the answer to the form itself, unless going back to it would have the browser ask whether to
send it again: then it is the answer to a redirect (`refuse_later`, `recall`).
"""

from __future__ import annotations

from flask import Blueprint, current_app, g, request, session
from markupsafe import Markup

from web.pages import Rendered
from web.texts import told

_KEPT = "refused"  # in the visitor's cookie, which has little room
_LONGEST_KEPT = 100


def add_again(blueprint: Blueprint) -> None:
    """The functions for templates."""
    blueprint.add_app_template_global(refusal, "refusal")
    blueprint.add_app_template_global(entered, "entered")
    blueprint.add_app_template_global(changed, "changed")
    blueprint.add_app_template_global(stamp, "stamp")


def refuse(reason: str, changed: bool = False) -> None:
    """This request's form was not carried out; `changed`: as what it replaces is another now."""
    g.refused, g.changed = reason, changed


def refuse_later(reason: str, *fields: str) -> None:
    """As `refuse`, for the page at this address that is gone to next; for a few short fields."""
    typed = {field: request.form.get(field, "")[:_LONGEST_KEPT] for field in fields}
    session[_KEPT] = {"address": request.path, "reason": reason, "typed": typed}


def stands_at(address: str) -> None:
    """This request's form is the one that is otherwise sent to this address, by another button."""
    g.stands_at = address


def _address() -> str:
    stands_at: str = g.get("stands_at", request.path)
    return stands_at


def recall() -> None:
    """What `refuse_later` kept for this page, once."""
    kept = session.pop(_KEPT, None)
    if kept is not None and kept["address"] == request.path:
        refuse(kept["reason"])
        g.typed = kept["typed"]


def shown_again(endpoint: str, reason: str, status: int = 400) -> Rendered:
    """The page that the endpoint shows, with the refused form in it as it was filled in."""
    refuse(reason)
    return current_app.view_functions[endpoint](), status


def refusal(address: str) -> Markup:
    """Why the form was refused, where the browser goes at once; empty if it was not."""
    reason = g.get("refused")
    if reason is None or _address() != address:
        return Markup()
    return Markup('<p class="notice bad" role="alert" tabindex="-1" autofocus>{}</p>').format(
        told(reason)
    )


def entered(address: str, field: str, kept: object) -> str:
    """What the form's field holds: what was typed if it was refused, else what is kept."""
    if g.get("refused") is None or _address() != address:
        return "" if kept is None else str(kept)
    typed: str = g.get("typed", request.values).get(field, "")
    return typed


def stamp(address: str, now: str) -> str:
    """What the form's field `shown` holds: a form refused for anything else was not shown `now`."""
    return now if changed(address) else entered(address, "shown", now)


def changed(address: str) -> bool:
    """Whether the form was refused because something else is there than it was shown with."""
    return bool(g.get("changed", False)) and _address() == address
