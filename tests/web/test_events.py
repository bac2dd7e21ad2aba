"""The served page: newest states flow, seats are limited, a taken port is one sentence."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from device.settings import WebSettings
from tests.factories import make_state
from tests.web.browser import CHROMIUM, Browser
from tests.web.conftest import ROOT, Serve, Unit
from web.events import event_stream
from web.hub import LiveHub

VIEWERS = WebSettings().viewers


class Stream:
    """One viewer of `/events`, or of another stream."""

    def __init__(self, address: str, path: str = "/events") -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
        self._connection.request("GET", path)
        self.answer = self._connection.getresponse()

    def next(self) -> dict[str, Any]:
        while True:
            line = self.answer.readline().decode()
            if not line:
                raise EOFError
            if line.startswith("data: {"):
                state: dict[str, Any] = json.loads(line[6:])
                return state

    def until(self, timeout_s: float = 8.0, **wanted: object) -> dict[str, Any]:
        ends = time.monotonic() + timeout_s
        while time.monotonic() < ends:
            state = self.next()
            if all(state[name] == value for name, value in wanted.items()):
                return state
        raise TimeoutError(wanted)

    def close(self) -> None:
        self.answer.close()
        self._connection.close()


def test_the_newest_state_flows(serve: Serve, unit: Unit) -> None:
    with serve() as address:
        stream = Stream(address)
        assert stream.answer.headers["Content-Type"].startswith("text/event-stream")
        stream.until(connected=True, light="off")
        unit.state = make_state(number=2, light="red", phase="bottom")
        begin = time.monotonic()
        state = stream.until(light="red")
        assert time.monotonic() - begin < 1.0
        assert state["headline"] == "Wink"
        assert state["tilt_deg"] == 9.6
        stream.close()


def test_the_unit_going_away_and_coming_back_shows(serve: Serve, socket_path: Path) -> None:
    with serve() as address:
        stream = Stream(address)
        stream.until(connected=False)
        for _ in range(2):
            unit = Unit(socket_path)
            unit.start()
            stream.until(connected=True)
            unit.stop()
            state = stream.until(connected=False)
            assert state["troubles"]
            assert state["light"] == "off"
        stream.close()


def test_the_ninth_viewer_is_told_and_the_page_still_answers(serve: Serve, unit: Unit) -> None:
    with serve() as address, ExitStack() as stack:
        streams = [Stream(address) for _ in range(VIEWERS)]
        for stream in streams:
            stack.callback(stream.close)
            stream.until(connected=True)
        late = Stream(address)
        assert late.answer.status == 503
        assert late.answer.headers["Retry-After"] == "10"
        assert "live pages are open already" in late.answer.read().decode()
        late.close()
        page = http.client.HTTPConnection(urlsplit(address).netloc, timeout=5)
        begin = time.monotonic()
        page.request("GET", "/")
        assert page.getresponse().status == 200
        assert time.monotonic() - begin < 2.0
        page.close()
        streams[0].close()
        assert seat_within(address, 10.0)


def seat_within(address: str, timeout_s: float) -> bool:
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        stream = Stream(address)
        status = stream.answer.status
        stream.close()
        if status == 200:
            return True
        time.sleep(0.1)
    return False


def test_a_stream_beats_when_nothing_happens_and_ends_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.events.HEARTBEAT_S", 0.05)
    hub = LiveHub(tmp_path / "none.sock")
    begin = time.monotonic()
    events = list(event_stream(hub, stream_s=0.6))
    assert 0.5 < time.monotonic() - begin < 3.0
    assert events[0] == "retry: 2000\n\n"
    assert sum(event.startswith("event: beat") for event in events) >= 3
    assert sum(event.startswith("data: ") for event in events) >= 1
    hub.close()


def test_closing_the_page_ends_its_streams(tmp_path: Path) -> None:
    hub = LiveHub(tmp_path / "none.sock")
    stream = event_stream(hub)
    assert next(stream).startswith("retry")
    hub.close()
    assert list(stream) == []


def run_web(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "web", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run_web("--host", "127.0.0.1", "--port", port, "--database", str(tmp_path / "a"))
    assert done.returncode == 7
    assert done.stderr.strip() == (
        f"Port {port} is taken by another program; stop it or set another web/port."
    )


def test_a_host_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    done = run_web("--host", "no such host", "--port", "0", "--database", str(tmp_path / "a"))
    assert done.returncode == 7
    assert "can't listen" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_settings_are_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "racklight.toml"
    file.write_text("[web]\nviewers = 99\n")
    done = run_web("--settings", str(file), "--port", "0")
    assert done.returncode == 2
    assert "web/viewers" in done.stderr


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt install chromium)")
def test_the_red_light_shows_in_a_browser(serve: Serve, unit: Unit) -> None:
    with serve() as address, Browser() as browser:
        browser.open(f"{address}/", width=390)
        browser.wait_for("document.querySelector('#now').dataset.connected === 'yes'")
        assert browser.evaluate("document.documentElement.scrollWidth") == 390
        unit.state = make_state(number=2, light="red", phase="bottom")
        browser.wait_for("document.querySelector('#now').dataset.light === 'red'")
        shown = browser.evaluate(
            "getComputedStyle(document.querySelector('.stage')).backgroundColor"
        )
        assert shown == "rgb(195, 47, 27)"
        assert (
            browser.evaluate("document.querySelector('#lamp').getAttribute('href')") == "#mark-wink"
        )
        assert browser.evaluate("document.querySelector('.stage h1').textContent") == "Wink"
        unit.stop()
        browser.wait_for("document.querySelector('#now').dataset.connected === 'no'")
        assert "unit" in browser.evaluate("document.querySelector('#troubles').textContent")
