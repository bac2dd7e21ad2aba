"""Merging, taking that back, deleting for good, and what a retention period deletes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from device.accounts import Accounts
from device.errors import NotebookError
from device.lifter_book import add, delete_lifter, merge, undo_merge
from device.moment import Moment, moment_now
from device.notebook import Notebook
from device.retention import delete_old, keep_for, months_kept
from device.store import Store
from tests.factories import make_neutral, make_rep
from tests.rows import rows

SECRET = "Zacharias-Quixote"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "racklight.sqlite3"
    with Store.open(path, "rack") as store:
        for name in ("Ann", SECRET, "Bo"):
            lifter = store.lifter(name).id
            store.add_neutral(lifter, make_neutral())
            for _ in range(2):
                store.add_rep(store.start_session(lifter), make_rep())
    return path


def id_of(path: Path, name: str) -> str:
    return str(rows(path, f"SELECT id FROM lifters WHERE name = '{name}'")[0][0])


def sessions_of(path: Path, name: str) -> int:
    counted = f"SELECT count(*) FROM sessions WHERE lifter_id = '{id_of(path, name)}'"
    return int(str(rows(path, counted)[0][0]))


def test_a_merge_moves_everything_and_the_old_name_leads_on(
    notebook: Notebook, database: Path
) -> None:
    assert merge(notebook, id_of(database, "Bo"), "ann") == id_of(database, "Ann")
    assert (sessions_of(database, "Ann"), sessions_of(database, "Bo")) == (4, 0)
    with Store.open(database, "rack") as store:
        assert store.lifter("bo").name == "Ann"
        assert store.latest_neutral(store.lifter("Bo").id) is not None
    assert rows(database, "SELECT action FROM audit") == [("merge",)]


def test_names_lead_on_through_several_merges(notebook: Notebook, database: Path) -> None:
    merge(notebook, id_of(database, "Bo"), "Ann")
    merge(notebook, id_of(database, "Ann"), SECRET)
    with Store.open(database, "rack") as store:
        assert store.lifter("Bo").name == SECRET
    with pytest.raises(NotebookError, match="same lifter"):
        merge(notebook, id_of(database, SECRET), "Bo")
    with pytest.raises(NotebookError, match="no such lifter"):
        merge(notebook, id_of(database, "Bo"), SECRET)


def test_a_merge_is_taken_back_once_and_later_sessions_stay(
    notebook: Notebook, database: Path
) -> None:
    bo = id_of(database, "Bo")
    merge(notebook, bo, "Ann")
    with Store.open(database, "rack") as store:
        store.start_session(store.lifter("Bo").id)  # Ann's now
    (key,) = rows(database, "SELECT id FROM merges")[0]
    assert undo_merge(notebook, str(key)) == bo
    assert (sessions_of(database, "Ann"), sessions_of(database, "Bo")) == (3, 2)
    with Store.open(database, "rack") as store:
        assert store.lifter("Bo").id == bo
    with pytest.raises(NotebookError, match="taken back already"):
        undo_merge(notebook, str(key))


def test_deleting_needs_the_name_in_whatever_case(notebook: Notebook, database: Path) -> None:
    for typed in ("", "Zacharias", "Ann"):
        with pytest.raises(NotebookError, match=f"type the name: {SECRET}"):
            delete_lifter(notebook, id_of(database, SECRET), typed)
    assert sessions_of(database, SECRET) == 2
    delete_lifter(notebook, id_of(database, SECRET), f" {SECRET.lower()} ")
    assert rows(database, f"SELECT id FROM lifters WHERE name = '{SECRET}'") == []


def test_a_lifter_is_added_once_and_before_any_visit(notebook: Notebook, database: Path) -> None:
    added = add(notebook, " Cid   the  Kid ")
    assert id_of(database, "Cid the Kid") == added
    for name, said in (("cid the kid", "already"), (" ", "Type"), ("x" * 41, "at most 40")):
        with pytest.raises(NotebookError, match=said):
            add(notebook, name)
    with Store.open(database, "rack") as store:
        assert store.lifter("CID THE KID").id == added


def test_a_deleted_lifter_leaves_no_byte_and_others_keep_theirs(
    database: Path, notebook: Notebook
) -> None:
    Accounts(database, "rack").set_pin(id_of(database, SECRET), "4711")
    session = rows(
        database, f"SELECT id FROM sessions WHERE lifter_id = '{id_of(database, SECRET)}'"
    )[0][0]
    notebook.write_session(str(session), f"{SECRET} was tired")
    merge(notebook, id_of(database, "Bo"), SECRET)
    gone = delete_lifter(notebook, id_of(database, SECRET), SECRET)
    assert (gone.sessions, gone.reps) == (4, 4)
    assert rows(database, "SELECT name FROM lifters") == [("Ann",)]
    for table, left in (("sessions", 2), ("reps", 2), ("traces", 2), ("neutrals", 1)):
        assert rows(database, f"SELECT count(*) FROM {table}") == [(left,)], table
    for table in ("session_notes", "merges", "merged_sessions", "lifter_access"):
        assert rows(database, f"SELECT count(*) FROM {table}") == [(0,)], table
    assert rows(database, "PRAGMA foreign_key_check") == []
    for file in database.parent.iterdir():
        assert SECRET.encode() not in file.read_bytes(), file
    kept = rows(database, "SELECT actor, text FROM audit WHERE action = 'delete'")
    assert kept == [("coach", "a lifter deleted for good: sessions 4, reps 4")]


def test_every_table_that_points_at_a_lifter_has_an_index_for_it(database: Path) -> None:
    """Otherwise a deletion would read whole tables while the unit wants to write."""
    pointing = rows(
        database,
        "SELECT t.name, k.'from' FROM sqlite_master AS t"
        " JOIN pragma_foreign_key_list(t.name) AS k WHERE t.type = 'table'"
        " AND k.'table' IN ('lifters', 'sessions', 'sets', 'reps', 'neutrals', 'merges')",
    )
    assert len(pointing) > 12
    for table, column in pointing:
        plan = rows(database, f"EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE {column} = 'x'")
        assert "SEARCH" in str(plan[0][3]), (table, column)


def long_ago(years: float, synchronised: bool = True) -> Moment:
    now = moment_now()
    year = int(now.utc[:4]) - int(years)
    return replace(now, utc=f"{year}{now.utc[4:]}", clock_synchronised=synchronised)


def test_what_is_older_than_the_period_is_deleted(notebook: Notebook, database: Path) -> None:
    with Store.open(database, "rack") as store:
        ann = store.lifter("Ann").id
        for synchronised in (True, False):
            old = long_ago(3, synchronised)
            store.add_rep(store.start_session(ann, moment=old), make_rep(), old)
    now = replace(moment_now(), clock_synchronised=True)
    assert delete_old(notebook, 24, now) == 1
    assert sessions_of(database, "Ann") == 3  # the one of an unknown time is kept
    assert rows(database, "SELECT actor, text FROM audit") == [
        ("unit", "sessions older than 24 months deleted for good: 1")
    ]
    assert delete_old(notebook, 24, now) == 0


def test_a_unit_that_does_not_know_the_time_deletes_nothing(
    notebook: Notebook, database: Path
) -> None:
    ahead = replace(long_ago(-50), clock_synchronised=False)
    assert delete_old(notebook, 1, ahead) == 0
    assert sessions_of(database, "Ann") == 2


def test_the_period_is_set_and_lifted(notebook: Notebook, database: Path) -> None:
    assert months_kept(database) is None
    keep_for(notebook, 24)
    assert months_kept(database) == 24
    for bad in (0, -3, 241):
        with pytest.raises(NotebookError):
            keep_for(notebook, bad)
    assert months_kept(database) == 24
    keep_for(notebook, None)
    assert months_kept(database) is None
