"""What the page ‘Data’ says will happen is what happens at this start and with these settings."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from flask.testing import FlaskClient

from device import backups
from device.accounts import Accounts
from device.moment import Moment
from device.notebook import Notebook
from device.retention import delete_old
from device.settings import Settings, WebSettings
from device.store import Store
from tests.factories import make_rep
from tests.web.conftest import HERE, PASSWORD, Visitor
from web.app import HUB, create_app


@contextmanager
def coach_of(
    database: Path, socket: Path, reading: Literal["coach", "everyone"], demo: bool = False
) -> Iterator[FlaskClient]:
    """The coach, signed in at a page that was started so."""
    page = create_app(database, socket, Settings(web=WebSettings(reading=reading)), demo=demo)
    page.test_client_class = Visitor
    Accounts(database, "rack").choose_first_password(PASSWORD)
    client = page.test_client()
    try:
        entered = client.post("/sign-in/coach", data={"password": PASSWORD}, headers=HERE)
        assert entered.status_code == 303
        yield client
    finally:
        page.extensions[HUB].close()


def said(client: FlaskClient) -> str:
    return html.unescape(client.get("/data").text)


def test_a_period_says_how_many_sessions_it_ends_before_it_ends_them(
    coach: FlaskClient, database: Path
) -> None:
    now = Moment("2026-05-03T12:00:00.000Z", "boot", 1.0, True)
    with Store.open(database, "rack") as store:
        for year in (2001, 2002, 2026):
            moment = Moment(f"{year}-05-01T12:00:00.000Z", "boot", 1.0, True)
            visit = store.start_session(store.lifter("Ann").id, moment=moment)
            store.add_rep(visit, make_rep(1, 1), moment)
    coach.post("/data/retention", data={"months": "240"}, headers=HERE)
    page = said(coach)
    assert "Saved: 2 sessions are older than that, and are deleted for good the next" in page
    assert "2 sessions are older now and go the next time." in page
    assert "2 sessions are older now and go the next time." in said(coach)
    with Notebook.open(database) as notebook:
        assert delete_old(notebook, 240, now) == 2
    assert "older now" not in said(coach)
    coach.post("/data/retention", data={"months": "240"}, headers=HERE)
    assert "Saved: no session is older than that now." in said(coach)


@pytest.mark.parametrize(
    ("demo", "how"), [(False, "systemctl restart racklight-device"), (True, "./setup.sh demo")]
)
def test_a_waiting_backup_says_how_this_start_takes_it_up(
    database: Path, socket_path: Path, session_id: str, demo: bool, how: str
) -> None:
    with coach_of(database, socket_path, "coach", demo) as client:
        client.post("/data/backup", headers=HERE)
        (copy,) = backups.copies(database.parent / "backups")
        form = {"backup": (io.BytesIO(copy.read_bytes()), "copy.sqlite3")}
        assert client.post("/data/restore", data=form, headers=HERE).status_code == 303
        waiting = said(client).split("A backup waits:")[1].split("</form>")[0]
        assert how in waiting
        assert ("racklight-device" in waiting) is not demo


@pytest.mark.parametrize("reading", ["coach", "everyone"])
def test_whether_programs_need_a_token_is_what_the_setting_makes_of_it(
    database: Path,
    socket_path: Path,
    session_id: str,
    reading: Literal["coach", "everyone"],
) -> None:
    with coach_of(database, socket_path, reading) as client:
        without = client.application.test_client().get("/api/v1/lifters").status_code == 200
        assert ("programs read it without one" in said(client)) is without
