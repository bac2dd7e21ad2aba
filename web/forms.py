"""What a person asks of the unit, as POST forms: checked, then handed over through the socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Request, redirect, request
from werkzeug.wrappers import Response

from device.commands import (
    Command,
    LightTest,
    SetLoad,
    SignIn,
    SignOut,
    TakeNeutral,
    UndoRep,
)
from device.errors import LiveError
from device.live import LiveClient
from web.pages import Rendered, render_message


def forms_blueprint(socket: Path) -> Blueprint:
    """The routes `/commands/<name>`."""
    blueprint = Blueprint("forms", __name__, url_prefix="/commands")

    @blueprint.post("/<name>")
    def ask(name: str) -> Response | Rendered:
        if not same_origin(request):
            return render_message(
                "Not from this page",
                "The request did not come from this page, so it was not carried out.",
                403,
            )
        if name not in _COMMANDS:
            return render_message("No such page", "The unit knows no such command.", 404)
        try:
            command = _COMMANDS[name](request.form)
        except LiveError as error:
            return render_message("That did not work", str(error), 400)
        try:
            with LiveClient(socket) as client:
                client.send(command)
        except LiveError as error:
            return render_message("That did not work", str(error), 503)
        return redirect("/", 303)

    return blueprint


def same_origin(asked: Request) -> bool:
    """Whether the form was on a page of this very host.

    Browsers leave Sec-Fetch out on plain http, but send Origin with every POST.
    """
    origin = urlsplit(asked.headers.get("Origin", ""))
    return origin.scheme in ("http", "https") and origin.netloc == asked.host


_COMMANDS: dict[str, Callable[[Mapping[str, str]], Command]] = {
    "sign_in": lambda form: SignIn(form.get("lifter", "")),
    "set_load": lambda form: SetLoad(_kilograms(form.get("kg", ""))),
    "sign_out": lambda form: SignOut(),
    "light_test": lambda form: LightTest(),
    "take_neutral": lambda form: TakeNeutral(),
    "undo_rep": lambda form: UndoRep(),
}


def _kilograms(text: str) -> float | None:
    typed = text.strip().replace(",", ".")
    if not typed:
        return None
    try:
        return float(typed)
    except ValueError:
        raise LiveError(f"{text.strip()!r} is not a weight; type kilograms, 102.5 say.") from None
