"""The command: reads a set, prints targets, writes JSON and the page."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from device.settings import WinkSettings
from models.lifter import evaluate as command
from models.lifter.judging.lifter_file import EvaluationError
from models.lifter.judging.targets import shown
from tests.models.lifter.judging.evaluation_sets import Knowing, write_lifter


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three lifters, and an estimator that nearly knows them."""
    for number in range(3):
        write_lifter(tmp_path, number, winks_deg=(4.0, 16.0))
    monkeypatch.setattr(command, "PelvisEstimator", lambda: Known(tmp_path, noise_deg=1.0))
    return tmp_path


class Known(Knowing):
    """With a file and a run that can be measured."""

    def __post_init__(self) -> None:
        from device.models import load_model

        super().__post_init__()
        self.model = load_model("pelvis", threads=1)


def test_the_targets_are_printed_and_the_json_written(folder, capsys):
    out = folder / "out.json"
    command.evaluate(folder, WinkSettings(), out, None)
    printed = capsys.readouterr().out
    assert re.search(r"wink, RMSE +\d\.\d\d.*at most 2\.5 deg: reached, too few lifters", printed)
    assert "3 lifters; in the recommended placement 6 reps seen 12 times" in printed
    table = json.loads(out.read_text())
    assert table["lifters"] == 3
    assert len(table["reps"]) == 12


def test_the_baselines_stand_beside_the_estimator(folder, capsys):
    evaluation = command.evaluate(folder, WinkSettings(), None, None)
    said = capsys.readouterr().out.splitlines()
    head = next(i for i, line in enumerate(said) if "plane fit" in line)
    figures = evaluation.figures["recommended"]["all"]
    for line, name in zip(said[head + 1 : head + 3], ("tilt_change", "wink"), strict=True):
        for middle in ("", "_plane_fit", "_habit"):
            assert shown(figures[f"{name}{middle}_rmse_deg"]) in line


def test_limits_of_the_settings_decide_what_is_measured(folder):
    summary = command.evaluate(folder, WinkSettings(max_sd_deg=0.5), None, None)
    assert summary.figures["recommended"]["measured"]["coverage"].value == 0.0


def test_without_matplotlib_there_is_one_sentence_and_still_the_json(folder, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "models.lifter.judging.plots", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    out = folder / "out.json"
    with pytest.raises(EvaluationError, match=r"needs matplotlib: install models/lifter"):
        command.evaluate(folder, WinkSettings(), out, folder / "page.html")
    assert json.loads(out.read_text())["lifters"] == 3
    assert not (folder / "page.html").exists()


def test_a_file_that_cannot_be_written_is_said_in_one_sentence(folder):
    with pytest.raises(EvaluationError, match="choose another place"):
        command.evaluate(folder, WinkSettings(), folder / "no" / "where.json", None)


def test_the_page_holds_every_plot_and_nothing_from_outside(folder):
    pytest.importorskip("matplotlib", reason="plots are drawn in the recipe environment")
    page = folder / "page.html"
    command.evaluate(folder, WinkSettings(), None, page)
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 6
    ids = re.findall(r'\bid="([^"]+)"', text)
    drawn = [one for one in ids if "-image" not in one]  # the same crop has the same id
    assert len(drawn) == len(set(drawn))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)
    outside = re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', text)
    assert outside == []
    assert "nan" not in re.sub(r"data:[^\"']*", "", text).lower().split()


def test_the_page_can_be_drawn_of_a_set_of_which_nothing_is_read(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib", reason="plots are drawn in the recipe environment")
    write_lifter(tmp_path, 0, distance_m=3.0)
    monkeypatch.setattr(command, "PelvisEstimator", lambda: Known(tmp_path))
    command.evaluate(tmp_path, WinkSettings(), None, tmp_path / "page.html")
    assert "no measured reps" in (tmp_path / "page.html").read_text(encoding="utf-8")
