"""An uploaded backup: checked, laid ready, taken up at the unit's next start."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from device import audit, backups, lifter_book, restored, restoring
from device.accounts import Accounts
from device.api_tokens import ApiTokens
from device.errors import StoreError
from device.migrations import MIGRATIONS
from device.notebook import Notebook
from device.store import Store
from tests.factories import make_rep

OLD, NEW = "one plate and a towel", "three plates and a towel"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A unit with Ann's rep and the old password; later Bob and the new password come."""
    path = tmp_path / "racklight.sqlite3"
    with Store.open(path, "rack") as store:
        store.add_rep(store.start_session(store.lifter("Ann").id), make_rep())
    return path


@pytest.fixture
def backup(file: Path) -> bytes:
    Accounts(file, "rack").choose_first_password(OLD)
    ApiTokens(file, "rack").make("revoked later")
    copy = backups.take(file, file.parent / "backups", "asked", "page")
    assert copy is not None
    return copy.read_bytes()


@pytest.fixture
def later(file: Path, backup: bytes) -> Path:
    with Store.open(file, "rack") as store:
        store.lifter("Bob")
    from device.audit import Actor

    Accounts(file, "rack").change_password(NEW, Actor.COACH)
    return file


def lifters(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM lifters ORDER BY name")]


def newest_session(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return str(connection.execute("SELECT max(recorded_utc) FROM sessions").fetchone()[0])


def refused(file: Path, content: bytes) -> str:
    with pytest.raises(StoreError) as told:
        restoring.lay_ready(file, io.BytesIO(content))
    assert not restoring.waits(file)
    assert list((file.parent / "restore").iterdir()) == []
    return str(told.value)


def changed(tmp_path: Path, backup: bytes, script: str) -> bytes:
    other = tmp_path / "changed.sqlite3"
    other.write_bytes(backup)
    with closing(sqlite3.connect(other)) as connection:
        connection.executescript(script)
    return other.read_bytes()


def test_laying_ready_tells_what_is_in_it_and_changes_nothing(later: Path, backup: bytes) -> None:
    found = restoring.lay_ready(later, io.BytesIO(backup))
    assert (found.unit_name, found.sessions, found.reps, found.lifters) == ("rack", 1, 1, 1)
    assert restoring.waiting(later) == found
    assert lifters(later) == ["Ann", "Bob"]


def test_a_second_name_of_the_same_person_is_no_lifter_of_the_backup(file: Path) -> None:
    with Store.open(file, "rack") as store:
        second = store.lifter("Annie").id
    with Notebook.open(file) as notebook:
        lifter_book.merge(notebook, second, "Ann")
    copy = backups.take(file, file.parent / "backups", "asked", "page")
    assert copy is not None
    assert lifters(copy) == ["Ann", "Annie"]
    assert restoring.lay_ready(file, io.BytesIO(copy.read_bytes())).lifters == 1


def test_the_next_start_puts_it_back_and_keeps_what_was_there(later: Path, backup: bytes) -> None:
    restoring.lay_ready(later, io.BytesIO(backup))
    told = restoring.take_up(later, "rack")
    assert lifters(later) == ["Ann"]
    (aside,) = [path for path in backups.copies(later.parent / "backups") if "aside" in path.name]
    assert aside.name in told
    assert lifters(aside) == ["Ann", "Bob"]
    assert not restoring.waits(later)
    assert audit.newest(later)[0].action == "restore"
    done = restored.told(later)
    assert done is not None
    assert done.kept == aside.name
    assert done.newest_utc == newest_session(aside)  # Bob was never at the rack
    assert audit.newest(later)[0].utc <= done.utc


def test_the_present_password_stays_and_nobody_stays_signed_in(later: Path, backup: bytes) -> None:
    accounts = Accounts(later, "rack")
    before = accounts.coach_key()
    restoring.lay_ready(later, io.BytesIO(backup))
    restoring.take_up(later, "rack")
    assert accounts.coach_enters(OLD) is None
    assert accounts.coach_enters(NEW) is not None
    assert accounts.coach_key() != before


def test_tokens_of_the_backup_open_nothing(later: Path, backup: bytes) -> None:
    restoring.lay_ready(later, io.BytesIO(backup))
    restoring.take_up(later, "rack")
    assert ApiTokens(later, "rack").all() == []


def test_a_power_cut_before_the_end_only_does_it_again(
    later: Path, backup: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    restoring.lay_ready(later, io.BytesIO(backup))

    def cut(database: Path) -> None:
        raise SystemExit

    with monkeypatch.context() as power:
        power.setattr(restoring, "call_off", cut)
        with pytest.raises(SystemExit):
            restoring.take_up(later, "rack")
    restoring.take_up(later, "rack")
    assert lifters(later) == ["Ann"]
    assert Accounts(later, "rack").coach_enters(NEW) is not None


def test_a_page_that_has_the_database_open_does_not_hinder_it(later: Path, backup: bytes) -> None:
    restoring.lay_ready(later, io.BytesIO(backup))
    with closing(sqlite3.connect(later)) as page:
        assert page.execute("SELECT count(*) FROM lifters").fetchone() == (2,)
        restoring.take_up(later, "rack")
        assert page.execute("SELECT count(*) FROM lifters").fetchone() == (1,)


def test_a_backup_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path, file: Path) -> None:
    old = tmp_path / "old.sqlite3"
    with closing(sqlite3.connect(old)) as connection:
        connection.executescript(MIGRATIONS[0])
        connection.executescript(
            "PRAGMA application_id = 0x5241434B; PRAGMA user_version = 1;"
            "INSERT INTO units VALUES ('u', 'old rack', '2025-01-01T00:00:00.000Z', 'b', 1);"
            "INSERT INTO this_unit VALUES (1, 'u');"
        )
    restoring.lay_ready(file, io.BytesIO(old.read_bytes()))
    restoring.take_up(file, "rack")
    assert backups.schema_of(file) == len(MIGRATIONS)
    assert lifters(file) == []


def test_a_damaged_database_gives_way(later: Path, backup: bytes) -> None:
    restoring.lay_ready(later, io.BytesIO(backup))
    later.write_bytes(b"SQLite format 3\0" + b"rubbish" * 4000)
    told = restoring.take_up(later, "rack")
    assert "racklight.sqlite3.damaged" in told
    assert lifters(later) == ["Ann"]


def test_called_off_nothing_waits(later: Path, backup: bytes) -> None:
    restoring.lay_ready(later, io.BytesIO(backup))
    restoring.call_off(later)
    assert restoring.waiting(later) is None


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(5000)])
def test_what_is_no_database_is_refused(file: Path, content: bytes) -> None:
    assert "backup" in refused(file, content)


def test_a_damaged_backup_is_refused(file: Path, backup: bytes) -> None:
    assert "damaged" in refused(file, backup[: len(backup) // 2])
    assert "damaged" in refused(file, backup[:8192] + b"\xff" * 4096 + backup[12288:])


def test_a_backup_of_a_later_version_is_refused(tmp_path: Path, file: Path, backup: bytes) -> None:
    later = changed(tmp_path, backup, f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    assert "update the unit first" in refused(file, later)


def test_another_programs_database_is_refused(tmp_path: Path, file: Path, backup: bytes) -> None:
    other = changed(tmp_path, backup, "PRAGMA application_id = 7")
    assert "another program" in refused(file, other)


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TRIGGER t AFTER INSERT ON reps BEGIN DELETE FROM audit; END",
        "CREATE VIEW v AS SELECT 1",
        "DROP INDEX audit_by_time",
        "ALTER TABLE lifters ADD COLUMN more TEXT",
    ],
)
def test_tables_that_no_unit_makes_are_refused(
    tmp_path: Path, file: Path, backup: bytes, script: str
) -> None:
    assert "other tables" in refused(file, changed(tmp_path, backup, script))


def test_rows_that_lack_their_parents_are_refused(
    tmp_path: Path, file: Path, backup: bytes
) -> None:
    orphan = changed(tmp_path, backup, "PRAGMA foreign_keys=OFF; DELETE FROM lifters")
    assert "incomplete" in refused(file, orphan)


def test_the_unit_starts_whether_or_not_the_backup_can_be_taken_up(
    later: Path,
    backup: bytes,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from device.__main__ import _put_back
    from device.settings import Settings

    monkeypatch.setenv("RACKLIGHT_STATE", str(later.parent))
    _put_back(Settings())
    assert capsys.readouterr().err == ""
    restoring.lay_ready(later, io.BytesIO(backup))
    (later.parent / "restore" / "next.sqlite3").write_bytes(b"torn")
    _put_back(Settings())
    assert "was not put back" in capsys.readouterr().err
    assert lifters(later) == ["Ann", "Bob"]
    restoring.lay_ready(later, io.BytesIO(backup))
    _put_back(Settings())
    assert "A backup was put back (sessions: 1)" in capsys.readouterr().err
    assert lifters(later) == ["Ann"]
