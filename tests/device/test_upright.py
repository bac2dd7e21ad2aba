from __future__ import annotations

import pytest

from device.records import Floor
from device.upright import UprightFinder
from tests.device.scenes import up_of


@pytest.mark.parametrize("turns", range(4))
def test_the_turn_in_which_people_stand_upright_wins(turns: int) -> None:
    finder = UprightFinder()
    scores = [0.1, 0.1, 0.1, 0.1]
    scores[turns] = 0.9
    found = [finder.update(scores, None) for _ in range(3)]
    assert found == [None, None, turns]


def test_an_empty_rack_decides_nothing() -> None:
    finder = UprightFinder()
    floor = Floor(up_of(10, 0, 1), 1.2, 0.4)
    assert all(finder.update([0.0] * 4, floor) is None for _ in range(20))


def test_the_floor_decides_where_people_leave_a_doubt() -> None:
    finder = UprightFinder()
    floor = Floor(up_of(10, 0, 3), 1.2, 0.3)
    for _ in range(3):
        found = finder.update([0.0, 0.62, 0.0, 0.6], floor)
    assert found == 3


def test_a_lifter_without_a_head_in_view_does_not_hang_from_the_ceiling() -> None:
    finder = UprightFinder()
    floor = Floor(up_of(10, 0, 3), 1.2, 0.4)
    for _ in range(3):
        found = finder.update([0.0, 0.65, 0.05, 0.0], floor)
    assert found == 3


def test_a_side_wall_does_not_outvote_a_person() -> None:
    finder = UprightFinder()
    wall = Floor(up_of(10, 0, 2), 1.2, 0.4)
    for _ in range(3):
        found = finder.update([0.0, 0.65, 0.05, 0.0], wall)
    assert found == 1


def test_a_sliver_of_floor_has_no_say() -> None:
    finder = UprightFinder()
    floor = Floor(up_of(10, 0, 3), 1.2, 0.03)
    for _ in range(3):
        found = finder.update([0.0, 0.62, 0.0, 0.6], floor)
    assert found == 1


def test_while_nobody_is_there_only_some_frames_are_looked_at() -> None:
    finder = UprightFinder()
    looked = sum(finder.should_look() for _ in range(30))
    assert looked == 6
