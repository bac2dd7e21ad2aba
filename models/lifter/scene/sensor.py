"""What a D400 depth camera makes of a perfect depth image: noise, steps, holes.

Needs numpy and OpenCV only, because the demo clip passes through it while it plays. Random fields
are made once and shifted about from frame to frame, which costs a fraction of fresh noise.

The model, with disparity d = f * b / z in pixels (f focal length, b baseline):

* disparity noise with standard deviation `subpixel_px`, correlated over a few pixels as the
  matching window correlates it, so the depth noise is `subpixel_px * z**2 / (f * b)`; part of it
  stays the same from frame to frame, as texture on a still surface does;
* disparity comes in steps of 1/32 pixel;
* no value next to a step in depth (the far side of an edge is half hidden from one imager), on
  surfaces seen at a glancing angle, in patches that wander over the image, nearer than the
  smallest or farther than the largest distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from device.records import Depth, Intrinsics

Floats = npt.NDArray[np.float32]

SUBPIXEL_STEP_PX = 1 / 32
_MARGIN_PX = 64


@dataclass(frozen=True)
class HoleModel:
    """Where depth is missing."""

    edge_m: float = 0.10  # step between neighbours that makes a hole
    edge_px: float = 1.0  # how much wider than the step itself, at 848 pixels of width
    glancing_slope: float = 0.055  # |dz| / z from pixel to pixel at 424 pixels of focal length
    patch_share: float = 0.004  # share of the image lost in wandering patches
    speckle_share: float = 0.0005  # share lost as single pixels
    near_m: float = 0.45
    far_m: float = 8.0


class D400Noise:
    """Turns perfect depth into what the sensor would deliver, frame after frame.

    `baseline_m`: 0.050 for a D435, 0.095 for a D455. `subpixel_px`: 0.05 to 0.08 is typical.
    `still_share`: how much of the noise variance stays from frame to frame.
    """

    def __init__(
        self,
        intrinsics: Intrinsics,
        baseline_m: float,
        seed: int,
        subpixel_px: float = 0.08,
        still_share: float = 0.35,
        holes: HoleModel | None = None,
        unit_m: float = 0.001,
    ) -> None:
        self._rng = np.random.default_rng(seed)
        self._shape = (intrinsics.height_px, intrinsics.width_px)
        self._focal_baseline_m = intrinsics.fx_px * baseline_m
        self._unit_m = unit_m
        self._holes = holes or HoleModel()
        self._slope = np.float32(self._holes.glancing_slope * 424.0 / intrinsics.fx_px)
        wide = round(self._holes.edge_px * intrinsics.width_px / 848 / 2)
        self._edge_kernel = np.ones((2 * wide + 1, 2 * wide + 1), np.uint8)
        # noise fields in steps of disparity, so that rounding to whole numbers makes the steps
        in_steps = subpixel_px / SUBPIXEL_STEP_PX
        self._moving = self._smooth_field(1.2) * np.float32(in_steps * np.sqrt(1 - still_share))
        still = self._smooth_field(1.2)[: self._shape[0], : self._shape[1]]
        self._still = still * np.float32(in_steps * np.sqrt(still_share))
        patches = self._smooth_field(5.0)
        lost = patches > np.quantile(patches, 1 - self._holes.patch_share)
        lost |= self._rng.random(patches.shape) < self._holes.speckle_share
        self._kept = (~lost).astype(np.uint8)

    def apply(self, z_m: npt.NDArray[Any]) -> Depth:
        """(height, width) perfect depth in metres, 0 for none -> raw counts of `unit_m`.

        Raises ValueError where the image is not of the size given at the start.
        """
        if z_m.shape != self._shape:
            raise ValueError(f"depth of shape {z_m.shape}, expected {self._shape}")
        z = np.ascontiguousarray(z_m, np.float32)
        rows, columns = self._window()
        # z = 0 gives infinity here and 0 in the end
        scale = self._focal_baseline_m / SUBPIXEL_STEP_PX
        steps: Any = cv2.divide(scale, z)
        steps += self._moving[rows, columns]
        steps += self._still
        np.rint(steps, out=steps)
        raw: Any = cv2.divide(scale / self._unit_m, steps, dtype=cv2.CV_16U)
        rows, columns = self._window()
        measured = cv2.bitwise_and(self._measured(z), self._kept[rows, columns])
        return np.asarray(raw * measured, np.uint16)

    def _measured(self, z: Floats) -> npt.NDArray[np.uint8]:
        """(height, width) 1 where the sensor finds a match; looked for at every second pixel."""
        holes = self._holes
        half = np.ascontiguousarray(z[::2, ::2])
        around = np.ones((3, 3), np.uint8)
        step: Any = cv2.dilate(half, around)
        step -= cv2.erode(half, around)
        steep = np.maximum(half * np.float32(4 * self._slope), 0)  # 4 pixels from side to side
        lost = ((step > holes.edge_m) | (step > steep)).view(np.uint8)
        if self._edge_kernel.size > 1:
            lost = np.asarray(cv2.dilate(lost, self._edge_kernel), np.uint8)
        lost |= ((half < holes.near_m) | (half > holes.far_m)).view(np.uint8)
        full = cv2.resize(1 - lost, self._shape[::-1], interpolation=cv2.INTER_NEAREST)
        return np.asarray(full, np.uint8)

    def _window(self) -> tuple[slice, slice]:
        row, column = (int(value) for value in self._rng.integers(0, _MARGIN_PX, 2))
        return slice(row, row + self._shape[0]), slice(column, column + self._shape[1])

    def _smooth_field(self, sigma_px: float) -> Floats:
        rows, columns = self._shape[0] + _MARGIN_PX, self._shape[1] + _MARGIN_PX
        field = self._rng.normal(size=(rows, columns)).astype(np.float32)
        smooth = np.asarray(cv2.GaussianBlur(field, (0, 0), sigma_px), np.float32)
        return np.asarray(smooth / smooth.std(), np.float32)
