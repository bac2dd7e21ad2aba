"""Skin and fat over the pelvis do not follow the bone: they bulge and slide as the hip bends.

Skinning moves every vertex with its bones alone. Here smooth bumps push the skin of the sacrum,
glutes and flanks out or in, and the skin slides along the body, some of it always (a body's own
build) and some of it growing with hip flexion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from device.records import Array

# where bumps sit at rest, pelvis joint at the origin, metres: across, along (back positive), up
_REGION_M = ((-0.17, 0.17), (0.02, 0.16), (-0.16, 0.20))
FULL_FLEXION_DEG = 110.0
MOST_M = 0.02
_AMPLITUDE_M = (0.004, 0.014)  # spread of the bumps
SOFT_SHARE = 0.75  # of the lifters have soft tissue that does not follow the bones


@dataclass(frozen=True)
class Bump:
    """One bump: amplitudes (always, at full hip flexion) outwards and upwards along the skin, m."""

    centre_m: tuple[float, float, float]
    radius_m: float
    out_m: tuple[float, float]
    slide_m: tuple[float, float]


@dataclass(frozen=True)
class Tissue:
    """One lifter's soft tissue; no bumps: skin that follows the bones."""

    bumps: tuple[Bump, ...] = ()

    def displacement(self, rest: Array, normals: Array, up: Array, hip_flexion_deg: float) -> Array:
        """(V, 3) m for rest vertices (V, 3), posed normals (V, 3), the spine's way (3,)."""
        share = float(np.clip(hip_flexion_deg / FULL_FLEXION_DEG, 0.0, 1.2))
        along = up - (normals @ up)[:, None] * normals
        moved = np.zeros_like(rest)
        for bump in self.bumps:
            away = np.linalg.norm(rest - np.asarray(bump.centre_m), axis=1) / bump.radius_m
            weight = np.exp(-0.5 * away**2)[:, None]
            out = bump.out_m[0] + share * bump.out_m[1]
            slide = bump.slide_m[0] + share * bump.slide_m[1]
            moved += weight * (out * normals + slide * along)
        length = np.linalg.norm(moved, axis=1, keepdims=True)
        limited: Array = moved * (MOST_M / np.maximum(length, MOST_M))
        return limited


FIRM = Tissue()

# The seat is stretched as the hip bends: it goes in over the ischium and comes out towards the
# iliac crest. Middles of both as in _REGION_M, radius, and how far at most at full hip flexion.
_STRETCHED_M = ((0.08, 0.08, -0.05), 0.075, -0.018)
_CROWDED_M = ((0.09, 0.05, 0.08), 0.065, 0.012)


def random_tissue(rng: np.random.Generator) -> Tissue:
    """A few bumps, alike on both sides; some lifters are softer than others."""
    amplitude_m = float(rng.uniform(*_AMPLITUDE_M))
    bumps: list[Bump] = []
    for _ in range(int(rng.integers(1, 5))):
        x, y, z = (float(rng.uniform(*span)) for span in _REGION_M)
        still, bent, still_slide, bent_slide = (
            float(v) for v in rng.normal(0, amplitude_m, 4) * (0.5, 1.0, 0.5, 1.0)
        )
        bump = Bump(
            (x, y, z), float(rng.uniform(0.04, 0.11)), (still, bent), (still_slide, bent_slide)
        )
        bumps.append(bump)
        bumps.append(Bump((-x, y, z), bump.radius_m, bump.out_m, bump.slide_m))
    return Tissue(tuple(bumps))


def stretched_seat(rng: np.random.Generator) -> Tissue:
    """A seat that flattens below and fills above as the hip bends, from hardly to much."""
    bumps = []
    for centre, radius, most in (_STRETCHED_M, _CROWDED_M):
        out = most * float(rng.random())
        slide = float(rng.normal(0, 0.005))
        x, y, z = (float(value) for value in np.asarray(centre) + rng.normal(0, 0.02, 3))
        wide = radius * float(rng.uniform(0.75, 1.3))
        bumps += [Bump((side * x, y, z), wide, (0.0, out), (0.0, slide)) for side in (1.0, -1.0)]
    return Tissue(tuple(bumps))


def random_flesh(rng: np.random.Generator) -> Tissue:
    """One lifter's soft tissue; some have none."""
    if rng.random() >= SOFT_SHARE:
        return FIRM
    return Tissue(stretched_seat(rng).bumps + random_tissue(rng).bumps)
