"""The calibration file: what is written comes back, what can't be right is refused in words."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.calibration import (
    Calibration,
    calibration_file,
    check_calibration,
    colour_for_size,
    load_calibration,
    save_calibration,
)
from device.errors import CalibrationError
from device.geometry import project
from device.records import Extrinsics, Intrinsics

TURN = np.radians(4.0)
GOOD = Calibration(
    made_at=datetime(2026, 11, 22, 13, 0, tzinfo=UTC),
    reprojection_error_px=0.31,
    views=24,
    colour_model="imx708",
    colour=Intrinsics(640, 360, 501.5, 502.25, 322.0, 178.5, (0.01, -0.02, 0.001, 0.0, 0.003)),
    depth_serial="123456789012",
    depth_to_colour=Extrinsics(
        np.array([[np.cos(TURN), 0, np.sin(TURN)], [0, 1, 0], [-np.sin(TURN), 0, np.cos(TURN)]]),
        np.array([0.04, -0.025, 0.003]),
    ),
    sensor_crop_px=(0, 0, 4608, 2592),
)


def same(one: Calibration, other: Calibration) -> bool:
    moved = np.array_equal(
        one.depth_to_colour.rotation, other.depth_to_colour.rotation
    ) and np.array_equal(one.depth_to_colour.translation_m, other.depth_to_colour.translation_m)
    return moved and replace(one, depth_to_colour=other.depth_to_colour) == other


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    file = save_calibration(GOOD, tmp_path / "new" / "calibration.json")
    assert same(load_calibration(file), GOOD)
    assert [path.name for path in file.parent.iterdir()] == ["calibration.json"]


def test_it_lies_in_the_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RACKLIGHT_STATE", str(tmp_path))
    assert save_calibration(GOOD) == calibration_file() == tmp_path / "calibration.json"
    assert same(load_calibration(), GOOD)


def test_a_camera_without_a_known_crop_is_kept(tmp_path: Path) -> None:
    file = save_calibration(replace(GOOD, sensor_crop_px=None), tmp_path / "c.json")
    assert load_calibration(file).sensor_crop_px is None


def test_a_missing_one_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match=r"run racklight calibrate\.$"):
        load_calibration(tmp_path / "none.json")


def broken(path: list[str], value: Any) -> str:
    file = json.loads(Path(_written()).read_text())
    place = file
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(file)


def _written() -> str:
    import tempfile

    return str(save_calibration(GOOD, Path(tempfile.mkdtemp()) / "c.json"))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["colour", "fx"], None, "damaged"),
        (["colour", "fx"], "wide", "damaged"),
        (["colour", "fx"], -3.0, "focal length"),
        (["colour", "ppx"], 900.0, "principal point"),
        (["colour", "coefficients"], [0.1, 0.2], "damaged"),
        (["colour", "coefficients"], [0.1, 0.2, 0, 0, math.nan], "not finite"),
        (["colour", "distortion_model"], "kannala_brandt4", "not known"),
        (["schema_version"], 2, "version 2, expected 1"),
        (["made_at"], "2026-11-22T13:00:00", "no time zone"),
        (["made_at"], "yesterday", "damaged"),
        (["depth_to_colour", "translation_m"], [2.0, 0.0, 0.0], "2.00 m apart"),
        (["depth_to_colour", "rotation"], [[2, 0, 0], [0, 1, 0], [0, 0, 1]], "not a rotation"),
        (["depth_to_colour", "rotation"], [[-1, 0, 0], [0, 1, 0], [0, 0, 1]], "not a rotation"),
        (["depth_to_colour", "rotation"], [[0, -1, 0], [1, 0, 0], [0, 0, 1]], "the same way up"),
        (["colour", "sensor_crop"], [1, 2, 3], "damaged"),
        (["depth_to_colour"], None, "damaged"),
    ],
)
def test_what_cannot_be_right_is_refused_in_words(
    tmp_path: Path, path: list[str], value: Any, said: str
) -> None:
    file = tmp_path / "calibration.json"
    file.write_text(broken(path, value))
    with pytest.raises(CalibrationError, match=said) as error:
        load_calibration(file)
    assert "racklight calibrate" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00\x01"])
def test_a_damaged_file_is_refused_in_words(tmp_path: Path, text: str) -> None:
    file = tmp_path / "calibration.json"
    file.write_text(text)
    with pytest.raises(CalibrationError, match="damaged"):
        load_calibration(file)


def test_a_bad_one_is_not_written(tmp_path: Path) -> None:
    file = save_calibration(GOOD, tmp_path / "c.json")
    with pytest.raises(CalibrationError):
        save_calibration(replace(GOOD, reprojection_error_px=math.inf), file)
    assert same(load_calibration(file), GOOD)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(CalibrationError, match="can't be written"):
        save_calibration(GOOD, tmp_path / "taken" / "c.json")


def test_another_size_of_the_same_shape_sees_the_same() -> None:
    half = colour_for_size(GOOD, 320, 180)
    point = np.array([[0.2, -0.1, 1.3]])
    whole_px, half_px = project(point, GOOD.colour)[0], project(point, half)[0]
    assert np.allclose((half_px + 0.5) * 2, whole_px + 0.5)


def test_another_shape_is_refused() -> None:
    with pytest.raises(CalibrationError, match=r"640x360.*640x480"):
        colour_for_size(GOOD, 640, 480)


def test_the_good_one_passes() -> None:
    check_calibration(GOOD)
