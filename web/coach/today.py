"""The last day's work at a glance, read from the totals and one pass over that day's reps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from device.database import reading
from web.coach.search import midnight, stored
from web.queries import SessionRow, with_verdicts

MOST_SESSIONS = 60

_DAY = """
SELECT sessions.id, sessions.recorded_utc, sessions.clock_synchronised, sessions.lifter_id,
    lifters.name AS lifter,
    (SELECT count(*) FROM set_notes WHERE set_notes.session_id = sessions.id
        AND set_notes.pain = 1) AS pains,
    (SELECT count(reps.wink_deg) FROM sets JOIN reps ON reps.set_id = sets.id
        WHERE sets.session_id = sessions.id AND reps.undone_utc IS NULL
        AND reps.verdict IN ('clean', 'wink')) AS measured,
    (SELECT avg(reps.wink_deg) FROM sets JOIN reps ON reps.set_id = sets.id
        WHERE sets.session_id = sessions.id AND reps.undone_utc IS NULL
        AND reps.verdict IN ('clean', 'wink')) AS wink_deg
FROM sessions LEFT JOIN lifters ON lifters.id = sessions.lifter_id
WHERE sessions.recorded_utc >= ? AND sessions.recorded_utc < ?
ORDER BY sessions.recorded_utc DESC LIMIT ?
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
    wink_deg: float | None  # mean of the measured reps
    measured: int
    pains: int  # sets that hurt


@dataclass(frozen=True, slots=True)
class Day:
    """One day at the rack."""

    day: date
    visits: tuple[Visit, ...]
    unmeasured: tuple[tuple[str, int], ...]  # why, and how many reps

    @property
    def lifters(self) -> int:
        """How many different people signed in."""
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
    """Today; before anybody has come, the last day that had a session. Raises StoreError."""
    with reading(path) as connection:
        end = stored(midnight(today + timedelta(days=1)))
        newest = connection.execute(
            "SELECT max(recorded_utc) AS utc FROM sessions WHERE recorded_utc < ?", (end,)
        ).fetchone()["utc"]
        day = today if newest is None else _day_of(newest)
        bounds = (stored(midnight(day)), stored(midnight(day + timedelta(days=1))))
        rows = connection.execute(_DAY, (*bounds, MOST_SESSIONS)).fetchall()
        sessions = with_verdicts(connection, rows)
        reasons = connection.execute(_REASONS, bounds).fetchall()
    visits = tuple(
        Visit(session, row["wink_deg"], row["measured"], row["pains"])
        for session, row in zip(sessions, rows, strict=True)
    )
    return Day(day, visits, tuple((row["reason"] or "", row["reps"]) for row in reasons))


def _day_of(utc: str) -> date:
    return datetime.fromisoformat(utc).astimezone().date()
