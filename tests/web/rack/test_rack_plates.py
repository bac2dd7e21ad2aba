"""The plates on the bar add up, whatever the load."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.rack.plates import BARS, MOST_PLATES, draw, load_bar, nearest, without_outermost
from web.weights import LARGEST


def side_of(total: float, unit: str, bar: float) -> list[float]:
    return [size.weight for size in load_bar(total, unit, bar).side]


@pytest.mark.parametrize(
    ("total", "unit", "bar", "side"),
    [
        (20, "kg", 20, []),
        (100, "kg", 20, [25, 15]),
        (142.5, "kg", 20, [25, 25, 10, 1.25]),
        (60, "kg", 15, [20, 2.5]),
        (135, "lb", 45, [45]),
        (225, "lb", 45, [45, 45]),
        (15, "kg", 20, []),
    ],
)
def test_known_loads(total: float, unit: str, bar: float, side: list[float]) -> None:
    assert side_of(total, unit, bar) == side


@given(
    st.sampled_from(["kg", "lb"]).flatmap(
        lambda unit: st.tuples(
            st.just(unit), st.sampled_from(BARS[unit]), st.floats(0, LARGEST[unit])
        )
    )
)
def test_bar_plates_and_rest_are_the_load(asked: tuple[str, float, float]) -> None:
    unit, bar, total = asked
    loaded = load_bar(total, unit, bar)
    weights = [size.weight for size in loaded.side]
    assert weights == sorted(weights, reverse=True)
    assert len(weights) <= MOST_PLATES
    if total >= bar:
        assert bar + 2 * sum(weights) + loaded.rest == pytest.approx(total, abs=0.01)
        assert loaded.rest >= 0
    else:
        assert weights == []
    assert without_outermost(loaded) <= max(total, bar) + 1e-6


def test_the_drawing_is_the_same_on_both_ends_and_fits() -> None:
    drawn = draw(load_bar(500.0, "kg", 20.0))
    assert len(drawn) == 2 * MOST_PLATES
    for left, right in zip(drawn[::2], drawn[1::2], strict=True):
        assert left.x >= 0
        assert left.x + left.width + right.x == pytest.approx(400, abs=0.2)
        assert left.label == right.label


def test_a_weight_held_by_hand_has_no_plates() -> None:
    assert load_bar(24.0, "kg", 0.0).side == ()


def test_the_other_unit_gets_a_load_that_plates_can_make() -> None:
    assert nearest(99.8, "kg") == 100.0
    assert nearest(226.8, "lb") == 225.0
    assert nearest(4000.0, "kg") == LARGEST["kg"]
