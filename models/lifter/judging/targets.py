"""The figures beside what they must reach. Reached or missed is said of the value itself; where
the interval reaches to the other side, that is said too.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from device.models import Model
from models.lifter.judging.resampling import UNKNOWN, Figure

ELSEWHERE = "told by the whole chain only"
TIMED_RUNS = 60


@dataclass(frozen=True)
class Target:
    """A span that a figure must lie in, ends included; `anywhere`: in any placement."""

    says: str
    figure: str
    low: float = float("-inf")
    high: float = float("inf")
    unit: str = "deg"
    anywhere: bool = False


@dataclass(frozen=True)
class Held:
    """A target and what was found: of measured reps, which is what is judged, and of all."""

    says: str
    must: str
    found: Figure
    all_reps: Figure
    unit: str
    verdict: str  # reached, missed, or why neither


TARGETS = (
    Target("tilt change within a rep, RMSE", "tilt_change_rmse_deg", high=3.0),
    Target("wink, RMSE", "wink_rmse_deg", high=2.5),
    Target("wink, bias", "wink_bias_deg", -0.5, 0.5),
    Target("wink, lower limit of agreement", "wink_limits_low_deg", low=-5.5),
    Target("wink, upper limit of agreement", "wink_limits_high_deg", high=5.5),
    Target("onset, error of knee flexion, median", "onset_knee_flexion_deg_median", high=6.0),
    Target("slope of estimated on true wink", "wink_slope", 0.95, 1.05, ""),
    Target("red for winks of 12 degrees and more", "red_for_12_and_more_share", low=0.95, unit="%"),
    Target("red for reps of 5 degrees and less", "red_for_5_and_less_share", high=0.02, unit="%"),
    Target("reps measured", "coverage", low=0.90, unit="%"),
    Target("wrong by more than 8 degrees", "wrong_by_more_than_8_share", high=0.01, unit="%"),
    Target(
        "wrong by more than 8 degrees, anywhere",
        "wrong_by_more_than_8_share",
        high=0.02,
        unit="%",
        anywhere=True,
    ),
    Target("frame: truth within 1 sd", "frame_within_1_sd_share", 0.60, 0.76, "%"),
    Target("frame: truth within 2 sd", "frame_within_2_sd_share", 0.92, 0.98, "%"),
    Target("wink: truth within 1 sd", "wink_within_1_sd_share", 0.60, 0.76, "%"),
    Target("wink: truth within 2 sd", "wink_within_2_sd_share", 0.92, 0.98, "%"),
)
OF_THE_WHOLE_CHAIN = (
    ("cue after true crossing, median / p95", "100 / 200 ms"),
    ("load gate (hands) right", "98 % of reps"),
    ("missed / ghost reps", "0.5 % / 0.5 %"),
)


def held(
    recommended: Mapping[str, Mapping[str, Figure]],
    anywhere: Mapping[str, Mapping[str, Figure]],
    size_mb: float,
    cost_ms: float,
) -> list[Held]:
    """Every target against the figures of the two placements, each of `measured` and `all`."""
    rows = []
    for target in TARGETS:
        told = anywhere if target.anywhere else recommended
        found, of_all = (told[w].get(target.figure, UNKNOWN) for w in ("measured", "all"))
        rows.append(_held(target, found, of_all))
    for target, value in (
        (Target("estimator, one core of this machine", "", high=4.0, unit="ms"), cost_ms),
        (Target("estimator, file", "", high=2.0, unit="MB"), size_mb),
    ):
        rows.append(_held(target, Figure(value), UNKNOWN))
    rows += [Held(says, must, UNKNOWN, UNKNOWN, "", ELSEWHERE) for says, must in OF_THE_WHOLE_CHAIN]
    return rows


def shown(figure: Figure, unit: str = "") -> str:
    """`2.41 (2.10 to 2.80)`, shares in percent."""
    if figure.value is None:
        return "-"
    scale, digits = (100.0, 1) if unit == "%" else (1.0, 2)
    text = f"{scale * figure.value:.{digits}f}"
    if figure.low is not None and figure.high is not None:
        text += f" ({scale * figure.low:.{digits}f} to {scale * figure.high:.{digits}f})"
    return text


def size_and_cost(model: Model) -> tuple[float, float]:
    """The file's MB, and the median processor time of one run, ms."""
    blank = [np.zeros(card.shape, card.dtype) for card in model.card.inputs]
    took = []
    for _ in range(TIMED_RUNS):
        before = time.process_time()
        model.run(*blank)
        took.append(time.process_time() - before)
    return model.card.file.stat().st_size / 1e6, float(1000 * np.median(took))


def _held(target: Target, found: Figure, of_all: Figure) -> Held:
    verdict = _verdict(target, found)
    return Held(target.says, _must(target), found, of_all, target.unit, verdict)


def _verdict(target: Target, found: Figure) -> str:
    """Reached or missed by the value itself; surely only where the whole interval says the same."""
    if found.value is None:
        return "no measured reps"
    inside = target.low <= found.value <= target.high
    plain = "reached" if inside else "missed"
    if found.count and (found.low is None or found.high is None):
        return f"{plain}, too few lifters"
    low = found.value if found.low is None else found.low
    high = found.value if found.high is None else found.high
    surely = target.low <= low and high <= target.high
    surely_not = high < target.low or low > target.high
    return plain if surely or surely_not else f"{plain}, not surely"


def _must(target: Target) -> str:
    scale = 100 if target.unit == "%" else 1
    low, high = scale * target.low, scale * target.high
    if low == float("-inf"):
        text = f"at most {high:g}"
    elif high == float("inf"):
        text = f"at least {low:g}"
    else:
        text = f"{low:g} to {high:g}"
    return f"{text} {target.unit}".rstrip()
