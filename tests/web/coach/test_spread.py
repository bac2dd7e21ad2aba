"""Trends and differences: right where they can be known, silent where they can't."""

from __future__ import annotations

import numpy as np
import pytest

from web.coach import words
from web.coach.scatter import Point, scatter
from web.coach.spread import Spread, difference, spread, student_t, trend


def test_a_spread_leaves_out_what_is_not_known() -> None:
    assert spread([1.0, None, 3.0]) == Spread(2, 2.0, pytest.approx(2**0.5))
    assert spread([4.0]) == Spread(1, 4.0, None)
    assert spread([None]) == Spread(0, None, None)


@pytest.mark.parametrize(
    ("freedom", "table"), [(3, 3.182), (5, 2.571), (10, 2.228), (30, 2.042), (200, 1.972)]
)
def test_students_t_is_as_in_the_tables(freedom: int, table: float) -> None:
    assert student_t(freedom) == pytest.approx(table, rel=0.01)


def test_the_range_of_a_trend_holds_the_truth_19_times_in_20() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        x = rng.uniform(0, 90, 10)
        found = trend(list(x), list(3 - 0.1 * x + rng.normal(0, 2, 10)), 14)
        assert found is not None
        held += found.low <= -0.1 <= found.high
    assert 0.92 <= held / 400 <= 0.98


def test_the_range_of_a_difference_holds_the_truth_19_times_in_20() -> None:
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(400):
        found = difference(list(rng.normal(8, 1, 5)), list(rng.normal(6, 3, 7)))
        assert found is not None
        held += found.low <= -2 <= found.high
    assert 0.92 <= held / 400 <= 0.98


def test_too_little_gives_no_trend_and_no_difference() -> None:
    x = [float(day) for day in range(30)]
    assert trend(x[:7], x[:7], 1) is None
    assert trend(x[:10], x[:10], 14) is None  # nine days
    assert trend(x[:20], x[:20], 14) is not None
    assert difference([1.0, 2.0, None], [1.0, 2.0, 3.0]) is None
    same = difference([-4.1] * 7, [-4.1] * 27)
    assert same is not None
    assert not same.stands_out


def test_words_say_whether_a_trend_stands_out() -> None:
    rng = np.random.default_rng(3)
    x = [float(day) for day in range(0, 60, 3)]
    noise = rng.normal(0, 1, 20)
    falling = trend(x, list(12 - 0.1 * np.array(x) + noise), 14)
    level = trend(x, list(12 + noise), 14)
    said = words.trend_words("the wink", falling, 20, 30, "a month", "°")
    assert said.startswith("The wink becomes less: −")
    assert "95 %: −" in said
    assert "stands out" in words.trend_words("the wink", level, 20, 30, "a month", "°")
    few = words.trend_words("the wink", None, 3, 30, "a month", "°")
    assert few == "Whether the wink changes needs 8 measured sets; so far there are 3."


def test_words_never_show_a_minus_nothing() -> None:
    assert words.signed(-0.04) == "0.0"
    assert words.plain(-0.4) == "0"
    assert words.signed(-2.14) == "−2.1"


def test_a_set_that_was_not_measured_has_a_row_of_its_own() -> None:
    points = [Point(1.0, 5.0, 1.0), Point(2.0, None), Point(3.0, 8.0)]
    picture = scatter(points, None, [(1.0, "1 Jan")])
    assert picture is not None
    assert (picture.count, picture.missing_count) == (2, 1)
    assert picture.dots.count("M") == 2
    assert picture.bars.count("M") == 1
    assert picture.missing.count("M") == 1
    assert scatter([Point(1.0, None)], None, []) is None
