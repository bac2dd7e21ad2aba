"""A full fake of what is used of picamera2, with the behaviour of the real one (0.3.x).

`FakePicamera2` is as blocking, as starved of buffers and as strict as the real class;
`FakeHardware` is the camera behind it, whose cable can be pulled. Read from picamera2.py,
request.py and job.py of picamera2 0.3.38; test_picamera2_contract.py runs the same tests against
both.

    hardware = FakeHardware()
    sys.modules["picamera2"] = hardware.module()
"""

from __future__ import annotations

import threading
import time
import types
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
# A Camera Module 3 (imx708): the fast mode sees only the middle two thirds.
MODES = [
    {"size": (1536, 864), "bit_depth": 10, "fps": 120.13, "crop_limits": (768, 432, 3072, 1728)},
    {"size": (2304, 1296), "bit_depth": 10, "fps": 56.03, "crop_limits": (0, 0, 4608, 2592)},
    {"size": (4608, 2592), "bit_depth": 10, "fps": 14.35, "crop_limits": (0, 0, 4608, 2592)},
]
EXPOSURE_US = 8000


def grey_yuv(number: int, width: int, height: int, stride: int) -> Bytes:
    """YUV420 with padding: Y is the number, the padding is 255, no colour."""
    yuv = np.full((height * 3 // 2, stride), 255, np.uint8)
    yuv[:height, :width] = 16 + number % 200
    chroma = yuv[height:].reshape(height, stride // 2)  # U, then V, at half the stride
    chroma[:, : width // 2] = 128
    return yuv


class FakeHardware:
    """The camera: makes a picture every `FrameDurationLimits` into a free buffer."""

    def __init__(
        self,
        *,
        cameras: tuple[str, ...] = ("imx708",),
        align: int = 64,
        behind_ns: int = 0,
        paint: Callable[[int, int, int, int], Bytes] = grey_yuv,
        controls: tuple[str, ...] = ("FrameDurationLimits", "AfMode", "LensPosition"),
    ) -> None:
        self.cameras = cameras
        self.align = align
        self.behind_ns = behind_ns  # how far the stamp's clock is ahead of CLOCK_MONOTONIC
        self.paint = paint
        self.controls = controls
        self.modes: list[dict[str, Any]] = [dict(mode, format="SRGGB10") for mode in MODES]
        self.crop = (0, 0, 4608, 2592)
        self.plugged = True
        self.hangs = False  # libcamera's stop() never returns
        self.acquired: FakePicamera2 | None = None
        self.opened = 0
        self.asked: dict[str, Any] = {}  # the last configuration
        self.number = 0

    def module(self) -> types.ModuleType:
        """What `import picamera2` gives."""
        module = types.ModuleType("picamera2")
        module.Picamera2 = type(  # type: ignore[attr-defined]
            "Picamera2", (FakePicamera2,), {"hardware": self}
        )
        return module

    def pull_cable(self) -> None:
        self.plugged = False

    def plug_in(self) -> None:
        self.plugged = True


class _Job:
    def __init__(self, functions: list[Callable[[], tuple[bool, Any]]]) -> None:
        self.functions = functions
        self.future: Future[Any] = Future()
        self.future.set_running_or_notify_cancel()
        self.result: Any = None

    def execute(self) -> bool:
        try:
            while self.functions:
                done, result = self.functions[0]()
                if not done:
                    break
                self.functions.pop(0)
                self.result = result
        except Exception as error:
            self.future.set_exception(error)
            self.functions = []
        return not self.functions

    def signal(self) -> None:
        if not self.future.done():
            self.future.set_result(self.result)

    def get_result(self, timeout: float | None = None) -> Any:
        return self.future.result(timeout=timeout)

    def cancel(self) -> None:
        self.future.set_exception(CancelledError())


class FakeRequest:
    """A completed request: one buffer of each stream, counted references."""

    def __init__(self, camera: FakePicamera2, number: int, stamp_ns: int) -> None:
        self._camera = camera
        self._number = number
        self._stamp_ns = stamp_ns
        self._session = camera.stop_count
        self._config = dict(camera.camera_config)
        self.ref_count = 1
        self._lock = camera.request_lock

    def acquire(self) -> None:
        with self._lock:
            if self.ref_count == 0:
                raise RuntimeError("CompletedRequest: acquiring lock with ref_count 0")
            self.ref_count += 1

    def release(self) -> None:
        with self._lock:
            self.ref_count -= 1
            if self.ref_count < 0:
                raise RuntimeError("CompletedRequest: lock now has negative ref_count")
            if self.ref_count == 0:
                if self._camera.started and self._session == self._camera.stop_count:
                    self._camera.free_buffers += 1
                self._config = {}

    def make_array(self, name: str) -> Bytes:
        config = self._config.get(name)
        if config is None:
            raise RuntimeError(f"Stream {name!r} is not defined")
        (width, height), stride = config["size"], config["stride"]
        paint = self._camera.hardware.paint
        if config["format"] == "YUV420":
            return np.copy(paint(self._number, width, height, stride))
        pixels = np.full((height, stride // 3 * 3), self._number % 200, np.uint8)
        return np.ascontiguousarray(pixels[:, : width * 3].reshape(height, width, 3))

    def get_metadata(self) -> dict[str, Any]:
        assert self._config, "the request was released"
        return {
            "SensorTimestamp": self._stamp_ns,
            "ExposureTime": EXPOSURE_US,
            "FrameDuration": round(self._camera.period_s * 1e6),
            "ScalerCrop": self._camera.hardware.crop,
        }


class FakePicamera2:
    """picamera2.Picamera2 with the null preview's event loop."""

    hardware: FakeHardware

    @classmethod
    def global_camera_info(cls) -> list[dict[str, Any]]:
        found = [
            {"Model": model, "Location": 2, "Rotation": 180, "Id": _id_of(model), "Num": number}
            for number, model in enumerate(cls.hardware.cameras)
        ]
        return sorted(found, key=lambda one: ("/usb" not in one["Id"], one["Id"]), reverse=True)

    def __init__(self, camera_num: int = 0) -> None:
        if camera_num >= len(self.global_camera_info()):
            raise RuntimeError(
                f'No camera number {camera_num} found - use "rpicam-hello --list-cameras" to check'
                " connected cameras"
            )
        self.is_open = False
        if self.hardware.acquired is not None:
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self.hardware.acquired = self
        self.hardware.opened += 1
        self.is_open = True
        self.request_lock = threading.Lock()
        self.lock = threading.Lock()
        self.camera_config: dict[str, Any] = {}
        self.camera_properties: dict[str, Any] = {"Model": "imx708", "ColorFilterArrangement": 0}
        self.completed_requests: list[FakeRequest] = []
        self.started = False
        self.stop_count = 0
        self.free_buffers = 0
        self.period_s = 1 / 30
        self._new: list[FakeRequest] = []
        self._job_list: list[_Job] = []
        self._queue_length = 0
        self._wake = threading.Event()
        self._abort = threading.Event()
        self._loop: threading.Thread | None = None
        self._sensor: threading.Thread | None = None

    # -------------------------------------------------------- configuration

    @property
    def camera_controls(self) -> dict[str, tuple[Any, Any, Any]]:
        return dict.fromkeys(self.hardware.controls, (0, 1, 0)) if self.is_open else {}

    @property
    def sensor_modes(self) -> list[dict[str, Any]]:
        if self.started:  # it reconfigures the camera for each
            raise RuntimeError("Camera must be stopped before configuring")
        return self.hardware.modes

    def create_video_configuration(
        self,
        main: dict[str, Any] | None = None,
        lores: dict[str, Any] | None = None,
        buffer_count: int = 6,
        controls: dict[str, Any] | None = None,
        queue: bool = True,
        sensor: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        if not self.is_open:
            raise RuntimeError("Camera not opened")
        full = _stream({"format": "XBGR8888", "size": (1280, 720)}, main or {})
        small = lores and _stream({"format": "YUV420", "size": full["size"]}, lores)
        return {
            "use_case": "video", "buffer_count": buffer_count, "queue": queue, "main": full,
            "lores": small, "raw": {}, "sensor": sensor or {},
            "controls": {"FrameDurationLimits": (33333, 33333)} | (controls or {}),
        }  # fmt: skip

    def configure(self, camera_config: dict[str, Any]) -> None:
        if self.started:
            raise RuntimeError("Camera must be stopped before configuring")
        config = dict(camera_config)
        bad = set(config["sensor"]) - {"bit_depth", "output_size"}
        if bad:
            raise RuntimeError(f"Unexpected keys {bad} in sensor configuration")
        unknown = set(config["controls"]) - set(self.hardware.controls)
        if unknown:
            raise RuntimeError(f"Control {unknown.pop()} is not advertised by libcamera")
        for name in ("main", "lores"):
            if config[name] is None:
                continue
            width, height = config[name]["size"]
            if width % 2 or height % 2:
                raise RuntimeError("width and height should be even")
            if any(a > b for a, b in zip((width, height), config["main"]["size"], strict=True)):
                raise RuntimeError("lores stream dimensions may not exceed main stream")
            pixel = {"YUV420": 1, "RGB888": 3, "BGR888": 3, "XBGR8888": 4}[config[name]["format"]]
            align = self.hardware.align
            config[name] = dict(config[name], stride=-(-width * pixel // align) * align)
        self.camera_config = self.hardware.asked = config
        self._queue_length = 1 if config["queue"] and config["buffer_count"] > 1 else 0
        self.period_s = config["controls"]["FrameDurationLimits"][0] / 1e6

    def camera_configuration(self) -> dict[str, Any]:
        return self.camera_config

    # -------------------------------------------------------- running

    def start(self) -> None:
        if not self.camera_config:
            self.configure(self.create_video_configuration())
        if self._loop is None:
            self._abort.clear()
            self._loop = threading.Thread(target=self._run_loop, daemon=True)
            self._loop.start()
        if self.started:
            return
        self.started = True
        self.free_buffers = self.camera_config["buffer_count"]
        self._sensor = threading.Thread(target=self._expose, args=(self.stop_count,), daemon=True)
        self._sensor.start()

    def stop(self) -> None:
        if not self.started:
            return
        if self._loop is not None:
            self._dispatch([self._stop], True, immediate=True)
        else:
            self._stop()

    def close(self) -> None:
        if self._loop is not None:  # the preview goes first, so that stop needs no job
            self._abort.set()
            self._loop.join()
            self._loop = None
        if not self.is_open:
            return
        self.stop()
        self.is_open = False
        self.camera_config = {}
        self.hardware.acquired = None

    def __enter__(self) -> FakePicamera2:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _stop(self) -> tuple[bool, None]:
        if self.started:
            while self.hardware.hangs:
                time.sleep(0.01)
            self.stop_count += 1
            self.started = False
            for request in (*self._new, *self.completed_requests):
                request.release()
            self._new, self.completed_requests = [], []
        return True, None

    def _expose(self, session: int) -> None:
        due = time.monotonic()
        while self.started and session == self.stop_count:
            due += self.period_s
            time.sleep(max(0.0, due - time.monotonic()))
            self.hardware.number += 1  # the sensor goes on without a buffer
            with self.request_lock:
                ready = self.hardware.plugged and self.started and self.free_buffers > 0
                self.free_buffers -= ready
            if ready and session == self.stop_count:
                stamp_ns = time.monotonic_ns() + self.hardware.behind_ns
                self._new.append(FakeRequest(self, self.hardware.number, stamp_ns))
                self._wake.set()

    # -------------------------------------------------------- event loop and jobs

    def _run_loop(self) -> None:
        while not self._abort.is_set():
            if self._wake.wait(0.05):
                self._wake.clear()
                self._process()

    def _process(self) -> None:
        finished = []
        with self.lock:
            new, self._new = self._new, []
            self.completed_requests += new
            while self._job_list and self._job_list[0].execute():
                finished.append(self._job_list.pop(0))
            while len(self.completed_requests) > self._queue_length:
                self.completed_requests.pop(0).release()
        for job in finished:
            job.signal()

    def _dispatch(
        self, functions: list[Callable[[], Any]], wait: Any, immediate: bool = False
    ) -> Any:
        timeout = None if wait is None or wait is True else wait
        with self.lock:
            only = not self._job_list
            job = _Job(functions)
            self._job_list.append(job)
            if only and (self.completed_requests or immediate):
                self._wake.set()
        return job if wait is False else job.get_result(timeout)

    def cancel_all_and_flush(self) -> None:
        with self.lock:
            for job in self._job_list:
                job.cancel()
            self._job_list = []

    def capture_request(self, wait: Any = None, flush: Any = None) -> Any:
        after = time.monotonic_ns() if flush is True else flush
        return self._dispatch([partial(self._newer_than, after), self._take], wait)

    def capture_array(self, name: str = "main", wait: Any = None) -> Any:
        return self._dispatch([partial(self._take_array, name)], wait)

    def capture_metadata(self, wait: Any = None) -> Any:
        return self._dispatch([self._take_metadata], wait)

    def _newer_than(self, after_ns: int | None) -> tuple[bool, None]:
        if not after_ns:
            return True, None
        while self.completed_requests:
            metadata = self.completed_requests[0].get_metadata()
            if metadata["SensorTimestamp"] - 1000 * metadata["ExposureTime"] >= after_ns:
                return True, None
            self.completed_requests.pop(0).release()
        return False, None

    def _take(self) -> tuple[bool, Any]:
        return (True, self.completed_requests.pop(0)) if self.completed_requests else (False, None)

    def _take_array(self, name: str) -> tuple[bool, Any]:
        done, request = self._take()
        if not done:
            return False, None
        try:
            return True, request.make_array(name)
        finally:
            request.release()

    def _take_metadata(self) -> tuple[bool, Any]:
        done, request = self._take()
        if not done:
            return False, None
        metadata = request.get_metadata()
        request.release()
        return True, metadata


def _stream(default: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    for key in given:
        if key not in ("format", "size", "stride", "preserve_ar"):
            raise ValueError(f"Bad key {key!r}: valid stream configuration keys are ...")
    stream = default | given
    width, height = stream["size"]
    return stream | {"size": (width - width % 2, height - height % 2)}


def _id_of(model: str) -> str:
    place = "usb@0/" if model.startswith("usb") else "i2c@88000/"
    return f"/base/axi/pcie@120000/rp1/{place}{model}@1a"
