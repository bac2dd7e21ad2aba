"""The program under test in processes of its own, each with its own handle on the chip.

def shows_green(talk: Talk) -> None:
    with LightBox(CueSettings()) as box:
        box.show(Cue(Light.GREEN))
        talk.send("shown")
        talk.recv()

with child(shows_green) as shown:
    shown.hear()                # "shown"
    shown.send_signal(signal.SIGKILL)
    shown.ended()               # -9

They are forked before anything opened a pin: an emulated processor takes a minute to begin a Python
with the program's modules. Their exit functions run as at any end.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from tempfile import TemporaryFile
from typing import Any

from tests.unit.machine import FailedError

WITHIN_S = 600.0  # of the machine's clock, which may run ahead while it waits for a file
Talk = Connection


class Child:
    """A process under test, seen from the one that watches the pins."""

    def __init__(self, pid: int, talk: Talk) -> None:
        self.pid = pid
        self._talk = talk
        self._status: int | None = None

    def hear(self, within_s: float = WITHIN_S) -> Any:
        """What it says next."""
        if not self._talk.poll(within_s):
            raise FailedError(f"the program says nothing within {within_s:g} s")
        try:
            return self._talk.recv()
        except EOFError:
            raise FailedError(f"the program ended with {self.ended()}") from None

    def heard(self) -> list[Any]:
        """What it has said up to now."""
        said = []
        while self._talk.poll():
            said.append(self.hear())
        return said

    def has_spoken(self) -> bool:
        """Whether there is something to hear."""
        return self._talk.poll()

    def tell(self, word: Any = None) -> None:
        """Lets it go on."""
        self._talk.send(word)

    def send_signal(self, number: signal.Signals) -> None:
        """Unless it has ended."""
        if self._status is None:
            os.kill(self.pid, number)

    def ended(self, within_s: float = WITHIN_S) -> int:
        """Its exit status once it has ended; a signal's number with a minus."""
        until_s = time.monotonic() + within_s
        while self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > until_s:
                raise FailedError(f"the program does not end within {within_s:g} s")
            else:
                time.sleep(0.005)
        return self._status


@contextmanager
def child(body: Callable[[Talk], None]) -> Iterator[Child]:
    """Runs `body` in a process of its own; killed at the end if it still runs.

    What it writes as errors is only shown where something fails.
    """
    here, there = Pipe()
    with TemporaryFile("w+", encoding="utf-8") as errors:
        pid = os.fork()
        if pid == 0:
            here.close()
            os.dup2(errors.fileno(), 2)
            _live(body, there)
        there.close()
        process = Child(pid, here)
        try:
            yield process
        except FailedError:
            errors.seek(0)
            print(errors.read(), end="")
            raise
        finally:
            process.send_signal(signal.SIGKILL)
            process.ended()
            here.close()


def _live(body: Callable[[Talk], None], talk: Talk) -> None:
    status = 0
    try:
        body(talk)
    except SystemExit as ended:
        status = int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(status)
