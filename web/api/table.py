"""Every address of the API, once: the routes and the OpenAPI document are made from this table."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from device.export import (
    LIFTER_FIELDS,
    REP_FIELDS,
    SESSION_FIELDS,
    SET_FIELDS,
    UNIT_FIELDS,
    Row,
    Schema,
    Selection,
    described,
    read_lifter,
    read_lifters,
    read_rep,
    read_reps,
    read_sessions,
    read_set,
    read_sets,
    read_trace,
    read_unit,
    skeleton_lists,
    skeleton_schema,
    trace_lists,
    trace_schema,
)
from web.api.asked import instant_asked, lifter_asked, next_of, page_asked

Arguments = Mapping[str, str]
Answer = Callable[[sqlite3.Connection, str, Arguments], Row | None]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the query."""

    name: str
    schema: Schema
    meaning: str


@dataclass(frozen=True, slots=True)
class Resource:
    """One address: `answer` gets the key in the path ('' if it has none); None: no such thing."""

    name: str
    path: str
    summary: str
    answer: Answer
    schema: Schema
    parameters: tuple[Parameter, ...] = ()


def _page_of(name: str, fields: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {
            name: {"type": "array", "items": fields},
            "next": {
                "type": ["string", "null"],
                "description": "Send it as `after` for the next page; null: this was the last.",
            },
        },
        "required": [name, "next"],
        "additionalProperties": False,
    }


def _with_key(name: str, fields: Schema) -> Schema:
    properties = {name: {"type": "string"}, **fields["properties"]}
    return {**fields, "properties": properties, "required": list(properties)}


def _with_trace(fields: Schema) -> Schema:
    properties = {
        **fields["properties"],
        "trace": trace_schema(),
        "skeleton": skeleton_schema(),
    }
    return {**fields, "properties": properties, "required": list(properties)}


def _unit(connection: sqlite3.Connection, key: str, arguments: Arguments) -> Row:
    return read_unit(connection)


def _lifters(connection: sqlite3.Connection, key: str, arguments: Arguments) -> Row:
    page = page_asked(arguments)
    rows = read_lifters(connection, page)
    return {"lifters": rows, "next": next_of(rows, page, "lifter_id", "lifter_id")}


def _lifter(connection: sqlite3.Connection, key: str, arguments: Arguments) -> Row | None:
    return read_lifter(connection, key)


def _sessions(connection: sqlite3.Connection, key: str, arguments: Arguments) -> Row:
    page = page_asked(arguments)
    which = Selection(
        lifter_id=lifter_asked(arguments),
        from_utc=instant_asked(arguments, "from"),
        before_utc=instant_asked(arguments, "before"),
    )
    rows = list(read_sessions(connection, which, page))
    return {"sessions": rows, "next": next_of(rows, page, "started_utc", "session_id")}


def _session(connection: sqlite3.Connection, key: str, arguments: Arguments) -> Row | None:
    return next(iter(read_sessions(connection, Selection(session_id=key))), None)


def _sets(connection: sqlite3.Connection, key: str, arguments: Arguments) -> Row | None:
    page = page_asked(arguments)
    if _session(connection, key, arguments) is None:
        return None
    rows = list(read_sets(connection, key, page))
    return {"sets": rows, "next": next_of(rows, page, "set_number", "set_id")}


def _set(connection: sqlite3.Connection, key: str, arguments: Arguments) -> Row | None:
    return read_set(connection, key)


def _reps(connection: sqlite3.Connection, key: str, arguments: Arguments) -> Row | None:
    page = page_asked(arguments)
    if read_set(connection, key) is None:
        return None
    rows = list(read_reps(connection, key, page))
    return {"reps": rows, "next": next_of(rows, page, "rep_number", "rep_id")}


def _rep(connection: sqlite3.Connection, key: str, arguments: Arguments) -> Row | None:
    found = read_rep(connection, key)
    if found is None:
        return None
    trace = read_trace(connection, key)
    return {**found, "trace": trace_lists(trace), "skeleton": skeleton_lists(trace)}


_KEY: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_CURSOR: Schema = {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}
_INSTANT: Schema = {
    "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]
}
_PAGED = (
    Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, "Rows."),
    Parameter("after", _CURSOR, "The `next` of the page before; left out: from the beginning."),
)
_CHOICE = (
    Parameter("lifter_id", _KEY, "Visits of this lifter only."),
    Parameter("from", _INSTANT, "Visits that began at or after this date or instant, in UTC."),
    Parameter("before", _INSTANT, "Visits that began before this date or instant, in UTC."),
)
_SET: dict[str, Any] = _with_key("session_id", described(SET_FIELDS))
_REP: dict[str, Any] = _with_trace(_with_key("set_id", described(REP_FIELDS)))

RESOURCES = (
    Resource("unit", "/unit", "This unit.", _unit, described(UNIT_FIELDS)),
    Resource(
        "lifters",
        "/lifters",
        "All lifters.",
        _lifters,
        _page_of("lifters", described(LIFTER_FIELDS)),
        _PAGED,
    ),
    Resource("lifter", "/lifters/{lifter_id}", "One lifter.", _lifter, described(LIFTER_FIELDS)),
    Resource(
        "sessions",
        "/sessions",
        "Visits, the oldest first.",
        _sessions,
        _page_of("sessions", described(SESSION_FIELDS)),
        (*_CHOICE, *_PAGED),
    ),
    Resource(
        "session", "/sessions/{session_id}", "One visit.", _session, described(SESSION_FIELDS)
    ),
    Resource(
        "sets",
        "/sessions/{session_id}/sets",
        "The sets of a visit.",
        _sets,
        _page_of("sets", described(SET_FIELDS)),
        _PAGED,
    ),
    Resource("set", "/sets/{set_id}", "One set, and whose visit it is of.", _set, _SET),
    Resource(
        "reps",
        "/sets/{set_id}/reps",
        "The reps of a set; those that were taken back are left out.",
        _reps,
        _page_of("reps", described(REP_FIELDS)),
        _PAGED,
    ),
    Resource(
        "rep",
        "/reps/{rep_id}",
        "One rep with its trace, frame by frame, and its joints.",
        _rep,
        _REP,
    ),
)
