"""A hip view as files hold it: whole tenths of a millimetre, and its quality beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from device.crop import SCALE_M, HipView
from device.records import Array

HOLE = np.iinfo(np.int16).min  # where a view saw nothing
QUALITY_FIRST = ("filled_share", "nearer_share", "distance_m", "bearing_deg", "pixel_m")
QUALITY_MORE = ("front_share", "front_side", "hole_share", "outside_share")
QUALITY = (*QUALITY_FIRST, *QUALITY_MORE)


def packed(view: HipView) -> npt.NDArray[np.int16]:
    """(64, 64, 3) tenths of a millimetre, HOLE where nothing was seen."""
    points = view.points[..., :3] * (SCALE_M * 1e4)
    return np.where(view.points[..., 3:] > 0, np.rint(points), HOLE).astype(np.int16)


def unpacked(packed: npt.NDArray[np.int16], quality: Array) -> HipView:
    """A view as `device.crop` made it, from (64, 64, 3) tenths of a millimetre."""
    seen = (packed != HOLE).all(axis=-1)
    points = np.zeros((*packed.shape[:2], 4), np.float32)
    points[..., :3] = np.where(seen[..., None], packed, 0) / np.float32(SCALE_M * 1e4)
    points[..., 3] = seen
    numbers: dict[str, Any] = dict(zip(QUALITY, map(float, quality), strict=True))
    return HipView(points, **numbers)
