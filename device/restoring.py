"""Putting a backup back: uploaded and checked by the page, taken up by the unit at its next start.

The unit writes while it runs, so the page only lays the checked file beside the database
(`restore/next.sqlite3`). Before the unit opens its database, `take_up` copies the one that is there
to the backups, then puts the waiting one in its place in one SQLite transaction. A power cut at any
point leaves one of the two whole, and the next start does it again.

Kept across a restore: the coach's present password. Everybody is signed out and all API tokens are
void, as an old backup may hold some that were revoked since.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from device import backups, restored
from device.audit import Action, Actor, note
from device.database import APPLICATION_ID, schema_version, sentences, transaction
from device.errors import RacklightError, StoreError
from device.migrations import MIGRATIONS
from device.moment import moment_now
from device.store import Store

_CHUNK = 1 << 20
_PAGE_BYTES = 4096  # of every database the program makes; SQLite can't copy over another size


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds."""

    unit_name: str
    sessions: int
    reps: int
    lifters: int
    newest_utc: str | None
    schema: int


def lay_ready(database: Path, upload: IO[bytes]) -> Contents:
    """Checks an uploaded backup and keeps it for the next start, in place of one that waits.

    Raises StoreError, with nothing changed, for a file that is damaged, not ours, of a later
    version, or has other tables than its version makes.
    """
    target = _waiting(database)
    part = target.with_name("upload.part")
    try:
        with sentences(target):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(part, upload)
        found = checked(part)
        with sentences(target):
            part.replace(target)
            _sync(target.parent)
    finally:
        part.unlink(missing_ok=True)
    return found


def waiting(database: Path) -> Contents | None:
    """What the next start will take up; None: nothing. Raises StoreError if it can't be read."""
    file = _waiting(database)
    if not waits(database):
        return None
    with _looked_into(file) as connection:
        return _contents(connection)


def would_bring_back(database: Path, lifter_id: str, names: Iterable[str]) -> bool:
    """Whether the next start would bring a lifter back who is deleted now; a merged one has names.

    Raises StoreError if what waits can't be read.
    """
    if not waits(database):
        return False
    keys = {name.casefold() for name in names}
    with _looked_into(_waiting(database)) as connection:
        rows = connection.execute("SELECT id, name_key FROM lifters").fetchall()
    return any(row["id"] == lifter_id or row["name_key"] in keys for row in rows)


def waits(database: Path) -> bool:
    """Whether a backup waits to be taken up."""
    return _waiting(database).exists()


def call_off(database: Path) -> None:
    """The next start takes nothing up. Raises StoreError."""
    with sentences(_waiting(database)):
        _waiting(database).unlink(missing_ok=True)


def checked(file: Path) -> Contents:
    """What is in a file that is a whole database of ours. Raises StoreError for any other."""
    with _looked_into(file) as connection:
        version = schema_version(connection)
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        if owner != APPLICATION_ID or version < 1:
            raise StoreError("This is a database of another program, not a backup of a unit.")
        if version > len(MIGRATIONS):
            raise StoreError(
                f"This backup is of a later version (schema {version}, this unit knows"
                f" {len(MIGRATIONS)}); update the unit first, then restore it."
            )
        if connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
            raise StoreError("This backup is damaged; use another one.")
        if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise StoreError("This backup is incomplete: rows point at others that are missing.")
        page_bytes = connection.execute("PRAGMA page_size").fetchone()[0]
        if _shape(connection) != _expected_shape(version) or page_bytes != _PAGE_BYTES:
            raise StoreError(
                "This file has other tables than a unit makes; use a backup as it was downloaded."
            )
        return _contents(connection)


def take_up(database: Path, unit_name: str) -> str:
    """Puts the waiting backup in the database's place; returns a sentence on what was done.

    To be called before anything of the unit opens the database, by whoever holds it (`alone`).
    Raises StoreError where it can't; the database is then as it was, and the backup waits on.
    """
    file = _waiting(database)
    found = checked(file)
    _make_ready(file, unit_name, _password_hash(database))
    aside = _put_aside(database)
    if not database.exists():
        Store.open(database, unit_name).close()
    backups.restore(database, file)
    call_off(database)
    now, file_kept = moment_now(), aside.name if aside else ""
    done = restored.PutBack(now.utc, now.clock_synchronised, found.newest_utc, file_kept)
    restored.tell(database, done)
    kept = f"; what was there before is kept as {aside.name}" if aside else ""
    return f"A backup was put back (sessions: {found.sessions}){kept}."


def take_up_at_start(database: Path, unit_name: str, say: Callable[[str], None]) -> None:
    """Takes up the backup that waits, if one does, and says what came of it.

    A backup that can't be put back is told and goes on waiting: the unit works all the same.
    """
    if not waits(database):
        return
    try:
        say(take_up(database, unit_name))
    except RacklightError as error:
        say(f"The waiting backup was not put back: {error}")


def _put_aside(database: Path) -> Path | None:
    """A copy of what is there now; a database that is damaged is itself moved aside."""
    try:
        return backups.take(database, database.parent / backups.FOLDER, "aside", "restore")
    except StoreError:
        with sentences(database):
            if not _damaged(database):
                raise
            for suffix in ("-wal", "-shm", ""):
                file = database.with_name(database.name + suffix)
                if file.exists():
                    file.replace(file.with_name(f"{database.name}.damaged{suffix}"))
        return database.with_name(f"{database.name}.damaged")


def _damaged(database: Path) -> bool:
    try:
        with closing(sqlite3.connect(database.absolute().as_uri() + "?mode=ro", uri=True)) as found:
            return bool(found.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok")
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _make_ready(file: Path, unit_name: str, password_hash: str | None) -> None:
    """Brings the waiting file up to date, and settles in it who may come in."""
    with Store.open(file, unit_name) as store, sentences(file):
        connection = store.connection
        with transaction(connection):
            if password_hash is not None:
                connection.execute(
                    "INSERT INTO coach SELECT id, ?, '', recorded_utc, boot_id, clock_synchronised"
                    " FROM units WHERE id = ? ON CONFLICT (unit_id)"
                    " DO UPDATE SET password_hash = excluded.password_hash",
                    (password_hash, store.unit_id),
                )
            for table in ("coach", "lifter_access"):
                connection.execute(f"UPDATE {table} SET session_key = lower(hex(randomblob(16)))")
            connection.execute("DELETE FROM api_tokens")
            note(connection, store.unit_id, Actor.COACH, Action.RESTORE, "backup put back")
        connection.execute("PRAGMA journal_mode=DELETE")  # one file again


def _password_hash(database: Path) -> str | None:
    """The coach's, if one was chosen; None also where the database can't be read any more."""
    if not database.exists():
        return None
    try:
        with _looked_into(database) as connection:
            row = connection.execute(
                "SELECT password_hash FROM coach JOIN this_unit USING (unit_id)"
            ).fetchone()
    except StoreError:
        return None
    return None if row is None else str(row["password_hash"])


@contextmanager
def _looked_into(file: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection to a file that nobody vouches for."""
    try:
        connection = sqlite3.connect(file.absolute().as_uri() + "?mode=ro", uri=True)
        with closing(connection):
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute("PRAGMA cell_size_check=ON")
            yield connection
    except sqlite3.Error as error:
        raise StoreError(
            "This is not a backup of a unit, or it is damaged; use a file that was downloaded here."
        ) from error


def _contents(connection: sqlite3.Connection) -> Contents:
    # a second name of the same person is no lifter; before schema 3 there were none
    known = {row["name"] for row in connection.execute("PRAGMA table_info(lifters)")}
    lifters = "merged_into IS NULL" if "merged_into" in known else "1"
    row = connection.execute(_CONTENTS.format(lifters=lifters)).fetchone()
    return Contents(row[0], row[1], row[2], row[3], row[4], schema_version(connection))


_CONTENTS = """
SELECT coalesce((SELECT name FROM units JOIN this_unit ON unit_id = units.id), 'unnamed'),
    (SELECT count(*) FROM sessions), (SELECT count(*) FROM reps WHERE undone_utc IS NULL),
    (SELECT count(*) FROM lifters WHERE {lifters}), (SELECT max(recorded_utc) FROM sessions)
"""


def _shape(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    """Tables, indexes and triggers with their text: a foreign trigger must not get in."""
    rows = connection.execute(
        "SELECT type, name, coalesce(sql, '') AS sql FROM sqlite_master"
        " WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'"
    )
    return {(row["type"], row["name"], " ".join(row["sql"].split())) for row in rows}


def _expected_shape(version: int) -> set[tuple[str, str, str]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        for migration in MIGRATIONS[:version]:
            connection.executescript(migration)
        return _shape(connection)


def _waiting(database: Path) -> Path:
    return database.parent / restored.FOLDER / "next.sqlite3"


def _write(file: Path, upload: IO[bytes]) -> None:
    with file.open("wb") as target:
        file.chmod(0o600)
        while chunk := upload.read(_CHUNK):
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
