"""A placement and a silhouette as plain JSON values and back."""

from __future__ import annotations

import base64
from dataclasses import asdict, fields
from typing import Any

from device.records import Arrow, Envelope, Move, Placement, PlacementVerdict, Silhouette


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


def silhouette_values(shape: Silhouette) -> dict[str, Any]:
    """Plain values; the bits as base64."""
    masks = {"near": shape.near, "lifter": shape.lifter}
    sizes = {"width_px": shape.width_px, "height_px": shape.height_px}
    return sizes | {name: base64.b64encode(bits).decode() for name, bits in masks.items()}


def silhouette_from(values: dict[str, Any]) -> Silhouette:
    """The silhouette of those values. Raises KeyError, TypeError or ValueError for others."""
    near, lifter = (base64.b64decode(values[name], validate=True) for name in ("near", "lifter"))
    return Silhouette(values["width_px"], values["height_px"], near, lifter)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3) if value - value == 0 else None
    return value
