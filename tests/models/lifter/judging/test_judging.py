"""From a rendered set to what a unit would have said: reading, keeping, judging."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from device.crop import SCALE_M, HipView
from device.reasons import Reason
from device.records import VerdictName
from device.settings import WinkSettings
from models.lifter.judging import baselines
from models.lifter.judging.judge import JudgedRep, judged_reps, worst_frames
from models.lifter.judging.lifter_file import (
    EvaluationError,
    LifterFile,
    read_lifter,
    set_files,
)
from models.lifter.judging.readings import readings
from tests.models.lifter.judging.evaluation_sets import Knowing, write_lifter


def read_set(folder: Path) -> list[LifterFile]:
    return [read_lifter(file) for file in set_files(folder)]


def judged(folder: Path, estimator: Knowing) -> list[JudgedRep]:
    lifters = read_set(folder)
    return judged_reps(lifters, readings(lifters, folder, estimator), WinkSettings())


# ---------------------------------------------------------------- files


def test_a_set_that_is_not_there_is_said_with_how_to_render_it(tmp_path):
    with pytest.raises(EvaluationError, match=r"no evaluation set in .*models\.lifter\.evalset"):
        set_files(tmp_path / "nowhere")


@pytest.mark.parametrize("harm", ["truncated", "another zip", "a lost array", "a wrong shape"])
def test_a_file_that_is_no_lifter_is_named(tmp_path, harm):
    file = write_lifter(tmp_path, 3)
    with np.load(file) as stored:
        arrays = dict(stored)
    if harm == "truncated":
        file.write_bytes(file.read_bytes()[:5000])
    elif harm == "another zip":
        np.savez(file, something=np.zeros(3))
    elif harm == "a lost array":
        del arrays["hip_height_m"]
        np.savez(file, **arrays)
    else:
        np.savez(file, **(arrays | {"truth": arrays["truth"][:, :-1]}))
    with pytest.raises(EvaluationError, match=r"lifter_00003\.npz is no lifter"):
        read_lifter(file)


# ---------------------------------------------------------------- reading


def test_what_was_read_is_not_read_again(tmp_path):
    for number in range(3):
        write_lifter(tmp_path, number)
    first = readings(read_set(tmp_path), tmp_path, Knowing(tmp_path))
    again = Knowing(tmp_path)
    assert readings(read_set(tmp_path), tmp_path, again) == first
    assert again.seen == 0


def test_a_stopped_run_goes_on_with_the_lifters_that_are_missing(tmp_path):
    for number in range(3):
        write_lifter(tmp_path, number)
    whole = Knowing(tmp_path)
    first = readings(read_set(tmp_path), tmp_path, whole)
    (kept,) = (tmp_path / "readings").glob("*.jsonl")
    text = kept.read_text()
    kept.write_text(text[: int(len(text) * 0.6)])  # in the middle of a line of the second lifter
    again = Knowing(tmp_path)
    assert readings(read_set(tmp_path), tmp_path, again) == first
    assert again.seen == pytest.approx(2 / 3 * whole.seen)
    assert kept.read_text() == text


def test_another_network_and_another_lifter_are_read_anew(tmp_path):
    write_lifter(tmp_path, 0)
    readings(read_set(tmp_path), tmp_path, Knowing(tmp_path))
    other = Knowing(tmp_path, sha256="b" * 64)
    readings(read_set(tmp_path), tmp_path, other)
    assert other.seen > 0
    write_lifter(tmp_path, 0, winks_deg=(3.0, 5.0))
    changed = Knowing(tmp_path)
    found = readings(read_set(tmp_path), tmp_path, changed)
    assert changed.seen == other.seen
    assert len(found) == 4


def test_readings_that_cannot_be_kept_are_said_in_one_sentence(tmp_path):
    write_lifter(tmp_path, 0)
    (tmp_path / "readings").write_text("in the way")
    with pytest.raises(EvaluationError, match="Can't keep the readings"):
        readings(read_set(tmp_path), tmp_path, Knowing(tmp_path))


# ---------------------------------------------------------------- judging


def test_an_estimator_that_knows_the_truth_makes_no_error(tmp_path):
    for number in range(2):
        write_lifter(tmp_path, number, winks_deg=(0.0, 11.0, 20.0))
    reps = judged(tmp_path, Knowing(tmp_path))
    assert len(reps) == 2 * 3 * 2
    for rep in reps:
        meant = (0.0, 11.0, 20.0)[rep.rep]
        assert rep.true_wink == pytest.approx(meant, abs=1.0)  # a peak lies between two frames
        assert np.abs(rep.tilt - rep.true_tilt).max() < 1e-3
        assert rep.true_wink == pytest.approx(float(rep.true.wink_deg), abs=0.2)
        assert rep.wink_error == pytest.approx(0.0, abs=1.5)  # the smoother rounds the tuck off
        assert rep.is_measured
        assert rep.is_red == (rep.true_wink > 10)


def test_an_estimator_that_halves_every_angle_halves_the_wink_and_sees_no_red(tmp_path):
    write_lifter(tmp_path, 0, winks_deg=(8.0, 18.0))
    for rep in judged(tmp_path, Knowing(tmp_path, share=0.5)):
        assert rep.measured.wink_deg == pytest.approx(rep.true_wink / 2, abs=1.0)
        assert rep.verdict.name is VerdictName.CLEAN


def test_a_vague_estimator_measures_nothing(tmp_path):
    write_lifter(tmp_path, 0)
    for rep in judged(tmp_path, Knowing(tmp_path, sd_deg=6.0)):
        assert rep.verdict.name is VerdictName.NOT_MEASURED
        assert "not sure" in str(rep.verdict.reason)
        assert rep.measured.wink_deg is not None


def test_views_from_too_far_are_not_read_and_the_rep_says_why(tmp_path):
    write_lifter(tmp_path, 0, distance_m=3.0)
    estimator = Knowing(tmp_path)
    for rep in judged(tmp_path, estimator):
        assert not rep.is_measured
        assert rep.verdict.reason == Reason.TOO_FAR
        assert np.isnan(rep.tilt).all()
        assert np.isnan(rep.wink_error)
    assert estimator.seen == 0


def test_a_constant_error_of_one_lifter_is_no_error_of_change(tmp_path):
    write_lifter(tmp_path, 0)

    class Shifted(Knowing):
        def read(self, view, time_s):
            pose = super().read(view, time_s)
            object.__setattr__(pose, "tilt_deg", pose.tilt_deg + 25.0)
            return pose

    for rep in judged(tmp_path, Shifted(tmp_path)):
        assert np.abs(rep.tilt - rep.true_tilt).max() < 1e-3


def test_the_rep_is_cut_where_a_unit_cuts_it(tmp_path):
    write_lifter(tmp_path, 0)
    rep = judged(tmp_path, Knowing(tmp_path))[0]
    drop = 1 - rep.hip_height_m / 0.9
    assert drop[0] < 0.05 <= drop[1]
    assert drop[-1] < 0.03 <= drop[-2]


def test_a_dip_is_no_rep(tmp_path):
    file = write_lifter(tmp_path, 0)
    with np.load(file) as stored:
        arrays = dict(stored)
    arrays["knee_flexion_deg"] = arrays["knee_flexion_deg"] * 0.4
    np.savez(file, **arrays)
    assert judged(tmp_path, Knowing(tmp_path)) == []


def test_the_worst_frames_are_the_worst_one_of_each_rep(tmp_path):
    write_lifter(tmp_path, 0)
    reps = judged(tmp_path, Knowing(tmp_path, noise_deg=4.0))
    worst = worst_frames(reps, 3)
    sizes = [abs(rep.tilt[i] - rep.true_tilt[i]) for rep, i in worst]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == max(np.abs(rep.tilt - rep.true_tilt).max() for rep in reps)
    assert len({(rep.camera, rep.rep) for rep, _ in worst}) == 3


# ---------------------------------------------------------------- baselines


@pytest.mark.parametrize("rotation_deg", [0.0, 35.0, -50.0])
def test_a_plane_that_tilts_is_found_from_any_side(rotation_deg):
    def patch(tilt_deg: float) -> HipView:
        lean, turned = np.radians(tilt_deg), np.radians(rotation_deg)
        backward = np.array([np.sin(turned), 0, np.cos(turned)])
        up = np.cos(lean) * 0.09 + np.sin(lean) * 0.10 - 0.10
        back = np.cos(lean) * 0.10 - np.sin(lean) * 0.09
        along = np.array([0, np.cos(lean), 0]) - np.sin(lean) * backward
        across = np.array([np.cos(turned), 0, -np.sin(turned)])
        u, v = np.meshgrid(np.linspace(-0.06, 0.06, 64), np.linspace(-0.06, 0.06, 64))
        centre = back * backward + np.array([0, up, 0])
        points = centre + u[..., None] * across + v[..., None] * along
        return HipView(
            np.dstack([points / SCALE_M, np.ones((64, 64))]).astype(np.float32), 1, 0, 1, 0, 0.002
        )

    tilts = [0.0, 10.0, 25.0, -8.0]
    truth = np.array([[tilt, 0, rotation_deg, 0] for tilt in tilts])
    found = baselines.plane_fit([patch(tilt) for tilt in tilts], truth, np.array([0]))
    assert found == pytest.approx(tilts, abs=0.5)


def test_a_patch_that_is_not_seen_gives_no_plane():
    nothing = HipView(np.zeros((64, 64, 4), np.float32), 0, 0, 1, 0, 0.002)
    assert np.isnan(baselines.plane_fit([nothing], np.zeros((1, 4)), np.array([0]))).all()


def test_the_habit_of_others_foretells_who_moves_like_them_and_nobody_else(tmp_path):
    for number in range(4):
        write_lifter(tmp_path, number, winks_deg=(10.0, 10.0))
    write_lifter(tmp_path, 4, winks_deg=(40.0, 40.0))
    lifters = read_set(tmp_path)
    found = baselines.habit(lifters)
    errors = {
        lifter.name: np.sqrt(np.mean((found[lifter.name] - baselines.tilt_change(lifter)) ** 2))
        for lifter in lifters
    }
    assert errors["lifter_00004"] > 2 * errors["lifter_00000"]


def test_the_habit_of_a_single_lifter_is_not_known(tmp_path):
    write_lifter(tmp_path, 0)
    (found,) = baselines.habit(read_set(tmp_path)).values()
    assert np.isnan(found).all()


def test_about_is_read_as_written(tmp_path):
    file = write_lifter(tmp_path, 7, movement="mocap", subject="s09")
    lifter = read_lifter(file)
    assert (lifter.name, lifter.about["subject"]) == ("lifter_00007", "s09")
    assert json.dumps(lifter.about)
    assert [place.occlusion for place in lifter.places] == ["none", "none"]
