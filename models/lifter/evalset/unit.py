"""One fixed unit that watches a lifter of the evaluation set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.lifter.body.posed import PosedBody
from models.lifter.evalset.generators import Generator
from models.lifter.evalset.mounts import Mount, Obstructed, obstacle, seen_from
from models.lifter.movement.squat import slow_noise
from models.lifter.scene.hip_view import SeenHips, seen_view
from models.lifter.scene.render import Scene

GUESS_SWAY_M = 0.012  # how far the guessed mid-hip wanders about during a rep, beside its bias


class Unit:
    """One fixed unit while a lifter moves before it.

    Its noise level, the error of its floor and its bias about the mid-hip stay the same, as they
    do in a room; the guessed mid-hip wanders a little besides.
    """

    def __init__(
        self,
        mount: Mount,
        unit: int,
        bodies: Sequence[PosedBody],
        fps: float,
        rng: np.random.Generator,
    ) -> None:
        stood = bodies[0].mid_hip
        self.mount, self._unit = mount, unit
        self._position = mount.view.position(stood)
        lowest = min(float(body.mid_hip[2]) for body in bodies)
        self._obstacle = obstacle(mount.occlusion, self._position, stood, lowest, rng)
        self._seed = int(rng.integers(1 << 31))
        self._wander = GUESS_SWAY_M * np.stack(
            [slow_noise(len(bodies), fps, self._seed + axis, 0.6) for axis in range(3)], axis=1
        )

    def see(self, generator: Generator, scene: Scene, body: PosedBody, frame: int) -> SeenHips:
        """What it sees of one frame."""
        joints = dict(body.joints)
        for side in ("left_hip", "right_hip"):
            joints[side] = joints[side] + self._wander[frame]
        believed = replace(body, joints=joints)
        view = seen_from(self._position, believed.mid_hip, self.mount.view)
        generator.unit = self._unit
        whole = Obstructed(scene, self._obstacle) if self._obstacle else scene
        return seen_view(generator, whole, believed, view, np.random.default_rng(self._seed))
