"""The history as one JSON document, streamed visit by visit; `schema` says what is in it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from device.export.read import (
    Row,
    Selection,
    read_reps,
    read_sessions,
    read_sets,
    read_trace,
    read_unit,
    reading,
    skeleton_lists,
    trace_lists,
)
from device.moment import moment_now

FORMAT = "racklight-export"
VERSION = 1


def json_pieces(path: Path, which: Selection, traces: bool) -> Iterator[str]:
    """The document in pieces; with traces, each rep frame by frame. Raises StoreError."""
    with reading(path) as connection:
        head = {
            "format": FORMAT,
            "version": VERSION,
            "exported_utc": moment_now().utc,
            "unit": read_unit(connection),
        }
        yield f'{_json(head)[:-1]}, "sessions": ['
        comma = "\n"
        for visit in read_sessions(connection, which):
            yield comma + _json({**visit, "sets": _sets(connection, visit["session_id"], traces)})
            comma = ",\n"
        yield "\n]}\n"


def _sets(connection: sqlite3.Connection, session_id: str, traces: bool) -> list[Row]:
    return [
        {**one_set, "reps": _reps(connection, one_set["set_id"], traces)}
        for one_set in read_sets(connection, session_id)
    ]


def _reps(connection: sqlite3.Connection, set_id: str, traces: bool) -> list[Row]:
    found = list(read_reps(connection, set_id))
    if traces:
        for rep in found:
            trace = read_trace(connection, rep["rep_id"])
            rep |= {"trace": trace_lists(trace), "skeleton": skeleton_lists(trace)}
    return found


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
