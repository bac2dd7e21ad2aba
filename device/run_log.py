"""Why the program started and ended, in the event table, which survives reboots.

    with StoreWriter(file, name) as writer, RunLog(file, writer, settings) as log:
        ...                       # leaving it by an error, SIGTERM or Ctrl-C notes which it was
        log.alive()               # a frame has come

A program that hangs or is killed can't note its end: systemd then runs `racklight off`, which calls
`note_death` with what systemd says of it.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType

from device.database import reading
from device.errors import RacklightError, StoreError
from device.moment import boot_id
from device.records import Cause, EventKind
from device.settings import Settings
from device.store import Store
from device.store_writer import StoreWriter

_OF_RUNS = (EventKind.START, EventKind.STOP, EventKind.DIED)
# systemd.exec(5), SERVICE_RESULT
_DEATHS = {
    "watchdog": (Cause.WATCHDOG, "the program hung, and the watchdog ended it"),
    "timeout": (Cause.WATCHDOG, "the program did not start or stop in time, and systemd ended it"),
    "oom-kill": (Cause.CRASH, "the machine ran out of memory, and the program was killed"),
    "core-dump": (Cause.CRASH, "the program crashed"),
    "signal": (Cause.CRASH, "the program was killed"),
    "exit-code": (Cause.CRASH, "the program failed"),
}
_STARTS = {
    Cause.FIRST: "started for the first time",
    Cause.POWER_UP: "started with the power",
    Cause.WATCHDOG: "started again after the watchdog ended a hung program",
    Cause.CRASH: "started again after a crash",
    Cause.ERROR: "started again after it had given up",
    Cause.FAULT: "started again after a fault of the program",
    Cause.ASKED: "started again after an orderly stop (restart, update or new settings)",
    Cause.ENDED: "started again after the end of a recording",
    Cause.BY_HAND: "started by hand",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One row that tells of a start or an end."""

    kind: str
    reason: str | None
    text: str
    boot_id: str


class RunLog:
    """Notes the start on entering and the end on leaving. `environment` is the process's own."""

    def __init__(
        self,
        database: Path,
        writer: StoreWriter,
        settings: Settings,
        environment: Mapping[str, str] = os.environ,
        boot: str | None = None,
    ) -> None:
        self._writer = writer
        self._settings = settings
        self._database = database
        self._by_systemd = "INVOCATION_ID" in environment
        self._boot = boot_id() if boot is None else boot
        self._before: Event | None = None
        self._waiting: tuple[Cause, str] | None = None  # a start that is not noted yet

    def __enter__(self) -> RunLog:
        try:
            self._before, known = _last(self._database)
        except StoreError:
            self._waiting = (Cause.UNKNOWN, "started; what was before could not be read")
            self.alive()
            return self
        self._waiting = self.why_started()
        if not self._failing_again():
            self.alive()
        note_settings(self._writer, known or {}, self._settings)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        cause, text = why_stopped(error)
        if self._waiting is not None and self._before is not None and text == self._before.text:
            return  # tried again in vain: one note a second would wear the card out
        self.alive()
        self._writer.add_event(EventKind.STOP, text, cause)

    def alive(self) -> None:
        """The unit works: notes the start, if it was held back."""
        if self._waiting is not None:
            cause, text = self._waiting
            self._waiting = None
            self._writer.add_event(EventKind.START, text, cause)

    def why_started(self) -> tuple[Cause, str]:
        """From what the table says of the run before, and whose child this one is."""
        before = self._before
        if before is None:
            return Cause.FIRST, _STARTS[Cause.FIRST]
        if before.boot_id != self._boot:
            cut = before.kind == EventKind.START
            how = "which was cut while the unit ran" if cut else "after an orderly stop"
            return Cause.POWER_UP, f"{_STARTS[Cause.POWER_UP]}, {how}"
        if before.kind == EventKind.START:
            return Cause.CRASH, "started again after a run that ended without a word"
        if before.kind == EventKind.DIED and before.reason in (Cause.WATCHDOG, Cause.CRASH):
            return Cause(before.reason), _STARTS[Cause(before.reason)]
        if not self._by_systemd:
            return Cause.BY_HAND, _STARTS[Cause.BY_HAND]
        known = before.reason in set(Cause)
        cause = Cause(before.reason) if known and before.reason in _STARTS else Cause.ASKED
        return cause, _STARTS[cause]

    def _failing_again(self) -> bool:
        before = self._before
        return before is not None and before.boot_id == self._boot and before.reason == Cause.ERROR


def note_settings(writer: StoreWriter, known: Mapping[str, object], settings: Settings) -> None:
    """Notes what differs from `known`, which is as `changed_settings` gives it."""
    now = changed_settings(settings)
    lines = [
        f"{key} = {now[key]}" if key in now else f"{key} is at its default again"
        for key in sorted({*now, *known})
        if now.get(key) != known.get(key)
    ]
    if lines:
        text = "settings changed: " + ", ".join(lines)
        writer.add_event(EventKind.SETTINGS, text, details=json.dumps(now))


def why_stopped(error: BaseException | None) -> tuple[Cause, str]:
    """The cause and a sentence for what ended the program."""
    match error:
        case None:
            return Cause.ENDED, "stopped at the end of its frames"
        case SystemExit():
            return Cause.ASKED, "stopped because it was asked to (SIGTERM)"
        case KeyboardInterrupt():
            return Cause.BY_HAND, "stopped by hand (Ctrl-C)"
        case RacklightError():
            return Cause.ERROR, f"gave up: {error}"
    return Cause.FAULT, f"stopped by a fault of the program: {type(error).__name__}: {error}"


def note_death(database: Path, unit_name: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Notes what systemd says of a service that did not stop by itself; whether there was any.

    Raises StoreError where it can't be noted. A database that is not there is not made.
    """
    result = environment.get("SERVICE_RESULT", "success")
    if result == "success" or not database.exists():
        return False
    cause, text = _DEATHS.get(result, (Cause.CRASH, f"the program ended: {result}"))
    status = environment.get("EXIT_STATUS")
    text = f"{text} ({status})" if status else text
    before, _ = _last(database)
    if before is not None and before.boot_id == boot_id():
        if before.kind == EventKind.STOP:
            return False  # it could say why itself
        if before.kind == EventKind.DIED and before.text == text:
            return False  # it fails before it can begin, time and again: once is enough
    with Store.open(database, unit_name) as store:
        store.add_event(EventKind.DIED, text, reason=cause)
    return True


def changed_settings(settings: Settings) -> dict[str, object]:
    """`section/key` of every setting that is not at its default."""
    usual = Settings()
    return {
        f"{section.name}/{item.name}": value
        for section in fields(Settings)
        for item in fields(getattr(usual, section.name))
        if (value := getattr(getattr(settings, section.name), item.name))
        != getattr(getattr(usual, section.name), item.name)
    }


def _last(database: Path) -> tuple[Event | None, dict[str, object] | None]:
    """The newest start or end in the table, and the settings of the run before."""
    places = ", ".join("?" * len(_OF_RUNS))
    with reading(database) as connection:
        row = connection.execute(
            f"SELECT kind, reason, text, boot_id FROM events WHERE kind IN ({places})"
            " ORDER BY rowid DESC LIMIT 1",
            [str(kind) for kind in _OF_RUNS],
        ).fetchone()
        known = connection.execute(
            "SELECT details FROM events WHERE kind = ? ORDER BY rowid DESC LIMIT 1",
            (str(EventKind.SETTINGS),),
        ).fetchone()
    return (Event(*row) if row else None), _object(known)


def _object(row: sqlite3.Row | None) -> dict[str, object] | None:
    try:
        found = json.loads(row["details"]) if row else None
    except (TypeError, ValueError):
        return None
    return found if isinstance(found, dict) else None
