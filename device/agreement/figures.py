"""How well a unit agrees with an inclinometer on a lifter's sacrum: `racklight agree LOG.csv`.

The protocol and the log's format stand in docs/check-with-a-lifter.md. Figures as in the
evaluation of the simulated lifters: bias, RMSE, 95 % limits of agreement with their intervals
(Bland and Altman 1986) and the slope of the unit against the inclinometer.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np

from device.agreement.log import Reading, read_log, refuse_other_units
from device.agreement.unit import open_measured
from device.errors import LogError
from device.records import Array

MIN_READINGS = 5  # fewer say nothing
FEW, SOME = 10, 30
MIN_SPREAD_DEG = 5.0  # of the inclinometer; less has no slope
REVERSED_SLOPE, OTHER_ZERO_DEG = -0.5, 30.0
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Figures:
    """Unit minus inclinometer, deg; intervals are 95 %. No slope where readings are too alike."""

    bias_deg: float
    bias_interval_deg: Interval
    rmse_deg: float
    limits_deg: Interval
    lower_limit_interval_deg: Interval
    upper_limit_interval_deg: Interval
    slope: float | None
    slope_interval: Interval | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """What one kind of reading showed; no figures where there are too few."""

    what: str  # tilt | tuck
    readings: int
    not_measured: int  # further readings for which the unit said nothing
    figures: Figures | None


def compare(log: Path, measured: Path, session: str | None, offset_s: float) -> list[Agreement]:
    """One agreement for the tilts and one for the tucks in the log. Raises LogError, StoreError."""
    readings = read_log(log)
    unit = open_measured(measured, session)
    said = [unit.value(reading, offset_s) for reading in readings]
    refuse_other_units(log, readings, [v for v in said if v is not None])
    found = []
    for what in dict.fromkeys(reading.what for reading in readings):
        pairs = [(r, v) for r, v in zip(readings, said, strict=True) if r.what == what]
        found.append(_agreement(what, pairs))
    if max(one.readings for one in found) < MIN_READINGS:
        raise LogError(
            f"Only {max(one.readings for one in found)} readings of {log} can be compared with"
            f" {measured}; {MIN_READINGS} are the least that say anything, {SOME} are good."
        )
    return found


def _agreement(what: str, pairs: Sequence[tuple[Reading, float | None]]) -> Agreement:
    known = [(reading.change_deg, value) for reading, value in pairs if value is not None]
    enough = len(known) >= MIN_READINGS
    figures = figures_of(*np.array(known, float).T) if enough else None
    return Agreement(what, len(known), len(pairs) - len(known), figures)


def figures_of(inclinometer_deg: Array, unit_deg: Array) -> Figures:
    """The figures of (n,) readings each, n >= 5."""
    n, difference = len(unit_deg), unit_deg - inclinometer_deg
    bias, sd = float(difference.mean()), float(difference.std(ddof=1))
    t = student_t_975(n - 1)
    low, high = bias - 1.96 * sd, bias + 1.96 * sd
    reach = t * sd * math.sqrt(3 / n)  # of a limit: Bland and Altman's approximation
    slope, slope_interval = _slope(inclinometer_deg, unit_deg)
    return Figures(
        bias_deg=bias,
        bias_interval_deg=(bias - t * sd / math.sqrt(n), bias + t * sd / math.sqrt(n)),
        rmse_deg=float(np.sqrt(np.mean(difference**2))),
        limits_deg=(low, high),
        lower_limit_interval_deg=(low - reach, low + reach),
        upper_limit_interval_deg=(high - reach, high + reach),
        slope=slope,
        slope_interval=slope_interval,
    )


def _slope(x: Array, y: Array) -> tuple[float | None, Interval | None]:
    """Least squares of y on x, with the interval of the slope."""
    if float(np.ptp(x)) < MIN_SPREAD_DEG:
        return None, None
    slope, start = (float(v) for v in np.polyfit(x, y, 1))
    rest = y - (slope * x + start)
    spread = float(np.sqrt((rest**2).sum() / (len(x) - 2) / ((x - x.mean()) ** 2).sum()))
    reach = student_t_975(len(x) - 2) * spread
    return slope, (slope - reach, slope + reach)


def student_t_975(freedom: int) -> float:
    """The 97.5 % point of Student's t; below 1 % off from 3 degrees of freedom on.

    Cornish and Fisher's expansion, Abramowitz and Stegun 26.7.5.
    """
    z = NormalDist().inv_cdf(0.975)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return float(z + first / freedom + second / freedom**2 + third / freedom**3)


# ---------------------------------------------------------------- telling


def as_json(found: Sequence[Agreement]) -> str:
    """The figures for machines."""
    return json.dumps({"agreement": [asdict(one) for one in found]}, indent=2)


def report(found: Sequence[Agreement]) -> str:
    """The figures for people, and what they mean."""
    return "\n".join(
        (
            *("\n".join(_told(one)) + "\n" for one in found),
            "Skin moves over the sacrum, so the inclinometer has an error of its own: the figures",
            "hold both. They are of this lifter, these clothes and this placement.",
        )
    )


_TITLES = {
    "tilt": "Pelvic tilt, change from relaxed standing",
    "tuck": "Tuck within a rep, from the most anterior point to the bottom",
}


def _told(one: Agreement) -> list[str]:
    title = f"{_TITLES[one.what]}: {_count(one.readings)} compared"
    if one.not_measured:
        title += f", {one.not_measured} more not measured by the unit"
    if one.figures is None:
        return [title, f"  Too few to say anything: {MIN_READINGS} are the least."]
    remarks = [f"  {text}" for text in _remarks(one, one.figures)]
    return [title, *_difference_lines(one.figures), *_slope_lines(one.figures), *remarks]


def _difference_lines(figures: Figures) -> list[str]:
    low, high = (f"{value:+.1f}" for value in figures.limits_deg)
    bias = figures.bias_deg
    return [
        f"  bias    {bias:+.1f} degrees ({_between(figures.bias_interval_deg)})",
        f"          On average the unit reads {abs(bias):.1f} degrees"
        f" {'more' if bias > 0 else 'less'} than the inclinometer.",
        f"  RMSE    {figures.rmse_deg:.1f} degrees",
        f"  limits  {low} ({_between(figures.lower_limit_interval_deg)}) to {high}"
        f" ({_between(figures.upper_limit_interval_deg)}) degrees",
        f"          19 of 20 readings of the unit lie between {low} and {high} degrees off the"
        " inclinometer's.",
    ]


def _slope_lines(figures: Figures) -> list[str]:
    if figures.slope is None or figures.slope_interval is None:
        return ["  slope   not known: the readings are too alike; hold several depths"]
    low, high = figures.slope_interval
    return [
        f"  slope   {figures.slope:.2f} ({low:.2f} to {high:.2f})",
        f"          10 degrees of the inclinometer are {10 * figures.slope:.1f} of the unit.",
    ]


def _remarks(one: Agreement, figures: Figures) -> list[str]:
    """What to make of it: are there enough readings, and does the log look right?"""
    remarks = []
    if figures.slope is not None and figures.slope < REVERSED_SLOPE:
        remarks.append("The log's sign seems to be turned round: tipping forward is positive.")
    if abs(figures.bias_deg) > OTHER_ZERO_DEG:
        remarks.append(
            "The log seems to hold raw readings: subtract the reading of relaxed standing."
        )
    if one.readings < FEW:
        remarks.append(
            f"Fewer than {FEW} readings: enough to see that something is badly wrong, not to say"
            " how good the unit is."
        )
    elif one.readings < SOME:
        remarks.append(f"Fewer than {SOME} readings: the limits are rough, see their intervals.")
    if one.not_measured > one.readings:
        remarks.append("The unit said nothing to most of them: run racklight check --placement.")
    return remarks


def _count(readings: int) -> str:
    return f"{readings} reading{'' if readings == 1 else 's'}"


def _between(interval: Interval) -> str:
    return f"{interval[0]:+.1f} to {interval[1]:+.1f}"
