"""One training lifter: drawn at random, posed, and seen by several cameras."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from models.lifter.body.drawn import random_outfit, random_shape
from models.lifter.body.skin import random_way
from models.lifter.body.tissue import random_flesh
from models.lifter.crops.marks import MARKS, marks_of, seen_marks
from models.lifter.crops.poses import random_stance, random_view, squat_pose, standing_pose
from models.lifter.crops.studio import Studio, clutter
from models.lifter.packed_view import packed
from models.lifter.scene.hip_view import seen_view, truth_of
from models.lifter.scene.props import props_for
from models.lifter.scene.render import Scene

POSES = 6
CAMERAS = 8


def crops_of_one_lifter(studio: Studio, rng: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
    """`views`, `truth`, `marks` and `about` of one body: one group a camera."""
    shape, outfit, stance = random_shape(rng), random_outfit(rng), random_stance(rng)
    tissue, way = random_flesh(rng), random_way(rng)
    posed = [squat_pose(stance, rng) for _ in range(POSES)]
    poses = [standing_pose(stance, rng), *(pose for pose, _ in posed)]
    depths = [0.0, *(depth for _, depth in posed)]
    cameras = [random_view(rng) for _ in range(CAMERAS)]
    views = np.zeros((CAMERAS, 1 + POSES, 64, 64, 3), np.int16)
    truth = np.zeros((CAMERAS, 1 + POSES, 4), np.float32)
    marks = np.zeros((CAMERAS, 1 + POSES, len(MARKS), 3), np.float32)
    about = np.zeros((CAMERAS, 1 + POSES, 4), np.float32)
    for p, body in enumerate(studio.lifter.pose(shape, poses)):
        meshes = [studio.mesh(body, outfit, tissue, way), *props_for(body)]
        plain = Scene(meshes)
        body_marks = marks_of(studio.lifter, body)
        for c, view in enumerate(cameras):
            extra = clutter(view, body, rng) if rng.random() < 0.2 else []
            scene = Scene([*meshes, *extra]) if extra else plain
            seen = seen_view(studio, scene, body, view, rng)
            views[c, p] = packed(seen.view)
            truth[c, p] = truth_of(body, seen.sight_deg)
            marks[c, p] = seen_marks(body_marks, seen)
            about[c, p] = (view.azimuth_deg, view.distance_m, view.height_m, depths[p])
    return {"views": views, "truth": truth, "marks": marks, "about": about}
