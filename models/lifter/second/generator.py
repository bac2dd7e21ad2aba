"""The second generator of lifters, which the pelvis estimator is judged on and never learns from.

It shares with the first (`crops.Studio`) only the skeleton, the rest shape and the ray caster.
Skinning, soft tissue, cloth and sensor are models of another kind: `second_skin`,
`second_tissue`, `second_cloth`, `second_sensor`. `SecondStudio` fits `crops.seen_view`.
"""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from device.records import Array, Intrinsics
from models.lifter.body.model import Lifter
from models.lifter.body.posed import Floats, PosedBody
from models.lifter.body.skeleton import hip_flexion_deg
from models.lifter.scene.props import Faces, Mesh, joined
from models.lifter.second.cloth import Pose, Tailor
from models.lifter.second.dress import Dress, random_dress
from models.lifter.second.sensor import MatchingNoise, roi_camera
from models.lifter.second.skin import Skin
from models.lifter.second.tissue import SeatField, SoftSeat

__all__ = ["Dress", "SecondStudio", "random_dress"]

LAYER_RGB = {
    "skin": (0.62, 0.42, 0.32),
    "shorts": (0.09, 0.10, 0.14),
    "shirt": (0.45, 0.12, 0.10),
    "belt": (0.25, 0.15, 0.08),
}
_SEATS_KEPT = 16
_NOISES_KEPT = 24


class SecondStudio:
    """The body model, loaded once, in this generator's skin, clothes and cameras.

    `unit` numbers the camera that is being looked through: its calibration error stays the same
    for as long as the number does.
    """

    def __init__(self, lifter: Lifter | None = None) -> None:
        self.lifter = lifter or Lifter()
        self.unit = 0
        self._skin = Skin(self.lifter)
        skin = self._skin
        unseen = skin.weight("head") + skin.weight("wrist")
        faces = self.lifter.faces[(unseen[self.lifter.faces] < 0.9).all(axis=1)]
        vertices, index = np.unique(faces, return_inverse=True)
        self._vertices = kept = vertices.astype(np.intp)
        self._faces: Faces = index.reshape(-1, 3).astype(np.int32)
        self._template = self.lifter.template[kept].astype(float)
        self._normals = normals(self._template, self._faces)
        thighs = skin.weight("upperleg01.L")[kept], skin.weight("upperleg01.R")[kept]
        trunk = sum(skin.weight(part)[kept] for part in ("root", "spine", "clavicle"))
        bare = _mesh("skin", self._template, self._faces)
        joints = self.lifter.rest_template_joints()
        self._tailor = Tailor(bare, thighs, np.asarray(trunk), joints)
        self._over_pelvis = (skin.weight("root")[kept] > 0.3) & (self._template[:, 1] > -0.02)
        self._seats: OrderedDict[SoftSeat, SeatField] = OrderedDict()
        self._noises: OrderedDict[tuple[int, float, int, int], tuple[Intrinsics, MatchingNoise]]
        self._noises = OrderedDict()
        bones = self.lifter.bones
        self._thighs = bones.index("upperleg01.L"), bones.index("upperleg01.R")

    def sensor(
        self, distance_m: float, baseline_m: float, rng: np.random.Generator
    ) -> tuple[Intrinsics, MatchingNoise]:
        """A camera that sees the hips' surroundings alone, as `crops.Studio.sensor` does."""
        step = round(float(np.log(distance_m)) / 0.06)
        key = (step, baseline_m, int(rng.integers(4)), self.unit)
        if key not in self._noises:
            camera = roi_camera(float(np.exp(0.06 * step)))
            seed = (self.unit, round(baseline_m * 1000))
            self._noises[key] = (
                camera,
                MatchingNoise(camera, baseline_m, seed, (step + 100, key[2])),
            )
            while len(self._noises) > _NOISES_KEPT:
                self._noises.popitem(last=False)
        self._noises.move_to_end(key)
        return self._noises[key]

    def mesh(self, body: PosedBody, dress: Dress) -> Mesh:
        """The dressed body without head and hands."""
        skin = self.skin_m(body, dress)
        turn = body.from_rest[:, :3, :3]
        pose = Pose(
            skin,
            body.pelvis_rotation,
            body.thorax_rotation,
            (turn[self._thighs[0]], turn[self._thighs[1]]),
            self._flexion_deg(body),
        )
        return joined(_mesh(*layer) for layer in self._tailor.layers(pose, dress))

    def skin_m(self, body: PosedBody, dress: Dress) -> Array:
        """(n, 3) the skin without clothes, world axes, m."""
        rest = self.lifter.rest(body.shape).vertices[self._vertices].astype(float)
        rest += self._displacement(body, dress)
        return self._skin.posed(rest, body.from_rest, self._vertices)

    def soft_tissue_mm(self, body: PosedBody, dress: Dress) -> float:
        """The largest displacement of skin over the pelvis, against skin that follows the bones."""
        moved = self._displacement(body, dress)[self._over_pelvis]
        return float(np.linalg.norm(moved, axis=1).max() * 1000)

    def _displacement(self, body: PosedBody, dress: Dress) -> Array:
        if dress.seat not in self._seats:
            self._seats[dress.seat] = SeatField(dress.seat, self._template, self._normals)
            while len(self._seats) > _SEATS_KEPT:
                self._seats.popitem(last=False)
        self._seats.move_to_end(dress.seat)
        field = self._seats[dress.seat]
        return field.displacement(self._flexion_deg(body), body.pelvis_rotation)

    def _flexion_deg(self, body: PosedBody) -> tuple[float, float]:
        left, right = (
            hip_flexion_deg(body.pelvis_rotation, body.from_rest[i, :3, :3]) for i in self._thighs
        )
        return left, right


def normals(vertices: Array, faces: Faces) -> Array:
    """(V, 3) unit normals, outwards."""
    one, two, three = (vertices[faces[:, k]] for k in range(3))
    across = np.cross(two - one, three - one)
    summed = np.stack(
        [
            np.bincount(faces.ravel(), np.repeat(across[:, c], 3), minlength=len(vertices))
            for c in range(3)
        ],
        axis=1,
    )
    unit: Array = summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12)
    return unit


def _mesh(what: str, vertices: Array, faces: Faces) -> Mesh:
    points: Floats = vertices.astype(np.float32)
    colors = np.tile(np.asarray(LAYER_RGB[what], np.float32), (len(points), 1))
    return Mesh(points, faces, colors, normals(vertices, faces).astype(np.float32))
