"""A form that was refused is shown again: what was typed stays, and above it stands why.

A page asks for each of its forms, by the address it is sent to:

    {{ refusal("/lifters") }}   the sentence, or nothing
    {{ entered("/lifters", "name", "") }}   what was typed, or what is kept
"""

from __future__ import annotations

from flask import Blueprint, current_app, g, request
from markupsafe import Markup

from web.pages import Rendered
from web.texts import told


def add_again(blueprint: Blueprint) -> None:
    """The two functions for templates."""
    blueprint.add_app_template_global(refusal, "refusal")
    blueprint.add_app_template_global(entered, "entered")


def refuse(reason: str) -> None:
    """This request's form was not carried out."""
    g.refused = reason


def shown_again(endpoint: str, reason: str, status: int = 400) -> Rendered:
    """The page that the endpoint shows, with the refused form in it as it was filled in."""
    refuse(reason)
    return current_app.view_functions[endpoint](), status


def refusal(address: str) -> Markup:
    """Why the form was refused, where the browser goes at once; empty if it was not."""
    reason = g.get("refused")
    if reason is None or request.path != address:
        return Markup()
    return Markup('<p class="notice bad" role="alert" tabindex="-1" autofocus>{}</p>').format(
        told(reason)
    )


def entered(address: str, field: str, kept: object) -> str:
    """What the form's field holds: what was typed if it was refused, else what is kept."""
    if g.get("refused") is None or request.path != address:
        return "" if kept is None else str(kept)
    return request.values.get(field, "")
