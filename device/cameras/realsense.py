"""RealSense: the camera itself, a recording of one, or a software device, in one code path.

    with RealSenseCamera(settings.camera) as camera:
        for frame in camera:
            print(frame.number, frame.time_s, frame.depth.raw.max())

Frames are copies and stay valid. Depth is left in its own picture (no `rs.align`, which takes
5.8 ms a frame at 848x480): only the region that a stage needs is mapped.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np

from device.cameras import connection, librealsense, recordings, streams
from device.cameras.beside import ColourBeside
from device.cameras.clock import FrameClock
from device.cameras.librealsense import library
from device.cameras.moments import Arrival
from device.cameras.unfinished import Mark
from device.errors import BadRecordingError, NoCameraError, StreamStalledError
from device.records import DepthImage, Frame, Intrinsics
from device.settings import CameraSettings

_POLL_MS = 100
_FIRST_FRAME_S = 3.0  # a camera needs a moment from start to its first frame
_PLAYBACK_S = 5.0  # a recording that gives nothing for so long is damaged


class RealSenseCamera:
    """A RealSense through `rs.pipeline`.

    settings.path names a recording; empty means the camera on USB, or `device` where one is
    given. `record_to` also writes everything to a .db3. `live=False` says of a given device that
    it waits for us.
    """

    usb: str | None = None
    frame_count: int | None = None

    def __init__(
        self,
        settings: CameraSettings,
        *,
        device: Any | None = None,
        record_to: Path | None = None,
        live: bool | None = None,
    ) -> None:
        self._settings = settings
        self._given = device
        self._record_to = record_to
        self._file = Path(settings.path) if settings.path else None
        self.live = not settings.path if live is None else live
        self.name = f"recording {self._file}" if self._file else "RealSense"
        self._mark: Mark | None = None
        self._playback: Any = None
        self._pipeline: Any = None
        self._beside: ColourBeside | None = None

    def __enter__(self) -> Self:
        if self._record_to is not None:
            if self._settings.colour_source == "picamera":
                raise BadRecordingError(
                    "A recording can't hold the Pi camera's pictures: set camera/colour_source to"
                    " realsense or infrared to record."
                )
            recordings.check_new_recording(self._record_to)
            self._mark = Mark(self._record_to)
            self._mark.set()
        try:
            profile = self._play(self._file) if self._file else self._start()
            self._read_streams(profile)
            self._start_beside()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def describe(self) -> str:
        """Name, picture sizes and USB, with what to do about a slow port."""
        seen = self._streams
        depth = _size(seen.depth) if seen.depth else "no depth"
        text = f"{self.name}: depth {depth}, "
        if self._beside is not None:
            text += f"colour by {self._beside.describe()}"
        elif seen.color is not None:
            text += f"{'colour' if seen.color_kind == 'color' else 'infrared'} {_size(seen.color)}"
        text += f", {seen.fps} fps"
        if self.usb:
            text += f", USB {self.usb}"
        if connection.is_usb_2(self.usb) and self._file is None:
            text += " (plugged into a USB 2 port: move it to a blue USB 3 port)"
        return text

    def reset(self) -> bool:
        """Asks the camera on USB to restart; it is away for some seconds then."""
        try:
            device = self._given or connection.find_device(
                library().context(), self._settings.serial
            )
            device.hardware_reset()
        except (NoCameraError, RuntimeError):
            return False
        return True

    def __iter__(self) -> Iterator[Frame]:
        clock = FrameClock(self._streams.fps, follow_arrival=self.live)
        last: Frame | None = None
        taken: int | None = None  # number of the last frameset, which may have found no colour
        while (pair := self._next_pair(taken)) is not None:
            taken = int(_lead(*pair).frame_number)
            frame = self._frame(*pair, clock, last)
            del pair  # librealsense's frames go back to their pool while ours is worked on
            if frame is not None:
                last = frame
                yield frame
        if last is None:
            raise recordings.nothing_came(self._file, self.frame_count, library().__version__)

    def _frame(
        self, depth: Any | None, color: Any | None, clock: FrameClock, last: Frame | None
    ) -> Frame | None:
        """Ours from librealsense's; None where the camera beside has no picture of that moment."""
        lead = _lead(depth, color)
        arrived_s, arrival = time.monotonic(), Arrival.now()
        number = int(lead.frame_number)
        steps = number - last.number if last else 1
        seen, beside = self._streams, self._beside
        intrinsics = beside.color if beside is not None else seen.color
        assert intrinsics is not None
        # a copy before the wait for colour, so that librealsense's pool is not held up
        image = self._depth_image(depth)
        rgb = seen.color_rgb(color) if beside is None else beside.color_rgb(depth, arrival)
        if rgb is None:
            return None
        return Frame(
            number=number,
            time_s=clock.time_s(lead.timestamp, arrived_s, steps),
            arrived_s=arrived_s,
            color_rgb=rgb,
            color=intrinsics,
            depth=image,
            dropped=(last.dropped if last else 0) + max(0, steps - 1),
        )

    def _depth_image(self, frame: Any | None) -> DepthImage | None:
        if frame is None or self._streams.depth is None:
            return None
        # the recorder around a software device hides its sensor, so the frame is asked; it
        # answers in single precision
        unit_m = float(f"{frame.get_units():.6g}")
        raw = np.array(frame.get_data(), np.uint16)  # a copy
        to_color = self._streams.to_color if self._beside is None else self._beside.to_color
        return DepthImage(raw, unit_m, self._streams.depth, to_color, self._baseline_m)

    def _next_pair(self, last: int | None) -> tuple[Any | None, Any | None] | None:
        """The next complete (depth, colour), None without such a stream; None at the end.

        Waiting releases the interpreter's lock. Incomplete and repeated framesets are passed over.
        """
        patience_s = self._patience_s(last is None)
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            try:
                got, frames = self._pipeline.try_wait_for_frames(_POLL_MS)
            except RuntimeError as error:
                raise self._stalled(str(error)) from error
            if not got:
                if self._at_end():
                    return None
                continue
            seen = self._streams
            depth = frames.get_depth_frame() if seen.depth is not None else None
            color = seen.color_frame(frames) if seen.color is not None else None
            if (seen.color is not None and not color) or (seen.depth is not None and not depth):
                continue  # a missing frame is falsy
            lead = _lead(depth, color)
            if self._playback is not None and last is not None and lead.frame_number < last:
                continue  # the last picture of a recording that was killed has lost its number
            if lead.frame_number != last:
                return depth, color
        raise self._stalled(f"no picture for {patience_s:.1f} s")

    def _patience_s(self, first: bool) -> float:
        if self._playback is not None:
            return _PLAYBACK_S
        return max(self._settings.stall_s, _FIRST_FRAME_S) if first else self._settings.stall_s

    def _at_end(self) -> bool:
        if self._playback is None:
            return False
        return bool(self._playback.current_status() == library().playback_status.stopped)

    def _stalled(self, why: str) -> StreamStalledError | BadRecordingError:
        if self._playback is not None:
            return BadRecordingError(
                f"The recording {self._file} is damaged ({why}): record again."
            )
        return StreamStalledError(
            f"{self.name} stopped sending ({why}): check its USB cable and plug it in again."
        )

    # ------------------------------------------------------------ starting

    def _play(self, file: Path) -> Any:
        rs = library()
        recordings.check_recording(file)
        config = rs.config()
        config.enable_device_from_file(str(file), repeat_playback=False)
        self._pipeline = rs.pipeline(rs.context())
        try:
            # Held until every stream has started, and never in real time: else the frames that
            # are read while the colour stream is still starting lack their colour.
            playback = config.resolve(self._pipeline).get_device().as_playback()
            playback.set_real_time(False)
            playback.pause()
            profile = self._pipeline.start(config)
            self._device = profile.get_device()
            self._playback = self._device.as_playback()
            self._playback.resume()
        except RuntimeError as error:
            raise BadRecordingError(
                f"{file} is damaged or no recording: copy or record it again."
            ) from error
        self.frame_count = recordings.count_frames(file)
        return profile

    def _start(self) -> Any:
        rs = library()
        context = rs.context()
        self._pipeline = rs.pipeline(context)
        config = rs.config()
        if self._given is not None:
            self._device = self._given
            self._pipeline.set_device(self._given)
        else:
            # pipeline.start() without a camera blocks for 15 s and holds the interpreter's lock
            self._device = connection.find_device(context, self._settings.serial)
            config.enable_device(librealsense.info(self._device, "serial_number"))
        streams.enable(config, self._settings)
        if self._record_to is not None:
            config.enable_record_to_file(str(self._record_to))
        try:
            if not config.can_resolve(self._pipeline):
                raise connection.mode_missing(self._device, self._settings)
            return self._pipeline.start(config)
        except RuntimeError as error:
            raise NoCameraError(
                f"The {librealsense.info(self._device, 'name')} can't be started ({error}): stop"
                " other programs that use it, or unplug it and plug it in again."
            ) from error

    def _read_streams(self, profile: Any) -> None:
        self._streams = streams.read(
            profile, self.name, self._settings.colour_source, recorded=self._file is not None
        )
        self._baseline_m = librealsense.baseline_m(self._device)
        self.usb = librealsense.info(self._device, "usb_type_descriptor")
        product = librealsense.info(self._device, "name") or "RealSense"
        self.name = f"{product} {librealsense.info(self._device, 'serial_number') or ''}".strip()

    def _start_beside(self) -> None:
        """The Pi camera, where the RealSense gives no colour."""
        if self._streams.color is None:
            beside = ColourBeside(self._settings, librealsense.info(self._device, "serial_number"))
            self._beside = beside.__enter__()

    def _stop(self) -> None:
        pipeline, self._pipeline, self._playback = self._pipeline, None, None
        beside, self._beside = self._beside, None
        if pipeline is not None:
            with contextlib.suppress(RuntimeError):  # it never started, or was unplugged
                pipeline.stop()
        if self._mark is not None:
            self._mark.clear()
            self._mark = None
        if beside is not None:
            beside.__exit__(None, None, None)


def _lead(depth: Any | None, color: Any | None) -> Any:
    """The frame that gives number and time."""
    return color if depth is None else depth


def _size(camera: Intrinsics) -> str:
    return f"{camera.width_px}x{camera.height_px}"
