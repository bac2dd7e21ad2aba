"""What the unit remembers: lifters, neutrals, sessions, sets, reps with their traces, events.

    with Store.open(database_file(), "rack") as store:
        session = store.start_session(store.lifter("Ann").id)
        store.add_rep(session, rep)

Every method is one transaction and raises StoreError with the fix where the disk or the file
fails; nothing half-written stays. A method that was interrupted may simply be called again. A
Store belongs to the thread that opened it; `store_writer.StoreWriter` keeps one in a thread of
its own, so that the light never waits for the disk. What has a `moment` is stamped with it: the
time it happened, which may be before it could be written.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from device.database import open_for_writing, sentences, transaction
from device.moment import Moment, moment_now
from device.records import Neutral, NeutralSource, Rep
from device.trace_codec import pack_trace

EVENTS_KEPT = 5000
EVENTS_OF_A_KIND_KEPT = 1000

# A merged lifter's name leads to the one it was merged into, however often.
WHO_IS = """
WITH RECURSIVE same (id) AS (
    SELECT id FROM lifters WHERE unit_id = :unit_id AND name_key = :name_key
    UNION
    SELECT lifters.merged_into FROM same JOIN lifters ON lifters.id = same.id
    WHERE lifters.merged_into IS NOT NULL
)
SELECT lifters.id, lifters.name FROM same JOIN lifters ON lifters.id = same.id
WHERE lifters.merged_into IS NULL
"""

_REP_VALUES = (
    "start_s",
    "bottom_s",
    "end_s",
    "knee_flexion_left_deg",
    "knee_flexion_right_deg",
    "hip_above_knee_cm",
    "trunk_lean_deg",
    "shin_lean_left_deg",
    "shin_lean_right_deg",
    "anterior_pelvic_tilt_peak_deg",
    "anterior_pelvic_tilt_bottom_deg",
    "lumbar_flexion_bottom_deg",
    "wink_deg",
    "wink_sd_deg",
    "wink_at_parallel_deg",
    "wink_rate_deg_per_cm",
    "basis",
    "loaded",
    "load_source",
    "load_kg",
    "neutral_source",
    "threshold_deg",
    "exercise",
)


@dataclass(frozen=True, slots=True)
class LifterRow:
    """One lifter."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class StoredNeutral:
    """A neutral and the day it was taken."""

    neutral: Neutral
    recorded_utc: str


def new_id() -> str:
    """A key that no other unit will ever make."""
    return uuid.uuid4().hex


class Store:
    """The writing side of the database. Made by `Store.open`."""

    def __init__(self, path: Path, connection: sqlite3.Connection, unit_id: str) -> None:
        self.path = path
        self.unit_id = unit_id
        self._connection = connection

    @classmethod
    def open(cls, path: Path, unit_name: str, make: bool = True) -> Store:
        """Opens the database, makes it (unless `make` forbids it) or brings it up to date.

        Raises NewerDatabaseError for a file of a later version, StoreError for one that is
        damaged, not ours, or can't be written.
        """
        connection = open_for_writing(path, make)
        try:
            with sentences(path), transaction(connection):
                unit_id = _this_unit(connection, unit_name)
        except BaseException:
            connection.close()
            raise
        return cls(path, connection, unit_id)

    @property
    def connection(self) -> sqlite3.Connection:
        """For the other files of the store's family: what they write is a transaction there."""
        return self._connection

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; what was committed is safe with or without it."""
        with sentences(self.path):
            self._connection.close()

    def lifter(self, name: str) -> LifterRow:
        """The lifter of that name, whatever its case; made if new. Raises ValueError if empty.

        A name that was merged into another lifter's leads to that lifter.
        """
        shown = " ".join(name.split())
        if not shown:
            raise ValueError("a lifter needs a name")
        key = shown.casefold()
        with self._transaction():
            self._insert("lifters", {"id": new_id(), "name": shown, "name_key": key}, moment_now())
            row = self._connection.execute(
                WHO_IS, {"unit_id": self.unit_id, "name_key": key}
            ).fetchone()
        return LifterRow(row["id"], row["name"])

    def start_session(
        self, lifter_id: str | None, session_id: str | None = None, moment: Moment | None = None
    ) -> str:
        """Begins a visit and returns its id: the given one, if it must be known beforehand."""
        key = session_id or new_id()
        with self._transaction():
            self._insert("sessions", {"id": key, "lifter_id": lifter_id}, moment or moment_now())
        return key

    def end_session(self, session_id: str, moment: Moment | None = None) -> None:
        """Ends a visit; ending it again changes nothing."""
        ended = (moment or moment_now()).utc
        with self._transaction():
            self._connection.execute(
                "UPDATE sessions SET ended_utc = coalesce(ended_utc, ?) WHERE id = ?",
                (ended, session_id),
            )

    def add_rep(self, session_id: str, rep: Rep, moment: Moment | None = None) -> str:
        """Writes a rep, its set if new, and its trace; returns the rep's id.

        The id follows from set, number and start: the same rep again is one rep. When this
        returns, the rep survives a power cut. Raises ValueError for an unknown session.
        """
        when = moment or moment_now()
        with self._transaction():
            made = {"id": new_id(), "session_id": session_id, "number": rep.set}
            self._insert("sets", made, when)
            set_id = self._set(session_id, rep.set)
            rep_id = uuid.uuid5(uuid.UUID(set_id), f"rep {rep.index} at {rep.start_s:.3f}").hex
            self._insert("reps", {"id": rep_id, "set_id": set_id, **_rep_values(rep)}, when)
            self._insert("traces", {"rep_id": rep_id, "data": pack_trace(rep.trace)})
        return rep_id

    def undo_rep(self, rep_id: str, moment: Moment | None = None) -> None:
        """Takes a rep back: it stays in the file but is neither shown nor counted."""
        undone = (moment or moment_now()).utc
        with self._transaction():
            self._connection.execute(
                "UPDATE reps SET undone_utc = coalesce(undone_utc, ?) WHERE id = ?",
                (undone, rep_id),
            )

    def restore_rep(self, rep_id: str) -> None:
        """Brings back a rep that was taken back."""
        with self._transaction():
            self._connection.execute("UPDATE reps SET undone_utc = NULL WHERE id = ?", (rep_id,))

    def last_rep(self, session_id: str) -> str | None:
        """The newest rep of a session that was not taken back."""
        with sentences(self.path):
            row = self._connection.execute(
                "SELECT reps.id FROM reps JOIN sets ON sets.id = reps.set_id"
                " WHERE sets.session_id = ? AND reps.undone_utc IS NULL"
                " ORDER BY reps.recorded_utc DESC, reps.rowid DESC LIMIT 1",
                (session_id,),
            ).fetchone()
        return None if row is None else str(row["id"])

    def add_neutral(self, lifter_id: str, neutral: Neutral, moment: Moment | None = None) -> str:
        """Keeps a lifter's neutral, dated; returns its id."""
        key = new_id()
        values = {
            "id": key,
            "lifter_id": lifter_id,
            "tilt_deg": neutral.tilt_deg,
            "list_deg": neutral.list_deg,
            "rotation_deg": neutral.rotation_deg,
            "lumbar_flexion_deg": neutral.lumbar_flexion_deg,
            "source": neutral.source.value,
            "taken_s": neutral.taken_s,
        }
        with self._transaction():
            self._insert("neutrals", values, moment or moment_now())
        return key

    def latest_neutral(self, lifter_id: str) -> StoredNeutral | None:
        """The neutral that was taken last, and when."""
        with sentences(self.path):
            row = self._connection.execute(
                "SELECT * FROM neutrals WHERE lifter_id = ? ORDER BY rowid DESC LIMIT 1",
                (lifter_id,),
            ).fetchone()
        if row is None:
            return None
        neutral = Neutral(
            row["tilt_deg"],
            row["list_deg"],
            row["rotation_deg"],
            row["lumbar_flexion_deg"],
            NeutralSource(row["source"]),
            row["taken_s"],
        )
        return StoredNeutral(neutral, row["recorded_utc"])

    def add_event(
        self,
        kind: str,
        text: str,
        moment: Moment | None = None,
        reason: str | None = None,
        details: str | None = None,
    ) -> None:
        """Notes that something happened (start, stop, camera lost).

        `reason` is one of the words of `records.Cause`, `details` JSON. The newest 5000 are kept,
        of each kind 1000.
        """
        when = moment or moment_now()
        values = {"id": new_id(), "kind": str(kind), "text": text, "monotonic_s": when.monotonic_s}
        why = {"reason": None if reason is None else str(reason), "details": details}
        with self._transaction():
            self._insert("events", {**values, **why}, when)
            self._connection.execute(
                "DELETE FROM events WHERE rowid <="
                " (SELECT rowid FROM events ORDER BY rowid DESC LIMIT 1 OFFSET ?)",
                (EVENTS_KEPT,),
            )
            self._connection.execute(
                "DELETE FROM events WHERE kind = :kind AND rowid <= (SELECT rowid FROM events"
                " WHERE kind = :kind ORDER BY rowid DESC LIMIT 1 OFFSET :kept)",
                {"kind": str(kind), "kept": EVENTS_OF_A_KIND_KEPT},
            )

    def _set(self, session_id: str, number: int) -> str:
        row = self._connection.execute(
            "SELECT id FROM sets WHERE session_id = ? AND number = ?", (session_id, number)
        ).fetchone()
        return str(row["id"])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            with sentences(self.path), transaction(self._connection):
                yield
        except sqlite3.IntegrityError as error:
            raise ValueError(f"the row does not fit the database: {error}") from error

    def _insert(self, table: str, values: dict[str, object], moment: Moment | None = None) -> None:
        """Adds a row of this unit; one with the same unique key is left as it is."""
        row = {**values, "unit_id": self.unit_id} | ({} if moment is None else _stamp(moment))
        _insert(self._connection, table, row)


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    names = ", ".join(row)
    places = ", ".join(f":{name}" for name in row)
    # DO NOTHING skips a repeated key only; a missing value or parent still raises.
    connection.execute(
        f"INSERT INTO {table} ({names}) VALUES ({places}) ON CONFLICT DO NOTHING", row
    )


def _stamp(moment: Moment) -> dict[str, object]:
    return {
        "recorded_utc": moment.utc,
        "boot_id": moment.boot_id,
        "clock_synchronised": int(moment.clock_synchronised),
    }


def _rep_values(rep: Rep) -> dict[str, object]:
    values = {name: _plain(getattr(rep, name)) for name in _REP_VALUES}
    for mark, onset in (("onset_5", rep.onset_5), ("onset_10", rep.onset_10)):
        values[f"{mark}_found"] = int(onset is not None)
        values[f"{mark}_knee_flexion_deg"] = onset and _plain(onset.knee_flexion_deg)
        values[f"{mark}_hip_above_knee_cm"] = onset and _plain(onset.hip_above_knee_cm)
    values["rep_index"] = rep.index
    values["verdict"] = rep.verdict.name.value
    values["reason"] = rep.verdict.reason
    return values


def _plain(value: object) -> object:
    """numpy scalars and enums as SQLite knows them."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    return float(value)  # type: ignore[arg-type]


def _this_unit(connection: sqlite3.Connection, name: str) -> str:
    """The id of the unit that writes here, made with this name on the first opening."""
    row = connection.execute("SELECT unit_id FROM this_unit").fetchone()
    if row is not None:
        return str(row["unit_id"])
    unit_id = new_id()
    _insert(connection, "units", {"id": unit_id, "name": name, **_stamp(moment_now())})
    _insert(connection, "this_unit", {"only_row": 1, "unit_id": unit_id})
    return unit_id
