"""What the lifter wears: which vertices are cloth, and how cloth stands off and spans the body."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from device.records import Array
from models.lifter.body.hanging import hanging
from models.lifter.body.model import Lifter
from models.lifter.body.posed import Floats, PosedBody
from models.lifter.body.skeleton import hip_flexion_deg
from models.lifter.body.tissue import FULL_FLEXION_DEG, Tissue

_SHOULDER_M = 0.46  # above the pelvis joint, where a shirt lies on the body
Rgb = tuple[float, float, float]
Labels = npt.NDArray[np.int8]


class Region(IntEnum):
    """What covers a vertex."""

    SKIN = 0
    SHIRT = 1
    SHORTS = 2
    SHOES = 3
    HAIR = 4
    BELT = 5


@dataclass(frozen=True)
class Outfit:
    """Colours (linear 0 to 1) and cut of one lifter's clothes."""

    skin: Rgb = (0.62, 0.42, 0.32)
    shirt: Rgb = (0.20, 0.32, 0.55)
    shorts: Rgb = (0.08, 0.08, 0.10)
    shoes: Rgb = (0.75, 0.75, 0.72)
    hair: Rgb = (0.10, 0.07, 0.05)
    belt_rgb: Rgb = (0.25, 0.15, 0.08)
    sleeve: float = 0.55  # share of the upper arm that is covered; 0 = none
    leg: float = 0.45  # share of hip to ankle that is covered
    waist_m: float = 0.07  # hem between shirt and shorts above the pelvis joint
    shirt_loose_m: float = 0.006  # mean stand-off
    shorts_loose_m: float = 0.008
    drape: int = 6  # how far cloth spans hollows: smoothing steps
    wrinkle: float = 0.5  # 0 to 1
    seed: int = 0
    belt: bool = False
    belt_m: float = 0.115  # height of its middle above the pelvis joint
    belt_half_m: float = 0.05
    tucked: bool = True  # the shirt is held at its hem
    shirt_slack_m: float = 0.0  # how far it can hang off the body
    shorts_slack_m: float = 0.0
    fall_m: float = 0.0006  # weight of hanging cloth against its tension
    hem_rise_m: float = 0.0  # of the hem, at full hip flexion

    @property
    def hangs(self) -> bool:
        """Something on it is loose."""
        return max(self.shirt_slack_m, self.shorts_slack_m) > 0

    def bent(self, hip_flexion_deg: float) -> Outfit:
        """The same clothes with their hem where bending the hip pulls it."""
        share = float(np.clip(hip_flexion_deg / FULL_FLEXION_DEG, 0.0, 1.2))
        return replace(self, waist_m=self.waist_m + share * self.hem_rise_m)


class Wardrobe:
    """Dresses posed bodies; holds what depends only on the mesh."""

    def __init__(self, lifter: Lifter) -> None:
        from scipy import sparse

        self._rest = lifter.template.astype(float)
        faces = lifter.faces.astype(np.int64)
        count = len(self._rest)
        rows, columns = faces[:, [0, 1, 2, 1, 2, 0]].ravel(), faces[:, [1, 2, 0, 0, 1, 2]].ravel()
        graph = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(count, count))
        graph.data[:] = 1.0
        degree = np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1.0)
        self._mean: Any = sparse.diags(1 / degree) @ graph
        corners = np.repeat(np.arange(len(faces)), 3)
        self._corners: Any = sparse.csr_matrix(
            (np.ones(faces.size), (faces.ravel(), corners)), shape=(count, len(faces))
        )
        self._faces = faces
        self._thighs = [lifter.bones.index(f"upperleg01.{side}") for side in "LR"]
        self._weights = {
            "foot": lifter.bone_weight(("foot", "toe")),
            "leg": lifter.bone_weight(("upperleg", "lowerleg", "foot", "toe")),
            "torso": lifter.bone_weight(("root", "pelvis", "spine", "clavicle", "shoulder")),
            "arm": lifter.bone_weight(("upperarm", "lowerarm", "wrist", "metacarpal", "finger")),
            "neck": lifter.bone_weight(("neck", "head", "eye")),
            "head": lifter.bone_weight(("head", "eye")),
        }
        joints = lifter.rest_template_joints()
        self._along_arm = _share(self._rest, joints, "upperarm01", "lowerarm01")
        self._along_leg = _share(self._rest, joints, "upperleg01", "foot")
        self._eye = joints["eye.L"]

    def regions(self, outfit: Outfit) -> Labels:
        """(V,) `Region` of each vertex."""
        w, rest = self._weights, self._rest
        label = np.zeros(len(rest), np.int8)
        lower = (w["leg"] > 0.5) | ((w["torso"] > 0.5) & (rest[:, 2] < outfit.waist_m))
        label[lower & (self._along_leg < outfit.leg)] = Region.SHORTS
        upper = w["torso"] + w["arm"] > 0.5
        sleeve = upper & (w["arm"] > 0.3) & (self._along_arm < outfit.sleeve)
        trunk = upper & (w["arm"] <= 0.3) & (rest[:, 2] >= outfit.waist_m)
        label[(trunk | sleeve) & (w["neck"] < 0.3)] = Region.SHIRT
        if outfit.belt:
            beside = np.abs(rest[:, 2] - outfit.belt_m)
            label[trunk & (beside < outfit.belt_half_m)] = Region.BELT
        label[w["foot"] > 0.5] = Region.SHOES
        crown = rest[:, 2] > self._eye[2] + 0.06
        nape = (rest[:, 1] > self._eye[1] + 0.085) & (rest[:, 2] > self._eye[2] - 0.06)
        label[(w["head"] > 0.5) & (crown | nape)] = Region.HAIR
        return label

    def colors(self, labels: Labels, outfit: Outfit) -> Floats:
        """(V, 3) linear colour of each vertex."""
        palette = (
            outfit.skin,
            outfit.shirt,
            outfit.shorts,
            outfit.shoes,
            outfit.hair,
            outfit.belt_rgb,
        )
        return np.asarray(palette, np.float32)[labels]

    def normals(self, vertices: npt.NDArray[Any]) -> Array:
        """(V, 3) unit normals, outwards."""
        a, b, c = (vertices[self._faces[:, i]].astype(float) for i in range(3))
        summed = self._corners @ np.cross(b - a, c - a)
        unit: Array = summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12)
        return unit

    def dress(self, body: PosedBody, labels: Labels, outfit: Outfit) -> Floats:
        """(V, 3) the vertices with cloth spanning hollows, standing off and wrinkled."""
        skin = body.vertices.astype(float)
        gap = self._stand_off(labels, outfit, body)
        cloth = np.isin(labels, (Region.SHIRT, Region.SHORTS, Region.SHOES, Region.BELT))
        moved = skin.copy()
        for _ in range(outfit.drape):
            moved = np.where(cloth[:, None], self._mean @ moved, moved)
        normal = self.normals(skin)
        # cloth may leave the skin, but neither enters it nor hangs more than 3 cm away
        away = ((moved - skin) * normal).sum(axis=1)
        lift = np.clip(away, 0.0, 0.03) + gap
        if outfit.hangs:
            slack = self._slack(labels, outfit)
            hung = hanging(skin, normal, self._mean, lift, slack, outfit.fall_m)
            return np.asarray(hung, np.float32)
        return np.asarray(skin + normal * lift[:, None], np.float32)

    def softened(self, body: PosedBody, tissue: Tissue) -> PosedBody:
        """The body with its soft tissue displaced; joints and pelvis stay where they are."""
        up = body.pelvis_rotation[:, 2]
        skin = body.vertices.astype(float)
        moved = tissue.displacement(self._rest, self.normals(skin), up, self.hip_flexion_deg(body))
        return replace(body, vertices=(skin + moved).astype(np.float32))

    def hip_flexion_deg(self, body: PosedBody) -> float:
        """Mean of both sides."""
        sides = [
            hip_flexion_deg(body.pelvis_rotation, body.from_rest[bone, :3, :3])
            for bone in self._thighs
        ]
        return float(np.mean(sides))

    def _slack(self, labels: Labels, outfit: Outfit) -> Array:
        """(V,) m that cloth can hang off: nothing where it is held, at shoulders, hem and belt."""
        height = self._rest[:, 2]
        hem = outfit.waist_m
        shirt = outfit.shirt_slack_m * _risen(_SHOULDER_M - height, 0.10)
        if outfit.tucked:
            shirt = shirt * _risen(height - hem, 0.06)
        shorts = outfit.shorts_slack_m * _risen(hem - height, 0.06)
        slack = np.where(labels == Region.SHIRT, shirt, 0.0)
        slack = np.where(labels == Region.SHORTS, shorts, slack)
        if outfit.belt:
            slack *= _risen(np.abs(height - outfit.belt_m) - outfit.belt_half_m, 0.04)
        return slack

    def _stand_off(self, labels: Labels, outfit: Outfit, body: PosedBody) -> Array:
        by_region = np.array([0, outfit.shirt_loose_m, outfit.shorts_loose_m, 0.002, 0.012, 0.009])
        gap: Array = by_region[labels]
        ripple = np.where(np.isin(labels, (Region.SHIRT, Region.SHORTS)), outfit.wrinkle, 0.0)
        gap = gap * (1 + ripple * self._ripple(outfit.seed, body))
        for _ in range(2):
            gap = np.where(gap > 0, self._mean @ gap, gap)
        return np.maximum(gap, 0.0)

    def _ripple(self, seed: int, body: PosedBody) -> Array:
        """(V,) wrinkles in -1 to 1, fixed to the cloth, shifting as the hips bend."""
        rng = np.random.default_rng(seed)
        ways = rng.normal(size=(6, 3))
        ways /= np.linalg.norm(ways, axis=1, keepdims=True)
        waves = rng.uniform(15.0, 60.0, 6)  # rad/m
        bend = np.radians(self.hip_flexion_deg(body))
        phases = rng.uniform(0, 2 * np.pi, 6) + bend * rng.normal(0, 1.2, 6)
        field: Array = np.sin((self._rest @ ways.T) * waves + phases).mean(axis=1) * 2.0
        return field


def _risen(height_m: Array, over_m: float) -> Array:
    """0 at and below no height, 1 from `over_m` up."""
    share: Array = np.clip(height_m / over_m, 0.0, 1.0)
    return share


def _share(rest: Array, joints: dict[str, Array], start: str, end: str) -> Array:
    """(V,) how far along the limb of its side each vertex lies."""
    share = np.zeros(len(rest))
    for side, sign in (("L", 1.0), ("R", -1.0)):
        line = joints[f"{end}.{side}"] - joints[f"{start}.{side}"]
        along = (rest - joints[f"{start}.{side}"]) @ line / (line @ line)
        share = np.where(rest[:, 0] * sign >= 0, along, share)
    return share
