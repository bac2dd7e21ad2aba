"""When the light turned red, against the instant at which the true wink passed the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from device.records import VerdictName
from models.lifter.chain.match import JudgedClip
from models.lifter.chain.pairs import Pair, found_pairs, quantile, sample_of
from models.lifter.judging.figures import LARGE_DEG, SMALL_DEG
from models.lifter.judging.resampling import Resampling, Sample


def light_figures(
    clips: Sequence[JudgedClip], threshold_deg: float, drawing: Resampling
) -> dict[str, Any]:
    """Red during the rep against the instant at which the true wink passed the threshold.

    Times are of the clip: how late a unit with endless speed would be. What the program takes for
    a frame comes on top (`cost`).
    """
    loaded = [pair for pair in found_pairs(clips) if pair[1].loaded]
    sure = [p for p in loaded if p[2]["verdict"] in (VerdictName.CLEAN, VerdictName.WINK)]
    past = [p for p in sure if _crossing_s(p, threshold_deg) is not None]
    delay = sample_of(past, lambda p: _delay_s(p, threshold_deg))
    late = Sample(delay.lifter, 1000 * delay.values)
    large = [p for p in sure if p[1].wink_deg >= LARGE_DEG]
    small = [p for p in sure if p[1].wink_deg <= SMALL_DEG]
    return {
        "reps_past_the_threshold": len(past),
        "delay_ms_median": asdict(drawing.median(late)),
        "delay_ms_p95": asdict(quantile(drawing, late, 0.95)),
        "before_the_true_crossing_share": asdict(
            drawing.share(Sample(late.lifter, (late.values < 0).astype(float)))
        ),
        "red_during_the_rep_share": asdict(
            drawing.share(sample_of(past, lambda p: float(_red_s(p) is not None)))
        ),
        "red_during_12_and_more_share": asdict(
            drawing.share(sample_of(large, lambda p: float(_red_s(p) is not None)))
        ),
        "red_during_5_and_less_share": asdict(
            drawing.share(sample_of(small, lambda p: float(_red_s(p) is not None)))
        ),
        "red_in_unloaded_reps": sum(
            _red_s(p) is not None for p in found_pairs(clips) if not p[1].loaded
        ),
        "red_frames_outside_reps": sum(_red_outside(clip) for clip in clips),
    }


def _crossing_s(pair: Pair, threshold_deg: float) -> float | None:
    clip, true, _ = pair
    return true.crossing_s(clip.frames, clip.fps, threshold_deg)


def _red_s(pair: Pair) -> float | None:
    """When the lamp first turned red during the rep, before the rep was told."""
    clip, true, told = pair
    first = max(0, round(true.start_s * clip.fps))
    lights = clip.played["light"][first : told["frame"]]
    place = lights.find("r")
    return None if place < 0 else float(clip.played["columns"]["time_s"][first + place])


def _delay_s(pair: Pair, threshold_deg: float) -> float | None:
    crossing, red = _crossing_s(pair, threshold_deg), _red_s(pair)
    return None if crossing is None or red is None else red - crossing


def _red_outside(clip: JudgedClip) -> int:
    """Red frames neither in a true rep nor in the answer after one."""
    allowed = np.zeros(len(clip.frames.rep), bool)
    for true in clip.true:
        allowed[round(true.start_s * clip.fps) : round((true.end_s + 3.5) * clip.fps)] = True
    red = np.array([light == "r" for light in clip.played["light"]])
    return int((red & ~allowed[: len(red)]).sum())
