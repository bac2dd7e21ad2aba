"""The pages: now and placement."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, render_template, request

from web.hub import LiveHub
from web.now import now_view
from web.placement import placement_view
from web.texts import told

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
    shown = render_template("message.html", title=title, text=told(text), back=_came_from())
    return shown, status


def _came_from() -> str | None:
    """The page of this unit that led here, if the browser says so and it is another one."""
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:  # 'http://[' say
        return None
    if parts.netloc != request.host or parts.path in ("", request.path):
        return None
    path = "/" + parts.path.lstrip("/")
    return f"{path}?{parts.query}" if parts.query else path
