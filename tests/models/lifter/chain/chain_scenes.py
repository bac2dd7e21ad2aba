"""A clip that never was: one lifter's reps as angles, and what a unit said of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from device.records import TRACE_COLUMNS, Array, Extrinsics, Intrinsics
from models.lifter.chain.truth import COLUMNS, FrameTruth, Note, clip_truth, truth_of, write_truth
from models.lifter.clip.files import ClipMeta, DepthWriter, RepTruth, write_description

FPS = 15
REP_S, PAUSE_S, QUIET_S = 3.0, 1.0, 3.0
ABOUT: dict[str, Any] = {
    "generator": "first",
    "seed": 1,
    "number": 0,
    "fps": FPS,
    "kind": "squats",
    "posture": "high_bar",
    "signed_in": True,
    "movement": "planned",
    "occlusion": "none",
    "camera": {
        "azimuth_deg": 10.0,
        "distance_m": 1.1,
        "height_m": 1.1,
        "rotation_deg": 90,
        "baseline_m": 0.05,
        "model": "D435",
    },
}


def rows_of(winks_deg: list[float]) -> tuple[list[tuple[float, ...]], list[Note]]:
    """Standing at a tilt of 5, then reps: tilt rises by 12 and then falls by the wink."""
    rows = [_row(0.0, 0.0)] * round(QUIET_S * FPS)
    notes = []
    for wink_deg in winks_deg:
        first = len(rows)
        shares = np.arange(1, round(REP_S * FPS) + 1) / (REP_S * FPS)
        rows += [_row(np.sin(np.pi * share) ** 2, wink_deg) for share in shares]
        notes.append(Note(first, len(rows) - 1, "small", True))
        rows += [_row(0.0, 0.0)] * round(PAUSE_S * FPS)
    return rows, notes


def _row(depth: float, wink_deg: float) -> tuple[float, ...]:
    tuck = max(0.0, (depth - 0.7) / 0.3)
    values = {
        "tilt_deg": 5.0 + 12.0 * min(1.0, depth / 0.7) - wink_deg * tuck,
        "list_deg": 0.0,
        "lumbar_flexion_deg": 30.0 * depth,
        "hip_height_m": 0.9 - 0.5 * depth,
        "knee_flexion_deg": 115.0 * depth,
        "hip_above_knee_m": 0.42 - 0.45 * depth,
        "trunk_lean_deg": 40.0 * depth,
    }
    return tuple(float(values[name]) for name in COLUMNS)


def truth(winks_deg: list[float]) -> tuple[FrameTruth, tuple[RepTruth, ...]]:
    rows, notes = rows_of(winks_deg)
    return truth_of(rows, [True] * len(rows), (0, round(QUIET_S * FPS)), notes, FPS)


def about(reps: int, **other: Any) -> dict[str, Any]:
    return ABOUT | {"reps": ["small"] * reps} | other


def told_rep(
    frames: FrameTruth, rep: RepTruth, wink_deg: float | None = None, **other: Any
) -> dict[str, Any]:
    """What a unit without error would say of a rep; `wink_deg` scales its tuck."""
    own = np.arange(round(rep.start_s * FPS), round(rep.end_s * FPS) + 1)
    tilt = frames.columns["tilt_deg"][own].copy()
    if wink_deg is not None:
        peak = int(np.argmax(tilt[: len(tilt) // 2]))
        last = len(tilt) - 1 - int(np.argmax(tilt[::-1][: len(tilt) // 2]))
        inside = tilt[peak : last + 1]
        tilt[peak : last + 1] = tilt[peak] - (tilt[peak] - inside) * wink_deg / rep.wink_deg
    known = {
        "time_s": own / FPS,
        "hip_height": frames.columns["hip_height_m"][own],
        "knee_flexion_left_deg": frames.columns["knee_flexion_deg"][own],
        "knee_flexion_right_deg": frames.columns["knee_flexion_deg"][own],
        "hip_above_knee_cm": 100 * frames.columns["hip_above_knee_m"][own],
        "anterior_pelvic_tilt_deg": tilt,
        "anterior_pelvic_tilt_sd_deg": np.full(len(own), 0.1),
        "lumbar_flexion_deg": frames.columns["lumbar_flexion_deg"][own],
        "lumbar_flexion_sd_deg": np.full(len(own), 0.1),
    }
    trace = {name: _column(known.get(name), len(own)) for name in TRACE_COLUMNS}
    bottom = round(rep.bottom_s * FPS)
    return {
        "start_s": rep.start_s,
        "bottom_s": rep.bottom_s,
        "end_s": rep.end_s,
        "knee_flexion_left_deg": float(frames.columns["knee_flexion_deg"][bottom]),
        "knee_flexion_right_deg": float(frames.columns["knee_flexion_deg"][bottom]),
        "hip_above_knee_cm": 100 * float(frames.columns["hip_above_knee_m"][bottom]),
        "loaded": True,
        "verdict": "clean",
        "reason": None,
        "frame": round(rep.end_s * FPS) + 2,
        "trace": trace,
    } | other


def _column(values: Array | None, count: int) -> list[float | None]:
    return [None] * count if values is None else [float(value) for value in values]


def played(frames: FrameTruth, reps: list[dict[str, Any]], light: str = "") -> dict[str, Any]:
    """A clip as `chain.play.play` tells it."""
    count = len(frames.rep)
    return {
        "frames": count,
        "columns": {"time_s": [i / FPS for i in range(count)]},
        "light": light or "." * count,
        "neutrals": [{"source": "sign_in", "time_s": 2.4}],
        "frame_ms_median": 20.0,
        "frame_ms_p95": 30.0,
        "work_s": 5.0,
        "reps": reps,
    }


def empty_room(folder: Path, frames: int, **other: Any) -> Path:
    """A clip on disk in which nobody comes."""
    depth = Intrinsics(424, 240, 223.4, 223.4, 211.5, 119.5)
    color = Intrinsics(480, 270, 240.0, 240.0, 239.5, 134.5)
    folder.mkdir(parents=True)
    background = np.full((depth.height_px, depth.width_px), 2500, np.uint16)
    with DepthWriter(folder, background, preset=0) as writer:
        for _ in range(frames):
            writer.add(background)
    video = cv2.VideoWriter(
        str(folder / "color.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (480, 270)
    )
    for _ in range(frames):
        video.write(np.full((270, 480, 3), 120, np.uint8))
    video.release()
    nobody = [(float("nan"),) * len(COLUMNS)] * frames
    told, reps = truth_of(nobody, [False] * frames, (0, 0), [], FPS)
    meta = ClipMeta(
        fps=FPS, frames=frames, rotation_deg=90, color=color, depth=depth,
        to_color=Extrinsics(np.eye(3), np.array([-0.059, 0.0, 0.0])),
        unit_m=0.001, baseline_m=0.095, camera_height_m=1.1, lifters={},
    )  # fmt: skip
    write_description(folder, meta, [], clip_truth(told, reps))
    write_truth(folder, told, about(0, kind="empty", **other))
    return folder
