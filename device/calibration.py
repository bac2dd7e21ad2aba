"""The file that `racklight calibrate` writes: how the Pi camera sees, and where it sits.

    {"schema_version": 1, "made_at": "2026-11-22T13:20:00+00:00",
     "reprojection_error_px": 0.31, "views": 24,
     "colour": {"model": "imx708", "width": 640, "height": 360, "fx": ..., "fy": ..., "ppx": ...,
                "ppy": ..., "distortion_model": "brown_conrady",
                "coefficients": [k1, k2, p1, p2, k3], "sensor_crop": [x, y, width, height]},
     "depth": {"serial": "123456789012"},
     "depth_to_colour": {"rotation": [[...], [...], [...]], "translation_m": [x, y, z]}}

`depth_to_colour` carries a point from the depth camera's axes (the left infrared imager's, which
are the same) into the Pi camera's, as `DepthImage.to_color` does.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from device import paths
from device.errors import CalibrationError
from device.records import Extrinsics, Intrinsics

SCHEMA_VERSION = 1
DISTORTION_MODEL = "brown_conrady"
LONGEST_BASE_M = 0.5  # the two cameras sit in one housing
MOST_TURNED_DEG = 45.0  # and look the same way, the same way up: a frame has one 'upright'
_ROTATION_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Calibration:
    """The Pi camera beside a RealSense.

    `sensor_crop_px` (x, y, width, height) is the part of the sensor that was seen, in its own
    pixels (libcamera's ScalerCrop), None where the camera does not tell it; another part has
    other intrinsics.
    """

    made_at: datetime  # with time zone
    reprojection_error_px: float  # RMS over all views
    views: int
    colour_model: str
    colour: Intrinsics
    depth_serial: str  # empty: not known
    depth_to_colour: Extrinsics
    sensor_crop_px: tuple[int, int, int, int] | None = None


def calibration_file() -> Path:
    """Where the unit keeps its calibration: in the state folder, which the service may write."""
    return paths.state_root() / "calibration.json"


def load_calibration(file: Path | None = None) -> Calibration:
    """Reads and checks a calibration. Raises CalibrationError, one sentence."""
    file = file or calibration_file()
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CalibrationError(
            f"The Pi camera has no calibration ({file} is missing): run racklight calibrate."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CalibrationError(
            f"The calibration {file} can't be read ({error}): run racklight calibrate again."
        ) from error
    try:
        calibration = _from_tables(json.loads(text))
        check_calibration(calibration)
    except CalibrationError as error:
        raise CalibrationError(f"{file}: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise CalibrationError(
            f"The calibration {file} is damaged ({type(error).__name__}: {error}): run racklight"
            " calibrate again."
        ) from error
    return calibration


def save_calibration(calibration: Calibration, file: Path | None = None) -> Path:
    """Writes it whole or not at all; returns where. Raises CalibrationError."""
    check_calibration(calibration)
    file = file or calibration_file()
    new = file.with_name(f"{file.name}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with new.open("w", encoding="utf-8") as opened:
            opened.write(json.dumps(_to_tables(calibration), indent=1) + "\n")
            opened.flush()
            os.fsync(opened.fileno())
        new.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise CalibrationError(
            f"The calibration can't be written to {file} ({error.strerror}): run racklight"
            " calibrate as a user who may write there."
        ) from error
    return file


def check_calibration(calibration: Calibration) -> None:
    """Raises CalibrationError where it can't be that of two cameras in one housing."""
    again = "run racklight calibrate again."
    seen, move = calibration.colour, calibration.depth_to_colour
    numbers = (
        seen.fx_px, seen.fy_px, seen.cx_px, seen.cy_px, *seen.distortion,
        calibration.reprojection_error_px, *np.ravel(move.rotation), *move.translation_m,
    )  # fmt: skip
    if not all(math.isfinite(number) for number in numbers):
        raise CalibrationError(f"The calibration holds numbers that are not finite: {again}")
    if seen.width_px < 1 or seen.height_px < 1 or seen.fx_px <= 0 or seen.fy_px <= 0:
        raise CalibrationError(f"The calibration has no picture size or focal length: {again}")
    inside = 0 <= seen.cx_px <= seen.width_px and 0 <= seen.cy_px <= seen.height_px
    if not inside:
        raise CalibrationError(f"The calibration's principal point is off the picture: {again}")
    rotation = np.asarray(move.rotation, float)
    unturned = np.allclose(rotation @ rotation.T, np.eye(3), atol=_ROTATION_TOLERANCE)
    if not unturned or np.linalg.det(rotation) < 0:
        raise CalibrationError(f"The calibration's rotation is not a rotation: {again}")
    turned_deg = math.degrees(math.acos(np.clip((np.trace(rotation) - 1) / 2, -1, 1)))
    if turned_deg > MOST_TURNED_DEG:
        raise CalibrationError(
            f"The Pi camera is turned {turned_deg:.0f} degrees against the RealSense: mount both"
            f" the same way up, and {again}"
        )
    apart_m = float(np.linalg.norm(move.translation_m))
    if apart_m > LONGEST_BASE_M:
        raise CalibrationError(
            f"The calibration puts the cameras {apart_m:.2f} m apart, expected at most"
            f" {LONGEST_BASE_M} m: {again}"
        )
    if calibration.made_at.tzinfo is None:
        raise CalibrationError(f"The calibration's date has no time zone: {again}")


def colour_for_size(calibration: Calibration, width_px: int, height_px: int) -> Intrinsics:
    """The intrinsics at another picture size of the same shape. Raises CalibrationError.

    Pixel centres are whole numbers, so an image's edges are at -0.5 and width - 0.5.
    """
    seen = calibration.colour
    if seen.width_px * height_px != seen.height_px * width_px:
        raise CalibrationError(
            f"The Pi camera was calibrated at {seen.width_px}x{seen.height_px}, which has another"
            f" shape than {width_px}x{height_px}: set camera/color_width_px and color_height_px"
            " back, or run racklight calibrate again."
        )
    scale = width_px / seen.width_px
    return Intrinsics(
        width_px, height_px, seen.fx_px * scale, seen.fy_px * scale,
        (seen.cx_px + 0.5) * scale - 0.5, (seen.cy_px + 0.5) * scale - 0.5, seen.distortion,
    )  # fmt: skip


def _to_tables(calibration: Calibration) -> dict[str, Any]:
    seen, move = calibration.colour, calibration.depth_to_colour
    crop = calibration.sensor_crop_px
    return {
        "schema_version": SCHEMA_VERSION,
        "made_at": calibration.made_at.astimezone(UTC).isoformat(),
        "reprojection_error_px": float(calibration.reprojection_error_px),
        "views": int(calibration.views),
        "colour": {
            "model": calibration.colour_model,
            "width": seen.width_px,
            "height": seen.height_px,
            "fx": float(seen.fx_px),
            "fy": float(seen.fy_px),
            "ppx": float(seen.cx_px),
            "ppy": float(seen.cy_px),
            "distortion_model": DISTORTION_MODEL,
            "coefficients": [float(value) for value in seen.distortion],
            "sensor_crop": None if crop is None else [int(value) for value in crop],
        },
        "depth": {"serial": calibration.depth_serial},
        "depth_to_colour": {
            "rotation": np.asarray(move.rotation, float).tolist(),
            "translation_m": np.asarray(move.translation_m, float).tolist(),
        },
    }


def _from_tables(tables: Any) -> Calibration:
    if tables["schema_version"] != SCHEMA_VERSION:
        raise CalibrationError(
            f"This calibration has version {tables['schema_version']}, expected {SCHEMA_VERSION}:"
            " run racklight calibrate again."
        )
    seen, move = tables["colour"], tables["depth_to_colour"]
    if seen["distortion_model"] != DISTORTION_MODEL:
        raise CalibrationError(
            f"The distortion model {seen['distortion_model']} is not known, expected"
            f" {DISTORTION_MODEL}: run racklight calibrate again."
        )
    k1, k2, p1, p2, k3 = (float(value) for value in seen["coefficients"])
    crop = seen.get("sensor_crop")
    if crop is not None:
        x, y, width, height = (int(value) for value in crop)
        crop = (x, y, width, height)
    return Calibration(
        made_at=datetime.fromisoformat(tables["made_at"]),
        reprojection_error_px=float(tables["reprojection_error_px"]),
        views=int(tables["views"]),
        colour_model=str(seen["model"]),
        colour=Intrinsics(
            int(seen["width"]), int(seen["height"]), float(seen["fx"]), float(seen["fy"]),
            float(seen["ppx"]), float(seen["ppy"]), (k1, k2, p1, p2, k3),
        ),
        depth_serial=str(tables["depth"]["serial"]),
        depth_to_colour=Extrinsics(
            np.array(move["rotation"], float).reshape(3, 3),
            np.array(move["translation_m"], float).reshape(3),
        ),
        sensor_crop_px=crop,
    )  # fmt: skip
