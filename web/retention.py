"""Deletes what is older than the coach wants kept, a minute after the start and then daily."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from device.errors import StoreError
from device.notebook import Notebook
from device.retention import delete_old, months_kept

FIRST_AFTER_S = 60.0
EVERY_S = 24 * 3600.0

_log = logging.getLogger(__name__)


class RetentionKeeper:
    """A thread of its own while it is entered; trouble with the disk is logged, and tried again."""

    def __init__(
        self, database: Path, first_after_s: float = FIRST_AFTER_S, every_s: float = EVERY_S
    ) -> None:
        self._database = database
        self._first_after_s = first_after_s
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)

    def __enter__(self) -> RetentionKeeper:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(5.0)

    def _run(self) -> None:
        wait_s = self._first_after_s
        while not self._stop.wait(wait_s):
            wait_s = self._every_s
            try:
                self._delete()
            except StoreError as error:
                _log.warning("Old sessions could not be deleted: %s", error)

    def _delete(self) -> None:
        if not self._database.exists():
            return
        months = months_kept(self._database)
        if months is None:
            return
        with Notebook.open(self._database) as notebook:
            gone = delete_old(notebook, months)
        if gone:
            _log.info("%s sessions older than %s months deleted", gone, months)
