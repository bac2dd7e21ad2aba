"""What is rendered for the whole-chain evaluation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from models.lifter.body.posed import Feet, PoseAngles
from models.lifter.chain.ghosts import GHOST_TRACKS
from models.lifter.chain.people import MAKERS
from models.lifter.chain.place import D435, D455, Cameras, Place
from models.lifter.chain.play import NOISES
from models.lifter.chain.recorded import between
from models.lifter.chain.truth import Told
from models.lifter.clip.files import Clip
from models.lifter.movement.squat import Mover, Style
from models.lifter.scene.hip_view import View
from tests.models.lifter.chain import chain_scenes as scenes
from tests.models.lifter.movement.test_lifter_movement import shape_rest


def body(height_m: float = 1.45, x_m: float = 0.0) -> Any:
    joints = {
        f"{side}_{name}": np.array([x_m + sign * 0.18, 0.0, z_m])
        for side, sign in (("left", 1), ("right", -1))
        for name, z_m in (("shoulder", height_m), ("toe", 0.02), ("heel", 0.03))
    }
    return SimpleNamespace(joints=joints)


def place(cameras: Cameras, distance_m: float, rotation_deg: int = 90) -> Place:
    view = View(0.0, distance_m, 0.9, rotation_deg, cameras.baseline_m)
    return Place(cameras, view, (0.0, 0.08, 0.75), 0.0)


@pytest.mark.parametrize("rotation_deg", [90, 270])
def test_a_unit_far_enough_sees_shoulders_and_feet(rotation_deg: int) -> None:
    assert place(D455, 1.3, rotation_deg).sees(body())


def test_a_unit_too_near_misses_the_feet() -> None:
    assert not place(D435, 0.9).sees(body())


def test_a_lifter_beside_the_picture_is_not_seen() -> None:
    assert not place(D455, 1.3).sees(body(x_m=1.0))


@pytest.mark.parametrize("kind", sorted(GHOST_TRACKS))
def test_clips_without_squats_hold_none(kind: str) -> None:
    track = GHOST_TRACKS[kind](Mover(shape_rest(), Style()), np.random.default_rng(1))
    assert len(track.steps) > 100
    assert not track.notes
    assert all(step.moment.depth == 0 for step in track.steps)


def test_every_generator_has_a_sensor() -> None:
    assert set(MAKERS) == set(NOISES)


def test_half_way_between_two_poses() -> None:
    feet = Feet((0.2, 0.0, 0.1), (-0.2, 0.0, 0.1), (0.0, 0.0, 0.9))
    one = PoseAngles(pelvic_tilt=4.0, thigh=(0.0, 2.0), posture="high_bar", feet=feet)
    other = replace(
        one, pelvic_tilt=10.0, thigh=(20.0, 22.0), feet=replace(feet, mid_hip_m=(0.0, 0.2, 0.5))
    )
    middle = between(one, other, 0.5)
    assert middle.pelvic_tilt == 7.0
    assert middle.thigh == (10.0, 12.0)
    assert middle.posture == "high_bar"
    assert middle.feet is not None
    assert middle.feet.mid_hip_m == pytest.approx((0.0, 0.1, 0.7))
    assert between(one, other, 0.0) == one


def test_truth_is_measured_from_the_neutral() -> None:
    frames, (rep,) = scenes.truth([8.0])
    assert frames.columns["tilt_deg"][:10] == pytest.approx(0.0)
    assert rep.tilt_peak_deg == pytest.approx(12.0, abs=0.3)
    assert rep.start_s < rep.bottom_s < rep.end_s
    # the first 5 % of the way down and the last 3 % of the way up belong to standing
    assert rep.end_s - rep.start_s == pytest.approx(scenes.REP_S, abs=0.9)


def test_frames_outside_reps_have_no_wink() -> None:
    frames, _ = scenes.truth([8.0])
    assert frames.wink_deg[frames.rep < 0].max() == 0.0


@pytest.mark.parametrize("generator", sorted(MAKERS))
def test_a_rendered_clip_shows_the_lifter(generator: str, tmp_path: Path) -> None:
    for module in ("anny", "embreex", "av"):
        pytest.importorskip(module)
    from models.lifter.body.model import Lifter
    from models.lifter.chain.clips import describe, render
    from models.lifter.chain.drawn import prepared

    maker = MAKERS[generator](Lifter())
    drawn = prepared(maker, 7001, 0)
    short = replace(drawn, people=[replace(drawn.people[0], steps=drawn.people[0].steps[:3])])
    short = replace(short, plan=replace(drawn.plan, signed_in=True))
    assert short.plan.track is not None
    short.plan.track.notes.clear()
    folder = tmp_path / "clip"
    folder.mkdir()
    rows = render(short, maker, folder)
    assert describe(maker, short, rows, folder, 7001, 0) == 0
    clip, told = Clip.open(folder), Told.read(folder)
    pictures = list(clip.frames())
    assert len(pictures) == len(rows) == 3
    assert told.about["generator"] == generator
    assert 0.7 < told.frames.columns["hip_height_m"][0] < 1.1
    room = cv2.imread(str(folder / "background.png"), cv2.IMREAD_UNCHANGED)
    assert 0.03 < (pictures[0][1] != room).mean() < 0.6
