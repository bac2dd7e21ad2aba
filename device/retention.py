"""How long sessions are kept, and deleting what is older.

Nothing is deleted while the unit does not know the time: a clock that stands years ahead would
make everything old. Sessions from a time when it did not know are kept, for the same reason.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from device.audit import Action, Actor, note
from device.database import reading
from device.errors import NotebookError
from device.forget import forget
from device.moment import Moment, moment_now
from device.notebook import Notebook

LONGEST_MONTHS = 240
_DAYS_A_MONTH = 365.25 / 12
_AT_ONCE = 20  # sessions a transaction, so that a rep never waits long to be written

_OLD = "FROM sessions WHERE recorded_utc < ? AND clock_synchronised = 1"
_HOW_MANY = f"SELECT count(*) {_OLD}"
_OLD_SESSIONS = f"SELECT id {_OLD} ORDER BY recorded_utc LIMIT ?"


def months_kept(path: Path) -> int | None:
    """How many months sessions are kept; None: for ever. Raises StoreError."""
    with reading(path) as connection:
        row = connection.execute(
            "SELECT months FROM retention JOIN this_unit USING (unit_id)"
        ).fetchone()
    return None if row is None else int(row["months"])


def keep_for(notebook: Notebook, months: int | None) -> None:
    """Sets how long sessions are kept; None: for ever. Raises NotebookError."""
    if months is not None and not 1 <= months <= LONGEST_MONTHS:
        raise NotebookError(f"Sessions are kept 1 to {LONGEST_MONTHS} months, or for ever.")
    with notebook.writing() as connection:
        connection.execute("DELETE FROM retention WHERE unit_id = ?", (notebook.unit_id,))
        if months is not None:
            notebook.put(connection, "retention", {"months": months})
        told = "for ever" if months is None else f"for {months} months"
        note(
            connection,
            notebook.unit_id,
            Actor.COACH,
            Action.SETTINGS,
            f"sessions are kept {told}",
        )


def older_than(path: Path, months: int) -> int:
    """How many sessions are that old, by the present clock. Raises StoreError."""
    with reading(path) as connection:
        row = connection.execute(_HOW_MANY, (_before(moment_now().utc, months),)).fetchone()
    return int(row[0])


def delete_old(notebook: Notebook, months: int, now: Moment | None = None) -> int:
    """Deletes the sessions older than that for good; returns how many. Raises StoreError."""
    moment = now or moment_now()
    if not moment.clock_synchronised:
        return 0
    limit = _before(moment.utc, months)
    gone = 0
    while True:
        with notebook.writing() as connection:
            rows = connection.execute(_OLD_SESSIONS, (limit, _AT_ONCE)).fetchall()
            if not rows:
                break
            forget(connection, "sessions", [row["id"] for row in rows])
            note(
                connection,
                notebook.unit_id,
                Actor.UNIT,
                Action.DELETE,
                f"sessions older than {months} months deleted for good: {len(rows)}",
            )
        gone += len(rows)
    if gone:
        notebook.empty_journal()
    return gone


def _before(utc: str, months: int) -> str:
    moment = datetime.fromisoformat(utc) - timedelta(days=months * _DAYS_A_MONTH)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
