"""Opening the SQLite file: pragmas, schema versions, and a sentence for everything that can fail.

The schema's version is the file's `user_version`; each migration is one transaction, so a power
cut in the middle of an update leaves the version before it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from device.errors import NewerDatabaseError, StoreError
from device.migrations import MIGRATIONS

APPLICATION_ID = 0x5241434B  # 'RACK': tells our file from another program's
_BUSY_MS = 5000


def open_for_writing(path: Path, make: bool = True) -> sqlite3.Connection:
    """The database, made (unless `make` forbids it) or brought up to date. Raises StoreError.

    WAL with synchronous=FULL: a committed transaction survives a power cut, and readers never
    wait for the writer.
    """
    with sentences(path):
        if make:
            path.parent.mkdir(parents=True, exist_ok=True)
        connection = _connect(path.absolute().as_uri() + ("?mode=rwc" if make else "?mode=rw"))
    try:
        with sentences(path):
            _refuse_foreign(connection, path)
            if connection.execute("PRAGMA journal_mode=WAL").fetchone()[0] != "wal":
                raise StoreError(
                    f"The database {path} can't be written safely on this kind of disk;"
                    " put it on a local disk."
                )
            connection.execute("PRAGMA synchronous=FULL")
            upgrade(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that can't change anything. Raises StoreError.

    Also refuses an older version: only the writer may bring it up to date.
    """
    if not path.exists():
        raise StoreError(
            f"There is no database at {path} yet; it is made when the unit starts for the first"
            " time."
        )
    with sentences(path):
        connection = _connect(path.absolute().as_uri() + "?mode=ro")
    try:
        with sentences(path):
            _refuse_foreign(connection, path)
            if schema_version(connection) < len(MIGRATIONS):
                raise StoreError(
                    f"The database {path} is from an earlier version; start the unit once to"
                    " bring it up to date."
                )
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that can't change anything, closed at the end. Raises StoreError."""
    connection = open_for_reading(path)
    try:
        with sentences(path):
            yield connection
    finally:
        connection.close()


def schema_version(connection: sqlite3.Connection) -> int:
    """The version of the schema in the file; 0 for an empty file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def upgrade(connection: sqlite3.Connection, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Runs the migrations that the file has not seen yet, each in its own transaction."""
    for version in range(schema_version(connection) + 1, len(migrations) + 1):
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{migrations[version - 1]}\n"
                f"PRAGMA application_id = {APPLICATION_ID};\n"
                f"PRAGMA user_version = {version};\nCOMMIT;"
            )
        except sqlite3.Error:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything inside, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # a failed COMMIT may have rolled back already
            connection.execute("ROLLBACK")
        raise


@contextmanager
def sentences(path: Path) -> Iterator[None]:
    """Turns SQLite's and the file system's errors into a StoreError with the fix.

    IntegrityError and ProgrammingError pass: they are mistakes in the program, not in the world.
    """
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError, StoreError):
        raise
    except sqlite3.Error as error:
        raise StoreError(_sentence(path, error)) from error
    except OSError as error:
        raise StoreError(
            f"The folder {path.parent} for the database can't be used:"
            f" {error.strerror or error}; check that it exists and is writable."
        ) from error


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY_MS / 1000)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys=ON")
    return connection


def _refuse_foreign(connection: sqlite3.Connection, path: Path) -> None:
    version = schema_version(connection)
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if owner != APPLICATION_ID and not (empty and version == 0):
        raise StoreError(f"The database {path} belongs to another program; name another file.")
    if version > len(MIGRATIONS):
        raise NewerDatabaseError(
            f"The database {path} was written by a later version (schema {version}, this program"
            f" knows {len(MIGRATIONS)}); update the program or restore a backup."
        )


def _sentence(path: Path, error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return (
            f"The database {path} is damaged or no database; move it aside"
            f" (mv {path} {path}.damaged) or restore a backup, then start again."
        )
    if code == sqlite3.SQLITE_FULL:
        return f"The disk with {path} is full; free some space, what is waiting is then written."
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return (
            f"The database {path} can't be {_wanted(path)}; check the permissions of the file and"
            " its folder, and that the disk is not mounted read-only."
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"The database {path} is in use by another program; close that program."
    if code == sqlite3.SQLITE_IOERR:
        return f"The disk with {path} failed or is full ({error}); check its free space and health."
    return f"The database {path} can't be used: {error}."


def _wanted(path: Path) -> str:
    return "written" if os.access(path, os.R_OK) else "opened"
