"""Two ways to put a vertex between its bones, and weights from how near the bones are.

Linear blending lets a bent joint collapse. Blending the rotations alone, about the joint between
the bones, keeps its girth (Kavan and Zara, "Spherical blend skinning", 2005). Real flesh lies
between the two or beside them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from device.records import Array
from models.lifter.body.bony import Line, to_line

_NEAREST_M = 0.02  # no bone counts as nearer
_NO_JOINT = 1e-3  # a vertex that shares less than this at any joint is turned about itself
# where two stiff parts meet: both, and the bone at whose beginning it is
JOINTS = (
    ("root", "spine05", "spine05"),
    ("root", "spine04", "spine04"),
    ("spine05", "spine04", "spine04"),
    ("spine04", "spine03", "spine03"),
    ("spine03", "spine02", "spine02"),
    ("spine02", "spine01", "spine01"),
    ("root", "upperleg01.L", "upperleg01.L"),
    ("root", "upperleg01.R", "upperleg01.R"),
    ("spine05", "upperleg01.L", "upperleg01.L"),
    ("spine05", "upperleg01.R", "upperleg01.R"),
)


def blended_linear(rest: Array, from_rest: Array, weights: Array) -> Array:
    """(n, 3) from vertices at rest (n, 3), bones (b, 4, 4) and weights (n, b)."""
    used = np.flatnonzero(weights.any(axis=0))
    moved = np.einsum("vb,bij->vij", weights[:, used], from_rest[used, :3, :])
    placed: Array = np.einsum("vij,vj->vi", moved[:, :, :3], rest) + moved[:, :, 3]
    return placed


def blended_round(
    rest: Array, from_rest: Array, weights: Array, joints: Mapping[tuple[int, int], Array]
) -> Array:
    """The same with rotations blended; `joints`: the place at rest (3,) where two bones meet."""
    from scipy.spatial.transform import Rotation

    used = np.flatnonzero(weights.any(axis=0))
    turns = Rotation.from_matrix(from_rest[used, :3, :3]).as_quat()
    strongest = turns[weights[:, used].argmax(axis=1)]
    same_side = np.sign(strongest @ turns.T)
    same_side[same_side == 0] = 1.0
    turn = Rotation.from_quat((weights[:, used] * same_side) @ turns)
    about, total = _NO_JOINT * rest, np.full((len(rest), 1), _NO_JOINT)
    for (one, other), place in joints.items():
        both = (weights[:, one] * weights[:, other])[:, None]
        about += both * place
        total += both
    about /= total
    placed: Array = turn.apply(rest - about) + blended_linear(about, from_rest, weights)
    return placed


def near_weights(
    points: Array, lines: Mapping[str, list[Line]], sharpness: float, pull: Mapping[str, float]
) -> Array:
    """(n, bones of `lines`) from how near each bone's lines are; `pull` above 1 reaches further."""
    away = np.stack(
        [
            np.min([to_line(points, *line) for line in lines[bone]], axis=0) / pull[bone]
            for bone in lines
        ],
        axis=1,
    )
    strength = np.maximum(away, _NEAREST_M) ** -sharpness
    weights: Array = strength / strength.sum(axis=1, keepdims=True)
    return weights
