"""What the files are called that leave the unit: whose, and of which day."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from pathlib import Path

from device.export import Selection, read_lifter, read_rep, read_sessions, read_set, reading
from device.moment import moment_now

_PRODUCT = "racklight"


def file_name(database: Path, which: Selection, form: str) -> str:
    """`racklight-Alex-2026-11-22.csv`: the day of the session, or else today. Raises StoreError."""
    with reading(database) as connection:
        day, whose = moment_now().utc, None
        if which.session_id is not None:
            visit = next(read_sessions(connection, which), None)
            if visit is not None:
                day, whose = visit["started_utc"], visit["lifter_name"]
        elif which.lifter_id is not None:
            lifter = read_lifter(connection, which.lifter_id)
            whose = None if lifter is None else lifter["lifter_name"]
    return _joined(day, whose, form)


def rep_file_name(database: Path, rep_id: str, own: str) -> str:
    """`racklight-Alex-2026-11-22-set_1-rep_003.mot`; `own` is the end of it. Raises StoreError."""
    with reading(database) as connection:
        rep = read_rep(connection, rep_id)
        one_set = None if rep is None else read_set(connection, rep["set_id"])
    if one_set is None:
        return own
    whole = file_name(database, Selection(session_id=one_set["session_id"]), "")
    return f"{whole.rstrip('.')}-set_{one_set['set_number']}-{own}"


def _joined(utc: str, whose: str | None, form: str) -> str:
    day = f"{datetime.fromisoformat(utc.replace('Z', '+00:00')).astimezone():%Y-%m-%d}"
    parts = [_PRODUCT, _plain(whose or ""), day]
    return f"{'-'.join(part for part in parts if part)}.{form}"


def _plain(name: str) -> str:
    """A name in letters that every file system and header takes; may be empty."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "_", bare).strip("_")
