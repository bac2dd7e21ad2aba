"""The demo clip: a rendered lifter before a depth camera, small enough to lie beside the code.

A clip is a folder: `clip.json` (cameras, script, truth), `color.mp4` (H.264), `background.png`
(16-bit depth) and `depth.bin` (blocks of `depth_codec`). Depth is clean; `sensor.D400Noise` puts
on what a camera would. Pictures are in the sensor's own landscape orientation.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import cv2
import numpy as np

from device.errors import BadRecordingError
from device.records import Array, Bytes, Depth, Extrinsics, Intrinsics
from models.lifter.clip import depth_codec

VERSION = 1
_DESCRIPTION, _COLOR, _BACKGROUND, _DEPTH = "clip.json", "color.mp4", "background.png", "depth.bin"
_MAGIC = b"RLDEPTH1"
_HEAD = struct.Struct("<II")  # length and CRC-32 of a block


@dataclass(frozen=True)
class ClipMeta:
    """What a clip says of itself."""

    fps: int
    frames: int
    rotation_deg: int  # how far the picture must be turned clockwise to stand upright
    color: Intrinsics
    depth: Intrinsics
    to_color: Extrinsics
    unit_m: float
    baseline_m: float
    camera_height_m: float
    lifters: dict[str, dict[str, float]]  # body shapes, so that training can leave them out


@dataclass(frozen=True)
class RepTruth:
    """One rep as it really was; angles against that lifter's neutral."""

    lifter: str
    set: int  # 0: a rep outside the loaded sets
    start_s: float
    bottom_s: float
    end_s: float
    wink_deg: float
    tilt_peak_deg: float
    tilt_bottom_deg: float
    lumbar_bottom_deg: float
    loaded: bool
    shows: str
    measurable: bool


@dataclass(frozen=True)
class ClipTruth:
    """What a perfect instrument would have read; NaN where nobody stands there."""

    reps: tuple[RepTruth, ...]
    tilt_deg: Array  # (frames,) against neutral
    lumbar_flexion_deg: Array  # (frames,) against neutral


@dataclass(frozen=True)
class Clip:
    """A clip opened for playing."""

    folder: Path
    meta: ClipMeta
    script: tuple[dict[str, Any], ...]  # {"time_s", "command", ...}
    truth: ClipTruth

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Reads the description. Raises BadRecordingError in one sentence."""
        for name in (_DESCRIPTION, _COLOR, _BACKGROUND, _DEPTH):
            if not (folder / name).is_file():
                raise _damaged(folder, f"{name} is missing")
        try:
            described = json.loads((folder / _DESCRIPTION).read_text(encoding="utf-8"))
            if described["version"] != VERSION:
                raise _damaged(folder, f"it has version {described['version']}, not {VERSION}")
            return cls(
                folder,
                _meta_from(described["meta"]),
                tuple(described["script"]),
                _truth_from(described["truth"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, BadRecordingError):
                raise
            raise _damaged(folder, f"{_DESCRIPTION}: {error}") from error

    def frames(self) -> Iterator[tuple[Bytes, Depth]]:
        """Each frame's colour (height, width, 3) RGB and clean depth (height, width).

        Raises BadRecordingError where the clip is damaged or ends early.
        """
        background = cv2.imread(str(self.folder / _BACKGROUND), cv2.IMREAD_UNCHANGED)
        size = (self.meta.depth.height_px, self.meta.depth.width_px)
        if background is None or background.dtype != np.uint16 or background.shape != size:
            raise _damaged(self.folder, f"{_BACKGROUND} can't be read")
        still = np.asarray(background, np.uint16)
        count = 0
        figures = self._figures()
        colors = self._colors()
        for figure in figures:
            if figure.outline.shape != size:
                raise _damaged(self.folder, "its depth frames have the wrong size")
            color = next(colors, None)
            if color is None:
                raise _damaged(self.folder, f"{_COLOR} ends after {count} frames")
            yield color, depth_codec.compose(figure, still)
            count += 1
        if count != self.meta.frames:
            raise _damaged(self.folder, f"it ends after {count} of {self.meta.frames} frames")

    def _figures(self) -> Iterator[depth_codec.Figure]:
        with (self.folder / _DEPTH).open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise _damaged(self.folder, f"{_DEPTH} is not a depth stream")
            while head := file.read(_HEAD.size):
                yield from self._block(head, file)

    def _block(self, head: bytes, file: BinaryIO) -> list[depth_codec.Figure]:
        if len(head) < _HEAD.size:
            raise _damaged(self.folder, f"{_DEPTH} is cut off")
        length, check = _HEAD.unpack(head)
        block = file.read(length)
        if len(block) < length:
            raise _damaged(self.folder, f"{_DEPTH} is cut off")
        if zlib.crc32(block) != check:
            raise _damaged(self.folder, f"{_DEPTH} has changed since it was written")
        try:
            return depth_codec.decode(block)
        except ValueError as error:
            raise _damaged(self.folder, str(error)) from error

    def _colors(self) -> Iterator[Bytes]:
        video = cv2.VideoCapture(str(self.folder / _COLOR))
        size = (self.meta.color.height_px, self.meta.color.width_px, 3)
        try:
            while True:
                good, picture = video.read()
                if not good:
                    return
                if picture.shape != size:
                    raise _damaged(self.folder, f"{_COLOR} has pictures of the wrong size")
                yield np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
        finally:
            video.release()


class DepthWriter:
    """Writes a clip's background and depth frames; enter it, add frames, leave it."""

    def __init__(self, folder: Path, background: Depth, preset: int = depth_codec.PRESET) -> None:
        self._background = background
        self._preset = preset
        self._waiting: list[depth_codec.Figure] = []
        folder.mkdir(parents=True, exist_ok=True)
        if not cv2.imwrite(str(folder / _BACKGROUND), background):
            raise OSError(f"can't write {folder / _BACKGROUND}")
        self._file = (folder / _DEPTH).open("wb")
        self._file.write(_MAGIC)

    def add(self, depth: Depth) -> None:
        """The next frame (height, width)."""
        self._waiting.append(depth_codec.figure_of(depth, self._background))
        if len(self._waiting) == depth_codec.FRAMES_A_BLOCK:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            block = depth_codec.encode(self._waiting, self._preset)
            self._file.write(_HEAD.pack(len(block), zlib.crc32(block)) + block)
            self._waiting = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._file.close()


def write_description(
    folder: Path, meta: ClipMeta, script: Sequence[dict[str, Any]], truth: ClipTruth
) -> None:
    """Writes `clip.json`."""
    described = {
        "version": VERSION,
        "meta": _plain(asdict(meta)),
        "script": list(script),
        "truth": {
            "reps": [asdict(rep) for rep in truth.reps],
            "tilt_deg": _rounded(truth.tilt_deg),
            "lumbar_flexion_deg": _rounded(truth.lumbar_flexion_deg),
        },
    }
    text = json.dumps(described, indent=1)
    (folder / _DESCRIPTION).write_text(_folded(text) + "\n", encoding="utf-8")


def _rounded(values: Array) -> list[float | None]:
    return [round(float(value), 2) if np.isfinite(value) else None for value in values]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value.tolist() if isinstance(value, np.ndarray) else value


def _folded(text: str) -> str:
    """Number lists on one line each."""
    lines: list[str] = []
    for line in text.split("\n"):
        bare = line.strip().rstrip(",")
        number = bare == "null" or bare.replace(".", "").replace("-", "").replace("e", "").isdigit()
        closing = bare == "]" and lines and not lines[-1].rstrip().endswith(("}", "["))
        if lines and (number or closing):
            lines[-1] += line.strip() if closing else f" {line.strip()}"
        else:
            lines.append(line)
    return "\n".join(lines)


def _meta_from(table: dict[str, Any]) -> ClipMeta:
    to_color = table["to_color"]
    cameras = {
        name: Intrinsics(**{**table[name], "distortion": tuple(table[name]["distortion"])})
        for name in ("color", "depth")
    }
    moved = Extrinsics(np.array(to_color["rotation"]), np.array(to_color["translation_m"]))
    return ClipMeta(**{**table, **cameras, "to_color": moved})


def _truth_from(table: dict[str, Any]) -> ClipTruth:
    return ClipTruth(
        tuple(RepTruth(**rep) for rep in table["reps"]),
        np.array(table["tilt_deg"], float),
        np.array(table["lumbar_flexion_deg"], float),
    )


def _damaged(folder: Path, why: str) -> BadRecordingError:
    return BadRecordingError(f"The clip {folder} is damaged ({why}): fetch or render it again.")
