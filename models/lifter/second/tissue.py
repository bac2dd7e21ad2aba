"""Fat and skin over the pelvis as the hip bends: the seat flattens, spreads up and out, and sags.

Displacements belong to the body at rest and are carried along by the skinning. Each of a few
effects has a window on the pelvis (raised cosines over the angle around the body and the height),
a direction, and its own S-shaped growth with hip flexion; the sag follows gravity instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from device.records import Array

MOST_M = 0.015
_PEAK_M = (0.003, 0.015)


@dataclass(frozen=True)
class SoftSeat:
    """One lifter's soft tissue. Shares are against the strongest effect; `peak_m` scales all."""

    peak_m: float = 0.0  # largest displacement at full hip flexion
    flatten: float = 1.0  # the seat goes in
    spread: float = 0.6  # and comes out above and beside itself
    lift: float = 0.5  # slides upwards
    aside: float = 0.3  # slides outwards
    sacral_slide: float = 0.5  # skin over the sacrum; up positive
    sacral_out: float = 0.0
    sag: float = 0.3  # towards the ground, as the pelvis tips
    around_deg: float = 45.0  # where the middle of the seat is; 0 straight behind
    height_m: float = -0.03  # above the hip joints of the template body
    from_deg: float = 20.0  # hip flexion at which it begins
    to_deg: float = 110.0  # and at which it is complete


def random_seat(rng: np.random.Generator) -> SoftSeat:
    """From firm to soft; the largest displacement is 3 to 15 mm."""
    return SoftSeat(
        peak_m=float(rng.uniform(*_PEAK_M)),
        flatten=float(rng.uniform(0.4, 1.0)),
        spread=float(rng.uniform(0.1, 1.0)),
        lift=float(rng.uniform(0.0, 1.0)),
        aside=float(rng.uniform(0.0, 0.7)),
        sacral_slide=float(rng.uniform(-0.7, 0.9)),
        sacral_out=float(rng.uniform(-0.5, 0.5)),
        sag=float(rng.uniform(0.0, 0.6)),
        around_deg=float(rng.uniform(32, 58)),
        height_m=float(rng.uniform(-0.06, 0.01)),
        from_deg=float(rng.uniform(5, 45)),
        to_deg=float(rng.uniform(90, 130)),
    )


class SeatField:
    """The soft tissue of one lifter on the mesh."""

    def __init__(self, seat: SoftSeat, template_m: Array, normals: Array) -> None:
        around = np.degrees(np.arctan2(template_m[:, 0], template_m[:, 1] + 0.02))
        height = template_m[:, 2]
        up = np.array([0.0, 0.0, 1.0]) - normals[:, 2:] * normals
        self._left = 1 / (1 + np.exp(-template_m[:, 0] / 0.012))  # share of the left hip
        trunk = np.abs(template_m[:, 0]) < 0.24
        shape = np.zeros_like(template_m)
        self._soft = np.zeros(len(template_m))
        for sign in (-1.0, 1.0):
            middle = sign * seat.around_deg
            low = _window(around - middle, 62.0) * _window(height - seat.height_m, 0.13) * trunk
            high = (
                _window(around - middle * 1.25, 60.0)
                * _window(height - seat.height_m - 0.11, 0.11)
                * trunk
            )
            out = np.stack([np.full(len(up), sign), *np.zeros((2, len(up)))], axis=1)
            out -= (out * normals).sum(axis=1, keepdims=True) * normals
            shape += low[:, None] * (seat.lift * up + seat.aside * out - seat.flatten * normals)
            shape += high[:, None] * seat.spread * normals
            self._soft += low + 0.5 * high
        sacrum = _window(around, 48.0) * _window(height - 0.05, 0.12) * trunk
        shape += sacrum[:, None] * (seat.sacral_slide * up + seat.sacral_out * normals)
        self._sag_m = seat.sag * seat.peak_m / (1 + seat.sag)
        most = max(float(np.linalg.norm(shape, axis=1).max()), 1e-9)
        self._shape = shape * ((seat.peak_m - self._sag_m) / most)
        self._seat = seat

    def displacement(self, flexion_deg: tuple[float, float], pelvis_rotation: Array) -> Array:
        """(V, 3) m, in the axes of rest, for the flexion of (left, right) hip."""
        left, right = (self._grown(angle) for angle in flexion_deg)
        grown = right + (left - right) * self._left
        moved = self._shape * grown[:, None]
        # what gravity adds against upright standing, seen from the pelvis
        pull = pelvis_rotation.T @ np.array([0.0, 0.0, -1.0]) + np.array([0.0, 0.0, 1.0])
        moved += (self._sag_m * self._soft)[:, None] * pull
        length = np.linalg.norm(moved, axis=1, keepdims=True)
        limited: Array = moved * np.minimum(1.0, MOST_M / np.maximum(length, MOST_M))
        return limited

    def _grown(self, flexion_deg: float) -> float:
        span = self._seat.to_deg - self._seat.from_deg
        share = float(np.clip((flexion_deg - self._seat.from_deg) / span, 0, 1))
        return share * share * (3 - 2 * share)


def _window(away: Array, half_width: float) -> Array:
    """1 in the middle, 0 from `half_width` on."""
    inside: Array = np.cos(np.clip(away / half_width, -1, 1) * np.pi / 2) ** 2
    return inside
