"""One value a set against date or load, with the spread within each set and a trend's band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from web import numbers
from web.coach.spread import Trend

WIDTH, HEIGHT = 480.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 436.0, 14.0, 200.0
_BAND_STEPS = 12
_LEAST = {"kg": 20.0, "lb": 40.0}  # across: a kilogram or two must not look like much


@dataclass(frozen=True, slots=True)
class Point:
    """One set; `y` None: the set was done and not measured, or `never` had what is shown."""

    x: float
    y: float | None
    sd: float | None = None
    never: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid with its number."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Scatter:
    """Ready to draw: paths for all dots, all bars, the line and its band."""

    dots: str
    bars: str
    missing: str  # sets that were done and not measured, in a row of their own
    never: str  # and those that never had what is shown
    band: str
    line: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    level_y: float | None  # of the threshold, or of parallel
    count: int
    missing_count: int


def scatter(
    points: Sequence[Point],
    trend: Trend | None,
    x_ticks: Sequence[tuple[float, str]],
    level: float | None = None,
    across: tuple[float, float] | None = None,
    from_level: bool = False,
) -> Scatter | None:
    """The picture, None without a single measured set. `x_ticks` are values with their text.

    `across`: what the picture spans at least, beside the points; `from_level`: heights are told
    without a sign, as the picture says above and below.
    """
    measured = [(point, point.y) for point in points if point.y is not None]
    if not measured:
        return None
    done = [point.x for point in points]
    x = _Axis.over([*done, *(across or ())], LEFT, RIGHT)
    ends = [y + sign * (point.sd or 0.0) for point, y in measured for sign in (-1, 1)]
    held = [*ends, 0.0] + ([] if level is None else [level])
    steps = _steps(min(held), max(held))
    y = _Axis(steps[0], steps[-1], BOTTOM, TOP)
    never = [point for point in points if point.y is None and point.never]
    missing = [point for point in points if point.y is None and not point.never]
    band, line = _trend(trend, x, y, (min(done), max(done)))
    return Scatter(
        dots="".join(f"M{x.at(point.x)} {y.at(value)}h0" for point, value in measured),
        bars="".join(
            f"M{x.at(point.x)} {y.at(value - point.sd)}V{y.at(value + point.sd)}"
            for point, value in measured
            if point.sd is not None
        ),
        missing="".join(f"M{x.at(point.x) - 1.5:.1f} {BOTTOM + 4}v8m3 0v-8" for point in missing),
        never="".join(f"M{x.at(point.x) - 4:.1f} {BOTTOM + 8}l3 4 5-8" for point in never),
        band=band,
        line=line,
        x_ticks=tuple(
            Tick(x.at(value), text) for value, text in x_ticks if x.low <= value <= x.high
        ),
        y_ticks=tuple(
            Tick(y.at(value), numbers.number(f"{abs(value) if from_level else value:g}"))
            for value in steps
        ),
        level_y=None if level is None else y.at(level),
        count=len(measured),
        missing_count=len(missing),
    )


def days(utc: str) -> float:
    """A stored time as days since 1970."""
    return datetime.fromisoformat(utc).timestamp() / 86400


def date_ticks(values: Sequence[float]) -> list[tuple[float, str]]:
    """Some four dates between the first and the last."""
    if not values:
        return []
    first, last = min(values), max(values)
    step = max(1.0, (last - first) / 3)
    found = []
    for i in range(4):
        at = first + i * step
        if at > last + 0.01:
            break
        day = datetime.fromtimestamp(0, UTC) + timedelta(days=at)
        found.append((min(at, last), numbers.short_day(day.astimezone())))
    return found


def load_range(values: Sequence[float], unit: str = "kg") -> tuple[float, float]:
    """From the lightest to the heaviest, with as much on both sides as a picture needs."""
    low, high, least = min(values), max(values), _LEAST[unit]
    room = max(0.0, least - (high - low)) / 2
    low = max(0.0, low - room)
    return low, max(high + room, low + least)


def load_ticks(across: tuple[float, float]) -> list[tuple[float, str]]:
    """Round weights in a `load_range`, and one on each side of it."""
    return [(value, numbers.number(f"{value:g}")) for value in _steps(*across)]


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float
    begin: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], begin: float, end: float) -> _Axis:
        low, high = min(values), max(values)
        room = 0.03 * (high - low) or 1.0
        return cls(low - room, high + room, begin, end)

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.begin + share * (self.end - self.begin), 1)


def _trend(trend: Trend | None, x: _Axis, y: _Axis, ends: tuple[float, float]) -> tuple[str, str]:
    """Band and line, from the first point to the last."""
    if trend is None:
        return "", ""
    low, high = ends
    across = [low + (high - low) * i / _BAND_STEPS for i in range(_BAND_STEPS + 1)]
    values = [trend.at(value) for value in across]

    def corner(value: float, height: float) -> str:
        return f"{x.at(value)} {min(max(y.at(height), TOP), BOTTOM)}"

    upper = [corner(at, high) for at, (_, _, high) in zip(across, values, strict=True)]
    lower = [corner(at, low) for at, (_, low, _) in zip(across, values, strict=True)]
    line = "L".join(corner(at, mean) for at, (mean, _, _) in zip(across, values, strict=True))
    return f"M{'L'.join(upper + lower[::-1])}Z", f"M{line}"


def _steps(low: float, high: float) -> list[float]:
    """Round numbers that hold both, some five of them."""
    rough = max(high - low, 1e-6) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((power * n for n in (1, 2, 2.5, 5, 10) if power * n >= rough * 0.999), power * 10)
    step = max(step, 1.0)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(i * step, 6) for i in range(first, max(last, first + 1) + 1)]
