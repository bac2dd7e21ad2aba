"""The first start: choose a password, name the rack, place the unit, see the light, done."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from device.chosen import Chosen
from device.commands import LightTest
from device.errors import AccountError, LiveError, SettingsError, StoreError
from device.live import LiveClient
from web.accounts.settings import now_of, take
from web.again import shown_again
from web.hub import LiveHub
from web.identity import Role, accounts, begin, password_chosen, who
from web.pages import Rendered
from web.placement import placement_view
from web.texts import N_
from web.texts import gettext as _

Answer = str | Response | Rendered
STEPS = (N_("Password"), N_("Name"), N_("Placement"), N_("Light"), N_("Done"))


def setup_blueprint(chosen: Chosen, socket: Path, hub: LiveHub) -> Blueprint:
    """The routes `/setup...`; all but the first need the coach, whom the first one makes."""
    blueprint = Blueprint("setup", __name__, url_prefix="/setup")

    @blueprint.get("")
    def start() -> Answer:
        if not password_chosen():
            return _step(1, "accounts/setup_password.html")
        if who().role is Role.COACH:
            return redirect("/setup/name", 303)
        return redirect("/sign-in?next=/setup/name", 303)

    @blueprint.post("/password")
    def password() -> Answer:
        new = request.form.get("password", "")
        try:
            if new != request.form.get("again", ""):
                raise AccountError(_("The two are not the same; type them again."))
            entered = accounts().choose_first_password(new)
        except AccountError as error:
            return _step(1, "accounts/setup_password.html", problem=str(error)), 400
        except StoreError as error:
            return _step(1, "accounts/setup_password.html", problem=str(error)), 503
        begin(Role.COACH, entered, stay=False)
        return redirect("/setup/name", 303)

    @blueprint.get("/name")
    def name() -> Answer:
        return _step(2, "accounts/setup_name.html", now=now_of(chosen))

    @blueprint.post("/name")
    def give_name() -> Answer:
        form, now = request.form, now_of(chosen)
        wanted = {
            "unit/name": " ".join(form.get("name", "").split()),
            "page/units": form.get("units", now.page.units),
        }
        try:
            take(chosen, dict(wanted), accounts(), socket)
        except SettingsError as error:
            return shown_again("setup.name", str(error))
        except StoreError as error:
            return shown_again("setup.name", str(error), 503)
        return redirect("/setup/placement", 303)

    @blueprint.get("/placement")
    def placement() -> Answer:
        view = placement_view(hub.newest())
        return _step(3, "accounts/setup_placement.html", placement=view)

    @blueprint.get("/light")
    def light() -> Answer:
        return _step(4, "accounts/setup_light.html", asked="asked" in request.args)

    @blueprint.post("/light")
    def show_light() -> Answer:
        try:
            with LiveClient(socket) as client:
                client.send(LightTest())
        except LiveError as error:
            return _step(4, "accounts/setup_light.html", asked=False, problem=str(error)), 503
        return redirect("/setup/light?asked", 303)

    @blueprint.get("/done")
    def done() -> Answer:
        return _step(5, "accounts/setup_done.html", now=now_of(chosen))

    return blueprint


def _step(number: int, template: str, **values: object) -> str:
    return render_template(template, step=number, steps=[_(one) for one in STEPS], **values)
