"""One lifter of the evaluation set, as `models.lifter.evalset` wrote it.

Everything but the views is small and read at once; the views come when they are asked for.
Needs numpy only.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from device.crop import SIZE, HipView
from device.errors import RacklightError
from device.records import Array
from models.lifter.packed_view import QUALITY, unpacked

STANDING = -1  # in `rep`: quiet standing before the first rep
ARRAYS = ("time_s", "rep", "hip_height_m", "knee_flexion_deg", "hip_above_knee_m", "trunk_lean_deg")
RENDER = "render it with `python -m models.lifter.evalset` (models/lifter/README.md)"


class EvaluationError(RacklightError, OSError):
    """The evaluation set, or a file of it, is missing or not one; or results can't be written."""


@dataclass(frozen=True)
class Place:
    """Where a camera hung, seen from the lifter: azimuth 0 is straight behind, left positive."""

    azimuth_deg: float
    distance_m: float
    height_m: float
    rotation_deg: int
    baseline_m: float
    model: str
    occlusion: str


@dataclass(frozen=True)
class LifterFile:
    """`truth` (cameras, frames, 4): tilt, list, rotation against the line of sight, lumbar
    flexion, deg; `quality` (cameras, frames, 9): the numbers of a HipView beside its points, in
    its order; the other arrays are (frames,).
    """

    path: Path
    checksum: str  # of the file's content
    about: dict[str, Any]
    places: tuple[Place, ...]
    quality: Array
    truth: Array
    time_s: Array
    rep: npt.NDArray[np.int64]
    hip_height_m: Array
    knee_flexion_deg: Array
    hip_above_knee_m: Array
    trunk_lean_deg: Array
    thigh_deg: Array

    @property
    def name(self) -> str:
        """`lifter_00042`."""
        return self.path.stem

    @property
    def views_count(self) -> int:
        """Frames times cameras."""
        return len(self.places) * len(self.time_s)

    @property
    def standing(self) -> npt.NDArray[np.int64]:
        """Indices of the frames of quiet standing."""
        return np.flatnonzero(self.rep == STANDING)

    @property
    def plans(self) -> list[str]:
        """What each rep was meant to be; only `over_arched` means anything to the judge."""
        return [str(rep.get("plan", "")) for rep in self.about["reps"]]

    def frames_of(self, rep: int) -> npt.NDArray[np.int64]:
        """Indices of the frames of one rep."""
        return np.flatnonzero(self.rep == rep)

    def views(self) -> list[list[HipView]]:
        """Every view of every camera, unpacked. Raises EvaluationError."""
        return [
            [unpacked(view, quality) for view, quality in zip(*camera, strict=True)]
            for camera in zip(self._packed(), self.quality, strict=True)
        ]

    def view(self, camera: int, frame: int) -> HipView:
        """One view. Raises EvaluationError."""
        return unpacked(self._packed()[camera, frame], self.quality[camera, frame])

    def _packed(self) -> npt.NDArray[np.int16]:
        """(cameras, frames, 64, 64, 3)."""
        try:
            with np.load(self.path) as stored:
                packed: npt.NDArray[np.int16] = stored["views"]
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise _broken(self.path, error) from error
        expected = (len(self.places), len(self.time_s), SIZE, SIZE, 3)
        if packed.shape != expected or packed.dtype != np.int16:
            found = ValueError(f"views has the shape {packed.shape}, expected {expected}")
            raise _broken(self.path, found)
        return packed


def set_files(folder: Path) -> list[Path]:
    """The set's files. Raises EvaluationError where there are none."""
    files = sorted(folder.glob("lifter_*.npz"))
    if not files:
        raise EvaluationError(f"There is no evaluation set in {folder}: {RENDER}.")
    return files


def read_lifter(path: Path) -> LifterFile:
    """One file without its views. Raises EvaluationError where it isn't one."""
    try:
        checksum = _checksum(path)
        with np.load(path) as stored:
            about = json.loads(str(stored["about"]))
            found = {name: np.asarray(stored[name]) for name in (*ARRAYS, "truth")}
            quality = np.concatenate([stored["quality"], stored["quality_more"]], axis=-1)
            thigh = np.asarray(stored["thigh_deg"], float)
        lifter = LifterFile(
            path=path,
            checksum=checksum,
            about=about,
            quality=quality.astype(float),
            places=tuple(_place(camera, about) for camera in about["cameras"]),
            rep=found.pop("rep").astype(np.int64),
            thigh_deg=thigh,
            **{name: np.asarray(values, float) for name, values in found.items()},
        )
        _check_shapes(lifter)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise _broken(path, error) from error
    return lifter


def _place(camera: dict[str, Any], about: dict[str, Any]) -> Place:
    return Place(
        azimuth_deg=float(camera["azimuth_deg"]),
        distance_m=float(camera["distance_m"]),
        height_m=float(camera["height_m"]),
        rotation_deg=int(camera["rotation_deg"]),
        baseline_m=float(camera["baseline_m"]),
        model=str(camera["model"]),
        occlusion=str(camera.get("occlusion", about.get("occlusion", "none"))),
    )


def _check_shapes(lifter: LifterFile) -> None:
    cameras, frames = len(lifter.places), len(lifter.time_s)
    expected = (("quality", (cameras, frames, len(QUALITY))), ("truth", (cameras, frames, 4)))
    for name, shape in [*expected, *((name, (frames,)) for name in (*ARRAYS, "thigh_deg"))]:
        found = getattr(lifter, name).shape
        if found != shape:
            raise ValueError(f"{name} has the shape {found}, expected {shape}")
    if not len(lifter.standing) or set(lifter.rep) - set(range(STANDING, len(lifter.plans))):
        raise ValueError("no standing frames, or reps that are not described")


def _checksum(path: Path) -> str:
    """From the checksums that the zip file holds already."""
    with zipfile.ZipFile(path) as content:
        return "".join(f"{member.CRC:08x}" for member in content.infolist())


def _broken(path: Path, error: Exception) -> EvaluationError:
    why = str(error).splitlines()[0] if str(error) else type(error).__name__
    return EvaluationError(f"{path} is no lifter of an evaluation set ({why}): {RENDER}.")
