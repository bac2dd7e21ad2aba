"""Colour from the Pi camera that sits beside the RealSense.

The calibration says how it sees and where it sits; the clocks say which of its pictures belongs to
a depth image: the one whose exposure lies within half a frame.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Self

from device.calibration import Calibration, colour_for_size, load_calibration
from device.cameras.moments import Arrival, DepthMoments
from device.cameras.picamera import PiColour, Picture
from device.errors import CalibrationError, StreamStalledError
from device.records import Bytes, Extrinsics, Intrinsics
from device.settings import CameraSettings

_NS = 1_000_000_000
_NEVER_MET_S = 3.0


class ColourBeside:
    """The Pi camera with its calibration; enter it to start it.

    Entering raises CalibrationError where there is no calibration for this pair of cameras, and
    what PiColour raises.
    """

    def __init__(self, settings: CameraSettings, depth_serial: str | None) -> None:
        self._settings = settings
        self._calibration = _calibration_for(settings, depth_serial or "")
        self.color: Intrinsics = colour_for_size(
            self._calibration, settings.color_width_px, settings.color_height_px
        )
        self.to_color: Extrinsics = self._calibration.depth_to_colour
        self._source = PiColour(settings)
        self._moments = DepthMoments(_NS // settings.fps)
        self._met_s = 0.0
        self._checked = False

    def __enter__(self) -> Self:
        self._source.__enter__()
        self._met_s = time.monotonic()
        return self

    def __exit__(self, *why: object) -> None:
        self._source.__exit__(*why)

    def describe(self) -> str:
        """Name and picture size."""
        return self._source.describe()

    def color_rgb(self, depth: Any, arrival: Arrival) -> Bytes | None:
        """The picture that belongs to a librealsense depth frame; None where it was lost.

        Raises StreamStalledError where the Pi camera stopped, or its pictures never belong.
        """
        picture = self._source.near(self._moments.of(depth, arrival))
        now = time.monotonic()
        if picture is None:
            if now - self._met_s > _NEVER_MET_S:
                raise StreamStalledError(
                    "The Pi camera's pictures and the depth images never meet in time: set"
                    " camera/fps to what both cameras can do."
                )
            return None
        self._met_s = now
        if not self._checked:
            self._check(picture)
            self._checked = True
        return picture.rgb()

    def _check(self, picture: Picture) -> None:
        calibrated, seen = self._calibration.sensor_crop_px, picture.sensor_crop_px
        if calibrated is not None and seen is not None and calibrated != seen:
            raise CalibrationError(
                f"The Pi camera shows the part {seen} of its sensor and was calibrated with"
                f" {calibrated}: run racklight calibrate again."
            )


def _calibration_for(settings: CameraSettings, depth_serial: str) -> Calibration:
    file = Path(settings.calibration) if settings.calibration else None
    calibration = load_calibration(file)
    known = calibration.depth_serial
    if known and depth_serial and known != depth_serial:
        raise CalibrationError(
            f"The calibration was made with the RealSense {known}, and {depth_serial} is plugged"
            " in: run racklight calibrate again."
        )
    return calibration
