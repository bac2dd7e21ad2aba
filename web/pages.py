"""The pages: now and placement."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from web.hub import LiveHub
from web.now import now_view
from web.placement import placement_view

Rendered = tuple[Any, int]


def pages_blueprint(hub: LiveHub) -> Blueprint:
    """The routes a person reads."""
    blueprint = Blueprint("pages", __name__)

    @blueprint.get("/")
    def now() -> str:
        return render_template("now.html", now=now_view(hub.newest()))

    @blueprint.get("/placement")
    def placement() -> str:
        return render_template("placement.html", placement=placement_view(hub.newest()))

    return blueprint


def render_message(title: str, text: str, status: int) -> Rendered:
    """A page that says one thing."""
    return render_template("message.html", title=title, text=text), status
