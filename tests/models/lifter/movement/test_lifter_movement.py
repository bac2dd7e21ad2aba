"""How the simulated lifter is posed and moves, on a bare skeleton: needs no body model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.wink import wink_curve
from models.lifter.body import skeleton as sk
from models.lifter.body.arms import Torso
from models.lifter.body.model import ShapeRest
from models.lifter.body.posed import PoseAngles
from models.lifter.movement.choreography import FPS, Track
from models.lifter.movement.squat import (
    Moment,
    Mover,
    RepPlan,
    Style,
    rep_depth,
    rep_moment,
    slow_noise,
)

# Left side and middle of an adult body at rest, from the pelvis joint, metres.
_JOINTS = {
    "root": (None, (0.0, 0.0, 0.0)),
    "upperleg01.L": ("root", (0.125, 0.010, -0.007)),
    "lowerleg01.L": ("upperleg01.L", (0.173, -0.026, -0.471)),
    "foot.L": ("lowerleg01.L", (0.221, 0.007, -0.945)),
    "spine05": ("root", (0.0, 0.0, 0.0)),
    "spine04": ("spine05", (0.0, 0.036, 0.094)),
    "spine03": ("spine04", (0.0, 0.028, 0.173)),
    "spine02": ("spine03", (0.0, 0.039, 0.248)),
    "spine01": ("spine02", (0.0, 0.065, 0.385)),
    "upperarm01.L": ("spine01", (0.204, 0.010, 0.515)),
}


def bare_rest():
    names, parents, joints = [], [], {}
    for name, (parent, place) in _JOINTS.items():
        sides = (("", 1.0),) if "." not in name else ((".L", 1.0), (".R", -1.0))
        for side, sign in sides:
            bone = name.replace(".L", side)
            names.append(bone)
            parents.append(-1 if parent is None else names.index(parent.replace(".L", side)))
            joints[bone] = np.array([sign * place[0], place[1], place[2]])
    return sk.Rest(tuple(names), tuple(parents), joints)


def shape_rest():
    torso = Torso(np.array([0.09, 0.10]), 0.515, 0.538, -0.06)
    return ShapeRest(
        bare_rest(), torso, np.zeros((0, 3), np.float32), 0.085, 0.221, np.zeros((2, 3))
    )


@pytest.fixture
def mover():
    return Mover(shape_rest(), Style())


def posed(angles: PoseAngles):
    """The skeleton's legs and spine as the body model would be given them."""
    root = (
        sk.rot_z(angles.pelvic_rotation)
        @ sk.rot_y(angles.pelvic_list)
        @ sk.rot_x(angles.pelvic_tilt)
    )
    skeleton = sk.Skeleton(bare_rest(), root)
    sk.set_spine(skeleton, angles.lumbar_flexion, angles.lumbar_split, angles.thoracic_flexion)
    feet = angles.feet
    hips = (skeleton.joint("upperleg01.L") + skeleton.joint("upperleg01.R")) / 2
    for i, (side, sign) in enumerate(sk.SIDES):
        ankle = np.array((feet.left_ankle_m, feet.right_ankle_m)[i]) - np.array(feet.mid_hip_m)
        sk.set_leg_by_foot(
            skeleton,
            side,
            ankle=hips + ankle,
            knee_pole=sk.rot_z(sign * angles.abduction[i]) @ sk.FORWARD,
            foot_turn=np.eye(3),
        )
    return skeleton, np.array(feet.mid_hip_m) - hips


angle = st.floats(-60, 60)


@given(angle, angle, angle)
def test_tilt_list_and_rotation_are_read_back_as_set(tilt, side, around):
    turn = sk.rot_z(around) @ sk.rot_y(side) @ sk.rot_x(tilt)
    assert sk.tilt_list_rotation_deg(turn) == pytest.approx((tilt, side, around), abs=1e-6)


def test_signs_are_the_projects():
    assert (sk.rot_x(20) @ sk.UP)[1] < 0  # anterior tilt leans the trunk forwards
    left = sk.rot_y(20) @ np.array([1.0, 0, 0])
    assert left[2] < 0  # list: the left side sinks, the right is higher
    assert (sk.rot_z(20) @ sk.FORWARD)[0] > 0  # rotation turns the front to the left


@given(st.floats(0.1, 0.8), st.floats(-0.4, 0.4), st.floats(-0.7, -0.2))
def test_two_bones_keep_their_lengths_and_reach(x, y, z):
    target = np.array([x, y, z])
    middle, end = sk.two_bones(np.zeros(3), target, 0.45, 0.47, [0, -1.0, 0.1])
    assert np.linalg.norm(middle) == pytest.approx(0.45, abs=1e-6)
    assert np.linalg.norm(end - middle) == pytest.approx(0.47, abs=1e-6)
    if 0.03 < np.linalg.norm(target) < 0.919:
        assert end == pytest.approx(target, abs=1e-9)


@given(angle, angle, st.floats(0, 1))
def test_part_of_a_rotation_composes_to_the_whole(a, b, share):
    turn = sk.rot_z(a) @ sk.rot_x(b)
    part = sk.about(*sk.axis_angle(turn, share))
    rest = sk.about(*sk.axis_angle(turn, 1 - share))
    assert part @ rest == pytest.approx(turn, abs=1e-8)


@pytest.mark.parametrize("depth", [0.0, 0.3, 0.7, 1.0])
def test_ankles_stay_planted_through_the_squat(mover, depth):
    skeleton, offset = posed(mover.pose(Moment(depth, posture="high_bar")))
    for side, sign in sk.SIDES:
        ankle = skeleton.joint(f"foot.{side}") + offset
        assert ankle == pytest.approx((sign * mover.style.stance_m, 0.0, 0.085), abs=2e-3)


def test_tilt_asked_for_is_the_tilt_posed(mover):
    for depth, tilt in ((0.0, 0.0), (0.5, 14.0), (1.0, -3.0)):
        skeleton, _ = posed(mover.pose(Moment(depth, tilt_deg=tilt, posture="high_bar")))
        got = sk.tilt_list_rotation_deg(skeleton.turn("root"))[0]
        assert got - mover.style.neutral_tilt_deg == pytest.approx(tilt, abs=1e-6)


def test_hip_falls_all_the_way_down_and_ends_below_parallel(mover):
    heights = [mover.pose(Moment(d)).feet.mid_hip_m[2] for d in np.linspace(0, 1, 30)]
    assert (np.diff(heights) < 0).all()
    skeleton, _ = posed(mover.pose(Moment(1.0)))
    assert skeleton.joint("upperleg01.L")[2] < skeleton.joint("lowerleg01.L")[2] + 0.02


@pytest.mark.parametrize("tilt", [-5.0, 8.0, 20.0])
@pytest.mark.parametrize("depth", [0.0, 0.6, 1.0])
def test_bar_stays_over_the_foot_whatever_the_pelvis_does(mover, depth, tilt):
    skeleton, offset = posed(mover.pose(Moment(depth, tilt_deg=tilt, posture="high_bar")))
    bar = np.array([0.0, 0.103, 0.538]) - bare_rest().joints["spine01"]
    place = skeleton.joint("spine01") + skeleton.turn("spine01") @ bar + offset
    assert -0.06 < place[1] < 0.06


def test_knees_point_outwards_at_the_bottom(mover):
    skeleton, _ = posed(mover.pose(Moment(1.0)))
    assert skeleton.joint("lowerleg01.L")[0] > skeleton.joint("foot.L")[0]
    assert skeleton.joint("lowerleg01.R")[0] < skeleton.joint("foot.R")[0]


@settings(max_examples=40)
@given(st.floats(0, 25), st.floats(0.5, 0.85))
def test_a_rep_tucks_by_the_wink_asked_for(wink, onset):
    plan = RepPlan(wink_deg=wink, onset=onset)
    times = np.arange(0, plan.duration_s, 0.02)
    tilt = np.array([rep_moment(plan, t, "high_bar").tilt_deg for t in times])
    height = 1.0 - rep_depth(plan, times)
    curve, _ = wink_curve(tilt, np.full(len(times), 90.0), height)
    assert curve.max() == pytest.approx(wink, abs=0.2)


def test_over_arched_start_comes_back_to_neutral(mover):
    plan = RepPlan(over_arch_deg=11)
    start = rep_moment(plan, 0.0, "high_bar")
    bottom = rep_moment(plan, plan.descent_s + 0.01, "high_bar")
    assert mover.spine_deg(start) == pytest.approx(-11)
    assert mover.spine_deg(bottom) == pytest.approx(0, abs=0.1)
    assert mover.tilt_deg(start) > 5


def test_sway_is_smooth_and_of_unit_size():
    noise = slow_noise(4000, 30, seed=1)
    assert noise.std() == pytest.approx(1.0, abs=0.15)
    assert np.abs(np.diff(noise)).max() < 0.3


def test_track_is_continuous_in_place_and_carries_the_bar(mover):
    track = Track(mover)
    track.relax(1.0)
    track.take_bar(0.05)
    track.rep(RepPlan(), {"set": 1, "shows": "", "loaded": True, "measurable": True})
    track.rack_bar(0.05)
    places = np.array([(step.x_m, step.y_m) for step in track.steps])
    assert np.linalg.norm(np.diff(places, axis=0), axis=1).max() * FPS < 1.0
    note = track.notes[0]
    assert all(track.steps[i].bar == 1.0 for i in range(note.first, note.last + 1))
    assert track.steps[0].bar == track.steps[-1].bar == 0.0
    tilt = np.array([mover.tilt_deg(step.moment) for step in track.steps])
    assert np.abs(np.diff(tilt)).max() * FPS < 120
    assert track.neutral == (0, 30)
