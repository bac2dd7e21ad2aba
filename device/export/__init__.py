"""What leaves the unit on a coach's word: CSV, JSON with its schema, files for OpenSim."""

from __future__ import annotations

from device.export.document import json_pieces
from device.export.fields import (
    LIFTER_FIELDS,
    REP_FIELDS,
    SESSION_FIELDS,
    SET_FIELDS,
    UNIT_FIELDS,
)
from device.export.markers import trc_text
from device.export.motion import mot_text
from device.export.names import file_safe
from device.export.opensim import motion_files, rep_file
from device.export.read import (
    Page,
    Row,
    Selection,
    read_lifter,
    read_lifters,
    read_rep,
    read_reps,
    read_sessions,
    read_set,
    read_sets,
    read_trace,
    read_unit,
    reading,
    skeleton_lists,
    trace_lists,
)
from device.export.schema import (
    Schema,
    described,
    export_schema,
    skeleton_schema,
    trace_schema,
)
from device.export.table import csv_lines, harmless

__all__ = [
    "LIFTER_FIELDS",
    "REP_FIELDS",
    "SESSION_FIELDS",
    "SET_FIELDS",
    "UNIT_FIELDS",
    "Page",
    "Row",
    "Schema",
    "Selection",
    "csv_lines",
    "described",
    "export_schema",
    "file_safe",
    "harmless",
    "json_pieces",
    "mot_text",
    "motion_files",
    "read_lifter",
    "read_lifters",
    "read_rep",
    "read_reps",
    "read_sessions",
    "read_set",
    "read_sets",
    "read_trace",
    "read_unit",
    "reading",
    "rep_file",
    "skeleton_lists",
    "skeleton_schema",
    "trace_lists",
    "trace_schema",
    "trc_text",
]
