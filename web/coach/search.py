"""Finding sessions: by lifter, date, load, verdict, and words in names, tags and notes.

Every statement of these pages finds its rows through an index; tests/web/coach/test_plans.py holds
that. CROSS JOIN is SQLite's way of saying 'in this order': sessions, their sets, their reps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from device.database import reading
from device.records import VerdictName
from web import weights
from web.coach import words
from web.coach.empty import empty_visits
from web.queries import SessionRow, with_verdicts

PAGE_SESSIONS = 30
LONGEST_TEXT = 60
MOST_KG = 1000.0
_NOBODY = "nobody"

_FOUND = """
SELECT sessions.id, sessions.recorded_utc, sessions.clock_synchronised, sessions.lifter_id,
    lifters.name AS lifter
FROM sessions CROSS JOIN session_totals AS totals ON totals.session_id = sessions.id
    LEFT JOIN lifters ON lifters.id = sessions.lifter_id
WHERE totals.reps > 0
    AND sessions.recorded_utc >= :since AND sessions.recorded_utc < :until{conditions}
ORDER BY sessions.recorded_utc DESC, sessions.rowid DESC LIMIT :limit OFFSET :offset
"""
# The totals rule most sessions out; what is left is looked at set by set. Naming the totals inside
# EXISTS makes SQLite look at them first: a page that finds nothing in 6,666 sessions took ten times
# as long without it.
_LOAD = """
 AND totals.kg_high >= :kg_low AND totals.kg_low <= :kg_high AND EXISTS (
    SELECT 1 FROM sets JOIN reps ON reps.set_id = sets.id
    WHERE sets.session_id = totals.session_id AND reps.undone_utc IS NULL
        AND reps.load_kg BETWEEN :kg_low AND :kg_high)"""
_TEXT = """
 AND (lifters.name_key LIKE :text ESCAPE '\\'
    OR EXISTS (SELECT 1 FROM set_tags WHERE set_tags.session_id = sessions.id
        AND set_tags.tag_key LIKE :text ESCAPE '\\')
    OR EXISTS (SELECT 1 FROM session_notes WHERE session_notes.session_id = sessions.id
        AND session_notes.text LIKE :text ESCAPE '\\')
    OR EXISTS (SELECT 1 FROM set_notes WHERE set_notes.session_id = sessions.id
        AND set_notes.text LIKE :text ESCAPE '\\'){squats})"""
_NAMED = """
    OR EXISTS (SELECT 1 FROM sets JOIN reps ON reps.set_id = sets.id
        WHERE sets.session_id = sessions.id AND reps.undone_utc IS NULL
        AND reps.exercise IN ({squats}))"""
# A squat, or a tag that is called like it.
_SQUAT = """
 AND (EXISTS (SELECT 1 FROM sets JOIN reps ON reps.set_id = sets.id
        WHERE sets.session_id = sessions.id AND reps.undone_utc IS NULL
        AND reps.exercise = :exercise)
    OR EXISTS (SELECT 1 FROM set_tags WHERE set_tags.session_id = sessions.id
        AND set_tags.tag_key = :called))"""
_TAG = """
 AND EXISTS (SELECT 1 FROM set_tags WHERE set_tags.session_id = sessions.id
    AND set_tags.tag_key = :tag)"""
_WRITTEN = (
    "SELECT session_id, text FROM session_notes WHERE session_id IN ({places})",
    "SELECT session_id, min(tag) AS text FROM set_tags WHERE session_id IN ({places})"
    " GROUP BY session_id, tag_key",
    "SELECT session_id, text FROM set_notes WHERE session_id IN ({places}) AND text != ''",
)
_PAIN = """
 AND EXISTS (SELECT 1 FROM set_notes WHERE set_notes.session_id = sessions.id
    AND set_notes.pain = 1)"""
_VERDICTS = {
    VerdictName.CLEAN.value: " AND totals.clean > 0",
    VerdictName.WINK.value: " AND totals.winks > 0",
    VerdictName.NOT_MEASURED.value: " AND totals.not_measured > 0",
    VerdictName.PARTIAL.value: " AND totals.partial > 0",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person filled in; None or empty: anything."""

    text: str = ""
    lifter: str = ""  # an id, or 'nobody'
    since: date | None = None
    until: date | None = None  # this day included
    kg_low: float | None = None
    kg_high: float | None = None
    exercise: str = ""
    tag: str = ""
    verdict: str = ""
    pain: bool = False

    @classmethod
    def of(cls, form: Mapping[str, str]) -> Wanted:
        """From an address; what makes no sense counts as not filled in."""
        verdict, exercise = form.get("verdict", ""), form.get("exercise", "")
        unit = weights.of_form(form)
        return cls(
            text=" ".join(form.get("text", "").split())[:LONGEST_TEXT],
            lifter=form.get("lifter", ""),
            since=day_of(form.get("since", "")),
            until=day_of(form.get("until", "")),
            kg_low=load_of(form.get("kg_low", ""), unit),
            kg_high=load_of(form.get("kg_high", ""), unit),
            exercise=exercise if exercise in words.EXERCISES else "",
            tag=" ".join(form.get("tag", "").split())[:LONGEST_TEXT],
            verdict=verdict if verdict in _VERDICTS else "",
            pain=form.get("pain", "") == "1",
        )

    @property
    def without_reps(self) -> bool:
        """Whether a visit without a rep can fit."""
        asks = (self.kg_low, self.kg_high, self.exercise or None, self.verdict or None)
        return asks == (None, None, None, None)

    @property
    def more(self) -> bool:
        """Whether anything but the words to look for was filled in."""
        return self != Wanted(text=self.text)

    @property
    def anything(self) -> bool:
        """Whether nothing at all was filled in."""
        return self == Wanted()

    def address(self) -> dict[str, str]:
        """What `of` makes this from."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        told = {
            name: f"{value:g}" if isinstance(value, float) else str(value)
            for name, value in values.items()
            if value not in (None, "", False)
        }
        return told | ({"pain": "1"} if self.pain else {})


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the list."""

    sessions: list[SessionRow]  # with a rep at least
    older: bool  # there are more
    empty: list[SessionRow]  # the visits without one, of the time of this page


def search(path: Path, wanted: Wanted, page: int = 1) -> Found:
    """The newest sessions that are wanted. Raises StoreError."""
    since, until = day_bounds(wanted.since, wanted.until)
    conditions, values = _conditions(wanted)
    limits = {"limit": PAGE_SESSIONS + 1, "offset": (page - 1) * PAGE_SESSIONS}
    asked = values | {"since": since, "until": until} | limits
    with reading(path) as connection:
        rows = connection.execute(_FOUND.format(conditions=conditions), asked).fetchall()
        found = with_verdicts(connection, rows[:PAGE_SESSIONS])
        older = len(rows) > PAGE_SESSIONS
        empty: list[SessionRow] = []
        if wanted.without_reps and (rows or page == 1):
            last = rows[-1]["recorded_utc"] if older else since
            first = until if page == 1 else rows[0]["recorded_utc"]
            empty = empty_visits(connection, (last, first), conditions, values)
    return Found(found, older, empty)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written on a session: its own note, and the tags and notes of its sets."""

    note: str = ""
    tags: tuple[str, ...] = ()
    set_notes: tuple[str, ...] = ()


def written_beside(path: Path, sessions: Sequence[str]) -> dict[str, Written]:
    """By the key of the session; those with nothing are left out. Raises StoreError."""
    if not sessions:
        return {}
    places = ", ".join("?" * len(sessions))
    found: dict[str, list[list[str]]] = {}
    with reading(path) as connection:
        for kind, statement in enumerate(_WRITTEN):
            for row in connection.execute(statement.format(places=places), sessions):
                found.setdefault(row["session_id"], [[], [], []])[kind].append(row["text"])
    return {
        key: Written("".join(note), tuple(tags), tuple(notes))
        for key, (note, tags, notes) in found.items()
    }


def day_bounds(since: date | None, until: date | None) -> tuple[str, str]:
    """From the first day's midnight on the unit's clock to the last one's, as stored times."""
    first = "" if since is None else stored(midnight(since))
    last = "~" if until is None else stored(midnight(until + timedelta(days=1)))
    return first, last


def midnight(day: date) -> datetime:
    """When a day begins on the unit's own clock."""
    return datetime.combine(day, time()).astimezone()


def stored(moment: datetime) -> str:
    """A time as the database writes it."""
    utc = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return utc.replace("+00:00", "Z")


def _conditions(wanted: Wanted) -> tuple[str, dict[str, object]]:
    conditions = _VERDICTS.get(wanted.verdict, "") + (_PAIN if wanted.pain else "")
    values: dict[str, object] = {}
    if wanted.lifter == _NOBODY:
        conditions += " AND sessions.lifter_id IS NULL"
    elif wanted.lifter:
        conditions += " AND sessions.lifter_id = :lifter"
        values["lifter"] = wanted.lifter
    if wanted.kg_low is not None or wanted.kg_high is not None:
        conditions += _LOAD
        values["kg_low"] = at_least(wanted.kg_low or 0.0)
        values["kg_high"] = at_most(MOST_KG if wanted.kg_high is None else wanted.kg_high)
    called = words.squat_called(wanted.tag)
    exercise = wanted.exercise or called
    if exercise:
        conditions += _SQUAT
        values |= {"exercise": exercise, "called": words.EXERCISES[exercise].casefold()}
    if wanted.tag and (called is None or called != exercise):
        conditions += _TAG
        values["tag"] = wanted.tag.casefold()
    if wanted.text:
        named = words.squats_like(wanted.text)
        squats = ", ".join(f":squat_{number}" for number in range(len(named)))
        conditions += _TEXT.format(squats=_NAMED.format(squats=squats) if named else "")
        values |= {f"squat_{number}": exercise for number, exercise in enumerate(named)}
        values["text"] = f"%{_literal(wanted.text.casefold())}%"
    return conditions, values


def _literal(text: str) -> str:
    """Without the letters that mean something to LIKE."""
    for letter in "\\%_":
        text = text.replace(letter, f"\\{letter}")
    return text


def day_of(text: str) -> date | None:
    """`2026-11-22`; None for anything that is no day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 < day.year < 9000 else None


def load_of(text: str, unit: str) -> float | None:
    """A weight typed in `unit`, in kilograms; None for anything that is none."""
    try:
        kg = weights.typed(text, unit)
    except ValueError:
        return None
    return kg if kg is not None and 0 <= kg <= MOST_KG else None


def at_least(kg: float) -> float:
    """The least load that is shown as one not below; so too `at_most`."""
    return kg - weights.ALIKE_KG


def at_most(kg: float) -> float:
    """The greatest load that is shown as one not above."""
    return kg + weights.ALIKE_KG
