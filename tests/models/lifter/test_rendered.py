"""Long renderings as files: resumed, shared, whole or not there."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest

from models.lifter.rendered import add_arguments, add_mocap, whole, write_missing


def numbered(number: int) -> dict[str, np.ndarray]:
    return {"number": np.array(number)}


def test_only_what_is_missing_is_rendered(tmp_path: Path) -> None:
    out = tmp_path / "set"
    first = list(write_missing(out, "one_{:03d}.npz", [0, 2], numbered))
    assert [file.name for file in first] == ["one_000.npz", "one_002.npz"]
    rendered: list[int] = []

    def noted(number: int) -> dict[str, np.ndarray]:
        rendered.append(number)
        return numbered(number)

    again = list(write_missing(out, "one_{:03d}.npz", range(4), noted))
    assert rendered == [1, 3]
    assert [int(np.load(file)["number"]) for file in again] == [1, 3]
    assert sorted(file.name for file in out.iterdir()) == [f"one_{n:03d}.npz" for n in range(4)]


def test_a_rendering_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    def breaks(number: int) -> dict[str, np.ndarray]:
        raise RuntimeError(f"no body {number}")

    with pytest.raises(RuntimeError, match="no body 7"):
        list(write_missing(tmp_path, "one_{}.npz", [7], breaks))
    assert list(tmp_path.iterdir()) == []


def test_a_draft_that_is_not_finished_does_not_replace_the_file(tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.pt"
    file.write_text("old")
    with pytest.raises(KeyboardInterrupt), whole(file) as draft:
        draft.write_text("half")
        raise KeyboardInterrupt
    assert file.read_text() == "old"
    with whole(file) as draft:
        draft.write_text("new")
    assert file.read_text() == "new"
    assert list(tmp_path.iterdir()) == [file]


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="render")
    add_arguments(made, "lifter", seed=77)
    add_mocap(made, without="planned reps only")
    return made


def test_processes_share_by_first_and_step() -> None:
    chosen = parser().parse_args(["--out", "set", "--first", "1", "--step", "2"])
    assert (chosen.out, chosen.seed, chosen.first, chosen.step) == (Path("set"), 77, 1, 2)
    assert chosen.mocap is None


def test_recordings_that_are_not_there_are_named_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["--out", "set", "--mocap", str(tmp_path / "gone.npz")])
    told = capsys.readouterr().err
    assert "no squat recordings at" in told
    assert "give the path of the npz file" in told


def test_a_file_that_holds_no_markers_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "other.npz"
    np.savez(file, s01_a=np.zeros((5, 3)))
    with pytest.raises(SystemExit):
        parser().parse_args(["--out", "set", "--mocap", str(file)])
    assert "not (frames, 39, 3)" in capsys.readouterr().err
