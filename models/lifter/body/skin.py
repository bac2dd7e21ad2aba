"""How the training lifters' skin follows the bones: not in one way, but in many.

Linear blend skinning lets the seat collapse when the hip bends, and the skin over the sacrum and
over the iliac crests lean with the thighs and the loin. Real skin does less of all that, and nobody
knows how much in a given lifter. So every training lifter gets a way of its own between the body
model's skin (all zero) and one whose sacral and iliac skin is fixed to the pelvis and whose seat
keeps its distance from the hip joint, with weights between the body model's and those of the
bones near by, blended between linear and round; otherwise the network would learn one wrong skin
by heart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from device.records import Array
from models.lifter.body.blending import JOINTS, blended_linear, blended_round, near_weights
from models.lifter.body.bony import bone_lines
from models.lifter.body.model import Lifter
from models.lifter.body.posed import PosedBody

# the skin that a hip crop sees, template body: below the ribs, above the knees
_LOW_M, _HIGH_M = -0.40, 0.34
_MOST_M = 0.15  # from where the body model puts the skin: a deep seat collapses there by 12 cm
_BACK_M = 0.02  # skin further back than this, at rest, can lie over the sacrum
_BESIDE_M = 0.045  # and further out than this over an iliac crest,
_FRONT_M = -0.05  # unless it is further forward than this
_SEAT_M = (-0.12, 0.06)  # where the seat is, below and above the pelvis joint


@dataclass(frozen=True)
class SkinWay:
    """0 is the body model's own skin, 1 the other extreme."""

    anchored: float = 0.0  # how far the skin over the sacrum follows the pelvis alone
    anchor_half_width_m: float = 0.09
    anchor_half_height_m: float = 0.08
    anchor_height_m: float = 0.06  # above the pelvis joint
    sacral: float = 0.0  # how far the lowest lumbar bone, which lies in the sacrum, is pelvis
    full_seat: float = 0.0  # how far the seat keeps its distance from the hip joint
    crest: float = 0.0  # how far the skin over the iliac crests and below follows the pelvis alone
    crest_top_m: float = 0.14  # above the pelvis joint, where that ends: in the middle of the flank
    crest_fade_m: float = 0.02
    firm_seat: float = 0.0  # share of the thigh's pull on the seat that it has not
    near: float = 0.0  # how far the weights are those of the bones near by
    near_sharpness: float = 4.0  # how quickly a bone's pull falls with distance
    near_pull: tuple[float, float, float] = (1.0, 1.0, 1.0)  # of pelvis, thighs, spine
    round: float = 0.0  # how far rotations are blended instead of places


OWN = SkinWay()
ANATOMICAL = SkinWay(anchored=0.9, sacral=0.9, full_seat=0.6)


def random_way(rng: np.random.Generator) -> SkinWay:
    """Mostly near the anatomical end, sometimes the body model's own."""
    if rng.random() < 0.03:
        return OWN
    pelvis, thighs, spine = (float(v) for v in np.exp(rng.normal(0, 0.2, 3)))
    return SkinWay(
        anchored=float(rng.beta(4.0, 1.0)),
        anchor_half_width_m=float(rng.uniform(0.05, 0.14)),
        anchor_half_height_m=float(rng.uniform(0.05, 0.12)),
        anchor_height_m=float(rng.uniform(0.02, 0.09)),
        sacral=float(rng.beta(2.0, 1.0)),
        full_seat=float(rng.uniform(0.2, 1.6)),
        crest=float(rng.beta(2.5, 1.0)),
        crest_top_m=float(rng.uniform(0.09, 0.22)),
        crest_fade_m=float(rng.uniform(0.012, 0.06)),
        firm_seat=float(rng.uniform(0.0, 0.8)),
        near=_often_an_end(rng),
        near_sharpness=float(rng.uniform(1.8, 8.0)),
        near_pull=(pelvis, thighs, spine),
        round=_often_an_end(rng),
    )


def _often_an_end(rng: np.random.Generator) -> float:
    """0 to 1, each end for one lifter in six."""
    return float(np.clip(rng.uniform(-0.25, 1.25), 0.0, 1.0))


class Skin:
    """Moves a posed body's skin around the pelvis from one way to another."""

    def __init__(self, lifter: Lifter) -> None:
        self._lifter = lifter
        z = lifter.template[:, 2]
        arms = lifter.bone_weight(("upperarm", "lowerarm", "wrist", "metacarpal", "finger"))
        self._chosen = np.flatnonzero((z > _LOW_M) & (z < _HIGH_M) & (arms < 0.01))
        self._rest = lifter.template[self._chosen].astype(float)
        bones = lifter.bones
        self._root, self._sacral = bones.index("root"), bones.index("spine05")
        self._thighs = bones.index("upperleg01.L"), bones.index("upperleg01.R")
        full = np.zeros((len(self._chosen), len(bones)))
        rows = np.arange(len(self._chosen))[:, None]
        np.add.at(
            full, (rows, lifter.bone_indices[self._chosen]), lifter.bone_weights[self._chosen]
        )
        self._weights = full
        self._lines = bone_lines(lifter.rest_template_joints())

    def displaced(self, body: PosedBody, way: SkinWay) -> PosedBody:
        """The body with its skin moved `way`; joints and pelvis stay where they are."""
        if way == OWN:
            return body
        bones = self._lifter.bones
        rest = self._lifter.rest(body.shape).vertices[self._chosen].astype(float)
        own = blended_linear(rest, body.from_rest, self._weights)
        weights = self._anchored(way)
        there = blended_linear(rest, body.from_rest, weights)
        if way.round:
            joints = {
                (bones.index(a), bones.index(b)): self._joint(body, bones.index(at))[0]
                for a, b, at in JOINTS
            }
            there += way.round * (blended_round(rest, body.from_rest, weights, joints) - there)
        for bone in self._thighs:
            there = _kept_from_joint(there, rest, weights[:, bone], self._joint(body, bone), way)
        step = there - own
        length = np.linalg.norm(step, axis=1, keepdims=True)
        step *= np.minimum(1.0, _MOST_M / np.maximum(length, 1e-9))
        vertices = body.vertices.copy()
        vertices[self._chosen] += (step * self._share[:, None]).astype(np.float32)
        return replace(body, vertices=vertices)

    @property
    def _share(self) -> Array:
        """(n,) fades to nothing at both ends, so that no step shows."""
        z = self._rest[:, 2]
        share: Array = np.clip(np.minimum(z - _LOW_M, _HIGH_M - z) / 0.08, 0, 1)
        return share

    def _anchored(self, way: SkinWay) -> Array:
        """(n, bones) weights."""
        weights = self._weights + way.near * (self._near(way) - self._weights)
        firm = _between(self._rest[:, 2], *_SEAT_M, 0.015) * _above(self._rest[:, 1], 0.0, 0.01)
        self._give(weights, (self._sacral,), np.full(len(weights), way.sacral))
        self._give(weights, self._thighs, way.firm_seat * firm)
        everything = tuple(range(weights.shape[1]))
        self._give(weights, everything, way.anchored * self._over_sacrum(way))
        self._give(weights, everything, way.crest * self._over_crests(way))
        return weights

    def _give(self, weights: Array, bones: tuple[int, ...], share: Array) -> None:
        """That share (n,) of what the bones have goes to the pelvis, in place."""
        chosen = list(bones)
        moved = weights[:, chosen] * share[:, None]
        weights[:, chosen] -= moved
        weights[:, self._root] += moved.sum(axis=1)

    def _over_sacrum(self, way: SkinWay) -> Array:
        """(n,) 1 in the middle of the sacral patch."""
        x, y, z = self._rest.T
        across = x / way.anchor_half_width_m
        up = (z - way.anchor_height_m) / way.anchor_half_height_m
        field: Array = np.exp(-0.5 * (across**2 + up**2) ** 2) * _above(y, _BACK_M, 0.01)
        return field

    def _over_crests(self, way: SkinWay) -> Array:
        """(n,) 1 beside and behind, from the hip joints up to the crests."""
        x, y, z = self._rest.T
        beside = _above(np.abs(x), _BESIDE_M, 0.01) * _above(y, _FRONT_M, 0.02)
        up = _above(z, 0.0, 0.02) * _above(-z, -way.crest_top_m, way.crest_fade_m)
        field: Array = beside * up
        return field

    def _near(self, way: SkinWay) -> Array:
        """(n, bones) weights of the bones near by."""
        of_part = dict(zip(("root", "upperleg", "spine"), way.near_pull, strict=True))
        pull = {bone: of_part.get(bone.rstrip("0123456789.LR"), 1.0) for bone in self._lines}
        weights = np.zeros_like(self._weights)
        columns = [self._lifter.bones.index(bone) for bone in self._lines]
        weights[:, columns] = near_weights(self._rest, self._lines, way.near_sharpness, pull)
        return weights

    def _joint(self, body: PosedBody, bone: int) -> tuple[Array, Array]:
        """A joint at rest and posed, (3,) m."""
        rest = self._lifter.rest(body.shape).rest.joints[self._lifter.bones[bone]]
        return rest, body.from_rest[bone, :3, :3] @ rest + body.from_rest[bone, :3, 3]


def _above(value: Array, edge: float, soft: float) -> Array:
    """0 below the edge, 1 above it."""
    share: Array = 1 / (1 + np.exp(-(value - edge) / soft))
    return share


def _between(value: Array, low: float, high: float, soft: float) -> Array:
    between: Array = _above(value, low, soft) * _above(-value, -high, soft)
    return between


def _kept_from_joint(
    there: Array, rest: Array, weight: Array, joint: tuple[Array, Array], way: SkinWay
) -> Array:
    """Where two bones share a vertex, its distance from the joint is brought back to rest's."""
    shared = np.minimum(1.0, 4 * weight * (1 - weight)) * way.full_seat
    out = there - joint[1]
    length = np.linalg.norm(out, axis=1)
    at_rest = np.linalg.norm(rest - joint[0], axis=1)
    stretched = 1 + shared * (at_rest / np.maximum(length, 1e-3) - 1)
    kept: Array = joint[1] + out * np.clip(stretched, 0.7, 2.0)[:, None]
    return kept
