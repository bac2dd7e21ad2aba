"""Which plates make a load, and the bar with them as a drawing.

    loaded = load_bar(100.0, "kg", bar=20.0)      # 25 and 15 on each side
    drawn = draw(loaded)                          # rectangles, the same on both ends

Kilogram plates have the colours and sizes of competition plates; pound plates are drawn alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from web.numbers import number
from web.weights import LARGEST

BARS = {"kg": (20.0, 15.0, 10.0), "lb": (45.0, 35.0, 15.0)}
HANDHELD = 0.0  # a dumbbell or kettlebell: no bar, no plates
MOST_PLATES = 9  # on a side; no sleeve holds more


@dataclass(frozen=True, slots=True)
class Size:
    """One kind of plate: what it weighs, how it looks. Lengths in the drawing's units."""

    weight: float
    colour: str  # a class of rack.css
    height: float
    width: float


PLATES: dict[str, tuple[Size, ...]] = {
    "kg": (
        Size(25.0, "red", 100, 15),
        Size(20.0, "blue", 100, 13),
        Size(15.0, "yellow", 90, 12),
        Size(10.0, "green", 76, 11),
        Size(5.0, "white", 58, 10),
        Size(2.5, "red", 48, 9),
        Size(1.25, "steel", 40, 8),
    ),
    "lb": (
        Size(45.0, "blue", 100, 15),
        Size(35.0, "yellow", 90, 13),
        Size(25.0, "green", 78, 12),
        Size(10.0, "white", 60, 11),
        Size(5.0, "blue", 50, 9),
        Size(2.5, "green", 42, 8),
    ),
}


@dataclass(frozen=True, slots=True)
class LoadedBar:
    """A bar and the plates of one side, the heaviest first; `rest` fits on no side."""

    total: float
    unit: str
    bar: float
    side: tuple[Size, ...]
    rest: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plate in the drawing, 400 wide and 120 high."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    label: str


WIDTH, MIDDLE = 400.0, 60.0
_SLEEVE = 150.0  # where the plates begin, from either end of the drawing; they grow outwards
_GAP = 1.5


def load_bar(total: float, unit: str, bar: float) -> LoadedBar:
    """The fewest plates of the unit that make the load; what is left over is told as `rest`."""
    if bar == HANDHELD or total < bar:
        return LoadedBar(total, unit, bar, (), 0.0)
    left = (total - bar) / 2
    side: list[Size] = []
    for size in PLATES[unit]:
        while left >= size.weight - 1e-6 and len(side) < MOST_PLATES:
            side.append(size)
            left -= size.weight
    return LoadedBar(total, unit, bar, tuple(side), round(2 * left, 2))


def draw(loaded: LoadedBar) -> tuple[Drawn, ...]:
    """The plates of both sides; empty for a bare bar."""
    found = []
    out = 0.0
    for size in loaded.side:
        y = MIDDLE - size.height / 2
        label = number(f"{size.weight:g}")
        for x in (_SLEEVE - out - size.width, WIDTH - _SLEEVE + out):
            found.append(Drawn(round(x, 1), y, size.width, size.height, size.colour, label))
        out += size.width + _GAP
    return tuple(found)


def without_outermost(loaded: LoadedBar) -> float:
    """The load once the last pair of plates is off again."""
    if not loaded.side:
        return loaded.bar
    return loaded.total - loaded.rest - 2 * loaded.side[-1].weight


def nearest(amount: float, unit: str) -> float:
    """A load changed from the other unit, to what plates of this one can make."""
    step = 2.5 if unit == "kg" else 5.0
    return min(LARGEST[unit], step * round(amount / step))
