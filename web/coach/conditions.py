"""The reps of a set or of a condition: one lifter's, by squat, tag, load and date."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from device.database import reading
from device.records import Exercise, load_refused
from web import weights
from web.coach import words
from web.coach.search import at_least, at_most, day_bounds, day_of, load_of
from web.queries import REP_COLUMNS, RepRow, rep_of, trace_of

MOST_REPS = 400  # of a condition; newer ones first
MOST_CURVES = 12  # of a side; newer ones first

_MATCHING = f"""
SELECT {REP_COLUMNS}, sets.number AS set_number, NULL AS trace
FROM sessions CROSS JOIN sets ON sets.session_id = sessions.id
    CROSS JOIN reps ON reps.set_id = sets.id
WHERE sessions.lifter_id = :lifter AND reps.undone_utc IS NULL{{conditions}}
ORDER BY sessions.recorded_utc DESC, sets.number DESC, reps.rep_index DESC LIMIT :most
"""
_OF_SET = f"""
SELECT {REP_COLUMNS}, sets.number AS set_number, NULL AS trace
FROM reps JOIN sets ON sets.id = reps.set_id
WHERE reps.set_id = ? AND reps.undone_utc IS NULL ORDER BY reps.rep_index
"""
# A set that has a rep of the other condition; `{fits}` says when `other` is one.
_OTHERS = """
 AND NOT EXISTS (SELECT 1 FROM reps AS other WHERE other.set_id = sets.id
    AND other.undone_utc IS NULL{fits})"""
_TAGGED = """EXISTS (SELECT 1 FROM set_tags
    WHERE set_tags.set_id = sets.id AND set_tags.tag_key IN ({keys}))"""


@dataclass(frozen=True, slots=True)
class Condition:
    """The reps of one set, or those of one lifter that fit; None or empty: any."""

    set_id: str = ""
    lifter: str = ""  # an id
    exercise: str = ""
    tag: str = ""
    without: bool = False  # the sets that do not have the tag
    kg_low: float | None = None
    kg_high: float | None = None
    since: date | None = None
    until: date | None = None

    @classmethod
    def of(cls, form: Mapping[str, str], side: str) -> Condition:
        """From an address, where each name begins with `a_` or `b_`."""
        typed = {name: form.get(f"{side}_{name}", "").strip() for name in _FIELDS}
        tag, unit = " ".join(typed["tag"].split()), weights.of_form(form)
        return cls(
            set_id=typed["set"],
            lifter=typed["lifter"],
            exercise=typed["exercise"] if typed["exercise"] in set(Exercise) else "",
            tag=tag,
            without=bool(tag) and typed["without"] == "1",
            kg_low=load_of(typed["kg_low"], unit),
            kg_high=load_of(typed["kg_high"], unit),
            since=day_of(typed["since"]),
            until=day_of(typed["until"]),
        )

    @staticmethod
    def refused(form: Mapping[str, str]) -> dict[str, str]:
        """Of both sides: why the weights that were typed are none, by the names of the fields."""
        found, unit = {}, weights.of_form(form)
        for name in (f"{side}_{field}" for side in "ab" for field in ("kg_low", "kg_high")):
            try:
                kg = weights.typed(form.get(name, ""), unit)
                reason = None if kg is None else load_refused(kg)
            except ValueError as error:
                reason = str(error)
            if reason is not None:
                found[name] = reason
        return found

    @property
    def chosen(self) -> bool:
        """Whether it names a set or a lifter at all."""
        return bool(self.set_id or self.lifter)

    @property
    def open(self) -> bool:
        """Whether it says nothing but whose reps."""
        return not self.set_id and self == Condition(lifter=self.lifter)


_FIELDS = ("set", "lifter", "exercise", "tag", "without", "kg_low", "kg_high", "since", "until")


def both_sides(path: Path, a: Condition, b: Condition) -> tuple[list[RepRow], list[RepRow]]:
    """The reps of A and of B; no set is in both. Raises StoreError.

    What fits both is A's. An A that only names the lifter is all that B leaves over.
    """
    if (a.open and not b.open) or (b.set_id and not a.set_id):
        return reps_of(path, a, b), reps_of(path, b)
    return reps_of(path, a), reps_of(path, b, a)


def reps_of(path: Path, wanted: Condition, but: Condition | None = None) -> list[RepRow]:
    """The reps that fit, newest first, `but` not of sets that fit this; the newest with trace.

    Raises StoreError.
    """
    with reading(path) as connection:
        if wanted.set_id:
            rows = connection.execute(_OF_SET, (wanted.set_id,)).fetchall()
        else:
            statement, values = _statement(wanted, but)
            rows = connection.execute(statement, values).fetchall()
        return _with_curves(connection, rows)


def _statement(wanted: Condition, but: Condition | None) -> tuple[str, dict[str, object]]:
    values: dict[str, object] = {"lifter": wanted.lifter, "most": MOST_REPS}
    conditions, own = _fits(wanted, "reps", "own")
    values |= own
    if but is not None and but.set_id:
        conditions += " AND sets.id != :but_set"
        values["but_set"] = but.set_id
    elif but is not None and but.lifter == wanted.lifter:
        fits, others = _fits(but, "other", "but")
        conditions += _OTHERS.format(fits=fits)
        values |= others
    return _MATCHING.format(conditions=conditions), values


def _fits(wanted: Condition, rep: str, key: str) -> tuple[str, dict[str, object]]:
    """When `rep` fits, but for its lifter; `key` begins the names of the values.

    A squat and a tag that is called like it are the same.
    """
    since, until = day_bounds(wanted.since, wanted.until)
    conditions = f" AND sessions.recorded_utc >= :{key}_since"
    conditions += f" AND sessions.recorded_utc < :{key}_until"
    values: dict[str, object] = {f"{key}_since": since, f"{key}_until": until}
    if wanted.exercise:
        names = words.squat_names(wanted.exercise)
        values |= {f"{key}_exercise": wanted.exercise} | _numbered(f"{key}_called", names)
        tagged = _TAGGED.format(keys=_places(f"{key}_called", names))
        conditions += f" AND ({rep}.exercise IS :{key}_exercise OR {tagged})"
    if wanted.kg_low is not None:
        conditions += f" AND {rep}.load_kg >= :{key}_kg_low"
        values[f"{key}_kg_low"] = at_least(wanted.kg_low)
    if wanted.kg_high is not None:
        conditions += f" AND {rep}.load_kg <= :{key}_kg_high"
        values[f"{key}_kg_high"] = at_most(wanted.kg_high)
    if wanted.tag:
        values |= {f"{key}_tag": wanted.tag.casefold()}
        values |= {f"{key}_squat": words.squat_called(wanted.tag) or "nothing"}
        has = f"{_TAGGED.format(keys=f':{key}_tag')} OR {rep}.exercise IS :{key}_squat"
        conditions += f" AND {'NOT ' if wanted.without else ''}({has})"
    return conditions, values


def _places(key: str, names: tuple[str, ...]) -> str:
    return ", ".join(f":{name}" for name in _numbered(key, names))


def _numbered(key: str, names: tuple[str, ...]) -> dict[str, str]:
    return {f"{key}_{number}": name for number, name in enumerate(names)}


def _with_curves(connection: sqlite3.Connection, rows: list[sqlite3.Row]) -> list[RepRow]:
    wanted = [row["id"] for row in rows if row["wink_deg"] is not None][:MOST_CURVES]
    traces: dict[str, bytes] = {}
    if wanted:
        places = ", ".join("?" * len(wanted))
        found = connection.execute(
            f"SELECT rep_id, data FROM traces WHERE rep_id IN ({places})", wanted
        )
        traces = {row["rep_id"]: row["data"] for row in found}
    reps = [rep_of(row) for row in rows]
    return [
        replace(rep, trace=trace_of(traces[rep.id])) if rep.id in traces else rep for rep in reps
    ]
