"""The Flask application: joins database, socket and pages, and sets the headers."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, abort, current_app, request
from werkzeug.exceptions import HTTPException

from device.accounts import Accounts
from device.api_tokens import ApiTokens
from device.chosen import Chosen, chosen_beside
from device.health import Machine
from device.passwords import way_back
from device.settings import Settings
from web import access, identity, numbers, weights, words
from web.accounts import (
    Door,
    lifters_blueprint,
    now_of,
    settings_blueprint,
    setup_blueprint,
    sign_in_blueprint,
)
from web.api import api_blueprint, api_error, known_token
from web.coach import coach_blueprint
from web.data import data_blueprint
from web.events import events_blueprint
from web.forms import forms_blueprint
from web.health_pages import health_blueprint
from web.hub import LiveHub
from web.pages import Rendered, pages_blueprint, render_message
from web.rack import rack_blueprint
from web.texts import PROGRAM_TEXTS, found_in, language
from web.texts import gettext as _
from web.texts.pages import install

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


def create_app(
    database: Path,
    socket: Path,
    settings: Settings,
    machine: Machine | None = None,
    demo: bool = False,
) -> Flask:
    """The page of one unit; it starts to listen to the unit at once.

    Neither the database nor the unit need be there: the page says what is missing. `machine` is
    where the Health page looks: by default this machine and the database's folder. `demo`: the page
    says that its lifters are simulated. Whoever serves the application closes
    `app.extensions[HUB]` at the end.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM_BYTES
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    accounts = Accounts(database, settings.unit.name)
    chosen = Chosen(settings, chosen_beside(database))
    languages = found_in(PROGRAM_TEXTS, database.parent / "texts")
    install(app, languages, lambda: now_of(chosen).page.language)
    weights.install(app, lambda: now_of(chosen).page.units)
    app.before_request(_readable)
    identity.install(app, accounts, lambda: now_of(chosen).web.reading == "everyone")
    access.guard(app)
    app.context_processor(lambda: _chosen_words(chosen))
    of_this_start = {"demo": demo, "way_back": way_back(database)}
    app.context_processor(lambda: of_this_start)
    hub = LiveHub(socket)
    app.extensions[HUB] = hub
    app.jinja_env.globals.update(words=words, numbers=numbers, weights=weights)
    door = Door()
    app.register_blueprint(sign_in_blueprint(door))
    app.register_blueprint(lifters_blueprint(settings.unit.name))
    app.register_blueprint(settings_blueprint(chosen, socket, hub, door, languages))
    app.register_blueprint(setup_blueprint(chosen, socket, hub))
    app.register_blueprint(pages_blueprint(hub))
    app.register_blueprint(coach_blueprint(database, hub, settings.wink.threshold_deg))
    app.register_blueprint(
        health_blueprint(database, hub, machine or Machine(database.parent), settings.unit.name)
    )
    app.register_blueprint(events_blueprint(hub, settings.web.viewers, socket))
    app.register_blueprint(forms_blueprint(socket, database, hub))
    app.register_blueprint(rack_blueprint(database, hub, lambda: now_of(chosen).page.units))
    app.register_blueprint(
        data_blueprint(database, settings.unit.name, lambda: now_of(chosen).page.units)
    )
    app.register_blueprint(api_blueprint(database))
    access.accept_tokens(app, known_token(ApiTokens(database, settings.unit.name)))
    app.after_request(_with_headers)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unforeseen)
    return app


def _readable() -> None:
    """Refuses an address that no browser sends: every view may then ask for its parts."""
    try:
        request.query_string.decode()
    except UnicodeDecodeError:
        abort(400, _("The address is not written in UTF-8."))


def _chosen_words(chosen: Chosen) -> dict[str, object]:
    """What every template may show of the settings, as they are now."""
    now = now_of(chosen)
    return {
        "unit_name": now.unit.name,
        "units": now.page.units,
        "theme": now.page.theme,
        "language": language().code,
        "everybody_reads": now.web.reading == "everyone",
    }


def _with_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _http_error(error: HTTPException) -> Rendered | Response:
    if request.path.startswith("/api/"):
        return api_error(error.description or error.name, error.code or 500)
    if error.code == 404:
        return render_message(_("No such page"), _("There is nothing at this address."), 404)
    return render_message(error.name, error.description or "", error.code or 500)


def _unforeseen(error: Exception) -> Rendered:
    current_app.logger.error("The page failed", exc_info=error)
    return render_message(
        _("The page failed"), _("This is a fault of the program; its log says more."), 500
    )
