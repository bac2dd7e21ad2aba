"""What the coach chose on the page is taken up by the unit while it runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from device.cameras import Camera
from device.chosen import Chosen
from device.commands import NewSettings, command_from_json, command_to_json
from device.cues import LightBox
from device.live import LiveServer
from device.service import Service
from device.settings import Settings
from device.store_writer import StoreWriter


def no_camera() -> Camera:
    raise AssertionError("no camera is needed for this")


@pytest.fixture
def chosen(tmp_path: Path) -> Chosen:
    return Chosen(Settings(), tmp_path / "chosen.toml")


@pytest.fixture
def service(tmp_path: Path, chosen: Chosen, pins: object) -> Iterator[Service]:
    with ExitStack() as stack:
        writer = stack.enter_context(StoreWriter(tmp_path / "unit.sqlite3", "rack"))
        server = stack.enter_context(LiveServer(tmp_path / "live.sock"))
        box = stack.enter_context(LightBox(Settings().cue))
        made = Service(Settings(), no_camera, writer, server, box, chosen=lambda: chosen.settings)
        yield made
        assert writer.flush(20)


def events(tmp_path: Path) -> list[str]:
    with sqlite3.connect(tmp_path / "unit.sqlite3") as connection:
        rows = connection.execute("SELECT text FROM events WHERE kind = 'settings'")
        return [text for (text,) in rows]


def test_the_command_goes_over_the_socket() -> None:
    assert command_from_json(command_to_json(NewSettings())) == NewSettings()


def test_a_new_threshold_counts_at_once_and_a_broken_file_changes_nothing(
    service: Service, chosen: Chosen, tmp_path: Path
) -> None:
    chosen.change({"wink/threshold_deg": 14.0, "load/gate": "always"})
    service.obey(NewSettings())
    state = service._state(0, None)
    assert state.threshold_deg == 14.0
    assert service.pipeline._load.update(None, 0.0).loaded is True
    for file in (chosen.file, chosen.file.with_suffix(".before")):
        file.write_text("[wink", encoding="utf-8")
    service.obey(NewSettings())
    assert service._state(0, None).threshold_deg == 14.0
    assert service._writer.flush(20)
    first, second = events(tmp_path)
    assert "wink/threshold_deg = 14.0" in first
    assert "choose them again" in second
