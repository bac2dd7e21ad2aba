"""The log of an inclinometer: read, and refused in one sentence where it can't be right."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from device.errors import LogError

ANGLE = "sacrum_change_deg"
COLUMNS = ("time_s", "rep", "what", ANGLE)
WHATS = ("tilt", "tuck")
LARGEST_DEG = 90.0
APART_S = 2.0  # readings closer than this are one reading
RADIANS, DEGREES = 1.6, 10.0  # a log within the first, a unit beyond the second


@dataclass(frozen=True, slots=True)
class Reading:
    """One line of the log."""

    line: int
    time_s: float | None  # either this
    rep: int | None  # or this
    what: str
    change_deg: float


def read_log(file: Path) -> list[Reading]:
    """The readings; comma or semicolon between columns. Raises LogError in one sentence."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise LogError(f"There is no log {file}: check the name.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise LogError(f"Can't read the log {file} ({error}): save it as CSV text.") from error
    numbered = [
        (number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.startswith("#")
    ]
    if not numbered:
        raise LogError(f"The log {file} is empty: its first line names the columns.")
    between = ";" if ";" in numbered[0][1] else ","
    rows = list(csv.reader((line for _, line in numbered), delimiter=between))
    names = [name.strip() for name in rows[0]]
    _refuse_columns(file, names)
    readings = [
        _reading(file, number, dict(zip(names, (cell.strip() for cell in row), strict=False)))
        for (number, _), row in zip(numbered[1:], rows[1:], strict=True)
    ]
    if not readings:
        raise LogError(f"The log {file} has no readings below its first line.")
    _refuse_close(file, readings)
    return readings


def refuse_other_units(file: Path, readings: Sequence[Reading], said_deg: Sequence[float]) -> None:
    """Raises LogError for a log in radians."""
    largest = max(abs(reading.change_deg) for reading in readings)
    if 0 < largest <= RADIANS and max((abs(v) for v in said_deg), default=0.0) > DEGREES:
        raise LogError(
            f"The angles in {file} are at most {largest:.2f}, which looks like radians:"
            f" {ANGLE} is in degrees."
        )


def _refuse_columns(file: Path, names: list[str]) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or ANGLE not in names or not {"time_s", "rep"} & set(names):
        found = ", ".join(names)
        raise LogError(
            f"The log {file} has the columns {found}; expected time_s or rep, {ANGLE}, and"
            " if wanted what."
        )


def _reading(file: Path, line: int, cells: dict[str, str]) -> Reading:
    where = f"Line {line} of {file}"
    change = _number(where, ANGLE, cells.get(ANGLE, ""))
    if abs(change) > LARGEST_DEG:
        raise LogError(
            f"{where}: {change:g} degrees is no change of a sacrum's angle; subtract the reading"
            " of relaxed standing, and give degrees."
        )
    time, rep = cells.get("time_s", ""), cells.get("rep", "")
    if bool(time) == bool(rep):
        raise LogError(f"{where} needs either time_s or rep, not {'both' if time else 'neither'}.")
    what = cells.get("what", "") or "tilt"
    if what not in WHATS or (time and what == "tuck"):
        raise LogError(f"{where}: what is {what!r}; expected tilt, or for a rep tilt or tuck.")
    number = _number(where, "rep", rep) if rep else 1.0
    if number != int(number) or number < 1:
        raise LogError(f"{where}: rep is {rep!r}; expected its number, counted from 1.")
    return Reading(
        line,
        _number(where, "time_s", time) if time else None,
        int(number) if rep else None,
        what,
        change,
    )


def _number(where: str, name: str, text: str) -> float:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = float("nan")
    if value - value != 0:  # not a number, or infinite
        raise LogError(f"{where}: {name} is {text!r}; expected a number.")
    return value


def _refuse_close(file: Path, readings: Sequence[Reading]) -> None:
    """A reading taken twice would make the agreement look surer than it is."""
    timed = sorted((r.time_s, r.line) for r in readings if r.time_s is not None)
    for (before_s, first), (after_s, second) in pairwise(timed):
        if after_s - before_s < APART_S:
            raise LogError(
                f"Lines {first} and {second} of {file} are {after_s - before_s:.1f} s apart: give"
                f" one line a hold, at least {APART_S:.0f} s apart."
            )
    reps = [(r.rep, r.what) for r in readings if r.rep is not None]
    twice = next((one for one in reps if reps.count(one) > 1), None)
    if twice is not None:
        raise LogError(f"Rep {twice[0]} stands twice in {file} ({twice[1]}): give it one line.")
