"""What a person asks of the unit, as POST forms: checked, then handed over through the socket.

A form that is refused is shown again on the page it stands on (`again`), at the rack or on Now. A
name that nobody bears is asked back there before somebody new is made.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from flask import Blueprint, current_app, g, redirect, request, url_for
from werkzeug.datastructures import MultiDict
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
from device.errors import LiveError, StoreError
from device.live import LiveClient
from device.records import Exercise
from web.access import safe_next
from web.again import shown_again
from web.hub import LiveHub
from web.pages import Rendered, render_message
from web.rack import roster
from web.rack.given import NamedSet, named_set, too_late
from web.texts import gettext as _
from web.weights import typed


def forms_blueprint(socket: Path, database: Path, hub: LiveHub) -> Blueprint:
    """The routes `/commands/<name>`; a field `back` names the page to go to afterwards.

    A field `new` says that somebody of a new name is meant.
    """
    blueprint = Blueprint("forms", __name__, url_prefix="/commands")

    @blueprint.get("/<name>")
    def ask_again(name: str) -> Response:
        """The address of a refused form, loaded again or kept."""
        return redirect(url_for(_AT_THE_RACK.get(name, "rack.screen")), 303)

    @blueprint.post("/<name>")
    def ask(name: str) -> Response | Rendered:
        if name not in _COMMANDS:
            return render_message(_("No such page"), _("The unit knows no such command."), 404)
        try:
            command = _COMMANDS[name](request.form)
        except LiveError as error:
            return shown_again(_stands_on(name), str(error), 400)
        named = named_set(database, hub.newest().state)
        late = too_late(command, hub.newest().state, database)
        if late is not None:
            return shown_again(_stands_on(""), late, 409)
        if isinstance(command, SignIn | GiveSet) and "new" not in request.form:
            g.unheard = _unheard(database, hub, command.lifter)
            if g.unheard is not None:
                return current_app.view_functions[_stands_on(name)](), 409
        try:
            with LiveClient(socket) as client:
                client.send(command)
        except LiveError as error:
            return shown_again(_stands_on(name), str(error), 503)
        return redirect(_afterwards(command, safe_next(request.form.get("back")), named), 303)

    return blueprint


def _afterwards(command: Command, back: str, named: NamedSet | None) -> str:
    """The page to go to; what the unit tells only a moment later goes along in its address."""
    if isinstance(command, GiveSet):
        which = {} if named is None else {"set": named.number}
        return f"/rack?{urlencode({'given': command.lifter, **which})}"
    if isinstance(command, SetExercise) and command.exercise and back.startswith("/rack/load"):
        return f"{back}{'&' if '?' in back else '?'}exercise={command.exercise}"
    return back


def _stands_on(command: str) -> str:
    """The endpoint of the page with the form that was sent."""
    if not request.form.get("back", "").startswith("/rack"):
        return "pages.now"
    return _AT_THE_RACK.get(command, "rack.screen")


_AT_THE_RACK = {
    "sign_in": "rack.who",
    "give_set": "rack.who",
    "set_load": "rack.load",
    "set_exercise": "rack.load",
}


def _unheard(database: Path, hub: LiveHub, name: str) -> roster.Unheard | None:
    """Whether nobody bears this name; a database that can't be read keeps nobody from lifting."""
    state = hub.newest().state
    here = state is not None and (state.lifter or "").casefold() == name.casefold()
    if here or not database.exists():
        return None
    try:
        return roster.unheard(database, name)
    except StoreError:
        return None


_COMMANDS: dict[str, Callable[[MultiDict[str, str]], Command]] = {
    "sign_in": lambda form: SignIn(form.get("lifter", "")),
    "set_load": lambda form: _load(form.get("kg", ""), form.get("unit", "kg")),
    "set_exercise": lambda form: SetExercise(_exercise(form.get("exercise", ""))),
    "sign_out": lambda form: SignOut(),
    "light_test": lambda form: LightTest(),
    "take_neutral": lambda form: TakeNeutral(),
    "undo_rep": lambda form: UndoRep(form.get("rep", type=int)),
    "redo_rep": lambda form: RedoRep(),
    "give_set": lambda form: GiveSet(
        form.get("lifter", ""), form.get("session") or None, form.get("rep", type=int)
    ),
    "toggle_set": lambda form: ToggleSet(),
    "toggle_mute": lambda form: ToggleMute(),
}


def _load(text: str, unit: str) -> SetLoad:
    """A weight as typed, in kilograms or pounds; nothing typed is no load."""
    try:
        return SetLoad(typed(text, unit), unit)
    except ValueError as error:
        raise LiveError(str(error)) from None


def _exercise(name: str) -> Exercise | None:
    try:
        return Exercise(name) if name else None
    except ValueError:
        raise LiveError(
            _("%(typed)s is no exercise that this unit knows.", typed=repr(name))
        ) from None
