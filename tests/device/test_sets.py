"""Sets that a person starts and ends, and how quickly the bar ends one."""

from __future__ import annotations

from device.records import RepSpan
from device.sets import GAP_S, SETTLED_S, SetCounter


def rep(sets: SetCounter, at_s: float) -> int:
    return sets.set_of_rep(RepSpan(at_s, at_s + 1.0, at_s + 2.0, 110.0, False))


def bar(sets: SetCounter, loaded: bool, from_s: float, to_s: float) -> None:
    for step in range(round(10 * (to_s - from_s)) + 1):
        sets.update(from_s + step / 10, loaded)


def test_a_started_set_goes_on_though_the_bar_is_racked() -> None:
    sets = SetCounter()
    sets.begin()
    bar(sets, True, 0.0, 5.0)
    first = rep(sets, 5.0)
    bar(sets, False, 8.0, 8.0 + 2 * SETTLED_S)
    bar(sets, True, 15.0, 15.0 + 2 * SETTLED_S)
    assert sets.running
    assert rep(sets, 25.0) == first


def test_ending_it_ends_it_though_the_bar_stays() -> None:
    sets = SetCounter()
    sets.begin()
    bar(sets, True, 0.0, 5.0)
    first = rep(sets, 5.0)
    sets.end()
    assert not sets.running
    assert rep(sets, 10.0) == first + 1
    assert rep(sets, 13.0) == first + 1


def test_starting_one_ends_the_one_before() -> None:
    sets = SetCounter()
    first = rep(sets, 0.0)
    sets.begin()
    assert sets.fresh
    assert rep(sets, 5.0) == first + 1


def test_one_that_nobody_ended_ends_after_a_long_rest_or_with_another_lifter() -> None:
    sets = SetCounter()
    sets.begin()
    first = rep(sets, 0.0)
    assert rep(sets, 10.0 + GAP_S) == first + 1
    assert not sets.running
    sets.begin()
    sets.new_lifter()
    assert not sets.running


def test_the_bar_racked_while_a_set_runs_ends_it_once_it_is_over() -> None:
    sets = SetCounter()
    sets.begin()
    bar(sets, True, 0.0, 5.0)
    first = rep(sets, 5.0)
    sets.end()
    bar(sets, False, 8.0, 8.0 + 2 * SETTLED_S)
    bar(sets, True, 15.0, 15.0 + 2 * SETTLED_S)
    assert rep(sets, 22.0) == first + 1


def test_with_a_hook_switch_racking_counts_at_once() -> None:
    for settled_s, sets_found in ((SETTLED_S, 1), (0.0, 2)):
        sets = SetCounter(settled_s)
        bar(sets, True, 0.0, 5.0)
        rep(sets, 5.0)
        bar(sets, False, 8.0, 8.5)
        bar(sets, True, 8.6, 12.0)
        assert rep(sets, 12.0) == sets_found
