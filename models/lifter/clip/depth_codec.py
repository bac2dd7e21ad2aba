"""Clean depth of a moving figure before a still background, in a few kilobytes a frame.

The background is one image. Of the figure, the outline is kept pixel by pixel, its depth at every
second pixel in steps of `STEP` counts; between them the surface of a body is smooth enough. Each
block of frames stands alone: it is an LZMA stream of outlines (changes from frame to frame) and
depths (differences along rows and columns), so that decoding is two running sums.
"""

from __future__ import annotations

import lzma
import struct
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from device.records import Depth

Mask = npt.NDArray[np.bool_]
Coarse = npt.NDArray[np.int16]

STEP = 2  # counts
FRAMES_A_BLOCK = 15
_JUMP = 90  # counts; neighbours further apart than this belong to different surfaces
_HEAD = struct.Struct("<HHHH")  # frames, height, width, spare
PRESET = 6  # LZMA's; 0 takes a tenth of the time (2 instead of 20 ms a frame) and a third more room


@dataclass(frozen=True, eq=False)
class Figure:
    """The moving part of one frame."""

    outline: Mask  # (height, width)
    coarse: Coarse  # (height / 2, width / 2) in steps; anything outside the outline


def figure_of(depth: Depth, background: Depth) -> Figure:
    """What differs from the background."""
    outline = depth != background
    return Figure(outline, _filled(_coarse(depth, outline)))


def compose(figure: Figure, background: Depth) -> Depth:
    """The depth image again, to `STEP` counts and what bilinear interpolation leaves."""
    depth = background.copy()
    left, top, width, height = cv2.boundingRect(figure.outline.view(np.uint8))
    if width == 0:
        return depth
    # whole coarse pixels, and one more to interpolate towards
    row, column = top // 2, left // 2
    rows, columns = (top + height + 1) // 2 - row, (left + width + 1) // 2 - column
    coarse = figure.coarse[row : row + rows + 1, column : column + columns + 1]
    window = np.s_[2 * row : 2 * (row + rows), 2 * column : 2 * (column + columns)]
    fine = _fine(coarse.astype(np.float32), (2 * rows, 2 * columns)) * STEP
    np.copyto(depth[window], np.rint(fine), where=figure.outline[window], casting="unsafe")
    return depth


def _fine(coarse: npt.NDArray[np.float32], shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Twice the pixels: bilinear within a surface, nearest where two surfaces meet."""
    # a coarse pixel stands for the even fine pixel, so nothing is shifted by half a pixel
    double = np.array([[2.0, 0, 0], [0, 2.0, 0]])
    size = shape[::-1]
    smooth = cv2.warpAffine(
        coarse, double, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    around = np.ones((3, 3), np.uint8)
    step = np.asarray(cv2.dilate(coarse, around)) - np.asarray(cv2.erode(coarse, around))
    jump = _twice(step > _JUMP / STEP, shape)
    return np.where(jump, _twice(coarse, shape), smooth).astype(np.float32)


def _twice(coarse: npt.NDArray[Any], shape: tuple[int, int]) -> npt.NDArray[Any]:
    doubled = np.repeat(np.repeat(coarse, 2, axis=0), 2, axis=1)
    return np.ascontiguousarray(doubled[: shape[0], : shape[1]])


def _coarse(depth: Depth, outline: Mask) -> npt.NDArray[np.float32]:
    """Depth at even pixels; beside the outline the nearest of the block's own pixels."""
    blocks = np.where(outline, depth, 0).astype(np.float32)
    corner = blocks[0::2, 0::2]
    rest = np.stack([blocks[0::2, 1::2], blocks[1::2, 0::2], blocks[1::2, 1::2]])
    nearest = np.where(rest > 0, rest, np.inf).min(axis=0)
    stand_in = np.where(np.isfinite(nearest), nearest, 0)
    chosen: npt.NDArray[np.float32] = np.where(corner > 0, corner, stand_in)
    return chosen


def _filled(coarse: npt.NDArray[np.float32]) -> Coarse:
    """Values outside the figure taken over from the nearest inside, so that no edge is coded."""
    empty = (coarse == 0).astype(np.uint8)
    steps = np.rint(coarse / STEP).astype(np.int16)
    if empty.all():
        return np.zeros_like(steps)
    _, labels = cv2.distanceTransformWithLabels(
        empty, cv2.DIST_L1, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    values = np.zeros(labels.max() + 1, np.int16)
    values[labels[empty == 0]] = steps[empty == 0]
    return values[labels]


def _filters(preset: int) -> list[dict[str, int]]:
    return [{"id": lzma.FILTER_LZMA2, "preset": preset, "lc": 0, "pb": 0}]


def encode(figures: list[Figure], preset: int = PRESET) -> bytes:
    """A block of frames; any `preset` to 6 is read the same way."""
    height, width = figures[0].outline.shape
    outlines = np.stack([figure.outline for figure in figures])
    changes = outlines.copy()
    changes[1:] ^= outlines[:-1]
    depths = np.stack([figure.coarse for figure in figures])
    rows = np.diff(depths, axis=1, prepend=np.int16(0))
    both = np.diff(rows, axis=2, prepend=np.int16(0)).astype(np.int16)
    low, high = (both & 0xFF).astype(np.uint8), ((both >> 8) & 0xFF).astype(np.uint8)
    body = np.packbits(changes).tobytes() + low.tobytes() + high.tobytes()
    head = _HEAD.pack(len(figures), height, width, 0)
    return head + lzma.compress(body, lzma.FORMAT_RAW, filters=_filters(preset))


def decode(block: bytes) -> list[Figure]:
    """The frames of a block. Raises ValueError where it is damaged."""
    try:
        count, height, width, _ = _HEAD.unpack_from(block)
        body = lzma.decompress(block[_HEAD.size :], lzma.FORMAT_RAW, filters=_filters(PRESET))
    except (struct.error, lzma.LZMAError) as error:
        raise ValueError(f"a block of depth frames can't be read ({error})") from error
    pixels, coarse = count * height * width, count * (height // 2) * (width // 2)
    outline_bytes = (pixels + 7) // 8
    if len(body) != outline_bytes + 2 * coarse:
        raise ValueError("a block of depth frames has the wrong length")
    data = np.frombuffer(body, np.uint8)
    changes = np.unpackbits(data[:outline_bytes], count=pixels).reshape(count, height, width)
    outlines = np.bitwise_xor.accumulate(changes, axis=0).view(np.bool_)
    low = data[outline_bytes : outline_bytes + coarse].astype(np.int16)
    high = data[outline_bytes + coarse :].astype(np.int16) << 8
    both = (high | low).reshape(count, height // 2, width // 2)
    depths = both.cumsum(axis=2, dtype=np.int16).cumsum(axis=1, dtype=np.int16)
    return [Figure(outlines[i], depths[i]) for i in range(count)]
