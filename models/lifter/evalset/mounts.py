"""Where the evaluation set's units hang, and what may stand in front of them.

A unit is fixed in the room: the lifter moves in front of it. What stands in the way is seen by
one camera only, so that each camera's occlusion is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from device.records import Array
from models.lifter.scene.hip_view import View
from models.lifter.scene.props import Mesh, box, cylinder
from models.lifter.scene.render import Floats, Scene

BASELINES_M = {"D435": 0.050, "D455": 0.095}
FARTHEST_M = {"D435": 1.25, "D455": 1.6}  # of the recommended placement
OCCLUSIONS = ("upright", "bar", "spotter")
OCCLUDED_SHARE = 0.3
# From the middle of the view to what stands in it, in halves of the view.
_BESIDE = {"upright": (0.0, 1.1), "bar": (0.0, 0.0), "spotter": (0.5, 1.6)}
_CROP_HALF_M = 0.375
_CLEAR_M = 0.45  # hips to obstacle
_BAR_HALF_M, _BAR_WAY_M = 1.25, 0.5  # half the bar's length; how far before and behind it moves
_RGB = (0.3, 0.3, 0.3)


@dataclass(frozen=True)
class Mount:
    """One fixed unit; `view` is where it hangs, seen from the standing lifter's hips."""

    view: View
    model: str
    recommended: bool
    occlusion: str

    @property
    def about(self) -> dict[str, Any]:
        """As it goes into the file."""
        named = {"model": self.model, "recommended": self.recommended, "occlusion": self.occlusion}
        return {**asdict(self.view), **named}


def recommended_mount(rng: np.random.Generator) -> Mount:
    """Behind or behind and to the side, near, portrait."""
    model = _model(rng)
    view = View(
        azimuth_deg=float(rng.uniform(-55, 55)),
        distance_m=float(rng.uniform(0.9, FARTHEST_M[model])),
        height_m=float(rng.uniform(0.8, 1.6)),
        rotation_deg=int(rng.choice([90, 270])),
        baseline_m=BASELINES_M[model],
    )
    return Mount(view, model, True, _occlusion(rng))


def any_mount(rng: np.random.Generator) -> Mount:
    """Wherever a unit can be fixed, up to the front uprights, but not in the bar's way."""
    model = _model(rng)
    while True:
        view = View(
            azimuth_deg=float(rng.uniform(-150, 150)),
            distance_m=float(rng.uniform(0.8, 2.0)),
            height_m=float(rng.uniform(0.6, 2.0)),
            rotation_deg=int(rng.choice([0, 90, 180, 270])),
            baseline_m=BASELINES_M[model],
        )
        x, y, _ = np.abs(view.position(np.zeros(3)))
        if x > _BAR_HALF_M or y > _BAR_WAY_M:
            return Mount(view, model, False, _occlusion(rng))


def _model(rng: np.random.Generator) -> str:
    return "D455" if rng.random() < 0.5 else "D435"


def _occlusion(rng: np.random.Generator) -> str:
    return str(rng.choice(OCCLUSIONS)) if rng.random() < OCCLUDED_SHARE else "none"


def seen_from(position: Array, hips: Array, view: View) -> View:
    """The fixed unit as seen from the hips' present place."""
    x, y = position[:2] - hips[:2]
    return View(
        azimuth_deg=float(np.degrees(np.arctan2(x, y))),
        distance_m=float(np.hypot(x, y)),
        height_m=float(position[2]),
        rotation_deg=view.rotation_deg,
        baseline_m=view.baseline_m,
    )


def obstacle(
    kind: str, position: Array, standing_hips: Array, lowest_hip_m: float, rng: np.random.Generator
) -> list[Mesh]:
    """What stands between a unit at `position` (3,) and the hips (3,); none: nothing.

    It hides a part of what the unit sees of the hips, seldom all, and leaves room to squat.
    """
    if kind == "none":
        return []
    toward = position - standing_hips
    toward[2] = 0.0
    distance = float(np.linalg.norm(toward))
    side = np.array([-toward[1], toward[0], 0.0]) / distance
    share = float(rng.uniform(min(max(0.35, _CLEAR_M / distance), 0.55), 0.6))
    reach = _CROP_HALF_M * (1 - share)
    nearest, farthest = _BESIDE[kind]
    beside = float(rng.choice([-1.0, 1.0]) * rng.uniform(nearest, farthest)) * reach
    foot = standing_hips + toward * share + side * beside
    if kind == "upright":
        return [box((foot[0], foot[1], 1.1), (0.07, 0.07, 2.2), _RGB)]
    if kind == "bar":
        aimed = float(rng.uniform(lowest_hip_m - 0.1, standing_hips[2] + 0.3))
        foot[2] = aimed + share * (position[2] - aimed)
        return [cylinder(foot - side * 1.5, foot + side * 1.5, 0.03, _RGB)]
    top = np.array([foot[0], foot[1], float(rng.uniform(1.2, 1.8))])
    return [cylinder(np.array([foot[0], foot[1], 0.0]), top, float(rng.uniform(0.07, 0.16)), _RGB)]


class Obstructed(Scene):
    """A scene behind another one; sharing the first saves building it anew for each camera."""

    def __init__(self, behind: Scene, meshes: Sequence[Mesh]) -> None:
        super().__init__(meshes, floor=False)
        self._behind = behind

    def distances(self, origin: npt.ArrayLike, directions: npt.NDArray[Any]) -> Floats:
        """(n,) to whichever is nearer."""
        own = super().distances(origin, directions)
        return np.minimum(own, self._behind.distances(origin, directions))
