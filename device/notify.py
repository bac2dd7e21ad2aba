"""Telling systemd how the program is: ready, alive, what it does now, stopping.

    notifier = Notifier()           # silent where systemd does not listen
    notifier.alive()                # after each piece of work that proves the program works
    notifier.stopping()

The protocol is sd_notify(3): one datagram of `NAME=value` lines to the socket that the environment
variable NOTIFY_SOCKET names.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable

# systemd is woken by every datagram; twice a second is often enough for a watchdog of seconds.
SHORTEST_GAP_S = 0.5


class Notifier:
    """Speaks to systemd; never raises and never waits.

    The watchdog is fed by `alive` alone, which whoever has just done a piece of work calls: there
    is no thread and no timer here, so a program that hangs falls silent.
    """

    def __init__(
        self, address: str | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`address`: a socket's path, or `@name` for an abstract one; None: the environment's."""
        if address is None:
            address = os.environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._clock = clock
        self._ready = False
        self._status = ""
        self._sent_s = float("-inf")

    @property
    def heard(self) -> bool:
        """Whether systemd listens."""
        return bool(self._address)

    def alive(self, status: str = "") -> None:
        """Feeds the watchdog; the first call also says that the program is ready.

        `status` is one line for `systemctl status`. Calls with nothing new that come within
        SHORTEST_GAP_S of the last datagram send nothing.
        """
        now_s = self._clock()
        if self._ready and status == self._status and now_s - self._sent_s < SHORTEST_GAP_S:
            return
        lines = ["WATCHDOG=1"]
        if not self._ready:
            lines.append("READY=1")
        if status != self._status:
            lines.append("STATUS=" + " ".join(status.split()))
        self._ready, self._status, self._sent_s = True, status, now_s
        self._send(lines)

    def starting(self, longest_s: float, status: str) -> None:
        """Says that the start takes longer today, so that it is not taken for a hang."""
        self._send([f"EXTEND_TIMEOUT_USEC={longest_s * 1e6:.0f}", f"STATUS={status}"])

    def stopping(self) -> None:
        """Says that the program is on its way out; silence is no fault from here on."""
        self._send(["STOPPING=1"])

    def _send(self, lines: list[str]) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as out:
                out.sendto("\n".join(lines).encode(), self._address)
        except OSError:
            pass  # nobody listens, or too much at once: the next call tries again
