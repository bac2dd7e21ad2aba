"""The body model, its clothes, and rays cast at it: needs the recipe environment."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from device.geometry import project
from device.records import Intrinsics

pytest.importorskip("anny", reason="the body model is only in the recipe environment")
pytest.importorskip("embreex", reason="the ray caster is only in the recipe environment")

from device.wink import wink_curve
from models.lifter.body.clothing import Outfit, Region, Wardrobe
from models.lifter.body.model import Lifter
from models.lifter.body.posed import BodyShape, PoseAngles, placed
from models.lifter.body.skeleton import Skeleton, rot_z, set_leg_by_foot
from models.lifter.movement.squat import Moment, Mover, RepPlan, Style, rep_moment
from models.lifter.scene import props
from models.lifter.scene.render import Scene, depth_image, look_at

CAMERA = Intrinsics(120, 90, 90.0, 90.0, 59.5, 44.5)


@pytest.fixture(scope="module")
def lifter() -> Lifter:
    return Lifter()


@pytest.fixture(scope="module")
def wardrobe(lifter: Lifter) -> Wardrobe:
    return Wardrobe(lifter)


def sole_height(lifter: Lifter, body: Any) -> float:
    return float(body.vertices[lifter.bone_weight(("foot", "toe")) > 0.5, 2].min())


def test_truth_is_the_pose_asked_for(lifter):
    angles = PoseAngles(pelvic_tilt=22, pelvic_list=-3, pelvic_rotation=7, thigh=(80, 80))
    truth = lifter.pose(BodyShape(), [angles])[0].truth
    assert (truth.tilt_deg, truth.list_deg, truth.rotation_deg) == pytest.approx((22, -3, 7))


def test_soles_are_on_the_floor_and_ankles_above_the_origin(lifter):
    for gender in (0.0, 1.0):
        shape = BodyShape(gender=gender)
        deep = PoseAngles(thigh=(105, 105), shank=(32, 32), posture="high_bar")
        for body in lifter.pose(shape, [PoseAngles(), deep]):
            assert sole_height(lifter, body) == pytest.approx(0, abs=1e-5)
            assert body.mid_ankle[:2] == pytest.approx((0, 0), abs=1e-5)


def test_lumbar_flexion_grows_with_the_bend_and_not_with_the_pelvis(lifter):
    shape = BodyShape()
    base, bent, tipped = (
        body.truth.lumbar_flexion_deg
        for body in lifter.pose(
            shape, [PoseAngles(), PoseAngles(lumbar_flexion=20), PoseAngles(pelvic_tilt=20)]
        )
    )
    assert 10 < bent - base < 22
    assert tipped == pytest.approx(base, abs=1e-3)


def test_planted_squat_keeps_soles_on_the_floor_and_winks_as_planned(lifter):
    shape = BodyShape(gender=1.0, height=0.6)
    mover = Mover(lifter.rest(shape), Style())
    neutral = lifter.pose(shape, [mover.pose(Moment())])[0].truth
    plan = RepPlan(wink_deg=16)
    times = np.arange(0, plan.duration_s, 0.1)
    moments = [rep_moment(plan, float(t), "high_bar") for t in times]
    bodies = lifter.pose(shape, [mover.pose(moment) for moment in moments])
    hips = np.array([body.mid_hip[2] for body in bodies])
    tilt = np.array([body.truth.tilt_deg for body in bodies]) - neutral.tilt_deg
    lumbar = np.array([body.truth.lumbar_flexion_deg for body in bodies])
    wink, _ = wink_curve(tilt, lumbar - neutral.lumbar_flexion_deg, hips)
    assert wink.max() == pytest.approx(16, abs=1.0)
    assert all(abs(sole_height(lifter, body)) < 0.003 for body in bodies)
    assert hips[0] - hips.min() > 0.4


def test_placing_a_body_turns_everything_with_it(lifter):
    body = lifter.pose(BodyShape(), [PoseAngles(posture="high_bar")])[0]
    moved = placed(body, 1.0, 2.0, 90.0)
    assert moved.truth.rotation_deg == pytest.approx(90)
    assert moved.mid_ankle == pytest.approx(np.add(body.mid_ankle, (1.0, 2.0, 0.0)), abs=1e-5)
    left = moved.joints["left_hip"] - moved.joints["right_hip"]
    assert left[1] > 0.15
    assert moved.grip is not None
    assert abs(moved.grip.axis[1]) == pytest.approx(1.0, abs=0.01)


def test_hands_hold_the_bar(lifter):
    for posture in ("high_bar", "low_bar", "front", "overhead", "deadlift"):
        body = lifter.pose(BodyShape(), [PoseAngles(posture=posture)])[0]
        for side in ("left", "right"):
            off = body.joints[f"{side}_wrist"] - body.grip.centre_m
            across = off - (off @ body.grip.axis) * body.grip.axis
            assert np.linalg.norm(across) < 0.13


def test_clothes_cover_the_body_from_outside(lifter, wardrobe):
    body = lifter.pose(BodyShape(), [PoseAngles(thigh=(60, 60), shank=(20, 20))])[0]
    outfit = Outfit(belt=True, drape=10)
    labels = wardrobe.regions(outfit)
    assert {int(label) for label in np.unique(labels)} == {int(region) for region in Region}
    lift = wardrobe.dress(body, labels, outfit) - body.vertices
    outwards = (lift * wardrobe.normals(body.vertices)).sum(axis=1)
    assert outwards.min() > -1e-4
    assert outwards[labels == Region.SKIN].max() < 0.004
    assert outwards[labels == Region.SHIRT].mean() > 0.003


BENT = PoseAngles(pelvic_tilt=10, lumbar_flexion=30, thigh=(105, 105), shank=(30, 30))


def stands_off_m(wardrobe, body, outfit):
    """(V,) how far each vertex is from the skin, and how far outwards of it."""
    labels = wardrobe.regions(outfit)
    away = wardrobe.dress(body, labels, outfit) - body.vertices
    return np.linalg.norm(away, axis=1), (away * wardrobe.normals(body.vertices)).sum(axis=1)


@pytest.mark.parametrize("angles", [PoseAngles(), BENT])
def test_loose_cloth_stays_outside_the_skin_and_within_its_slack(lifter, wardrobe, angles):
    body = lifter.pose(BodyShape(), [angles])[0]
    loose = Outfit(tucked=False, waist_m=0.0, shirt_slack_m=0.06, shorts_slack_m=0.04)
    away, outwards = stands_off_m(wardrobe, body, loose)
    tight, _ = stands_off_m(wardrobe, body, replace(loose, shirt_slack_m=0, shorts_slack_m=0))
    assert outwards.min() > -1e-4
    assert (away - tight).max() < 0.061
    assert (away - tight).max() > 0.03, "somewhere it hangs off"
    assert (away > tight + 0.001).mean() > 0.1


def test_heavy_cloth_falls_off_the_seat_of_a_bent_lifter(lifter, wardrobe):
    body = lifter.pose(BodyShape(), [BENT])[0]
    light = Outfit(shorts_slack_m=0.05, fall_m=0.0)
    under = wardrobe.normals(body.vertices)[:, 2] < -0.7
    under &= wardrobe.regions(light) == Region.SHORTS
    hangs, stays = (
        stands_off_m(wardrobe, body, replace(light, fall_m=fall_m))[0][under].mean()
        for fall_m in (0.002, 0.0)
    )
    assert hangs > stays + 0.003


def test_bending_the_hip_pulls_the_hem(lifter):
    outfit = Outfit(waist_m=0.0, hem_rise_m=0.05)
    assert outfit.bent(0.0).waist_m == 0.0
    assert outfit.bent(55.0).waist_m == pytest.approx(0.025)


def test_depth_of_a_box_and_the_floor_is_exact():
    box = props.box((0.0, 0.0, 0.5), (1.0, 1.0, 1.0), (0.5, 0.5, 0.5))
    pose = look_at((0.0, 2.5, 1.0), (0.0, 0.0, 1.0))
    depth = depth_image(Scene([box]), CAMERA, pose)
    assert depth[47, 59] == pytest.approx(2.0, abs=1e-4)
    v = 88
    expected = 1.0 / ((v - CAMERA.cy_px) / CAMERA.fy_px)
    assert depth[v, 2] == pytest.approx(expected, rel=1e-4)
    part = depth_image(Scene([box]), CAMERA, pose, roi_px=(50, 40, 20, 10))
    assert np.array_equal(part, depth[40:50, 50:70])


@pytest.mark.parametrize("rotation_deg", [0, 90, 270])
def test_a_mounted_camera_stands_upright_after_its_rotation(rotation_deg):
    pose = look_at((0.0, 2.0, 1.0), (0.0, 0.0, 1.0), rotation_deg)
    above = pose[:3, :3] @ np.array([0.0, 0.0, 1.3]) + pose[:3, 3]
    u, v = project(above[None], CAMERA)[0] - (CAMERA.cx_px, CAMERA.cy_px)
    picture = np.zeros((3, 3))
    picture[int(np.sign(round(v))) + 1, int(np.sign(round(u))) + 1] = 1
    upright = np.rot90(picture, -rotation_deg // 90)
    assert upright[0, 1] == 1


def test_shapes_differ_in_size(lifter):
    tall, small = (
        lifter.pose(replace(BodyShape(), height=height), [PoseAngles()])[0].vertices[:, 2].max()
        for height in (0.8, 0.2)
    )
    assert tall - small > 0.15


def test_legs_turn_about_hip_joints_where_people_have_them(lifter):
    rest = lifter.rest(BodyShape())
    hip = rest.rest.joints["upperleg01.L"]
    level = np.abs(rest.vertices[:, 2] - hip[2]) < 0.09
    trunk = rest.vertices[level & (np.abs(rest.vertices[:, 0]) < 0.16)]
    depth = float(np.ptp(trunk[:, 1]))
    assert 0.50 < (trunk[:, 1].max() - hip[1]) / depth < 0.58
    assert 0.08 < hip[0] < 0.11  # a man of 1.91 m
    standing, squatting = lifter.pose(
        BodyShape(), [PoseAngles(), PoseAngles(pelvic_tilt=20, thigh=(90, 90), shank=(30, 30))]
    )
    for body in (standing, squatting):
        in_pelvis = body.pelvis_rotation.T @ (body.joints["left_hip"] - body.joints["right_hip"])
        assert in_pelvis == pytest.approx([2 * hip[0], 0, 0], abs=2e-3)
        thigh = np.linalg.norm(body.joints["left_knee"] - body.joints["left_hip"])
        assert thigh == pytest.approx(
            np.linalg.norm(rest.rest.span("upperleg01.L", "lowerleg01.L")), abs=1e-3
        )


@pytest.mark.parametrize("abduction", [0.0, 25.0, 40.0])
def test_a_thigh_never_turns_round_however_deep_the_squat(lifter, abduction):
    rest = lifter.rest(BodyShape()).rest
    turns, above = [], []
    for hip_m in np.arange(0.85, 0.14, -0.01):
        skeleton = Skeleton(rest, np.eye(3))
        hips = (skeleton.joint("upperleg01.L") + skeleton.joint("upperleg01.R")) / 2
        set_leg_by_foot(
            skeleton,
            "L",
            ankle=hips + np.array([0.2, -0.1, -hip_m]),
            knee_pole=rot_z(abduction) @ np.array([0.0, -1.0, 0.15]),
            foot_turn=np.eye(3),
        )
        turn = skeleton.turn("upperleg01.L")
        turns.append(turn)
        above.append((skeleton.joint("lowerleg01.L") - skeleton.joint("upperleg01.L"))[2])
        # the kneecap looks forwards and, in a raised thigh, up: never down
        front = turn @ np.array([0.0, -1.0, 0.0])
        assert front[2] > -0.2
    assert max(above) > 0.09  # knees well above the hips
    steps = [np.degrees(np.arccos((np.trace(a.T @ b) - 1) / 2)) for a, b in pairwise(turns)]
    assert max(steps) < 15


def test_every_lifter_has_hip_joints_of_its_own(lifter):
    wide = BodyShape(hip_breadth=0.9, hip_depth=0.6)
    narrow = lifter.rest(BodyShape(hip_breadth=0.7, hip_depth=0.5)).rest.joints["upperleg01.L"]
    further = lifter.rest(wide).rest.joints["upperleg01.L"]
    assert further[0] > narrow[0] + 0.02
    assert further[1] < narrow[1] - 0.02  # nearer to the belly
