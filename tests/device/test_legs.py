"""Legs through a squat: feet that stay where they stood, knees where legs of that length bend."""

from __future__ import annotations

import numpy as np
import pytest

from device.joints import LEGS, knee_flexion_deg
from device.legs import FORGOTTEN_S, NEEDED, Legs
from device.records import JOINTS, Array, Joint

AHEAD = (0.0, 0.0, -1.0)
SEEN = np.ones(JOINTS)
ANKLES = [Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE]
THIGH_M, SHANK_M = 0.41, 0.44


def squatter(knee_deg: float, x_m: float = 0.0) -> Array:
    """(33, 3) joints in levelled axes, facing away."""
    shin = np.radians(0.4 * knee_deg)
    thigh = np.radians(knee_deg) - shin
    joints = np.zeros((JOINTS, 3))
    for (hip, knee, ankle), x in zip(LEGS, (-0.12, 0.12), strict=True):
        joints[ankle] = [x + x_m, 0.09, -1.3]
        joints[knee] = joints[ankle] + SHANK_M * np.array([0, np.cos(shin), -np.sin(shin)])
        joints[hip] = joints[knee] + THIGH_M * np.array([0, np.cos(thigh), np.sin(thigh)])
    return joints


def flexion_deg(joints: Array) -> list[float]:
    return [knee_flexion_deg(*(joints[joint] for joint in leg)) for leg in LEGS]


def corrected(legs: Legs, joints: Array, visibility: Array, time_s: float) -> Array:
    return np.array(legs.corrected(joints.tolist(), visibility.tolist(), AHEAD, time_s))


def standing(legs: Legs, frames: int = NEEDED + 3) -> float:
    """The time after so many frames of standing."""
    for number in range(frames):
        corrected(legs, squatter(4), SEEN, number / 30)
    return frames / 30


@pytest.mark.parametrize("visible", [0.1, 1.0])
def test_ankles_guessed_elsewhere_in_a_squat_stay_where_they_stood(visible: float) -> None:
    legs = Legs()
    now = standing(legs)
    wrong, visibility = squatter(120), SEEN.copy()
    wrong[ANKLES, 2] -= 0.2
    visibility[ANKLES] = visible
    right = corrected(legs, wrong, visibility, now)
    assert right[ANKLES] == pytest.approx(squatter(120)[ANKLES], abs=0.01)
    assert flexion_deg(right) == pytest.approx([120, 120], abs=3)
    assert min(abs(np.array(flexion_deg(wrong)) - 120)) > 10


def test_a_knee_seen_at_the_wrong_height_does_not_change_its_flexion() -> None:
    legs = Legs()
    now = standing(legs)
    wrong = squatter(100)
    wrong[[Joint.LEFT_KNEE, Joint.RIGHT_KNEE], 1] += 0.06
    assert flexion_deg(corrected(legs, wrong, SEEN, now)) == pytest.approx([100] * 2, abs=3)


@pytest.mark.parametrize("too_low_m", [0.0, 0.03, 0.06])
def test_hips_read_too_low_do_not_bend_knees_that_are_seen_straight(too_low_m: float) -> None:
    legs = Legs()
    now = standing(legs)
    lowered = squatter(8)
    lowered[[Joint.LEFT_HIP, Joint.RIGHT_HIP], 1] -= too_low_m
    assert flexion_deg(corrected(legs, lowered, SEEN, now)) == pytest.approx([8, 8], abs=5)


def test_between_straight_and_bent_the_flexion_does_not_jump() -> None:
    legs = Legs()
    now = standing(legs)
    told = [
        np.mean(flexion_deg(corrected(legs, squatter(knee_deg), SEEN, now)))
        for knee_deg in range(5, 90)
    ]
    assert np.diff(told).min() > -0.5
    assert np.diff(told).max() < 3.0


def test_a_foot_seen_far_away_has_stepped_but_a_hidden_one_has_not() -> None:
    legs = Legs()
    now = standing(legs)
    away = squatter(110)
    away[ANKLES, 0] += 0.5
    assert corrected(legs, away, SEEN, now)[ANKLES, 0] == pytest.approx(away[ANKLES, 0])
    hidden = corrected(legs, away, np.zeros(JOINTS), now)
    assert hidden[ANKLES, 0] == pytest.approx([-0.12, 0.12], abs=0.01)


def test_walking_moves_the_place_where_the_feet_stand() -> None:
    legs = Legs()
    standing(legs)
    for number in range(30):
        corrected(legs, squatter(4, x_m=0.4), SEEN, 1 + number / 30)
    hidden = corrected(legs, squatter(110, x_m=0.4), np.zeros(JOINTS), 2.0)
    assert hidden[ANKLES, 0] == pytest.approx([0.28, 0.52], abs=0.01)


def test_before_anybody_stood_and_long_after_the_joints_are_as_seen() -> None:
    legs, low = Legs(), squatter(110)
    assert np.array_equal(corrected(legs, low, SEEN, 0.0), low)
    now = standing(legs)
    later = corrected(legs, low, np.zeros(JOINTS), now + FORGOTTEN_S + 0.1)
    assert np.array_equal(later, low)


def test_a_taller_lifter_is_learned_anew() -> None:
    legs = Legs()
    now = standing(legs)
    for number in range(NEEDED + 3):
        corrected(legs, 1.2 * squatter(4), SEEN, now + number / 30)
    tall = corrected(legs, 1.2 * squatter(100), SEEN, now + 1)
    assert flexion_deg(tall) == pytest.approx([100, 100], abs=3)
