"""What stands in a database, past the product's own readers."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any


def rows(path: Path, statement: str, *values: str) -> list[tuple[Any, ...]]:
    """The rows that one SQL statement gives."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement, values).fetchall()
