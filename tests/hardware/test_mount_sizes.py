"""The measures fit each other: bolts, tubes, washers, threads. No CAD library needed."""

from __future__ import annotations

import pytest

from hardware.mount.sizes import (
    CAMERAS,
    D435,
    D455,
    M6,
    M8,
    MOUNT,
    UPRIGHTS_MM,
    joint_bolt_length_mm,
)

CLAMP, JOINT, HEAD, BOARD = MOUNT.clamp, MOUNT.joint, MOUNT.head, MOUNT.board


def test_the_uprights_asked_for_are_all_among_those_checked() -> None:
    assert {50.0, 60.0, 70.0, 75.0, 80.0} <= set(UPRIGHTS_MM)


@pytest.mark.parametrize("wide", UPRIGHTS_MM)
def test_bolts_sit_beside_the_tube_inside_their_slots_and_the_jaw(wide: float) -> None:
    at = CLAMP.bolt_at_mm(wide)
    assert at - CLAMP.bolt_mm / 2 - wide / 2 >= 0.5
    assert CLAMP.slot_from_mm <= at <= CLAMP.slot_to_mm
    assert at + M8.washer_across_mm / 2 <= CLAMP.width_mm / 2


@pytest.mark.parametrize("deep", UPRIGHTS_MM)
def test_the_clamps_bolts_have_the_whole_nut_on_thread_and_stand_out_little(deep: float) -> None:
    length, grip = CLAMP.bolt_length_mm(deep), CLAMP.grip_mm(deep)
    beyond = length - grip - M8.nut_mm
    assert 2 * M8.pitch_mm <= beyond <= 14
    assert length - M8.thread_mm(length) <= grip - 2, "the nut would reach the shank"


def test_a_tube_too_deep_for_any_bolt_is_refused_with_the_length_needed() -> None:
    with pytest.raises(ValueError, match=r"No standard M8 bolt is \d+\.\d mm long"):
        CLAMP.bolt_length_mm(120)


def test_rubber_is_squeezed_and_keeps_plastic_off_the_tube() -> None:
    assert 0.1 <= CLAMP.pad_squeeze_mm / CLAMP.pad_mm <= 0.3
    assert CLAMP.gap_mm >= 1
    covers = JOINT.wide_mm + M6.head_flats_mm, JOINT.high_mm + M6.head_flats_mm
    assert covers[0] <= CLAMP.pad_width_mm
    assert covers[1] <= CLAMP.pad_height_mm


def test_parts_on_a_jaw_stay_clear_of_the_clamps_washers_and_heads() -> None:
    assert CLAMP.bolt_row_mm - M8.washer_across_mm / 2 >= JOINT.half_height_mm + 0.5
    assert BOARD.boss_mm >= M8.head_mm + M8.washer_mm


def test_walls_around_holes_and_under_heads_are_thick_enough() -> None:
    assert CLAMP.height_mm / 2 - CLAMP.bolt_row_mm - CLAMP.slot_mm / 2 >= 6
    assert CLAMP.thickness_mm - JOINT.pocket_mm >= 8
    assert (HEAD.barrel_mm - M8.hole_mm) / 2 >= 8
    saddle_wall = JOINT.high_mm / 2 - M6.hole_mm / 2 - MOUNT.boom.channel_mm / 2
    assert saddle_wall >= 3


def test_the_knuckles_corners_turn_free_of_the_plates() -> None:
    corner = HEAD.barrel_mm / 2 / 0.9239  # of an octagon: half width / cos(22.5 degrees)
    assert corner + 1 <= HEAD.clear_mm


@pytest.mark.parametrize("camera", CAMERAS, ids=lambda camera: camera.name)
def test_the_cradle_lies_behind_the_cameras_front_and_takes_its_thread(camera: object) -> None:
    assert camera in (D435, D455)
    side_reaches = 19.0  # in front of the cradle's plate
    for one in CAMERAS:
        assert side_reaches + 4 <= one.depth_mm
        assert one.thread_before_back_mm + 7 <= side_reaches, "the washer needs room"
    assert D435.thread_before_back_mm == pytest.approx(10.15)
    assert D455.thread_before_back_mm == pytest.approx(10.2)


def test_the_camera_screw_goes_in_as_far_as_a_tripods_and_no_further() -> None:
    washer = 1.2
    into = 12.7 - HEAD.side_mm - washer
    assert 4.0 <= into <= 5.0  # ISO 1222: a tripod's screw stands out 4.5 mm


def test_the_boards_holes_are_the_raspberry_pis() -> None:
    assert (BOARD.length_mm, BOARD.width_mm) == (85, 56)
    assert BOARD.holes_mm == (58, 49)
    across = 2 * BOARD.first_hole_mm + BOARD.holes_mm[1]
    assert across == BOARD.width_mm
    assert BOARD.board_from_mm + BOARD.length_mm < BOARD.tray_mm[0] / 2


def test_joint_bolts_keep_their_nuts_on_thread() -> None:
    for stack in (6.0, HEAD.bracket_mm, 33.0):
        length = joint_bolt_length_mm(stack)
        grip = CLAMP.thickness_mm - JOINT.pocket_mm + stack + M6.washer_mm
        assert length >= grip + M6.nut_mm + 2 * M6.pitch_mm
        assert length - M6.thread_mm(length) <= grip, "the nut would reach the shank"


def test_slots_take_common_cable_ties() -> None:
    assert MOUNT.tie_mm[0] >= 4.8 + 0.1
    assert MOUNT.tie_mm[1] >= 1.5 + 0.3
