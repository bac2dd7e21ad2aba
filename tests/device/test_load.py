"""Whether the bar is on the lifter: hands, weight entered, hook switch, always."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from bodies import HANDS_HIDDEN, Movement, Pose, body_of, hold, sample, squat, stand
from hypothesis import given
from hypothesis import strategies as st

from device.load import LoadGate, hands_at_bar
from device.records import BodyPose, Exercise, Joint, Load
from device.settings import LoadSettings

HANDS = LoadSettings(gate="hands")


def told(movements: list[Movement], noise_m: float = 0.0, bar: bool = False) -> list[Load]:
    gate = LoadGate(HANDS)
    bodies = sample(movements, noise_m=noise_m, with_joints=True)
    return [gate.update(body, body.time_s, lambda: bar) for body in bodies]


def last(loads: Sequence[Load]) -> bool | None:
    return loads[-1].loaded


def test_hands_at_a_bar_on_the_shoulders_are_a_load() -> None:
    assert last(told(stand(1.0, hands="bar"))) is True
    assert last(told(stand(1.0, hands="chest"))) is True


def test_a_goblet_counts_by_the_weight_entered_and_a_bar_again_by_the_hands() -> None:
    gate = LoadGate(LoadSettings(gate="hands", floor_kg=8.0))
    body = sample(stand(0.1, hands="chest"), with_joints=True)[0]
    gate.follow(Exercise.GOBLET)
    assert gate.update(body, 0.0) == Load(None, "entered", None)
    gate.enter(24.0)
    assert gate.update(body, 0.1) == Load(True, "entered", 24.0)
    gate.enter(4.0)
    assert gate.update(body, 0.2) == Load(False, "entered", 4.0)
    gate.follow(Exercise.BACK_SQUAT)
    assert gate.update(body, 0.3).source == "hands"
    always = LoadGate(LoadSettings(gate="always"))
    always.follow(Exercise.GOBLET)
    assert always.update(body, 0.0) == Load(True, "always", None)


@pytest.mark.parametrize("hands", ["hanging", "forward"])
def test_empty_hands_are_none(hands: str) -> None:
    assert last(told(stand(1.0, hands=hands))) is False


@pytest.mark.parametrize("hands", ["overhead", "hidden"])
def test_hands_overhead_or_hidden_tell_nothing(hands: str) -> None:
    assert last(told(stand(1.0, hands=hands))) is None


def test_every_frame_of_a_loaded_squat_is_loaded() -> None:
    loads = told([*stand(1.0), *squat(3.0, 125.0), *stand(0.5)], noise_m=0.01)
    assert {load.loaded for load in loads[20:]} == {True}


def test_a_bodyweight_squat_with_arms_forward_is_unloaded() -> None:
    loads = told([*stand(1.0, hands="forward"), *squat(3.0, 110.0, hands="forward")])
    assert {load.loaded for load in loads[20:]} == {False}


def test_it_takes_a_quarter_second_to_a_second_to_be_sure() -> None:
    loads = told([*stand(2.0, hands="hanging"), *stand(2.0, hands="bar")])
    taken_s = next(index for index, load in enumerate(loads) if load.loaded) / 30
    assert 2.25 <= taken_s <= 3.0
    assert all(load.loaded is None for load in loads[:5])


def test_hands_hidden_for_a_moment_stay_where_they_were() -> None:
    hidden = hold(2.0, Pose(hands="hidden"))
    assert {load.loaded for load in told([*stand(1.0), *hidden])[20:]} == {True}
    assert last(told([*stand(1.0), *hidden * 16])) is None


def test_hands_behind_the_plates_stay_at_the_bar_for_a_set() -> None:
    hidden = hold(20.0, Pose(hands="hidden"))
    assert last(told([*stand(1.0), *hidden])) is True
    assert last(told([*stand(1.0), *hidden, *stand(1.0, hands="hanging")])) is False
    empty = stand(1.0, hands="hanging")
    assert last(told([*empty, *hidden])) is None, "what became of empty hands is not known"


def test_a_lifter_out_of_sight_takes_the_bar_along() -> None:
    gate, bodies = LoadGate(HANDS), sample(stand(1.0), with_joints=True)
    for body in bodies:
        gate.update(body, body.time_s)
    away_s = bodies[-1].time_s
    assert gate.update(None, away_s + 1.0).loaded is True
    assert gate.update(None, away_s + 4.0).loaded is None


def test_a_bar_seen_in_a_squat_is_a_load_though_plates_hide_the_hands() -> None:
    taken = [*stand(1.0, hands="hanging"), *stand(1.0, hands="hidden")]
    squatted = squat(3.0, 110.0, hands="hidden")
    for seen, at_bottom in ((True, True), (False, False)):
        loads = told([*taken, *squatted], bar=seen)
        assert loads[round(30 * 3.5)].loaded is at_bottom, seen
        assert LoadGate(HANDS).rep_loaded(loads[60:]).loaded is at_bottom, seen


def test_a_bar_in_the_rack_behind_which_somebody_stands_is_none() -> None:
    assert last(told(stand(4.0, hands="hanging"), bar=True)) is False
    assert last(told(stand(4.0, hands="hidden"), bar=True)) is None


def test_hands_misread_in_a_squat_change_nothing() -> None:
    low = hold(4.0, Pose(knee_deg=110.0, shin_deg=40.0, lean_deg=35.0, hands="hanging"))
    assert {load.loaded for load in told([*stand(1.0), *low, *stand(1.0)])[20:]} == {True}


def guessed(hands: str) -> BodyPose:
    """Standing with wrists that are hidden and only guessed by the pose model."""
    pose = body_of(Pose(hands=hands), 0.0, True)
    fields = {name: getattr(pose, name) for name in BodyPose.__slots__}
    hidden = {"visibility": HANDS_HIDDEN, "wrist_above_shoulder": None}
    return BodyPose(**(fields | hidden))


@pytest.mark.parametrize(("hands", "held"), [("hanging", False), ("forward", False), ("bar", None)])
def test_a_guess_of_hidden_hands_tells_empty_ones_but_never_a_bar(
    hands: str, held: bool | None
) -> None:
    assert hands_at_bar(guessed(hands)) is held


@pytest.mark.parametrize(("up_m", "held"), [(-0.10, True), (-0.27, None)])
def test_hidden_hands_with_both_elbows_raised_to_the_sides_are_at_the_bar(
    up_m: float, held: bool | None
) -> None:
    body = guessed("bar")
    for side, sign in (("LEFT", -1.0), ("RIGHT", 1.0)):
        shoulder = body.joints_m[Joint[f"{side}_SHOULDER"]]
        body.joints_m[Joint[f"{side}_ELBOW"]] = shoulder + np.array([0.12 * sign, up_m, 0.0])
    assert hands_at_bar(body) is held


def test_single_wrong_frames_change_nothing() -> None:
    gate, loads = LoadGate(HANDS), []
    for index in range(120):
        hands = "hanging" if index % 10 == 5 else "bar"
        loads.append(gate.update(body_of(Pose(hands=hands), index / 30, True), index / 30))
    assert {load.loaded for load in loads[30:]} == {True}


@given(st.floats(-1.2, 1.2), st.floats(0.0, 0.2))
def test_slack_never_takes_hands_off_the_bar(height: float, slack: float) -> None:
    pose = body_of(Pose(), 0.0, True)
    fields = {name: getattr(pose, name) for name in BodyPose.__slots__}
    body = BodyPose(**(fields | {"wrist_above_shoulder": height}))
    if hands_at_bar(body):
        assert hands_at_bar(body, slack)


def test_an_empty_rack_tells_nothing() -> None:
    gate = LoadGate(HANDS)
    assert {gate.update(None, index / 30).loaded for index in range(60)} == {None}


@pytest.mark.parametrize(
    ("kg", "loaded"), [(None, None), (19.9, False), (20.0, True), (80.0, True)]
)
def test_entered_weight_counts_from_the_floor_on(kg: float | None, loaded: bool | None) -> None:
    gate = LoadGate(LoadSettings(gate="entered", floor_kg=20.0))
    gate.enter(kg)
    assert gate.update(None, 0.0) == Load(loaded, "entered", kg)


def test_always_is_always() -> None:
    assert LoadGate(LoadSettings(gate="always")).update(None, 0.0) == Load(True, "always", None)


def test_the_hook_says_where_the_bar_is() -> None:
    racked = [True, False]
    gate = LoadGate(LoadSettings(gate="hook"), hook=lambda: racked.pop(0))
    assert [gate.update(None, t).loaded for t in (0.0, 0.1)] == [False, True]


def test_without_a_hook_switch_the_hook_gate_cannot_tell() -> None:
    gate = LoadGate(LoadSettings(gate="hook"))
    assert gate.update(None, 0.0) == Load(None, "hook", None)


@pytest.mark.parametrize(
    ("answers", "loaded"),
    [
        ([True, True, False], True),
        ([False, None, None, None], False),
        ([True, False], None),
        ([None, None], None),
        ([], None),
    ],
)
def test_a_rep_is_loaded_when_most_of_its_descent_was(
    answers: list[bool | None], loaded: bool | None
) -> None:
    gate = LoadGate(HANDS)
    gate.enter(60.0)
    rep = gate.rep_loaded([Load(answer, "hands", 60.0) for answer in answers])
    assert rep == Load(loaded, "hands", 60.0)
