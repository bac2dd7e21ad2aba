"""Who is in the evaluation set, what they do and where the units hang."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from models.lifter.evalset.mounts import (
    FARTHEST_M,
    OCCLUDED_SHARE,
    OCCLUSIONS,
    any_mount,
    obstacle,
    recommended_mount,
    seen_from,
)
from models.lifter.evalset.movements import (
    DECK,
    WINKS_DEG,
    class_of,
    planned_rep,
    random_mover,
    standing,
    wink_and_bend_deg,
)
from models.lifter.movement.squat import Mover, Style
from models.lifter.movement.style import MAX_BEND_DEG
from tests.models.lifter.movement.test_lifter_movement import shape_rest

HIPS = np.array([0.0, 0.05, 0.9])


def test_every_class_of_wink_is_dealt():
    dealt = Counter(class_of(number) for number in range(5 * len(DECK)))
    assert set(dealt) == set(WINKS_DEG)
    assert dealt["over_arched"] > dealt["large"]


@pytest.mark.parametrize("plan_class", list(WINKS_DEG))
def test_a_planned_rep_winks_as_its_class_says(plan_class):
    rng = np.random.default_rng(3)
    shape = shape_rest()
    found = 0
    for _ in range(6):
        mover = random_mover(shape, rng)
        rep = planned_rep(shape, mover, plan_class, "high_bar", 12.0, rng)
        if rep is None:
            continue
        found += 1
        wink, bend = wink_and_bend_deg(shape, mover, rep.poses)
        low, high = WINKS_DEG[plan_class]
        assert low <= wink <= high
        assert bend <= MAX_BEND_DEG
        assert rep.about["plan"] == plan_class
    assert found >= 3


def test_a_body_that_cannot_do_a_class_is_not_made_to(monkeypatch):
    monkeypatch.setattr("models.lifter.evalset.movements.MAX_BEND_DEG", -90.0)
    shape = shape_rest()
    rng = np.random.default_rng(1)
    assert planned_rep(shape, Mover(shape, Style()), "large", "high_bar", 12.0, rng) is None


def test_standing_hardly_moves_and_is_without_load():
    poses = standing(Mover(shape_rest(), Style()), 30, np.random.default_rng(2))
    assert {pose.posture for pose in poses} == {"hanging"}
    assert np.std([pose.pelvic_tilt for pose in poses]) < 1.0


def test_recommended_units_hang_where_they_should():
    rng = np.random.default_rng(0)
    mounts = [recommended_mount(rng) for _ in range(300)]
    for mount in mounts:
        assert abs(mount.view.azimuth_deg) <= 55
        assert 0.9 <= mount.view.distance_m <= FARTHEST_M[mount.model]
        assert mount.view.rotation_deg in (90, 270)
    hidden = np.mean([mount.occlusion != "none" for mount in mounts])
    assert hidden == pytest.approx(OCCLUDED_SHARE, abs=0.08)


def test_no_unit_hangs_in_the_way_of_the_bar():
    rng = np.random.default_rng(0)
    for _ in range(300):
        x, y, _ = any_mount(rng).view.position(np.zeros(3))
        assert abs(x) > 1.2 or abs(y) > 0.45


def test_a_fixed_unit_is_seen_from_where_the_hips_are_now():
    mount = recommended_mount(np.random.default_rng(4))
    position = mount.view.position(HIPS)
    lower = HIPS + np.array([0.02, 0.2, -0.5])
    view = seen_from(position, lower, mount.view)
    assert view.position(lower) == pytest.approx(position)
    assert view.azimuth_deg != pytest.approx(mount.view.azimuth_deg)


@pytest.mark.parametrize("kind", OCCLUSIONS)
def test_an_obstacle_stands_between_unit_and_hips(kind):
    rng = np.random.default_rng(5)
    for _ in range(50):
        mount = recommended_mount(rng)
        position = mount.view.position(HIPS)
        (mesh,) = obstacle(kind, position, HIPS, 0.4, rng)
        toward = (position - HIPS)[:2]
        along = (mesh.vertices[:, :2] - HIPS[:2]) @ toward / (toward @ toward)
        assert 0.1 < along.min() < along.max() < 0.9


def test_a_free_view_has_no_obstacle():
    position = np.array([0.0, 1.2, 1.1])
    assert obstacle("none", position, HIPS, 0.4, np.random.default_rng(0)) == []


# ---------------------------------------------------------------- with the body model


@pytest.fixture(scope="module")
def evalset() -> Any:
    pytest.importorskip("anny", reason="the body model is only in the recipe environment")
    pytest.importorskip("embreex", reason="the ray caster is only in the recipe environment")
    from models.lifter.evalset import __main__ as evalset

    return evalset


def test_two_of_five_are_recorded_people_and_two_of_three_by_the_second_generator(evalset):
    kinds = ("first", "second", "second")
    casts = [evalset.Cast.of(number, kinds, "recordings") for number in range(150)]
    together = Counter((cast.generator, cast.recordings) for cast in casts)
    assert together == {
        ("first", None): 30,
        ("first", "recordings"): 20,
        ("second", None): 60,
        ("second", "recordings"): 40,
    }
    for kind in (None, "recordings"):
        turns = [cast.turn for cast in casts if cast.recordings == kind]
        assert turns == list(range(len(turns)))


def test_without_recordings_all_is_planned(evalset):
    casts = [evalset.Cast.of(number, ("first",), None) for number in range(7)]
    assert [(cast.turn, cast.recordings) for cast in casts] == [(n, None) for n in range(7)]


def test_a_rendered_lifter_is_read_by_the_judge_and_not_rendered_again(
    evalset, tmp_path, monkeypatch
):
    from models.lifter.judging.lifter_file import read_lifter

    monkeypatch.setattr("models.lifter.evalset.lifter.FPS", 2.0)
    monkeypatch.setattr("models.lifter.evalset.lifter.RECOMMENDED", 1)
    monkeypatch.setattr("models.lifter.evalset.lifter.ANYWHERE", 1)
    written = list(evalset.write_lifters(tmp_path, [0], 5, ["first"], None))
    lifter = read_lifter(written[0])
    assert [len(camera) for camera in lifter.views()] == [len(lifter.time_s)] * 2
    assert len(lifter.standing) == 6
    assert np.ptp(lifter.truth[:, :, 0], axis=0).max() < 1e-3  # cameras don't change the pelvis
    assert (np.diff(lifter.time_s) > 0).all()
    assert 1.5 <= lifter.about["lifter"]["stature_m"] <= 2.05
    again = evalset.write_lifters(tmp_path, [0], 5, ["first"], None)
    assert list(again) == []
