"""The columns of ‘every number’ as a list to read, made from the schema that describes them."""

from __future__ import annotations

from dataclasses import dataclass

from device.export import Schema, export_schema
from web.texts import N_, Words, told
from web.texts import gettext as _

# What a name ends with, the longest first.
_UNITS = Words(
    {
        "_deg_per_cm": N_("degrees for each cm"),
        "_deg": N_("degrees"),
        "_utc": N_("date and time, UTC"),
        "_cm": N_("cm"),
        "_kg": N_("kg"),
        "_s": N_("seconds"),
    }
)
_KINDS = Words(
    {
        "boolean": N_("true or false"),
        "integer": N_("a number"),
        "number": N_("a number"),
        "string": N_("text"),
        "array": N_("texts"),
    }
)
_LEVELS = (("sessions", N_("Of the visit")), ("sets", N_("Of the set")), ("reps", N_("Of the rep")))
_BELOW = {"sets", "reps", "trace", "skeleton"}  # JSON nests them; a table has no such column


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table; in JSON the field of the same name."""

    name: str
    unit: str
    meaning: str
    values: tuple[str, ...]  # all that can stand there; empty: anything


def columns() -> list[tuple[str, list[Column]]]:
    """In the order of the table, in the language that is spoken; each group with its title."""
    found, schema = [], export_schema()
    for level, title in _LEVELS:
        schema = schema["properties"][level]["items"]
        fields = schema["properties"].items()
        found.append((_(title), [_column(*field) for field in fields if field[0] not in _BELOW]))
    return found


def _column(name: str, field: Schema) -> Column:
    values = tuple(value for value in field.get("enum", ()) if value is not None)
    return Column(name, _unit(name, field), told(field["description"]), values)


def _unit(name: str, field: Schema) -> str:
    for ending, unit in _UNITS.items():
        if name.endswith(ending):
            return unit
    kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
    return _KINDS[kinds[0]]
