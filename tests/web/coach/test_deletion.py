"""A lifter deleted for good while a backup waits that would bring them back."""

from __future__ import annotations

import html
import io
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from device import backups, restoring
from device.store import Store
from tests.rows import rows

HERE = {"Origin": "http://localhost"}


def text_of(page: FlaskClient, address: str) -> str:
    answer = page.get(address)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def lay_ready(database: Path) -> None:
    copy = backups.take(database, database.parent / "backups", "asked", "page")
    assert copy is not None
    restoring.lay_ready(database, io.BytesIO(copy.read_bytes()))


def delete(coach: FlaskClient, key: str, name: str) -> str:
    """The page that the deletion leads to."""
    answer = coach.post(f"/lifters/{key}/delete", data={"name": name}, headers=HERE)
    assert answer.headers["Location"].startswith("/lifters?")
    return str(answer.headers["Location"])


@pytest.fixture
def ann(database: Path, session_id: str) -> str:
    return rows(database, "SELECT id FROM lifters WHERE name = 'Ann'")[0][0]


def test_a_waiting_backup_that_holds_the_lifter_is_named_before_and_after(
    coach: FlaskClient, database: Path, ann: str
) -> None:
    lay_ready(database)
    before = text_of(coach, f"/lifters/{ann}/delete")
    assert "A backup waits to be put back, and Ann is in it" in before
    assert 'href="/data#restore"' in before
    address = delete(coach, ann, "Ann")
    after = text_of(coach, address)
    assert "Deleted for good." in after
    assert "brings everything back when the unit starts" in after
    assert 'href="/data#restore"' in after
    assert 'id="restore"' in text_of(coach, "/data")
    coach.post("/data/restore/call-off", headers=HERE)
    assert "brings everything back" not in text_of(coach, address)


def test_a_waiting_backup_without_the_lifter_is_not_spoken_of(
    coach: FlaskClient, database: Path, ann: str
) -> None:
    lay_ready(database)
    with Store.open(database, "rack") as store:
        later = store.lifter("Later").id
    assert "backup waits" not in text_of(coach, f"/lifters/{later}/delete")
    after = text_of(coach, delete(coach, later, "Later"))
    assert "Deleted for good." in after
    assert "brings everything back" not in after


def test_without_a_waiting_backup_nothing_is_said_of_one(
    coach: FlaskClient, database: Path, ann: str
) -> None:
    assert "backup waits" not in text_of(coach, f"/lifters/{ann}/delete")
    assert "brings everything back" not in text_of(coach, delete(coach, ann, "Ann"))


def test_a_waiting_backup_that_can_not_be_read_holds_nothing_up(
    coach: FlaskClient, database: Path, ann: str
) -> None:
    lay_ready(database)
    (database.parent / "restore" / "next.sqlite3").write_bytes(b"no database")
    assert "backup waits" not in text_of(coach, f"/lifters/{ann}/delete")
    assert "Deleted for good." in text_of(coach, delete(coach, ann, "Ann"))


def test_a_name_that_was_merged_into_the_lifter_counts(database: Path, ann: str) -> None:
    lay_ready(database)
    assert restoring.would_bring_back(database, "another unit's", ["Later", "ANN"])
    assert not restoring.would_bring_back(database, "another unit's", ["Later"])
