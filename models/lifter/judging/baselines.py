"""The two simple ways that the estimator has to beat, each given more than a unit could have.

Plane fit: the pitch of the sacral patch, found where the true sacrum is.
Habit: tilt change predicted from the true trunk lean, thigh angle and depth, by a linear
regression over the other lifters of the set.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from device.crop import ABOVE_HIP_M, SCALE_M, HipView
from device.records import Array
from device.smooth import smooth
from device.wink import wink_curve
from models.lifter.judging.lifter_file import LifterFile

PATCH_M = 0.07  # radius of the sacral patch that the plane is fitted to
MIN_POINTS = 12
SACRUM_UP_M, SACRUM_BACK_M = 0.09, 0.10  # from the mid-hip, along the pelvis
PLANE_SD_DEG = 2.0  # what the smoother is told of a plane's own noise
MIN_WINK_FRAMES = 5


def plane_fit(views: Sequence[HipView], truth: Array, standing: npt.NDArray[np.int64]) -> Array:
    """(frames,) tilt change against standing, deg; NaN where the patch is not seen.

    `truth` (frames, 4) as in LifterFile.
    """
    pitch = np.array(
        [_pitch_deg(view, *row[[0, 2]]) for view, row in zip(views, truth, strict=True)]
    )
    seen = pitch[standing][np.isfinite(pitch[standing])]
    return pitch - (np.median(seen) if len(seen) else np.nan)


def _pitch_deg(view: HipView, tilt_deg: float, rotation_deg: float) -> float:
    """Pitch of the plane through the sacral patch."""
    lean, turned = np.radians(tilt_deg), np.radians(rotation_deg)
    up = np.cos(lean) * SACRUM_UP_M + np.sin(lean) * SACRUM_BACK_M
    back = np.cos(lean) * SACRUM_BACK_M - np.sin(lean) * SACRUM_UP_M
    backward = np.array([np.sin(turned), 0.0, np.cos(turned)])  # in line-of-sight axes
    sacrum = back * backward + np.array([0.0, up - ABOVE_HIP_M, 0.0])
    points = view.points[..., :3][view.points[..., 3] > 0] * SCALE_M
    near = points[np.linalg.norm(points - sacrum, axis=1) < PATCH_M]
    if len(near) < MIN_POINTS:
        return float("nan")
    normal = np.linalg.svd(near - near.mean(axis=0), full_matrices=False)[2][2]
    normal = normal if normal @ backward > 0 else -normal
    return float(np.degrees(np.arctan2(normal[1], np.hypot(normal[0], normal[2]))))


def habit(lifters: Sequence[LifterFile]) -> dict[str, Array]:
    """By lifter, (frames,) tilt change that the others' habit foretells; NaN with one lifter."""
    inputs = {lifter.name: _habit_inputs(lifter) for lifter in lifters}
    normal, right = {}, {}
    for lifter in lifters:
        moving = lifter.rep >= 0
        x = inputs[lifter.name][moving]
        y = tilt_change(lifter)[moving]
        normal[lifter.name], right[lifter.name] = x.T @ x, x.T @ y
    all_normal, all_right = sum(normal.values()), sum(right.values())
    found = {}
    for name, x in inputs.items():
        others = all_normal - normal[name]
        weights = np.linalg.lstsq(others, all_right - right[name], rcond=None)[0]
        found[name] = x @ weights if len(lifters) > 1 else np.full(len(x), np.nan)
    return found


def tilt_change(lifter: LifterFile) -> Array:
    """(frames,) true tilt against standing, deg; the same for every camera."""
    tilt = lifter.truth[0, :, 0]
    change: Array = tilt - np.median(tilt[lifter.standing])
    return change


def _habit_inputs(lifter: LifterFile) -> Array:
    """(frames, 4): changes from standing of lean, thigh and hip height, and 1."""
    columns = [lifter.trunk_lean_deg, lifter.thigh_deg, 100 * lifter.hip_height_m]
    changes = [column - np.median(column[lifter.standing]) for column in columns]
    return np.stack([*changes, np.ones(len(lifter.time_s))], axis=1)


def wink_of(time_s: Array, tilt_change_deg: Array, hip_height: Array) -> float:
    """The wink of a baseline's smoothed curve, deg; NaN where too little is seen."""
    known = np.isfinite(tilt_change_deg)
    if known.sum() < MIN_WINK_FRAMES:
        return float("nan")
    smoothed = smooth(time_s, tilt_change_deg, np.where(known, PLANE_SD_DEG, np.nan)).value
    return float(wink_curve(smoothed, None, hip_height)[0].max())
