"""Recordings that were killed: told from damaged ones, and mended.

librealsense writes a .db3 (an SQLite database) without a journal. Killed in the middle of a write
(about one kill in ten), it leaves a header that promises pages which are not there, and nothing
opens the file any more. So a recording that is being made has a mark beside it, which stays when
the program dies; a marked recording is mended, an unmarked one that is cut short is refused.
"""

from __future__ import annotations

import contextlib
import fcntl
import sqlite3
from pathlib import Path
from typing import IO

from device.errors import BadRecordingError

_HEADER_BYTES = 100


class Mark:
    """Says that a recording is being made; the lock goes with the program, the file stays."""

    def __init__(self, recording: Path) -> None:
        self._path = _mark_of(recording)
        self._held: IO[str] | None = None

    def set(self) -> None:
        """Raises BadRecordingError where nothing can be written there."""
        try:
            self._held = self._path.open("w", encoding="utf-8")
            fcntl.flock(self._held, fcntl.LOCK_EX)
        except OSError as error:
            raise BadRecordingError(
                f"Can't record into {self._path.parent} ({error.strerror}): choose another folder."
            ) from error

    def clear(self) -> None:
        """The recording is whole."""
        self._path.unlink(missing_ok=True)
        if self._held is not None:
            self._held.close()


def missing_bytes(file: Path) -> int:
    """How much an SQLite file lacks of what its header promises (https://sqlite.org/fileformat.html,
    section 1.3); librealsense plays a file that lacks only its last page without a word."""
    with file.open("rb") as opened:
        header = opened.read(_HEADER_BYTES)
    page = int.from_bytes(header[16:18], "big")
    pages = int.from_bytes(header[28:32], "big")
    return pages * (65536 if page == 1 else page) - file.stat().st_size


def mend(file: Path) -> None:
    """Makes a marked recording playable, up to the last thing that was written whole.

    Does nothing without a mark. Raises BadRecordingError where the recording is still being made,
    or can't be written.
    """
    mark = _mark_of(file)
    if not mark.exists():
        return
    try:
        with mark.open("r+", encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if missing_bytes(file) > 0 or not _walkable(file):
                _rebuild(file)
            mark.unlink()
    except BlockingIOError as error:
        raise BadRecordingError(f"{file} is still being recorded: stop that first.") from error
    except (OSError, sqlite3.Error) as error:
        raise BadRecordingError(
            f"The recording {file} was cut off and can't be mended ({error}): check that its folder"
            " can be written and has room for a copy."
        ) from error


def _mark_of(recording: Path) -> Path:
    return recording.with_name(f"{recording.name}.unfinished")


def _walkable(file: Path) -> bool:
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("SELECT count(*) FROM messages NOT INDEXED").fetchone()
        database.execute("SELECT count(*) FROM messages INDEXED BY timestamp_idx").fetchone()
        return True
    return False


def _rebuild(file: Path) -> None:
    """Copies what can be read into a new database and puts that in its place."""
    with file.open("r+b") as opened:  # SQLite refuses a file that is shorter than its header says
        opened.truncate(file.stat().st_size + max(0, missing_bytes(file)))
    mended = file.with_name(f"{file.name}.mended")
    mended.unlink(missing_ok=True)
    with (
        contextlib.closing(sqlite3.connect(file)) as old,
        contextlib.closing(sqlite3.connect(mended)) as new,
    ):
        statements = old.execute("SELECT sql FROM sqlite_master ORDER BY type DESC").fetchall()
        for (statement,) in statements:  # tables before their indices
            new.execute(statement)
        for table, values in (("topics", "?,?,?,?,?"), ("messages", "?,?,?,?")):
            rows = old.execute(f"SELECT * FROM {table} NOT INDEXED ORDER BY id")
            with contextlib.suppress(sqlite3.DatabaseError):  # the first row that is not whole
                for row in rows:
                    new.execute(f"INSERT INTO {table} VALUES ({values})", row)
        new.commit()
    mended.replace(file)
