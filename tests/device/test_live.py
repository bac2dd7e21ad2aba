"""The socket: newest state wins, nobody is waited for, and one unit owns it."""

from __future__ import annotations

import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.commands import (
    Command,
    GiveSet,
    LightTest,
    RedoRep,
    SetExercise,
    SetLoad,
    SignIn,
    SignOut,
    TakeNeutral,
    ToggleMute,
    ToggleSet,
    UndoRep,
    command_from_json,
    command_to_json,
)
from device.errors import LiveError
from device.live import LiveClient, LiveServer, state_from_json, state_to_json
from device.records import Exercise, LiveState
from tests.factories import make_health, make_state

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "live.sock"


@pytest.fixture
def server(path: Path) -> Iterator[LiveServer]:
    with LiveServer(path) as opened:
        yield opened


def news(server: LiveServer, client: LiveClient, state: LiveState) -> LiveState | None:
    server.publish(state)
    return client.newest(1.0)


def test_the_units_health_arrives_as_it_was_and_an_older_units_none(path: Path) -> None:
    told = make_state(health=make_health(latency_median_s=None, latency_p95_s=math.nan))
    heard = state_from_json(state_to_json(told))
    assert heard.health == make_health(latency_median_s=None, latency_p95_s=None)
    assert state_from_json(state_to_json(make_state())).health is None


def test_a_health_that_lacks_a_value_is_refused() -> None:
    values = json.loads(state_to_json(make_state(health=make_health())))
    del values["health"]["frames"]
    with pytest.raises(LiveError, match="restart both"):
        state_from_json(json.dumps(values))


def test_a_state_arrives_as_it_was(server: LiveServer, path: Path) -> None:
    with LiveClient(path) as client:
        assert news(server, client, make_state()) == make_state()
        verdicts = make_state(set_verdicts=("clean", "wink"), exercise="goblet", rest_s=12.5)
        assert news(server, client, verdicts) == verdicts
        without = make_state(number=2, last_rep=None, lifter=None, wink_deg=None)
        assert news(server, client, without) == without


def test_what_is_not_finite_is_told_as_null() -> None:
    line = state_to_json(make_state(wink_deg=math.nan, fps=math.inf))
    assert json.loads(line)["wink_deg"] is None
    assert state_from_json(line).fps is None


def test_every_client_gets_the_newest(server: LiveServer, path: Path) -> None:
    with LiveClient(path) as first, LiveClient(path) as second:
        for number in range(3):
            server.publish(make_state(number=number))
        for client in (first, second):
            state = client.newest(1.0)
            assert state is not None
            assert state.number == 2


def test_no_news_is_none(server: LiveServer, path: Path) -> None:
    with LiveClient(path) as client:
        server.publish(make_state())
        assert client.newest(1.0) is not None
        assert client.newest(0.05) is None


def test_a_client_that_sleeps_holds_up_nobody(server: LiveServer, path: Path) -> None:
    with LiveClient(path) as asleep, LiveClient(path) as awake:
        slowest_s = 0.0
        for number in range(2000):
            begin = time.perf_counter()
            server.publish(make_state(number=number))
            slowest_s = max(slowest_s, time.perf_counter() - begin)
            state = awake.newest(1.0)
            assert state is not None
            assert state.number == number
        assert slowest_s < 0.25
        late = asleep.newest(1.0)
        assert late is not None
        assert late.number < 1999  # what lay in the kernel's buffer
        server.publish(make_state(number=2000))
        seen = [asleep.newest(0.1) for _ in range(3)]
        assert 2000 in {state.number for state in seen if state is not None}


def test_a_client_that_leaves_is_forgotten(server: LiveServer, path: Path) -> None:
    with LiveClient(path):
        server.publish(make_state())
    server.publish(make_state())
    server.publish(make_state())
    with LiveClient(path) as client:
        assert news(server, client, make_state(number=7)) == make_state(number=7)


def test_the_end_of_the_unit_is_told(path: Path) -> None:
    with LiveServer(path) as server, LiveClient(path) as client:
        assert news(server, client, make_state())
        server.close()
        with pytest.raises(LiveError, match="stopped"):
            client.newest(1.0)
    assert not path.exists()


def test_without_a_unit_the_sentence_says_so(path: Path) -> None:
    with pytest.raises(LiveError, match="not running"), LiveClient(path):
        pass


def test_a_second_unit_is_refused_and_the_first_goes_on(server: LiveServer, path: Path) -> None:
    with pytest.raises(LiveError, match="already runs"), LiveServer(path):
        pass
    with LiveClient(path) as client:
        assert news(server, client, make_state()) is not None


def test_a_socket_left_by_a_killed_unit_is_taken_over(path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from device.live import LiveServer\n"
        "with LiveServer(Path(sys.argv[1])): print('up', flush=True); time.sleep(60)"
    )
    unit = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert unit.stdout is not None
    assert unit.stdout.readline() == "up\n"
    os.kill(unit.pid, signal.SIGKILL)
    unit.wait()
    unit.stdout.close()
    assert path.exists()
    with LiveServer(path) as server, LiveClient(path) as client:
        assert news(server, client, make_state()) is not None


def test_a_path_that_is_too_long_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(LiveError, match="can't be made"), LiveServer(tmp_path / ("x" * 120)):
        pass


# ---------------------------------------------------------------- commands

COMMANDS: list[Command] = [
    SignIn("Ann"),
    SetLoad(102.5),
    SetLoad(None),
    SetLoad(102.06, "lb"),
    SetExercise(Exercise.GOBLET),
    SetExercise(None),
    RedoRep(),
    GiveSet("Ben"),
    LightTest(),
    TakeNeutral(),
    UndoRep(),
    ToggleSet(),
    ToggleMute(),
    SignOut(),
]


def test_commands_arrive_in_order_and_once(server: LiveServer, path: Path) -> None:
    with LiveClient(path) as client:
        for command in COMMANDS:
            client.send(command)
        assert server.commands() == COMMANDS
        assert server.commands() == []


def test_a_command_of_a_client_that_left_still_counts(server: LiveServer, path: Path) -> None:
    with LiveClient(path) as client:
        client.send(LightTest())
    assert server.commands() == [LightTest()]


def test_a_client_that_left_is_heard_even_if_a_state_was_sent_first(
    server: LiveServer, path: Path
) -> None:
    with LiveClient(path) as client:
        client.send(SetLoad(60.0))
    server.publish(make_state())
    server.publish(make_state())
    assert server.commands() == [SetLoad(60.0)]


def test_nonsense_is_dropped_and_the_next_command_heard(server: LiveServer, path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(path))
        raw.sendall(b'\xff\n[]\n{"command": "reboot"}\n{"command": "set_load", "kg": 9000}\n\n')
        raw.sendall(b'{"command": "undo_rep"}\n')
        assert server.commands() == [UndoRep()]


def test_a_line_without_end_is_cut_off(server: LiveServer, path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(path))
        raw.sendall(b"x" * 20_000)
        assert server.commands() == []
        with pytest.raises(OSError):
            for _ in range(50):
                raw.sendall(b"x" * 20_000)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_survives_its_line(command: Command) -> None:
    assert command_from_json(command_to_json(command)) == command


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "a\x00b", "a\x1b[31m"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(LiveError, match="name"):
        SignIn(name)


@pytest.mark.parametrize("kg", [-1.0, 501.0, math.nan, math.inf, True, "100"])
def test_a_load_that_is_none_is_refused(kg: float) -> None:
    with pytest.raises(LiveError, match="0 to 500"):
        SetLoad(kg)


@given(st.binary(max_size=200))
def test_no_line_of_bytes_crashes_the_reading_of_commands(line: bytes) -> None:
    try:
        command_from_json(line)
    except LiveError as error:
        assert "command" in str(error) or "name" in str(error) or "load" in str(error)
