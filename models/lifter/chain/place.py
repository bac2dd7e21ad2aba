"""Where the unit hangs and what stands around, in the clips of the whole-chain evaluation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from device.geometry import project, transform
from device.records import Array, Extrinsics, Intrinsics
from models.lifter.body.arms import Grip
from models.lifter.body.posed import PosedBody
from models.lifter.scene import props
from models.lifter.scene.hip_view import View
from models.lifter.scene.props import Mesh
from models.lifter.scene.render import Scene, look_at

HIPS_Y_M = 0.08  # the hips travel about this point
_MARGIN_PX = 6
_TRIES = 200
REAR_SHARE = 0.5  # of the racks have rear uprights, where these hide nothing
HIDING_SHARE = 0.1  # where they hide a part of the lifter
_SEEN = ("left_shoulder", "right_shoulder", "left_hip", "right_hip", "left_knee", "right_knee",
         "left_ankle", "right_ankle")  # fmt: skip
_NEEDED = ("left_shoulder", "right_shoulder", "left_toe", "right_toe", "left_heel", "right_heel")


@dataclass(frozen=True)
class Cameras:
    """A unit's two cameras, at half of 848x480 for depth."""

    model: str
    depth: Intrinsics
    color: Intrinsics
    to_color: Extrinsics
    baseline_m: float


# Depth 87 x 58 degrees; colour 90 x 59 of the D455 and 69 x 43 of the D435, at 16 : 9.
_DEPTH = Intrinsics(424, 240, 223.4, 223.4, 211.5, 119.5)
D455 = Cameras(
    "D455",
    _DEPTH,
    Intrinsics(480, 270, 240.0, 240.0, 239.5, 134.5),
    Extrinsics(np.eye(3), np.array([-0.059, 0.0, 0.0])),
    0.095,
)
D435 = Cameras(
    "D435",
    _DEPTH,
    Intrinsics(480, 270, 347.0, 347.0, 239.5, 134.5),
    Extrinsics(np.eye(3), np.array([0.015, 0.0, 0.0])),
    0.050,
)


@dataclass(frozen=True)
class Place:
    """A mounted unit."""

    cameras: Cameras
    view: View
    aim_m: tuple[float, float, float]
    roll_deg: float

    @property
    def position_m(self) -> Array:
        """(3,) of the depth camera."""
        return self.view.position(np.array([0.0, HIPS_Y_M, 0.0]))

    @property
    def depth_pose(self) -> Array:
        """(4, 4) depth camera from world."""
        return look_at(self.position_m, self.aim_m, self.view.rotation_deg, self.roll_deg)

    @property
    def color_pose(self) -> Array:
        """(4, 4) colour camera from world."""
        pose = self.depth_pose
        pose[:3, 3] += self.cameras.to_color.translation_m
        return pose

    def sees(self, body: PosedBody) -> bool:
        """Whether shoulders and feet lie within both pictures."""
        points = np.stack([body.joints[name] for name in _NEEDED])
        for camera, pose in (
            (self.cameras.depth, self.depth_pose),
            (self.cameras.color, self.color_pose),
        ):
            seen = project(transform(points, Extrinsics(pose[:3, :3], pose[:3, 3])), camera)
            high = np.array([camera.width_px, camera.height_px]) - _MARGIN_PX
            if not np.all((seen > _MARGIN_PX) & (seen < high)):
                return False
        return True

    def hidden_share(self, bodies: list[PosedBody], mesh: Mesh) -> float:
        """How much of the trunks and legs a mesh hides from the cameras."""
        points = np.concatenate([np.stack([b.joints[name] for name in _SEEN]) for b in bodies])
        beside = np.cross([0.0, 0.0, 1.0], points.mean(axis=0) - self.position_m)
        beside *= 0.1 / np.linalg.norm(beside)
        points = np.concatenate([points, points + beside, points - beside])
        ways = (points - self.position_m).astype(np.float32)
        return float((Scene([mesh], floor=False).distances(self.position_m, ways) < 0.95).mean())


def random_place(bodies: list[PosedBody], rng: np.random.Generator) -> Place:
    """A recommended placement from which these bodies are seen from shoulders to feet.

    A D435's colour camera sees little: tall lifters don't fit, and get a D455.
    """
    wanted = D435 if rng.random() < 0.5 else D455
    for attempt in range(2 * _TRIES):
        place = _drawn(wanted if attempt < _TRIES else D455, bodies[0], rng)
        if all(place.sees(body) for body in bodies):
            return place
    raise ValueError("no recommended placement sees this lifter from shoulders to feet")


def _drawn(cameras: Cameras, body: PosedBody, rng: np.random.Generator) -> Place:
    view = View(
        azimuth_deg=float(rng.uniform(-55, 55)),
        distance_m=float(rng.uniform(0.9, 1.25 if cameras is D435 else 1.6)),
        height_m=float(rng.uniform(0.8, 1.6)),
        rotation_deg=int(rng.choice([90, 270])),
        baseline_m=cameras.baseline_m,
    )
    shoulders_m = float(body.joints["left_shoulder"][2])
    # whoever mounts a unit turns it until shoulders and feet are in the picture
    aim = (0.0, HIPS_Y_M, shoulders_m * float(rng.uniform(0.42, 0.58)))
    return Place(cameras, view, aim, float(rng.normal(0, 1.0)))


# ---------------------------------------------------------------- around the lifter


@dataclass(frozen=True)
class Surroundings:
    """What doesn't move."""

    meshes: list[Mesh]
    occlusion: str  # none | upright
    hooks: Grip


def random_surroundings(
    place: Place, bodies: list[PosedBody], hooks: Grip, rng: np.random.Generator
) -> Surroundings:
    """A rack with or without rear uprights, walls, a box or bench."""
    front_y = float(hooks.centre_m[1]) - 0.10
    rgb = (float(rng.uniform(0.03, 0.5)), float(rng.uniform(0.03, 0.3)), float(rng.uniform(0, 0.3)))
    hook_z = float(hooks.centre_m[2]) - 0.02
    half_m = float(rng.uniform(0.55, 0.62))
    rear_m = float(rng.uniform(0.95, 1.35))  # the rear uprights behind the front ones
    rack = props.rack(front_y, rear_m, half_m, 2.2, hook_z, rgb)
    hidden = place.hidden_share(bodies, rack)
    # whoever mounts a unit keeps its own rack out of its sight, mostly
    if rng.random() > (REAR_SHARE if hidden == 0 else HIDING_SHARE) or hidden > 0.35:
        rack = props.rack(front_y, 0.0, half_m, 2.2, hook_z, rgb)
        hidden = place.hidden_share(bodies, rack)
    occlusion = "upright" if hidden else "none"
    meshes = [rack]
    grey = float(rng.uniform(0.15, 0.7))
    wall_rgb = (grey, grey * float(rng.uniform(0.85, 1.0)), grey * float(rng.uniform(0.75, 1.0)))
    meshes.append(props.wall(float(-rng.uniform(1.5, 3.5)), wall_rgb))
    if rng.random() < 0.4:
        side = -np.sign(place.view.azimuth_deg) or 1.0
        meshes.append(props.side_wall(float(side * rng.uniform(1.3, 2.5)), wall_rgb))
    for _ in range(int(rng.integers(0, 3))):
        x, y = float(rng.choice([-1, 1]) * rng.uniform(0.95, 1.4)), float(rng.uniform(-1.3, -0.7))
        size = rng.uniform((0.3, 0.3, 0.3), (0.5, 0.5, 0.6))
        red, green, blue = (float(v) for v in rng.uniform(0.03, 0.35, 3))
        meshes.append(props.box((x, y, float(size[2]) / 2), size, (red, green, blue)))
    return Surroundings(meshes, occlusion, hooks)


def spotter_place(place: Place, rng: np.random.Generator) -> tuple[float, float, float]:
    """(x, y, heading deg) of somebody who stands beside the lifter, out of the unit's way."""
    side = -np.sign(place.view.azimuth_deg) or 1.0
    azimuth = place.view.azimuth_deg + side * float(rng.uniform(65, 130))
    reach = float(rng.uniform(0.8, 1.1))
    x, y = reach * np.sin(np.radians(azimuth)), reach * np.cos(np.radians(azimuth)) + HIPS_Y_M
    return float(x), float(y), float(-azimuth + rng.uniform(-25, 25))
