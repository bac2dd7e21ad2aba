from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from device.pose.figure import Figure
from device.pose.roi import Roi
from device.pose.track import (
    COMPARE_EVERY_S,
    HELD_S,
    HOME_S,
    IN_A_ROW,
    LIES_S,
    MIN_STEP,
    REMEMBERED_S,
    SEARCH_EVERY,
    Track,
)

FPS = 30.0
SIZE = (640, 640)
LIFTER = Roi((320.0, 320.0), 400.0, 0.0)


def moved(roi: Roi, sides: float, scale: float = 1.0) -> Roi:
    """A square that many sides further right."""
    x, y = roi.center_px
    return Roi((x + sides * roi.side_px, y), roi.side_px * scale, roi.angle_rad)


def tracking(seconds: float = 1.0) -> tuple[Track, float]:
    track = Track()
    track.start(LIFTER, 0.0)
    frames = round(seconds * FPS)
    for number in range(1, frames + 1):
        assert track.follow(LIFTER, number / FPS)
    return track, frames / FPS


def test_an_empty_rack_is_searched_every_third_frame_only() -> None:
    track = Track()
    searched = 0
    for number in range(30):
        track.lose(number / FPS)
        searched += track.should_search()
    assert searched == 30 / SEARCH_EVERY


def test_who_lies_frame_after_frame_is_told_and_a_single_frame_is_forgiven() -> None:
    track, now = tracking()
    lying = [track.lies(frame != 7, now + frame / FPS) for frame in range(40)]
    since = 8 + round(LIES_S * FPS)
    assert lying == [False] * since + [True] * (40 - since)


def test_the_frame_that_loses_the_lifter_is_searched_at_once() -> None:
    track, now = tracking()
    track.lose(now)
    assert track.roi is None
    assert track.should_search()


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.floats(-0.09, 0.09), max_size=40), st.floats(0.8, 1.25))
def test_small_steps_are_followed_wherever_they_lead(steps: list[float], scale: float) -> None:
    track, now = tracking()
    roi = LIFTER
    for number, step in enumerate(steps):
        roi = moved(roi, step, scale if number == 0 else 1.0)
        assert track.follow(roi, now + (number + 1) / FPS)
        assert track.roi == roi


@settings(deadline=None)  # the machine may be busy
@given(st.floats(MIN_STEP + 0.05, 2.0), st.sampled_from([-1.0, 1.0]))
def test_a_jump_is_refused_and_the_old_square_kept(sides: float, way: float) -> None:
    track, now = tracking()
    assert not track.follow(moved(LIFTER, way * sides), now + 1 / FPS)
    assert track.roi == LIFTER


@settings(deadline=None)  # the machine may be busy
@given(st.floats(1.5, 4.0))
def test_a_sudden_change_of_size_is_refused(scale: float) -> None:
    track, now = tracking()
    assert not track.follow(moved(LIFTER, 0.0, scale), now + 1 / FPS)
    assert not track.follow(moved(LIFTER, 0.0, 1 / scale), now + 1 / FPS)
    assert track.roi == LIFTER


def test_a_jump_that_lasts_is_a_loss() -> None:
    track, now = tracking()
    jumped = moved(LIFTER, 0.0, 2.0)
    for number in range(1, round(HELD_S * FPS) + 2):
        assert not track.follow(jumped, now + number / FPS)
    assert track.roi is None


def test_after_a_loss_only_the_one_at_the_same_place_is_taken_for_a_while() -> None:
    track, now = tracking()
    track.lose(now)
    passer_by, back = moved(LIFTER, 0.6, 1.3), moved(LIFTER, 0.1)
    assert track.choose([passer_by], now + 0.5, *SIZE) is None
    assert track.choose([passer_by, back], now + 0.5, *SIZE) == back


def test_after_a_loss_a_spotter_who_stood_beside_is_not_taken_for_the_lifter() -> None:
    track, now = tracking()
    spotter, back = moved(LIFTER, 0.25, 0.8), moved(LIFTER, 0.1)
    assert track.better_placed([figure(LIFTER, 0.1), figure(spotter, 0.7)]) is None
    track.lose(now)
    seen_anew = moved(spotter, 0.05)
    assert track.choose([seen_anew], now + 0.3, *SIZE) is None
    assert track.choose([seen_anew, back], now + 0.3, *SIZE) == back
    assert track.choose([seen_anew], now + REMEMBERED_S + 0.1, *SIZE) == seen_anew


def test_later_anybody_may_be_the_next_lifter() -> None:
    track, now = tracking()
    track.lose(now)
    other = moved(LIFTER, 0.5)
    assert track.choose([other], now + REMEMBERED_S + 0.1, *SIZE) == other


def test_the_large_one_in_the_middle_is_the_lifter() -> None:
    small, aside = Roi((320.0, 320.0), 150.0, 0.0), Roi((30.0, 320.0), 420.0, 0.0)
    assert Track().choose([small, aside, LIFTER], 0.0, *SIZE) == LIFTER
    assert Track().choose([], 0.0, *SIZE) is None


def walk_away(track: Track, now: float, seconds: float) -> list[float]:
    """Walks right at a side in two seconds; times at which the track wants to look home."""
    asked = []
    for number in range(1, round(seconds * FPS) + 1):
        time_s = now + number / FPS
        assert track.follow(moved(LIFTER, 0.5 * number / FPS), time_s)
        if track.should_look_home(time_s):
            asked.append(time_s - now)
    return asked


def test_a_track_that_walks_off_looks_whether_somebody_stands_at_home() -> None:
    track, now = tracking()
    asked = walk_away(track, now, 1.4)
    assert asked
    assert track.at_home([moved(LIFTER, 0.7), moved(LIFTER, 0.05)]) == moved(LIFTER, 0.05)
    assert track.at_home([moved(LIFTER, 0.7)]) is None


def test_a_lifter_who_walked_has_a_new_home() -> None:
    track, now = tracking()
    walk_away(track, now, HOME_S + 1.5)
    assert track.at_home([LIFTER]) is None


def test_a_lifter_at_home_costs_no_looking() -> None:
    track, now = tracking(3.0)
    assert not track.should_look_home(now)
    track.follow(moved(LIFTER, 0.05), now + 1 / FPS)
    assert not track.should_look_home(now + 1 / FPS)


def figure(roi: Roi, aside_m: float) -> Figure:
    return Figure(roi, aside_m)


def test_depth_is_asked_once_a_second_and_only_while_somebody_is_tracked() -> None:
    track, now = tracking()
    asked = sum(track.should_compare(now + number / FPS) for number in range(round(3 * FPS)))
    assert asked == round(3.0 / COMPARE_EVERY_S)
    assert not Track().should_compare(0.0)


def test_a_spotter_taken_for_the_lifter_at_the_start_is_given_up_at_once() -> None:
    track = Track()
    track.start(LIFTER, 0.0)
    before = moved(LIFTER, -0.3)
    assert track.better_placed([figure(before, 0.1), figure(LIFTER, 0.7)]) == before


def test_later_somebody_else_must_stand_better_for_longer_than_a_passer_by() -> None:
    track, _ = tracking()
    other = moved(LIFTER, -0.3)
    at_home, walking_by = [figure(LIFTER, 0.1), figure(other, 0.7)], [figure(other, 0.1)]
    walking_by.append(figure(LIFTER, 0.7))
    assert track.better_placed(at_home) is None
    assert track.better_placed(walking_by) is None
    assert track.better_placed(at_home) is None
    looks = [track.better_placed(walking_by) for _ in range(IN_A_ROW)]
    assert looks == [None] * (IN_A_ROW - 1) + [other]


def test_a_lifter_found_again_after_a_passer_by_is_not_given_up_for_them() -> None:
    track, _ = tracking()
    track.lose(20.0)
    track.start(LIFTER, 20.3)
    passer_by = moved(LIFTER, -0.3)
    assert track.better_placed([figure(passer_by, 0.1), figure(LIFTER, 0.7)]) is None


def test_a_lifter_who_squats_is_no_standing_figure_and_stays_tracked() -> None:
    track, _ = tracking()
    spotter = figure(moved(LIFTER, 0.4), 0.1)
    assert [track.better_placed([spotter]) for _ in range(4)] == [None] * 4
    assert track.better_placed([]) is None
