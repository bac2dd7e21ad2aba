"""Whatever leaves the unit leaves it in pieces: the page's process never holds it as a whole."""

from __future__ import annotations

import http.client
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from device import backups
from device.accounts import Accounts
from tests.web.conftest import serving
from web.csrf import FIELD
from web.identity import Role

LARGE = 60_000_000  # bytes, of the database and of each answer
MOST_GROWTH = 15_000_000  # bytes; 4 to 5 MB were seen
VISITS = 400
TOKEN = "the-token-of-this-visitor"
BACKUP = "0001-asked-page.sqlite3"


@pytest.fixture
def large(database: Path, session_id: str) -> Path:
    """A database of many visits, each with a very long note; made quickly."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        visit, one_set, rep = (
            dict(connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchone())
            for table in ("sessions", "sets", "reps")
        )
        first = datetime(2024, 1, 1, tzinfo=UTC)
        for number in range(VISITS):
            when = (first + timedelta(days=number)).isoformat(timespec="milliseconds")
            visit["recorded_utc"] = when.replace("+00:00", "Z")
            visit["id"], one_set["id"], rep["id"] = (uuid.uuid4().hex for _ in range(3))
            one_set["session_id"], rep["set_id"] = visit["id"], one_set["id"]
            note = {"session_id": visit["id"], "text": "x" * (LARGE // VISITS)}
            note |= {name: visit[name] for name in STAMP}
            for table, row in (
                ("sessions", visit),
                ("sets", one_set),
                ("reps", rep),
                ("session_notes", note),
            ):
                _add(connection, table, row)
        connection.execute("COMMIT")
    return database


STAMP = ("unit_id", "recorded_utc", "boot_id", "clock_synchronised")


def _add(connection: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    places = ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", row)


class Coach:
    """The coach at a page that runs in a process of its own."""

    def __init__(self, address: str, pid: int, cookie: str) -> None:
        self.pid = pid
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
        self._headers = {"Cookie": f"racklight={cookie}", "Origin": address}

    def ask(self, method: str, path: str) -> http.client.HTTPResponse:
        """The answer, of which nothing was read yet."""
        form = "application/x-www-form-urlencoded"
        headers = self._headers | {"Content-Type": form}
        self._connection.request(method, path, f"{FIELD}={TOKEN}", headers)
        answer = self._connection.getresponse()
        assert answer.status in (200, 303), answer.status
        return answer

    def most_held(self) -> int:
        """The most memory that the process ever had, in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
        return 1024 * int(line.split()[1])

    def worked(self) -> int:
        """Processor time that the process has used, in ticks."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])


@pytest.fixture
def cookie(unit_app: Flask, database: Path) -> str:
    """The coach's."""
    signed = SecureCookieSessionInterface().get_signing_serializer(unit_app)
    assert signed is not None
    key = Accounts(database, "rack").coach_key()
    return str(signed.dumps({"role": int(Role.COACH), "key": key, "until": 1e11, FIELD: TOKEN}))


@pytest.fixture
def at_the_page(large: Path, socket_path: Path, cookie: str) -> Iterator[Coach]:
    with serving(large, socket_path) as (address, pid):
        yield Coach(address, pid, cookie)


def test_an_export_of_everything_is_never_in_memory_and_begins_at_once(at_the_page: Coach) -> None:
    for form in ("csv", "json", "sheet"):
        exported(at_the_page, form)


def exported(at_the_page: Coach, form: str) -> None:
    """One export, and what it cost."""
    at_the_page.ask("GET", f"/data/export?format={form}&to=2024-01-02").read()  # warms up
    held, worked = at_the_page.most_held(), at_the_page.worked()
    answer = at_the_page.ask("GET", f"/data/export?format={form}")
    answer.read(1000)
    first = at_the_page.worked() - worked
    assert drained(answer) > LARGE
    whole = at_the_page.worked() - worked
    assert at_the_page.most_held() - held < MOST_GROWTH
    assert first < whole / 2


def test_a_backup_is_made_and_downloaded_without_being_in_memory(
    at_the_page: Coach, large: Path
) -> None:
    at_the_page.ask("GET", "/data").read()  # warms up
    held = at_the_page.most_held()
    at_the_page.ask("POST", "/data/backup").read()
    copy = large.parent / backups.FOLDER / BACKUP
    assert copy.stat().st_size > LARGE
    assert drained(at_the_page.ask("GET", f"/data/backups/{BACKUP}")) == copy.stat().st_size
    assert at_the_page.most_held() - held < MOST_GROWTH


def drained(answer: http.client.HTTPResponse) -> int:
    """Reads the rest of an answer; how long it was."""
    length = 0
    while piece := answer.read(1 << 16):
        length += len(piece)
    return length
