"""Figures, intervals, groups and targets."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.models import load_model
from device.settings import WinkSettings
from models.lifter.judging import figures as told
from models.lifter.judging.as_json import as_json
from models.lifter.judging.breakdown import breakdown, placement_map, recommended
from models.lifter.judging.judge import JudgedRep, judged_reps
from models.lifter.judging.lifter_file import Place, read_lifter, set_files
from models.lifter.judging.readings import readings
from models.lifter.judging.resampling import Figure, Resampling, Sample, wilson
from models.lifter.judging.summary import summed_up
from models.lifter.judging.targets import TARGETS, held, shown
from tests.models.lifter.judging.evaluation_sets import Knowing, write_lifter

MODEL = load_model("pelvis", threads=1)
BEHIND = Place(0.0, 1.1, 1.2, 90, 0.05, "D435", "none")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six lifters with a small and a large wink each."""
    folder = tmp_path_factory.mktemp("set")
    for number in range(6):
        write_lifter(folder, number, winks_deg=(0.5 * number, 14.0 + number))
    return folder


def judged(folder: Path, **estimator: float) -> list[JudgedRep]:
    lifters = [read_lifter(file) for file in set_files(folder)]
    name = hashlib.sha256(repr(estimator).encode()).hexdigest()
    found = readings(lifters, folder, Knowing(folder, **estimator, sha256=name))
    return judged_reps(lifters, found, WinkSettings())


# ---------------------------------------------------------------- intervals


def sample(rng: np.random.Generator, lifters: int = 40, each: int = 5) -> Sample:
    """Values that share a part within each lifter."""
    own = np.repeat(rng.normal(0, 3, lifters), each)
    return Sample.of(np.repeat(np.arange(lifters), each), own + rng.normal(0, 1, len(own)))


def test_figures_are_those_of_the_formulas():
    rng = np.random.default_rng(4)
    drawing, errors = Resampling(40), sample(rng)
    assert drawing.rms(errors).value == pytest.approx(np.sqrt(np.mean(errors.values**2)))
    assert drawing.mean(errors).value == pytest.approx(errors.values.mean())
    assert drawing.median(errors).value == pytest.approx(np.median(errors.values))
    low, high = drawing.agreement(errors)
    assert low.value == pytest.approx(errors.values.mean() - 1.96 * errors.values.std(), abs=1e-3)
    assert high.value == pytest.approx(errors.values.mean() + 1.96 * errors.values.std(), abs=1e-3)
    said = 0.8 * errors.values + rng.normal(0, 0.2, len(errors))
    slope = np.polyfit(errors.values, said, 1)[0]
    assert drawing.slope(errors, said).value == pytest.approx(slope)


def test_an_interval_holds_the_truth_about_19_times_in_20():
    rng = np.random.default_rng(8)
    drawing = Resampling(40, draws=300)
    found = [drawing.mean(sample(rng)) for _ in range(200)]
    holds = sum(one.low <= 0.0 <= one.high for one in found if one.low is not None)
    assert 0.88 <= holds / 200 <= 0.99


def test_an_interval_knows_that_frames_of_one_lifter_are_not_independent():
    errors = sample(np.random.default_rng(2), lifters=40, each=50)
    found = Resampling(40).mean(errors)
    alone = 1.96 * errors.values.std() / np.sqrt(len(errors))
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low > 4 * alone


def test_the_same_set_gives_the_same_interval():
    errors = sample(np.random.default_rng(1))
    assert Resampling(40).rms(errors) == Resampling(40).rms(errors)


def test_few_lifters_give_no_interval():
    found = Resampling(40).rms(Sample.of([1, 1, 2, 3], [1.0, 2.0, 3.0, 4.0]))
    assert (found.low, found.high, found.count) == (None, None, 4)


def test_nothing_is_known_of_nothing():
    drawing, nothing = Resampling(3), Sample.of([], [])
    assert drawing.rms(nothing) == drawing.median(nothing) == drawing.share(nothing) == Figure(None)
    assert Sample.of([0, 1], [np.nan, 2.0]).values.tolist() == [2.0]


def test_wilson_gives_the_published_interval():
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, 15 of 148, 0 of 20
    for hits, of, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)):
        assert wilson(hits, of) == pytest.approx((low, high), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)


def test_a_share_of_none_still_has_an_interval():
    found = Resampling(30).share(Sample.of(np.arange(30), np.zeros(30)))
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(wilson(0, 30)[1])


# ---------------------------------------------------------------- figures


def test_a_good_estimator_reaches_every_figure(folder):
    reps = judged(folder, noise_deg=0.8, sd_deg=1.0)
    found = told.figures_of(reps, Resampling(6, draws=100))
    assert found["tilt_change_rmse_deg"].value == pytest.approx(0.9, abs=0.25)
    assert found["tilt_change_smooth_rmse_deg"].value < found["tilt_change_rmse_deg"].value
    assert found["wink_slope"].value == pytest.approx(1.0, abs=0.12)  # so quick a tuck is rounded
    assert found["red_for_12_and_more_share"] == Figure(
        1.0, pytest.approx(0.757, abs=0.01), 1.0, 12
    )
    assert found["red_for_5_and_less_share"].value == 0.0
    assert found["wrong_by_more_than_8_share"].value == 0.0
    assert found["onset_knee_flexion_deg_median"].value < 3.0
    assert told.coverage(reps, Resampling(6, draws=100)).value == 1.0


def test_an_estimator_that_flattens_is_found_out(folder):
    found = told.figures_of(judged(folder, share=0.4), Resampling(6, draws=100))
    assert found["wink_slope"].value == pytest.approx(0.4, abs=0.05)
    assert found["wink_bias_deg"].value < -4
    assert found["red_for_12_and_more_share"].value == 0.0
    assert found["wrong_by_more_than_8_share"].value > 0.3
    assert found["onset_10_only_one_share"].value > 0.4


def test_too_small_standard_deviations_are_found_out(folder):
    found = told.figures_of(judged(folder, noise_deg=2.0, sd_deg=0.5), Resampling(6, draws=100))
    assert found["frame_within_1_sd_share"].value < 0.4
    assert found["frame_error_over_sd"].value > 3
    honest = told.figures_of(judged(folder, noise_deg=2.0, sd_deg=2.2), Resampling(6, draws=100))
    assert 0.6 < honest["frame_within_1_sd_share"].value < 0.8


def test_how_errors_behave_is_told(folder):
    white = told.figures_of(judged(folder, noise_deg=2.0), Resampling(6, draws=100))
    assert 0.6 < white["error_white_part"].value < 1.1  # the neutral's own noise is shared
    same = told.figures_of(judged(folder, share=0.5), Resampling(6, draws=100))
    assert same["error_white_part"].value < 0.2
    assert same["error_difference_part"].value > white["error_difference_part"].value


def test_reps_are_counted_in_their_classes_once_and_as_often_as_seen(folder):
    counts = told.class_counts(judged(folder))
    assert counts["all"] == {"reps": 12, "views": 24, "lifters": 6}
    assert counts["wink_from_12"] == {"reps": 6, "views": 12, "lifters": 6}
    assert counts["wink_to_5"]["reps"] == 6
    assert counts["mocap_driven"] == {"reps": 0, "views": 0, "lifters": 0}


# ---------------------------------------------------------------- groups


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"azimuth_deg": -55.0}, True),
        ({"azimuth_deg": -56.0}, False),
        ({"distance_m": 1.4}, False),
        ({"distance_m": 1.4, "model": "D455"}, True),
        ({"distance_m": 0.8}, False),
        ({"height_m": 1.7}, False),
        ({"rotation_deg": 0}, False),
        ({"rotation_deg": 270}, True),
    ],
)
def test_the_recommended_placement_has_edges(change, expected):
    assert recommended(replace(BEHIND, **change)) is expected


def test_every_rep_lands_in_one_group_of_each_dimension(folder):
    reps = judged(folder, noise_deg=1.0)
    groups = breakdown(reps, Resampling(6, draws=100))
    dimensions = {group.dimension for group in groups}
    assert {"azimuth", "belt", "sex", "soft tissue", "occlusion", "true wink"} <= dimensions
    for dimension in dimensions:
        assert sum(g.reps for g in groups if g.dimension == dimension) == len(reps), dimension
    belt = {group.label: group.reps for group in groups if group.dimension == "belt"}
    assert belt == {"belt": 12, "no belt": 12}


def test_the_map_tells_each_place_apart(folder):
    cells = placement_map(judged(folder, noise_deg=1.0), Resampling(6, draws=100))
    assert {(cell.across, cell.azimuth_deg) for cell in cells} == {
        ("distance_m", (20.0, 40.0)),
        ("height_m", (20.0, 40.0)),
    }
    assert all(cell.tilt_rmse_deg.count > 100 for cell in cells)


# ---------------------------------------------------------------- targets


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (Figure(2.0, 1.5, 2.5, 50), "reached"),
        (Figure(2.8, 2.4, 3.3, 50), "reached, not surely"),
        (Figure(3.2, 2.9, 3.5, 50), "missed, not surely"),
        (Figure(4.0, 3.5, 4.5, 50), "missed"),
        (Figure(2.0, count=50), "reached, too few lifters"),
        (Figure(None), "no measured reps"),
    ],
)
def test_a_target_is_reached_or_missed_plainly(folder, found, verdict):
    rows = held(
        {"measured": {"tilt_change_rmse_deg": found}, "all": {}},
        {"measured": {}, "all": {}},
        0.4,
        1.0,
    )
    assert rows[0].says.startswith("tilt change")
    assert rows[0].must == "at most 3 deg"
    assert rows[0].verdict == verdict


def test_every_target_names_a_figure_that_is_told(folder):
    reps = judged(folder)
    names = {"coverage", *told.figures_of(reps, Resampling(6, draws=100))}
    assert {target.figure for target in TARGETS} <= names


def test_numbers_are_shown_with_their_interval():
    assert shown(Figure(2.414, 2.1, 2.83, 9), "deg") == "2.41 (2.10 to 2.83)"
    assert shown(Figure(0.98, 0.9, 1.0, 9), "%") == "98.0 (90.0 to 100.0)"
    assert shown(Figure(3.0)) == "3.00"
    assert shown(Figure(None)) == "-"


# ---------------------------------------------------------------- JSON


def test_the_json_holds_everything_and_no_nan(folder):
    lifters = [read_lifter(file) for file in set_files(folder)]
    summary = summed_up(lifters, judged(folder, noise_deg=1.0), WinkSettings(), MODEL)
    table = json.loads(json.dumps(as_json(summary), allow_nan=False))
    assert table["figures"]["recommended"]["measured"]["wink_rmse_deg"]["count"] == 24
    assert set(table["targets"]) == {"all", "second generator"}
    assert len(table["reps"]) == 24
    assert table["reps"][0]["verdict"] in ("clean", "wink")
    assert table["worst_frames"][0]["lifter"].startswith("lifter_")


def test_a_set_of_which_nothing_is_measured_is_told_too(folder):
    lifters = [read_lifter(file) for file in set_files(folder)]
    summary = summed_up(lifters, judged(folder, sd_deg=9.0), WinkSettings(), MODEL)
    assert json.dumps(as_json(summary), allow_nan=False)
    verdicts = {row.says: row.verdict for row in summary.targets["all"]}
    assert verdicts["reps measured"] == "missed"
    assert verdicts["wink, RMSE"] == "no measured reps"
    assert sum(summary.not_measured.values()) == 24
