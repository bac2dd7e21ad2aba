"""Where the unit hangs against a standing figure, and which way it must go."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from device.placement import ENVELOPES, PlacementWatch, advise, envelope_for, place
from device.placement_view import Measures, measure, median
from device.reasons import Reason
from device.records import (
    Array,
    Arrow,
    BodyPose,
    DepthImage,
    Extrinsics,
    Floor,
    Frame,
    Intrinsics,
    Joint,
    PelvisPose,
    Placement,
    PlacementVerdict,
)
from tests.device.bodies import Pose, body_of
from tests.device.scenes import up_of

D455 = ENVELOPES[0.095]
COLOR = Intrinsics(640, 360, 320.0, 320.0, 319.5, 179.5)  # 90 x 59 degrees
DEPTH = Intrinsics(848, 480, 447.0, 447.0, 423.5, 239.5)  # 87 x 57 degrees
SAME = Extrinsics(np.eye(3), np.zeros(3))
UPRIGHT = Floor(up_of(8.0, 0.0, quarter_turns=1), 1.1, 0.4)
GOOD = Measures(20.0, 1.3, 1.1, 8.0, 0.5, True, 10.0, 6.0, 15.0, 15.0)


def frame_at(time_s: float, baseline_m: float = 0.095) -> Frame:
    raw = np.zeros((DEPTH.height_px, DEPTH.width_px), np.uint16)
    depth = DepthImage(raw, 0.001, DEPTH, SAME, baseline_m)
    color = np.zeros((COLOR.height_px, COLOR.width_px, 3), np.uint8)
    return Frame(1, time_s, 0.0, color, COLOR, depth)


def standing(
    azimuth_deg: float = 0.0, distance_m: float = 1.3, aside_m: float = 0.0, **pose: Any
) -> BodyPose:
    """A figure so far in front of the camera, the camera so far round on its left."""
    body = body_of(Pose(**pose), 0.0, with_joints=True)
    joints = body.joints_m.copy()
    for side in ("LEFT", "RIGHT"):
        for name in ("HEEL", "TOE"):
            joints[Joint[f"{side}_{name}"]] = joints[Joint[f"{side}_ANKLE"]] * (1, 0, 1)
    middle = joints[[Joint.LEFT_HIP, Joint.RIGHT_HIP]].mean(axis=0) * (1, 0, 1)
    turn = math.radians(azimuth_deg)
    about_up = np.array(
        [[math.cos(turn), 0, math.sin(turn)], [0, 1, 0], [-math.sin(turn), 0, math.cos(turn)]]
    )
    moved: Array = (joints - middle) @ about_up.T + (aside_m, 0.0, -distance_m)
    return replace(body, joints_m=moved, facing_away_deg=azimuth_deg)


def measured(body: BodyPose, floor: Floor = UPRIGHT, pelvis: PelvisPose | None = None) -> Measures:
    frame = frame_at(0.0)
    assert frame.depth is not None
    return measure(frame, frame.depth, body, pelvis or PelvisPose(0.0), floor)


# ---------------------------------------------------------------- measuring


@pytest.mark.parametrize("azimuth_deg", [0.0, 22.0, -50.0, 95.0, 170.0])
def test_azimuth_and_distance_are_those_of_the_camera(azimuth_deg: float) -> None:
    found = measured(standing(azimuth_deg, distance_m=1.42))
    assert found.azimuth_deg == pytest.approx(azimuth_deg, abs=0.1)
    assert found.distance_m == pytest.approx(1.42, abs=0.01)
    assert found.height_m == 1.1


def test_a_lifter_beside_the_optical_axis_is_seen_under_another_azimuth() -> None:
    found = measured(standing(0.0, distance_m=1.3, aside_m=0.3))
    assert found.azimuth_deg == pytest.approx(math.degrees(math.atan2(0.3, 1.3)), abs=0.1)
    assert found.distance_m == pytest.approx(math.hypot(0.3, 1.3), abs=0.01)
    assert found.right_margin_deg < found.left_margin_deg


def test_the_pelvis_is_believed_where_it_is_sure_and_the_pose_where_not() -> None:
    body = standing(30.0)
    sure = PelvisPose(0.0, rotation_deg=41.0, rotation_sd_deg=3.0)
    assert measured(body, pelvis=sure).azimuth_deg == pytest.approx(41.0, abs=0.1)
    vague = replace(sure, rotation_sd_deg=40.0)
    assert measured(body, pelvis=vague).azimuth_deg == pytest.approx(30.0, abs=0.1)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_tilt_lean_and_portrait_are_read_off_the_floor(turns: int) -> None:
    floor = Floor(up_of(12.0, 6.0, quarter_turns=turns), 1.1, 0.4)
    found = measured(standing(), floor)
    assert found.portrait is (turns in (1, 3))
    assert found.tilt_down_deg == pytest.approx(12.0, abs=0.1)
    assert abs(found.lean_deg) == pytest.approx(6.0, abs=0.1)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_margins_are_the_angles_to_the_edges_whichever_way_up_it_hangs(turns: int) -> None:
    floor = Floor(up_of(0.0, 0.0, quarter_turns=turns), 1.1, 0.4)
    body = standing(distance_m=1.3)
    found = measured(body, floor)
    top, sides = (43.5, 28.2) if turns % 2 else (28.2, 43.5)  # halves of the depth camera's view
    shoulder_m = body.joints_m[Joint.LEFT_SHOULDER, 1] - 1.1
    expected = top - math.degrees(math.atan2(shoulder_m, 1.3))
    assert found.shoulder_margin_deg == pytest.approx(expected, abs=1.0)
    expected = top - math.degrees(math.atan2(1.1, 1.3))
    assert found.feet_margin_deg == pytest.approx(expected, abs=1.0)
    widest = np.abs(body.joints_m[:, 0])[np.isfinite(body.joints_m[:, 0])].max()
    for side in (found.left_margin_deg, found.right_margin_deg):
        assert sides - math.degrees(math.atan2(widest, 1.3)) - 1 < side < sides


def test_tilting_down_gives_the_feet_what_the_shoulders_lose() -> None:
    level = measured(standing(), Floor(up_of(0.0, 0.0, 1), 1.1, 0.4))
    down = measured(standing(), Floor(up_of(10.0, 0.0, 1), 1.1, 0.4))
    assert down.feet_margin_deg == pytest.approx(level.feet_margin_deg + 10, abs=0.5)
    assert down.shoulder_margin_deg == pytest.approx(level.shoulder_margin_deg - 10, abs=0.5)


def test_feet_that_the_pose_model_puts_too_high_do_not_hide_that_they_are_cut_off() -> None:
    body = standing(distance_m=0.7)
    lifted = body.joints_m.copy()
    lifted[Joint.LEFT_ANKLE : Joint.RIGHT_TOE + 1, 1] += 0.5
    assert measured(replace(body, joints_m=lifted)).feet_margin_deg < 0


def test_a_median_azimuth_does_not_fall_between_the_ends_of_the_circle() -> None:
    around = [replace(GOOD, azimuth_deg=angle) for angle in (178.0, 179.0, -179.0)]
    assert abs(median(around).azimuth_deg) > 177


# ---------------------------------------------------------------- advising


def test_a_unit_within_the_envelope_has_nothing_to_do() -> None:
    placement = place(1.0, GOOD, D455, None)
    assert placement.verdict is PlacementVerdict.GOOD
    assert placement.advice == ()


@pytest.mark.parametrize(
    ("change", "arrow", "text"),
    [
        ({"distance_m": 1.87}, Arrow.CLOSER, "move the unit 30 cm closer"),
        ({"distance_m": 0.72}, Arrow.BACK, "move the unit 20 cm back"),
        ({"height_m": 1.78}, Arrow.DOWN, "hang it 20 cm lower"),
        ({"height_m": 0.62}, Arrow.UP, "hang it 20 cm higher"),
        ({"portrait": False}, Arrow.PORTRAIT, "mount it upright (portrait)"),
        ({"lean_deg": -19.0}, Arrow.STRAIGHTEN, "straighten it: it leans 19 degrees"),
        (
            {"feet_margin_deg": -3.0},
            Arrow.TILT_DOWN,
            "the feet are out of the picture: tilt it down 4 degrees",
        ),
        (
            {"shoulder_margin_deg": 1.5},
            Arrow.TILT_UP,
            "the shoulders are out of the picture: tilt it up 1 degree",
        ),
        ({"left_margin_deg": -4.0, "right_margin_deg": 20.0}, Arrow.TURN_LEFT, "turn it 12"),
        ({"left_margin_deg": 20.0, "right_margin_deg": 2.0}, Arrow.TURN_RIGHT, "turn it 9"),
        ({"azimuth_deg": 70.0}, Arrow.RIGHT, "35 cm to the right"),
        ({"azimuth_deg": -70.0}, Arrow.LEFT, "35 cm to the left"),
        ({"azimuth_deg": 150.0}, Arrow.BEHIND, Reason.FROM_FRONT.value),
    ],
)
def test_one_thing_wrong_is_one_thing_to_do(
    change: dict[str, Any], arrow: Arrow, text: str
) -> None:
    (move,) = advise(replace(GOOD, **change), D455)
    assert move.arrow is arrow
    assert text in move.text


def test_going_round_as_told_ends_within_the_envelope() -> None:
    (move,) = advise(replace(GOOD, azimuth_deg=80.0, distance_m=1.4), D455)
    length_m = float(move.text.split(" cm")[0].split()[-1]) / 100
    turned = 2 * math.degrees(math.asin(length_m / 2 / 1.4))
    assert 0 <= 55.0 - (80.0 - turned) < 4.0


@pytest.mark.parametrize("azimuth_deg", [75.0, -75.0])
def test_the_arrow_points_to_where_straight_behind_is(azimuth_deg: float) -> None:
    leaning = standing(azimuth_deg, lean_deg=30.0)
    shoulders, hips = (
        leaning.joints_m[[Joint[f"LEFT_{name}"], Joint[f"RIGHT_{name}"]]].mean(axis=0)
        for name in ("SHOULDER", "HIP")
    )
    behind_x = (hips - shoulders)[0]  # of the lifter, to the camera's right
    (move,) = advise(replace(GOOD, azimuth_deg=measured(leaning).azimuth_deg), D455)
    assert move.arrow is (Arrow.RIGHT if behind_x > 0 else Arrow.LEFT)


def test_what_fits_neither_above_nor_below_is_no_matter_of_tilt() -> None:
    cramped = replace(GOOD, shoulder_margin_deg=-2.0, feet_margin_deg=1.0)
    (move,) = advise(cramped, D455)
    assert move.arrow is Arrow.BACK
    assert "don't fit" in move.text


def test_who_must_be_turned_upright_first_is_not_told_to_tilt() -> None:
    moves = advise(replace(GOOD, portrait=False, feet_margin_deg=-9.0, distance_m=1.9), D455)
    assert [move.arrow for move in moves] == [Arrow.PORTRAIT, Arrow.CLOSER]


def test_a_well_hung_unit_that_sees_no_back_says_why() -> None:
    placement = place(1.0, GOOD, D455, Reason.HOLES)
    assert placement.verdict is PlacementVerdict.MOVE
    assert placement.advice == (f"it hangs well, but {Reason.HOLES}",)


def test_each_camera_has_its_own_reach() -> None:
    assert envelope_for(0.0501).camera == "D435"
    assert envelope_for(0.095).camera == "D455"
    far = replace(GOOD, distance_m=1.5)
    assert advise(far, envelope_for(0.095)) == ()
    assert advise(far, envelope_for(0.050))[0].arrow is Arrow.CLOSER


# ---------------------------------------------------------------- watching


def watched(
    watch: PlacementWatch, body: BodyPose | None, start_s: float, seconds: float = 1.0
) -> Placement:
    for i in range(round(seconds * 30)):
        last = watch.update(frame_at(start_s + i / 30), body, PelvisPose(0.0), UPRIGHT)
    return last


def test_nobody_then_somebody_then_nobody_again() -> None:
    watch = PlacementWatch()
    assert watched(watch, None, 0.0).verdict is PlacementVerdict.NOBODY
    assert watched(watch, standing(), 1.0).verdict is PlacementVerdict.GOOD
    assert watched(watch, None, 2.0, 0.5).verdict is PlacementVerdict.GOOD  # a passer-by
    assert watched(watch, None, 2.5, 1.5).verdict is PlacementVerdict.NOBODY


def test_a_squat_leaves_the_placement_as_it_was() -> None:
    watch = PlacementWatch()
    before = watched(watch, standing(), 0.0)
    low = standing(knee_deg=110.0, shin_deg=30.0, lean_deg=40.0)
    assert watched(watch, low, 1.0) == before


def test_one_wild_frame_changes_nothing() -> None:
    watch = PlacementWatch()
    watched(watch, standing(), 0.0)
    watched(watch, standing(140.0, distance_m=2.5), 1.0, 0.1)
    assert watched(watch, standing(), 1.1, 0.2).verdict is PlacementVerdict.GOOD


def test_moving_the_unit_shows_within_two_seconds() -> None:
    watch = PlacementWatch()
    assert watched(watch, standing(distance_m=1.9), 0.0).verdict is PlacementVerdict.MOVE
    assert watched(watch, standing(distance_m=1.4), 1.0, 1.8).verdict is PlacementVerdict.GOOD


def test_without_depth_or_floor_nothing_can_be_said() -> None:
    watch = PlacementWatch()
    seen = watch.update(frame_at(0.0), standing(), PelvisPose(0.0), None)
    assert (seen.verdict, seen.moves[0].arrow) == (PlacementVerdict.BLIND, Arrow.TILT_DOWN)
    film = replace(frame_at(0.2), depth=None)
    seen = watch.update(film, None, PelvisPose(0.2), None)
    assert seen.verdict is PlacementVerdict.BLIND
    assert "depth camera" in seen.advice[0]


def test_a_recording_that_starts_over_is_followed() -> None:
    watch = PlacementWatch()
    watched(watch, standing(distance_m=1.9), 50.0)
    assert watched(watch, standing(distance_m=1.4), 0.0).verdict is PlacementVerdict.GOOD
