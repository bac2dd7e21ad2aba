"""Playing rendered clips through librealsense and the pipeline, and keeping what came out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from device.errors import BadRecordingError
from device.settings import Settings
from models.lifter.chain import __main__ as chain
from models.lifter.chain import play as chain_play
from models.lifter.chain.truth import Told
from tests.models.lifter.chain import chain_scenes as scenes


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scenes.empty_room(tmp_path_factory.mktemp("clips") / "clip_00001_0000", frames=20)


@pytest.mark.parametrize("generator", ["first", "second"])
def test_every_frame_of_a_clip_goes_through(room: Path, generator: str, tmp_path: Path) -> None:
    folder = scenes.empty_room(tmp_path / "clip_1_1", frames=20, generator=generator)
    said = chain_play.play(folder, Settings())
    assert said["frames"] == 20
    assert said["reps"] == []
    assert set(said["light"]) == {"."}
    json.dumps(said)


def test_an_unknown_generator_is_named(tmp_path: Path) -> None:
    folder = scenes.empty_room(tmp_path / "clip_1_1", frames=2, generator="third")
    with pytest.raises(BadRecordingError, match="unknown generator third"):
        chain_play.play(folder, Settings())


def test_a_clip_without_its_truth_is_refused_in_one_sentence(tmp_path: Path) -> None:
    folder = scenes.empty_room(tmp_path / "clip_1_1", frames=2)
    (folder / "truth.npz").write_bytes(b"no numbers")
    with pytest.raises(BadRecordingError, match="render it again"):
        Told.read(folder)


def test_a_lost_frame_is_an_error(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = chain_play.SimulatedCamera._moments

    def without_the_fifth(camera: Any) -> Any:
        return (moment for moment in whole(camera) if moment[0] != 5)

    monkeypatch.setattr(chain_play.SimulatedCamera, "_moments", without_the_fifth)
    with pytest.raises(BadRecordingError, match="were lost"):
        chain_play.play(room, Settings())


def test_what_was_played_is_not_played_again(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = chain.played([room], Settings())
    (kept,) = (room.parent / chain.KEPT).glob("*.jsonl")
    with kept.open("a", encoding="utf-8") as file:
        file.write('{"clip": "clip_00001_0001", "rep')  # a run that was stopped

    def never(*_: Any) -> Any:
        raise AssertionError("played again")

    monkeypatch.setattr(chain, "play", never)
    assert chain.played([room], Settings())[room.name]["light"] == first[room.name]["light"]


def test_another_doubt_allowed_is_another_run(room: Path) -> None:
    loose = Settings(wink=type(Settings().wink)(max_sd_deg=5.0))
    chain.played([room], Settings())
    chain.played([room], loose)
    assert len(list((room.parent / chain.KEPT).glob("*.jsonl"))) == 2


def test_a_folder_without_clips_is_told_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(BadRecordingError, match=r"models\.lifter\.chain\.clips"):
        chain.clip_folders(tmp_path)


def test_unfinished_clips_are_left_out(room: Path) -> None:
    draft = room.parent / "clip_00001_0007.part"
    draft.mkdir()
    (draft / "about.json").write_text("{}", encoding="utf-8")
    assert chain.clip_folders(room.parent) == [room]
