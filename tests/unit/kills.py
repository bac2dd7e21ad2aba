"""The program is killed again and again: is each rep that was shown in the database?

Half of the kills come at any moment of the first 15 s after a start, the other half in the moment a
rep is first shown. What counts as shown is whatever left the unit's socket, from where the page has
it; its last words are read after the death, too.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.unit.machine import Machine, need, wait_for

ANY_MOMENT_S = 15.0
AT_REP_S = 0.05  # so soon after a rep was shown
REP_WITHIN_S = 300.0
NOTED_WITHIN_S = 60.0

_DEATHS = "SELECT count(*) FROM events WHERE kind = 'died'"

# session, set, rep
Rep = tuple[str, int, int]


@dataclass(slots=True)
class Killing:
    """What was seen over all the kills."""

    shown: set[Rep] = field(default_factory=set)
    at_once: int = 0  # kills within AT_REP_S of a rep that had just been shown


def killed(unit: Machine, times: int, seed: int) -> str:
    """The figures; FailedError where a rep is lost or the unit does not come back."""
    chance = random.Random(seed)
    seen = Killing()
    died = unit.rows(_DEATHS)[0][0]
    for number in range(times):
        _kill_once(unit, seen, chance, at_rep=number % 2 == 1)
    wait_for(
        lambda: unit.rows(_DEATHS)[0][0] >= died + times, NOTED_WITHIN_S, f"{times} deaths noted"
    )
    wait_for(unit.active, 60, "both services up after the last kill")
    lost = seen.shown - stored_reps(unit)
    whole = unit.rows("PRAGMA integrity_check")[0][0]
    need(not lost, f"{len(lost)} of {len(seen.shown)} shown reps are lost: {sorted(lost)}")
    need(whole == "ok", f"the database is damaged: {whole}")
    need(bool(seen.shown), "no rep was shown at all")
    return (
        f"{times} kills, {seen.at_once} of them within {1000 * AT_REP_S:.0f} ms of a rep's"
        f" appearance: {len(seen.shown)} reps shown, {len(lost)} lost; database whole"
    )


def stored_reps(unit: Machine) -> set[Rep]:
    """What the database holds."""
    rows = unit.rows(
        "SELECT sets.session_id, sets.number, reps.rep_index FROM reps"
        " JOIN sets ON sets.id = reps.set_id"
    )
    return {(session, number, rep) for session, number, rep in rows}


def shown_rep(state: dict[str, Any]) -> set[Rep]:
    """The rep that a state shows, if any."""
    rep = state["last_rep"]
    return set() if rep is None else {(state["session"], rep["set"], rep["index"])}


def _kill_once(unit: Machine, seen: Killing, chance: random.Random, at_rep: bool) -> None:
    states = unit.states()
    _see(next(states), seen)  # it is up
    process = unit.main_process()
    need(process > 0, "the camera process is not there")
    if at_rep:
        _see_until_new_rep(states, seen)
        time.sleep(chance.uniform(0, AT_REP_S / 2))
        seen.at_once += 1
    else:
        until = time.monotonic() + chance.uniform(0, ANY_MOMENT_S)
        for state in states:
            _see(state, seen)
            if time.monotonic() >= until:
                break
    unit.must(f"kill -KILL {process}")
    for state in states:  # its last words
        _see(state, seen)


def _see_until_new_rep(states: Iterator[dict[str, Any]], seen: Killing) -> None:
    until = time.monotonic() + REP_WITHIN_S
    for state in states:
        if _see(state, seen):
            return
        need(time.monotonic() < until, f"no rep was shown within {REP_WITHIN_S:.0f} s")
    need(False, "the unit ended by itself")


def _see(state: dict[str, Any], seen: Killing) -> bool:
    """Whether the state shows a rep that no state before did."""
    new = shown_rep(state) - seen.shown
    seen.shown |= new
    return bool(new)
