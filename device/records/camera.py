"""What a camera delivers: lenses, depth images, frames."""

from __future__ import annotations

from dataclasses import dataclass

from device.records.arrays import Array, Bytes, Depth


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """A pinhole camera; distortion is Brown-Conrady (k1, k2, p1, p2, k3), zeros for depth."""

    width_px: int
    height_px: int
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Extrinsics:
    """Carries a point from one camera's axes into another's: `rotation @ p + translation_m`."""

    rotation: Array  # (3, 3)
    translation_m: Array  # (3,)


@dataclass(frozen=True, slots=True)
class DepthImage:
    """One depth image; 0 in `raw` means 'no measurement'."""

    raw: Depth  # (height, width)
    unit_m: float  # metres per count
    intrinsics: Intrinsics
    to_color: Extrinsics
    baseline_m: float  # distance between the two infrared imagers; sets the noise


@dataclass(frozen=True, slots=True)
class Frame:
    """One moment seen by the camera, in the sensor's own orientation."""

    number: int
    time_s: float  # camera clock, from the first frame on
    arrived_s: float  # time.monotonic() when the program got it
    color_rgb: Bytes  # (height, width, 3)
    color: Intrinsics
    depth: DepthImage | None  # None: the source has no depth
    dropped: int = 0  # frames lost so far in this stream
