"""Copies of the database: taken before an update, put back when an older release returns.

setup.sh runs this as `python -m device.backups DATABASE VERB`, with whatever Python the system has.
A copy is one file, `NUMBER-before-RELEASE.sqlite3`, `NUMBER-asked-RELEASE.sqlite3` for one that the
coach asked for, or `NUMBER-aside-RELEASE.sqlite3` for the one that an older database took the place
of. Numbers, not times: a Pi's clock may be wrong. Of the first two kinds the newest few are kept;
the last kind holds what nothing else does and is never removed by itself.
"""

from __future__ import annotations

import argparse
import os
import re
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from device.database import reading, schema_version, sentences
from device.errors import RacklightError, StoreError

FOLDER = "backups"  # beside the database
KEPT = 5
_NAME = re.compile(r"(\d{4,})-(before|asked|aside)-.*\.sqlite3")
# Written at every start, whatever was lifted.
_NOT_RECORDED = {"events", "units", "this_unit"}


def take(database: Path, folder: Path, kind: str, release: str) -> Path | None:
    """Copies the database, what is still in its journal included; None if there is none yet.

    `kind` is `before`, `asked` or `aside`. The copy is whole or not there. Raises StoreError.
    """
    if not database.exists():
        return None
    with sentences(folder / "backup"):
        folder.mkdir(mode=0o700, exist_ok=True)
    copy = folder / f"{_next_number(folder):04d}-{kind}-{release}.sqlite3"
    part = copy.with_suffix(".part")
    try:
        with _opened(database) as source, sentences(part):
            part.unlink(missing_ok=True)
            with closing(sqlite3.connect(part)) as target:
                source.backup(target)
                target.execute("PRAGMA journal_mode=DELETE")  # one file, without companions
                if target.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                    raise StoreError(
                        f"The database {database} is damaged; restore a backup or move it aside."
                    )
            part.replace(copy)
            _sync(folder)
    finally:
        part.unlink(missing_ok=True)
    for of_kind in ("before", "asked"):
        for old in _copies(folder, of_kind)[KEPT:]:
            old.unlink()
    return copy


def copies(folder: Path) -> list[Path]:
    """All copies, the newest first."""
    return [path for _, path in sorted(_all(folder), reverse=True)]


def remove(copy: Path) -> None:
    """Deletes one of `copies`; one that is gone already is no error. Raises StoreError."""
    with sentences(copy):
        copy.unlink(missing_ok=True)
        _sync(copy.parent)


def schema_of(database: Path) -> int:
    """The schema's version in a file; 0 where there is no file. Raises StoreError."""
    if not database.exists():
        return 0
    with _opened(database) as connection, sentences(database):
        return schema_version(connection)


def state(database: Path) -> str:
    """Says that this program can read the file. Raises StoreError where it can't."""
    with reading(database) as connection:
        return f"{database} can be read, schema {schema_version(connection)}"


def newest_for(folder: Path, known: int) -> Path | None:
    """The newest copy from before an update that a program knowing `known` versions can read."""
    return next((copy for copy in _copies(folder, "before") if schema_of(copy) <= known), None)


def recorded_since(database: Path, backup: Path) -> dict[str, int]:
    """For each table, the rows that the backup does not hold as they are. Raises StoreError.

    Rows are compared in the columns that both know; a table that the backup lacks counts whole.
    """
    found = {}
    with _opened(database) as connection, sentences(database):
        connection.execute("ATTACH ? AS old", (backup.absolute().as_uri() + "?mode=ro",))
        for table in sorted(_tables(connection, "main") - _NOT_RECORDED):
            rows = f"SELECT * FROM main.{table}"
            if table in _tables(connection, "old"):
                both = _columns(connection, "main", table) & _columns(connection, "old", table)
                names = ", ".join(sorted(both))
                rows = f"SELECT {names} FROM main.{table} EXCEPT SELECT {names} FROM old.{table}"
            count = int(connection.execute(f"SELECT count(*) FROM ({rows})").fetchone()[0])
            if count:
                found[table] = count
    return found


def restore(database: Path, backup: Path | None) -> None:
    """Puts a copy in the place of the database, in one transaction; None: there was none before.

    No program may have it open. Take a copy first: what is in it now is gone. Raises StoreError.
    """
    if backup is None:
        with sentences(database):
            for suffix in ("-wal", "-shm", ""):
                database.with_name(database.name + suffix).unlink(missing_ok=True)
        return
    with _opened(backup) as source, _opened(database) as target, sentences(database):
        target.execute("PRAGMA synchronous=FULL")
        source.backup(target)


@contextmanager
def _opened(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a file that is there; its version does not matter."""
    with sentences(database):
        uri = database.absolute().as_uri() + "?mode=rw"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10)
    with closing(connection):
        yield connection


def _copies(folder: Path, kind: str) -> list[Path]:
    """The newest first."""
    return [
        path for path in copies(folder) if (hit := _NAME.fullmatch(path.name)) and hit[2] == kind
    ]


def _all(folder: Path) -> list[tuple[int, Path]]:
    return [(int(hit[1]), path) for path, hit in _numbered(folder)]


def _numbered(folder: Path) -> Iterator[tuple[Path, re.Match[str]]]:
    for path in folder.glob("*.sqlite3"):
        if hit := _NAME.fullmatch(path.name):
            yield path, hit


def _next_number(folder: Path) -> int:
    return 1 + max((int(hit[1]) for _, hit in _numbered(folder)), default=0)


def _tables(connection: sqlite3.Connection, schema: str) -> set[str]:
    rows = connection.execute(
        f"SELECT name FROM {schema}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return {str(row[0]) for row in rows}


def _columns(connection: sqlite3.Connection, schema: str, table: str) -> set[str]:
    rows = connection.execute("SELECT name FROM pragma_table_info(?, ?)", (table, schema))
    return {str(row[0]) for row in rows}


def _sync(folder: Path) -> None:
    """The new name survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="device.backups", description="For setup.sh.")
    parser.add_argument("database", type=Path)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("schema")
    verbs.add_parser("state")
    verbs.add_parser("take").add_argument("release")
    verbs.add_parser("find").add_argument("known", type=int)
    verbs.add_parser("since").add_argument("backup", type=Path)
    back = verbs.add_parser("restore")
    back.add_argument("release", help="the one whose database is put aside")
    back.add_argument("backup", type=Path, nargs="?")
    return parser


def _answer(asked: argparse.Namespace) -> str:
    database: Path = asked.database
    folder = database.parent / FOLDER
    if asked.verb == "schema":
        return str(schema_of(database))
    if asked.verb == "state":
        return state(database)
    if asked.verb == "take":
        return str(take(database, folder, "before", asked.release) or "")
    if asked.verb == "find":
        return str(newest_for(folder, asked.known) or "")
    if asked.verb == "since":
        since = recorded_since(database, asked.backup)
        return ", ".join(f"{count} {table}" for table, count in since.items())
    aside = take(database, folder, "aside", asked.release)
    restore(database, asked.backup)
    return str(aside or "")


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the answer; exit code 0, or that of the error, told in one sentence."""
    os.umask(0o077)
    try:
        print(_answer(_parser().parse_args(arguments)))
    except RacklightError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
