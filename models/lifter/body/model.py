"""The simulated lifter's body: shape and pose angles in, vertices, joints and pelvis truth out.

The mesh and its skinning come from the `anny` body model (recipe environment only). `root` is the
pelvis; the sacral skin follows mostly it. World axes: x to the lifter's left, -y forward, z up.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from device.records import Array
from models.lifter.body.arms import BAR_POSTURES, Grip, Torso, measure_torso, set_arms
from models.lifter.body.hips import HIPS, hip_joints
from models.lifter.body.posed import BodyShape, Feet, Floats, PelvisTruth, PoseAngles, PosedBody
from models.lifter.body.skeleton import (
    SIDES,
    Rest,
    Skeleton,
    rot_x,
    rot_y,
    rot_z,
    set_leg_by_angles,
    set_leg_by_foot,
    set_spine,
    tilt_list_rotation_deg,
)

_LEG = ("upperleg", "lowerleg", "foot", "toe")

# BlazePose's landmarks that the rest of the program uses, as joints of the body model.
_JOINT_BONES = {
    "left_shoulder": "upperarm01.L",
    "right_shoulder": "upperarm01.R",
    "left_elbow": "lowerarm01.L",
    "right_elbow": "lowerarm01.R",
    "left_wrist": "wrist.L",
    "right_wrist": "wrist.R",
    "left_hip": "upperleg01.L",
    "right_hip": "upperleg01.R",
    "left_knee": "lowerleg01.L",
    "right_knee": "lowerleg01.R",
    "left_ankle": "foot.L",
    "right_ankle": "foot.R",
}


@dataclass(frozen=True, eq=False)
class ShapeRest:
    """A body shape at rest."""

    rest: Rest
    torso: Torso
    vertices: Floats
    ankle_height_m: float
    stance_m: float  # half the distance between the ankles
    hip_shift_m: Array  # (2, 3) left, right: from the body model's hip joint to the true one


@dataclass
class Lifter:
    """The body model, loaded once; `pose` gives posed bodies in batches."""

    threads: int = 1
    cached_shapes: int = 64
    _shapes: OrderedDict[BodyShape, ShapeRest] = field(default_factory=OrderedDict, repr=False)

    def __post_init__(self) -> None:
        import anny
        import torch

        torch.set_num_threads(self.threads)
        self._torch: Any = torch
        self._model: Any = anny.Anny().to(dtype=torch.float32)
        self.bones: tuple[str, ...] = tuple(self._model.bone_labels)
        self._parents = tuple(int(p) for p in self._model.bone_parents)
        self.faces = np.asarray(self._model.faces, np.int32)
        self.bone_indices = np.asarray(self._model.vertex_bone_indices)  # (V, 9)
        self.bone_weights = np.asarray(self._model.vertex_bone_weights)  # (V, 9)
        neutral = self._forward(BodyShape(), np.tile(np.eye(4), (1, len(self.bones), 1, 1)))
        self.template: Floats = neutral["vertices"][0].numpy()
        self._toes, self._heels = self._foot_ends()
        self._feet = np.flatnonzero(self.bone_weight(("foot", "toe")) > 0.5)
        self._leg_bones = [
            [
                i
                for i, name in enumerate(self.bones)
                if name.startswith(_LEG) and name.endswith(side)
            ]
            for side, _ in SIDES
        ]
        self._leg_weight = np.stack(
            [self.bone_weight([self.bones[i] for i in leg]) for leg in self._leg_bones], axis=1
        )

    def bone_weight(self, prefixes: Sequence[str]) -> Array:
        """(V,) how much each vertex follows the bones whose names begin so."""
        wanted = np.array([name.startswith(tuple(prefixes)) for name in self.bones])
        weight: Array = (self.bone_weights * wanted[self.bone_indices]).sum(axis=1)
        return weight

    def rest_template_joints(self) -> dict[str, Array]:
        """Joints of the template body, in the axes of `template`."""
        return self.rest(BodyShape()).rest.joints

    def rest(self, shape: BodyShape) -> ShapeRest:
        """The shape at rest; the last few are kept."""
        if shape not in self._shapes:
            self._shapes[shape] = self._measure_rest(shape)
            while len(self._shapes) > self.cached_shapes:
                self._shapes.popitem(last=False)
        self._shapes.move_to_end(shape)
        return self._shapes[shape]

    def pose(self, shape: BodyShape, poses: Sequence[PoseAngles]) -> list[PosedBody]:
        """One body in several poses: soles on the floor, mid-ankle above the origin.

        Poses with `feet` stand where these say instead.
        """
        rest = self.rest(shape)
        skeletons = [self._skeleton(rest, angles) for angles in poses]
        out = self._forward(shape, np.stack([skeleton.matrices() for skeleton, _ in skeletons]))
        vertices, bones = out["vertices"].numpy(), out["bone_poses"].numpy().astype(float)
        return [
            self._posed(shape, angles, skeleton, grip, vertices[i], bones[i])
            for i, (angles, (skeleton, grip)) in enumerate(zip(poses, skeletons, strict=True))
        ]

    def _forward(self, shape: BodyShape, matrices: Array) -> Any:
        torch = self._torch
        values = {label: getattr(shape, label) for label in self._model.phenotype_labels}
        with torch.no_grad():
            return self._model(
                pose_parameters=torch.tensor(matrices, dtype=torch.float32),
                phenotype_kwargs={k: torch.full((len(matrices),), v) for k, v in values.items()},
                pose_parameterization="local-ref",
            )

    def _measure_rest(self, shape: BodyShape) -> ShapeRest:
        out = self._forward(shape, np.tile(np.eye(4), (1, len(self.bones), 1, 1)))
        vertices = out["vertices"][0].numpy()
        heads = out["bone_poses"][0].numpy().astype(float)[:, :3, 3]
        heads = heads - heads[0]
        joints = dict(zip(self.bones, heads, strict=True))
        shift = hip_joints(shape.hip_depth, shape.hip_breadth, joints, vertices) - [
            joints[hip] for hip in HIPS
        ]
        joints.update({hip: joints[hip] + shift[i] for i, hip in enumerate(HIPS)})
        rest = Rest(self.bones, self._parents, joints)
        ankle = float(rest.joints["foot.L"][2] - vertices[:, 2].min())
        torso = measure_torso(rest, vertices)
        return ShapeRest(rest, torso, vertices, ankle, float(rest.joints["foot.L"][0]), shift)

    def _skeleton(self, shape: ShapeRest, angles: PoseAngles) -> tuple[Skeleton, Grip | None]:
        root = rot_z(angles.pelvic_rotation) @ rot_y(angles.pelvic_list) @ rot_x(angles.pelvic_tilt)
        skeleton = Skeleton(shape.rest, root)
        set_spine(skeleton, angles.lumbar_flexion, angles.lumbar_split, angles.thoracic_flexion)
        skeleton.set_local("neck01", rot_x(angles.neck_flexion))
        for i, (side, sign) in enumerate(SIDES):
            if angles.feet is None:
                set_leg_by_angles(
                    skeleton,
                    side,
                    sign,
                    thigh_deg=angles.thigh[i],
                    shank_deg=angles.shank[i],
                    abduction_deg=angles.abduction[i],
                    toe_out_deg=angles.toe_out[i],
                )
            else:
                _reach_with_leg(skeleton, angles, angles.feet, i)
        grip = set_arms(skeleton, shape.torso, angles.posture, angles.grip_width, angles.elbow_back)
        if angles.posture_to is not None and angles.posture_share > 0:
            other = skeleton.copy()
            set_arms(other, shape.torso, angles.posture_to, angles.grip_width, angles.elbow_back)
            skeleton.blend(other, angles.posture_share)
        return skeleton, grip if angles.posture in (*BAR_POSTURES, "goblet") else None

    def _posed(
        self,
        shape: BodyShape,
        angles: PoseAngles,
        skeleton: Skeleton,
        grip: Grip | None,
        vertices: Floats,
        bones: Array,
    ) -> PosedBody:
        vertices, places = self._on_true_hips(shape, skeleton, vertices, bones[:, :3, 3])
        heads = dict(zip(self.bones, places, strict=True))
        if angles.feet is None:
            ankle = (heads["foot.L"] + heads["foot.R"]) / 2
            offset = np.array([-ankle[0], -ankle[1], -float(vertices[self._feet, 2].min())])
        else:
            hips = (heads["upperleg01.L"] + heads["upperleg01.R"]) / 2
            offset = np.asarray(angles.feet.mid_hip_m) - hips
        vertices = vertices + offset.astype(np.float32)
        joints = {name: heads[bone] + offset for name, bone in _JOINT_BONES.items()}
        for i, side in enumerate(("left", "right")):
            joints[f"{side}_heel"] = vertices[self._heels[i]].astype(float)
            joints[f"{side}_toe"] = vertices[self._toes[i]].astype(float)
        joints["head"] = heads["head"] + offset
        if grip is not None:
            grip = Grip(grip.centre_m + offset - bones[0, :3, 3], grip.axis)
        pelvis = skeleton.turn("root")
        return PosedBody(
            shape=shape,
            angles=angles,
            vertices=vertices,
            faces=self.faces,
            joints=joints,
            pelvis_rotation=pelvis,
            thorax_rotation=skeleton.turn("spine01"),
            grip=grip,
            truth=_truth(skeleton.rest, pelvis, heads),
            from_rest=skeleton.places(places + offset),
        )

    def _on_true_hips(
        self, shape: BodyShape, skeleton: Skeleton, vertices: Floats, heads: Array
    ) -> tuple[Floats, Array]:
        """Vertices and bone heads with the legs turned about the true hip joints."""
        heads = heads.copy()
        for i, shift in enumerate(self.rest(shape).hip_shift_m):
            hip = self.bones.index(HIPS[i])
            with_pelvis = skeleton.turn("root") @ shift
            step = with_pelvis - skeleton.turn(HIPS[i]) @ shift
            heads[self._leg_bones[i]] += step
            heads[hip] += with_pelvis - step
            vertices = vertices + (self._leg_weight[:, i : i + 1] * step).astype(np.float32)
        return vertices, heads

    def _foot_ends(self) -> tuple[list[int], list[int]]:
        toes, heels = [], []
        for side, _ in SIDES:
            foot = [
                name
                for name in self.bones
                if name.startswith(("foot", "toe")) and name.endswith(side)
            ]
            y = np.where(self.bone_weight(foot) > 0.5, self.template[:, 1], np.nan)
            toes.append(int(np.nanargmin(y)))
            heels.append(int(np.nanargmax(y)))
        return toes, heels


def _reach_with_leg(skeleton: Skeleton, angles: PoseAngles, feet: Feet, i: int) -> None:
    side, sign = SIDES[i]
    hips = (skeleton.joint("upperleg01.L") + skeleton.joint("upperleg01.R")) / 2
    ankle = np.asarray((feet.left_ankle_m, feet.right_ankle_m)[i]) - np.asarray(feet.mid_hip_m)
    heading = rot_z(angles.pelvic_rotation)
    set_leg_by_foot(
        skeleton,
        side,
        ankle=hips + ankle,
        knee_pole=heading @ rot_z(sign * angles.abduction[i]) @ np.array([0.0, -1.0, 0.15]),
        foot_turn=rot_z(sign * angles.toe_out[i]) @ rot_x(feet.heel_lift_deg[i]),
    )


def _truth(rest: Rest, pelvis: Array, heads: dict[str, Array]) -> PelvisTruth:
    tilt, side, around = tilt_list_rotation_deg(pelvis)
    # spine04 begins at about L5/S1; carried by the pelvis it is a point of the sacrum.
    sacrum = heads["root"] + pelvis @ rest.joints["spine04"]
    # spine02 spans about T12 to T7.
    t10 = 0.6 * heads["spine02"] + 0.4 * heads["spine01"]
    chord = rot_z(-around) @ (t10 - sacrum)
    lean = float(np.degrees(np.arctan2(-chord[1], chord[2])))
    return PelvisTruth(tilt, side, around, lean - tilt)
