"""Visits without a rep: somebody signed in and left again, or has not squatted yet."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from web.queries import SessionRow, session_of

MOST_EMPTY = 200

# CASE: most visits have reps, and of those nothing else is looked up.
_EMPTY = """
SELECT sessions.id, sessions.recorded_utc, sessions.clock_synchronised, sessions.lifter_id,
    lifters.name AS lifter
FROM sessions LEFT JOIN lifters ON lifters.id = sessions.lifter_id
    LEFT JOIN session_totals AS totals ON totals.session_id = sessions.id
WHERE sessions.recorded_utc >= :since AND sessions.recorded_utc < :until
    AND CASE WHEN totals.reps > 0 THEN 0 ELSE 1{conditions} END
ORDER BY sessions.recorded_utc DESC LIMIT {most}
"""


def empty_visits(
    connection: sqlite3.Connection,
    bounds: tuple[str, str],
    conditions: str = "",
    values: Mapping[str, object] | None = None,
) -> list[SessionRow]:
    """Those between two stored times, the newest first; `conditions` are as in `search`."""
    statement = _EMPTY.format(conditions=conditions, most=MOST_EMPTY)
    asked = {**(values or {}), "since": bounds[0], "until": bounds[1]}
    return [session_of(row) for row in connection.execute(statement, asked)]
