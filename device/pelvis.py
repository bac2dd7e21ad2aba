"""Depth around the hips -> the pelvis against gravity and the lumbar spine, with uncertainty.

A small network, learned on simulated lifters (`models/lifter`), reads the hip view of
`device/crop.py`. It also says how sure it is; where the view itself is bad nothing is said at
all, but why.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from device.crop import HipView, hip_view
from device.geometry import wrap_deg
from device.models import Runtime, load_model
from device.records import BodyPose, Floor, Frame, Joint, PelvisPose

MODEL = "pelvis"
MIN_DISTANCE_M = 0.5
MAX_DISTANCE_M = 2.2  # beyond, noise exceeds what the network has learned from
MIN_FILLED_SHARE = 0.45
MAX_NEARER_SHARE = 0.15
MAX_TILT_SD_DEG = 12.0  # the network itself has no idea
HIP_VISIBLE = 0.3
REMEMBERED_S = 3.0  # of views, so that quiet standing can be learned after the fact
STANDING_VIEWS = 8
EMBEDDING = 128
_NOBODY = np.zeros((1, EMBEDDING), np.float32)

# What the network says, in this order.
OUTPUTS = (
    "tilt_deg",
    "list_deg",
    "rotation_sine",
    "rotation_cosine",
    "lumbar_flexion_deg",
    "tilt_log_sd",
    "list_log_sd",
    "rotation_log_sd",
    "lumbar_flexion_log_sd",
)


class PelvisEstimator:
    """The learned estimator. Raises ModelError where its file is missing or damaged.

    Once the lifter's own standing has been learned, every view is read against it: the error
    within a lifter is what matters.
    """

    def __init__(self, threads: int = 1, runtime: Runtime | None = None) -> None:
        self.model = load_model(MODEL, threads=threads, runtime=runtime)
        self._standing = _NOBODY
        self._recent: deque[tuple[float, HipView]] = deque()

    def estimate(self, frame: Frame, body: BodyPose | None, floor: Floor | None) -> PelvisPose:
        """The pelvis of one frame; angles None and a reason where it can't be measured."""
        view = _view(frame, body, floor)
        if isinstance(view, str):
            return PelvisPose(frame.time_s, reason=view)
        self._remember(frame.time_s, view)
        return self.read(view, frame.time_s)

    def read(self, view: HipView, time_s: float) -> PelvisPose:
        """What the network says of one hip view, against the standing learned last."""
        said, _ = self._run(view)
        sd = {name: float(np.exp(said[f"{name}_log_sd"])) for name in _MEASURED}
        if sd["tilt"] > MAX_TILT_SD_DEG:
            return PelvisPose(time_s, reason="the lower back can't be made out")
        rotation = np.degrees(np.arctan2(said["rotation_sine"], said["rotation_cosine"]))
        return PelvisPose(
            time_s=time_s,
            tilt_deg=said["tilt_deg"],
            tilt_sd_deg=sd["tilt"],
            list_deg=said["list_deg"],
            list_sd_deg=sd["list"],
            rotation_deg=wrap_deg(float(rotation) - view.bearing_deg),
            rotation_sd_deg=sd["rotation"],
            lumbar_flexion_deg=said["lumbar_flexion_deg"],
            lumbar_flexion_sd_deg=sd["lumbar_flexion"],
        )

    def learn_standing(self, start_s: float, end_s: float) -> list[PelvisPose]:
        """Takes the views of that quiet time as this lifter's standing, and reads them again.

        Empty where there were none; what was learned before then stays.
        """
        quiet = [(time_s, view) for time_s, view in self._recent if start_s <= time_s <= end_s]
        spaced = np.linspace(0, len(quiet) - 1, min(len(quiet), STANDING_VIEWS)).round()
        return self.learn_views([quiet[int(i)] for i in spaced])

    def learn_views(self, standing: Sequence[tuple[float, HipView]]) -> list[PelvisPose]:
        """Takes these (time, view) as this lifter's standing, and reads them again."""
        if not standing:
            return []
        embeddings = [self._run(view)[1] for _, view in standing]
        self._standing = np.mean(embeddings, axis=0, dtype=np.float32)
        return [self.read(view, time_s) for time_s, view in standing]

    @property
    def standing(self) -> npt.NDArray[np.float32]:
        """(1, 128) what is known of the lifter's standing; zeros: nothing."""
        return self._standing

    @standing.setter
    def standing(self, embedding: npt.NDArray[np.float32] | None) -> None:
        self._standing = _NOBODY if embedding is None else embedding

    def _run(self, view: HipView) -> tuple[dict[str, float], npt.NDArray[np.float32]]:
        said, embedding = self.model.run(view.points[None], self._standing)
        named = dict(zip(OUTPUTS, (float(value) for value in said[0]), strict=True))
        return named, embedding

    def _remember(self, time_s: float, view: HipView) -> None:
        self._recent.append((time_s, view))
        while self._recent[0][0] < time_s - REMEMBERED_S or self._recent[0][0] > time_s:
            self._recent.popleft()


_MEASURED = ("tilt", "list", "rotation", "lumbar_flexion")


def _view(frame: Frame, body: BodyPose | None, floor: Floor | None) -> HipView | str:
    """The view to read, or why there is none."""
    if frame.depth is None:
        return "the camera gives no depth"
    if floor is None:
        return "the floor is not in view"
    hips = [Joint.LEFT_HIP, Joint.RIGHT_HIP]
    if body is None or body.visibility[hips].max() < HIP_VISIBLE:
        return "the lifter's hips are hidden"
    try:
        view = hip_view(frame.depth, floor, body.joints_m[hips].mean(axis=0))
    except ValueError:
        return "the lifter's hips are out of view"
    return why_not(view) or view


def why_not(view: HipView) -> str | None:
    """Why a view is too bad to be read, in words a gym owner understands; None: it isn't."""
    if view.distance_m > MAX_DISTANCE_M:
        return f"the lifter is {view.distance_m:.1f} m away: move the unit closer"
    if view.distance_m < MIN_DISTANCE_M:
        return "the lifter is too close to the unit"
    if view.nearer_share > MAX_NEARER_SHARE:
        return "something is between the unit and the lifter's hips"
    if view.filled_share < MIN_FILLED_SHARE:
        return "the depth camera sees holes at the hips (shiny or black cloth, or bright sun)"
    return None
