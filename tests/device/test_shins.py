"""Shins: a lean where the view shows it, none where it would be a guess along the line of sight."""

from __future__ import annotations

import math

import numpy as np
import pytest

from device.joints import LEGS, Rows
from device.records import JOINTS, Joint
from device.shins import shin_leans_deg

LEFT_DEG, RIGHT_DEG = 33.0, 27.0
SHANK_M, AWAY_M = 0.43, 1.4
SEEN = [1.0] * JOINTS
EYE = (0.0, 1.1, 0.0)


def forward(facing_away_deg: float) -> tuple[float, float, float]:
    """Back to the camera = 0, turned to the left positive."""
    turn = math.radians(facing_away_deg)
    return (-math.sin(turn), 0.0, -math.cos(turn))


def shins(facing_away_deg: float, x_m: float = 0.0) -> Rows:
    """The joints of a lifter whose shins lean by LEFT_DEG and RIGHT_DEG, AWAY_M from the camera."""
    ahead = np.array(forward(facing_away_deg))
    right = np.cross(ahead, [0.0, 1.0, 0.0])
    joints = np.zeros((JOINTS, 3))
    for (_, knee, ankle), lean_deg, side in zip(LEGS, (LEFT_DEG, RIGHT_DEG), (-1, 1), strict=True):
        lean = math.radians(lean_deg)
        joints[ankle] = [x_m, 0.09, -AWAY_M] + 0.15 * side * right
        joints[knee] = joints[ankle] + SHANK_M * (
            math.sin(lean) * ahead + [0.0, math.cos(lean), 0.0]
        )
    rows: Rows = joints.tolist()
    return rows


@pytest.mark.parametrize("facing_deg", [90, -90, 80, 100, -75, 110])
@pytest.mark.parametrize("eye", [EYE, None], ids=["depth", "video"])
def test_seen_from_beside_each_shin_has_its_lean(
    facing_deg: float, eye: tuple[float, float, float] | None
) -> None:
    found = shin_leans_deg(shins(facing_deg), SEEN, forward(facing_deg), eye)
    assert found == pytest.approx((LEFT_DEG, RIGHT_DEG), abs=1e-6)


@pytest.mark.parametrize("facing_deg", [0, 22, -22, 45, -45, 135, 155, 180])
@pytest.mark.parametrize("eye", [EYE, None], ids=["depth", "video"])
def test_seen_from_behind_in_front_or_askew_there_is_none(
    facing_deg: float, eye: tuple[float, float, float] | None
) -> None:
    assert shin_leans_deg(shins(facing_deg), SEEN, forward(facing_deg), eye) == (None, None)


@pytest.mark.parametrize("facing_deg", range(0, 181, 5))
def test_what_is_told_hardly_depends_on_where_along_the_line_of_sight_an_ankle_lies(
    facing_deg: int,
) -> None:
    joints = shins(facing_deg)
    for ankle in (Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE):
        x, y, z = joints[ankle]
        far = math.hypot(x, z)
        joints[ankle] = (x * (1 + 0.1 / far), y, z * (1 + 0.1 / far))
    left, right = shin_leans_deg(joints, SEEN, forward(facing_deg), EYE)
    assert left is None or left == pytest.approx(LEFT_DEG, abs=8)
    assert right is None or right == pytest.approx(RIGHT_DEG, abs=8)


@pytest.mark.parametrize("hidden", [Joint.LEFT_KNEE, Joint.LEFT_ANKLE])
def test_a_shin_with_a_hidden_end_has_none_and_the_other_keeps_its_own(hidden: Joint) -> None:
    visibility = list(SEEN)
    visibility[hidden] = 0.4
    left, right = shin_leans_deg(shins(90), visibility, forward(90), EYE)
    assert left is None
    assert right == pytest.approx(RIGHT_DEG)


def test_it_counts_how_the_camera_sees_this_lifter_and_not_where_it_points() -> None:
    # straight behind a camera that looks past the lifter, who stands at the picture's edge
    aside_deg = math.degrees(math.atan2(0.7, AWAY_M))
    joints = shins(45, x_m=0.7)
    assert shin_leans_deg(joints, SEEN, forward(45), EYE)[0] == pytest.approx(LEFT_DEG)
    assert shin_leans_deg(joints, SEEN, forward(45), None) == (None, None)
    assert shin_leans_deg(joints, SEEN, forward(90 + aside_deg), EYE) == (None, None)
