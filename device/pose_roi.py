"""The square of the picture that the landmark model looks at, and the way back from it.

Everything is in pixels of the delivered (sensor) image, a pixel's centre at its whole number. The
square is turned so that the lifter stands upright inside it; a camera mounted on its side is only
another angle, so no picture is ever turned as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from device.records import Array, Bytes

# Room left around the circle that the model draws about a body (MediaPipe's pose graphs).
MARGIN = 1.25


@dataclass(frozen=True, slots=True)
class Roi:
    """A square of the image; `angle_rad` turns its upright axes into the image's, clockwise."""

    center_px: tuple[float, float]
    side_px: float
    angle_rad: float

    @classmethod
    def around(cls, hips_px: Array, circle_px: Array) -> Roi:
        """From the mid-hip and the point above it on the circle about the body, both (2,)."""
        x, y = (float(v) for v in circle_px - hips_px)
        side = 2.0 * MARGIN * float(np.hypot(x, y))
        center = (float(hips_px[0]), float(hips_px[1]))
        return cls(center, max(side, 1.0), float(np.arctan2(x, -y)))

    def to_image(self, points: Array, size: int) -> Array:
        """(n, 2) places in the crop (0 its edge, `size` the other) -> (n, 2) image pixels."""
        inside: Array = (points - size / 2) * (self.side_px / size)
        turned: Array = inside @ self._rotation().T + np.array(self.center_px)
        return turned

    def turn(self, world: Array) -> Array:
        """(n, 3) points in the crop's upright axes -> the image's axes, about the optical axis."""
        turned = world.copy()
        turned[:, :2] = world[:, :2] @ self._rotation().T
        return turned

    def crop(self, image: Bytes, size: int) -> Bytes:
        """(size, size, 3) upright crop; past the image's edge its border is repeated."""
        scaled = self._rotation() * (self.side_px / size)
        # a crop pixel's centre lies half a pixel from its edge
        shift = np.array(self.center_px) + scaled @ np.full(2, 0.5 - size / 2)
        return cv2.warpAffine(  # type: ignore[return-value]
            image,
            np.column_stack([scaled, shift]),
            (size, size),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )

    def distance(self, other: Roi) -> float:
        """How far apart the two centres are, in sides of this square."""
        dx = other.center_px[0] - self.center_px[0]
        dy = other.center_px[1] - self.center_px[1]
        return float(np.hypot(dx, dy)) / self.side_px

    def scale(self, other: Roi) -> float:
        """How many times larger or smaller the other square is, at least 1."""
        ratio = other.side_px / self.side_px
        return max(ratio, 1.0 / ratio)

    def _rotation(self) -> Array:
        cos, sin = np.cos(self.angle_rad), np.sin(self.angle_rad)
        return np.array([[cos, -sin], [sin, cos]])
