"""What really happened in a clip of the whole-chain evaluation, from the posed bodies.

A clip's folder holds, beside the clip itself (`clip.py`), `about.json` (who, where, which
generator) and `truth.npz` (one value a frame).
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
from models.lifter.body import PosedBody
from models.lifter.clip import ClipTruth, RepTruth
from models.lifter.squat import wink_curve

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
    rep = np.full(len(rows), -1)
    wink = np.zeros(len(rows))
    reps = []
    for number, note in enumerate(notes):
        span = _span(columns["hip_height_m"], note)
        own = np.s_[note.first : span[2] + 1]
        rep[own] = number
        wink[own] = wink_curve(
            columns["hip_height_m"][own],
            columns["tilt_deg"][own],
            columns["lumbar_flexion_deg"][own],
        )
        reps.append(_rep_truth(note, span, columns, wink, fps))
    frames = FrameTruth(columns, rep, np.array(loaded, bool), wink)
    return frames, tuple(reps)


def _span(hip: Array, note: Note) -> tuple[int, int, int]:
    """Start, bottom and end by definition: 5 % down, back within 3 %."""
    frames = np.arange(note.first, note.last + 1)
    standing = hip[note.first]
    low = frames[hip[frames] < 0.95 * standing]
    back = frames[(frames > low[-1]) & (hip[frames] >= 0.97 * standing)]
    first, last = int(low[0]), int(back[0]) if len(back) else note.last
    return first, first + int(np.argmin(hip[first : last + 1])), last


def _rep_truth(
    note: Note, span: tuple[int, int, int], columns: dict[str, Array], wink: Array, fps: float
) -> RepTruth:
    first, bottom, last = span
    own = np.s_[note.first : last + 1]
    tilt, lumbar = columns["tilt_deg"], columns["lumbar_flexion_deg"]
    return RepTruth(
        lifter="lifter",
        set=1,
        start_s=round(first / fps, 3),
        bottom_s=round(bottom / fps, 3),
        end_s=round(last / fps, 3),
        wink_deg=round(float(wink[own].max()), 2),
        tilt_peak_deg=round(float(tilt[note.first : bottom + 1].max()), 2),
        tilt_bottom_deg=round(float(tilt[bottom]), 2),
        lumbar_bottom_deg=round(float(lumbar[bottom]), 2),
        loaded=note.loaded,
        shows=note.shows,
        measurable=True,
    )


def clip_truth(frames: FrameTruth, reps: tuple[RepTruth, ...]) -> ClipTruth:
    """The part that goes into `clip.json`."""
    return ClipTruth(reps, frames.columns["tilt_deg"], frames.columns["lumbar_flexion_deg"])


# ---------------------------------------------------------------- files


def write_truth(folder: Path, frames: FrameTruth, about: dict[str, Any]) -> None:
    """Writes `truth.npz` and `about.json` into the clip's folder."""
    np.savez_compressed(
        folder / _TRUTH,
        rep=frames.rep.astype(np.int8),
        loaded=frames.loaded,
        wink_deg=frames.wink_deg.astype(np.float32),
        **{name: column.astype(np.float32) for name, column in frames.columns.items()},
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
