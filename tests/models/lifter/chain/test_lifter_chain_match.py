"""Pairing what a unit said with what happened, and the figures told of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.lifter.chain.figures import chain_figures
from models.lifter.chain.match import JudgedClip, judged_clip, judged_reps
from tests.models.lifter.chain import chain_scenes as scenes

FPS = scenes.FPS


def clip_of(
    winks_deg: list[float],
    change: Any = lambda told: told,
    light: str = "",
    **other: Any,
) -> JudgedClip:
    frames, reps = scenes.truth(winks_deg)
    told = change([scenes.told_rep(frames, rep) for rep in reps])
    said = scenes.played(frames, told, light)
    return judged_clip("clip_1", 0, scenes.about(len(winks_deg), **other), frames, said)


def figures(*clips: JudgedClip) -> dict[str, Any]:
    return chain_figures(clips, threshold_deg=10.0)


def test_the_true_wink_is_that_of_the_definition() -> None:
    _, reps = scenes.truth([4.0, 15.0])
    # peak and bottom lie between two frames
    assert [rep.wink_deg for rep in reps] == pytest.approx([4.0, 15.0], abs=0.3)


def test_a_unit_without_error_is_right_in_everything() -> None:
    clip = clip_of([3.0, 15.0])
    found = figures(clip)
    assert found["counting"]["missed"] == 0
    assert found["counting"]["ghosts"] == 0
    assert found["all_reps"]["wink_rmse_deg"]["value"] < 0.3
    assert found["all_reps"]["tilt_change_rmse_deg"]["value"] < 0.01
    assert found["load_gate"]["right_share"]["value"] == 1.0
    assert abs(found["timing"]["knee_flexion_bias_deg"]["value"]) < 0.01


def test_a_wink_said_too_small_is_an_error_of_that_size() -> None:
    frames, reps = scenes.truth([15.0])
    told = [scenes.told_rep(frames, reps[0], wink_deg=11.0)]
    clip = judged_clip("clip_1", 0, scenes.about(1), frames, scenes.played(frames, told))
    (rep,) = judged_reps([clip])
    assert rep.wink_error == pytest.approx(-4.0, abs=0.4)


def test_a_rep_that_was_not_told_is_missed() -> None:
    found = figures(clip_of([3.0, 4.0, 5.0], lambda told: [told[0], told[2]]))
    assert found["counting"]["missed"] == 1
    assert found["counting"]["missed_where"][0].endswith("not seen")


def test_a_rep_called_partial_is_missed_and_not_judged() -> None:
    clip = clip_of([3.0, 4.0], lambda told: [told[0], told[1] | {"verdict": "partial"}])
    assert figures(clip)["counting"]["missed_where"][0].endswith("called partial")
    assert len(judged_reps([clip])) == 1


def test_a_rep_out_of_nothing_is_a_ghost() -> None:
    def with_ghost(told: list[Any]) -> list[Any]:
        return [told[0] | {"start_s": 0.5, "bottom_s": 1.0, "end_s": 1.5}, *told]

    found = figures(clip_of([3.0], with_ghost))
    assert found["counting"]["ghosts"] == 1
    assert found["counting"]["missed"] == 0


def test_one_rep_told_as_two_is_one_and_a_ghost() -> None:
    found = figures(clip_of([3.0], lambda told: [told[0], dict(told[0])]))
    assert (found["counting"]["missed"], found["counting"]["ghosts"]) == (0, 1)


def test_an_unknown_load_is_wrong() -> None:
    found = figures(clip_of([3.0, 4.0], lambda told: [told[0], told[1] | {"loaded": None}]))
    assert found["load_gate"]["right_share"]["value"] == 0.5
    assert (found["load_gate"]["unknown"], found["load_gate"]["wrong"]) == (1, 0)


def test_a_loaded_rep_called_unloaded_is_wrong() -> None:
    found = figures(clip_of([3.0, 4.0], lambda told: [told[0], told[1] | {"loaded": False}]))
    assert (found["load_gate"]["unknown"], found["load_gate"]["wrong"]) == (0, 1)


def lit(frame: int, count: int, until: int) -> str:
    return "." * frame + "r" * (until - frame) + "." * (count - until)


def test_the_light_is_as_late_as_it_is() -> None:
    frames, _ = scenes.truth([18.0])
    true = clip_of([18.0]).true[0]
    crossing_s = true.crossing_s(frames, FPS, 10.0)
    assert crossing_s is not None
    before, after = int(crossing_s * FPS), int(crossing_s * FPS) + 1
    assert frames.wink_deg[before] <= 10.0 < frames.wink_deg[after]
    red = after + 2
    light = lit(red, len(frames.rep), red + 5)
    found = figures(clip_of([18.0], light=light))["light"]
    assert found["delay_ms_median"]["value"] == pytest.approx(1000 * (red / FPS - crossing_s))
    assert found["red_frames_outside_reps"] == 0


def test_red_before_the_threshold_counts_as_early() -> None:
    frames, reps = scenes.truth([18.0])
    start = round(reps[0].start_s * FPS)
    light = lit(start, len(frames.rep), start + 12)
    found = figures(clip_of([18.0], light=light))["light"]
    assert found["delay_ms_median"]["value"] < 0
    assert found["before_the_true_crossing_share"]["value"] == 1.0


def test_red_while_nobody_squats_is_counted() -> None:
    count = len(scenes.truth([3.0])[0].rep)
    found = figures(clip_of([3.0], light=lit(5, count, 9)))["light"]
    assert found["red_frames_outside_reps"] == 4


def test_red_in_a_small_wink_is_a_false_one() -> None:
    frames, reps = scenes.truth([3.0])
    bottom = round(reps[0].bottom_s * FPS)
    found = figures(clip_of([3.0], light=lit(bottom, len(frames.rep), bottom + 3)))["light"]
    assert found["red_during_5_and_less_share"]["value"] == 1.0


def test_what_was_not_measured_is_told_with_its_reason() -> None:
    said = {"verdict": "not_measured", "reason": "too far"}
    found = figures(clip_of([3.0, 4.0], lambda told: [told[0], told[1] | said]))
    assert found["coverage"]["value"] == 0.5
    assert found["not_measured_because"] == {"too far": 1}


def test_a_dip_is_no_rep() -> None:
    frames, _ = scenes.truth([3.0])
    frames.columns["knee_flexion_deg"][:] = np.minimum(frames.columns["knee_flexion_deg"], 50.0)
    clip = judged_clip("clip_1", 0, scenes.about(1), frames, scenes.played(frames, []))
    assert clip.true == ()
