"""Reps out of the hip's path: every squat once, at the right time, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from bodies import (
    MOCAP,
    Movement,
    Pose,
    bench_press,
    bend_over,
    between,
    bottom_of_squat,
    deadlift,
    duration,
    hold,
    load_plate,
    sample,
    sit_down,
    squat,
    stand,
    walk,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from device.records import JOINTS, BodyPose, Joint, Phase, PhaseName, RepSpan
from device.reps import RepCounter
from device.sets import SetCounter


@dataclass
class Seen:
    phases: list[Phase] = field(default_factory=list)
    spans: list[RepSpan] = field(default_factory=list)

    @property
    def full(self) -> list[RepSpan]:
        return [span for span in self.spans if not span.partial]


def count(
    bodies: Sequence[BodyPose],
    hidden: Callable[[float], bool] = lambda _: False,
    finish: bool = False,
) -> Seen:
    counter, seen = RepCounter(), Seen()
    for body in bodies:
        time_s = body.time_s
        phase = counter.update(None if hidden(time_s) else body, time_s)
        seen.phases.append(phase)
        if phase.ended is not None:
            seen.spans.append(phase.ended)
    last = counter.finish(bodies[-1].time_s) if finish else None
    if last is not None and last.ended is not None:
        seen.spans.append(last.ended)
    return seen


def lowest_s(bodies: Sequence[BodyPose]) -> float:
    return min(bodies, key=lambda body: body.hip_height).time_s


# ---------------------------------------------------------------- squats


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    reps=st.lists(
        st.tuples(
            st.floats(1.2, 8.0),  # seconds
            st.floats(70.0, 130.0),  # knee flexion at the bottom
            st.sampled_from([0.0, 0.0, 1.0, 5.0]),  # pause at the bottom
            st.sampled_from([0.0, 0.0, 3.0]),  # pause half-way up
            st.floats(0.3, 3.0),  # standing after it
        ),
        min_size=1,
        max_size=3,
    ),
    noise_m=st.sampled_from([0.0, 0.005, 0.01]),
    fps=st.sampled_from([15.0, 30.0, 60.0]),
    seed=st.integers(0, 1000),
)
def test_every_squat_is_counted_once_with_its_bottom(
    reps: list[tuple[float, float, float, float, float]], noise_m: float, fps: float, seed: int
) -> None:
    movements: list[Movement] = stand(1.5)
    bottoms = []
    for tempo_s, knee_deg, pause_s, half_way_s, rest_s in reps:
        start_s = duration(movements)
        # the bottom of a slow rep is flat, and up is not the mirror image of down
        near_s = 0.1 if tempo_s <= 4.0 else 0.25
        bottoms.append((start_s + 0.55 * tempo_s, pause_s, near_s))
        movements = movements + squat(tempo_s, knee_deg, pause_s, half_way_s) + stand(rest_s)
    seen = count(sample([*movements, *stand(0.5)], fps, noise_m, seed))
    assert len(seen.spans) == len(reps)
    assert not any(span.partial for span in seen.spans)
    for span, (bottom_s, pause_s, near_s) in zip(seen.spans, bottoms, strict=True):
        assert bottom_s - near_s <= span.bottom_s <= bottom_s + pause_s + near_s


def test_start_and_end_are_the_crossings_of_5_and_3_percent() -> None:
    bodies = sample([*stand(2.0), *squat(4.0), *stand(1.0)], fps=60)
    standing = bodies[0].hip_height
    low = [body.time_s for body in bodies if body.hip_height < 0.95 * standing]
    back = [b.time_s for b in bodies if b.time_s > low[-1] and b.hip_height > 0.97 * standing]
    (span,) = count(bodies).spans
    assert span.start_s == pytest.approx(low[0], abs=0.04)
    assert span.end_s == pytest.approx(back[0], abs=0.04)
    assert span.bottom_s == pytest.approx(lowest_s(bodies), abs=0.04)
    assert span.knee_flexion_deg == pytest.approx(110, abs=1)


def test_the_phase_follows_within_two_frames() -> None:
    bodies = sample([*stand(2.0), *squat(3.0), *stand(1.0)])
    seen = count(bodies)
    (span,) = seen.spans
    moving = [phase for phase in seen.phases if phase.name is PhaseName.DESCENT]
    assert moving[0].time_s - span.start_s < 2.01 / 30
    ended = next(phase for phase in seen.phases if phase.ended is not None)
    assert ended.time_s - span.end_s < 2.01 / 30
    assert ended.name is PhaseName.STANDING


def test_phases_come_in_their_order() -> None:
    seen = count(sample([*stand(1.0), *squat(3.0, pause_s=2.0), *stand(1.0)], noise_m=0.005))
    names = [phase.name for phase in seen.phases]
    order = [name for name, before in zip(names, [None, *names], strict=False) if name != before]
    assert order == ["standing", "descent", "bottom", "ascent", "standing"]


def test_a_partial_rep_is_kept_and_says_so() -> None:
    seen = count(sample([*stand(1.0), *squat(2.0, knee_deg=52.0), *stand(1.0)]))
    assert [span.partial for span in seen.spans] == [True]


def test_a_dip_under_the_bar_is_not_even_a_partial_rep() -> None:
    dip = bottom_of_squat(33.0)
    seen = count(
        sample(
            [
                *stand(2.0),
                *between(0.6, Pose(), dip),
                *hold(0.5, dip),
                *between(0.6, dip, Pose()),
                *stand(1.0),
            ]
        )
    )
    assert seen.spans == []


def test_reps_without_full_lockout_are_counted_one_by_one() -> None:
    soft = Pose(knee_deg=33.0, shin_deg=14.0, lean_deg=10.0)  # 4 to 6 % lower than relaxed
    low = bottom_of_squat(110.0)
    movements = stand(2.0) + between(1.2, Pose(), low)
    for _ in range(3):
        movements = movements + between(1.0, low, soft) + between(1.2, soft, low)
    movements = movements + between(1.0, low, Pose()) + stand(1.0)
    assert len(count(sample(movements)).full) == 4


def test_reps_are_counted_one_by_one_where_hips_are_read_lower_with_the_bar() -> None:
    one = [*squat(2.4, 110.0), *stand(0.7)]
    bodies = [
        replace(body, hip_height=body.hip_height * (0.93 if body.time_s > 2.0 else 1.0))
        for body in sample([*stand(2.5), *one, *one, *one, *stand(1.0)])
    ]
    assert len(count(bodies).full) == 3


def test_staying_still_a_little_lower_ends_the_rep_and_becomes_the_new_standing() -> None:
    braced = Pose(knee_deg=34.0, shin_deg=14.0, lean_deg=12.0)
    low = bottom_of_squat(110.0)
    one = between(1.2, braced, low) + between(1.0, low, braced) + hold(3.0, braced)
    seen = count(
        sample([*stand(2.0), *between(0.5, Pose(), braced), *hold(2.5, braced), *one, *one])
    )
    assert len(seen.full) == 2
    assert len(seen.spans) == 2


def test_a_squat_is_counted_that_follows_soon_after_stepping_back_with_the_bar() -> None:
    rack = (0.0, -0.5)
    under = Pose(knee_deg=55.0, shin_deg=20.0, lean_deg=20.0, feet_m=rack)
    braced = Pose(knee_deg=29.0, shin_deg=12.0, lean_deg=8.0)  # 4 % lower than without the bar
    low = bottom_of_squat(110.0)
    movements = stand(2.0, feet_m=rack) + between(0.8, Pose(feet_m=rack), under)
    movements = movements + walk(rack, (0.0, -1.2), knee_deg=45.0, shin_deg=20.0)
    movements = movements + hold(0.8, braced) + between(1.2, braced, low)
    movements = movements + between(1.0, low, braced) + hold(3.0, braced)
    assert len(count(sample(movements)).full) == 1


@pytest.mark.parametrize("standing_s", [0.0, 0.1, 0.3])
@pytest.mark.parametrize("after_s", [0.05, 0.3])
def test_a_clip_may_start_and_stop_right_at_the_rep(standing_s: float, after_s: float) -> None:
    bodies = sample([*stand(standing_s), *squat(2.5), *stand(after_s)])
    assert len(count(bodies, finish=True).full) == 1


def test_a_clip_that_stops_at_the_bottom_shows_no_rep() -> None:
    bodies = sample([*stand(1.0), *squat(3.0)])
    assert count(bodies[: int(30 * 2.8)], finish=True).spans == []


def test_finish_without_a_rep_says_nothing() -> None:
    counter = RepCounter()
    assert counter.finish(1.0) is None
    for body in sample(stand(1.0)):
        counter.update(body, body.time_s)
    assert counter.finish(1.0) is None


def test_single_wrong_frames_neither_make_nor_split_reps() -> None:
    bodies = sample(
        [*stand(2.0), *squat(3.0), *stand(3.0), *squat(3.0), *stand(2.0)], noise_m=0.005
    )
    random = np.random.default_rng(1)
    for index in range(10, len(bodies) - 10, 12):
        wrong = bodies[index].hip_height * float(random.choice([0.4, 0.8, 1.3]))
        bodies[index] = replace(bodies[index], hip_height=wrong, knee_flexion_left_deg=120.0)
    assert len(count(bodies).full) == len(count(bodies).spans) == 2


def test_pixels_or_metres_make_no_difference() -> None:
    bodies = sample([*stand(1.0), *squat(3.0), *stand(1.0)])
    flat = [
        replace(
            b,
            metric=False,
            hip_height=400 * b.hip_height,
            feet_position_m=None,
            hip_above_knee_cm=None,
        )
        for b in bodies
    ]
    (one,), (other,) = count(bodies).spans, count(flat).spans
    assert other.start_s == pytest.approx(one.start_s)
    assert other.bottom_s == pytest.approx(one.bottom_s)


def test_overhead_and_goblet_squats_are_reps() -> None:
    for hands in ("overhead", "chest", "forward", "hidden"):
        seen = count(
            sample(
                [
                    *stand(1.0, hands=hands),
                    *squat(3.0, 120.0, hands=hands),
                    *stand(1.0, hands=hands),
                ]
            )
        )
        assert len(seen.full) == 1, hands


# ---------------------------------------------------------------- hidden, gone, somebody else


@settings(max_examples=20, deadline=None, derandomize=True)
@given(at_s=st.floats(1.5, 5.5), for_s=st.floats(0.1, 1.5), noise_m=st.sampled_from([0.0, 0.01]))
def test_a_passer_by_neither_kills_nor_splits_a_rep(
    at_s: float, for_s: float, noise_m: float
) -> None:
    bodies = sample([*stand(2.0), *squat(3.0), *stand(3.0)], noise_m=noise_m)
    seen = count(bodies, hidden=lambda t: at_s <= t < at_s + for_s)
    assert len(seen.spans) == 1


def test_a_lifter_gone_for_long_leaves_no_ghost() -> None:
    bodies = sample([*stand(2.0), *squat(3.0, pause_s=5.0), *stand(2.0)])
    seen = count(bodies, hidden=lambda t: 3.0 <= t < 6.5)
    assert seen.spans == []
    assert PhaseName.AWAY in {phase.name for phase in seen.phases}


def with_feet_astray(bodies: list[BodyPose], visibility: float) -> list[BodyPose]:
    """While the hip is deep, the ankles are put 40 cm away."""
    seen = bodies[0].visibility.copy()
    seen[[Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE]] = visibility
    astray = []
    for body in bodies:
        deep = body.hip_height < 0.6 * bodies[0].hip_height
        feet = (0.1, -1.6)
        astray.append(replace(body, feet_position_m=feet, visibility=seen) if deep else body)
    return astray


def test_guessed_ankles_behind_the_seat_do_not_end_a_deep_squat() -> None:
    bodies = sample([*stand(2.0), *squat(3.0, 125.0, pause_s=0.5), *stand(2.0)])
    assert len(count(with_feet_astray(bodies, visibility=0.2)).full) == 1


def test_ankles_seen_elsewhere_are_another_person() -> None:
    bodies = sample([*stand(2.0), *squat(3.0, 125.0, pause_s=0.5), *stand(2.0)])
    assert count(with_feet_astray(bodies, visibility=0.9)).spans == []


def test_deadlifts_are_none_where_the_hands_are_hidden() -> None:
    lifts = [*deadlift(), *deadlift(knee_deg=65.0), *deadlift(knee_deg=79.0)]
    bodies = sample([*stand(2.0, hands="hanging"), *lifts])
    hidden = [replace(b, wrist_above_knee=None, wrist_above_shoulder=None) for b in bodies]
    assert count(hidden).spans == []


def test_a_body_taken_for_upside_down_squats_no_rep() -> None:
    bodies = sample([*stand(2.0), *squat(3.0), *stand(2.0)])
    turned = [
        replace(body, trunk_lean_deg=-150.0)
        if body.hip_height < 0.9 * bodies[0].hip_height
        else body
        for body in bodies
    ]
    assert count(turned).spans == []


def test_an_empty_rack_is_away() -> None:
    counter = RepCounter()
    phases = [counter.update(None, index / 30) for index in range(300)]
    assert {phase.name for phase in phases} == {PhaseName.AWAY}
    assert not any(phase.ended for phase in phases)


@pytest.mark.parametrize("size", [0.8, 0.9, 1.12, 1.25])
def test_another_lifter_is_measured_by_their_own_height(size: float) -> None:
    other = replace(Pose(), size=size)
    turn = stand(2.0) + squat(3.0) + stand(1.0)
    theirs = hold(2.5, other) + squat(3.0, size=size) + hold(1.0, other)
    seen = count(sample(turn + theirs, noise_m=0.005))
    assert len(seen.full) == len(seen.spans) == 2
    assert seen.phases[-1].hip_drop == pytest.approx(0.0, abs=0.02)


def test_a_long_pause_at_the_bottom_does_not_change_the_standing_height() -> None:
    seen = count(sample([*stand(2.0), *squat(3.0, pause_s=10.0), *stand(1.0)]))
    assert len(seen.full) == 1
    assert seen.phases[-1].hip_drop == pytest.approx(0.0, abs=0.01)


# ---------------------------------------------------------------- no squats

HANGING = stand(0.8, hands="hanging")
RACK, PLACE, LEFT, RIGHT = (0.0, -1.6), (0.0, -1.0), (-0.6, -1.0), (0.6, -1.0)
NO_SQUATS: dict[str, list[Movement]] = {
    "walk-out and re-rack": [
        *stand(2.0, feet_m=RACK),
        *walk(RACK, PLACE, step_s=0.7),
        *stand(2.0, feet_m=PLACE),
        *walk(PLACE, RACK, step_s=0.7),
        *stand(1.0, feet_m=RACK),
    ],
    "deadlifts": HANGING + (deadlift() + HANGING) * 3,
    "deep deadlifts": HANGING + deadlift(3.0, 95.0) * 2,
    "bending over": HANGING + bend_over() + bend_over(3.0, 50.0) + stand(1.0),
    "plate loading": [
        *walk((0.0, -1.2), RIGHT),
        *load_plate(RIGHT),
        *walk((0.0, -1.2), LEFT),
        *load_plate(LEFT),
    ],
    "a spotter walking about": [
        *walk((-1.0, -0.8), (1.0, -0.8)),
        *walk((1.0, -0.8), RACK),
        *walk(RACK, (-1.0, -0.8)),
    ],
    "crouching along beside the lifter": [
        *stand(1.0, feet_m=LEFT),
        *between(1.5, Pose(feet_m=LEFT), bottom_of_squat(100.0, feet_m=PLACE)),
        *between(1.5, bottom_of_squat(100.0, feet_m=PLACE), Pose(feet_m=RIGHT)),
        *stand(1.0, feet_m=RIGHT),
    ],
    "sitting down": HANGING + sit_down(25.0) + stand(2.0),
    "bench": stand(1.0) + bench_press(4),
    "bench from the first frame on": bench_press(4),
    "standing": stand(8.0),
}


@pytest.mark.parametrize("noise_m", [0.0, 0.01])
@pytest.mark.parametrize("name", NO_SQUATS)
def test_what_is_no_squat_is_no_rep(name: str, noise_m: float) -> None:
    assert count(sample(NO_SQUATS[name], noise_m=noise_m), finish=True).spans == []


@pytest.mark.parametrize("name", NO_SQUATS)
def test_a_squat_after_it_is_still_counted(name: str) -> None:
    there = [*stand(3.0), *squat(3.0), *stand(1.0)]
    before = sample(NO_SQUATS[name])
    after = sample(there, noise_m=0.005, start_s=duration(NO_SQUATS[name]))
    assert len(count(before + after).spans) == 1


# ---------------------------------------------------------------- quiet standing


def test_quiet_seconds_count_up_while_standing_and_end_with_the_descent() -> None:
    bodies = sample([*stand(2.0), *squat(3.0), *stand(1.0)], noise_m=0.002)
    by_time = {round(phase.time_s, 2): phase.quiet_s for phase in count(bodies).phases}
    assert by_time[1.9] > 1.5
    assert by_time[3.0] == 0.0


def test_short_quiet_standing_is_seen_too() -> None:
    bodies = sample([*stand(0.5), *squat(2.5)])
    assert max(phase.quiet_s for phase in count(bodies).phases) >= 0.3


def test_walking_is_not_quiet() -> None:
    bodies = sample(walk((-1.0, -0.8), (1.0, -0.8)))
    assert max(phase.quiet_s for phase in count(bodies).phases) < 0.3


# ---------------------------------------------------------------- real people


def _knee_deg(hip: np.ndarray, knee: np.ndarray, ankle: np.ndarray) -> np.ndarray:
    thigh, shin = hip - knee, ankle - knee
    cosine = (thigh * shin).sum(1) / np.linalg.norm(thigh, axis=1) / np.linalg.norm(shin, axis=1)
    return 180 - np.degrees(np.arccos(cosine))


def mocap_bodies(markers_m: np.ndarray, step: int) -> list[BodyPose]:
    """Plug-in-Gait markers (frames, 39, 3), 100 Hz -> every `step`-th as a BodyPose."""
    hip, ankle = markers_m[:, 23:27].mean(1), markers_m[:, [30, 36]].mean(1)
    left = _knee_deg(markers_m[:, [23, 25]].mean(1), markers_m[:, 28], markers_m[:, 30])
    right = _knee_deg(markers_m[:, [24, 26]].mean(1), markers_m[:, 34], markers_m[:, 36])
    unknown = np.full((JOINTS, 3), np.nan)
    return [
        BodyPose(
            time_s=index / 100,
            metric=True,
            joints_m=unknown,
            visibility=np.zeros(JOINTS),
            hip_height=float(hip[index, 2] - ankle[index, 2]),
            knee_flexion_left_deg=float(left[index]),
            knee_flexion_right_deg=float(right[index]),
            hip_above_knee_cm=None,
            trunk_lean_deg=None,
            shin_lean_left_deg=None,
            shin_lean_right_deg=None,
            wrist_above_shoulder=None,
            wrist_above_knee=None,
            feet_position_m=(float(ankle[index, 0]), float(ankle[index, 1])),
            facing_away_deg=None,
        )
        for index in range(0, len(markers_m), step)
    ]


@pytest.mark.skipif(not MOCAP.exists(), reason=f"no squats of real people at {MOCAP}")
@pytest.mark.parametrize("step", [1, 3])
def test_each_recorded_squat_of_real_people_is_one_rep(step: int) -> None:
    recordings = np.load(MOCAP)
    for name in recordings.files:
        bodies = mocap_bodies(recordings[name] / 10_000.0, step)
        seen = count(bodies, finish=True)
        assert len(seen.full) == len(seen.spans) == 1, name
        assert seen.spans[0].bottom_s == pytest.approx(lowest_s(bodies), abs=0.1), name


# ---------------------------------------------------------------- sets


def rep_at(start_s: float) -> RepSpan:
    return RepSpan(start_s, start_s + 1.0, start_s + 2.0, 100.0, False)


def test_racking_ends_a_set() -> None:
    sets, numbers = SetCounter(), []
    bar = [(0, False), (5, True), (30, False), (45, True), (70, False)]
    for tenth in range(800):
        time_s = tenth / 10
        sets.update(time_s, [loaded for since, loaded in bar if since <= time_s][-1])
        if tenth in (120, 160, 200, 520, 560):
            numbers.append(sets.set_of_rep(rep_at(time_s - 2.0)))
    assert numbers == [1, 1, 1, 2, 2]


def test_hands_off_the_bar_for_a_moment_or_hidden_stay_in_the_set() -> None:
    sets = SetCounter()
    numbers = []
    for tenth in range(300):
        time_s = tenth / 10
        loaded = False if 10 < time_s < 12 else None if 15 < time_s < 25 else True
        sets.update(time_s, loaded)
        if tenth in (80, 140, 280):
            numbers.append(sets.set_of_rep(rep_at(time_s - 2.0)))
    assert numbers == [1, 1, 1]


def test_a_rest_of_90_seconds_starts_a_new_set() -> None:
    sets = SetCounter()
    assert [sets.set_of_rep(rep_at(t)) for t in (0.0, 91.9, 184.0)] == [1, 1, 2]


def test_a_new_lifter_starts_a_new_set() -> None:
    sets = SetCounter()
    assert sets.set_of_rep(rep_at(0.0)) == 1
    sets.new_lifter()
    assert sets.set_of_rep(rep_at(5.0)) == 2
    assert sets.set_of_rep(rep_at(9.0)) == 2
