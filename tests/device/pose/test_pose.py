from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from device import paths
from device.cameras.simulated import SimulatedCamera
from device.errors import ModelError
from device.floor import FloorFinder
from device.geometry import quarter_turns
from device.pose import PoseEstimator
from device.pose.track import LIES_S
from device.records import Frame, Intrinsics, Joint, Keypoints
from device.settings import CameraSettings

VIDEOS = paths.PROGRAM.parent / "shared" / "data" / "squat_video"
needs_videos = pytest.mark.skipif(
    not VIDEOS.is_dir(), reason="needs the squat videos in ../shared/data/squat_video"
)
FPS = 30.0
BODY = [Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER, Joint.LEFT_HIP, Joint.RIGHT_HIP]
BODY += [Joint.LEFT_KNEE, Joint.RIGHT_KNEE, Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE]


def frame_of(image: np.ndarray, number: int = 0) -> Frame:
    height, width = image.shape[:2]
    camera = Intrinsics(width, height, width, width, width / 2, height / 2)
    return Frame(number, number / FPS, 0.0, np.ascontiguousarray(image), camera, None)


@cache
def video(name: str, step: int, count: int) -> list[np.ndarray]:
    """Every `step`-th picture of a video, RGB, at most 640 pixels high."""
    source = cv2.VideoCapture(str(VIDEOS / name))
    images: list[np.ndarray] = []
    while len(images) < count and source.grab():
        if int(source.get(cv2.CAP_PROP_POS_FRAMES) - 1) % step == 0:
            _, image = source.retrieve()
            small = cv2.resize(image, (360, 640), interpolation=cv2.INTER_AREA)
            images.append(small[:, :, ::-1])
    return images


def standing() -> np.ndarray:
    return video("opencap_squat.mp4", 1, 1)[0]


@cache
def squatting() -> np.ndarray:
    """The deepest picture of the first squat."""
    images = video("opencap_squat.mp4", 12, 14)
    pose = PoseEstimator("full", 1)
    found = [pose.estimate(frame_of(image, i)) for i, image in enumerate(images)]
    heights = [hips(keypoints)[1] if keypoints else 0.0 for keypoints in found]
    return images[int(np.argmax(heights))]


def empty(number: int = 0) -> Frame:
    return frame_of(np.full((640, 360, 3), 120, np.uint8), number)


def hips(keypoints: Keypoints) -> np.ndarray:
    return keypoints.points_px[[Joint.LEFT_HIP, Joint.RIGHT_HIP]].mean(axis=0)


def height_px(keypoints: Keypoints) -> float:
    nose, feet = keypoints.points_px[Joint.NOSE], keypoints.points_px[Joint.LEFT_HEEL]
    return float(np.linalg.norm(feet - nose))


@pytest.fixture(scope="module")
def estimator() -> PoseEstimator:
    return PoseEstimator("full", 1)


@pytest.fixture
def pose(estimator: PoseEstimator) -> PoseEstimator:
    estimator.quarter_turns = 0  # forgets the lifter of the test before
    return estimator


@pytest.mark.parametrize("value", [0, 120, 255])
def test_an_empty_picture_has_nobody(pose: PoseEstimator, value: int) -> None:
    image = np.full((360, 640, 3), value, np.uint8)
    assert all(pose.estimate(frame_of(image, number)) is None for number in range(5))


def test_noise_is_nobody(pose: PoseEstimator) -> None:
    image = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
    assert pose.estimate(frame_of(image)) is None


def test_a_missing_model_is_told_when_the_stage_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "MODELS", tmp_path)
    with pytest.raises(ModelError, match="missing"):
        PoseEstimator("full", 1)


@needs_videos
@pytest.mark.parametrize("model", ["full", "lite"])
@pytest.mark.parametrize(
    "name", ["lnewco_IMG_7026.mov", "lnewco_IMG_7032.mov", "lnewco_IMG_7051.mov"]
)
def test_the_lifter_is_found_in_nearly_every_frame(name: str, model: str) -> None:
    pose = PoseEstimator(model, 1)
    images = video(name, 5, 20)
    found = [pose.estimate(frame_of(image, 5 * i)) for i, image in enumerate(images)]
    assert len(images) >= 16
    assert sum(k is not None for k in found) > 0.95 * len(images)


@needs_videos
def test_a_squat_looks_like_one() -> None:
    up, down = (PoseEstimator("full", 1).estimate(frame_of(i)) for i in (standing(), squatting()))
    assert up is not None and down is not None
    for keypoints in (up, down):
        y = keypoints.points_px[:, 1]
        assert y[Joint.LEFT_SHOULDER] < y[Joint.LEFT_HIP] < y[Joint.LEFT_ANKLE]
        assert (keypoints.visibility[BODY] > 0.5).all()
        assert keypoints.presence > 0.9
    # feet stay, hips drop by much of a shin, and the model's own bodies agree on the metres
    feet = [k.points_px[[Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE]].mean(axis=0) for k in (up, down)]
    assert np.linalg.norm(feet[0] - feet[1]) < 0.1 * height_px(up)
    assert hips(down)[1] - hips(up)[1] > 0.15 * height_px(up)
    shin = up.world_m[Joint.LEFT_KNEE] - up.world_m[Joint.LEFT_ANKLE]
    assert 0.25 < np.linalg.norm(shin) < 0.55


@needs_videos
def test_world_axes_are_the_cameras() -> None:
    keypoints = PoseEstimator("full", 1).estimate(frame_of(squatting()))
    assert keypoints is not None
    world = keypoints.world_m
    np.testing.assert_allclose(world[BODY[2:4]].mean(axis=0), 0, atol=1e-9)
    assert world[Joint.LEFT_SHOULDER, 1] < 0 < world[Joint.LEFT_ANKLE, 1]  # y is down
    assert world[Joint.LEFT_HIP, 0] > world[Joint.RIGHT_HIP, 0]  # faces the camera; x is right
    for joint in (Joint.LEFT_KNEE, Joint.LEFT_WRIST, Joint.RIGHT_WRIST):
        assert world[joint, 2] < -0.1  # held out to the camera; z is away from it


@needs_videos
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_camera_sees_the_same_body(turns: int) -> None:
    image = squatting()
    upright = PoseEstimator("full", 1).estimate(frame_of(image))
    # a picture that must be turned clockwise `turns` times to stand upright
    turned = PoseEstimator("full", 1, turns).estimate(frame_of(np.rot90(image, turns)))
    assert upright is not None and turned is not None
    points, world = upright.points_px, upright.world_m.copy()
    width, height = image.shape[1], image.shape[0]
    for _ in range(turns):
        points = np.stack([points[:, 1], width - 1 - points[:, 0]], axis=-1)
        world[:, :2] = np.stack([world[:, 1], -world[:, 0]], axis=-1)
        width, height = height, width
    assert np.abs(turned.points_px - points)[BODY].max() < 1.0
    assert np.abs(turned.world_m - world)[BODY].max() < 0.03


@needs_videos
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_the_detector_says_which_way_is_up(pose: PoseEstimator, turns: int) -> None:
    for image in (standing(), squatting()):
        scores = pose.detection_score_by_turn(frame_of(np.rot90(image, turns)))
        assert len(scores) == 4
        assert int(np.argmax(scores)) == turns
        assert max(s for i, s in enumerate(scores) if i != turns) < 0.5 < scores[turns]


def test_who_stands_on_the_floor_says_which_way_is_up_where_the_detector_errs(
    pose: PoseEstimator, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, finder = CameraSettings(source="simulated"), FloorFinder()
    with SimulatedCamera(settings, realtime=False) as camera:
        for frame in itertools.islice(camera, 10):  # Alex stands before the unit
            assert frame.depth is not None
            floor = finder.update(frame.depth, frame.time_s)
    assert floor is not None
    right = quarter_turns(floor.up)
    wrong = tuple(0.8 * (turns == (right + 1) % 4) for turns in range(4))
    monkeypatch.setattr("device.pose.estimator.upright_scores", lambda *_: wrong)
    assert int(np.argmax(pose.detection_score_by_turn(frame, floor))) == right
    assert pose.detection_score_by_turn(frame, None) == wrong


def test_whoever_lies_is_no_lifter(pose: PoseEstimator) -> None:
    settings, finder = CameraSettings(source="simulated"), FloorFinder()
    told: list[bool] = []
    with SimulatedCamera(settings, realtime=False) as camera:
        for number, frame in enumerate(itertools.islice(camera, 40)):
            assert frame.depth is not None
            floor = finder.update(frame.depth, frame.time_s)
            assert floor is not None
            if number == 0:
                pose.quarter_turns = quarter_turns(floor.up)
            x, y, z = floor.up
            if not 5 <= number < 15:
                floor = replace(floor, up=np.array([-y, x, z]))  # as if all hung on its side
            told.append(pose.estimate(frame, floor) is not None)
    assert not any(told[:5])
    assert all(told[8:15]), "found as soon as it stands"
    assert told[15 : 15 + round(0.4 * FPS)] == [True] * round(0.4 * FPS), "not for a moment"
    assert not any(told[15 + round((LIES_S + 0.1) * FPS) :])


def test_an_empty_picture_says_nothing_of_up(pose: PoseEstimator) -> None:
    assert pose.detection_score_by_turn(empty()) == (0.0, 0.0, 0.0, 0.0)


@needs_videos
def test_setting_the_turns_starts_anew(pose: PoseEstimator) -> None:
    image = standing()
    assert pose.estimate(frame_of(image, 0)) is not None
    pose.quarter_turns = 5
    assert pose.quarter_turns == 1
    assert pose.estimate(frame_of(np.rot90(image), 1)) is not None


@needs_videos
def test_the_lifter_is_lost_at_once_and_found_again_soon(pose: PoseEstimator) -> None:
    here = standing()
    assert pose.estimate(frame_of(here, 0)) is not None
    gone = [pose.estimate(empty(number)) for number in range(1, 20)]
    assert gone == [None] * 19
    back = [pose.estimate(frame_of(here, number)) for number in range(20, 24)]
    assert any(k is not None for k in back[:3])
    assert back[3] is not None


@needs_videos
def test_each_estimate_carries_its_frames_time(pose: PoseEstimator) -> None:
    keypoints = pose.estimate(replace(frame_of(standing()), time_s=12.5))
    assert keypoints is not None and keypoints.time_s == 12.5


@needs_videos
def test_both_runtimes_place_the_same_points() -> None:
    found = []
    for runtime in ("tflite_runtime", "ai_edge_litert"):
        pytest.importorskip(f"{runtime}.interpreter")
        found.append(PoseEstimator("full", 1, runtime=runtime).estimate(frame_of(standing())))
    assert found[0] is not None and found[1] is not None
    assert np.abs(found[0].points_px - found[1].points_px)[BODY].max() < 0.5


def passer_by(lifter: np.ndarray) -> Iterator[np.ndarray]:
    """A larger person, cut out of another video, walks in front of the lifter to the left."""
    other = video("lnewco_IMG_7051.mov", 4, 1)[0]
    person = other[20:460, 130:220]
    rows, columns = person.shape[:2]
    top = lifter.shape[0] - rows - 60
    for left in range(lifter.shape[1], -columns, -8):
        image = lifter.copy()
        low, high = max(left, 0), min(left + columns, lifter.shape[1])
        image[top : top + rows, low:high] = person[:, low - left : high - left]
        yield image


@needs_videos
def test_a_passer_by_does_not_take_the_track_away(pose: PoseEstimator) -> None:
    lifter = standing()
    before = [pose.estimate(frame_of(lifter, number)) for number in range(30)]
    assert before[-1] is not None
    home = hips(before[-1])
    size = height_px(before[-1])
    number, stray = 30, 0
    for image in passer_by(lifter):
        keypoints = pose.estimate(frame_of(image, number))
        number += 1
        stray += keypoints is not None and np.linalg.norm(hips(keypoints) - home) > 0.3 * size
    after = [pose.estimate(frame_of(lifter, number + i)) for i in range(15)]
    assert after[-1] is not None
    assert np.linalg.norm(hips(after[-1]) - home) < 0.05 * size
    assert stray < 0.25 * (number - 30)
