"""An evaluation as a JSON object. What is not known or not finite is null."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from device.records import Array
from models.lifter.judging.breakdown import recommended
from models.lifter.judging.judge import JudgedRep, worst_frames
from models.lifter.judging.resampling import Figure
from models.lifter.judging.summary import Evaluation

SCHEMA_VERSION = 1


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """The JSON object: figures with intervals, targets, breakdown, map, every rep."""
    placed = [rep for rep in evaluation.reps if recommended(rep.place)]
    return {
        "schema_version": SCHEMA_VERSION,
        "model_sha256": evaluation.model.sha256,
        "runtime": evaluation.model.runtime,
        "threshold_deg": evaluation.settings.threshold_deg,
        "max_sd_deg": evaluation.settings.max_sd_deg,
        "lifters": len(evaluation.lifters),
        "views_read": sum(
            one.quality.shape[0] * one.quality.shape[1] for one in evaluation.lifters
        ),
        "counts": evaluation.classes,
        "targets": {
            part: [_plain(asdict(one)) for one in rows] for part, rows in evaluation.targets.items()
        },
        "figures": _plain(_figures_as_dicts(evaluation.figures)),
        "not_measured": evaluation.not_measured,
        "breakdown": [_plain(asdict(group)) for group in evaluation.groups],
        "placement": [_plain(asdict(cell)) for cell in evaluation.cells],
        "worst_frames": [_worst_as_json(rep, frame) for rep, frame in worst_frames(placed)],
        "reps": [rep_as_json(rep) for rep in evaluation.reps],
    }


def rep_as_json(rep: JudgedRep) -> dict[str, Any]:
    """One rep through one camera, in numbers."""
    error = rep.tilt - rep.true_tilt
    numbers = {
        "lifter": rep.lifter,
        "camera": rep.camera,
        "rep": rep.rep,
        "azimuth_deg": rep.place.azimuth_deg,
        "distance_m": rep.place.distance_m,
        "height_m": rep.place.height_m,
        "model": rep.place.model,
        "recommended": recommended(rep.place),
        "over_arched": rep.over_arched,
        "true_wink_deg": rep.true_wink,
        "wink_deg": rep.measured.wink_deg,
        "wink_sd_deg": rep.measured.wink_sd_deg,
        "plane_fit_wink_deg": rep.plane_wink,
        "habit_wink_deg": rep.habit_wink,
        "tilt_change_rmse_deg": _rms(error),
        "verdict": rep.verdict.name.value,
        "reason": rep.verdict.reason,
    }
    return {name: _plain(value) for name, value in numbers.items()}


def _worst_as_json(rep: JudgedRep, frame: int) -> dict[str, Any]:
    numbers = {
        "lifter": rep.lifter,
        "camera": rep.camera,
        "rep": rep.rep,
        "frame": rep.first_frame + frame,
        "true_tilt_change_deg": rep.true_tilt[frame],
        "tilt_change_deg": rep.tilt[frame],
        "tilt_sd_deg": rep.tilt_sd[frame],
    }
    return {name: _plain(value) for name, value in numbers.items()}


def _rms(errors: Array) -> float | None:
    known = errors[np.isfinite(errors)]
    return float(np.sqrt(np.mean(known**2))) if len(known) else None


def _figures_as_dicts(tree: Any) -> Any:
    if isinstance(tree, Figure):
        return asdict(tree)
    return {name: _figures_as_dicts(inner) for name, inner in tree.items()}


def _plain(tree: Any) -> Any:
    """Rounded; what is not known or not finite is null."""
    if isinstance(tree, dict):
        return {name: _plain(inner) for name, inner in tree.items()}
    if isinstance(tree, list | tuple):
        return [_plain(inner) for inner in tree]
    if isinstance(tree, float | np.floating):
        return round(float(tree), 4) if np.isfinite(tree) else None
    return tree
