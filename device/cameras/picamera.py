"""The Pi camera as a source of colour, through picamera2 (from apt: python3-picamera2).

    with PiColour(settings.camera) as colour:
        picture = colour.near(time.monotonic_ns())
        if picture is not None:
            show(picture.rgb())

A thread takes every picture out of the camera at once, copies it and gives the buffer back; held
buffers would starve the camera. The newest few copies are kept, to be matched with depth by time.
What is not asked for is never converted.
"""

from __future__ import annotations

import atexit
import contextlib
import threading
import time
from collections import deque
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np

from device.errors import CameraStuckError, NoCameraError, StreamStalledError
from device.records import Bytes
from device.settings import CameraSettings

STREAM = "lores"
BUFFERS = 6  # of the camera; one is with the program for a copy's time, one kept by picamera2
FOCUS_M = 1.2  # a lens that moves is held there: another focus has other intrinsics
# A little faster than the depth, so that some picture always lies within half a depth frame.
FASTER = 1.01
_KEPT = 6  # pictures, 0.2 s
_FIRST_PICTURE_S = 3.0
_LET_GO_S = 4.0  # stop() of a camera that was pulled off may never return (picamera2 #1065)
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of the Pi camera as it came.

    `yuv` is (3/2 height, stride) uint8: rows of Y, then U and V at half size, two of their rows in
    each; the stride may be wider than the picture. `moment_ns` is the middle of its exposure on
    CLOCK_MONOTONIC, `sensor_crop_px` (x, y, width, height) what it shows of the sensor.
    """

    yuv: Bytes
    width_px: int
    moment_ns: int
    sensor_crop_px: tuple[int, int, int, int] | None

    def rgb(self) -> Bytes:
        """(height, width, 3) RGB, 0.1 ms at 640x360."""
        # Converted with its padding, which holds padding of chroma too, and cropped afterwards.
        padded = cv2.cvtColor(self.yuv, cv2.COLOR_YUV2RGB_I420)
        return np.ascontiguousarray(padded[:, : self.width_px], np.uint8)


class PiColour:
    """The first camera on the Pi's ribbon cables; enter it to start it.

    Entering raises NoCameraError; `near` raises StreamStalledError soon after the camera stops;
    leaving raises CameraStuckError where the camera can't be let go.
    """

    def __init__(self, settings: CameraSettings) -> None:
        self._settings = settings
        self._size = (settings.color_width_px, settings.color_height_px)
        self._pictures: deque[Picture] = deque(maxlen=_KEPT)
        self._changed = threading.Condition()
        self._leaving = False
        self._trouble: str | None = None
        self._camera: Any = None
        self._reader: threading.Thread | None = None
        self._readout_ns = 0
        self.model = "Pi camera"

    def __enter__(self) -> Self:
        self._camera = self._opened()
        try:
            self._camera.configure(self._configuration())
            self._check_size()
            self._camera.start()
        except NoCameraError:
            self._let_go()
            raise
        except RuntimeError as error:
            self._let_go()
            raise NoCameraError(
                f"The {self.model} can't be started ({error}): change the sizes or fps in the"
                " [camera] settings."
            ) from error
        self._reader = threading.Thread(target=self._read, name="picamera", daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._let_go()

    def describe(self) -> str:
        """Name and picture size."""
        return f"{self.model} {self._size[0]}x{self._size[1]}"

    def newest(self) -> Picture | None:
        """The latest picture; None where none has come yet."""
        with self._changed:
            return self._pictures[-1] if self._pictures else None

    def near(self, moment_ns: int, patience_s: float = 0.1) -> Picture | None:
        """The picture exposed within half a frame of a moment on CLOCK_MONOTONIC.

        Waits while it may still come, at most `patience_s`; None where there is none. Raises
        StreamStalledError where the camera has stopped.
        """
        half_ns = _NS / self._settings.fps / 2
        deadline = time.monotonic() + patience_s
        with self._changed:
            while True:
                if self._trouble is not None:
                    raise StreamStalledError(self._trouble)
                nearest = min(
                    self._pictures, key=lambda one: abs(one.moment_ns - moment_ns), default=None
                )
                if nearest is not None and abs(nearest.moment_ns - moment_ns) <= half_ns:
                    return nearest
                left_s = deadline - time.monotonic()
                passed = bool(self._pictures) and self._pictures[-1].moment_ns > moment_ns
                if passed or left_s <= 0:
                    return None
                self._changed.wait(left_s)

    # ------------------------------------------------------------ the camera

    def _opened(self) -> Any:
        try:
            from picamera2 import Picamera2
        except (ImportError, OSError) as error:
            raise NoCameraError(
                f"The Pi camera's library can't be loaded ({error}): sudo apt install"
                " python3-picamera2, or set camera/colour_source = realsense."
            ) from error
        try:
            found = Picamera2.global_camera_info()
            number = next(i for i, one in enumerate(found) if "/usb" not in str(one.get("Id")))
        except StopIteration:
            raise NoCameraError(
                "No Pi camera is connected: switch the Pi off, push its ribbon cable in on both"
                " ends, or set camera/colour_source = realsense."
            ) from None
        self.model = f"Pi camera {found[number].get('Model', '')}".strip()
        try:
            return Picamera2(number)
        except RuntimeError as error:
            raise NoCameraError(
                f"The {self.model} can't be opened ({error}): stop other programs that use it."
            ) from error

    def _configuration(self) -> Any:
        period_us = round(1e6 / (self._settings.fps * FASTER))
        controls: dict[str, Any] = {"FrameDurationLimits": (period_us, period_us)}
        if "AfMode" in self._camera.camera_controls:
            controls |= {"AfMode": 0, "LensPosition": 1 / FOCUS_M}  # manual, in dioptres
        mode = widest_mode(self._camera.sensor_modes, self._settings.fps * FASTER)
        sensor = {}
        if mode is not None:
            sensor = {"output_size": mode["size"], "bit_depth": mode["bit_depth"]}
            self._readout_ns = round(_NS / mode["fps"])  # its fastest rate leaves no pause
        stream = {"size": self._size, "format": "YUV420"}
        return self._camera.create_video_configuration(
            main=dict(stream), lores=dict(stream), buffer_count=BUFFERS, queue=True,
            controls=controls, sensor=sensor,
        )  # fmt: skip

    def _check_size(self) -> None:
        """libcamera may give another size than it was asked for."""
        given = self._camera.camera_configuration()[STREAM]
        if tuple(given["size"]) != self._size or given["format"] != "YUV420":
            width, height = given["size"]
            raise NoCameraError(
                f"The {self.model} gives {width}x{height} instead of {self._size[0]}x"
                f"{self._size[1]}: change camera/color_width_px and color_height_px."
            )

    # ------------------------------------------------------------ pictures

    def _read(self) -> None:
        """In the thread: until the camera is left, or stops."""
        patience_s = max(self._settings.stall_s, _FIRST_PICTURE_S)
        trouble = None
        try:
            while not self._leaving:
                self._keep(self._taken(patience_s))
                patience_s = self._settings.stall_s
        except TimeoutError:
            trouble = f"no picture for {patience_s:.1f} s"
        except CancelledError:
            pass  # by _let_go
        except Exception as error:  # whatever it is, the other thread must hear of it
            trouble = f"{type(error).__name__}: {error}"
        if trouble is not None and not self._leaving:
            with self._changed:
                self._trouble = (
                    f"The {self.model} stopped sending ({trouble}): check its ribbon cable on both"
                    " ends."
                )
                self._changed.notify_all()

    def _taken(self, patience_s: float) -> Picture:
        request = self._camera.capture_request(wait=patience_s)
        try:
            yuv, metadata = request.make_array(STREAM), request.get_metadata()
        finally:
            request.release()  # exactly once
        crop = metadata.get("ScalerCrop")
        return Picture(
            yuv=yuv,
            width_px=self._size[0],
            moment_ns=exposure_middle_ns(metadata, self._readout_ns),
            sensor_crop_px=None if crop is None else tuple(crop),
        )

    def _keep(self, picture: Picture) -> None:
        with self._changed:
            self._pictures.append(picture)
            self._changed.notify_all()

    # ------------------------------------------------------------ leaving

    def _let_go(self) -> None:
        """Ends reader and camera, in a thread, for closing may never return."""
        self._leaving = True
        if self._camera is None:
            return
        closer = threading.Thread(target=self._close, name="picamera close", daemon=True)
        closer.start()
        closer.join(_LET_GO_S)
        if self._camera is not None:
            atexit.unregister(self._camera.close)  # it would hang, or fail, there again
            raise CameraStuckError(
                f"The {self.model} can't be let go: start the program again, and check the"
                " camera's ribbon cable."
            )

    def _close(self) -> None:
        camera, reader = self._camera, self._reader
        while reader is not None and reader.is_alive():
            camera.cancel_all_and_flush()  # ends what the reader waits for
            reader.join(0.02)
        with contextlib.suppress(Exception):  # then the camera stays, and _let_go says so
            camera.close()  # stops it too, not behind the captures that wait, as stop() does
            self._camera = None


def widest_mode(modes: list[dict[str, Any]], fps: float) -> dict[str, Any] | None:
    """The sensor mode that sees most, among those the fastest enough, then the smallest.

    picamera2 would choose by size alone: on a Camera Module 3 it takes a mode that sees the middle
    two thirds. None where the camera tells no modes.
    """
    known = [mode for mode in modes if {"size", "bit_depth", "fps", "crop_limits"} <= mode.keys()]
    fast = [mode for mode in known if mode["fps"] >= fps]
    return max(fast, key=_view_then_smallness, default=None)


def exposure_middle_ns(metadata: dict[str, Any], readout_ns: int) -> int:
    """Middle of a rolling shutter's exposure in the middle of the picture, on CLOCK_MONOTONIC.

    SensorTimestamp is when the readout of the first row begins, so the end of that row's exposure
    (picamera2 #821). libcamera promises CLOCK_BOOTTIME, Pi drivers stamp CLOCK_MONOTONIC (libcamera
    bug 254); they differ by the time that the computer slept, which a Pi does not. A stamp that
    would lie ahead of the monotonic clock is of the other one.
    """
    stamp_ns = int(metadata["SensorTimestamp"])
    if stamp_ns > time.monotonic_ns():
        stamp_ns -= time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()
    return stamp_ns + readout_ns // 2 - 1000 * int(metadata.get("ExposureTime", 0)) // 2


def _view_then_smallness(mode: dict[str, Any]) -> tuple[int, int, int]:
    _, _, view_width, view_height = mode["crop_limits"]
    width, height = mode["size"]
    return view_width * view_height, -width * height, -mode["bit_depth"]
