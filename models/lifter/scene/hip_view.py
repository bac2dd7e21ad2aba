"""What a unit sees of the hips: rays, sensor noise, then the program's own crop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from device.crop import HipView, hip_view
from device.geometry import to_levelled, transform, unit
from device.records import Array, DepthImage, Extrinsics, Floor, Intrinsics
from models.lifter.body.posed import PosedBody
from models.lifter.scene.render import Scene, depth_image, look_at

_SAME = Extrinsics(np.eye(3), np.zeros(3))


@dataclass(frozen=True)
class View:
    """Where a unit hangs, seen from the lifter: azimuth 0 is straight behind."""

    azimuth_deg: float
    distance_m: float
    height_m: float
    rotation_deg: int
    baseline_m: float

    def position(self, around: Array) -> Array:
        """(3,) in world axes; behind the lifter is +y."""
        azimuth = np.radians(self.azimuth_deg)
        flat = np.array([np.sin(azimuth), np.cos(azimuth)]) * self.distance_m
        return np.array([around[0] + flat[0], around[1] + flat[1], self.height_m])


@dataclass(frozen=True)
class SeenHips:
    """A hip view and how it lies in the world."""

    view: HipView
    centre_m: Array  # (3,) what the view is centred on
    sight_deg: float  # bearing of the line of sight

    def from_world(self, points_m: Array) -> Array:
        """(n, 3) world points in the view's axes: right, up, towards the camera; m."""
        away = points_m - self.centre_m
        bearing = np.radians(self.sight_deg)
        right = np.array([-np.cos(bearing), -np.sin(bearing), 0.0])
        toward = np.array([-np.sin(bearing), np.cos(bearing), 0.0])
        return np.stack([away @ right, away[:, 2], away @ toward], axis=1)


class HasSensor(Protocol):
    """Whatever `seen_view` can look through."""

    def sensor(
        self, distance_m: float, baseline_m: float, rng: np.random.Generator
    ) -> tuple[Intrinsics, Any]:
        """A camera that sees the hips' surroundings, and its noise (`apply` as D400Noise has)."""


def seen_view(
    studio: HasSensor, scene: Scene, body: PosedBody, view: View, rng: np.random.Generator
) -> SeenHips:
    """The hip view of a unit that believes to see `body`.

    Everything after the rays is the program's own: sensor noise, levelling with a small error of
    the floor, a mid-hip guessed wrong by a few centimetres, `device.crop`.
    """
    position = view.position(body.mid_hip)
    aim = body.mid_hip + np.array([0.0, 0.0, 0.1])
    guess_error = rng.normal(0, 1, 3) * (0.03, 0.03, 0.03)
    distance = float(np.linalg.norm(aim - position))
    camera, noise = studio.sensor(distance, view.baseline_m, rng)
    pose = look_at(position, aim, view.rotation_deg, float(rng.normal(0, 2)))
    z_m = depth_image(scene, camera, pose)
    raw = noise.apply(z_m)
    up = unit(pose[:3, 2] + rng.normal(0, np.radians(0.4), 3))
    floor = Floor(up, float(position[2]), 1.0)
    depth = DepthImage(raw, 0.001, camera, _SAME, view.baseline_m)
    hip = transform((body.mid_hip + guess_error)[None], Extrinsics(pose[:3, :3], pose[:3, 3]))
    seen = hip_view(depth, floor, to_levelled(hip, floor)[0])
    centre_m = aim + guess_error
    sight = (centre_m - position)[:2]
    return SeenHips(seen, centre_m, float(np.degrees(np.arctan2(sight[0], -sight[1]))))


def truth_of(body: PosedBody, sight_deg: float) -> tuple[float, float, float, float]:
    """Tilt, list, rotation against the line of sight, lumbar flexion."""
    true = body.truth
    rotation = (true.rotation_deg - sight_deg + 180) % 360 - 180
    return true.tilt_deg, true.list_deg, rotation, true.lumbar_flexion_deg
