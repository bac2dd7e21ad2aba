"""Which streams of a RealSense are asked for, and what those that came are like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from device.cameras import librealsense
from device.cameras.librealsense import library
from device.errors import BadRecordingError
from device.records import Bytes, Extrinsics, Intrinsics
from device.settings import CameraSettings

LEFT_IMAGER = 1  # librealsense's number of the infrared imager that depth is seen from


@dataclass(frozen=True, slots=True)
class Streams:
    """The lenses of a started camera or recording."""

    depth: Intrinsics | None
    color: Intrinsics | None  # None: another camera gives the colour
    color_kind: str  # 'color' or 'infrared'
    color_format: str
    to_color: Extrinsics
    fps: int

    def color_frame(self, frames: Any) -> Any:
        """The frame of a frameset that is the pose model's input; falsy where it is missing."""
        if self.color_kind == "infrared":
            return frames.get_infrared_frame(LEFT_IMAGER)
        return frames.get_color_frame()

    def color_rgb(self, frame: Any) -> Bytes:
        """(height, width, 3) RGB in memory of its own; an infrared picture is grey."""
        return librealsense.color_rgb(frame, self.color_format)


def enable(config: Any, wanted: CameraSettings) -> None:
    """Asks for depth and for what the setting colour_source needs beside it."""
    rs = library()
    depth_size = wanted.depth_width_px, wanted.depth_height_px
    config.enable_stream(rs.stream.depth, *depth_size, rs.format.z16, wanted.fps)
    if wanted.colour_source == "infrared":
        config.enable_stream(rs.stream.infrared, LEFT_IMAGER, *depth_size, rs.format.y8, wanted.fps)
    elif wanted.colour_source == "realsense":
        color_size = wanted.color_width_px, wanted.color_height_px
        config.enable_stream(rs.stream.color, *color_size, rs.format.rgb8, wanted.fps)


def describe(wanted: CameraSettings) -> str:
    """What `enable` asks for, in words."""
    text = f"depth {wanted.depth_width_px}x{wanted.depth_height_px}"
    if wanted.colour_source == "infrared":
        text += " with infrared"
    elif wanted.colour_source == "realsense":
        text += f" with colour {wanted.color_width_px}x{wanted.color_height_px}"
    return f"{text} at {wanted.fps} fps"


def read(profile: Any, name: str, colour_source: str, *, recorded: bool) -> Streams:
    """What a started pipeline delivers. Raises BadRecordingError.

    A recording gives what it holds: colour, or infrared where it has no colour or that is set.
    """
    rs = library()
    found = {
        (stream.stream_type(), stream.stream_index()): stream.as_video_stream_profile()
        for stream in profile.get_streams()
        if stream.is_video_stream_profile()
    }
    depth = found.get((rs.stream.depth, 0))
    color = next((one for (kind, _), one in found.items() if kind == rs.stream.color), None)
    infrared = found.get((rs.stream.infrared, LEFT_IMAGER))
    if infrared is not None and (color is None or colour_source == "infrared"):
        kind, lead = "infrared", infrared
    elif color is not None:
        kind, lead = "color", color
    elif colour_source == "picamera" and not recorded and depth is not None:
        return Streams(
            librealsense.intrinsics_from(depth.intrinsics), None, "none", "none",
            Extrinsics(np.eye(3), np.zeros(3)), int(depth.fps()),
        )  # fmt: skip
    else:
        raise BadRecordingError(
            f"{name} has no colour and no infrared stream: record it with colour."
        )
    format_name = str(lead.format()).removeprefix("format.")
    if format_name not in librealsense.COLOR_FORMATS:
        raise BadRecordingError(
            f"{name} has colour in the format {format_name}: record it as rgb8."
        )
    return Streams(
        depth=None if depth is None else librealsense.intrinsics_from(depth.intrinsics),
        color=librealsense.intrinsics_from(lead.intrinsics),
        color_kind=kind,
        color_format=format_name,
        to_color=_to_color(depth, lead, name),
        fps=int(lead.fps()),
    )


def _to_color(depth: Any, color: Any, name: str) -> Extrinsics:
    if depth is None:
        return Extrinsics(np.eye(3), np.zeros(3))
    try:
        return librealsense.extrinsics_from(depth.get_extrinsics_to(color))
    except RuntimeError as error:
        raise BadRecordingError(
            f"{name} doesn't tell where its cameras sit: record it again."
        ) from error
