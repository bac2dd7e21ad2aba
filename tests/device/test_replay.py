"""The contract of `replay`, and real people on video."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.__main__ import main
from device.replay import FRAME_FIELDS
from tests.opencap import BOTTOMS_S, VIDEO, knee_flexion_at_bottoms_deg, video

TOP_LEVEL = {
    "schema_version", "source", "frames", "duration_s", "fps", "dropped", "threshold_deg",
    "models", "neutral_source", "reps",
}  # fmt: skip
REP = {
    "index", "set", "start_s", "bottom_s", "end_s", "knee_flexion_left_deg",
    "knee_flexion_right_deg", "hip_above_knee_cm", "trunk_lean_deg", "shin_lean_left_deg",
    "shin_lean_right_deg", "anterior_pelvic_tilt_peak_deg", "anterior_pelvic_tilt_bottom_deg",
    "lumbar_flexion_bottom_deg", "wink_deg", "wink_sd_deg", "wink_at_parallel_deg", "basis",
    "onset_5", "onset_10", "loaded", "load_source", "verdict", "reason",
}  # fmt: skip


@pytest.fixture(scope="module")
def opencap(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], list[list[str]]]:
    """The OpenCap trial replayed once for every test of this file."""
    folder = tmp_path_factory.mktemp("opencap")
    file = str(video(VIDEO.name))
    out, frames = folder / "out.json", folder / "out.csv"
    assert main(["replay", file, "--json", str(out), "--frames", str(frames)]) == 0
    with frames.open(newline="") as table:
        return json.loads(out.read_text()), list(csv.reader(table))


def test_five_squats_are_five_reps_with_bottoms_where_the_markers_have_them(
    opencap: tuple[dict[str, Any], list[list[str]]],
) -> None:
    bottoms = np.array([rep["bottom_s"] for rep in opencap[0]["reps"]])
    assert len(bottoms) == 5
    off = bottoms - np.array(BOTTOMS_S)
    assert np.abs(off - np.median(off)).max() < 0.15


def test_the_knees_are_bent_as_the_markers_say(
    opencap: tuple[dict[str, Any], list[list[str]]],
) -> None:
    sides = ("knee_flexion_left_deg", "knee_flexion_right_deg")
    said = np.array([[rep[side] for side in sides] for rep in opencap[0]["reps"]])
    assert np.abs(said - knee_flexion_at_bottoms_deg()).max() < 12


def test_the_names_are_the_contracts(opencap: tuple[dict[str, Any], list[list[str]]]) -> None:
    written, table = opencap
    assert set(written) == TOP_LEVEL
    assert all(set(rep) == REP for rep in written["reps"])
    assert tuple(table[0]) == FRAME_FIELDS
    assert len(table) == written["frames"] + 1
    assert set(written["models"]) == {"pose_detector", "pose_full", "pelvis"}


def test_what_a_video_cannot_show_is_null_and_empty_never_zero(
    opencap: tuple[dict[str, Any], list[list[str]]],
) -> None:
    written, table = opencap
    for rep in written["reps"]:
        assert rep["verdict"] == "not_measured"
        assert "no depth" in rep["reason"]
        for name in ("wink_deg", "wink_sd_deg", "hip_above_knee_cm", "basis", "onset_5"):
            assert rep[name] is None, name
        for name in ("shin_lean_left_deg", "shin_lean_right_deg"):  # filmed from the front
            assert rep[name] is None, name
    tilt = FRAME_FIELDS.index("anterior_pelvic_tilt_deg")
    assert {row[tilt] for row in table[1:]} == {""}
    assert {row[FRAME_FIELDS.index("light")] for row in table[1:]} == {"off"}


@pytest.mark.parametrize(
    ("name", "near_shin_deg"),  # read off the picture of those seen from beside
    [("lnewco_IMG_7026.mov", 33), ("lnewco_IMG_7032.mov", None), ("lnewco_IMG_7051.mov", 45)],
)
def test_each_short_clip_is_one_rep_with_the_shins_that_are_seen_from_beside(
    name: str, near_shin_deg: float | None, tmp_path: Path
) -> None:
    out = tmp_path / "out.json"
    assert main(["replay", str(video(name)), "--json", str(out)]) == 0
    (rep,) = json.loads(out.read_text())["reps"]
    if near_shin_deg is None:
        assert rep["shin_lean_left_deg"] is rep["shin_lean_right_deg"] is None
    else:
        assert rep["shin_lean_left_deg"] == pytest.approx(near_shin_deg, abs=8)
