"""One program at a time writes a history: a unit, or a demo.

    with alone(database) as mine:
        mine.at("http://127.0.0.1:8080/")

A lock on a file beside the database, which the kernel lets go of when the process ends, however it
ends. The file says who holds it, for the sentence that the second one gets.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from device.errors import StoreError


class Alone:
    """What is told of whoever holds the lock."""

    def __init__(self, file: IO[str] | None) -> None:
        self._file = file
        self._tell("")

    def at(self, address: str) -> None:
        """Its page can be opened here."""
        self._tell(address)

    def _tell(self, address: str) -> None:
        if self._file is not None:
            with suppress(OSError):  # a full disk: the lock holds all the same
                self._file.seek(0)
                self._file.truncate()
                self._file.write(f"{os.getpid()}\n{address}\n")
                self._file.flush()


@contextmanager
def alone(database: Path) -> Iterator[Alone]:
    """Holds the history. Raises StoreError, saying where, if another process does.

    Where no lock can be made, opening the database says what is wrong with the disk.
    """
    file = None
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        file = database.with_name(database.name + ".lock").open("a+", encoding="utf-8")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        assert file is not None
        with file:
            raise StoreError(_held(database, file)) from None
    except OSError:
        pass
    try:
        yield Alone(file)
    finally:
        if file is not None:
            file.close()


def _held(database: Path, file: IO[str]) -> str:
    file.seek(0)
    process, address, *_ = [*file.read().splitlines(), "", ""]
    page = f" and its page is at {address}" if address else ""
    number = f" {process}" if process else ""
    return (
        f"Racklight already runs with the history {database} (process{number}){page}: use that one,"
        f" or end it first: with Ctrl-C where it was started, with 'kill{number}', on a unit with"
        " 'sudo systemctl stop racklight-device'."
    )
