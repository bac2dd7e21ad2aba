"""Between librealsense's values and ours."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from device.errors import NoCameraError
from device.records import Bytes, Extrinsics, Intrinsics

# Distance between the infrared imagers by product, for devices that don't tell it (Intel's D400
# series datasheet, table of depth modules).
_BASELINE_M = {"D405": 0.018, "D415": 0.055, "D435": 0.050, "D455": 0.095, "D457": 0.095}
_UNKNOWN_BASELINE_M = 0.050

_COLOR_TO_RGB = {
    "bgr8": cv2.COLOR_BGR2RGB,
    "rgba8": cv2.COLOR_RGBA2RGB,
    "bgra8": cv2.COLOR_BGRA2RGB,
    "yuyv": cv2.COLOR_YUV2RGB_YUYV,
    "uyvy": cv2.COLOR_YUV2RGB_UYVY,
    "y8": cv2.COLOR_GRAY2RGB,
}
COLOR_FORMATS = ("rgb8", *_COLOR_TO_RGB)


def library() -> Any:
    """The pyrealsense2 module. Raises NoCameraError where it is not installed."""
    try:
        import pyrealsense2
    except ImportError as error:
        raise NoCameraError(
            f"The RealSense library can't be loaded ({error}): run ./setup.sh install."
        ) from error
    return pyrealsense2


def intrinsics_from(given: Any) -> Intrinsics:
    """Ours from `rs.intrinsics`; librealsense orders distortion as we do."""
    k1, k2, p1, p2, k3 = (float(value) for value in given.coeffs)
    return Intrinsics(
        int(given.width), int(given.height), given.fx, given.fy, given.ppx, given.ppy,
        (k1, k2, p1, p2, k3),
    )  # fmt: skip


def intrinsics_to(camera: Intrinsics) -> Any:
    """`rs.intrinsics` from ours."""
    rs = library()
    made = rs.intrinsics()
    made.width, made.height = camera.width_px, camera.height_px
    made.fx, made.fy, made.ppx, made.ppy = (
        camera.fx_px, camera.fy_px, camera.cx_px, camera.cy_px,
    )  # fmt: skip
    made.model = rs.distortion.brown_conrady
    made.coeffs = list(camera.distortion)
    return made


def extrinsics_from(given: Any) -> Extrinsics:
    """Ours from `rs.extrinsics`, whose rotation is column-major."""
    rotation = np.array(given.rotation, float).reshape(3, 3, order="F")
    return Extrinsics(rotation, np.array(given.translation, float))


def extrinsics_to(given: Extrinsics) -> Any:
    """`rs.extrinsics` from ours."""
    made = library().extrinsics()
    made.rotation = given.rotation.ravel(order="F").tolist()
    made.translation = np.asarray(given.translation_m, float).tolist()
    return made


def info(device: Any, item: str) -> str | None:
    """A line of `rs.camera_info` by name, None where the device doesn't tell it."""
    key = getattr(library().camera_info, item)
    return str(device.get_info(key)) if device.supports(key) else None


def baseline_m(device: Any) -> float:
    """Distance between the infrared imagers: as the device tells it, else by product."""
    rs = library()
    for sensor in device.query_sensors():
        if sensor.supports(rs.option.stereo_baseline):
            return float(sensor.get_option(rs.option.stereo_baseline)) / 1000  # it is in mm
    name = info(device, "name") or ""
    return next((m for product, m in _BASELINE_M.items() if product in name), _UNKNOWN_BASELINE_M)


def color_rgb(frame: Any, format_name: str) -> Bytes:
    """A colour frame as (height, width, 3) RGB, in memory of its own."""
    data = np.asanyarray(frame.get_data())
    if format_name == "rgb8":
        return np.array(data, np.uint8)
    if format_name in ("yuyv", "uyvy"):
        data = data.view(np.uint8).reshape(frame.get_height(), frame.get_width(), 2)
    return np.asarray(cv2.cvtColor(data, _COLOR_TO_RGB[format_name]), np.uint8)
