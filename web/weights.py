"""Loads in the unit that a person typed them in; what is kept is kilograms."""

from __future__ import annotations

from web import words
from web.numbers import number

KG_PER_LB = 0.45359237


def in_unit(kg: float, unit: str) -> float:
    """A load in the unit it is read in, to a quarter of a pound or a hundredth of a kilogram."""
    return round(kg, 2) if unit == "kg" else round(kg / KG_PER_LB * 4) / 4


def weight(kg: float, unit: str) -> str:
    """`61.2 kg`, `135 lb`."""
    return words.kilograms(kg) if unit == "kg" else f"{number(f'{in_unit(kg, unit):g}')} {unit}"
