"""The unit at work on the demo clip: light, store and socket together, and what goes wrong."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import pytest
from gpiozero.pins.mock import MockFactory
from rack import Clock

from device.cameras import CameraTrouble
from device.cameras.simulated import SimulatedCamera
from device.commands import (
    GiveSet,
    NewSettings,
    RedoRep,
    SetExercise,
    SetLoad,
    SignIn,
    SignOut,
    UndoRep,
)
from device.cues import LightBox
from device.errors import CueError, LiveError, NoCameraError, StreamStalledError
from device.health import BoardWatch
from device.health.watch import GAP_S
from device.live import LiveClient, LiveServer
from device.records import Exercise, Frame, LiveState, RepSummary
from device.run_log import RunLog
from device.service import Service
from device.settings import CameraSettings, LoadSettings, Settings
from device.store_writer import StoreWriter
from device.switches import Inputs
from tests.machine_tree import MachineTree

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = Settings(camera=CameraSettings(source="simulated"))
LOST_AT_S, AWAY_S, END_S = 15.4, 10.0, 27.0


class Cable:
    """The demo's frames through a cable that is pulled in the middle of the set."""

    def __init__(self) -> None:
        self._camera = SimulatedCamera(SETTINGS.camera, realtime=False)
        self._frames: Iterator[Frame] | None = None
        self.tries_without = 0
        self.pulled = False

    def open(self) -> Plugged:
        return Plugged(self)

    def frames(self) -> Iterator[Frame]:
        if self._frames is None:
            self._frames = iter(self._camera.__enter__())
        return self._frames

    def close(self) -> None:
        self._camera.__exit__(None, None, None)


class Plugged:
    """One opening of it."""

    live, name, usb, frame_count = True, "a demo on a cable", "3.2", None

    def __init__(self, cable: Cable) -> None:
        self._cable = cable

    def describe(self) -> str:
        return self.name

    def reset(self) -> bool:
        return False

    def __enter__(self) -> Self:
        if self._cable.pulled and self._cable.tries_without < 2:
            self._cable.tries_without += 1
            raise NoCameraError("No RealSense is plugged in: plug it into a USB 3 port.")
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._cable.frames():
            if frame.time_s > LOST_AT_S and not self._cable.pulled:
                self._cable.pulled = True
                for missed in self._cable.frames():
                    if missed.time_s > LOST_AT_S + AWAY_S:
                        break
                raise StreamStalledError("The camera stopped sending: check its cable.")
            yield frame


@dataclass
class Seen:
    """What a run looked like from outside."""

    states: list[LiveState] = field(default_factory=list)
    troubles: list[CameraTrouble] = field(default_factory=list)
    light_while_away: list[bool] = field(default_factory=list)
    pins_after: list[bool] = field(default_factory=list)
    told: list[RepSummary] = field(default_factory=list)  # by the unit itself, as each rep ends
    database: Path = Path()


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """Set 1 of the demo with the camera lost for ten seconds of it."""
    folder = tmp_path_factory.mktemp("unit")
    out = Seen(database=folder / "unit.sqlite3")
    cable = Cable()
    os.environ["GPIOZERO_PIN_FACTORY"] = "mock"
    with ExitStack() as stack:
        stack.callback(cable.close)
        writer = stack.enter_context(StoreWriter(out.database, "rack"))
        server = stack.enter_context(LiveServer(folder / "live.sock"))
        box = stack.enter_context(LightBox(SETTINGS.cue))
        client = stack.enter_context(LiveClient(folder / "live.sock"))
        with RunLog(out.database, writer, SETTINGS, {}):
            service = Service(SETTINGS, cable.open, writer, server, box)
            run(service, out, client)
        writer.flush(5)
        service.obey(SignOut())
        out.pins_after = pins()
        writer.flush(5)
    yield out


def run(service: Service, out: Seen, client: LiveClient) -> None:
    service.obey(SignIn("Ann"))
    service.obey(SetLoad(60))
    for item in service.steps():
        _note(out, client)
        if isinstance(item, CameraTrouble):
            out.troubles.append(item)
            out.light_while_away += pins()
            continue
        if item[1].rep is not None:
            assert service.newest_rep is not None
            assert service.lifter == "Ann"
            out.told.append(service.newest_rep)
        if item[1].time_s > END_S:
            break


def pins() -> list[bool]:
    from gpiozero import Device

    return [bool(Device.pin_factory.pin(n).state) for n in (17, 27, 22, 18)]


def _note(out: Seen, client: LiveClient) -> None:
    state = client.newest(0.0)
    if state is not None:
        out.states.append(state)


def rows(database: Path, query: str) -> list[Any]:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return connection.execute(query).fetchall()


def test_a_lost_camera_is_said_and_comes_back_by_itself(seen: Seen) -> None:
    sentences = [trouble.sentence for trouble in seen.troubles]
    assert "stopped sending" in sentences[0]
    assert "plugged in" in sentences[1]
    assert len(sentences) == 3
    said = {state.camera for state in seen.states}
    assert {"ok", *sentences} == said
    assert seen.states[-1].camera == "ok"


def test_the_light_is_off_while_the_camera_is_away_and_after_the_end(seen: Seen) -> None:
    assert seen.light_while_away
    assert not any(seen.light_while_away)
    assert not any(seen.pins_after)


def test_reps_before_the_loss_are_kept_and_no_ghost_is_made_of_it(seen: Seen) -> None:
    stored = rows(seen.database, "SELECT start_s FROM reps ORDER BY start_s")
    assert [round(start) for (start,) in stored][:2] == [9, 12]
    assert len(stored) <= 3  # at most the rep after the camera came back


def test_it_is_one_visit_of_the_lifter_who_signed_in(seen: Seen) -> None:
    assert rows(seen.database, "SELECT name FROM lifters") == [("Ann",)]
    assert len(rows(seen.database, "SELECT id FROM sessions")) == 1
    named = {state.lifter for state in seen.states}
    assert named == {"Ann"}
    assert {state.load_kg for state in seen.states} == {60}


def test_the_socket_tells_of_a_rep_only_when_it_is_stored(seen: Seen) -> None:
    first = next(state for state in seen.states if state.last_rep is not None)
    assert first.last_rep is not None
    assert first.last_rep.index == 1
    assert first.reps_in_set == 1


def test_the_unit_tells_a_rep_as_it_ends_in_the_numbers_that_the_socket_has_later(
    seen: Seen,
) -> None:
    by_socket = dict.fromkeys(state.last_rep for state in seen.states if state.last_rep)
    assert len(seen.told) >= 2
    assert seen.told[: len(by_socket)] == list(by_socket)
    assert by_socket


def test_starts_stops_losses_and_what_is_set_are_noted(seen: Seen) -> None:
    noted = rows(seen.database, "SELECT kind, reason, text FROM events ORDER BY rowid")
    assert [(kind, reason) for kind, reason, _ in noted] == [
        ("start", "first"),
        ("settings", None),
        ("camera lost", None),
        ("camera back", None),
        ("stop", "ended"),
    ]
    assert "camera/source = simulated" in noted[1][2]
    assert "stopped sending" in noted[2][2]


def test_the_socket_tells_how_the_unit_is(seen: Seen) -> None:
    health = seen.states[-1].health
    assert health is not None
    assert health.camera_losses == 1
    assert (health.camera_name, health.camera_usb) == ("a demo on a cable", "3.2")
    assert health.frames > 300
    assert health.latency_median_s is not None
    assert health.latency_p95_s is not None
    assert 0 < health.latency_median_s <= health.latency_p95_s
    assert health.latency_sum_s / health.frames > 0.001
    told = [state.health.frames for state in seen.states if state.health]
    assert told == sorted(told)


def unit(tmp_path: Path) -> subprocess.Popen[bytes]:
    """`racklight run` in front of the demo, as a process of its own."""
    environment = os.environ | {
        "GPIOZERO_PIN_FACTORY": "mock",
        "RACKLIGHT_STATE": str(tmp_path),
        "RACKLIGHT_RUN": str(tmp_path),
        "RACKLIGHT_ETC": str(tmp_path),
    }
    command = [sys.executable, "-m", "device", "--set", "camera/source=simulated", "run"]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def wait_for(tmp_path: Path, wanted: str, timeout_s: float = 150.0) -> LiveState:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            with LiveClient(tmp_path / "live.sock") as client:
                while time.monotonic() < deadline:
                    state = client.newest(1.0)
                    if state is not None and (wanted == "frame" or state.last_rep is not None):
                        return state
        except LiveError:  # not there yet, or still the dead one's
            time.sleep(0.1)
    raise AssertionError(f"no {wanted} in {timeout_s} s")


def test_a_rep_that_was_shown_survives_kill_9_and_the_unit_starts_again(tmp_path: Path) -> None:
    process = unit(tmp_path)
    try:
        wait_for(tmp_path, "rep")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    database = tmp_path / "racklight.sqlite3"
    assert rows(database, "PRAGMA integrity_check") == [("ok",)]
    assert len(rows(database, "SELECT id FROM reps")) >= 1
    again = unit(tmp_path)
    try:
        assert wait_for(tmp_path, "frame").camera == "ok"
    finally:
        again.terminate()
        assert again.wait(15) == 0
    assert again.stderr is not None
    assert b"Traceback" not in again.stderr.read()


def test_undo_without_a_visit_does_nothing(tmp_path: Path) -> None:
    os.environ["GPIOZERO_PIN_FACTORY"] = "mock"
    with (
        StoreWriter(tmp_path / "unit.sqlite3", "rack") as writer,
        LiveServer(tmp_path / "live.sock") as server,
        LightBox(SETTINGS.cue) as box,
    ):
        service = Service(SETTINGS, Cable().open, writer, server, box)
        service.obey(UndoRep())
        service.obey(SignOut())
        assert writer.flush(5)
    assert rows(tmp_path / "unit.sqlite3", "SELECT id FROM reps") == []


def test_load_and_exercise_follow_the_lifter_who_is_signed_in(
    tmp_path: Path, pins: MockFactory
) -> None:
    cable = Cable()
    with ExitStack() as stack:
        stack.callback(cable.close)
        writer = stack.enter_context(StoreWriter(tmp_path / "unit.sqlite3", "rack"))
        server = stack.enter_context(LiveServer(tmp_path / "live.sock"))
        box = stack.enter_context(LightBox(SETTINGS.cue))
        service = Service(SETTINGS, cable.open, writer, server, box)
        client = stack.enter_context(LiveClient(tmp_path / "live.sock"))
        for command in (
            SignIn("Ann"),
            SetLoad(102.06, "lb"),
            SetExercise(Exercise.GOBLET),
            SignIn("Ben"),
            SetLoad(60.0),
            GiveSet("Ann"),
            RedoRep(),
        ):
            service.obey(command)
        _, step = next(seen for seen in service.steps() if isinstance(seen, tuple))
        state = client.newest(5.0)
    assert step.load.source == "entered"  # a goblet is not told by the hands
    assert step.load.kg == 102.06
    assert state is not None
    assert (state.lifter, state.load_kg, state.load_unit) == ("Ann", 102.06, "lb")
    assert (state.exercise, state.undone, state.rest_s) == ("goblet", None, None)


def test_a_name_given_on_the_page_is_in_the_database_at_once(
    tmp_path: Path, pins: MockFactory
) -> None:
    named = replace(SETTINGS, unit=replace(SETTINGS.unit, name="by the window"))
    with (
        StoreWriter(tmp_path / "unit.sqlite3", "rack") as writer,
        LiveServer(tmp_path / "live.sock") as server,
        LightBox(SETTINGS.cue) as box,
    ):
        service = Service(SETTINGS, Cable().open, writer, server, box, chosen=lambda: named)
        service.obey(NewSettings())
        assert writer.flush(20)
    assert rows(tmp_path / "unit.sqlite3", "SELECT name FROM units") == [("by the window",)]


class Troubled(StoreWriter):
    """A store whose disk is full when told so."""

    trouble: str | None = None

    @property
    def problem(self) -> str | None:
        return self.trouble


def test_a_full_disk_a_weak_supply_and_a_dead_lamp_are_noted_once_each(
    tmp_path: Path, pins: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree, clock, cable, database = MachineTree(tmp_path), Clock(), Cable(), tmp_path / "u.sqlite3"
    with ExitStack() as stack:
        stack.callback(cable.close)
        writer = stack.enter_context(Troubled(database, "rack"))
        server = stack.enter_context(LiveServer(tmp_path / "live.sock"))
        box = stack.enter_context(LightBox(SETTINGS.cue))
        watch = BoardWatch(tree.root, clock)
        service = Service(SETTINGS, cable.open, writer, server, box, watch=watch)
        for index, _ in enumerate(service.steps()):
            clock.sleep(GAP_S)
            writer.trouble = "The disk is full." if 2 <= index < 6 else None
            tree.write("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1" if 3 <= index < 7 else "0")
            monkeypatch.setattr(box, "show", broken if index < 5 else shown)
            if index == 9:
                break
    noted = [kind for (kind,) in rows(database, "SELECT kind FROM events ORDER BY rowid")]
    assert sorted(noted) == ["light", "power back", "power low", "store back", "store fails"]
    assert noted.index("store fails") < noted.index("store back")
    assert noted.index("power low") < noted.index("power back")


def broken(cue: object) -> None:
    raise CueError("The light on GPIO 17 can't be driven: check its wiring.")


def shown(cue: object) -> None:
    return None


def pressed(tmp_path: Path, pins: MockFactory, plan: dict[int, Callable[[], None]]) -> Pressed:
    """The first 60 frames of the demo (an empty rack) with hands on hook and button."""
    settings = Settings(camera=SETTINGS.camera, load=LoadSettings(gate="hook"))
    clock, cable, out = Clock(), Cable(), Pressed()
    with ExitStack() as stack:
        stack.callback(cable.close)
        writer = stack.enter_context(StoreWriter(tmp_path / "unit.sqlite3", "rack"))
        server = stack.enter_context(LiveServer(tmp_path / "live.sock"))
        box = stack.enter_context(LightBox(settings.cue, clock))
        inputs = stack.enter_context(Inputs(settings, clock))
        service = Service(settings, cable.open, writer, server, box, inputs=inputs)
        for index, item in enumerate(service.steps()):
            assert not isinstance(item, CameraTrouble)
            out.loaded.append(item[1].load.loaded)
            out.running.append(service.pipeline.set_running)
            out.muted.append(box.muted)
            out.lamps.append([bool(pins.pin(number).state) for number in (17, 27, 22, 18)])
            plan.get(index, bool)()
            clock.sleep(1 / 30)
            if index == 60:
                return out
    return out


@dataclass
class Pressed:
    """What every frame of it showed."""

    loaded: list[bool | None] = field(default_factory=list)
    running: list[bool] = field(default_factory=list)
    muted: list[bool] = field(default_factory=list)
    lamps: list[list[bool]] = field(default_factory=list)


def test_a_short_press_starts_a_set_and_the_next_one_ends_it(
    tmp_path: Path, pins: MockFactory
) -> None:
    button = pins.pin(24)
    plan = {5: button.drive_low, 8: button.drive_high, 35: button.drive_low, 38: button.drive_high}
    seen = pressed(tmp_path, pins, plan)
    assert seen.running.index(True) in (9, 10)
    assert seen.running.index(False, 20) in (39, 40)
    assert seen.lamps[seen.running.index(True)] == [True, True, True, False]
    assert not any(seen.muted)


def test_a_long_press_mutes_and_starts_no_set(tmp_path: Path, pins: MockFactory) -> None:
    button = pins.pin(24)
    seen = pressed(tmp_path, pins, {5: button.drive_low, 50: button.drive_high})
    assert seen.muted.index(True) in (35, 36, 37)
    assert seen.muted[-1]
    assert not any(seen.running)


def test_the_hook_switch_says_whether_the_bar_is_on_the_lifter(
    tmp_path: Path, pins: MockFactory
) -> None:
    hook = pins.pin(23)
    seen = pressed(tmp_path, pins, {10: hook.drive_low, 40: hook.drive_high})
    assert seen.loaded[0] is False
    assert seen.loaded.index(True) in (16, 17)
    assert seen.loaded.index(False, 20) in (46, 47)
