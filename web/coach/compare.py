"""Two sets or two conditions side by side: the same numbers of both, and their difference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from web.coach import words
from web.coach.depth import DepthCurve, DepthScale, depth_curve, depth_scale
from web.coach.spread import DIFFERENCE_SETS, difference, mean, spread
from web.queries import RepRow
from web.texts import N_
from web.texts import gettext as _

_Sets = list[list[RepRow]]  # the reps of each set


@dataclass(frozen=True, slots=True)
class Side:
    """One side's reps and curves."""

    reps: int
    sets: int
    measured: int
    winks: int
    not_measured: int
    curves: tuple[DepthCurve, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One number of both sides."""

    title: str
    first: str
    second: str
    difference: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ready to show."""

    first: Side
    second: Side
    lines: tuple[Line, ...]
    scale: DepthScale
    note: str


@dataclass(frozen=True, slots=True)
class _Number:
    title: str
    unit: str
    of: Callable[[RepRow], float | None]


def _apart(rep: RepRow) -> float | None:
    left, right = rep.knee_flexion_left_deg, rep.knee_flexion_right_deg
    return None if left is None or right is None else right - left


_NUMBERS = (
    _Number(N_("Wink"), "°", lambda rep: rep.wink_deg),
    _Number(N_("Wink at parallel"), "°", lambda rep: rep.wink_at_parallel_deg),
    _Number(
        N_("5° tucked, above parallel (minus: below)"),
        " cm",
        lambda rep: rep.onset_hip_above_knee_cm,
    ),
    _Number(N_("Bottom, above parallel (minus: below)"), " cm", lambda rep: rep.hip_above_knee_cm),
    _Number(N_("Knee flexion, right minus left"), "°", _apart),
)


def comparison(first: Sequence[RepRow], second: Sequence[RepRow]) -> Comparison:
    """Both sides on one scale; reps that were not measured are counted and not averaged."""
    a, b = _by_set(_measured(first)), _by_set(_measured(second))
    scale = depth_scale([*first, *second])
    few = min(len(a), len(b)) < DIFFERENCE_SETS
    return Comparison(
        first=_side(first, scale),
        second=_side(second, scale),
        lines=tuple(_line(number, a, b) for number in _NUMBERS),
        scale=scale,
        note=words.compare_note(few),
    )


def _side(reps: Sequence[RepRow], scale: DepthScale) -> Side:
    curves = [depth_curve(rep, scale) for rep in _measured(reps) if rep.trace is not None]
    return Side(
        reps=len(reps),
        sets=len(_by_set(reps)),
        measured=len(_measured(reps)),
        winks=sum(rep.verdict == "wink" for rep in reps),
        not_measured=sum(rep.verdict == "not_measured" for rep in reps),
        curves=tuple(curve for curve in curves if curve is not None),
    )


def _line(number: _Number, a: _Sets, b: _Sets) -> Line:
    values = [[[number.of(rep) for rep in reps] for reps in side] for side in (a, b)]
    means = [[mean(of_set) for of_set in side] for side in values]
    first, second = [spread(list(chain.from_iterable(side))) for side in values]
    apart = None
    if first.mean is not None and second.mean is not None:
        apart = second.mean - first.mean
    return Line(
        _(number.title),
        words.spread_words(first, number.unit),
        words.spread_words(second, number.unit),
        words.difference_words(
            difference(*means), apart, number.unit, (mean(means[0]), mean(means[1]))
        ),
    )


def _measured(reps: Sequence[RepRow]) -> list[RepRow]:
    return [rep for rep in reps if rep.verdict in ("clean", "wink") and rep.wink_deg is not None]


def _by_set(reps: Sequence[RepRow]) -> _Sets:
    found: dict[str, list[RepRow]] = {}
    for rep in reps:
        found.setdefault(rep.set_id, []).append(rep)
    return list(found.values())
