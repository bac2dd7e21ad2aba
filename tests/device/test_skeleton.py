from __future__ import annotations

import math

import numpy as np
import pytest

from device.records import JOINTS, SKELETON_JOINTS, BodyPose, Joint, Skeleton
from device.skeleton import skeleton_of

AHEAD_M, UP_M, RIGHT_M = 0.3, 1.4, 0.2


def make_body(
    time_s: float,
    facing_away_deg: float | None = 0.0,
    metric: bool = True,
    hidden: tuple[Joint, ...] = (),
    shift_m: tuple[float, float, float] = (0.5, 0.0, -1.2),
) -> BodyPose:
    """Ankles at the shift; every other joint a little ahead, up, and to its own side."""
    angle = math.radians(facing_away_deg or 0.0)
    ahead = np.array([-math.sin(angle), 0.0, -math.cos(angle)])
    right = np.array([math.cos(angle), 0.0, -math.sin(angle)])
    joints = np.zeros((JOINTS, 3))
    for joint in Joint:
        side = right if joint.name.startswith("RIGHT") else -right
        joints[joint] = RIGHT_M * side
        if "ANKLE" not in joint.name:
            joints[joint] += AHEAD_M * ahead + [0.0, UP_M, 0.0]
    visibility = np.ones(JOINTS)
    visibility[list(hidden)] = 0.2
    return BodyPose(
        time_s=time_s,
        metric=metric,
        joints_m=joints + shift_m,
        visibility=visibility,
        hip_height=0.9,
        knee_flexion_left_deg=None,
        knee_flexion_right_deg=None,
        hip_above_knee_cm=None,
        trunk_lean_deg=None,
        shin_lean_left_deg=None,
        shin_lean_right_deg=None,
        wrist_above_shoulder=None,
        wrist_above_knee=None,
        feet_position_m=None,
        facing_away_deg=facing_away_deg,
    )


def frames(count: int = 30, **given: object) -> list[BodyPose]:
    return [make_body(i / 30, **given) for i in range(count)]  # type: ignore[arg-type]


@pytest.mark.parametrize("facing_away_deg", [0.0, 35.0, -60.0, 175.0])
def test_joints_are_in_the_lifters_own_axes_wherever_the_camera_stands(
    facing_away_deg: float,
) -> None:
    found = skeleton_of(frames(facing_away_deg=facing_away_deg))
    assert found is not None
    np.testing.assert_allclose(found.of(Joint.RIGHT_HIP)[0], [AHEAD_M, UP_M, RIGHT_M], atol=1e-9)
    np.testing.assert_allclose(found.of(Joint.LEFT_HIP)[0], [AHEAD_M, UP_M, -RIGHT_M], atol=1e-9)
    np.testing.assert_allclose(found.of(Joint.LEFT_ANKLE)[0], [0, 0, -RIGHT_M], atol=1e-9)


def test_one_direction_holds_for_the_whole_rep_also_across_half_a_turn() -> None:
    found = skeleton_of([make_body(i / 30, 179.0 if i % 2 else -179.0) for i in range(30)])
    assert found is not None
    hip = found.of(Joint.RIGHT_HIP)
    assert np.abs(hip - [AHEAD_M, UP_M, RIGHT_M]).max() < 0.01


def test_two_frames_make_a_sample_and_their_mean_is_kept() -> None:
    bodies = frames(30)
    for number, body in enumerate(bodies):
        body.joints_m[Joint.LEFT_HIP, 1] = 0.8 if number % 2 else 0.6
    found = skeleton_of(bodies)
    assert found is not None
    assert len(found) == 15
    np.testing.assert_allclose(found.of(Joint.LEFT_HIP)[:, 1], 0.7)
    np.testing.assert_allclose(np.diff(found.time_s), 1 / 15)


def test_a_slow_unit_keeps_every_frame() -> None:
    found = skeleton_of([make_body(i / 7) for i in range(20)])
    assert found is not None
    assert len(found) == 20


def test_a_hidden_arm_is_not_guessed_and_a_hidden_leg_is_kept() -> None:
    found = skeleton_of(frames(hidden=(Joint.LEFT_WRIST, Joint.LEFT_KNEE, Joint.NOSE)))
    assert found is not None
    assert np.isnan(found.of(Joint.LEFT_WRIST)).all()
    assert np.isfinite(found.of(Joint.LEFT_KNEE)).all()


def test_without_depth_each_sample_stands_on_its_own_ankles() -> None:
    bodies = [make_body(i / 30, metric=False, shift_m=(0.0, -0.01 * i, 0.0)) for i in range(30)]
    found = skeleton_of(bodies)
    assert found is not None
    assert not found.metric
    assert np.abs(found.of(Joint.LEFT_ANKLE)[:, 1]).max() < 1e-9
    np.testing.assert_allclose(found.of(Joint.RIGHT_HIP)[:, 1], UP_M)


@pytest.mark.parametrize("facing", [None, float("nan")])
def test_nobody_or_nobodys_direction_gives_no_joints(facing: float | None) -> None:
    assert skeleton_of([]) is None
    assert skeleton_of(frames(facing_away_deg=facing)) is None


def test_arrays_that_do_not_fit_say_what_is_expected() -> None:
    with pytest.raises(ValueError, match=f"expected \\(3, {len(SKELETON_JOINTS)}, 3\\)"):
        Skeleton(np.zeros(3), np.zeros((2, len(SKELETON_JOINTS), 3)), metric=True)
