"""Small evaluation sets whose views only carry a number, and an estimator that knows the truth."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from device.crop import SCALE_M, SIZE, HipView
from device.records import PelvisPose
from models.lifter.packed_view import HOLE

FPS = 12.0
STANDING = 6
REP_S = 2.4


def write_lifter(
    folder: Path,
    number: int,
    winks_deg: tuple[float, ...] = (0.0, 20.0),
    distance_m: float = 1.1,
    **about: Any,
) -> Path:
    """A lifter before two cameras; every rep winks as told. Views hold their frame's number."""
    times = np.arange(0, REP_S, 1 / FPS)
    depth = np.sin(np.pi * times / REP_S) ** 2
    tilts, lumbars, depths, reps = (
        [np.zeros(STANDING)],
        [np.zeros(STANDING)],
        [np.zeros(STANDING)],
        [],
    )
    reps.append(np.full(STANDING, -1))
    for rep, wink in enumerate(winks_deg):
        tuck = np.clip((depth - 0.6) / 0.4, 0, 1)
        rise = 15 * np.clip(depth / 0.6, 0, 1)
        tilts.append(rise - wink * tuck)
        lumbars.append(5 + 30 * depth)
        depths.append(depth)
        reps.append(np.full(len(times), rep))
    tilt, lumbar, deep = (np.concatenate(part) for part in (tilts, lumbars, depths))
    frames, cameras = len(tilt), 2
    views = np.full((cameras, frames, SIZE, SIZE, 3), HOLE, np.int16)
    views[:, :, 0, 0, 0] = np.arange(frames)
    views[:, :, 0, 0, 1] = np.arange(cameras)[:, None]
    views[:, :, 0, 0, 2] = number
    truth = np.stack([tilt + 4, np.zeros(frames), np.zeros(frames), lumbar - 10], axis=1)
    quality = np.tile([1.0, 0.0, distance_m, 0.0, 0.002], (cameras, frames, 1))
    whole = {
        "generator": "second",
        "movement": "planned",
        "fps": FPS,
        "standing": STANDING,
        "lifter": {"gender": 0.2, "height": 0.5, "weight": 0.5, "muscle": 0.5, "stature_m": 1.75},
        "clothing": {"belt": bool(number % 2), "shirt_loose_m": 0.01, "shorts_loose_m": 0.01},
        "posture": "high_bar",
        "soft_tissue_mm": 8.0,
        "occlusion": "none",
        "cameras": [_camera(-20.0), _camera(30.0)],
        "reps": [{"plan": "clean"} for _ in winks_deg],
    } | about
    file = folder / f"lifter_{number:05d}.npz"
    np.savez(
        file,
        views=views,
        quality=quality.astype(np.float32),
        quality_more=np.zeros((cameras, frames, 4), np.float32),
        truth=np.tile(truth.astype(np.float32), (cameras, 1, 1)),
        time_s=np.arange(frames) / FPS,
        rep=np.concatenate(reps).astype(np.int32),
        hip_height_m=0.9 - 0.5 * deep,
        knee_flexion_deg=120 * deep,
        hip_above_knee_m=0.4 - 0.5 * deep,
        trunk_lean_deg=40 * deep,
        thigh_deg=100 * deep,
        about=np.array(json.dumps(whole)),
    )
    return file


def _camera(azimuth_deg: float) -> dict[str, Any]:
    return {
        "azimuth_deg": azimuth_deg,
        "distance_m": 1.1,
        "height_m": 1.2,
        "rotation_deg": 90,
        "baseline_m": 0.05,
        "model": "D435",
        "recommended": True,
    }


@dataclass
class Knowing:
    """Stands in for the pelvis estimator: says `share` of the true tilt, with `noise_deg` on top.

    `seen` counts the views that it was shown.
    """

    folder: Path
    share: float = 1.0
    noise_deg: float = 0.0
    sd_deg: float = 1.5
    sha256: str = "a" * 64
    seen: int = 0
    standing: Any = None
    _truth: dict[int, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.model = SimpleNamespace(sha256=self.sha256, runtime="none")
        self._rng = np.random.default_rng(5)

    def read(self, view: HipView, time_s: float) -> PelvisPose:
        """The truth of the view, more or less."""
        self.seen += 1
        frame, camera, number = np.rint(view.points[0, 0, :3] * SCALE_M * 1e4).astype(int)
        if number not in self._truth:
            with np.load(self.folder / f"lifter_{number:05d}.npz") as stored:
                self._truth[number] = stored["truth"]
        tilt, _, _, lumbar = self._truth[number][camera, frame]
        said = self.share * tilt + self._rng.normal(0, 1) * self.noise_deg
        return PelvisPose(
            time_s,
            tilt_deg=float(said),
            tilt_sd_deg=self.sd_deg,
            list_deg=0.0,
            list_sd_deg=1.0,
            rotation_deg=0.0,
            rotation_sd_deg=1.0,
            lumbar_flexion_deg=float(lumbar),
            lumbar_flexion_sd_deg=self.sd_deg,
        )

    def learn_views(self, standing: list[tuple[float, HipView]]) -> list[PelvisPose]:
        """Reads them."""
        return [self.read(view, time_s) for time_s, view in standing]
