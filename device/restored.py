"""What the last start put back, for the page to say until somebody has read it.

A small file beside the waiting backup (`restore/done.json`), not a row: the database it tells of is
the one that was replaced.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from device.database import sentences

FOLDER = "restore"  # beside the database


@dataclass(frozen=True, slots=True)
class PutBack:
    """A backup that took the place of what was there."""

    utc: str  # of the start that did it
    clock_synchronised: bool
    newest_utc: str | None  # of the sessions in the backup; None: it held none
    kept: str  # the file that holds what was there before; empty: there was nothing


def tell(database: Path, done: PutBack) -> None:
    """Keeps it for the page. A disk that can't hold it does not undo what was done."""
    part = _file(database).with_suffix(".part")
    with suppress(OSError):
        part.write_text(json.dumps(asdict(done)), encoding="utf-8")
        part.replace(_file(database))


def told(database: Path) -> PutBack | None:
    """What was put back and not yet read; None: nothing, or it can't be read any more."""
    try:
        return PutBack(**json.loads(_file(database).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def read(database: Path) -> None:
    """It was read: it is not told again. Raises StoreError."""
    with sentences(_file(database)):
        _file(database).unlink(missing_ok=True)


def _file(database: Path) -> Path:
    return database.parent / FOLDER / "done.json"
