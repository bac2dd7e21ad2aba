"""The database: nothing that was announced is lost, and every fault is one sentence."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from device import database
from device.database import open_for_reading
from device.errors import NewerDatabaseError, StoreError
from device.migrations import MIGRATIONS
from device.records import TRACE_COLUMNS, Basis, Onset, Trace, VerdictName
from device.store import EVENTS_KEPT, EVENTS_OF_A_KIND_KEPT, Store
from device.store_writer import StoreWriter
from device.trace_codec import pack_trace, unpack_trace
from tests.factories import make_hidden_rep, make_neutral, make_rep, make_trace

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "racklight.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path, "rack") as opened:
        yield opened


def rows(path: Path, query: str) -> list[sqlite3.Row]:
    connection = open_for_reading(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


# ---------------------------------------------------------------- what is kept


def test_rep_comes_back_as_it_was(store: Store, path: Path) -> None:
    rep = make_rep(wink_deg=14.0)
    store.add_rep(store.start_session(None), rep)
    (row,) = rows(path, "SELECT * FROM reps")
    assert row["wink_deg"] == 14.0
    assert row["verdict"] == VerdictName.WINK
    assert row["basis"] == Basis.LUMBAR
    assert row["onset_10_hip_above_knee_cm"] == -1.3
    assert row["loaded"] == 1
    (trace,) = rows(path, "SELECT data FROM traces")
    np.testing.assert_allclose(
        unpack_trace(trace["data"]).columns["wink_deg"], rep.trace.columns["wink_deg"], atol=0.01
    )


def test_what_was_not_measured_is_null(store: Store, path: Path) -> None:
    store.add_rep(store.start_session(None), make_hidden_rep(loaded=None))
    (row,) = rows(path, "SELECT * FROM reps")
    for name in ("wink_deg", "wink_sd_deg", "basis", "loaded", "onset_5_knee_flexion_deg"):
        assert row[name] is None
    assert row["onset_5_found"] == 0


def test_an_onset_at_an_unknown_place_is_still_an_onset(store: Store, path: Path) -> None:
    store.add_rep(store.start_session(None), make_rep(onset_5=Onset(None, None)))
    (row,) = rows(path, "SELECT onset_5_found, onset_5_knee_flexion_deg FROM reps")
    assert tuple(row) == (1, None)


def test_a_lifter_is_found_whatever_the_case(store: Store) -> None:
    assert store.lifter("Ann  Ö") == store.lifter(" ann ö ")
    assert store.lifter("Bob").id != store.lifter("Ann Ö").id
    with pytest.raises(ValueError, match="name"):
        store.lifter("  ")


def test_a_set_is_made_once_for_its_reps(store: Store, path: Path) -> None:
    session = store.start_session(None)
    for index, number in ((1, 1), (2, 1), (3, 2)):
        store.add_rep(session, make_rep(index, number))
    assert [row["number"] for row in rows(path, "SELECT number FROM sets ORDER BY number")] == [
        1,
        2,
    ]


def test_the_same_rep_twice_is_one_rep(store: Store, path: Path) -> None:
    session = store.start_session(None)
    assert store.add_rep(session, make_rep()) == store.add_rep(session, make_rep())
    assert len(rows(path, "SELECT id FROM reps")) == 1


def test_a_rep_of_an_unknown_session_leaves_nothing(store: Store, path: Path) -> None:
    with pytest.raises(ValueError, match="FOREIGN KEY"):
        store.add_rep("0" * 32, make_rep())
    assert rows(path, "SELECT id FROM sets") == []


def test_undo_keeps_the_rep_but_takes_it_back(store: Store, path: Path) -> None:
    session = store.start_session(None)
    first = store.add_rep(session, make_rep(1))
    second = store.add_rep(session, make_rep(2))
    assert store.last_rep(session) == second
    store.undo_rep(second)
    assert store.last_rep(session) == first
    assert len(rows(path, "SELECT id FROM reps")) == 2


def test_the_latest_neutral_is_kept_with_the_lifter(store: Store) -> None:
    ann, bob = store.lifter("Ann"), store.lifter("Bob")
    assert store.latest_neutral(ann.id) is None
    store.add_neutral(ann.id, make_neutral(4.0))
    store.add_neutral(ann.id, make_neutral(5.0, lumbar_flexion_deg=None))
    store.add_neutral(bob.id, make_neutral(9.0))
    latest = store.latest_neutral(ann.id)
    assert latest is not None
    assert latest.neutral == make_neutral(5.0, lumbar_flexion_deg=None)


def test_only_the_newest_events_are_kept(store: Store, path: Path) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.executemany(
            "INSERT INTO events (id, unit_id, monotonic_s, kind, text, recorded_utc, boot_id,"
            " clock_synchronised) VALUES (?, ?, 0, ?, '', '', '', 0)",
            [(str(number), store.unit_id, f"old {number % 9}") for number in range(EVENTS_KEPT)],
        )
    connection.close()
    store.add_event("start", "version 1")
    kinds = [row["kind"] for row in rows(path, "SELECT kind FROM events ORDER BY rowid")]
    assert len(kinds) == EVENTS_KEPT
    assert kinds[-1] == "start"


def test_one_kind_of_event_does_not_push_out_the_others(store: Store, path: Path) -> None:
    store.add_event("start", "the first", reason="first", details="{}")
    connection = sqlite3.connect(path)
    with connection:
        connection.executemany(
            "INSERT INTO events (id, unit_id, monotonic_s, kind, text, recorded_utc, boot_id,"
            " clock_synchronised) VALUES (?, ?, 0, 'camera lost', '', '', '', 0)",
            [(str(number), store.unit_id) for number in range(EVENTS_OF_A_KIND_KEPT)],
        )
    connection.close()
    for _ in range(3):
        store.add_event("camera lost", "again")
    kept = rows(path, "SELECT kind, count(*) AS number FROM events GROUP BY kind ORDER BY kind")
    assert [tuple(row) for row in kept] == [("camera lost", EVENTS_OF_A_KIND_KEPT), ("start", 1)]
    (start,) = rows(path, "SELECT reason, details FROM events WHERE kind = 'start'")
    assert tuple(start) == ("first", "{}")


def test_events_of_the_first_schema_are_kept_by_the_second(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(f"{MIGRATIONS[0]}; PRAGMA application_id = {database.APPLICATION_ID};")
    connection.execute("PRAGMA user_version = 1")
    connection.execute("INSERT INTO units VALUES ('u', 'rack', '', '', 0)")
    connection.execute("INSERT INTO this_unit VALUES (1, 'u')")
    connection.execute("INSERT INTO events VALUES ('e', 'u', 1.5, 'start', 'on', '', '', 0)")
    connection.commit()
    connection.close()
    with Store.open(path, "rack") as store:
        store.add_event("stop", "off", reason="asked")
    kept = rows(path, "SELECT kind, text, reason FROM events ORDER BY rowid")
    assert [tuple(row) for row in kept] == [("start", "on", None), ("stop", "off", "asked")]


def test_the_unit_keeps_its_id_and_takes_its_new_name(path: Path) -> None:
    names = "SELECT id, name FROM units"
    with Store.open(path, "rack") as store:
        unit = store.unit_id
    with StoreWriter(path, "rack 2") as writer:
        assert [tuple(row) for row in rows(path, names)] == [(unit, "rack 2")]
        writer.name_unit("rack 3")
        assert writer.flush(20)
        with Store.open(path, "rack"):  # a page that was started under the old name
            pass
        assert [tuple(row) for row in rows(path, names)] == [(unit, "rack 3")]


def test_every_table_carries_the_unit(store: Store, path: Path) -> None:
    tables = [row[0] for row in rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert len(tables) >= 9
    for table in set(tables) - {"units"}:
        assert "unit_id" in {row["name"] for row in rows(path, f"PRAGMA table_info({table})")}


def test_a_rep_costs_at_most_25_kib(path: Path) -> None:
    with Store.open(path, "rack") as store:
        session = store.start_session(None)
        store.add_rep(session, make_rep(1))
    before = path.stat().st_size
    with Store.open(path, "rack") as store:
        for index in range(2, 52):
            store.add_rep(session, make_rep(index, index // 5, wink_deg=index % 16))
    assert (path.stat().st_size - before) / 50 <= 25 * 1024


def test_commits_survive_a_power_cut(store: Store) -> None:
    assert store._connection.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL
    assert store._connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert store._connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1


# ---------------------------------------------------------------- traces


def test_a_trace_keeps_angles_to_a_hundredth_and_time_to_a_millisecond() -> None:
    trace = make_trace(wink_deg=12.0, start_s=86_400.0, hole=(0.4, 0.6))
    back = unpack_trace(pack_trace(trace))
    for name in TRACE_COLUMNS:
        limit = {"time_s": 0.5e-3, "hip_height": 0.5e-4}.get(name, 0.5e-2)
        np.testing.assert_allclose(
            back.columns[name], trace.columns[name], rtol=0, atol=1.01 * limit
        )


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 40).flatmap(
        lambda frames: hnp.arrays(
            np.float64,
            (len(TRACE_COLUMNS), frames),
            elements=st.floats(-1e6, 1e6) | st.just(float("nan")),
        )
    )
)
def test_any_trace_comes_back(table: np.ndarray) -> None:
    trace = Trace(dict(zip(TRACE_COLUMNS, table, strict=True)))
    back = unpack_trace(pack_trace(trace))
    for name in TRACE_COLUMNS:
        np.testing.assert_allclose(back.columns[name], trace.columns[name], rtol=0, atol=0.00501)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_damaged_trace_is_refused_or_read_but_never_crashes(place: int, value: int) -> None:
    blob = bytearray(pack_trace(make_trace(duration_s=1.0)))
    changed = value != blob[place % len(blob)]
    blob[place % len(blob)] = value
    if changed:
        with pytest.raises(ValueError, match="trace"):
            unpack_trace(bytes(blob))


def test_an_infinite_value_counts_as_not_known() -> None:
    trace = make_trace()
    trace.columns["wink_deg"][3] = np.inf
    assert np.isnan(unpack_trace(pack_trace(trace)).columns["wink_deg"][3])


# ---------------------------------------------------------------- versions


def schema(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return [tuple(row) for row in connection.execute("SELECT name, sql FROM sqlite_master")]


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS) + 1))
def test_every_earlier_version_is_brought_up_to_date(path: Path, version: int) -> None:
    connection = database._connect(path.as_uri() + "?mode=rwc")
    database.upgrade(connection, MIGRATIONS[:version])
    connection.close()
    with Store.open(path, "rack") as store:
        store.add_rep(store.start_session(None), make_rep())
    connection = open_for_reading(path)
    assert database.schema_version(connection) == len(MIGRATIONS)
    connection.close()


def test_a_migration_keeps_what_was_there(path: Path) -> None:
    with Store.open(path, "rack") as store:
        store.add_rep(store.start_session(None), make_rep())
    connection = database._connect(path.as_uri() + "?mode=rw")
    database.upgrade(connection, [*MIGRATIONS, "ALTER TABLE reps ADD COLUMN note TEXT;"])
    assert database.schema_version(connection) == len(MIGRATIONS) + 1
    assert tuple(connection.execute("SELECT wink_deg, note FROM reps").fetchone()) == (6.0, None)
    connection.close()


def test_a_migration_that_fails_changes_nothing(store: Store, path: Path) -> None:
    connection = database._connect(path.as_uri() + "?mode=rw")
    before = schema(connection)
    with pytest.raises(sqlite3.Error):
        database.upgrade(connection, [*MIGRATIONS, "CREATE TABLE half (a); INSERT INTO nowhere;"])
    assert schema(connection) == before
    assert database.schema_version(connection) == len(MIGRATIONS)
    connection.close()


def test_a_database_of_a_later_version_is_left_alone(path: Path) -> None:
    Store.open(path, "rack").close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(NewerDatabaseError, match="later version"):
        Store.open(path, "rack")
    with pytest.raises(NewerDatabaseError, match="later version"):
        open_for_reading(path)


# ---------------------------------------------------------------- faults


def test_a_file_that_is_no_database_is_named(path: Path) -> None:
    path.write_bytes(b"these are not the bytes of a database" * 100)
    with pytest.raises(StoreError, match=r"damaged.*mv"):
        Store.open(path, "rack")
    assert path.read_bytes().startswith(b"these are not")


def test_a_damaged_database_is_named(path: Path) -> None:
    with Store.open(path, "rack") as store:
        session = store.start_session(None)
        for index in range(1, 30):
            store.add_rep(session, make_rep(index))
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"), Store.open(path, "rack") as store:
        store.add_rep(store.start_session(None), make_rep())


def test_the_database_of_another_program_is_left_alone(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    with pytest.raises(StoreError, match="another program"):
        Store.open(path, "rack")


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="folder"):
        Store.open(tmp_path / "file" / "a.sqlite3", "rack")


def test_a_missing_database_is_no_error_of_sqlite(path: Path) -> None:
    with pytest.raises(StoreError, match="no database"):
        open_for_reading(path)
    assert not path.exists()


def test_a_reader_can_change_nothing(store: Store, path: Path) -> None:
    connection = open_for_reading(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM units")
    connection.close()


_AS_ANOTHER_USER = """
import os, sys
from pathlib import Path
from device.errors import StoreError
from device.store import Store
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)   # root may write anywhere
try:
    Store.open(Path(sys.argv[1]), "rack")
except StoreError as error:
    print(error)
"""


def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    said = run(_AS_ANOTHER_USER, str(folder / "a.sqlite3"))
    assert "can't be" in said
    assert "permissions" in said


def run(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


_UNTIL_FULL = """
import resource, signal, sys, time
from pathlib import Path
from device.errors import StoreError
from device.store_writer import StoreWriter
from tests.factories import make_rep
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with StoreWriter(Path(sys.argv[1]), "rack", retry_s=0.05) as writer:
    session = writer.start_session("Ann")
    assert writer.flush()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, hard))   # the disk is full from here on
    reps = [writer.add_rep(session, make_rep(index)) for index in range(1, 61)]
    until = time.monotonic() + 10
    while writer.problem is None and time.monotonic() < until:
        time.sleep(0.01)
    print(writer.problem)
    print(sum(rep.done() for rep in reps) < 60 and writer.waiting > 0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))      # somebody made space
    print(writer.flush(10), writer.problem, len({rep.result(0) for rep in reps}))
"""


def test_a_full_disk_keeps_reps_waiting_and_loses_none(path: Path) -> None:
    problem, waited, written = run(_UNTIL_FULL, str(path)).splitlines()
    assert "full" in problem
    assert waited == "True"
    assert written == "True None 60"
    assert len(rows(path, "SELECT id FROM reps")) == 60


_WRITE_FOR_EVER = """
import sys
from pathlib import Path
from device.store import Store
from tests.factories import make_rep
with Store.open(Path(sys.argv[1]), "rack") as store:
    session = store.start_session(store.lifter("Ann").id)
    for index in range(1, 100000):
        print(store.add_rep(session, make_rep(index, 1 + index // 5)), flush=True)
"""


def test_kill_9_loses_no_rep_that_was_announced(path: Path) -> None:
    announced: set[str] = set()
    for reps in (1, 4, 9, 15, 22):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITE_FOR_EVER, str(path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        announced |= {writer.stdout.readline().strip() for _ in range(reps)}
        writer.send_signal(signal.SIGKILL)
        announced |= {line.strip() for line in writer.stdout if line.endswith("\n")}
        writer.wait()
        writer.stdout.close()
    Store.open(path, "rack").close()
    assert rows(path, "PRAGMA integrity_check")[0][0] == "ok"
    stored = {row["id"] for row in rows(path, "SELECT id FROM reps")}
    with_trace = {row["rep_id"] for row in rows(path, "SELECT rep_id FROM traces")}
    assert len(announced) >= 51
    assert announced <= stored
    assert stored == with_trace


# ---------------------------------------------------------------- the writer's thread


def test_the_writer_stores_in_order_and_says_when(path: Path) -> None:
    with StoreWriter(path, "rack") as writer:
        session = writer.start_session("Ann")
        first = writer.add_rep(session, make_rep(1))
        second = writer.add_rep(session, make_rep(2))
        assert writer.undo_last_rep(session).result(5) == second.result(5)
        writer.add_neutral("ann", make_neutral()).result(5)
        writer.end_session(session).result(5)
        assert writer.problem is None
    left = rows(path, "SELECT id FROM reps WHERE undone_utc IS NULL")
    assert [row["id"] for row in left] == [first.result(0)]
    assert rows(path, "SELECT ended_utc FROM sessions")[0]["ended_utc"] is not None


def test_nothing_to_undo_is_no_error(path: Path) -> None:
    with StoreWriter(path, "rack") as writer:
        assert writer.undo_last_rep(writer.start_session(None)).result(5) is None


def test_leaving_the_writer_writes_what_is_waiting(path: Path) -> None:
    with StoreWriter(path, "rack") as writer:
        session = writer.start_session(None)
        for index in range(1, 31):
            writer.add_rep(session, make_rep(index))
    assert len(rows(path, "SELECT id FROM reps")) == 30


def test_a_locked_database_never_holds_up_the_caller(path: Path) -> None:
    with StoreWriter(path, "rack") as writer:
        session = writer.start_session(None)
        assert writer.flush()
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        rep = writer.add_rep(session, make_rep())
        assert not writer.flush(0.2)
        assert not rep.done()
        other.execute("ROLLBACK")
        other.close()
        assert rep.result(10)


def _comes(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while not (found := true()) and time.monotonic() < until:
        time.sleep(0.01)
    return found


def test_a_database_that_is_taken_away_is_told_and_not_made_anew(path: Path) -> None:
    aside = path.parent / "aside"
    aside.mkdir()
    with StoreWriter(path, "rack", retry_s=0.05) as writer:
        session = writer.start_session("Ann")
        writer.add_rep(session, make_rep(1)).result(5)
        for file in path.parent.glob("racklight.sqlite3*"):
            file.rename(aside / file.name)
        assert _comes(lambda: writer.problem is not None)  # before there is anything to write
        assert "was removed" in (writer.problem or "")
        rep = writer.add_rep(session, make_rep(2))
        assert not writer.flush(0.2)
        assert not path.exists()
        for file in aside.iterdir():
            file.rename(path.parent / file.name)
        assert rep.result(10)
        assert _comes(lambda: writer.problem is None)
    assert len(rows(path, "SELECT id FROM reps")) == 2


def test_a_database_that_is_taken_away_for_a_moment_is_forgotten(path: Path) -> None:
    with StoreWriter(path, "rack", retry_s=0.05) as writer:
        path.rename(path.with_name("aside"))
        assert _comes(lambda: writer.problem is not None)
        path.with_name("aside").rename(path)
        assert _comes(lambda: writer.problem is None)


def test_what_takes_the_place_of_the_database_is_written_from_then_on(path: Path) -> None:
    with StoreWriter(path, "rack", retry_s=0.05) as writer:
        assert writer.flush()
        path.with_name("other").write_bytes(b"")
        for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            file.unlink(missing_ok=True)
        path.with_name("other").rename(path)
        assert writer.add_rep(writer.start_session("Ann"), make_rep()).result(10)
    assert len(rows(path, "SELECT id FROM reps")) == 1


def test_a_mistake_in_one_write_does_not_stop_the_others(path: Path) -> None:
    with StoreWriter(path, "rack") as writer:
        bad = writer.add_rep("0" * 32, make_rep())
        good = writer.add_rep(writer.start_session(None), make_rep())
        with pytest.raises(ValueError, match="FOREIGN KEY"):
            bad.result(5)
        assert good.result(5)


def test_a_database_that_can_never_be_used_is_refused_at_once(path: Path) -> None:
    path.write_bytes(b"no database" * 500)
    with pytest.raises(StoreError, match="damaged"), StoreWriter(path, "rack"):
        pass


def test_a_rep_is_stamped_when_it_happened(path: Path, store: Store) -> None:
    from device.moment import moment_now

    then = replace(moment_now(), utc="2026-01-02T03:04:05.678Z", clock_synchronised=False)
    store.add_rep(store.start_session(None), make_rep(), then)
    (row,) = rows(path, "SELECT recorded_utc, clock_synchronised, boot_id FROM reps")
    assert tuple(row) == ("2026-01-02T03:04:05.678Z", 0, then.boot_id)
