"""What is told of a group of reps. Errors are what the unit says minus the truth, in degrees.

`frame` figures take every frame of a rep that was read; the tilt is as the network gave it,
against the lifter's neutral. `smooth` is the rep's smoothed curve, `in_rep` has each rep's own
mean error taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from device.records import Array, Onset
from models.lifter.judging.judge import JudgedRep
from models.lifter.judging.resampling import Figure, Resampling, Sample

LARGE_DEG = 12.0
SMALL_DEG = 5.0
MIDDLE_DEG = (8.0, 12.0)
FREE_DEG = 2.0  # less is no wink
FAR_WRONG_DEG = 8.0

CLASSES: dict[str, Callable[[JudgedRep], bool]] = {
    "wink_to_5": lambda rep: rep.true_wink <= SMALL_DEG,
    "wink_8_to_12": lambda rep: MIDDLE_DEG[0] <= rep.true_wink < MIDDLE_DEG[1],
    "wink_from_12": lambda rep: rep.true_wink >= LARGE_DEG,
    "over_arched": lambda rep: rep.over_arched,
    "wink_free": lambda rep: rep.true_wink < FREE_DEG,
    "mocap_driven": lambda rep: rep.about["movement"] == "mocap",
}


def class_counts(reps: Sequence[JudgedRep]) -> dict[str, dict[str, int]]:
    """Different reps and views of reps (a rep through one camera) in each class."""
    found = {}
    for name, belongs in {"all": lambda rep: True, **CLASSES}.items():
        views = [rep for rep in reps if belongs(rep)]
        lifters = {rep.lifter for rep in views}
        different = {(rep.lifter, rep.rep) for rep in views}
        found[name] = {"reps": len(different), "views": len(views), "lifters": len(lifters)}
    return found


def coverage(reps: Sequence[JudgedRep], drawing: Resampling) -> Figure:
    """Share of reps that got an answer."""
    return drawing.share(by_rep(reps, lambda rep: float(rep.is_measured)))


def figures_of(reps: Sequence[JudgedRep], drawing: Resampling) -> dict[str, Figure]:
    """Every figure of these reps, whether they were measured or not."""
    return {
        **_frame_figures(reps, drawing),
        **_wink_figures(reps, drawing),
        **_onset_figures(reps, drawing),
        **_answers(reps, drawing),
        **_calibration(reps, drawing),
        **_how_errors_behave(reps, drawing),
    }


def _frame_figures(reps: Sequence[JudgedRep], drawing: Resampling) -> dict[str, Figure]:
    tilt = by_frame(reps, tilt_error)
    lumbar = by_frame(reps, lambda rep: rep.lumbar - rep.true_lumbar)
    low, high = drawing.agreement(tilt)
    lumbar_low, lumbar_high = drawing.agreement(lumbar)
    within = by_frame(reps, lambda rep: _without_mean(tilt_error(rep)))
    smooth = by_frame(reps, lambda rep: rep.smooth_tilt - rep.true_tilt)
    plane = by_frame(reps, lambda rep: rep.plane_tilt - rep.true_tilt)
    habit = by_frame(reps, lambda rep: rep.habit_tilt - rep.true_tilt)
    low_point = by_rep(reps, lambda rep: (rep.smooth_tilt - rep.true_tilt)[rep.bottom])
    read = by_frame(reps, lambda rep: np.isfinite(rep.tilt).astype(float))
    return {
        "tilt_change_rmse_deg": drawing.rms(tilt),
        "tilt_change_bias_deg": drawing.mean(tilt),
        "tilt_change_limits_low_deg": low,
        "tilt_change_limits_high_deg": high,
        "tilt_change_smooth_rmse_deg": drawing.rms(smooth),
        "tilt_change_in_rep_rmse_deg": drawing.rms(within),
        "tilt_change_at_bottom_rmse_deg": drawing.rms(low_point),
        "tilt_change_at_bottom_bias_deg": drawing.mean(low_point),
        "tilt_change_plane_fit_rmse_deg": drawing.rms(plane),
        "tilt_change_habit_rmse_deg": drawing.rms(habit),
        "lumbar_change_rmse_deg": drawing.rms(lumbar),
        "lumbar_change_bias_deg": drawing.mean(lumbar),
        "lumbar_change_limits_low_deg": lumbar_low,
        "lumbar_change_limits_high_deg": lumbar_high,
        "frames_read_share": drawing.share(read),
    }


def _wink_figures(reps: Sequence[JudgedRep], drawing: Resampling) -> dict[str, Figure]:
    error = by_rep(reps, lambda rep: rep.wink_error)
    low, high = drawing.agreement(error)
    said = [rep for rep in reps if rep.measured.wink_deg is not None]
    true = by_rep(said, lambda rep: rep.true_wink)
    at_parallel = by_rep(
        reps, lambda rep: _minus(rep.measured.wink_at_parallel_deg, rep.true.wink_at_parallel_deg)
    )
    over_arched = [rep for rep in reps if rep.over_arched]
    mean_wink = float(np.mean([rep.true_wink for rep in reps])) if reps else float("nan")
    return {
        "wink_rmse_deg": drawing.rms(error),
        "wink_bias_deg": drawing.mean(error),
        "wink_limits_low_deg": low,
        "wink_limits_high_deg": high,
        "wink_slope": drawing.slope(true, np.array([rep.measured.wink_deg for rep in said], float)),
        "wink_median_error_deg": drawing.median(Sample(error.lifter, np.abs(error.values))),
        "wink_over_arched_rmse_deg": drawing.rms(by_rep(over_arched, lambda rep: rep.wink_error)),
        "wink_at_parallel_rmse_deg": drawing.rms(at_parallel),
        "wink_at_parallel_bias_deg": drawing.mean(at_parallel),
        "wink_plane_fit_rmse_deg": drawing.rms(
            by_rep(reps, lambda rep: rep.plane_wink - rep.true_wink)
        ),
        "wink_habit_rmse_deg": drawing.rms(
            by_rep(reps, lambda rep: rep.habit_wink - rep.true_wink)
        ),
        "wink_guessing_the_mean_rmse_deg": drawing.rms(
            by_rep(reps, lambda rep: mean_wink - rep.true_wink)
        ),
    }


def _onset_figures(reps: Sequence[JudgedRep], drawing: Resampling) -> dict[str, Figure]:
    """Where truth and unit both passed the mark; how often only one of them did."""
    found: dict[str, Figure] = {}
    knees: list[Sample] = []
    for mark in (5, 10):
        pairs = [(rep, *_onsets(rep, mark)) for rep in reps if rep.measured.wink_deg is not None]
        both = [(rep, said, true) for rep, said, true in pairs if said and true]
        numbers = [rep.number for rep, _, _ in both]
        for unit_name in ("knee_flexion_deg", "hip_above_knee_cm"):
            error = [
                _minus(getattr(said, unit_name), getattr(true, unit_name)) for _, said, true in both
            ]
            signed = Sample.of(numbers, error)
            size = Sample(signed.lifter, np.abs(signed.values))
            knees += [size] if unit_name == "knee_flexion_deg" else []
            found[f"onset_{mark}_{unit_name.replace('_above_knee', '_height')}_median"] = (
                drawing.median(size)
            )
            found[f"onset_{mark}_{unit_name.replace('_above_knee', '_height')}_bias"] = (
                drawing.median(signed)
            )
        one_sided = [float((said is None) != (true is None)) for _, said, true in pairs]
        found[f"onset_{mark}_only_one_share"] = drawing.share(
            Sample.of([rep.number for rep, _, _ in pairs], one_sided)
        )
    joined = Sample(
        np.concatenate([one.lifter for one in knees]), np.concatenate([one.values for one in knees])
    )
    return {"onset_knee_flexion_deg_median": drawing.median(joined), **found}


def _answers(reps: Sequence[JudgedRep], drawing: Resampling) -> dict[str, Figure]:
    """Lights, right and wrong. A large wink that was not measured counts as not seen."""
    large = [rep for rep in reps if rep.true_wink >= LARGE_DEG]
    small = [rep for rep in reps if rep.true_wink <= SMALL_DEG]
    told = [rep for rep in reps if rep.measured.wink_deg is not None]
    return {
        "red_for_12_and_more_share": drawing.share(by_rep(large, lambda rep: float(rep.is_red))),
        "red_for_5_and_less_share": drawing.share(by_rep(small, lambda rep: float(rep.is_red))),
        "wrong_by_more_than_8_share": drawing.share(
            by_rep(told, lambda rep: float(abs(rep.wink_error) > FAR_WRONG_DEG))
        ),
    }


def _calibration(reps: Sequence[JudgedRep], drawing: Resampling) -> dict[str, Figure]:
    frame = by_frame(reps, lambda rep: np.abs(rep.tilt - rep.true_tilt) / rep.tilt_sd)
    wink = by_rep(reps, lambda rep: abs(rep.wink_error) / (rep.measured.wink_sd_deg or np.nan))
    found = {}
    for name, size in (("frame", frame), ("wink", wink)):
        for within in (1, 2):
            inside = Sample(size.lifter, (size.values < within).astype(float))
            found[f"{name}_within_{within}_sd_share"] = drawing.share(inside)
        found[f"{name}_error_over_sd"] = drawing.rms(size)
    lumbar = by_frame(reps, lambda rep: np.abs(rep.lumbar - rep.true_lumbar) / rep.lumbar_sd)
    found["lumbar_error_over_sd"] = drawing.rms(lumbar)
    found["wink_sd_median_deg"] = drawing.median(by_rep(reps, lambda rep: rep.measured.wink_sd_deg))
    return found


def _how_errors_behave(reps: Sequence[JudgedRep], drawing: Resampling) -> dict[str, Figure]:
    """As shares of a frame's error variance; `device.wink` has constants of these.

    White: what neighbouring frames do not share. Difference: between the most anterior point and
    the bottom, after smoothing.
    """
    square = by_frame(reps, lambda rep: tilt_error(rep) ** 2)
    steps = by_frame(reps, lambda rep: np.diff(tilt_error(rep)) ** 2 / 2)
    apart = by_rep(reps, lambda rep: _apart(rep) ** 2)
    return {
        "error_white_part": drawing.ratio(steps, square),
        "error_difference_part": drawing.ratio(apart, square),
    }


def _apart(rep: JudgedRep) -> float:
    error = rep.smooth_tilt - rep.true_tilt
    return float(error[rep.most_anterior] - error[rep.bottom])


def _onsets(rep: JudgedRep, mark: int) -> tuple[Onset | None, Onset | None]:
    name = f"onset_{mark}"
    return getattr(rep.measured, name), getattr(rep.true, name)


def by_rep(reps: Sequence[JudgedRep], value: Callable[[JudgedRep], Any]) -> Sample:
    """One value a rep; None and NaN are left out."""
    values = [value(rep) for rep in reps]
    known = [np.nan if one is None else one for one in values]
    return Sample.of([rep.number for rep in reps], known)


def tilt_error(rep: JudgedRep) -> Array:
    """(frames,) of the tilt change as the network gave it, deg; NaN where it gave none."""
    return rep.tilt - rep.true_tilt


def by_frame(reps: Sequence[JudgedRep], values: Callable[[JudgedRep], Array]) -> Sample:
    """(frames,) values of every rep; NaN is left out."""
    if not reps:
        return Sample.of([], [])
    found = [values(rep) for rep in reps]
    numbers = np.repeat([rep.number for rep in reps], [len(one) for one in found])
    return Sample.of(numbers, np.concatenate(found))


def _without_mean(errors: Array) -> Array:
    known = errors[np.isfinite(errors)]
    return errors - (known.mean() if len(known) else np.nan)


def _minus(said: float | None, true: float | None) -> float:
    return float("nan") if said is None or true is None else said - true
