"""The generator of the training data: bodies, clothes, sensor, and what stands in the way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from device.records import Intrinsics
from models.lifter.body.clothing import Outfit, Wardrobe
from models.lifter.body.model import Lifter
from models.lifter.body.posed import PosedBody
from models.lifter.body.skeleton import HEAD_BONES
from models.lifter.body.skin import ANATOMICAL, Skin, SkinWay
from models.lifter.body.tissue import FIRM, Tissue
from models.lifter.scene.hip_view import View
from models.lifter.scene.props import Mesh, box, cylinder, dressed, wall
from models.lifter.scene.sensor import D400Noise

NATIVE_F_PX = 425.0  # a D400 at 848 x 480
ROI_PX = 160  # what is cast around the hips; the crop averages it down to 64
ROI_M = 0.95


class Studio:
    """The body model and wardrobe, loaded once, and the faces that a hip crop can contain."""

    def __init__(self) -> None:
        self.lifter = Lifter()
        self.wardrobe = Wardrobe(self.lifter)
        self.skin = Skin(self.lifter)
        unseen = self.lifter.bone_weight((*HEAD_BONES, "finger", "metacarpal", "toe"))
        self._kept = (unseen[self.lifter.faces] < 0.5).all(axis=1)
        self._noises: dict[tuple[float, float, int], tuple[Intrinsics, D400Noise]] = {}

    def sensor(
        self, distance_m: float, baseline_m: float, rng: np.random.Generator
    ) -> tuple[Intrinsics, D400Noise]:
        """A camera whose whole image is the hips' surroundings, with the noise of a full one.

        Its pixels are coarser than a D400's at 848 x 480 where the lifter is near; disparity
        noise is scaled so that a pixel's depth noise is the same. Noise fields are dear to make:
        a few are kept for each of some focal lengths.
        """
        step = round(np.log(distance_m) / 0.06)
        key = (step, baseline_m, int(rng.integers(4)))
        if key not in self._noises:
            f_px = ROI_PX / ROI_M * float(np.exp(0.06 * step))
            middle = (ROI_PX - 1) / 2
            camera = Intrinsics(ROI_PX, ROI_PX, f_px, f_px, middle, middle)
            subpixel = (0.045, 0.06, 0.075, 0.09)[key[2]] * f_px / NATIVE_F_PX
            noise = D400Noise(
                camera, baseline_m, 1000 * (step + 100) + key[2], subpixel, still_share=0.0
            )
            self._noises[key] = camera, noise
        return self._noises[key]

    def mesh(
        self, body: PosedBody, outfit: Outfit, tissue: Tissue = FIRM, way: SkinWay = ANATOMICAL
    ) -> Mesh:
        """The dressed body without head, fingers and toes."""
        body = self.skin.displaced(body, way)
        if tissue.bumps:
            body = self.wardrobe.softened(body, tissue)
        mesh = dressed(body, self.wardrobe, outfit)
        return replace(mesh, faces=mesh.faces[self._kept])


def clutter(view: View, body: PosedBody, rng: np.random.Generator) -> list[Mesh]:
    """A rack upright or a bar in front of the view, a wall or a spotter-like post behind."""
    meshes: list[Mesh] = []
    position = view.position(body.mid_hip)
    toward = position - body.mid_hip
    toward[2] = 0
    side = np.array([-toward[1], toward[0], 0.0]) / np.linalg.norm(toward)
    if rng.random() < 0.5:
        foot = body.mid_hip + toward * rng.uniform(0.35, 0.7) + side * rng.uniform(-0.4, 0.4)
        meshes.append(box((foot[0], foot[1], 1.1), (0.07, 0.07, 2.2), (0.3, 0.1, 0.1)))
    if rng.random() < 0.4:
        middle = body.mid_hip + toward * rng.uniform(0.3, 0.6)
        middle[2] = body.mid_hip[2] + rng.uniform(-0.35, 0.35)
        meshes.append(cylinder(middle - side, middle + side, 0.025, (0.4, 0.4, 0.4)))
    if rng.random() < 0.25:  # a spotter's trunk or leg
        foot = body.mid_hip + toward * rng.uniform(0.3, 0.8) + side * rng.uniform(-0.6, 0.6)
        top = np.array([foot[0], foot[1], rng.uniform(0.9, 1.7)])
        foot[2] = 0.0
        meshes.append(cylinder(foot, top, float(rng.uniform(0.06, 0.18)), (0.3, 0.3, 0.3)))
    if rng.random() < 0.4:
        meshes.append(wall(float(body.mid_hip[1] - rng.uniform(0.5, 1.5))))
    return meshes
