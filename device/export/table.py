"""The history as CSV (RFC 4180, UTF-8): one line a rep, streamed.

A spreadsheet takes a cell that begins with = + - @ for a formula, and a formula can send data
away or start a program. A lifter may be called `=1+1`: such text gets an apostrophe in front
(https://owasp.org/www-community/attacks/CSV_Injection). Numbers are never changed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from device.export.fields import TABLE_FIELDS, Field, Kind
from device.export.read import (
    Selection,
    read_reps,
    read_sessions,
    read_sets,
    reading,
)

# Also behind spaces and apostrophes, and as the wide forms that a spreadsheet folds.
_FORMULA = re.compile(r"[\s']*[=+\-@|%＝＋－＠]|[\t\r\n]")


def csv_lines(path: Path, which: Selection) -> Iterator[str]:
    """The header, then all reps of the visits chosen, a visit at a time. Raises StoreError."""
    with reading(path) as connection:
        yield _line([field.name for field in TABLE_FIELDS])
        for visit in read_sessions(connection, which):
            lines = [
                _line([cell(field, row[field.name]) for field in TABLE_FIELDS])
                for one_set in read_sets(connection, visit["session_id"])
                for rep in read_reps(connection, one_set["set_id"])
                for row in ({**visit, **one_set, **rep},)
            ]
            if lines:
                yield "".join(lines)


def cell(field: Field, value: object) -> str:
    """A value as text; nothing for what is not known."""
    if value is None:
        return ""
    if field.kind is Kind.BOOLEAN:
        return "true" if value else "false"
    if isinstance(value, list):
        return harmless("; ".join(value))
    return harmless(value) if isinstance(value, str) else str(value)


def harmless(text: str) -> str:
    """The text, with an apostrophe in front if a spreadsheet would run it."""
    return f"'{text}" if _FORMULA.match(text) else text


def _line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
