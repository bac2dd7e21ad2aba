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
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from device import passwords
from device.accounts import Accounts
from device.commands import Command
from device.live import LiveServer
from device.records import LiveState, Verdict, VerdictName
from device.settings import Settings, WebSettings
from device.store import Store
from tests.factories import make_hidden_rep, make_rep, make_state
from web.app import HUB, create_app
from web.csrf import FIELD, HEADER
from web.identity import Role

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "three plates and a towel"
PIN = "4711"
HERE = {"Origin": "http://localhost"}


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

    def wait_asked(self, last: Command, timeout_s: float = 5.0) -> list[Command]:
        """All that was asked, as soon as `last` is the last of it or time is up."""
        until = time.monotonic() + timeout_s
        while self.asked[-1:] != [last] and time.monotonic() < until:
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


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords that cost a computer next to nothing; how much they cost is not tested here."""
    monkeypatch.setattr(passwords, "USUAL", passwords.Work(n=2))


class Visitor(FlaskClient):
    """A browser that sends the form's token along with each form it sends from the page."""

    def open(self, *args: Any, **given: Any) -> TestResponse:
        headers = given.get("headers") or {}
        if "Origin" in headers and HEADER not in headers:
            with self.session_transaction() as cookie:
                cookie.setdefault(FIELD, "the-token-of-this-visitor")
                given["headers"] = {**headers, HEADER: cookie[FIELD]}
        return super().open(*args, **given)


@pytest.fixture
def app(database: Path, socket_path: Path) -> Iterator[Flask]:
    """A page that everybody may read, as the demo's: no password was chosen."""
    made = create_app(database, socket_path, Settings(web=WebSettings(reading="everyone")))
    made.test_client_class = Visitor
    yield made
    made.extensions[HUB].close()


@pytest.fixture
def page(app: Flask) -> FlaskClient:
    """A visitor who may read everything and change nothing."""
    return app.test_client()


@pytest.fixture
def unit_app(database: Path, socket_path: Path) -> Iterator[Flask]:
    """A unit's page after its set-up, with PASSWORD."""
    made = create_app(database, socket_path, Settings())
    made.test_client_class = Visitor
    Accounts(database, "rack").choose_first_password(PASSWORD)
    yield made
    made.extensions[HUB].close()


@pytest.fixture
def guest(unit_app: Flask) -> FlaskClient:
    """Somebody who has not signed in."""
    return unit_app.test_client()


@pytest.fixture
def coach(unit_app: Flask, database: Path) -> FlaskClient:
    """The coach, signed in."""
    client = unit_app.test_client()
    with client.session_transaction() as cookie:
        key = Accounts(database, "rack").coach_key()
        cookie.update(role=int(Role.COACH), key=key, until=time.time() + 3600)
    return client


@pytest.fixture
def ann(unit_app: Flask, database: Path) -> FlaskClient:
    """Ann, signed in by her PIN."""
    accounts = Accounts(database, "rack")
    with Store.open(database, "rack") as store:
        lifter = store.lifter("Ann").id
    accounts.set_pin(lifter, PIN)
    entered = accounts.lifter_key(lifter)
    assert entered is not None
    client = unit_app.test_client()
    with client.session_transaction() as cookie:
        cookie.update(role=int(Role.LIFTER), key=entered.session_key, lifter=lifter)
        cookie["until"] = time.time() + 3600
    return client


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
    """Runs `python -m web` on a free port, for everybody to read; gives its address."""
    return lambda: served(database, socket_path, "--reading", "everyone")


@pytest.fixture
def serve_unit(database: Path, socket_path: Path) -> Serve:
    """The same as on a unit: before anything else, a password is chosen."""
    return lambda: served(database, socket_path)


@contextmanager
def served(database: Path, socket_path: Path, *more: str) -> Iterator[str]:
    with serving(database, socket_path, *more) as (address, _):
        yield address


@contextmanager
def serving(database: Path, socket_path: Path, *more: str) -> Iterator[tuple[str, int]]:
    """Address and process of a page."""
    command = [sys.executable, "-m", "web", "--host", "127.0.0.1", "--port", "0"]
    command += ["--database", str(database), "--socket", str(socket_path)]
    command += ["--settings", str(database.parent / "none.toml"), *more]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        found = re.search(r"http://\S+:\d+", server.stdout.readline())
        assert found
        yield found.group(), server.pid
    finally:
        server.terminate()
        assert server.wait(10) == 0
        server.stdout.close()
