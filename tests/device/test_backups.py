"""Copies of the database before an update, and the way back to them."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from device import backups, database
from device.errors import StoreError
from device.migrations import MIGRATIONS
from device.store import Store

ROOT = Path(__file__).resolve().parent.parent.parent
NOW = len(MIGRATIONS)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "racklight.sqlite3"
    with Store.open(path, "rack") as store:
        store.lifter("Ann")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def taken(file: Path, folder: Path, release: str = "2") -> Path:
    copy = backups.take(file, folder, "before", release)
    assert copy is not None
    return copy


def lifters(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM lifters ORDER BY name")]


def make_newer(file: Path) -> None:
    """As a later program does: a migration more, and somebody new."""
    with closing(database.open_for_writing(file)) as connection:
        database.upgrade(
            connection, (*MIGRATIONS, "ALTER TABLE lifters ADD COLUMN height_cm REAL;")
        )


def test_a_backup_holds_what_a_running_unit_has_just_written(file: Path, folder: Path) -> None:
    with Store.open(file, "rack") as store:
        store.lifter("Bob")  # still in the journal beside the file
        copy = taken(file, folder, "0.2.0-abcd")
        assert copy.name == "0001-before-0.2.0-abcd.sqlite3"
        store.lifter("Cem")
    assert lifters(copy) == ["Ann", "Bob"]
    assert [path.name for path in folder.iterdir()] == [copy.name]


def test_no_database_means_no_backup(tmp_path: Path, folder: Path) -> None:
    assert backups.take(tmp_path / "none.sqlite3", folder, "before", "2") is None
    assert not folder.exists()


def test_the_newest_backups_are_kept_and_nothing_put_aside_ever_goes(
    file: Path, folder: Path
) -> None:
    backups.take(file, folder, "aside", "1")
    for _ in range(backups.KEPT + 2):
        taken(file, folder)
    numbers = sorted(int(path.name[:4]) for path in folder.iterdir())
    assert numbers == [1, *range(4, backups.KEPT + 4)]


def test_a_damaged_database_is_told_and_leaves_no_half_a_backup(file: Path, folder: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    file.write_bytes(data)
    with pytest.raises(StoreError, match="damaged"):
        backups.take(file, folder, "before", "2")
    assert list(folder.iterdir()) == []


def test_a_folder_that_can_not_be_made_is_told(file: Path) -> None:
    file.with_name("backups").write_text("a file")
    with pytest.raises(StoreError, match="can't be used"):
        backups.take(file, file.with_name("backups"), "before", "2")


def test_the_backup_found_is_the_newest_that_the_older_program_knows(
    file: Path, folder: Path
) -> None:
    taken(file, folder)
    wanted = taken(file, folder)
    make_newer(file)
    newer = taken(file, folder)
    assert backups.newest_for(folder, NOW) == wanted
    assert backups.newest_for(folder, NOW + 1) == newer
    assert backups.newest_for(folder, NOW - 1) is None


def test_a_migration_alone_is_nothing_recorded(file: Path, folder: Path) -> None:
    copy = taken(file, folder)
    make_newer(file)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE units SET name = 'another'")
    assert backups.recorded_since(file, copy) == {}


def test_new_and_changed_rows_are_recorded(file: Path, folder: Path) -> None:
    copy = taken(file, folder)
    with Store.open(file, "rack") as store:
        session = store.start_session(store.lifter("Bob").id)
    assert backups.recorded_since(file, copy) == {"lifters": 1, "sessions": 1}
    copy = taken(file, folder)
    with Store.open(file, "rack") as store:
        store.end_session(session)
        store.add_event("start", "a start is nothing a lifter did")
    assert backups.recorded_since(file, copy) == {"sessions": 1}


def test_rows_of_a_table_that_the_backup_lacks_are_recorded(file: Path, folder: Path) -> None:
    copy = taken(file, folder)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE belts (id TEXT)")
        connection.execute("INSERT INTO belts VALUES ('x')")
    assert backups.recorded_since(file, copy) == {"belts": 1}


def test_a_restored_database_is_one_that_the_older_program_opens(file: Path, folder: Path) -> None:
    copy = taken(file, folder)
    make_newer(file)
    with pytest.raises(StoreError, match="later version"):
        Store.open(file, "rack")
    backups.restore(file, copy)
    assert lifters(copy) == ["Ann"]  # still there
    with Store.open(file, "rack") as store:
        store.lifter("Bob")
    assert lifters(file) == ["Ann", "Bob"]


def test_where_there_was_none_the_database_goes(file: Path) -> None:
    backups.restore(file, None)
    assert list(file.parent.glob("racklight*")) == []


def run(file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "device.backups", str(file), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_setup_can_ask_for_everything(file: Path, folder: Path) -> None:
    assert run(file, "schema").stdout == f"{NOW}\n"
    copy = run(file, "take", "2").stdout.strip()
    assert Path(copy).stat().st_mode & 0o77 == 0
    assert f"schema {NOW}" in run(file, "state").stdout
    make_newer(file)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE lifters SET name = 'Eve'")
    assert run(file, "find", str(NOW)).stdout.strip() == copy
    assert run(file, "since", copy).stdout == "1 lifters\n"
    aside = run(file, "restore", "2", copy).stdout.strip()
    assert Path(aside) == folder / "0002-aside-2.sqlite3"
    assert lifters(file) == ["Ann"]
    assert lifters(Path(aside)) == ["Eve"]


def test_what_fails_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "racklight.sqlite3"
    file.write_text("no database, but long enough to be one" * 100)
    result = run(file, "take", "2")
    assert result.returncode == 5
    assert result.stderr.count("\n") == 1
    assert "damaged or no database" in result.stderr


def test_the_systems_own_python_is_enough() -> None:
    """No package of the environment: it must work for a release whose environment is broken."""
    code = "import sys; sys.modules['numpy'] = None; import device.backups"
    subprocess.run([sys.executable, "-S", "-c", code], check=True, cwd=ROOT)
