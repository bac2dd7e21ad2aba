"""The whole way of the data on the demo clip, through librealsense, offline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device import paths
from device.cameras import Camera, camera_settings_for, open_camera
from device.cameras.simulated import SimulatedCamera, open_clip
from device.demo import demo_settings
from device.pipeline import Pipeline, Step
from device.records import Light, Load, Phase, PhaseName, Rep, Verdict, VerdictName, Wink
from device.settings import Settings

SETTINGS = demo_settings(Settings())
Played = tuple[list[Step], list[Rep], dict[str, str]]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "demo.db3"


@pytest.fixture(scope="module")
def played(recording: Path) -> Played:
    """Every step of the demo, recorded on the way."""
    return play(SimulatedCamera(SETTINGS.camera, realtime=False, record_to=recording))


def play(camera: Camera) -> Played:
    """The demo through a pipeline, with the sign-ins of its script."""
    pipeline = Pipeline(SETTINGS)
    steps, reps = [], []
    script = list(open_clip(paths.DEMO_CLIP).script)
    with camera:
        for frame in camera:
            while script and script[0]["time_s"] <= frame.time_s:
                event = script.pop(0)
                pipeline.sign_in(event["lifter"] if event["command"] == "sign_in" else None)
            step = pipeline.step(frame)
            steps.append(step)
            if step.rep is not None:
                reps.append(step.rep)
    return steps, reps, pipeline.models


def truths() -> list[Any]:
    return list(open_clip(paths.DEMO_CLIP).truth.reps)  # type: ignore[attr-defined]


def pairs(played: Played) -> Iterator[tuple[Rep, Any]]:
    yield from zip(played[1], truths(), strict=True)


def test_every_rep_is_found_and_nothing_else(played: Played) -> None:
    found = [rep.bottom_s for rep in played[1]]
    true = [truth.bottom_s for truth in truths()]
    assert len(found) == len(true)
    # where the bottom was hidden its time is a guess
    off = [abs(a - b) for a, b, t in zip(found, true, truths(), strict=True) if t.measurable]
    assert max(off) < 0.15


def test_sets_and_loads_are_as_they_were(played: Played) -> None:
    assert [rep.loaded for rep, _ in pairs(played)] == [t.loaded for _, t in pairs(played)]
    sets = [rep.set for rep in played[1]]
    assert sets == [1] * 5 + [2] + [3] * 5


def test_the_hidden_rep_is_not_measured_and_says_why(played: Played) -> None:
    (hidden,) = [rep for rep, truth in pairs(played) if not truth.measurable]
    assert hidden.verdict.name is VerdictName.NOT_MEASURED
    assert hidden.verdict.reason


def test_what_is_said_of_a_rep_is_true(played: Played) -> None:
    for rep, truth in pairs(played):
        if rep.verdict.name is VerdictName.WINK:
            assert truth.wink_deg > 10, truth.shows
        if rep.verdict.name is VerdictName.CLEAN:
            assert truth.wink_deg <= 10, truth.shows


def test_most_reps_are_measured_within_their_uncertainty(played: Played) -> None:
    errors = []
    for rep, truth in pairs(played):
        if rep.verdict.name in (VerdictName.WINK, VerdictName.CLEAN):
            assert rep.wink_deg is not None
            assert rep.wink_sd_deg is not None
            errors.append((rep.wink_deg - truth.wink_deg) / rep.wink_sd_deg)
    assert len(errors) >= 8
    assert np.abs(errors).max() < 3.0


def test_red_shows_in_loaded_reps_that_wink_and_nowhere_else(played: Played) -> None:
    red = [step.time_s for step in played[0] if step.cue.light is Light.RED]
    assert red
    winks = [t for t in truths() if t.loaded and t.measurable and t.wink_deg > 10]
    for time_s in red:  # the light after a rep stays on for two seconds
        assert any(t.start_s < time_s < t.end_s + 2.5 for t in winks), time_s
    for truth in winks:
        assert any(truth.start_s < time_s < truth.end_s + 2.5 for time_s in red), truth.shows


def test_unloaded_reps_get_no_light(played: Played) -> None:
    (unloaded,) = [t for t in truths() if not t.loaded]
    shown = {
        step.cue.light
        for step in played[0]
        if unloaded.start_s - 0.5 < step.time_s < unloaded.end_s + 1.5
    }
    assert shown == {Light.OFF}


def test_each_lifter_is_measured_from_the_own_standing(played: Played) -> None:
    taken = [step.neutral for step in played[0] if step.neutral_taken and step.neutral]
    assert [neutral.source for neutral in taken] == ["sign_in", "sign_in"]


def test_an_empty_rack_is_nobody(played: Played) -> None:
    assert PhaseName.AWAY in {step.phase.name for step in played[0]}


def test_a_recording_of_it_gives_the_same_reps(played: Played, recording: Path) -> None:
    steps, reps, models = play(open_camera(camera_settings_for(recording)))
    assert len(steps) == len(played[0])
    assert models == played[2]
    assert len(reps) == len(played[1])
    for one, other in zip(reps, played[1], strict=True):
        assert one.bottom_s == pytest.approx(other.bottom_s, abs=0.05)
        assert (one.wink_deg is None) == (other.wink_deg is None)
        if one.wink_deg is not None:
            assert one.wink_deg == pytest.approx(other.wink_deg, abs=1.0)
        assert one.verdict.name is other.verdict.name


def test_the_light_of_the_lifter_before_is_dark_for_the_next() -> None:
    pipeline = Pipeline(Settings())
    pipeline.sign_in("Mia")
    logic, load = pipeline._cue, Load(True, "hands", 60.0)
    standing = Phase(1.1, PhaseName.STANDING, None, 0.0)
    assert logic.after(1.0, Verdict(VerdictName.CLEAN), load).light is Light.GREEN
    assert logic.during(1.1, Wink(1.1), standing, load).light is Light.GREEN
    pipeline.sign_in("Jo")
    assert logic.during(1.2, Wink(1.2), standing, load).light is Light.OFF
