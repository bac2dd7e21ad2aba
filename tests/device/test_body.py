from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from device.body import BodyTracker
from device.geometry import from_levelled, project, transform
from device.records import (
    JOINTS,
    Array,
    Bytes,
    DepthImage,
    Extrinsics,
    Floor,
    Frame,
    Intrinsics,
    Joint,
    Keypoints,
)
from tests.device.scenes import up_of

DEPTH = Intrinsics(848, 480, 425.0, 425.0, 423.5, 239.5)
COLOR = Intrinsics(640, 360, 320.0, 320.0, 319.5, 179.5)
TO_COLOR = Extrinsics(np.eye(3), np.array([0.059, 0.0, 0.0]))
FLOOR = Floor(up_of(8, 2, 1), 1.1, 1.0)
NO_PICTURE: Bytes = np.zeros((360, 640, 3), np.uint8)


def squatter(knee_deg: float, lean_deg: float = 20.0, away_m: float = 1.4) -> Array:
    """(33, 3) joints in levelled axes of a lifter whose back is to the camera."""
    shin = np.radians(knee_deg * 0.35)
    thigh = np.radians(knee_deg) - shin
    lean = np.radians(lean_deg)
    joints = np.full((JOINTS, 3), np.nan)
    for side, x in (("LEFT", -0.12), ("RIGHT", 0.12)):
        ankle = np.array([x, 0.09, -away_m])
        knee = ankle + 0.42 * np.array([0, np.cos(shin), -np.sin(shin)])
        hip = knee + 0.42 * np.array([0, np.cos(thigh), np.sin(thigh)])
        shoulder = hip + 0.5 * np.array([0, np.cos(lean), -np.sin(lean)])
        named = {"ANKLE": ankle, "KNEE": knee, "HIP": hip, "SHOULDER": shoulder}
        named["WRIST"] = shoulder + np.array([np.sign(x) * 0.2, 0.0, 0.05])
        for name, place in named.items():
            joints[Joint[f"{side}_{name}"]] = place
    rest = np.nanmean(joints, axis=0)
    joints[np.isnan(joints[:, 0])] = rest
    return joints


def seen(joints: Array, time_s: float = 0.0, skin: bool = True) -> tuple[Keypoints, Frame]:
    """Keypoints and a depth image in which every joint is a little disc of skin before it."""
    in_depth = from_levelled(joints, FLOOR)
    in_color = transform(in_depth, TO_COLOR)
    raw = np.zeros((480, 848), np.uint16)
    if skin:
        flesh = {"HIP": 0.125, "SHOULDER": 0.06, "KNEE": 0.055, "ANKLE": 0.04}
        for joint in sorted(Joint, key=lambda joint: -in_depth[joint, 2]):  # the nearest is seen
            z = in_depth[joint, 2] - flesh.get(joint.name.split("_")[-1], 0.02)
            u, v = project(in_depth[joint][None], DEPTH)[0]
            cv2.circle(raw, (round(u), round(v)), 12, round(z * 1000), -1)
    hip = in_color[[Joint.LEFT_HIP, Joint.RIGHT_HIP]].mean(axis=0)
    keypoints = Keypoints(time_s, project(in_color, COLOR), np.ones(JOINTS), in_color - hip, 1.0)
    depth = DepthImage(raw, 0.001, DEPTH, TO_COLOR, 0.095)
    return keypoints, Frame(1, time_s, 0.0, NO_PICTURE, COLOR, depth)


@pytest.mark.parametrize("knee_deg", [10, 60, 110])
def test_joints_come_out_where_they_are_in_a_camera_hung_on_its_side(knee_deg: float) -> None:
    joints = squatter(knee_deg)
    body = BodyTracker().update(*seen(joints), FLOOR)
    assert body is not None
    assert body.metric
    used = [j for j in Joint if j.name.split("_")[-1] in ("HIP", "KNEE", "ANKLE", "SHOULDER")]
    error = np.linalg.norm(body.joints_m[used] - joints[used], axis=1)
    assert error.max() < 0.03
    assert body.knee_flexion_left_deg == pytest.approx(knee_deg, abs=4)
    assert body.trunk_lean_deg == pytest.approx(20, abs=3)
    assert body.shin_lean_left_deg is body.shin_lean_right_deg is None  # hidden along the sight
    hip, knee = joints[Joint.LEFT_HIP], joints[Joint.LEFT_KNEE]
    assert body.hip_above_knee_cm == pytest.approx(100 * (hip[1] - knee[1]), abs=2)
    assert body.facing_away_deg == pytest.approx(0, abs=3)


@pytest.mark.parametrize("turned_deg", [80, -100])
def test_shins_have_a_lean_where_the_camera_looks_from_beside(turned_deg: float) -> None:
    turn, middle = np.radians(turned_deg), np.array([0.0, 0.0, -1.4])
    about = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    joints = (squatter(100) - middle) @ about.T + middle
    body = BodyTracker().update(*seen(joints), FLOOR)
    assert body is not None
    assert body.facing_away_deg == pytest.approx(turned_deg, abs=5)
    assert body.shin_lean_left_deg == pytest.approx(35, abs=4)
    assert body.shin_lean_right_deg == pytest.approx(35, abs=4)


def test_hidden_joints_take_the_models_guess() -> None:
    joints = squatter(40)
    keypoints, frame = seen(joints)
    dark = keypoints.visibility.copy()
    dark[[Joint.LEFT_KNEE, Joint.LEFT_ANKLE]] = 0.1
    assert frame.depth is not None
    frame.depth.raw[:, :] = np.where(np.arange(848) < 0, 0, frame.depth.raw)
    body = BodyTracker().update(dataclasses.replace(keypoints, visibility=dark), frame, FLOOR)
    assert body is not None
    assert np.linalg.norm(body.joints_m[Joint.LEFT_KNEE] - joints[Joint.LEFT_KNEE]) < 0.06


def test_somebody_walking_in_between_is_not_taken_for_the_lifter() -> None:
    tracker = BodyTracker()
    assert tracker.update(*seen(squatter(20)), FLOOR) is not None
    passer_by = seen(squatter(5, away_m=0.8), time_s=0.1)
    assert tracker.update(*passer_by, FLOOR) is None
    assert tracker.update(*seen(squatter(20), time_s=0.6), FLOOR) is not None


def test_without_any_depth_at_the_trunk_there_is_no_body() -> None:
    assert BodyTracker().update(*seen(squatter(20), skin=False), FLOOR) is None


def test_without_a_floor_there_is_no_body() -> None:
    assert BodyTracker().update(*seen(squatter(20)), None) is None


def test_a_colour_picture_gives_angles_but_nothing_in_metres() -> None:
    joints = squatter(80)
    world = (joints - joints[[Joint.LEFT_HIP, Joint.RIGHT_HIP]].mean(axis=0)) * (1, -1, -1)
    pixels = np.stack([320 + 200 * joints[:, 0], 300 - 200 * joints[:, 1]], axis=1)
    keypoints = Keypoints(0.0, pixels, np.ones(JOINTS), world, 1.0)
    body = BodyTracker().update(keypoints, Frame(1, 0.0, 0.0, NO_PICTURE, COLOR, None), None)
    assert body is not None
    assert not body.metric
    assert body.hip_above_knee_cm is None
    assert body.feet_position_m is None
    assert body.knee_flexion_left_deg == pytest.approx(80, abs=1)
    assert body.hip_height == pytest.approx(
        200 * (joints[Joint.LEFT_HIP, 1] - joints[Joint.LEFT_ANKLE, 1]), abs=1
    )


def test_a_bone_that_the_model_shortened_gets_its_length_back() -> None:
    tracker, frame = BodyTracker(), Frame(1, 0.0, 0.0, NO_PICTURE, COLOR, None)

    def flat(knee_deg: float, shortened: float) -> Keypoints:
        joints = squatter(knee_deg)
        joints[:, 2] = -1.4 + shortened * (joints[:, 2] + 1.4)
        world = (joints - joints[[Joint.LEFT_HIP, Joint.RIGHT_HIP]].mean(axis=0)) * (1, -1, -1)
        return Keypoints(0.0, joints[:, :2] * 200, np.ones(JOINTS), world, 1.0)

    for _ in range(10):
        tracker.update(flat(5, 1.0), frame, None)
    body = tracker.update(flat(90, 0.7), frame, None)
    assert body is not None
    assert body.knee_flexion_left_deg == pytest.approx(90, abs=3)
