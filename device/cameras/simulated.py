"""A simulated lifter in front of the real camera code: a clip through `rs.software_device`.

The clip holds clean depth; the noise of a D400 is put on while it plays. In real time a thread
feeds the frames at the clip's pace, as a camera would, and starts over at the end; a machine that
is too slow for that loses frames, and then time. Offline each frame is fed when the last one has
been taken, once through, so that none is lost.
"""

from __future__ import annotations

import atexit
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, Self

import cv2
import numpy as np
import numpy.typing as npt

from device import paths
from device.cameras.realsense import RealSenseCamera
from device.cameras.software import SoftwareCamera
from device.errors import BadRecordingError, StreamStalledError
from device.records import SIMULATED, Bytes, Depth, Extrinsics, Frame, Intrinsics
from device.settings import CameraSettings

TOO_SLOW = (
    "This computer is too slow for the simulated lifter just now: stop other programs, or use a"
    " faster one."
)
_GAP_S = 0.2  # no more is left out at a time, or a slow machine would never show a frame
_EDGE_M = 0.04  # neighbours further apart than this belong to different surfaces
_SCALE = 2
_NEIGHBOURS = np.ones((3, 3), np.uint8)
_DAMAGED = (OSError, ValueError, cv2.error)


class ClipMeta(Protocol):
    """What a clip says of itself."""

    @property
    def fps(self) -> int:
        """Frames per second."""

    @property
    def frames(self) -> int:
        """How many frames it has."""

    @property
    def color(self) -> Intrinsics:
        """The colour camera."""

    @property
    def depth(self) -> Intrinsics:
        """The depth camera, at half the sensor's resolution."""

    @property
    def to_color(self) -> Extrinsics:
        """From depth to colour axes."""

    @property
    def unit_m(self) -> float:
        """Metres per count of depth."""

    @property
    def baseline_m(self) -> float:
        """Between the infrared imagers."""


class Clip(Protocol):
    """A rendered lifter: colour and clean depth."""

    @property
    def meta(self) -> ClipMeta:
        """Its cameras, rate and length."""

    @property
    def script(self) -> Sequence[dict[str, Any]]:
        """What a person at the rack does meanwhile: {"time_s", "command", ...} each."""

    def frames(self) -> Iterator[tuple[Bytes, Depth]]:
        """Each frame's (colour (height, width, 3), depth (height, width) in units of unit_m)."""


# Clean depth (height, width) in m, 0 = hole -> what the sensor tells, in mm.
Noise = Callable[[npt.NDArray[np.float32]], Depth]


class SimulatedCamera:
    """Plays a clip as a camera.

    `realtime=False` delivers every frame, however slowly they are taken, and then ends unless
    `loop` says otherwise. Frame numbers count from 1 and, with the time, go on when the clip
    starts over; `clip_time_s(frame)` says where in the clip a frame is.
    """

    usb: str | None = None

    def __init__(
        self,
        settings: CameraSettings,
        *,
        realtime: bool = True,
        loop: bool | None = None,
        clip: Clip | None = None,
        noise: Noise | None = None,
        record_to: Path | None = None,
    ) -> None:
        self.live = realtime
        self._loop = realtime if loop is None else loop
        folder = Path(settings.path) if settings.path else paths.DEMO_CLIP
        self.clip = clip if clip is not None else open_clip(folder)
        meta = self.clip.meta
        self._depth = doubled(meta.depth)
        self._noise = noise or sensor_noise(self._depth, meta.baseline_m)
        self._software = SoftwareCamera(
            self._depth, meta.color, meta.to_color, fps=meta.fps, baseline_m=meta.baseline_m
        )
        self._camera = RealSenseCamera(
            self._software.settings(settings),
            device=self._software.device,
            record_to=record_to,
            live=realtime,
        )
        self.name = f"{SIMULATED} {folder.name}" if clip is None else SIMULATED
        self.frame_count = None if self._loop else meta.frames
        self._stop = threading.Event()
        self._feeder: threading.Thread | None = None
        self._trouble: BadRecordingError | None = None
        self._played_out = False
        self._callback: Callable[[dict[str, Any]], None] = lambda _: None

    def __enter__(self) -> Self:
        self._camera.__enter__()
        return self

    def __exit__(self, *why: object) -> None:
        try:
            self._end_feeding()
        finally:
            self._camera.__exit__(*why)

    def describe(self) -> str:
        """The device underneath, and that it is simulated."""
        return f"{self.name}, as {self._camera.describe()}"

    def reset(self) -> bool:
        """There is no hardware."""
        return False

    def clip_time_s(self, frame: Frame) -> float:
        """Where in the clip a frame is."""
        meta = self.clip.meta
        return ((frame.number - 1) % meta.frames) / meta.fps

    def __iter__(self) -> Iterator[Frame]:
        told = 0
        for frame in self._in_real_time() if self.live else self._one_by_one():
            self._tell(told, frame.number)
            told = frame.number
            yield frame

    def on_event(self, callback: Callable[[dict[str, Any]], None]) -> None:
        """Calls back with each entry of the clip's script when its moment comes, in every round.

        It is called by whoever iterates, just before the first frame at or after the entry's
        `time_s`.
        """
        self._callback = callback

    def _tell(self, before: int, now: int) -> None:
        """Entries due after frame number `before`, up to `now`."""
        meta = self.clip.meta
        for number in range(before + 1, now + 1):
            place = (number - 1) % meta.frames
            for entry in self.clip.script:
                if math.ceil(entry["time_s"] * meta.fps - 1e-6) == place:
                    self._callback(entry)

    def _one_by_one(self) -> Iterator[Frame]:
        received = iter(self._camera)
        for number, color, depth in self._moments():
            self._push(number, color, self._sensed(depth))
            yield next(received)

    def _in_real_time(self) -> Iterator[Frame]:
        if self._feeder is None:  # who iterates again goes on with the same clip
            self._feeder = threading.Thread(target=self._feed, name="clip", daemon=True)
            # a thread that is in OpenCV or librealsense while Python ends aborts the process
            atexit.register(self._end_feeding)
            self._feeder.start()
        try:
            yield from self._camera
        except StreamStalledError:
            if self._trouble is not None:
                raise self._trouble from None
            if not self._played_out:
                raise StreamStalledError(TOO_SLOW) from None

    def _end_feeding(self) -> None:
        """Stops the feeder and waits for it, as long as it needs for one frame."""
        self._stop.set()
        if self._feeder is not None:
            self._feeder.join()
        atexit.unregister(self._end_feeding)

    def _feed(self) -> None:
        """Pushes each moment when it is due. One that is overdue by a frame is left out; after a
        gap of `_GAP_S` it is pushed all the same, and the clip goes on from there.
        """
        period_s = 1 / self.clip.meta.fps
        due_s = pushed_s = math.nan
        try:
            for number, color, depth in self._moments():
                if self._stop.is_set():
                    return
                now_s = time.monotonic()
                due_s += period_s
                if number == 1:
                    due_s = pushed_s = now_s
                elif now_s > due_s + period_s:
                    if now_s - pushed_s < _GAP_S:
                        continue
                    due_s = now_s
                raw = self._sensed(depth)
                if self._stop.wait(max(0.0, due_s - time.monotonic())):
                    return
                self._push(number, color, raw)
                pushed_s = time.monotonic()
            self._played_out = True
        except BadRecordingError as error:
            self._trouble = error

    def _moments(self) -> Iterator[tuple[int, Bytes, Depth]]:
        """(number from 1, colour, clean depth) to the end, or for ever."""
        number = 0
        while True:
            before = number
            try:
                for color, depth in self.clip.frames():
                    number += 1
                    yield number, color, depth
            except BadRecordingError:
                raise
            except _DAMAGED as error:
                raise BadRecordingError(
                    f"The clip is damaged ({error}): fetch it again."
                ) from error
            if number - before != self.clip.meta.frames:
                raise BadRecordingError(
                    f"The clip is damaged ({number - before} frames instead of"
                    f" {self.clip.meta.frames}): fetch it again."
                )
            if not self._loop:
                return

    def _sensed(self, clean: Depth) -> Depth:
        return self._noise(upsampled(clean, self.clip.meta.unit_m))

    def _push(self, number: int, color: Bytes, raw: Depth) -> None:
        self._software.push(number, (number - 1) / self.clip.meta.fps, color, raw)


def open_clip(folder: Path) -> Clip:
    """The clip in a folder. Raises BadRecordingError in one sentence."""
    from models.lifter.clip.files import Clip as LifterClip

    if not folder.is_dir():
        raise BadRecordingError(f"There is no clip folder {folder}: check the name.")
    return LifterClip.open(folder)


def sensor_noise(depth: Intrinsics, baseline_m: float, seed: int = 1) -> Noise:
    """The noise of a D400 with these imagers."""
    from models.lifter.scene.sensor import D400Noise

    return D400Noise(depth, baseline_m, seed).apply


def doubled(camera: Intrinsics) -> Intrinsics:
    """The same camera with twice the pixels; pixel centres are at whole numbers."""
    return Intrinsics(
        camera.width_px * _SCALE,
        camera.height_px * _SCALE,
        camera.fx_px * _SCALE,
        camera.fy_px * _SCALE,
        camera.cx_px * _SCALE + 0.5,
        camera.cy_px * _SCALE + 0.5,
        camera.distortion,
    )


def upsampled(raw: Depth, unit_m: float) -> npt.NDArray[np.float32]:
    """Clean depth (height, width) -> (2 height, 2 width) in m, for the camera of `doubled`.

    Smooth within a surface, nearest where neighbours are more than 4 cm apart, so that no depth
    appears that lies on neither; holes (0) stay holes.
    """
    height, width = raw.shape
    size = (width * _SCALE, height * _SCALE)
    metres = raw.astype(np.float32)
    metres *= np.float32(unit_m)
    steps = cv2.morphologyEx(raw, cv2.MORPH_GRADIENT, _NEIGHBOURS)
    edges = (np.asarray(steps) > _EDGE_M / unit_m).view(np.uint8)
    smooth = cv2.resize(metres, size, interpolation=cv2.INTER_LINEAR)
    nearest = cv2.resize(metres, size, interpolation=cv2.INTER_NEAREST)
    cv2.copyTo(nearest, cv2.resize(edges, size, interpolation=cv2.INTER_NEAREST), smooth)
    return np.asarray(smooth, np.float32)
