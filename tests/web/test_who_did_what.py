"""‘Who did what’ on the Settings page: in words, and on one clock."""

from __future__ import annotations

import html
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.rows import rows
from tests.web.conftest import HERE


@pytest.fixture
def five_hours_behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The unit's clock face is not Greenwich's."""
    monkeypatch.setenv("TZ", "XST5")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def log_of(coach: FlaskClient) -> list[str]:
    page = html.unescape(coach.get("/settings").text)
    return re.findall(r"</b><span>(.*?)</span>", page.partition("Who did what")[2])


def test_times_in_the_log_are_the_pages_own(
    five_hours_behind: None, coach: FlaskClient, database: Path, session_id: str
) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE sessions SET recorded_utc = '2026-03-04T02:30:00.000Z'")
    key = rows(database, "SELECT id FROM sets WHERE number = 1")[0][0]
    coach.post(f"/sets/{key}/notes", data={"kg": "82.5"}, headers=HERE)
    coach.get(f"/data/sessions/{session_id}.csv")
    downloaded, corrected, *_ = log_of(coach)
    assert corrected.startswith("Corrected: set 1 of Tue 03 Mar 2026, 21:30: ")
    assert downloaded == "Downloaded: Ann, Tue 03 Mar 2026, 21:30 as CSV."


def test_a_copy_in_the_log_is_named_as_the_data_page_names_it(
    five_hours_behind: None, coach: FlaskClient, database: Path, session_id: str
) -> None:
    coach.post("/data/backup", headers=HERE)
    shown = re.search(r'href="(/data/backups/[^"]+)" download>([^<]+)<', coach.get("/data").text)
    assert shown
    coach.get(shown[1])
    assert log_of(coach)[0] == f"Backup: the copy of {shown[2]} downloaded."


@pytest.mark.parametrize("text", ["2026-99-01 10:00 UTC", "2026-99-01 10:00"])
def test_what_only_looks_like_a_time_is_left_as_it_is(
    coach: FlaskClient, database: Path, session_id: str, text: str
) -> None:
    coach.post("/data/backup", headers=HERE)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE audit SET text = ? WHERE action = 'backup'", (text,))
    assert log_of(coach)[0] == f"Backup: {text}."
