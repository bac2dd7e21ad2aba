"""A lifter over time: wink and onset against date and load, and how deep neutral holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from web.coach import words
from web.coach.lifters import SetRow
from web.coach.scatter import Point, Scatter, date_ticks, days, load_range, load_ticks, scatter
from web.coach.spread import Spread, spread, trend
from web.texts import N_
from web.texts import gettext as _
from web.weights import in_unit

_MONTH_DAYS = 365.25 / 12
_LEAST_DAYS = 14.0
# By how much more load a change is told, and the least between loads that tells one.
_STEP = {"kg": (10.0, words.TEN_KG, 10.0), "lb": (20.0, words.TWENTY_LB, 20.0)}


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture with what it says."""

    title: str
    unit: str
    picture: Scatter | None
    said: str
    level: str  # what the dashed line is
    across_unit: str = ""  # of the loads across; empty: dates

    @property
    def by_load(self) -> bool:
        """Whether it is over load and not over time."""
        return bool(self.across_unit)


@dataclass(frozen=True, slots=True)
class OverTime:
    """Everything that the sets of a time tell."""

    panels: tuple[Panel, ...]
    wink: Spread  # between sets
    at_parallel: Spread
    reps: int
    measured: int
    winks: int
    neutral: str

    @property
    def loads(self) -> bool:
        """Whether a load is known of any set."""
        return any(panel.by_load for panel in self.panels)


@dataclass(frozen=True, slots=True)
class _Measure:
    by_date: str
    by_load: str
    what: str
    unit: str
    level: str
    value: Callable[[SetRow], float | None]
    sd: Callable[[SetRow], float | None]
    never: Callable[[SetRow], bool]  # measured, and there was none of it


_MEASURES = (
    _Measure(
        N_("Wink by date"),
        N_("Wink by load"),
        N_("the wink"),
        "°",
        "threshold",
        lambda row: row.wink_deg,
        lambda row: row.wink_sd_deg,
        lambda row: False,
    ),
    _Measure(
        N_("5° tucked, cm above or below parallel, by date"),
        N_("5° tucked, cm above or below parallel, by load"),
        N_("the height where the tuck begins"),
        " cm",
        "parallel",
        lambda row: row.onset_cm,
        lambda row: row.onset_sd_cm,
        lambda row: row.onset_cm is None and row.neutral_reps > 0,
    ),
)


def over_time(sets: Sequence[SetRow], threshold_deg: float, unit: str = "kg") -> OverTime:
    """The panels and sums; what was not measured stays 'not measured'. `unit` of the loads."""
    panels = []
    for measure in _MEASURES:
        level = threshold_deg if measure.level == "threshold" else 0.0
        panels.append(_by_date(measure, sets, level))
        if any(row.kg is not None for row in sets):
            panels.append(_by_load(measure, sets, level, unit))
    neutral_reps = sum(row.neutral_reps for row in sets)
    deep = [row for row in sets if row.neutral_cm is not None]
    counted = sum(row.neutral_reps for row in deep)
    neutral_cm = (
        sum((row.neutral_cm or 0.0) * row.neutral_reps for row in deep) / counted
        if counted
        else None
    )
    measured = sum(row.measured for row in sets)
    onsets = sum(row.onsets for row in sets)
    return OverTime(
        panels=tuple(panels),
        wink=spread([row.wink_deg for row in sets]),
        at_parallel=spread([row.at_parallel_deg for row in sets]),
        reps=sum(row.reps for row in sets),
        measured=measured,
        winks=sum(row.winks for row in sets),
        neutral=words.neutral_words(
            measured, neutral_reps, neutral_cm, spread([row.onset_cm for row in sets]), onsets
        ),
    )


def _by_date(measure: _Measure, sets: Sequence[SetRow], level: float) -> Panel:
    points = [_point(measure, row, days(row.utc)) for row in sets]
    ticks = date_ticks([point.x for point in points])
    return _panel(measure, points, ticks, level, (_MONTH_DAYS, words.A_MONTH, _LEAST_DAYS))


def _by_load(measure: _Measure, sets: Sequence[SetRow], level: float, unit: str) -> Panel:
    points = [_point(measure, row, in_unit(row.kg, unit)) for row in sets if row.kg is not None]
    across = load_range([point.x for point in points], unit)
    return _panel(measure, points, load_ticks(across), level, _STEP[unit], across, unit)


def _point(measure: _Measure, row: SetRow, x: float) -> Point:
    return Point(x, measure.value(row), measure.sd(row), measure.never(row))


def _panel(
    measure: _Measure,
    points: Sequence[Point],
    ticks: Sequence[tuple[float, str]],
    level: float,
    step: tuple[float, str, float],
    across: tuple[float, float] | None = None,
    across_unit: str = "",
) -> Panel:
    by, called, least = step
    known = [(point.x, point.y) for point in points if point.y is not None]
    line = trend([x for x, _ in known], [y for _, y in known], least)
    of_tucked = measure.level == "parallel"
    said = words.trend_words(measure.what, line, len(known), by, called, measure.unit, of_tucked)
    picture = scatter(points, line, ticks, level, across, from_level=of_tucked)
    title = _(measure.by_load if across_unit else measure.by_date)
    return Panel(title, measure.unit, picture, said, measure.level, across_unit)
