"""Another skinning than the body model's own: dual quaternions with weights spread like heat.

The bones are put together into few stiff parts. The whole sacrum goes with the pelvis, as anatomy
has it (the body model lets its lowest lumbar bone bend within it). Weights are the heat that each
part sends into the skin (Baran and Popovic, "Automatic rigging and animation of 3D characters",
2007); blending is that of Kavan et al., "Skinning with dual quaternions", 2007: rotations are
blended as rotations, so a bent hip keeps its volume instead of collapsing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from device.records import Array
from models.lifter.body.bony import bone_lines, to_line
from models.lifter.body.model import Lifter

# What moves as one: the part's leading bone and the beginnings of its bones' names.
_SIDED = {
    "upperleg01": ("upperleg",),
    "lowerleg01": ("lowerleg",),
    "foot": ("foot", "toe"),
    "clavicle": ("clavicle", "shoulder"),
    "upperarm01": ("upperarm",),
    "lowerarm01": ("lowerarm01",),
    "lowerarm02": ("lowerarm02",),
    "wrist": ("wrist", "metacarpal", "finger"),
}
_MIDDLE = {
    "root": ("root", "pelvis", "spine05"),
    "spine04": ("spine04",),
    "spine03": ("spine03",),
    "spine02": ("spine02",),
    "spine01": ("spine01",),
    "neck01": ("neck",),
}
_KEPT_PARTS = 5  # of a vertex


class Skin:
    """Carries vertices at rest to their posed places."""

    def __init__(self, lifter: Lifter) -> None:
        self._lead: list[int] = []
        seeds = np.full(len(lifter.bones), -1)
        parts = {**_MIDDLE, **{f"{k}.{s}": v for k, v in _SIDED.items() for s in "LR"}}
        for number, (lead, prefixes) in enumerate(parts.items()):
            self._lead.append(lifter.bones.index(lead))
            for i, bone in enumerate(lifter.bones):
                sided = lead[-2:] in (".L", ".R")
                if bone.startswith(prefixes) and (not sided or bone.endswith(lead[-2:])):
                    seeds[i] = number
        self._lead.append(lifter.bones.index("head"))  # and all of the face
        seeds[seeds < 0] = len(parts)
        self.parts: tuple[str, ...] = (*parts, "head")
        own = _own_weights(lifter, seeds, len(self.parts))
        heat = _heat_weights(lifter, self.parts, own)
        top = np.argsort(-heat, axis=1)[:, :_KEPT_PARTS]
        weights = np.take_along_axis(heat, top, axis=1)
        self._top = top
        self._weights = weights / weights.sum(axis=1, keepdims=True)
        self._share = heat

    def weight(self, part: str) -> Array:
        """(V,) how much each vertex goes with the parts whose names begin so."""
        chosen = [name.startswith(part) for name in self.parts]
        share: Array = self._share[:, chosen].sum(axis=1)
        return share

    def posed(
        self, rest_m: Array, from_rest: Array, chosen: npt.NDArray[np.intp] | None = None
    ) -> Array:
        """(n, 3) world, of vertices at rest (n, 3), all or the `chosen`; bones (bones, 4, 4)."""
        top = self._top if chosen is None else self._top[chosen]
        weights = self._weights if chosen is None else self._weights[chosen]
        real, dual = _dual_quaternions(from_rest[self._lead])
        # a rotation is two quaternions: take those on the side of the strongest part's
        side = np.sign(real @ real.T)
        side[side == 0] = 1.0
        signed = weights * side[top[:, :1], top]
        blend = np.concatenate([real, dual], axis=1)[top]
        both = (signed[:, None, :] @ blend)[:, 0]
        both /= np.linalg.norm(both[:, :4], axis=1, keepdims=True)
        w, v = both[:, :1], both[:, 1:4]
        dual_w, dual_v = both[:, 4:5], both[:, 5:]
        turned = rest_m + 2 * _cross(v, _cross(v, rest_m) + w * rest_m)
        shift: Array = 2 * (w * dual_v - dual_w * v + _cross(v, dual_v))
        return turned + shift


def _own_weights(lifter: Lifter, seeds: npt.NDArray[Any], parts: int) -> Array:
    """(V, parts) the body model's weights, put together."""
    own = np.zeros((len(lifter.template), parts))
    rows = np.arange(len(own))
    for k in range(lifter.bone_indices.shape[1]):
        np.add.at(own, (rows, seeds[lifter.bone_indices[:, k]]), lifter.bone_weights[:, k])
    return own


def _heat_weights(lifter: Lifter, parts: tuple[str, ...], own: Array) -> Array:
    """(V, parts). Trunk and thighs are heated by the nearest bone, the rest by its own part."""
    from scipy import sparse
    from scipy.sparse.linalg import splu

    points = lifter.template.astype(float)
    segments = bone_lines(lifter.rest_template_joints())
    away = np.full(own.shape, np.inf)
    for name, lines in segments.items():
        away[:, parts.index(name)] = np.min([to_line(points, *line) for line in lines], axis=0)
    geometric = own[:, [parts.index(name) for name in segments]].sum(axis=1) > 0.5
    nearest = np.where(geometric, away.argmin(axis=1), own.argmax(axis=1))
    distance = np.where(geometric, away.min(axis=1), 0.04).clip(0.02, 0.2)
    laplacian, area = _laplacian(points, lifter.faces.astype(np.int64))
    heat = sparse.diags(area / distance**2)
    seeded = np.eye(len(parts))[nearest] * (area / distance**2)[:, None]
    spread: Array = splu((laplacian + heat).tocsc()).solve(seeded)
    spread = np.clip(spread, 0, None)
    total: Array = spread / spread.sum(axis=1, keepdims=True)
    return total


def _laplacian(points: Array, faces: npt.NDArray[np.int64]) -> tuple[Any, Array]:
    """Cotangent Laplacian (positive) and (V,) area around each vertex, m^2."""
    from scipy import sparse

    count = len(points)
    corner = points[faces]
    rows, columns, values = [], [], []
    double = np.linalg.norm(
        np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1
    )
    for k in range(3):
        one = corner[:, (k + 1) % 3] - corner[:, k]
        two = corner[:, (k + 2) % 3] - corner[:, k]
        cotangent = (one * two).sum(axis=1) / np.maximum(double, 1e-12)
        rows.append(faces[:, (k + 1) % 3])
        columns.append(faces[:, (k + 2) % 3])
        values.append(np.clip(cotangent, 0.02, 5.0) / 2)
    i, j, value = (np.concatenate(parts) for parts in (rows, columns, values))
    graph = sparse.csr_matrix((value, (i, j)), shape=(count, count))
    graph = graph + graph.T
    degree = np.asarray(graph.sum(axis=1)).ravel()
    area = np.bincount(faces.ravel(), np.repeat(double / 6, 3), minlength=count)
    return sparse.diags(degree) - graph, np.maximum(area, 1e-9)


def _dual_quaternions(places: Array) -> tuple[Array, Array]:
    """(n, 4) real and dual parts, scalar first, of rigid places (n, 4, 4)."""
    from scipy.spatial.transform import Rotation

    xyzw = Rotation.from_matrix(places[:, :3, :3]).as_quat()
    real = np.roll(xyzw, 1, axis=1)
    shift = places[:, :3, 3]
    w, v = real[:, :1], real[:, 1:]
    dual = np.concatenate(
        [-(shift * v).sum(axis=1, keepdims=True), w * shift + np.cross(shift, v)], axis=1
    )
    return real, dual / 2


def _cross(a: Array, b: Array) -> Array:
    """(n, 3); several times faster than numpy's own."""
    return np.stack(
        [
            a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1],
            a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2],
            a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0],
        ],
        axis=1,
    )
