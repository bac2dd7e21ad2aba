"""A database with a session in it, a unit that tells states, and a page over both."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from device.commands import Command
from device.live import LiveServer
from device.records import LiveState, Verdict, VerdictName
from device.settings import Settings
from device.store import Store
from tests.factories import make_hidden_rep, make_rep, make_state
from web.app import HUB, create_app

ROOT = Path(__file__).resolve().parents[2]


class Unit:
    """Tells its state 30 times a second, as the device does, from a thread of its own."""

    def __init__(self, path: Path) -> None:
        self.state = make_state()
        self.asked: list[Command] = []
        self._path = path
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with LiveServer(self._path) as server:
            while not self._stop.wait(1 / 30):
                server.publish(self.state)
                self.asked += server.commands()

    def wait_asked(self, timeout_s: float = 5.0) -> list[Command]:
        until = time.monotonic() + timeout_s
        while not self.asked and time.monotonic() < until:
            time.sleep(0.01)
        return self.asked


@pytest.fixture
def socket_path(tmp_path: Path) -> Path:
    return tmp_path / "live.sock"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "racklight.sqlite3"


@pytest.fixture
def session_id(database: Path) -> str:
    """Ann's session: two sets, with a wink, a hidden, a partial and an undone rep."""
    with Store.open(database, "rack") as store:
        session = store.start_session(store.lifter("Ann").id)
        store.add_rep(session, make_rep(1, 1, wink_deg=4.0))
        store.add_rep(session, make_hidden_rep(2, 1, loaded=None))
        store.add_rep(session, make_rep(3, 2, wink_deg=14.0, loaded=False))
        partial = Verdict(VerdictName.PARTIAL, "the knees bent 52 degrees only")
        store.add_rep(session, make_rep(4, 2, wink_deg=2.0, verdict=partial))
        store.undo_rep(store.add_rep(session, make_rep(5, 2, wink_deg=33.0)))
    return session


@pytest.fixture
def app(database: Path, socket_path: Path) -> Iterator[Flask]:
    made = create_app(database, socket_path, Settings())
    yield made
    made.extensions[HUB].close()


@pytest.fixture
def page(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def unit(socket_path: Path) -> Iterator[Unit]:
    running = Unit(socket_path)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def heard(app: Flask, unit: Unit) -> Callable[[LiveState], None]:
    """Has the unit tell a state, and waits until the page knows it."""

    def tell(state: LiveState) -> None:
        unit.state = state
        until = time.monotonic() + 5
        while app.extensions[HUB].newest().state != state:
            assert time.monotonic() < until, "the page never heard of the state"
            time.sleep(0.01)

    return tell


Serve = Callable[[], AbstractContextManager[str]]


@pytest.fixture
def serve(database: Path, socket_path: Path) -> Serve:
    """Runs `python -m web` on a free port; gives its address."""

    @contextmanager
    def served() -> Iterator[str]:
        command = [sys.executable, "-m", "web", "--host", "127.0.0.1", "--port", "0"]
        command += ["--database", str(database), "--socket", str(socket_path)]
        command += ["--settings", str(database.parent / "none.toml")]
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        try:
            found = re.search(r"http://\S+:\d+", server.stdout.readline())
            assert found
            yield found.group()
        finally:
            server.terminate()
            assert server.wait(10) == 0
            server.stdout.close()

    return served
