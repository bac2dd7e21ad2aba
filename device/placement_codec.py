"""A placement as plain JSON values and back."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from device.records import Arrow, Envelope, Move, Placement, PlacementVerdict


def placement_values(placement: Placement) -> dict[str, Any]:
    """Plain values; numbers rounded to what they are worth, what is not finite becomes None."""
    return {name: _plain(value) for name, value in asdict(placement).items()}


def placement_from(values: dict[str, Any]) -> Placement:
    """The placement of those values. Raises KeyError, TypeError or ValueError for others."""
    known = {item.name: values[item.name] for item in fields(Placement)}
    known["verdict"] = PlacementVerdict(known["verdict"])
    known["moves"] = tuple(Move(Arrow(m["arrow"]), str(m["text"])) for m in known["moves"])
    envelope = known["envelope"]
    if envelope is not None:
        pairs = {name: tuple(envelope[name]) for name in ("distance_m", "height_m")}
        known["envelope"] = Envelope(**(envelope | pairs))
    return Placement(**known)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3) if value - value == 0 else None
    return value
