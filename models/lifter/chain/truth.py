"""What really happened in a clip of the whole-chain evaluation, from the posed bodies.

A clip's folder holds, beside the clip itself (`models.lifter.clip`), `about.json` (who, where,
which generator) and `truth.npz` (one value a frame).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from device.errors import BadRecordingError
from device.joints import knee_flexion_deg
from device.records import Array
from models.lifter.body.posed import PosedBody
from models.lifter.clip.files import ClipTruth, RepTruth
from models.lifter.clip.truth import Curves, true_rep

COLUMNS = (
    "tilt_deg",
    "list_deg",
    "lumbar_flexion_deg",
    "hip_height_m",
    "knee_flexion_deg",
    "hip_above_knee_m",
    "trunk_lean_deg",
)
_ABOUT, _TRUTH = "about.json", "truth.npz"


@dataclass(frozen=True, eq=False)
class FrameTruth:
    """Every array (frames,); angles against neutral, NaN where no lifter is there.

    `rep` -1 or the number of the rep from 0; `loaded` whether the bar is on the lifter;
    `wink_deg` the curve by definition, 0 outside reps.
    """

    columns: dict[str, Array]
    rep: Array
    loaded: Array
    wink_deg: Array


def row_of(body: PosedBody) -> tuple[float, ...]:
    """One frame's values in the order of COLUMNS, tilt and lumbar flexion with the model's zero."""
    j = body.joints
    knees = [
        knee_flexion_deg(j[f"{side}_hip"], j[f"{side}_knee"], j[f"{side}_ankle"])
        for side in ("left", "right")
    ]
    mid_knee = (j["left_knee"] + j["right_knee"]) / 2
    trunk = (j["left_shoulder"] + j["right_shoulder"]) / 2 - body.mid_hip
    return (
        body.truth.tilt_deg,
        body.truth.list_deg,
        body.truth.lumbar_flexion_deg,
        float(body.mid_hip[2] - body.mid_ankle[2]),
        float(np.mean(knees)),
        float(body.mid_hip[2] - mid_knee[2]),
        float(np.degrees(np.arctan2(np.hypot(trunk[0], trunk[1]), trunk[2]))),
    )


@dataclass(frozen=True)
class Note:
    """A planned rep: frames of its first and last moment, and what was planned."""

    first: int
    last: int
    shows: str
    loaded: bool


def truth_of(
    rows: list[tuple[float, ...]],
    loaded: list[bool],
    neutral: tuple[int, int],
    notes: list[Note],
    fps: float,
) -> tuple[FrameTruth, tuple[RepTruth, ...]]:
    """Truth of frames (rows of `row_of`) and reps, against the mean of the `neutral` frames."""
    table = np.array(rows, float).reshape(len(rows), len(COLUMNS))
    columns = {name: table[:, i] for i, name in enumerate(COLUMNS)}
    if neutral[1] > neutral[0]:
        for name in ("tilt_deg", "list_deg", "lumbar_flexion_deg"):
            columns[name] = columns[name] - columns[name][neutral[0] : neutral[1]].mean()
    curves = Curves(
        fps, columns["hip_height_m"], columns["tilt_deg"], columns["lumbar_flexion_deg"]
    )
    rep = np.full(len(rows), -1)
    wink = np.zeros(len(rows))
    reps = []
    for number, note in enumerate(notes):
        told = {"lifter": "lifter", "set": 1, "loaded": note.loaded, "shows": note.shows}
        true = true_rep(curves, note.first, note.last, measurable=True, **told)
        rep[true.frames] = number
        wink[true.frames] = true.wink_deg
        reps.append(true.truth)
    frames = FrameTruth(columns, rep, np.array(loaded, bool), wink)
    return frames, tuple(reps)


def clip_truth(frames: FrameTruth, reps: tuple[RepTruth, ...]) -> ClipTruth:
    """The part that goes into `clip.json`."""
    return ClipTruth(reps, frames.columns["tilt_deg"], frames.columns["lumbar_flexion_deg"])


# ---------------------------------------------------------------- files


def write_truth(folder: Path, frames: FrameTruth, about: dict[str, Any]) -> None:
    """Writes `truth.npz` and `about.json` into the clip's folder."""
    columns: dict[str, Any] = {
        name: column.astype(np.float32) for name, column in frames.columns.items()
    }
    np.savez_compressed(
        folder / _TRUTH,
        rep=frames.rep.astype(np.int8),
        loaded=frames.loaded,
        wink_deg=frames.wink_deg.astype(np.float32),
        **columns,
    )
    (folder / _ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True, eq=False)
class Told:
    """What a clip's folder tells beside the clip."""

    about: dict[str, Any]
    frames: FrameTruth

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises BadRecordingError where a file is missing or broken."""
        try:
            about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
            with np.load(folder / _TRUTH) as arrays:
                columns = {name: arrays[name].astype(float) for name in COLUMNS}
                frames = FrameTruth(
                    columns, arrays["rep"].astype(int), arrays["loaded"], arrays["wink_deg"]
                )
        except (OSError, ValueError, KeyError) as error:
            raise BadRecordingError(
                f"The clip {folder} has no readable truth ({error}): render it again."
            ) from error
        return cls(about, frames)
