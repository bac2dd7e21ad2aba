"""Feeds the page's watchdog: only when the page has really answered.

A thread asks the page for itself and tells systemd after each answer, whatever its status: a page
that says why it has no data is alive. A server whose threads all hang gives no answer, so systemd
starts it anew.
"""

from __future__ import annotations

import http.client
import threading

from device.notify import Notifier

GAP_S = 15.0
ANSWER_S = 10.0
RETRY_S = 1.0


class Pulse:
    """Asks until it is closed; `host` and `port` are what the server listens on."""

    def __init__(self, host: str, port: int, notifier: Notifier, gap_s: float = GAP_S) -> None:
        self._address = (_reached_at(host), port)
        self._notifier = notifier
        self._gap_s = gap_s
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> None:
        """Begins to ask; the first answer tells systemd that the page is ready."""
        self._thread.start()

    def close(self) -> None:
        """Stops asking and says that the page stops."""
        self._closed.set()
        self._notifier.stopping()

    def _run(self) -> None:
        wait_s = 0.0
        while not self._closed.wait(wait_s):
            wait_s = RETRY_S
            if self._answers() and not self._closed.is_set():
                self._notifier.alive()
                wait_s = self._gap_s

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(*self._address, timeout=ANSWER_S)
        try:
            connection.request("HEAD", "/")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True


def _reached_at(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
