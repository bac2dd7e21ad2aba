"""What the files are called that leave the unit: whose, and of which days."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from device.export import (
    Selection,
    file_safe,
    read_lifter,
    read_rep,
    read_sessions,
    read_set,
    reading,
)
from device.moment import moment_now

_PRODUCT = "racklight"


def file_name(database: Path, which: Selection, form: str, kind: str = "") -> str:
    """`racklight-Alex-2026-11-22.csv`: the day of a session, the days chosen, or else today.

    `kind` comes last: `racklight-Alex-2026-11-01_to_2026-11-22-table.csv`. Raises StoreError.
    """
    with reading(database) as connection:
        days, whose = _days(which), None
        if which.session_id is not None:
            visit = next(read_sessions(connection, which), None)
            if visit is not None:
                days, whose = _day(visit["started_utc"]), visit["lifter_name"]
        elif which.lifter_id is not None:
            lifter = read_lifter(connection, which.lifter_id)
            whose = None if lifter is None else lifter["lifter_name"]
    parts = (_PRODUCT, file_safe(whose or ""), days, kind)
    return f"{'-'.join(part for part in parts if part)}.{form}"


def rep_file_name(database: Path, rep_id: str, own: str) -> str:
    """`racklight-Alex-2026-11-22-set_1-rep_003.mot`; `own` is the end of it. Raises StoreError."""
    with reading(database) as connection:
        rep = read_rep(connection, rep_id)
        one_set = None if rep is None else read_set(connection, rep["set_id"])
    if one_set is None:
        return own
    whole = file_name(database, Selection(session_id=one_set["session_id"]), "")
    return f"{whole.rstrip('.')}-set_{one_set['set_number']}-{own}"


def _days(which: Selection) -> str:
    """The days that were chosen, both included."""
    last = _day(moment_now().utc)
    if which.before_utc is not None:
        last = _day(which.before_utc, -1)
    if which.from_utc is None:
        return last if which.before_utc is None else f"to_{last}"
    first = _day(which.from_utc)
    return first if first == last else f"{first}_to_{last}"


def _day(utc: str, later_days: int = 0) -> str:
    local = datetime.fromisoformat(utc.replace("Z", "+00:00")).astimezone()
    return f"{(local + timedelta(days=later_days)):%Y-%m-%d}"
