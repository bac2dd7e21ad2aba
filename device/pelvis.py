"""Depth around the hips -> the pelvis against gravity and the lumbar spine, with uncertainty.

A small network, learned on simulated lifters (`models/lifter`), reads the hip view of
`device/crop.py`. It also says how sure it is, and a newer one how strange the view looks to it.
Where the view is bad or strange nothing is said at all, but why (`device/reasons.py`).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from device.crop import HipView, hip_view
from device.errors import ModelError
from device.geometry import wrap_deg
from device.models import Model, Runtime, load_model
from device.reasons import Reason, Sight, doubt, unread, unreadable
from device.records import BodyPose, Floor, Frame, Joint, PelvisPose

MODEL = "pelvis"
STRANGENESS_LIMIT = "strangeness_limit"  # on the card
HIP_VISIBLE = 0.3
REMEMBERED_S = 3.0  # of views, so that quiet standing can be learned after the fact
STANDING_VIEWS = 8

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
        self._strangeness_limit = _strangeness_limit(self.model)
        self._nobody = np.zeros(self.model.card.inputs[1].shape, np.float32)
        self._standing = self._nobody
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
        said, _, strangeness = self._run(view)
        sd = {name: float(np.exp(said[f"{name}_log_sd"])) for name in _MEASURED}
        rotation = math.degrees(math.atan2(said["rotation_sine"], said["rotation_cosine"]))
        sight = sight_of(view, rotation)
        strange = strangeness is not None and strangeness > self._strangeness_limit
        reason = unread(sight, sd["tilt"], strange)
        if reason is not None:
            return PelvisPose(time_s, reason=reason, strangeness=strangeness)
        return PelvisPose(
            time_s=time_s,
            tilt_deg=said["tilt_deg"],
            tilt_sd_deg=sd["tilt"],
            list_deg=said["list_deg"],
            list_sd_deg=sd["list"],
            rotation_deg=wrap_deg(rotation - view.bearing_deg),
            rotation_sd_deg=sd["rotation"],
            lumbar_flexion_deg=said["lumbar_flexion_deg"],
            lumbar_flexion_sd_deg=sd["lumbar_flexion"],
            doubt=doubt(sight, sd["tilt"]),
            strangeness=strangeness,
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
        """What is known of the lifter's standing, as the model's second input; zeros: nothing."""
        return self._standing

    @standing.setter
    def standing(self, embedding: npt.NDArray[np.float32] | None) -> None:
        self._standing = self._nobody if embedding is None else embedding

    def _run(self, view: HipView) -> tuple[dict[str, float], npt.NDArray[np.float32], float | None]:
        """What it says by name, the view's embedding, and its strangeness if the model tells it."""
        aside = view.points if view.aside is None else view.aside
        both = np.stack([view.points, aside])
        said, embedding, *more = self.model.run(both, self._standing)
        named = dict(zip(OUTPUTS, said[0].tolist(), strict=True))
        return named, embedding, float(more[0].item()) if more else None

    def _remember(self, time_s: float, view: HipView) -> None:
        self._recent.append((time_s, view))
        while self._recent[0][0] < time_s - REMEMBERED_S or self._recent[0][0] > time_s:
            self._recent.popleft()


_MEASURED = ("tilt", "list", "rotation", "lumbar_flexion")


def _strangeness_limit(model: Model) -> float:
    """Up to where a view counts as familiar, as the card of a model with a third output says.

    That output is the squared Mahalanobis distance of the view's embedding from those trained on,
    divided by its dimension (Lee et al. 2018): about 1 for familiar views.
    """
    limit = model.card.limits.get(STRANGENESS_LIMIT)
    if len(model.card.outputs) < 3:
        return np.inf
    if limit is None:
        raise ModelError(
            f"The card of {model.card.file} does not say {STRANGENESS_LIMIT}, which a model with"
            " three outputs needs: copy the models folder from the release again."
        )
    return limit


def _view(frame: Frame, body: BodyPose | None, floor: Floor | None) -> HipView | str:
    """The view to read, or why there is none."""
    if frame.depth is None:
        return Reason.NO_DEPTH
    if floor is None:
        return Reason.NO_FLOOR
    if body is None:
        return Reason.NOT_SEEN
    left, right = Joint.LEFT_HIP, Joint.RIGHT_HIP
    if max(body.visibility[left], body.visibility[right]) < HIP_VISIBLE:
        return Reason.HIPS_HIDDEN
    try:
        view = hip_view(frame.depth, floor, (body.joints_m[left] + body.joints_m[right]) / 2)
    except ValueError:
        return Reason.OUT_OF_PICTURE
    return why_not(view) or view


def why_not(view: HipView) -> Reason | None:
    """Why a view is too bad to be read; None: it isn't."""
    return unreadable(sight_of(view, None))


def sight_of(view: HipView, azimuth_deg: float | None) -> Sight:
    """What the rules look at; the azimuth is the pelvis' rotation against the line of sight."""
    return Sight(
        distance_m=view.distance_m,
        filled_share=view.filled_share,
        nearer_share=view.nearer_share,
        front_share=view.front_share,
        front_side=view.front_side,
        hole_share=view.hole_share,
        outside_share=view.outside_share,
        azimuth_deg=azimuth_deg,
    )
