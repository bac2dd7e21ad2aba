"""What is given out of the database, field by field: the one table behind CSV, JSON and schemas.

The unit stands in each name (`_deg`, `_cm`, `_kg`, `_s`, `_utc`). None means not known, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from device.records import TRACE_COLUMNS, Basis, Exercise, NeutralSource, VerdictName


class Kind(StrEnum):
    """A field's type, by its name in JSON Schema."""

    STRING = "string"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TEXTS = "array"  # of strings


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `column` is where it comes from in SQL, empty if it is put together."""

    name: str
    kind: Kind
    column: str
    meaning: str
    nullable: bool = True
    choices: tuple[str, ...] = ()


def _id(name: str, column: str, of: str) -> Field:
    return Field(name, Kind.STRING, column, f"Key of the {of}, unique everywhere.", nullable=False)


def _text(name: str, column: str, meaning: str, nullable: bool = True, *choices: str) -> Field:
    return Field(name, Kind.STRING, column, meaning, nullable, choices)


def _number(name: str, meaning: str, nullable: bool = True) -> Field:
    return Field(name, Kind.NUMBER, f"reps.{name}", meaning, nullable)


_AT_BOTTOM = "at the bottom of the squat"
_BESIDE = "null unless seen from beside"
_PELVIS = "relative to the lifter's neutral standing, anterior positive"

UNIT_FIELDS = (
    _id("unit_id", "units.id", "unit"),
    _text("unit_name", "units.name", "What the unit is called.", False),
)

LIFTER_FIELDS = (
    _id("lifter_id", "lifters.id", "lifter"),
    _text("lifter_name", "lifters.name", "As it was typed.", False),
    _text("added_utc", "lifters.recorded_utc", "When the lifter first signed in.", False),
)

SESSION_FIELDS = (
    _id("session_id", "sessions.id", "visit"),
    _id("unit_id", "sessions.unit_id", "unit that recorded it"),
    _text("unit_name", "units.name", "What the unit is called.", False),
    _text("lifter_id", "sessions.lifter_id", "Whose visit; null: nobody signed in."),
    _text("lifter_name", "lifters.name", "The lifter's name; null: nobody signed in."),
    _text("started_utc", "sessions.recorded_utc", "When the visit began.", False),
    _text("ended_utc", "sessions.ended_utc", "When it ended; null: running, or cut off."),
    Field(
        "clock_synchronised",
        Kind.BOOLEAN,
        "sessions.clock_synchronised",
        "Whether a network had set the unit's clock, so that the times can be trusted.",
        nullable=False,
    ),
    _text("session_note", "session_notes.text", "The coach's note on the visit."),
)

SET_FIELDS = (
    _id("set_id", "sets.id", "set"),
    Field("set_number", Kind.INTEGER, "sets.number", "From 1 within the visit.", nullable=False),
    Field("set_pain", Kind.BOOLEAN, "set_notes.pain", "Pain in the set; null: nobody asked."),
    _text("set_note", "set_notes.text", "The coach's note on the set."),
    Field("set_tags", Kind.TEXTS, "", "Tags of the set; in CSV one cell, with '; '.", False),
)

REP_FIELDS = (
    _id("rep_id", "reps.id", "rep"),
    Field("rep_number", Kind.INTEGER, "reps.rep_index", "From 1 within the visit.", nullable=False),
    _text("rep_recorded_utc", "reps.recorded_utc", "When the rep ended.", False),
    _number("start_s", "Start, in seconds of the unit's camera clock.", False),
    _number("bottom_s", "Lowest point, on the same clock.", False),
    _number("end_s", "End, on the same clock.", False),
    _number("knee_flexion_left_deg", f"Left knee {_AT_BOTTOM}, flexion positive."),
    _number("knee_flexion_right_deg", f"Right knee {_AT_BOTTOM}, flexion positive."),
    _number("hip_above_knee_cm", f"Hip crease above the top of the knee {_AT_BOTTOM}."),
    _number("trunk_lean_deg", f"Trunk against the vertical {_AT_BOTTOM}, forward positive."),
    _number("shin_lean_left_deg", f"Left shin's forward lean {_AT_BOTTOM}, {_BESIDE}."),
    _number("shin_lean_right_deg", f"Right shin's forward lean {_AT_BOTTOM}, {_BESIDE}."),
    _number("anterior_pelvic_tilt_peak_deg", f"Largest pelvic tilt of the descent, {_PELVIS}."),
    _number("anterior_pelvic_tilt_bottom_deg", f"Pelvic tilt {_AT_BOTTOM}, {_PELVIS}."),
    _number("lumbar_flexion_bottom_deg", f"Lumbar flexion past neutral {_AT_BOTTOM}."),
    _number("wink_deg", "Posterior rotation of the pelvis past the descent's peak and neutral."),
    _number("wink_sd_deg", "Standard deviation of wink_deg."),
    _number("wink_at_parallel_deg", "Wink where the hip crease is level with the knee."),
    _number("wink_rate_deg_per_cm", "How sudden: between 5 and 10 degrees of wink."),
    _text(
        "basis", "reps.basis", "What the wink was measured by.", True, *(str(one) for one in Basis)
    ),
    *(
        field
        for mark in ("5", "10")
        for field in (
            Field(
                f"onset_{mark}_found",
                Kind.BOOLEAN,
                f"reps.onset_{mark}_found",
                f"Whether the wink passed {mark} degrees.",
                nullable=False,
            ),
            _number(f"onset_{mark}_knee_flexion_deg", f"Knee flexion where it passed {mark}."),
            _number(f"onset_{mark}_hip_above_knee_cm", f"Hip above knee where it passed {mark}."),
        )
    ),
    Field("loaded", Kind.BOOLEAN, "reps.loaded", "Bar on the lifter; null: can't be told."),
    _text("load_source", "reps.load_source", "How that is known: hands, entered, always, hook."),
    _number("load_kg", "The weight entered for the set."),
    _text(
        "neutral_source",
        "reps.neutral_source",
        "Where the neutral came from.",
        True,
        *(str(one) for one in NeutralSource),
    ),
    _number("threshold_deg", "From which wink the verdict is 'wink'.", False),
    _text(
        "exercise",
        "reps.exercise",
        "Which squat it was; null: nobody said.",
        True,
        *(str(one) for one in Exercise),
    ),
    _text("verdict", "reps.verdict", "What was said.", False, *(str(one) for one in VerdictName)),
    _text("reason", "reps.reason", "Why there is no verdict, in words."),
)

TRACE_MEANINGS = {
    "time_s": "On the same clock as start_s.",
    "hip_height": "Metres above the floor; without depth a share of the standing height.",
    "anterior_pelvic_tilt_deg": f"Pelvic tilt {_PELVIS}.",
    "pelvic_list_deg": "Positive: the right side is higher.",
    "pelvic_rotation_deg": "Positive: turned to the left.",
    "lumbar_flexion_deg": "Relative to neutral, flexion positive.",
    "wink_deg": "The wink at this instant.",
}
TRACE_FIELDS = tuple(
    Field(name, Kind.NUMBER, "", TRACE_MEANINGS.get(name, "As in the rep, at this instant."))
    for name in TRACE_COLUMNS
)

# One line of the table: all that is known of a rep, its set and its visit.
TABLE_FIELDS = (*SESSION_FIELDS, *SET_FIELDS, *REP_FIELDS)


def selected(fields: tuple[Field, ...]) -> str:
    """The fields as the columns of a SELECT."""
    return ", ".join(f"{field.column} AS {field.name}" for field in fields if field.column)
