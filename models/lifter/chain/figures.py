"""The figures of the whole chain: those of the estimator's evaluation, and what only it can tell.

Reps found, missed and made up; the load gate; the light and how late it is; what was not measured
and why; what it all costs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from device.records import VerdictName
from models.lifter.chain.light import light_figures
from models.lifter.chain.match import JudgedClip, judged_reps
from models.lifter.chain.pairs import Pair, found_pairs, quantile, sample_of
from models.lifter.judging.figures import class_counts, coverage, figures_of
from models.lifter.judging.judge import JudgedRep
from models.lifter.judging.resampling import Figure, Resampling, Sample

WORST = 20


def chain_figures(clips: Sequence[JudgedClip], threshold_deg: float) -> dict[str, Any]:
    """Everything there is to tell of the clips; shares are 0 to 1."""
    drawing = Resampling(len(clips))
    reps = judged_reps(clips)
    measured = [rep for rep in reps if rep.is_measured]
    return {
        "clips": len(clips),
        "clips_by_kind": dict(Counter(clip.about["kind"] for clip in clips)),
        "generators": dict(Counter(clip.about["generator"] for clip in clips)),
        "minutes": round(sum(clip.played["frames"] / clip.fps for clip in clips) / 60, 2),
        "classes": class_counts(reps),
        "counting": _counting(clips, drawing),
        "coverage": asdict(coverage(reps, drawing)),
        "not_measured_because": dict(
            Counter(r.verdict.reason for r in reps if not r.is_measured).most_common()
        ),
        "measured_reps": _plain(figures_of(measured, drawing)) if measured else None,
        "all_reps": _plain(figures_of(reps, drawing)) if reps else None,
        "load_gate": _load_gate(clips, drawing),
        "light": light_figures(clips, threshold_deg, drawing),
        "neutral": _neutral(clips, drawing),
        "timing": _timing(clips, drawing),
        "cost": _cost(clips),
        "worst": [_one_line(rep) for rep in _worst(reps)],
    }


def _plain(figures: dict[str, Figure]) -> dict[str, Any]:
    """Without those that need a baseline; they belong to the estimator's evaluation."""
    return {
        name: asdict(figure)
        for name, figure in figures.items()
        if "plane_fit" not in name and "habit" not in name
    }


# ---------------------------------------------------------------- reps


def _counting(clips: Sequence[JudgedClip], drawing: Resampling) -> dict[str, Any]:
    missed = [
        (clip, true, told)
        for clip in clips
        for true, told in zip(clip.true, clip.told, strict=True)
        if told is None or told["verdict"] == VerdictName.PARTIAL
    ]
    ghosts = [(clip, told) for clip in clips for told in clip.ghosts]
    judged = [pair for pair in ghosts if pair[1]["verdict"] != VerdictName.PARTIAL]
    numbers = [clip.number for clip in clips for _ in clip.true]
    flags = [
        float(told is None or told["verdict"] == VerdictName.PARTIAL)
        for clip in clips
        for told in clip.told
    ]
    reps = sum(len(clip.true) for clip in clips)
    return {
        "true_reps": reps,
        "missed": len(missed),
        "missed_share": asdict(drawing.share(Sample.of(numbers, flags))),
        "missed_where": [
            f"{clip.name} {true.bottom_s:.1f} s, {'not seen' if told is None else 'called partial'}"
            for clip, true, told in missed
        ],
        "ghosts": len(judged),
        "ghosts_per_true_rep": round(len(judged) / reps, 4) if reps else None,
        "ghosts_in_clips_without_squats": sum(not clip.true for clip, _ in judged),
        "partial_ghosts": len(ghosts) - len(judged),
        "ghosts_where": [
            f"{clip.name} ({clip.about['kind']}) {told['bottom_s']:.1f} s, {told['verdict']}"
            for clip, told in ghosts
        ],
    }


def _load_gate(clips: Sequence[JudgedClip], drawing: Resampling) -> dict[str, Any]:
    pairs = found_pairs(clips)
    unknown = [pair for pair in pairs if pair[2]["loaded"] is None]
    wrong = [pair for pair in pairs if pair[2]["loaded"] is (not pair[1].loaded)]
    return {
        "right_share": asdict(
            drawing.share(sample_of(pairs, lambda p: float(p[2]["loaded"] is p[1].loaded)))
        ),
        "loaded_reps": sum(true.loaded for _, true, _ in pairs),
        "unknown": len(unknown),
        "wrong": len(wrong),
        "not_right_where": [
            f"{clip.name} ({clip.about['posture']}) {true.bottom_s:.1f} s: {told['loaded']}"
            for clip, true, told in (*unknown, *wrong)
        ],
    }


# ---------------------------------------------------------------- the rest


def _neutral(clips: Sequence[JudgedClip], drawing: Resampling) -> dict[str, Any]:
    """Whether a neutral was there when the first rep began, and from where."""
    squats = [clip for clip in clips if clip.true]
    asked = [clip for clip in squats if clip.about["signed_in"]]
    got = [float(_first_source(clip) == "sign_in") for clip in asked]
    return {
        "sign_in_share": asdict(drawing.share(Sample.of([clip.number for clip in asked], got))),
        "sources": dict(Counter(_first_source(clip) for clip in squats)),
        "none_where": [clip.name for clip in squats if _first_source(clip) == "none"],
    }


def _first_source(clip: JudgedClip) -> str:
    before = [one for one in clip.played["neutrals"] if one["time_s"] < clip.true[0].bottom_s]
    return str(before[-1]["source"]) if before else "none"


def _timing(clips: Sequence[JudgedClip], drawing: Resampling) -> dict[str, Any]:
    """Errors of the rep's times and depth, found minus true."""
    pairs = found_pairs(clips)
    found = {}
    for name in ("start_s", "bottom_s", "end_s"):
        error = Sample.of(
            [clip.number for clip, _, _ in pairs],
            [told[name] - getattr(true, name) for _, true, told in pairs],
        )
        found[f"{name}_error_median"] = asdict(drawing.median(error))
        size = Sample(error.lifter, np.abs(error.values))
        found[f"{name}_error_p95"] = asdict(quantile(drawing, size, 0.95))
    depth = sample_of(pairs, _depth_error_cm)
    knee = sample_of(pairs, _knee_error_deg)
    return found | {
        "hip_above_knee_error_median_cm": asdict(drawing.median(depth)),
        "hip_above_knee_rmse_cm": asdict(drawing.rms(depth)),
        "knee_flexion_bias_deg": asdict(drawing.mean(knee)),
        "knee_flexion_rmse_deg": asdict(drawing.rms(knee)),
    }


def _depth_error_cm(pair: Pair) -> float | None:
    clip, true, told = pair
    said = told["hip_above_knee_cm"]
    at = round(true.bottom_s * clip.fps)
    true_cm = 100 * float(clip.frames.columns["hip_above_knee_m"][at])
    return None if said is None else said - true_cm


def _knee_error_deg(pair: Pair) -> float | None:
    clip, true, told = pair
    said = [told[f"knee_flexion_{side}_deg"] for side in ("left", "right")]
    known = [value for value in said if value is not None]
    at = round(true.bottom_s * clip.fps)
    true_deg = float(clip.frames.columns["knee_flexion_deg"][at])
    return float(np.mean(known)) - true_deg if known else None


def _cost(clips: Sequence[JudgedClip]) -> dict[str, Any]:
    reps = sum(len(clip.true) for clip in clips)
    work_s = sum(clip.played["work_s"] for clip in clips)
    return {
        "frame_ms_median": round(
            float(np.median([clip.played["frame_ms_median"] for clip in clips])), 2
        ),
        "frame_ms_p95": round(float(np.median([clip.played["frame_ms_p95"] for clip in clips])), 2),
        "work_s": round(work_s, 1),
        "work_s_a_rep": round(work_s / reps, 2) if reps else None,
    }


def _worst(reps: Sequence[JudgedRep]) -> list[JudgedRep]:
    known = [rep for rep in reps if np.isfinite(rep.wink_error)]
    return sorted(known, key=lambda rep: -abs(rep.wink_error))[:WORST]


def _one_line(rep: JudgedRep) -> str:
    place = rep.place
    return (
        f"{rep.lifter} rep {rep.rep} ({rep.about['reps'][rep.rep]}): true {rep.true_wink:.1f},"
        f" said {rep.measured.wink_deg:.1f} +- {rep.measured.wink_sd_deg:.1f}, {rep.verdict.name};"
        f" {place.model} {place.azimuth_deg:.0f} deg {place.distance_m:.2f} m,"
        f" {rep.about['posture']}, {place.occlusion}"
    )
