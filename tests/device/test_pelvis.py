from __future__ import annotations

import dataclasses
import json
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device import paths
from device.body import BodyTracker
from device.cameras.simulated import SimulatedCamera, open_clip
from device.crop import HipView, hip_view
from device.errors import ModelError
from device.floor import FloorFinder
from device.models import Model, TensorCard, load_model, read_card
from device.pelvis import OUTPUTS, PelvisEstimator, why_not
from device.pose import PoseEstimator
from device.records import BodyPose, Floor, Frame, Joint
from device.settings import CameraSettings

Moment = tuple[Frame, BodyPose, Floor]


@pytest.fixture(scope="module")
def standing() -> list[Moment]:
    """The first second of the demo: Alex stands relaxed, 22 degrees off straight behind."""
    turns = open_clip(paths.DEMO_CLIP).meta.rotation_deg // 90  # type: ignore[attr-defined]
    pose, body, floor = PoseEstimator("full", 1, turns), BodyTracker(), FloorFinder(turns)
    moments = []
    camera = SimulatedCamera(CameraSettings(source="simulated"), realtime=False)
    with camera:
        for frame in islice(camera, 30):
            keypoints = pose.estimate(frame)
            assert frame.depth is not None
            plane = floor.update(frame.depth, frame.time_s)
            assert keypoints is not None
            assert plane is not None
            seen = body.update(keypoints, frame, plane)
            assert seen is not None
            moments.append((frame, seen, plane))
    return moments


def view_of(moment: Moment) -> HipView:
    frame, body, floor = moment
    assert frame.depth is not None
    hips = body.joints_m[[Joint.LEFT_HIP, Joint.RIGHT_HIP]].mean(axis=0)
    return hip_view(frame.depth, floor, hips)


def test_a_lifter_in_view_is_measured_with_uncertainty(standing: list[Moment]) -> None:
    estimator = PelvisEstimator()
    for frame, body, floor in standing[5:]:
        pose = estimator.estimate(frame, body, floor)
        assert pose.reason is None
        assert pose.tilt_deg is not None
        assert -25 < pose.tilt_deg < 40
        assert pose.tilt_sd_deg is not None
        assert 0.3 < pose.tilt_sd_deg < 12
        assert pose.lumbar_flexion_sd_deg is not None
        assert pose.lumbar_flexion_sd_deg > 0.3


def test_still_standing_reads_still(standing: list[Moment]) -> None:
    estimator = PelvisEstimator()
    tilts = [estimator.estimate(*moment).tilt_deg for moment in standing[5:]]
    assert np.std([t for t in tilts if t is not None]) < 2.0


def test_learning_the_standing_reads_it_again_and_is_kept(standing: list[Moment]) -> None:
    estimator = PelvisEstimator()
    for moment in standing:
        estimator.estimate(*moment)
    assert not estimator.standing.any()
    again = estimator.learn_standing(standing[10][0].time_s, standing[-1][0].time_s)
    assert len(again) == 8
    assert estimator.standing.any()
    now = estimator.estimate(*standing[-1])
    before = again[-1]
    assert now.tilt_deg == pytest.approx(before.tilt_deg, abs=0.01)
    estimator.standing = None
    assert not estimator.standing.any()


def test_without_views_of_that_time_nothing_is_learned(standing: list[Moment]) -> None:
    assert PelvisEstimator().learn_standing(0.0, 1.0) == []


def test_both_runtimes_say_the_same(standing: list[Moment]) -> None:
    view = view_of(standing[20])
    said = []
    for runtime in ("tflite_runtime", "ai_edge_litert"):
        pytest.importorskip(runtime)
        said.append(PelvisEstimator(runtime=runtime).read(view, 0.0))  # type: ignore[arg-type]
    one, other = said
    assert one.tilt_deg == pytest.approx(other.tilt_deg, abs=0.05)
    assert one.tilt_sd_deg == pytest.approx(other.tilt_sd_deg, abs=0.05)
    assert one.lumbar_flexion_deg == pytest.approx(other.lumbar_flexion_deg, abs=0.05)


def test_plain_kernels_say_the_same_as_fast_ones(standing: list[Moment]) -> None:
    view = view_of(standing[20])
    nobody = PelvisEstimator().standing
    both = np.stack([view.points, view.points])
    fast, plain = (
        load_model("pelvis", 1, reference=reference).run(both, nobody)[0][0]
        for reference in (False, True)
    )
    assert len(fast) == len(OUTPUTS)
    np.testing.assert_allclose(fast[[0, 1, 4]], plain[[0, 1, 4]], atol=0.1)


def test_a_mirrored_lifter_is_read_mirrored(standing: list[Moment]) -> None:
    view = view_of(standing[20])
    flipped = view.points[:, ::-1].copy()
    flipped[..., 0] *= -1
    estimator = PelvisEstimator()
    one = estimator.read(view, 0.0)
    mirrored = dataclasses.replace(view, points=flipped, aside=None, bearing_deg=0.0)
    other = estimator.read(mirrored, 0.0)
    assert one.tilt_deg is not None
    assert other.tilt_deg is not None
    assert one.tilt_sd_deg is not None
    assert abs(one.tilt_deg - other.tilt_deg) < 2 * one.tilt_sd_deg
    assert one.rotation_deg is not None
    assert other.rotation_deg is not None
    assert one.rotation_deg * other.rotation_deg < 0  # turned to the other side


def test_why_something_is_not_measured_is_said_in_words(standing: list[Moment]) -> None:
    frame, body, floor = standing[20]
    estimator = PelvisEstimator()
    blind = dataclasses.replace(frame, depth=None)
    assert "no depth" in (estimator.estimate(blind, body, floor).reason or "")
    assert "floor" in (estimator.estimate(frame, body, None).reason or "")
    assert "hidden" in (estimator.estimate(frame, None, floor).reason or "")
    unseen = dataclasses.replace(body, visibility=np.zeros(33))
    assert "hidden" in (estimator.estimate(frame, unseen, floor).reason or "")
    behind = dataclasses.replace(body, joints_m=np.tile([0.0, 1.0, 2.0], (33, 1)))
    assert "out of the picture" in (estimator.estimate(frame, behind, floor).reason or "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"distance_m": 2.6}, "closer"),
        ({"distance_m": 0.3}, "too close"),
        ({"nearer_share": 0.4}, "between"),
        ({"filled_share": 0.2, "hole_share": 0.6}, "holes"),
    ],
)
def test_a_bad_view_is_not_read(
    standing: list[Moment], change: dict[str, float], words: str
) -> None:
    view = view_of(standing[20])
    assert why_not(view) is None
    assert words in (why_not(dataclasses.replace(view, **change)) or "")  # type: ignore[arg-type]


class Stranger:
    """A model with a third output: the one it wraps, and how strange every view is."""

    def __init__(self, model: Model, strangeness: float, limit: float | None = 3.0) -> None:
        more = TensorCard("strangeness", (1, 1), "float32")
        limits = {} if limit is None else {"strangeness_limit": limit}
        outputs = (*model.card.outputs[:2], more)
        self.card = dataclasses.replace(model.card, outputs=outputs, limits=limits)
        self._model, self._strangeness = model, strangeness

    def run(self, *inputs: Any) -> tuple[Any, ...]:
        outputs = self._model.run(*inputs)
        return (*outputs[:2], np.array([[self._strangeness]], np.float32))


def estimator_with(monkeypatch: pytest.MonkeyPatch, *stranger: Any) -> PelvisEstimator:
    model = Stranger(load_model("pelvis", 1), *stranger)
    monkeypatch.setattr("device.pelvis.load_model", lambda *_, **__: model)
    return PelvisEstimator()


@pytest.mark.parametrize(("strangeness", "read"), [(1.1, True), (2.9, True), (3.1, False)])
def test_a_view_beyond_the_cards_limit_is_not_measured(
    standing: list[Moment], monkeypatch: pytest.MonkeyPatch, strangeness: float, read: bool
) -> None:
    pose = estimator_with(monkeypatch, strangeness).estimate(*standing[20])
    assert pose.strangeness == pytest.approx(strangeness)
    assert (pose.tilt_deg is not None) is read
    assert (pose.reason is None) is read
    if not read:
        assert pose.reason == "what the camera sees is not a lifter's back as this unit knows it"


def test_a_model_that_tells_strangeness_needs_a_limit_on_its_card(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ModelError, match="strangeness_limit"):
        estimator_with(monkeypatch, 1.0, None)


def test_the_limit_is_read_from_the_card(tmp_path: Path) -> None:
    card = json.loads((paths.MODELS / "pelvis.json").read_text())
    (tmp_path / "pelvis.json").write_text(json.dumps(card | {"strangeness_limit": 2.5}))
    assert read_card("pelvis", tmp_path).limits == {"strangeness_limit": 2.5}


def test_a_clear_view_has_no_doubt(standing: list[Moment]) -> None:
    pose = PelvisEstimator().estimate(*standing[20])
    assert pose.doubt is None
