"""The demo: its own lifters, a person who takes over, a machine that can't keep up."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest

from device import backups, paths, restoring
from device import demo as program
from device.alone import alone
from device.cameras.simulated import open_clip
from device.commands import Command, LightTest, NewSettings, SetLoad, SignIn, ToggleMute
from device.database import reading
from device.errors import LiveError, StoreError, StreamStalledError
from device.live import LiveClient
from device.records import Cue, Frame
from device.settings import Settings
from device.store import Store
from tests.factories import make_rep, make_summary

STALLED = "The camera stopped sending: check its cable."


class Silent:
    """A simulated camera whose pictures never come."""

    live, name, usb, frame_count = True, "a silent camera", "3.2", None

    def on_event(self, _: Callable[[dict[str, Any]], None]) -> None:
        return None

    def describe(self) -> str:
        return self.name

    def reset(self) -> bool:
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __iter__(self) -> Iterator[Frame]:
        raise StreamStalledError(STALLED)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A demo that keeps its history here and shows no picture."""
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    monkeypatch.setattr(program, "SimulatedCamera", lambda _: Silent())
    monkeypatch.setattr(program, "_folder", lambda: tmp_path)
    return tmp_path / "racklight.sqlite3"


def test_a_demo_without_a_single_picture_stops_by_itself(silent: Path) -> None:
    said: list[str] = []
    assert program.demo(Settings(), 0.3, said.append) == []
    assert said[-1] == STALLED
    assert any("The page is at http://127.0.0.1:" in line for line in said)


def a_backup_waits(database: Path) -> None:
    """Ann is in it; Bob, who came later, is not."""
    with Store.open(database, "rack") as store:
        store.lifter("Ann")
    copy = backups.take(database, database.parent / "backups", "asked", "page")
    assert copy is not None
    with Store.open(database, "rack") as store:
        store.lifter("Bob")
    with copy.open("rb") as upload:
        restoring.lay_ready(database, upload)


def test_a_second_demo_is_refused_and_leaves_the_first_ones_history_alone(silent: Path) -> None:
    a_backup_waits(silent)
    before = silent.read_bytes()
    said: list[str] = []
    with alone(silent) as first:
        first.at("http://127.0.0.1:8080/")
        with pytest.raises(StoreError, match=r"its page is at http://127.0.0.1:8080/.* Ctrl-C"):
            program.demo(Settings(), 0.3, said.append)
    assert not any("page is at" in line for line in said)
    assert restoring.waits(silent)
    assert silent.read_bytes() == before
    program.demo(Settings(), 0.3, said.append)  # the first one has ended
    assert not restoring.waits(silent)


def test_the_demo_puts_an_uploaded_backup_back_and_says_so(silent: Path) -> None:
    a_backup_waits(silent)
    said: list[str] = []
    program.demo(Settings(), 0.3, said.append)
    assert any("A backup was put back" in line for line in said)
    assert not restoring.waits(silent)
    with reading(silent) as connection:
        names = [row["name"] for row in connection.execute("SELECT name FROM lifters")]
    assert names == ["Ann"]


class Counted:
    """A unit that has counted on since its start, and whose page counts each lifter's sets."""

    def __init__(self, *_: object, **__: object) -> None:
        self.lifter, self.newest_rep = "Sam", make_summary(set=2, number=5)

    def steps(self) -> Iterator[tuple[Any, Any]]:
        for rep in (None, make_rep(84, 25), None):
            yield SimpleNamespace(time_s=1.0), SimpleNamespace(rep=rep, cue=Cue())


def test_the_terminal_tells_a_rep_in_the_pages_numbers(
    silent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "Service", Counted)
    said: list[str] = []
    (line,) = program.demo(Settings(), None, said.append)
    assert line.startswith("Sam, set 2, rep  5  ")
    assert said[-1] == f"{line}  light: off"


def asked_over_the_socket(server: program.DemoServer, path: Path, command: Command) -> None:
    """Sends it and waits until the server has it."""
    with LiveClient(path) as client:
        client.send(command)
        until = time.monotonic() + 20
        while command not in server.commands():
            assert time.monotonic() < until, "the command never came"
            time.sleep(0.01)


@pytest.mark.parametrize("command", [SignIn("Mia"), SetLoad(60.0)])
def test_who_uses_the_rack_ends_the_clips_sign_ins(tmp_path: Path, command: Command) -> None:
    said: list[str] = []
    path = tmp_path / "live.sock"
    with program.DemoServer(path, said.append) as server:
        asked_over_the_socket(server, path, command)
        asked_over_the_socket(server, path, command)
        assert server.person
    assert said == ["You are at the rack: Alex and Sam no longer sign in by themselves."]


@pytest.mark.parametrize("command", [LightTest(), NewSettings(), ToggleMute()])
def test_setting_up_the_demo_leaves_the_clips_lifters_signed_in(
    tmp_path: Path, command: Command
) -> None:
    said: list[str] = []
    path = tmp_path / "live.sock"
    with program.DemoServer(path, said.append) as server:
        asked_over_the_socket(server, path, command)
        assert not server.person
    assert said == []


def test_the_clips_lifters_take_turns_and_keep_their_visits() -> None:
    script = open_clip(paths.DEMO_CLIP).script
    assert [program._command(event) for event in script] == [SignIn("Alex"), SignIn("Sam")]
    assert program.LIFTERS == "Alex and Sam"


def test_a_page_that_ends_at_once_is_not_waited_for() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    began = time.monotonic()
    with pytest.raises(LiveError, match="could not be started"):
        program._wait_until_open(ended, "127.0.0.1", program.free_port("127.0.0.1", 18400))
    assert time.monotonic() - began < program.PAGE_START_S / 2
