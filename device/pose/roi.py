"""The square of the picture that the landmark model looks at, and the way back from it.

Everything is in pixels of the delivered (sensor) image, a pixel's centre at its whole number. The
square is turned so that the lifter stands upright inside it; a camera mounted on its side is only
another angle, so no picture is ever turned as a whole.
"""

from __future__ import annotations

import math
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
        side = 2.0 * MARGIN * math.hypot(x, y)
        center = (float(hips_px[0]), float(hips_px[1]))
        return cls(center, max(side, 1.0), math.atan2(x, -y))

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

    def crop(self, image: Bytes, size: int, out: Bytes | None = None) -> Bytes:
        """(size, size, 3) upright crop; past the image's edge its border is repeated.

        Writes into `out` where it is given.
        """
        part, (left, top) = self._surroundings(image)
        step = self.side_px / size
        cos, sin = step * math.cos(self.angle_rad), step * math.sin(self.angle_rad)
        middle = size / 2 - 0.5  # a crop pixel's centre lies half a pixel from its edge
        x = self.center_px[0] - left - (cos - sin) * middle
        y = self.center_px[1] - top - (sin + cos) * middle
        return cv2.warpAffine(  # type: ignore[return-value]
            part,
            np.array([[cos, -sin, x], [sin, cos, y]]),
            (size, size),
            dst=out,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )

    def _surroundings(self, image: Bytes) -> tuple[Bytes, tuple[int, int]]:
        """A part of the image that holds the square, and where its first pixel lies.

        Where the square hangs over the edge the border is repeated here: warping inside a picture
        takes some 15 % less time than warping over its edge.
        """
        height, width = image.shape[:2]
        reach = 0.5 * self.side_px * (abs(math.cos(self.angle_rad)) + abs(math.sin(self.angle_rad)))
        x, y = self.center_px
        left, top = math.floor(x - reach) - 2, math.floor(y - reach) - 2
        right, bottom = math.ceil(x + reach) + 3, math.ceil(y + reach) + 3
        above, below = max(-top, 0), max(bottom - height, 0)
        before, after = max(-left, 0), max(right - width, 0)
        over = max(above, below, before, after)
        seen = left < width and top < height and right > 0 and bottom > 0
        if not seen or over == 0 or over > min(height, width) / 2:  # or not worth it
            return image, (0, 0)
        part = image[max(top, 0) : bottom, max(left, 0) : right]
        padded = cv2.copyMakeBorder(part, above, below, before, after, cv2.BORDER_REPLICATE)
        return padded, (left, top)  # type: ignore[return-value]

    def distance(self, other: Roi) -> float:
        """How far apart the two centres are, in sides of this square."""
        dx = other.center_px[0] - self.center_px[0]
        dy = other.center_px[1] - self.center_px[1]
        return math.hypot(dx, dy) / self.side_px

    def upright_by_turn(self) -> tuple[float, ...]:
        """How upright (0 to 1) it stands with the image turned clockwise 0, 1, 2, 3 times."""
        return tuple(max(0.0, math.cos(self.angle_rad + turns * math.pi / 2)) for turns in range(4))

    def scale(self, other: Roi) -> float:
        """How many times larger or smaller the other square is, at least 1."""
        ratio = other.side_px / self.side_px
        return max(ratio, 1.0 / ratio)

    def _rotation(self) -> Array:
        cos, sin = math.cos(self.angle_rad), math.sin(self.angle_rad)
        return np.array([[cos, -sin], [sin, cos]])
