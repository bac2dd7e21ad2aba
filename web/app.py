"""The Flask application: joins database, socket and pages, and sets the headers."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, current_app
from werkzeug.exceptions import HTTPException

from device.settings import Settings
from web import words
from web.events import events_blueprint
from web.forms import forms_blueprint
from web.hub import LiveHub
from web.pages import Rendered, pages_blueprint, render_message

HUB = "racklight-hub"
LARGEST_FORM_BYTES = 16 * 1024

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none';"
        " form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    # 'no-referrer' would make browsers send 'Origin: null' with our own forms.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def create_app(database: Path, socket: Path, settings: Settings) -> Flask:
    """The page of one unit; it starts to listen to the unit at once.

    Neither the database nor the unit need be there: the page says what is missing. Whoever serves
    the application closes `app.extensions[HUB]` at the end.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM_BYTES
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    hub = LiveHub(socket)
    app.extensions[HUB] = hub
    app.jinja_env.globals.update(words=words, unit_name=settings.unit.name)
    app.register_blueprint(pages_blueprint(database, hub))
    app.register_blueprint(events_blueprint(hub, settings.web.viewers))
    app.register_blueprint(forms_blueprint(socket))
    app.after_request(_with_headers)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unforeseen)
    return app


def _with_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _http_error(error: HTTPException) -> Rendered:
    if error.code == 404:
        return render_message("No such page", "There is nothing at this address.", 404)
    return render_message(error.name, error.description or "", error.code or 500)


def _unforeseen(error: Exception) -> Rendered:
    current_app.logger.error("The page failed", exc_info=error)
    return render_message(
        "The page failed", "This is a fault of the program; its log says more.", 500
    )
