"""The Settings page: what the coach may choose, his password, and what was done lately."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from device import audit
from device.accounts import Accounts
from device.audit import Action, Actor
from device.chosen import Chosen, Value
from device.commands import NewSettings
from device.errors import AccountError, LiveError, SettingsError, StoreError
from device.live import LiveClient
from device.settings import Settings
from web.accounts.choices import choices_of, typed
from web.accounts.log import with_names
from web.accounts.sign_in import Door, RefusedError
from web.again import shown_again
from web.hub import LiveHub
from web.identity import Role, accounts, begin
from web.pages import Rendered
from web.texts import Language
from web.texts import gettext as _

Answer = str | Response | Rendered
Languages = Mapping[str, Language]
AUDIT_ROWS = 30


def settings_blueprint(
    chosen: Chosen, socket: Path, hub: LiveHub, door: Door, languages: Languages
) -> Blueprint:
    """The routes `/settings` and `/settings/password`; `languages`: what may be chosen."""
    blueprint = Blueprint("settings", __name__, url_prefix="/settings")

    @blueprint.get("")
    def show() -> Answer:
        return _page(chosen, hub, languages)

    @blueprint.post("")
    def change() -> Answer:
        try:
            values = typed(request.form, chosen.own, now_of(chosen), languages)
            if values:
                take(chosen, values, accounts(), socket)
        except SettingsError as error:
            return shown_again("settings.show", _with_labels(str(error), chosen, languages))
        except StoreError as error:
            return shown_again("settings.show", str(error), 503)
        return redirect("/settings?saved", 303)

    @blueprint.route("/password", methods=("GET", "POST"))
    def password() -> Answer:
        if request.method != "POST":  # loaded again, or kept
            return redirect("/settings", 303)
        new = request.form.get("new", "")
        try:
            door.coach(request.form.get("old", ""), request.remote_addr)
            if new != request.form.get("again", ""):
                raise AccountError(_("The two new passwords are not the same; type them again."))
            entered = accounts().change_password(new, Actor.COACH)
        except RefusedError as error:
            return _page(chosen, hub, languages, password_problem=str(error)), error.status
        except AccountError as error:
            return _page(chosen, hub, languages, password_problem=str(error)), 400
        except StoreError as error:
            return _page(chosen, hub, languages, password_problem=str(error)), 503
        begin(Role.COACH, entered, stay=False)
        return redirect("/settings?password", 303)

    return blueprint


def now_of(chosen: Chosen) -> Settings:
    """The settings as they are; the unit's own where what was chosen can't be read."""
    try:
        return chosen.settings
    except SettingsError:
        return chosen.own


def take(chosen: Chosen, values: dict[str, Value], accounts_: Accounts, socket: Path) -> None:
    """Writes what was chosen, notes it, and tells the unit, if it runs; else it reads it when it
    starts. Raises SettingsError, StoreError."""
    chosen.change(values)
    words = ", ".join(f"{key} = {value}" for key, value in values.items())
    accounts_.note(Actor.COACH, Action.SETTINGS, words)
    try:
        with LiveClient(socket) as client:
            client.send(NewSettings())
    except LiveError:
        pass  # the page shows whether the unit has taken it up


def _labels(chosen: Chosen, languages: Languages) -> dict[str, str]:
    """What the page calls each setting."""
    groups = choices_of(chosen.own, now_of(chosen), languages)
    return {one.key: one.label for _title, group in groups for one in group}


def _with_labels(text: str, chosen: Chosen, languages: Languages) -> str:
    """A sentence about a setting, in the page's words for it."""
    for key, label in _labels(chosen, languages).items():
        text = text.replace(key, f"‘{label}’")
    return text


def _page(chosen: Chosen, hub: LiveHub, languages: Languages, password_problem: str = "") -> str:
    problem = ""
    now = now_of(chosen)
    groups = choices_of(chosen.own, now, languages)
    rows: list[audit.AuditRow] = []
    try:
        chosen.settings  # noqa: B018 - for the sentence of a file that can't be read
        path = accounts().path
        rows = with_names(path, audit.newest(path, AUDIT_ROWS), _labels(chosen, languages))
    except (SettingsError, StoreError) as error:
        problem = str(error)
    state = hub.newest().state
    return render_template(
        "accounts/settings.html",
        groups=groups,
        audit=rows,
        problem=problem,
        password_problem=password_problem,
        saved="saved" in request.args,
        password_saved="password" in request.args,
        unit_runs=state is not None,
        taken_up=state is not None and state.threshold_deg == now.wink.threshold_deg,
    )
