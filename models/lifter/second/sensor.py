"""What stereo matching makes of a perfect depth image: another noise model than `sensor.D400Noise`.

Worked out on disparity d = f * b / z, row by row as a matcher does it:

* a nearer surface bleeds over its edge by some pixels (the matching window reaches over it), and
  some pixels there fly between both surfaces;
* what only the left imager sees has no value: a shadow on the left of whatever is nearer;
* disparity error: fine grain, an error that a matching window shares, and one that whole patches
  share; its size changes from patch to patch with the texture, so its tails are heavy, and a few
  pixels are matched wrongly altogether; a part stays the same from frame to frame;
* the unit's calibration bends the picture: a bow, a tilt and a slow ripple of depth, the same for
  as long as it is the same unit;
* holes on glancing surfaces and on patches of black cloth.

The image is the hips' surroundings alone in pixels coarser than a D400's at 848 x 480
(`NATIVE_F_PX`). Errors, steps and widths are given in native pixels and scaled by the focal
length, so a pixel here has the depth error of a native pixel; it stands for several of them,
so nothing is gained by averaging that a unit would not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from device.records import Array, Depth, Intrinsics

Floats = npt.NDArray[np.float32]

SIZE_PX = 160
WIDE_M = 0.95
NATIVE_F_PX = 425.0  # a D400 at 848 x 480
NATIVE_HALF_PX = 424.0
STEP_PX = 1 / 32
UNIT_M = 0.001
NEAR_M, FAR_M = 0.4, 8.0
_SUBPIXEL_PX = (0.05, 0.10)
_SHARES = (0.35, 0.45, 0.20)  # of the variance: grain, window, patch
_ROUGHNESS = 0.45  # spread of the logarithm of the error's size over patches
_STILL_SHARE, _STILL_PX = 0.3, 5.0  # of the variance stays with the unit; smooth over that
_WRONG_SHARE = 0.0008
_DARK_SHARE = 0.04  # of the picture at most is black cloth
_BOW = 0.006  # of depth, at the native picture's edge
_SPARE_PX = 48


def roi_camera(distance_m: float) -> Intrinsics:
    """A camera whose picture is as wide as the hips' surroundings at that distance."""
    f_px = SIZE_PX / WIDE_M * distance_m
    middle = (SIZE_PX - 1) / 2
    return Intrinsics(SIZE_PX, SIZE_PX, f_px, f_px, middle, middle)


class MatchingNoise:
    """Turns perfect depth into raw counts of a millimetre.

    `unit_seed` numbers the unit (its calibration), `seed` its noise; `subpixel_px` the RMS
    disparity error on a plain surface, native pixels (None: drawn, 0.05 to 0.10).
    """

    def __init__(
        self,
        camera: Intrinsics,
        baseline_m: float,
        unit_seed: Sequence[int],
        seed: Sequence[int],
        subpixel_px: float | None = None,
    ) -> None:
        self._rng = np.random.default_rng([*unit_seed, *seed])
        unit = np.random.default_rng(unit_seed)
        self._shape = (camera.height_px, camera.width_px)
        self._scale = camera.fx_px / NATIVE_F_PX  # pixels here per native pixel
        self._focal_baseline = np.float32(camera.fx_px * baseline_m)
        drawn = float(unit.uniform(*_SUBPIXEL_PX))
        sigma = (drawn if subpixel_px is None else subpixel_px) * self._scale
        self._stretch = _calibration(camera, unit)
        still = self._field(_STILL_PX, unit)[: self._shape[0], : self._shape[1]]
        self._still = still * np.float32(sigma * np.sqrt(_STILL_SHARE))
        self._error = self._error_field(sigma * float(np.sqrt(1 - _STILL_SHARE)))
        self._ragged = self._field(2.5, self._rng)
        dark = self._field(9.0, self._rng)
        self._dark = dark > np.quantile(dark, 1 - self._rng.uniform(0.0, _DARK_SHARE))

    def apply(self, z_m: npt.NDArray[Any]) -> Depth:
        """(height, width) perfect depth in metres, 0 for none -> raw counts.

        Raises ValueError where the image is not of the size given at the start.
        """
        if z_m.shape != self._shape:
            raise ValueError(f"depth of shape {z_m.shape}, expected {self._shape}")
        z = np.asarray(z_m, np.float32)
        true = np.where(z > 0, self._focal_baseline / np.maximum(z, 1e-3), 0).astype(np.float32)
        seen = ~_shadow(true)
        ragged = self._piece(self._ragged)
        matched = self._fattened(true, ragged)
        glancing = self._glancing(z, ragged)
        matched = matched / self._stretch + self._still + self._piece(self._error)
        wrong = self._rng.random(self._shape, dtype=np.float32)
        jump = np.float32(1.5 * self._scale)
        matched += np.where(wrong < _WRONG_SHARE, jump * np.sign(ragged), np.float32(0))
        step = np.float32(STEP_PX * self._scale)
        matched = np.rint(matched / step) * step
        ranged = (matched > self._focal_baseline / FAR_M) & (
            matched < self._focal_baseline / NEAR_M
        )
        measured = ranged & seen & ~glancing & ~self._piece(self._dark)
        depth = self._focal_baseline / UNIT_M / np.maximum(matched, step)
        return np.where(measured, np.minimum(depth + 0.5, 65535), 0).astype(np.uint16)

    def _fattened(self, disparity: Floats, ragged: Floats) -> Floats:
        """Nearer surfaces reach over their edges, by more or less along them; some pixels fly."""
        wide = max(1, round(2.5 * self._scale))
        near: Any = cv2.dilate(disparity, np.ones((2 * wide + 1, 2 * wide + 1), np.uint8))
        tight: Any = cv2.dilate(disparity, np.ones((3, 3), np.uint8))
        jump = np.float32(self._scale)  # of disparity that makes an edge
        reach = np.where(ragged > 0.4, near, np.where(ragged > -0.6, tight, disparity))
        fat = reach - disparity > jump
        fly = (near - disparity > jump) & (self._rng.random(self._shape, dtype=np.float32) < 0.08)
        between = disparity + (near - disparity) * self._rng.random(self._shape, dtype=np.float32)
        out: Floats = np.where(fly, between, np.where(fat, reach, disparity)).astype(np.float32)
        return out

    def _glancing(self, z: Floats, ragged: Floats) -> npt.NDArray[np.bool_]:
        """Slanted by more than about 78 degrees, raggedly; edges between surfaces are none."""
        around = np.ones((3, 3), np.uint8)
        edge = cv2.dilate(z, around) - cv2.erode(z, around) > 0.08 * np.maximum(z, 1)
        slope = np.hypot(cv2.Scharr(z, cv2.CV_32F, 1, 0), cv2.Scharr(z, cv2.CV_32F, 0, 1)) / 32
        steep = slope * (self._scale * NATIVE_F_PX) / np.maximum(z, np.float32(0.1))
        lost: npt.NDArray[np.bool_] = (steep > 4.5 + 1.0 * ragged) & ~edge
        return lost

    def _error_field(self, sigma_px: float) -> Floats:
        grain, window, patch = (
            self._field(blur, self._rng) * np.float32(np.sqrt(share))
            for blur, share in zip((0.3, 2.2, 9.0), _SHARES, strict=True)
        )
        rough = np.exp(_ROUGHNESS * self._field(7.0, self._rng))
        field: Floats = (grain + window + patch) * rough
        scaled: Floats = field * np.float32(sigma_px / field.std())
        return scaled

    def _field(self, blur_native_px: float, rng: np.random.Generator) -> Floats:
        """Smooth noise of unit variance, somewhat larger than the picture."""
        shape = (self._shape[0] + _SPARE_PX, self._shape[1] + _SPARE_PX)
        field = rng.normal(size=shape).astype(np.float32)
        smooth: Any = cv2.GaussianBlur(field, (0, 0), max(blur_native_px * self._scale, 0.2))
        scaled: Floats = smooth / smooth.std()
        return scaled

    def _piece(self, field: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Another part of the field each time, sometimes mirrored."""
        row, column = (int(v) for v in self._rng.integers(0, _SPARE_PX, 2))
        part = field[row : row + self._shape[0], column : column + self._shape[1]]
        part = part[::-1] if self._rng.random() < 0.5 else part
        return part[:, ::-1] if self._rng.random() < 0.5 else part


def _shadow(disparity: Floats) -> npt.NDArray[np.bool_]:
    """What the right imager can't see: on the left of what is nearer.

    A pixel in column x is matched at x - d; it is hidden where one further right is matched
    further left.
    """
    columns = np.arange(disparity.shape[1], dtype=np.float32)
    matched = columns - disparity
    furthest = np.minimum.accumulate(matched[:, ::-1], axis=1)[:, ::-1]
    hidden: npt.NDArray[np.bool_] = matched > furthest + 0.5
    return hidden


def _calibration(camera: Intrinsics, rng: np.random.Generator) -> Floats:
    """(height, width) factor of depth: bow, tilt and ripple over the native picture."""
    scale = NATIVE_F_PX / camera.fx_px / NATIVE_HALF_PX
    u = (np.arange(camera.width_px) - camera.cx_px) * scale
    v = (np.arange(camera.height_px) - camera.cy_px) * scale
    x, y = np.meshgrid(u, v)
    bow, across, down = rng.normal(0, _BOW, 3)
    phase, phase2 = rng.uniform(0, 2 * np.pi, 2)
    ripple = 0.2 * _BOW * (np.sin(7 * x + phase) + np.sin(9 * y + phase2))
    factor: Array = 1 + bow * (x**2 + y**2) + 0.5 * (across * x + down * y) + ripple
    return factor.astype(np.float32)
