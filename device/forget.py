"""Deleting a row for good, with everything in the database that hangs on it.

What hangs on what is read from the schema's foreign keys, so that a table added later can't be
left behind: a lifter's PIN goes with the lifter as surely as the reps do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

_AT_ONCE = 500  # how many keys go into one statement


def forget(connection: sqlite3.Connection, table: str, keys: Sequence[str]) -> None:
    """Deletes these rows of a table with a key `id`, after all rows that point at them.

    To be called inside a transaction.
    """
    for start in range(0, len(keys), _AT_ONCE):
        some = list(keys[start : start + _AT_ONCE])
        places = ", ".join("?" * len(some))
        for child, column in _children(connection, table):
            where = f"{column} IN ({places})"
            if "id" in _columns(connection, child):
                found = connection.execute(f"SELECT id FROM {child} WHERE {where}", some)
                forget(connection, child, [row["id"] for row in found.fetchall()])
            else:
                connection.execute(f"DELETE FROM {child} WHERE {where}", some)
        connection.execute(f"DELETE FROM {table} WHERE id IN ({places})", some)


def _children(connection: sqlite3.Connection, table: str) -> list[tuple[str, str]]:
    """The columns of the schema that point at a table's `id`."""
    rows = connection.execute(
        "SELECT tables.name AS child, keys.'from' AS column_ FROM sqlite_master AS tables"
        " JOIN pragma_foreign_key_list(tables.name) AS keys"
        " WHERE tables.type = 'table' AND keys.'table' = ?",
        (table,),
    ).fetchall()
    return [(row["child"], row["column_"]) for row in rows]


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row["name"] for row in connection.execute(f"PRAGMA table_info({table})")}
