"""The truth of a rendered rep: where it begins and ends, and its wink by the definition."""

from __future__ import annotations

import numpy as np
import pytest

from models.lifter.clip.truth import Curves, TrueRep, true_rep

HIP = [1.0, 0.8, 0.6, 0.5, 0.7, 1.0, 1.0]
TILT = [0.0, 8.0, 15.0, 3.0, 10.0, -5.0, -5.0]
LUMBAR = [0.0, 2.0, 5.0, 20.0, 10.0, 30.0, 30.0]
TOLD = {"lifter": "Sam", "set": 1, "loaded": True, "shows": "wink", "measurable": True}


def found(lumbar: list[float], before: int = 0, last: int = 6) -> TrueRep:
    """`before` frames of something else come first."""
    curves = (np.array([0.2] * before + list(values)) for values in (HIP, TILT, lumbar))
    return true_rep(Curves(10.0, *curves), before, before + last, **TOLD)


@pytest.mark.parametrize("before", [0, 4])
def test_wink_counts_only_past_neutral_and_only_below_the_peak(before: int) -> None:
    rep = found(LUMBAR, before)
    assert rep.wink_deg.tolist() == [0, 0, 0, 12, 0, 0]
    assert rep.truth.wink_deg == 12
    assert rep.frames == slice(before, before + 6)


def test_still_arched_at_the_bottom_coming_back_towards_neutral_is_no_wink() -> None:
    assert found([value - 30 for value in LUMBAR]).wink_deg.max() == 0


def test_a_rep_runs_from_five_percent_down_to_three_percent_below_standing() -> None:
    truth = found(LUMBAR, before=4).truth
    assert (truth.start_s, truth.bottom_s, truth.end_s) == (0.5, 0.7, 0.9)
    assert (truth.tilt_peak_deg, truth.tilt_bottom_deg, truth.lumbar_bottom_deg) == (15, 3, 20)
    assert (truth.lifter, truth.shows) == ("Sam", "wink")


def test_a_rep_that_does_not_come_up_again_ends_with_its_plan() -> None:
    assert found(LUMBAR, last=4).truth.end_s == 0.4
