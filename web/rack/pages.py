"""The rack screen and its two choosers: who lifts, and what is on the bar.

They change nothing themselves: their forms go to `/commands/...` and come back.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, render_template, request

from device.commands import NAME_LENGTH
from device.errors import StoreError
from device.records import Exercise, LiveState
from web.hub import LiveHub
from web.numbers import number
from web.rack import roster
from web.rack import words as say
from web.rack.given import named_set
from web.rack.plates import (
    BARS,
    HANDHELD,
    PLATES,
    LoadedBar,
    draw,
    load_bar,
    nearest,
    without_outermost,
)
from web.rack.view import rack_view
from web.texts import gettext as _
from web.weights import KG_PER_LB, LARGEST, in_unit

STEPS = {"kg": (1.0, 2.0, 4.0, 10.0), "lb": (2.5, 5.0, 10.0, 25.0)}  # of a weight held by hand
FINE = {"kg": 2.5, "lb": 5.0}


@dataclass(frozen=True, slots=True)
class Button:
    """Leads to the load page with another load."""

    label: str
    href: str
    chosen: bool = False
    possible: bool = True


def rack_blueprint(database: Path, hub: LiveHub, units: Callable[[], str]) -> Blueprint:
    """The routes `/rack`, `/rack/who` and `/rack/load`; `units`: what weights are typed in here."""
    blueprint = Blueprint("rack", __name__, url_prefix="/rack")

    @blueprint.get("")
    def screen() -> str:
        name = request.args.get("given", "")[:NAME_LENGTH]
        now, given = rack_view(hub.newest()), say.given(name, request.args.get("set", type=int))
        return render_template("rack/screen.html", now=now, given=given)

    @blueprint.get("/who")
    def who() -> str:
        letter = request.args.get("letter", "")[:1]
        try:
            found = roster.starting_with(database, letter) if letter else _names(database, hub)
            letters = roster.first_letters(database) if database.exists() else []
            problem = None
        except StoreError as error:
            found, letters, problem = [], [], str(error)
        giving = request.values.get("for") == "set"
        named = named_set(database, _state(hub)) if giving else None
        return render_template(
            "rack/who.html",
            names=found,
            problem=problem,
            letter=letter,
            letters=letters,
            giving=giving,
            named=named,
            now=_state(hub),
        )

    @blueprint.get("/load")
    def load() -> str:
        state = _state(hub)
        exercise = _exercise(state)
        unit, bar, amount = _asked(state, exercise, units())
        loaded = load_bar(amount, unit, bar)
        return render_template(
            "rack/load.html",
            loaded=loaded,
            drawn=draw(loaded),
            drawing=say.drawing(loaded),
            rest=say.left_over(loaded.rest, unit),
            more=_more(loaded),
            less=_less(loaded),
            bars=[] if bar == HANDHELD else _bars(loaded),
            units=_units(loaded),
            exercises=say.EXERCISES,
            exercise=exercise,
            here=_to("", loaded.total, unit, bar).href,
        )

    return blueprint


def _state(hub: LiveHub) -> LiveState | None:
    return hub.newest().state


def _names(database: Path, hub: LiveHub) -> list[str]:
    """Who was here lately, then who may come; who is signed in comes first, written or not."""
    found: list[str] = []
    if database.exists():
        both = roster.lately_here(database) + roster.by_name(database)
        found = list(dict.fromkeys(both))[: roster.LATELY]
    state = _state(hub)
    here = state.lifter if state else None
    if here is None:
        return found
    return [here, *(name for name in found if name.casefold() != here.casefold())]


def _exercise(state: LiveState | None) -> str | None:
    """The squat that was tapped just now, else what the unit has: it tells a moment later."""
    tapped = request.args.get("exercise")
    return tapped if tapped in say.EXERCISES else state.exercise if state else None


def _asked(state: LiveState | None, exercise: str | None, usual: str) -> tuple[str, float, float]:
    """Unit, bar and load: what the address asks for, else what the unit has, else what is usual."""
    entered = state is not None and state.load_kg is not None
    # `values`: a refused form is shown again with the unit and the bar it had
    unit = request.values.get("unit", state.load_unit if state and entered else usual)
    if unit not in BARS:
        unit = usual
    goblet = exercise == Exercise.GOBLET
    bar = request.values.get("bar", BARS[unit][0], type=float)
    if goblet or bar not in (*BARS[unit], HANDHELD):
        bar = HANDHELD if goblet else BARS[unit][0]
    known = None if state is None or state.load_kg is None else in_unit(state.load_kg, unit)
    amount = request.args.get("amount", bar if known is None else known, type=float)
    if not math.isfinite(amount):
        amount = bar
    return unit, bar, min(max(amount, 0.0), LARGEST[unit])


def _to(
    label: str, amount: float, unit: str, bar: float, chosen: bool = False, least: float = 0.0
) -> Button:
    possible = least <= amount <= LARGEST[unit]
    href = f"/rack/load?amount={round(amount, 2):g}&unit={unit}&bar={bar:g}"
    return Button(label, href, chosen, possible)


def _more(loaded: LoadedBar) -> list[Button]:
    """A pair of each plate, or steps of a weight held by hand."""
    total, unit, bar = loaded.total, loaded.unit, loaded.bar
    if bar == HANDHELD:
        return [_to(number(f"+{step:g}"), total + step, unit, bar) for step in STEPS[unit]]
    begin = max(total, bar)
    return [
        _to(number(f"{size.weight:g}"), begin + 2 * size.weight, unit, bar) for size in PLATES[unit]
    ]


def _less(loaded: LoadedBar) -> list[Button]:
    total, unit, bar = loaded.total, loaded.unit, loaded.bar
    if bar == HANDHELD:
        return [_to(number(f"-{step:g}"), total - step, unit, bar) for step in STEPS[unit]]
    return [
        _to(_("Last plates off"), without_outermost(loaded), unit, bar),
        _to(_("Bare bar"), bar, unit, bar),
        _to(number(f"-{FINE[unit]:g}"), total - FINE[unit], unit, bar, least=bar),
        _to(number(f"+{FINE[unit]:g}"), total + FINE[unit], unit, bar),
    ]


def _bars(loaded: LoadedBar) -> list[Button]:
    """Another bar with the same plates."""
    plates = max(0.0, loaded.total - loaded.bar)
    return [
        _to(f"{bar:g} {loaded.unit}", bar + plates, loaded.unit, bar, bar == loaded.bar)
        for bar in BARS[loaded.unit]
    ]


def _units(loaded: LoadedBar) -> list[Button]:
    found = []
    for unit in BARS:
        if unit == loaded.unit:
            found.append(_to(unit, loaded.total, unit, loaded.bar, True))
            continue
        factor = KG_PER_LB if unit == "kg" else 1 / KG_PER_LB
        bar = HANDHELD if loaded.bar == HANDHELD else BARS[unit][0]
        found.append(_to(unit, nearest(loaded.total * factor, unit), unit, bar))
    return found
