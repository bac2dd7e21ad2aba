"""The last day's work at a glance, read from the totals and one pass over that day's reps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from pathlib import Path

from device.database import reading
from web.coach.empty import empty_visits
from web.coach.search import midnight, stored
from web.queries import SessionRow, with_verdicts

MOST_SESSIONS = 150

# Of a set's measured reps: as on the lifter's own page each set counts once.
_MEAN = """(SELECT avg(reps.wink_deg) FROM reps WHERE reps.set_id = sets.id
    AND reps.undone_utc IS NULL AND reps.verdict IN ('clean', 'wink'))"""
_DAY = f"""
SELECT sessions.id, sessions.recorded_utc, sessions.clock_synchronised, sessions.lifter_id,
    lifters.name AS lifter,
    (SELECT count(*) FROM set_notes WHERE set_notes.session_id = sessions.id
        AND set_notes.pain = 1) AS pains,
    (SELECT count(*) FROM sets WHERE sets.session_id = sessions.id
        AND {_MEAN} IS NOT NULL) AS measured,
    (SELECT avg({_MEAN}) FROM sets WHERE sets.session_id = sessions.id) AS wink_deg
FROM sessions CROSS JOIN session_totals AS totals ON totals.session_id = sessions.id
    LEFT JOIN lifters ON lifters.id = sessions.lifter_id
WHERE totals.reps > 0 AND sessions.recorded_utc >= ? AND sessions.recorded_utc < ?
ORDER BY sessions.recorded_utc DESC LIMIT ?
"""
_NEWEST = """
SELECT recorded_utc AS utc FROM sessions
WHERE recorded_utc < ? AND EXISTS (SELECT 1 FROM session_totals
    WHERE session_totals.session_id = sessions.id AND session_totals.reps > 0)
ORDER BY recorded_utc DESC LIMIT 1
"""
_REASONS = """
SELECT reps.reason, count(*) AS reps
FROM sessions CROSS JOIN sets ON sets.session_id = sessions.id
    CROSS JOIN reps ON reps.set_id = sets.id
WHERE sessions.recorded_utc >= ? AND sessions.recorded_utc < ? AND reps.undone_utc IS NULL
    AND reps.verdict = 'not_measured'
GROUP BY reps.reason ORDER BY reps DESC LIMIT 3
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """One session of the day."""

    session: SessionRow
    wink_deg: float | None  # mean of the measured sets
    measured: int  # sets
    pains: int  # sets that hurt


@dataclass(frozen=True, slots=True)
class Lifter:
    """All visits of one lifter on that day, or all in which nobody was signed in."""

    name: str | None
    visits: tuple[Visit, ...]  # in their order

    @property
    def verdicts(self) -> tuple[tuple[str, ...], ...]:
        """Those of each set, in order."""
        return tuple(chain.from_iterable(visit.session.verdicts for visit in self.visits))

    @property
    def reps(self) -> int:
        """Reps that were not taken back."""
        return sum(visit.session.reps for visit in self.visits)

    @property
    def wink_deg(self) -> float | None:
        """Mean of the measured sets of all visits."""
        known = [(one.wink_deg, one.measured) for one in self.visits if one.wink_deg is not None]
        sets = sum(measured for _, measured in known)
        return sum(wink * measured for wink, measured in known) / sets if sets else None

    @property
    def pains(self) -> int:
        """Sets that hurt."""
        return sum(visit.pains for visit in self.visits)


@dataclass(frozen=True, slots=True)
class Day:
    """One day at the rack."""

    day: date
    visits: tuple[Visit, ...]  # with a rep at least; the newest first
    empty: tuple[SessionRow, ...]  # without one
    unmeasured: tuple[tuple[str, int], ...]  # why, and how many reps

    @property
    def people(self) -> tuple[Lifter, ...]:
        """Who squatted, who did so last first."""
        found: dict[str | None, list[Visit]] = {}
        for visit in self.visits:
            found.setdefault(visit.session.lifter_id, []).append(visit)
        return tuple(Lifter(of[0].session.lifter, tuple(of[::-1])) for of in found.values())

    @property
    def lifters(self) -> int:
        """How many different people squatted."""
        return len({visit.session.lifter_id for visit in self.visits if visit.session.lifter_id})

    @property
    def sets(self) -> int:
        """Sets with at least one rep."""
        return sum(visit.session.sets for visit in self.visits)

    @property
    def reps(self) -> int:
        """Reps that were not taken back."""
        return sum(visit.session.reps for visit in self.visits)

    def judged(self, verdict: str) -> int:
        """Reps with this verdict."""
        return sum(
            verdicts.count(verdict) for visit in self.visits for verdicts in visit.session.verdicts
        )


def day_at_the_rack(path: Path, today: date) -> Day:
    """Today; before anybody has squatted, the last day with a rep. Raises StoreError."""
    with reading(path) as connection:
        end = stored(midnight(today + timedelta(days=1)))
        newest = connection.execute(_NEWEST, (end,)).fetchone()
        day = today if newest is None else _day_of(newest["utc"])
        bounds = (stored(midnight(day)), stored(midnight(day + timedelta(days=1))))
        rows = connection.execute(_DAY, (*bounds, MOST_SESSIONS)).fetchall()
        sessions = with_verdicts(connection, rows)
        empty = empty_visits(connection, bounds)
        reasons = connection.execute(_REASONS, bounds).fetchall()
    visits = tuple(
        Visit(session, row["wink_deg"], row["measured"], row["pains"])
        for session, row in zip(sessions, rows, strict=True)
    )
    unmeasured = tuple((row["reason"] or "", row["reps"]) for row in reasons)
    return Day(day, visits, tuple(empty), unmeasured)


def _day_of(utc: str) -> date:
    return datetime.fromisoformat(utc).astimezone().date()
