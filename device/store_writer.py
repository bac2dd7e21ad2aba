"""The store in a thread of its own: the light never waits for the disk.

    with StoreWriter(database_file(), "rack") as writer:
        session = writer.start_session("Ann")
        written = writer.add_rep(session, rep)   # a Future: done once the rep survives a power cut

What can't be written (disk full, read-only, the file gone) is kept in memory, in order, and tried
again until it can; `problem` says so in a sentence. A file that is gone is not made anew while the
unit runs: what waits belongs to visits that only the old one knows.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.database import sentences, transaction
from device.errors import StoreError
from device.handing import hand_over_at_rack
from device.moment import moment_now
from device.records import Neutral, Rep
from device.store import Store, new_id

RETRY_S = 2.0
EVENTS_WAITING = 500  # more than this many are dropped while the disk fails; reps never are


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[Store], Any]
    done: Future[Any]


class StoreWriter:
    """Writes in the order things happened; none of its methods waits."""

    def __init__(self, path: Path, unit_name: str, retry_s: float = RETRY_S) -> None:
        self._path = path
        self._unit_name = unit_name
        self._retry_s = retry_s
        self._jobs: deque[_Job] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._problem: str | None = None
        self._file: tuple[int, int] | None = None  # the one that is open
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._opened: Future[None] = Future()

    def __enter__(self) -> StoreWriter:
        """Opens the database; raises StoreError if it can't be used at all."""
        self._thread.start()
        self._opened.result()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def problem(self) -> str | None:
        """One sentence saying why nothing can be written now; None while all is well."""
        return self._problem

    @property
    def waiting(self) -> int:
        """How many writes are still to be done."""
        return len(self._jobs)

    def start_session(self, lifter_name: str | None) -> str:
        """Begins a visit of a lifter (None: nobody signed in); returns its id at once."""
        session_id, moment = new_id(), moment_now()

        def work(store: Store) -> None:
            lifter_id = None if lifter_name is None else store.lifter(lifter_name).id
            store.start_session(lifter_id, session_id, moment)

        self._submit(work)
        return session_id

    def end_session(self, session_id: str) -> Future[None]:
        """Ends a visit."""
        moment = moment_now()
        return self._submit(lambda store: store.end_session(session_id, moment))

    def add_rep(self, session_id: str, rep: Rep) -> Future[str]:
        """Writes a rep; the future gives its id once it survives a power cut."""
        moment = moment_now()
        return self._submit(lambda store: store.add_rep(session_id, rep, moment))

    def undo_last_rep(self, session_id: str) -> Future[str | None]:
        """Takes back the newest rep of a visit; the future gives its id, None if there is none."""
        moment = moment_now()
        target: list[str | None] = []  # found once: a second try must not take back another rep

        def work(store: Store) -> str | None:
            if not target:
                target.append(store.last_rep(session_id))
            if target[0] is not None:
                store.undo_rep(target[0], moment)
            return target[0]

        return self._submit(work)

    def restore_rep(self, undone: Future[str | None]) -> Future[None]:
        """Brings back the rep that `undo_last_rep` took back, if it found one."""

        def work(store: Store) -> None:
            rep_id = undone.result(0)  # written before: jobs are done in their order
            if rep_id is not None:
                store.restore_rep(rep_id)

        return self._submit(work)

    def move_set(self, session_id: str, rep_index: int, to_session: str, to_number: int) -> None:
        """Gives the set of a rep to another visit."""
        self._submit(
            lambda store: hand_over_at_rack(store, session_id, rep_index, to_session, to_number)
        )

    def add_neutral(self, lifter_name: str, neutral: Neutral) -> Future[str]:
        """Keeps a lifter's neutral."""
        moment = moment_now()
        return self._submit(
            lambda store: store.add_neutral(store.lifter(lifter_name).id, neutral, moment)
        )

    def name_unit(self, name: str) -> None:
        """The unit's new name, for exports and backups from now on."""
        self._unit_name = name
        self._submit(lambda store: _name_unit(store, name))

    def add_event(
        self, kind: str, text: str, reason: str | None = None, details: str | None = None
    ) -> None:
        """Notes that something happened; dropped if hundreds are waiting already."""
        if len(self._jobs) < EVENTS_WAITING:
            moment = moment_now()
            self._submit(lambda store: store.add_event(kind, text, moment, reason, details))

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Waits until all is written; False if the time was not enough."""
        until = time.monotonic() + timeout_s
        with self._wake:
            while self._jobs:
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self._wake.wait(left)
        return True

    def close(self, timeout_s: float = 5.0) -> bool:
        """Writes what is waiting, at most `timeout_s` long; False if something was left."""
        written = not self._thread.is_alive() or self.flush(timeout_s)
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return written

    def _submit(self, work: Callable[[Store], Any]) -> Future[Any]:
        job = _Job(work, Future())
        with self._wake:
            self._jobs.append(job)
            self._wake.notify_all()
        return job.done

    def _run(self) -> None:
        try:
            store: Store | None = self._open(make=True)
        except BaseException as error:
            self._opened.set_exception(error)
            return
        self._opened.set_result(None)
        try:
            while (job := self._next()) is not None:
                store = self._attempt(job, store)
        finally:
            _close(store)

    def _next(self) -> _Job | None:
        with self._wake:
            while not self._jobs and not self._closing:
                if not self._wake.wait(self._retry_s):
                    self._look()
            return None if self._closing else self._jobs[0]

    def _attempt(self, job: _Job, store: Store | None) -> Store | None:
        """Does the job at the head of the queue, or waits before it is tried again."""
        try:
            store = self._still_there(store)
            result = job.work(store)
        except StoreError as error:
            self._problem = str(error)
            _close(store)  # a connection that failed is not trusted again
            with self._wake:
                if not self._closing:
                    self._wake.wait_for(lambda: self._closing, self._retry_s)
            return None
        except Exception as error:  # a mistake in the program: it must not stop the other writes
            self._problem = f"Something could not be stored: {error}."
            self._finish()
            job.done.set_exception(error)
            return store
        self._problem = None
        self._finish()
        job.done.set_result(result)
        return store

    def _open(self, make: bool) -> Store:
        store = Store.open(self._path, self._unit_name, make)
        self._file = _identity(self._path)
        _name_unit(store, self._unit_name)  # it may have been chosen since
        return store

    def _look(self) -> None:
        """Tells of a file that is gone before there is anything to write."""
        if _identity(self._path) is None:
            self._problem = _gone(self._path)
        elif self._problem == _gone(self._path):
            self._problem = None

    def _still_there(self, store: Store | None) -> Store:
        """The store, opened if need be. Raises StoreError.

        SQLite would go on writing into a file that nobody can find any more.
        """
        found = _identity(self._path)
        if found is None:
            raise StoreError(_gone(self._path))
        if store is not None and found == self._file:
            return store
        _close(store)
        return self._open(make=False)

    def _finish(self) -> None:
        with self._wake:
            self._jobs.popleft()
            self._wake.notify_all()


def _name_unit(store: Store, name: str) -> None:
    with sentences(store.path), transaction(store.connection):
        store.connection.execute("UPDATE units SET name = ? WHERE id = ?", (name, store.unit_id))


def _close(store: Store | None) -> None:
    if store is not None:
        with suppress(StoreError):
            store.close()


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file has this name now; None if none has."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _gone(path: Path) -> str:
    return (
        f"The database {path} was removed, and nothing can be saved: put it back, and what was"
        " lifted meanwhile is saved too; or restart the unit, which begins an empty one."
    )
