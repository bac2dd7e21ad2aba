"""The JSON Schemas (2020-12) of what is given out, made from the fields' table.

docs/export.schema.json is `export_schema()`; a test holds that they agree.
"""

from __future__ import annotations

from typing import Any

from device.export.document import FORMAT, VERSION
from device.export.fields import (
    REP_FIELDS,
    SESSION_FIELDS,
    SET_FIELDS,
    TRACE_FIELDS,
    UNIT_FIELDS,
    Field,
    Kind,
)
from device.records import SKELETON_JOINTS

Schema = dict[str, Any]


def export_schema() -> Schema:
    """Of the whole exported document."""
    rep = described(REP_FIELDS)
    rep["properties"] |= {"trace": trace_schema(), "skeleton": skeleton_schema()}
    one_set = _with_list(described(SET_FIELDS), "reps", rep)
    visit = _with_list(described(SESSION_FIELDS), "sets", one_set)
    head: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Racklight: exported history",
        "description": (
            "Visits with their sets and reps. The unit of a value stands in its name; null is"
            " 'not known', never 0. Angles of the pelvis are relative to the lifter's own neutral"
            " standing. The lines of a CSV export have the same fields, flat."
        ),
        "type": "object",
        "properties": {
            "format": {"const": FORMAT},
            "version": {"const": VERSION},
            "exported_utc": {"type": "string", "format": "date-time"},
            "unit": described(UNIT_FIELDS),
        },
        "required": ["format", "version", "exported_utc", "unit"],
        "additionalProperties": False,
    }
    return _with_list(head, "sessions", visit)


def described(fields: tuple[Field, ...]) -> Schema:
    """An object with exactly these fields."""
    return {
        "type": "object",
        "properties": {field.name: _one(field) for field in fields},
        "required": [field.name for field in fields],
        "additionalProperties": False,
    }


def trace_schema() -> Schema:
    """A rep frame by frame: lists of one length."""
    return {
        "type": ["object", "null"],
        "description": "One value a frame in each list; null: the trace was not kept.",
        "properties": {
            field.name: {
                "type": "array",
                "items": {"type": ["number", "null"]},
                "description": field.meaning,
            }
            for field in TRACE_FIELDS
        },
        "required": [field.name for field in TRACE_FIELDS],
        "additionalProperties": False,
    }


def skeleton_schema() -> Schema:
    """The joints of a rep, fewer moments than frames: lists of one length."""
    place: Schema = {"type": ["array", "null"], "items": {"type": "number"}}
    names = [joint.name.lower() for joint in SKELETON_JOINTS]
    joints: Schema = {
        "type": "object",
        "description": (
            "Places in metres: x the way the lifter faces, y up, z to the lifter's right, from the"
            " floor between the ankles. One a moment in each list; null: not seen."
        ),
        "properties": {name: {"type": "array", "items": place} for name in names},
        "required": names,
        "additionalProperties": False,
    }
    return {
        "type": ["object", "null"],
        "description": "The lifter as a stick figure; null: no joints were kept.",
        "properties": {
            "time_s": {
                "type": "array",
                "items": {"type": "number"},
                "description": "On the same clock as start_s.",
            },
            "metric": {
                "type": "boolean",
                "description": "false: there was no depth, and lengths have a scale of their own.",
            },
            "joints": joints,
        },
        "required": ["time_s", "metric", "joints"],
        "additionalProperties": False,
    }


def _with_list(schema: Schema, name: str, items: Schema) -> Schema:
    schema["properties"][name] = {"type": "array", "items": items}
    schema["required"].append(name)
    return schema


def _one(field: Field) -> Schema:
    kind = str(field.kind)
    described_as: Schema = {
        "type": [kind, "null"] if field.nullable else kind,
        "description": field.meaning,
    }
    if field.kind is Kind.TEXTS:
        described_as["items"] = {"type": "string"}
    if field.choices:
        described_as["enum"] = [*field.choices, *([None] if field.nullable else [])]
    if field.name.endswith("_utc"):
        described_as["format"] = "date-time"
    return described_as
