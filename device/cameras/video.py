"""A colour video file as a camera without depth."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np

from device.cameras.recordings import check_file
from device.errors import BadRecordingError
from device.records import Bytes, Frame, Intrinsics
from device.settings import CameraSettings

SUFFIXES = (".mp4", ".mov", ".avi", ".mkv")
# Nothing in a video tells its field of view. Phones' main cameras see 65 to 80 degrees from
# corner to corner, less when filming; only angles are read from a video, never lengths.
DIAGONAL_VIEW_DEG = 65.0
_USUAL_FPS = 30.0
_CUT_SHORT = 0.9  # share of the promised frames below which the file counts as cut short


class VideoCamera:
    """A video file, upright as its rotation tag says; every frame, as fast as they are taken."""

    live = False
    usb: str | None = None
    frame_count: int | None = None

    def __init__(self, settings: CameraSettings) -> None:
        if not settings.path:
            raise BadRecordingError("No video is named: set camera/path to a file.")
        self._file = Path(settings.path)
        self.name = f"video {self._file.name}"
        self._capture: Any = None

    def __enter__(self) -> Self:
        check_file(self._file, "video")
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # our sentence says it, once
        cv2.setLogLevel(0)
        self._capture = cv2.VideoCapture(str(self._file), cv2.CAP_FFMPEG)
        got, self._first_bgr = self._capture.read()
        if not got:
            self._close()
            raise BadRecordingError(
                f"{self._file} is damaged or holds no video: copy or film it again."
            )
        height_px, width_px = self._first_bgr.shape[:2]
        self._color = guessed_intrinsics(width_px, height_px)
        self._fps = _sane_fps(float(self._capture.get(cv2.CAP_PROP_FPS)))
        count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.frame_count = count if count > 0 else None
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def describe(self) -> str:
        """Name, size and rate."""
        size = f"{self._color.width_px}x{self._color.height_px}"
        return f"{self.name}: colour {size}, {self._fps:.4g} fps, no depth"

    def reset(self) -> bool:
        """A file has nothing to reset."""
        return False

    def __iter__(self) -> Iterator[Frame]:
        number, time_s, first_stamp_s = 0, 0.0, self._stamp_s()
        bgr = self._first_bgr
        while True:
            number += 1
            if number > 1:
                stamped_s = self._stamp_s() - first_stamp_s
                # some containers tell no time stamps, or the same one again
                time_s = stamped_s if stamped_s > time_s else time_s + 1 / self._fps
            yield self._frame(number, time_s, bgr)
            got, bgr = self._capture.read()
            if not got:
                break
        if self.frame_count is not None and number < _CUT_SHORT * self.frame_count:
            raise BadRecordingError(
                f"The video {self._file} is cut short (it ends after {number} of"
                f" {self.frame_count} frames): copy it again."
            )

    def _frame(self, number: int, time_s: float, bgr: Bytes) -> Frame:
        return Frame(
            number=number,
            time_s=time_s,
            arrived_s=time.monotonic(),
            color_rgb=np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8),
            color=self._color,
            depth=None,
        )

    def _stamp_s(self) -> float:
        return float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000

    def _close(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None


def guessed_intrinsics(width_px: int, height_px: int) -> Intrinsics:
    """A pinhole camera that sees DIAGONAL_VIEW_DEG from corner to corner: a guess."""
    diagonal_px = math.hypot(width_px, height_px)
    focal_px = diagonal_px / 2 / math.tan(math.radians(DIAGONAL_VIEW_DEG / 2))
    return Intrinsics(
        width_px, height_px, focal_px, focal_px, (width_px - 1) / 2, (height_px - 1) / 2
    )


def _sane_fps(fps: float) -> float:
    return fps if 1 <= fps <= 1000 else _USUAL_FPS
