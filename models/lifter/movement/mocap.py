"""Squats of real people, read from motion capture so that another body can do them.

Reads the deep squats of UI-PRMD (movement m01, 39 Plug-in-Gait markers at 100 Hz, tenths of a
millimetre, z up) and gives pelvis and spine as changes from the person's own standing, and the
legs as directions. `drive.py` puts them onto a body.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from device.records import Array
from models.lifter.body.skeleton import tilt_list_rotation_deg

FPS = 100.0
QUIET_FRAMES = 20  # that a recording begins with, if it begins standing
STANDING_SHARE = 0.98  # of the person's greatest hip height: below, a recording begins too late
AROUND_S = 0.25  # kept before and after the rep
_C7, _T10 = 4, 5
_ASIS, _PSIS = (23, 24), (25, 26)
_KNEES, _ANKLES, _HEELS, _TOES = (28, 34), (30, 36), (31, 37), (32, 38)  # left, right
_MARKER_OUT_M = 0.05  # knee and ankle markers sit on the outside of the joint
_SIGNS = np.array([1.0, -1.0])  # left, right


@dataclass(frozen=True)
class Movement:
    """One rep of one person; arrays over time, sides are (frames, 2) left, right.

    Angles are deg; pelvis, lumbar spine and upper back against the person's own standing. Axes
    are those of this package: x to the person's left, -y forward, z up.
    """

    subject: str
    name: str
    time_s: Array
    tilt: Array
    list: Array
    rotation: Array
    lumbar: Array  # slope of PSIS to T10 against the pelvis
    upper_back: Array  # slope of T10 to C7
    thigh_way: Array  # (frames, 2, 3) unit vectors, hip to knee
    shank_way: Array  # (frames, 2, 3) knee to ankle
    hip_height_m: Array  # the person's own, above the ankles
    toe_out: tuple[float, float]
    knees_out: tuple[float, float]  # the plane of the bent leg, turned outwards

    @property
    def thigh(self) -> Array:
        """(frames, 2) raised from the vertical."""
        return _from_vertical(self.thigh_way)

    @property
    def shank(self) -> Array:
        """(frames, 2) leaning from the vertical."""
        return _from_vertical(self.shank_way)

    @property
    def knee_flexion(self) -> Array:
        """(frames, 2)."""
        cosine = (self.thigh_way * self.shank_way).sum(axis=2)
        flexion: Array = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
        return flexion

    @property
    def depth(self) -> Array:
        """(frames,) 0 standing, 1 at the bottom."""
        height = self.hip_height_m
        sunk: Array = (height.max() - height) / np.ptp(height)
        return sunk

    def at(self, time_s: npt.ArrayLike) -> Movement:
        """The same movement at other times, by straight lines."""
        times = np.asarray(time_s, float)
        sampled: dict[str, Any] = {
            name: _resampled(self.time_s, value, times)
            for name, value in vars(self).items()
            if isinstance(value, np.ndarray) and name != "time_s"
        }
        return replace(self, time_s=times, **sampled)

    def rep(self, fps: float) -> Movement:
        """From just before the descent to just after standing again, at a camera's rate."""
        low = np.flatnonzero(self.depth > 0.08)
        start = max(self.time_s[low[0]] - AROUND_S, self.time_s[0])
        end = min(self.time_s[low[-1]] + AROUND_S, self.time_s[-1])
        return self.at(np.arange(start, end, 1 / fps))


class Recordings:
    """All reps of the file; raises FileNotFoundError or ValueError in one sentence."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            raise FileNotFoundError(f"no squat recordings at {file}: give the path of the npz file")
        with np.load(file) as arrays:
            raw = {name: arrays[name] / 10_000.0 for name in sorted(arrays.files)}
        for name, markers in raw.items():
            if markers.ndim != 3 or markers.shape[1:] != (39, 3):
                raise ValueError(f"{name} in {file} is {markers.shape}, not (frames, 39, 3)")
        subjects = sorted({name.split("_")[0] for name in raw})
        self._people = {
            subject: _Person({n: m for n, m in raw.items() if n.startswith(subject + "_")})
            for subject in subjects
        }

    @property
    def subjects(self) -> tuple[str, ...]:
        """Who squats."""
        return tuple(self._people)

    def movements(self, subject: str) -> list[Movement]:
        """This person's reps."""
        person = self._people[subject]
        return [person.movement(subject, name) for name in person.names]


# ---------------------------------------------------------------- from markers to curves


@dataclass(frozen=True)
class _Raw:
    """One recording, filtered, in axes of the person's standing pelvis."""

    markers: Array  # (frames, 39, 3) m
    pelvis: Array  # (frames, 3, 3) columns: left, back, up
    hips: Array  # (frames, 2, 3) joint centres

    @property
    def height_m(self) -> Array:
        """(frames,) mid-hip above the ankles."""
        ankles = self.markers[:, _ANKLES].mean(axis=1)
        height: Array = self.hips.mean(axis=1)[:, 2] - ankles[:, 2]
        return height

    @cached_property
    def turns_deg(self) -> Array:
        """(frames, 3) tilt, list, rotation of the pelvis."""
        return np.array([tilt_list_rotation_deg(turn) for turn in self.pelvis])

    @cached_property
    def spine_deg(self) -> Array:
        """(frames, 2) forward slope of PSIS to T10 and of T10 to C7 in the pelvis's heading."""
        psis = self.markers[:, _PSIS].mean(axis=1)
        t10, c7 = self.markers[:, _T10], self.markers[:, _C7]
        back = self.pelvis[:, :2, 1] / np.linalg.norm(self.pelvis[:, :2, 1], axis=1)[:, None]
        slopes = [
            np.degrees(np.arctan2(-(way[:, :2] * back).sum(axis=1), way[:, 2]))
            for way in (t10 - psis, c7 - t10)
        ]
        return np.stack(slopes, axis=1)


class _Person:
    """What is the same in all of one person's recordings: standing and leg length."""

    def __init__(self, recordings: Mapping[str, Array]) -> None:
        self._raw = {name: _read(markers) for name, markers in recordings.items()}
        tallest = max(float(raw.height_m.max()) for raw in self._raw.values())
        quiet = [
            raw
            for raw in self._raw.values()
            if raw.height_m[:QUIET_FRAMES].min() > STANDING_SHARE * tallest
        ]
        if not quiet:
            raise ValueError("none of a person's recordings begins standing")
        first = np.s_[:QUIET_FRAMES]
        self._turns = np.median([raw.turns_deg[first].mean(axis=0) for raw in quiet], axis=0)
        self._spine = np.median([raw.spine_deg[first].mean(axis=0) for raw in quiet], axis=0)
        self._above_knee_m = _above_knee_m(list(self._raw.values()))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the recordings."""
        return tuple(self._raw)

    def movement(self, subject: str, name: str) -> Movement:
        """One recording as changes from standing."""
        raw = self._raw[name]
        turns = raw.turns_deg - self._turns
        spine = raw.spine_deg - self._spine
        highest = np.argsort(raw.height_m)[-QUIET_FRAMES:]
        thigh, shank = _segments(raw, self._above_knee_m)
        return Movement(
            subject=subject,
            name=name,
            time_s=np.arange(len(turns)) / FPS,
            tilt=turns[:, 0],
            list=turns[:, 1],
            rotation=turns[:, 2],
            lumbar=spine[:, 0] - turns[:, 0],
            upper_back=spine[:, 1],
            thigh_way=_unit(thigh),
            shank_way=_unit(shank),
            hip_height_m=raw.height_m,
            toe_out=_toe_out(raw, highest),
            knees_out=_knees_out(thigh, shank),
        )


_OUT = np.array([[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])  # outwards, left and right


def _read(markers_m: Array) -> _Raw:
    smooth = np.apply_along_axis(_low_pass, 0, markers_m)
    pelvis = _pelvis_axes(smooth)
    highest = np.argsort(smooth[:, _PSIS].mean(axis=1)[:, 2])[-QUIET_FRAMES:]
    ahead = -pelvis[highest, :2, 1].mean(axis=0)
    ahead /= np.linalg.norm(ahead)
    left, back, up = (-ahead[1], ahead[0], 0.0), (-ahead[0], -ahead[1], 0.0), (0.0, 0.0, 1.0)
    turn = np.array([left, back, up])
    smooth, pelvis = smooth @ turn.T, turn @ pelvis
    return _Raw(smooth, pelvis, _hip_centres(smooth, pelvis))


def _low_pass(values: Array) -> Array:
    """About 6 Hz, without delay."""
    width = 0.0265 * FPS  # frames; a Gaussian of this width has its -3 dB point at 5 Hz
    reach = int(4 * width)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    padded = np.pad(values, reach, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")


def _pelvis_axes(markers: Array) -> Array:
    """(frames, 3, 3) left, back, up of the plane through ASIS and PSIS."""
    back = _unit(markers[:, _PSIS].mean(axis=1) - markers[:, _ASIS].mean(axis=1))
    left = markers[:, (_ASIS[0], _PSIS[0])].mean(axis=1)
    across = left - markers[:, (_ASIS[1], _PSIS[1])].mean(axis=1)
    across = _unit(across - (across * back).sum(axis=1, keepdims=True) * back)
    return np.stack([across, back, np.cross(across, back)], axis=2)


def _hip_centres(markers: Array, pelvis: Array) -> Array:
    """(frames, 2, 3) by the regression of Harrington et al. 2007 from pelvis width and depth."""
    asis = markers[:, _ASIS]
    front = asis.mean(axis=1)
    width = float(np.linalg.norm(asis[:, 0] - asis[:, 1], axis=1).mean())
    deep = float(np.linalg.norm(front - markers[:, _PSIS].mean(axis=1), axis=1).mean())
    back, down = 0.24 * deep + 0.0099, 0.30 * width + 0.0109
    out = 0.33 * width + 0.0073
    offsets = np.array([[sign * out, back, -down] for sign in _SIGNS])
    centres: Array = front[:, None] + np.einsum("fij,sj->fsi", pelvis, offsets)
    return centres


def _segments(raw: _Raw, above_knee_m: float) -> tuple[Array, Array]:
    """(frames, 2, 3) hip to knee and knee to ankle, on the outside of the legs as the markers are.

    The knee lies `above_knee_m` further along the thigh than its marker.
    """
    hips = raw.hips + _OUT * _MARKER_OUT_M
    thigh = raw.markers[:, _KNEES] - hips
    thigh = thigh + above_knee_m * _unit(thigh)
    return thigh, raw.markers[:, _ANKLES] - (hips + thigh)


def _above_knee_m(recordings: Sequence[_Raw]) -> float:
    """How far above the joint a person's knee markers sit: so that their shanks keep their length.

    Taken as they are, the markers make shanks 4 to 8 cm shorter at the bottom than in standing.
    """
    offsets = np.linspace(0.0, 0.12, 25)
    changes = [sum(_shank_spread(raw, float(offset)) for raw in recordings) for offset in offsets]
    return float(offsets[int(np.argmin(changes))])


def _shank_spread(raw: _Raw, above_knee_m: float) -> float:
    shank = _segments(raw, above_knee_m)[1]
    return float(np.linalg.norm(shank, axis=2).var(axis=0).sum())


def _knees_out(thigh: Array, shank: Array) -> tuple[float, float]:
    """How far outwards the plane of each leg is turned; the bent leg says so, not the straight."""
    line = _unit(thigh + shank)
    bulge = thigh - (thigh * line).sum(axis=2, keepdims=True) * line
    bulge = (bulge * np.linalg.norm(bulge, axis=2, keepdims=True)).mean(axis=0)
    left, right = np.degrees(np.arctan2(_SIGNS * bulge[:, 0], -bulge[:, 1]))
    return float(left), float(right)


def _unit(vectors: Array) -> Array:
    scaled: Array = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return scaled


def _from_vertical(downwards: Array) -> Array:
    """(frames, 2) angle between a limb and the line straight down."""
    flat = np.linalg.norm(downwards[..., :2], axis=-1)
    angle: Array = np.degrees(np.arctan2(flat, -downwards[..., 2]))
    return angle


def _toe_out(raw: _Raw, standing: npt.NDArray[np.int64]) -> tuple[float, float]:
    foot = (raw.markers[:, _TOES] - raw.markers[:, _HEELS])[standing].mean(axis=0)
    left, right = np.degrees(np.arctan2(_SIGNS * foot[:, 0], -foot[:, 1]))
    return float(left), float(right)


def _resampled(time_s: Array, values: Array, wanted_s: Array) -> Array:
    flat = values.reshape(len(values), -1)
    columns = [np.interp(wanted_s, time_s, column) for column in flat.T]
    return np.stack(columns, axis=1).reshape(len(wanted_s), *values.shape[1:])
