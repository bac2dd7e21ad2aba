from __future__ import annotations

import math

import numpy as np
import pytest

from device.joints import (
    BONES_NEEDED,
    FOOT_HEIGHT_M,
    Bones,
    foot_on_floor,
    knee_flexion_deg,
    knees_from_bones,
    stretched_towards_camera,
)
from device.records import JOINTS, Array

EYE = (0.1, 1.1, 0.0)


@pytest.mark.parametrize("height_m", sorted(set(FOOT_HEIGHT_M.values())))
@pytest.mark.parametrize("share", [0.6, 1.0, 1.3])
def test_a_foot_is_put_where_it_stands_on_its_line_of_sight(height_m: float, share: float) -> None:
    there = np.array([0.3, height_m, -1.5])
    seen = EYE + share * (there - EYE)
    found = foot_on_floor(EYE, seen.tolist(), share * 1.4, height_m)
    np.testing.assert_allclose(np.array(found), there, atol=1e-12)


@pytest.mark.parametrize(
    ("y", "away_m"), [(1.1, 1.4), (1.4, 1.4), (1.05, 1.4), (0.1, -1.0), (0.1, math.nan)]
)
def test_a_line_that_looks_level_or_up_meets_no_floor(y: float, away_m: float) -> None:
    assert foot_on_floor(EYE, (0.3, y, -1.5), away_m, 0.09) is None


def standing(thigh_m: float, bend_m: float = 0.0) -> Array:
    joints = np.zeros((JOINTS, 3))
    for x, hip, knee, ankle in ((-0.1, 23, 25, 27), (0.1, 24, 26, 28)):
        joints[ankle] = x, 0.1, 0.0
        joints[knee] = x, 0.5, bend_m
        joints[hip] = x, 0.5 + thigh_m, 0.0
    return joints


def test_bones_are_the_median_of_upright_standing() -> None:
    bones = Bones()
    for thigh_m in (0.40, 0.42, 0.41, 0.43):
        bones.learn(standing(thigh_m).tolist())
    for thigh_m in (0.6, 0.7):
        bones.learn(standing(thigh_m, bend_m=0.4).tolist())  # a squat teaches nothing
    bones.learn([[math.nan] * 3] * JOINTS)
    assert bones.lengths is None
    bones.learn(standing(0.48).tolist())
    assert BONES_NEEDED == 5
    assert bones.lengths is not None
    np.testing.assert_allclose(bones.lengths, [[0.42, 0.4], [0.42, 0.4]], atol=1e-9)


def test_knee_flexion_is_0_straight_and_90_at_a_right_angle() -> None:
    hip, knee, ankle = np.array([0.0, 1.0, 0]), np.array([0.0, 0.5, 0]), np.array([0.0, 0.0, 0])
    assert knee_flexion_deg(hip, knee, ankle) == pytest.approx(0, abs=0.01)
    assert knee_flexion_deg(np.array([0.5, 0.5, 0]), knee, ankle) == pytest.approx(90)


def test_a_bone_seen_too_short_gets_its_length_back_away_from_or_towards_the_camera() -> None:
    joints = standing(0.4).tolist()
    joints[25][1] -= 0.1  # the left knee, on the way to a thigh of 0.5 m that lies askew
    joints[25][2] = -0.01
    right = stretched_towards_camera(joints, ((0.52, 0.42), (0.4, 0.4)))
    assert math.dist(right[23], right[25]) == pytest.approx(0.52)
    assert math.dist(right[25], right[27]) == pytest.approx(0.42)
    assert right[25][2] < 0 < right[27][2] - right[25][2]
    assert [list(joint) for joint in right[24:27:2]] == [joints[24], joints[26]]


@pytest.mark.parametrize("ahead", [-1.0, 1.0])
def test_a_knee_lies_ahead_where_thigh_and_shin_meet(ahead: float) -> None:
    joints = standing(0.1, bend_m=-0.2 * ahead).tolist()  # seen bent to the wrong side
    right = knees_from_bones(joints, 0.4, 0.45, (0.0, 0.0, ahead))
    for hip, knee, ankle in ((23, 25, 27), (24, 26, 28)):
        assert math.dist(right[hip], right[knee]) == pytest.approx(0.4)
        assert math.dist(right[knee], right[ankle]) == pytest.approx(0.45)
        assert right[knee][2] * ahead > 0.1
        assert right[knee][0] == pytest.approx(joints[hip][0])


def test_legs_that_reach_further_than_their_bones_stay_as_seen() -> None:
    joints = standing(0.5).tolist()
    assert knees_from_bones(joints, 0.4, 0.4, (0.0, 0.0, -1.0)) == joints
