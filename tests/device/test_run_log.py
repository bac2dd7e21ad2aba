"""Why the program started and ended, as the event table tells it across runs and boots."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from device.errors import NoCameraError, StoreError
from device.moment import boot_id
from device.records import Cause, EventKind
from device.run_log import RunLog, changed_settings, note_death, why_stopped
from device.settings import CameraSettings, Settings, WinkSettings
from device.store import Store
from device.store_writer import StoreWriter

SYSTEMD = {"INVOCATION_ID": "b1"}
WATCHDOG = {"SERVICE_RESULT": "watchdog", "EXIT_CODE": "killed", "EXIT_STATUS": "ABRT"}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "unit.sqlite3"


def events(database: Path, *kinds: EventKind) -> list[tuple[Any, ...]]:
    wanted = [str(kind) for kind in kinds or (EventKind.START, EventKind.STOP, EventKind.DIED)]
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT kind, reason, text FROM events ORDER BY rowid").fetchall()
    connection.close()
    return [row for row in rows if row[0] in wanted]


def reasons(database: Path) -> list[tuple[str, str]]:
    return [(kind, reason) for kind, reason, _ in events(database)]


def run(
    database: Path,
    end: BaseException | None = None,
    *,
    boot: str | None = None,
    environment: Mapping[str, str] = SYSTEMD,
    settings: Settings | None = None,
    frames: bool = True,
) -> None:
    """One run of the program, from start to end."""
    with (
        suppress(BaseException),
        StoreWriter(database, "rack") as writer,
        RunLog(database, writer, settings or Settings(), environment, boot) as log,
    ):
        if frames:
            log.alive()
        if end is not None:
            raise end


def killed(database: Path, boot: str | None = None) -> None:
    """A run that ends without a word, as by SIGKILL or a power cut."""
    with StoreWriter(database, "rack") as writer:
        RunLog(database, writer, Settings(), SYSTEMD, boot).__enter__()


def test_the_first_start_is_known_as_the_first(database: Path) -> None:
    run(database, SystemExit(0))
    assert reasons(database) == [("start", Cause.FIRST), ("stop", Cause.ASKED)]


@pytest.mark.parametrize(
    ("end", "cause", "said"),
    [
        (SystemExit(0), Cause.ASKED, "SIGTERM"),
        (KeyboardInterrupt(), Cause.BY_HAND, "Ctrl-C"),
        (NoCameraError("Plug it in."), Cause.ERROR, "gave up: Plug it in."),
        (ZeroDivisionError("by zero"), Cause.FAULT, "ZeroDivisionError: by zero"),
        (None, Cause.ENDED, "end of its frames"),
    ],
)
def test_every_stop_says_why_and_so_does_the_next_start(
    database: Path, end: BaseException | None, cause: Cause, said: str
) -> None:
    run(database, end)
    run(database)
    stop, start = events(database)[1:3]
    assert stop[:2] == ("stop", cause)
    assert said in stop[2]
    assert start[:2] == ("start", cause)


def test_an_error_passes_through_the_log(database: Path) -> None:
    with (
        pytest.raises(NoCameraError),
        StoreWriter(database, "rack") as writer,
        RunLog(database, writer, Settings()),
    ):
        raise NoCameraError("Plug it in.")


def test_a_start_from_a_terminal_is_by_hand(database: Path) -> None:
    run(database, SystemExit(0))
    run(database, SystemExit(0), environment={})
    assert reasons(database)[2] == ("start", Cause.BY_HAND)


def test_a_killed_run_is_known_by_its_silence(database: Path) -> None:
    killed(database)
    run(database)
    assert reasons(database)[1] == ("start", Cause.CRASH)


@pytest.mark.parametrize(
    ("result", "cause", "said"),
    [
        ("watchdog", Cause.WATCHDOG, "hung"),
        ("core-dump", Cause.CRASH, "crashed"),
        ("signal", Cause.CRASH, "killed"),
        ("oom-kill", Cause.CRASH, "memory"),
        ("something new", Cause.CRASH, "something new"),
    ],
)
def test_what_systemd_saw_is_noted_and_explains_the_next_start(
    database: Path, result: str, cause: Cause, said: str
) -> None:
    killed(database)
    assert note_death(database, "rack", WATCHDOG | {"SERVICE_RESULT": result})
    run(database)
    assert reasons(database)[1:3] == [("died", cause), ("start", cause)]
    text = events(database, EventKind.DIED)[0][2]
    assert said in text
    assert text.endswith("(ABRT)")


def test_an_orderly_stop_and_a_command_by_hand_are_no_death(database: Path) -> None:
    run(database, SystemExit(0))
    assert not note_death(database, "rack", {"SERVICE_RESULT": "success"})
    assert not note_death(database, "rack", {})
    assert not note_death(database, "rack", {"SERVICE_RESULT": "exit-code"})  # it said why itself
    assert len(events(database)) == 2


def test_a_death_without_a_database_makes_none(database: Path) -> None:
    assert not note_death(database, "rack", WATCHDOG)
    assert not database.exists()


def test_a_death_is_not_noted_in_a_damaged_database(database: Path) -> None:
    database.write_bytes(b"nonsense" * 1000)
    with pytest.raises(StoreError, match="damaged"):
        note_death(database, "rack", WATCHDOG)


def test_a_new_boot_is_a_start_with_the_power(database: Path) -> None:
    run(database, SystemExit(0))
    run(database, boot="another")
    assert events(database)[2][1:] == (
        Cause.POWER_UP,
        "started with the power, after an orderly stop",
    )


def test_a_power_cut_is_told_from_a_shutdown(database: Path) -> None:
    killed(database)
    run(database, boot="another")
    assert events(database)[1][1:] == (
        Cause.POWER_UP,
        "started with the power, which was cut while the unit ran",
    )


def test_failing_every_second_for_the_same_reason_is_noted_once(database: Path) -> None:
    run(database, SystemExit(0))
    for _ in range(20):
        run(database, NoCameraError("No RealSense is plugged in."), frames=False)
    assert reasons(database)[2:] == [("start", Cause.ASKED), ("stop", Cause.ERROR)]
    run(database, NoCameraError("It has no such mode."), frames=False)  # another reason is news
    assert reasons(database)[4:] == [("start", Cause.ERROR), ("stop", Cause.ERROR)]
    run(database, SystemExit(0))
    assert reasons(database)[6:] == [("start", Cause.ERROR), ("stop", Cause.ASKED)]


def test_dying_before_it_can_begin_is_noted_once(database: Path) -> None:
    run(database, SystemExit(0))
    killed(database)
    noted = [note_death(database, "rack", WATCHDOG) for _ in range(10)]
    assert noted == [True] + [False] * 9


def test_changed_settings_are_told_with_their_values_and_once(database: Path) -> None:
    changed = Settings(wink=WinkSettings(threshold_deg=12.0), camera=CameraSettings(fps=60))
    run(database)
    for settings in (changed, changed, Settings(camera=CameraSettings(fps=60))):
        run(database, settings=settings)
    assert [text for _, _, text in events(database, EventKind.SETTINGS)] == [
        "settings changed: camera/fps = 60, wink/threshold_deg = 12.0",
        "settings changed: wink/threshold_deg is at its default again",
    ]


def test_unreadable_details_do_not_stop_the_unit(database: Path) -> None:
    with Store.open(database, "rack") as store:
        for details in ("[1]", "{", None):
            store.add_event(EventKind.SETTINGS, "?", details=details)
    run(database, SystemExit(0))
    assert reasons(database) == [("start", Cause.FIRST), ("stop", Cause.ASKED)]


def test_a_table_that_cannot_be_read_does_not_stop_the_unit(database: Path, tmp_path: Path) -> None:
    with (
        StoreWriter(database, "rack") as writer,
        RunLog(tmp_path / "gone.sqlite3", writer, Settings()),
    ):
        pass
    assert reasons(database)[0] == ("start", Cause.UNKNOWN)


def test_events_keep_the_boot_they_belong_to(database: Path) -> None:
    run(database)
    with sqlite3.connect(database) as connection:
        boots = connection.execute("SELECT DISTINCT boot_id FROM events").fetchall()
    connection.close()
    assert boots == [(boot_id(),)]


def test_default_settings_are_no_change() -> None:
    assert changed_settings(Settings()) == {}


def test_a_fault_names_itself() -> None:
    assert why_stopped(KeyError("x")) == (
        Cause.FAULT,
        "stopped by a fault of the program: KeyError: 'x'",
    )
