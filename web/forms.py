"""What a person asks of the unit, as POST forms: checked, then handed over through the socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from device.commands import (
    Command,
    GiveSet,
    LightTest,
    RedoRep,
    SetExercise,
    SetLoad,
    SignIn,
    SignOut,
    TakeNeutral,
    ToggleMute,
    ToggleSet,
    UndoRep,
)
from device.errors import LiveError
from device.live import LiveClient
from device.records import Exercise
from web.access import safe_next
from web.pages import Rendered, render_message
from web.rack.words import KG_PER_LB
from web.texts import gettext as _


def forms_blueprint(socket: Path) -> Blueprint:
    """The routes `/commands/<name>`; a field `back` names the page to go to afterwards."""
    blueprint = Blueprint("forms", __name__, url_prefix="/commands")

    @blueprint.post("/<name>")
    def ask(name: str) -> Response | Rendered:
        if name not in _COMMANDS:
            return render_message(_("No such page"), _("The unit knows no such command."), 404)
        try:
            command = _COMMANDS[name](request.form)
        except LiveError as error:
            return render_message(_("That did not work"), str(error), 400)
        try:
            with LiveClient(socket) as client:
                client.send(command)
        except LiveError as error:
            return render_message(_("That did not work"), str(error), 503)
        if isinstance(command, GiveSet):
            return redirect(f"/rack?{urlencode({'given': command.lifter})}", 303)
        return redirect(safe_next(request.form.get("back")), 303)

    return blueprint


_COMMANDS: dict[str, Callable[[Mapping[str, str]], Command]] = {
    "sign_in": lambda form: SignIn(form.get("lifter", "")),
    "set_load": lambda form: _load(form.get("kg", ""), form.get("unit", "kg")),
    "set_exercise": lambda form: SetExercise(_exercise(form.get("exercise", ""))),
    "sign_out": lambda form: SignOut(),
    "light_test": lambda form: LightTest(),
    "take_neutral": lambda form: TakeNeutral(),
    "undo_rep": lambda form: UndoRep(),
    "redo_rep": lambda form: RedoRep(),
    "give_set": lambda form: GiveSet(form.get("lifter", "")),
    "toggle_set": lambda form: ToggleSet(),
    "toggle_mute": lambda form: ToggleMute(),
}


def _load(text: str, unit: str) -> SetLoad:
    """A weight as typed, in kilograms or pounds; nothing typed is no load."""
    typed = text.strip().replace(",", ".")
    if not typed:
        return SetLoad(None, unit)
    try:
        amount = float(typed)
    except ValueError:
        if unit == "lb":
            wrong = _("%(typed)s is not a weight; type pounds, 225 say.", typed=repr(text.strip()))
        else:
            wrong = _(
                "%(typed)s is not a weight; type kilograms, 102.5 say.", typed=repr(text.strip())
            )
        raise LiveError(wrong) from None
    return SetLoad(amount * KG_PER_LB if unit == "lb" else amount, unit)


def _exercise(name: str) -> Exercise | None:
    try:
        return Exercise(name) if name else None
    except ValueError:
        raise LiveError(
            _("%(typed)s is no exercise that this unit knows.", typed=repr(name))
        ) from None
