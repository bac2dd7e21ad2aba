"""A RealSense made of software: frames pushed in come out of the ordinary `rs.pipeline`.

software = SoftwareCamera(depth, color, to_color)
with RealSenseCamera(software.settings(CameraSettings()), device=software.device) as camera:
    software.push(1, 0.0, color_rgb, depth_raw)
    frame = next(iter(camera))
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from device.cameras import librealsense, streams
from device.cameras.librealsense import library
from device.records import Bytes, Depth, Extrinsics, Intrinsics
from device.settings import CameraSettings

_COLOR_BYTES = {"rgb8": 3, "bgr8": 3, "yuyv": 2, "y8": 1}
_DEPTH_BYTES = 2


class SoftwareCamera:
    """An `rs.software_device` with a depth and a colour stream, by default like a D455.

    `color_format` y8 makes the second stream the left infrared image; `color` None leaves it out.
    """

    def __init__(
        self,
        depth: Intrinsics,
        color: Intrinsics | None,
        to_color: Extrinsics,
        *,
        fps: int = 30,
        unit_m: float = 0.001,
        baseline_m: float = 0.095,
        name: str = "Simulated RealSense D455",
        serial: str = "000000000000",
        usb: str = "3.2",
        color_format: str = "rgb8",
        domain: str = "hardware_clock",
    ) -> None:
        rs = library()
        self._domain = getattr(rs.timestamp_domain, domain)
        self._fps, self._unit_m = fps, unit_m
        self._depth, self._color = depth, color
        self.device = rs.software_device()
        for key, value in (
            (rs.camera_info.name, name),
            (rs.camera_info.serial_number, serial),
            (rs.camera_info.product_line, "D400"),
            (rs.camera_info.firmware_version, "5.17.0.10"),
            (rs.camera_info.usb_type_descriptor, usb),
        ):
            self.device.register_info(key, value)
        self._color_bytes = _COLOR_BYTES[color_format]
        self._depth_sensor = self.device.add_sensor("Stereo Module")
        self._depth_profile = self._add_stream(
            self._depth_sensor, rs.stream.depth, rs.format.z16, _DEPTH_BYTES, depth
        )
        if color is not None:
            infrared = color_format == "y8"  # of the same sensor as depth
            self._color_sensor = (
                self._depth_sensor if infrared else self.device.add_sensor("RGB Camera")
            )
            self._color_profile = self._add_stream(
                self._color_sensor,
                rs.stream.infrared if infrared else rs.stream.color,
                getattr(rs.format, color_format),
                self._color_bytes,
                color,
                index=streams.LEFT_IMAGER if infrared else 0,
            )
            self._depth_profile.register_extrinsics_to(
                self._color_profile, librealsense.extrinsics_to(to_color)
            )
        self._depth_sensor.add_read_only_option(rs.option.depth_units, unit_m)
        self._depth_sensor.add_read_only_option(rs.option.stereo_baseline, baseline_m * 1000)
        self.device.create_matcher(rs.matchers.default)

    def settings(self, base: CameraSettings) -> CameraSettings:
        """The settings with this device's streams, picture sizes and rate."""
        sized = dataclasses.replace(
            base,
            path="",
            depth_width_px=self._depth.width_px,
            depth_height_px=self._depth.height_px,
            fps=self._fps,
        )
        if self._color is None:
            return sized
        return dataclasses.replace(
            sized,
            color_width_px=self._color.width_px,
            color_height_px=self._color.height_px,
            colour_source="infrared" if self._color_bytes == 1 else "realsense",
        )

    def push(
        self,
        number: int,
        time_s: float,
        color: Bytes | None = None,
        depth_raw: Depth | None = None,
    ) -> None:
        """Sends one moment: colour (height, width, channels) uint8 (infrared has no channels),
        depth (height, width) uint16.

        One of them may be missing, as a camera that loses a frame leaves it out. Raises ValueError
        for another shape or type, which librealsense would answer by crashing.
        """
        if depth_raw is not None:
            pixels = _checked(depth_raw, (self._depth.height_px, self._depth.width_px), np.uint16)
            self._send(
                self._depth_sensor, self._depth_profile, pixels, _DEPTH_BYTES, number, time_s
            )
        if color is not None:
            if self._color is None:
                raise ValueError("this device has no colour stream")
            shape: tuple[int, ...] = (self._color.height_px, self._color.width_px)
            if self._color_bytes > 1:
                shape = (*shape, self._color_bytes)
            pixels = _checked(color, shape, np.uint8)
            self._send(
                self._color_sensor, self._color_profile, pixels, self._color_bytes, number, time_s
            )

    def _add_stream(
        self,
        sensor: Any,
        kind: Any,
        pixel_format: Any,
        pixel_bytes: int,
        camera: Intrinsics,
        index: int = 0,
    ) -> Any:
        stream = library().video_stream()
        stream.type, stream.fmt, stream.bpp = kind, pixel_format, pixel_bytes
        stream.index, stream.uid = index, int(kind)
        stream.width, stream.height, stream.fps = camera.width_px, camera.height_px, self._fps
        stream.intrinsics = librealsense.intrinsics_to(camera)
        return sensor.add_video_stream(stream, True).as_video_stream_profile()

    def _send(
        self, sensor: Any, profile: Any, pixels: Any, pixel_bytes: int, number: int, time_s: float
    ) -> None:
        rs = library()
        frame = rs.software_video_frame()  # a new one each time: pushing one twice crashes
        frame.pixels = pixels
        frame.bpp = pixel_bytes
        frame.stride = pixels.shape[1] * pixel_bytes
        frame.timestamp = time_s * 1000
        frame.domain = self._domain
        frame.frame_number = number
        frame.profile = profile
        if pixel_bytes == _DEPTH_BYTES and pixels.dtype == np.uint16:
            frame.depth_units = self._unit_m
        for key, value in (
            (rs.frame_metadata_value.frame_counter, number),
            (rs.frame_metadata_value.actual_fps, self._fps * 1000),  # in mHz; pairing needs it
            (rs.frame_metadata_value.sensor_timestamp, round(time_s * 1e6)),
            (rs.frame_metadata_value.frame_timestamp, round(time_s * 1e6)),
        ):
            sensor.set_metadata(key, value)
        sensor.on_video_frame(frame)


def _checked(pixels: npt.NDArray[Any], shape: tuple[int, ...], kind: type) -> npt.NDArray[Any]:
    if pixels.shape != shape or pixels.dtype != kind:
        raise ValueError(
            f"pixels of shape {pixels.shape} {pixels.dtype}, expected {shape} {kind.__name__}"
        )
    return np.ascontiguousarray(pixels)  # librealsense ignores strides
