"""The deep-squat motion capture of others, read as exact tilt, lumbar and hip curves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
FILE = SHARED / "deep_squat_mocap" / "markers_s01-s06.npz"
FPS = 100.0
_C7, _T10 = 4, 5
_ASIS, _PSIS = [23, 24], [25, 26]
_KNEES, _ANKLES = [28, 34], [30, 36]


@dataclass(frozen=True)
class MocapRep:
    """One rep, relative to the first quiet frames; angles in deg, heights in m."""

    name: str
    time_s: npt.NDArray[np.float64]
    tilt_deg: npt.NDArray[np.float64]
    lumbar_flexion_deg: npt.NDArray[np.float64]
    hip_height_m: npt.NDArray[np.float64]
    knee_flexion_deg: npt.NDArray[np.float64]
    hip_above_knee_cm: npt.NDArray[np.float64]


def mocap_reps() -> Iterator[MocapRep]:
    """All 60 reps; skips the test where the recordings are not there."""
    if not FILE.exists():
        pytest.skip("the mocap recordings (shared/data/deep_squat_mocap) are not on this machine")
    with np.load(FILE) as recordings:
        for name in sorted(recordings.files):
            yield _rep(name, recordings[name] / 10_000.0)


def _rep(name: str, markers_m: npt.NDArray[np.float64]) -> MocapRep:
    smooth = np.apply_along_axis(_low_pass, 0, markers_m)
    asis, psis = smooth[:, _ASIS].mean(axis=1), smooth[:, _PSIS].mean(axis=1)
    knee, ankle = smooth[:, _KNEES].mean(axis=1), smooth[:, _ANKLES].mean(axis=1)
    hip = (asis + psis) / 2
    ahead = asis - psis
    flat = ahead[:, :2] / np.linalg.norm(ahead[:, :2], axis=1, keepdims=True)
    tilt = np.degrees(np.arctan2(-ahead[:, 2], np.linalg.norm(ahead[:, :2], axis=1)))
    spine = smooth[:, _T10] - psis
    lean = np.degrees(np.arctan2((spine[:, :2] * flat).sum(axis=1), spine[:, 2]))
    lumbar = lean - tilt
    thigh, shin = hip - knee, ankle - knee
    cosine = (thigh * shin).sum(axis=1) / (
        np.linalg.norm(thigh, axis=1) * np.linalg.norm(shin, axis=1)
    )
    return MocapRep(
        name=name,
        time_s=np.arange(len(markers_m)) / FPS,
        tilt_deg=tilt - tilt[:20].mean(),
        lumbar_flexion_deg=lumbar - lumbar[:20].mean(),
        hip_height_m=hip[:, 2] - ankle[:, 2],
        knee_flexion_deg=180 - np.degrees(np.arccos(np.clip(cosine, -1, 1))),
        hip_above_knee_cm=100 * (hip[:, 2] - knee[:, 2]),
    )


def _low_pass(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """About 6 Hz, without delay."""
    width_s = 0.0265  # a Gaussian of this width has its -3 dB point at 5 Hz
    reach = int(4 * width_s * FPS)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (width_s * FPS)) ** 2)
    padded = np.pad(values, reach, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")
