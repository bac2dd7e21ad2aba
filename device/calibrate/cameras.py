"""The two cameras at once: the RealSense's left infrared and depth, and the Pi camera's picture.

The infrared picture is seen from where depth is seen, with the same lens, so nothing has to be
known of the RealSense's own colour camera. The pictures need not be of the same instant: only a
board that is held still counts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from device.cameras import open_camera
from device.cameras.picamera import PiColour
from device.records import Bytes, DepthImage
from device.settings import CameraSettings

SHARP_WIDTH_PX = 960  # from here on a board's corners are found well in a wide lens's picture


@dataclass(frozen=True, slots=True)
class Moment:
    """What both cameras saw."""

    time_s: float
    colour: Bytes | None  # (height, width) grey; None: that picture was lost
    infrared: Bytes  # (height, width)
    depth: DepthImage


class BothCameras:
    """Enter it to start them; iterate for moments. Raises CameraError as the cameras do."""

    def __init__(self, settings: CameraSettings) -> None:
        self._colour_settings = sharp(settings)
        self._camera = open_camera(dataclasses.replace(settings, colour_source="infrared"))
        self._colour = PiColour(self._colour_settings)
        self._stack = ExitStack()
        self.sensor_crop_px: tuple[int, int, int, int] | None = None

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the colour picture."""
        return self._colour_settings.color_width_px, self._colour_settings.color_height_px

    @property
    def colour_model(self) -> str:
        """Which Pi camera it is."""
        return self._colour.model

    @property
    def depth_serial(self) -> str:
        """The RealSense's serial number, which ends its name; empty: not known."""
        last = self._camera.name.split()[-1]
        return last if last.isdigit() else ""

    def describe(self) -> str:
        """Both in one line."""
        return f"{self._camera.describe()}; {self._colour.describe()}"

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self._camera)
            stack.enter_context(self._colour)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def __iter__(self) -> Iterator[Moment]:
        for frame in self._camera:
            if frame.depth is None:
                continue
            picture = self._colour.near(round(frame.arrived_s * 1e9))
            grey = None
            if picture is not None:
                self.sensor_crop_px = picture.sensor_crop_px
                rows = picture.yuv.shape[0] * 2 // 3  # of brightness, above those of colour
                grey = np.ascontiguousarray(picture.yuv[:rows, : picture.width_px])
            infrared = np.ascontiguousarray(frame.color_rgb[..., 0])
            yield Moment(frame.time_s, grey, infrared, frame.depth)


def sharp(settings: CameraSettings) -> CameraSettings:
    """The same picture, at least SHARP_WIDTH_PX wide; a calibration serves every size."""
    times = 1
    while settings.color_width_px * times < SHARP_WIDTH_PX:
        times *= 2
    return dataclasses.replace(
        settings,
        color_width_px=settings.color_width_px * times,
        color_height_px=settings.color_height_px * times,
    )
