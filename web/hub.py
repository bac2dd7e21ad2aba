"""The page's one connection to the unit, shared by all viewers."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from device.errors import LiveError
from device.live import LiveClient
from device.records import LiveState
from web.texts import N_

RECONNECT_S = 0.3
NO_ANSWER = N_("The unit does not answer.")
_DUMB = N_("The unit is connected but does not answer; restart it.")
SILENT_S = 3.0  # without news for this long, the unit counts as not answering


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The newest there is: a state, or why there is none."""

    version: int  # counts up with every change
    state: LiveState | None
    problem: str | None


class LiveHub:
    """Listens in a thread of its own; comes back by itself when the unit does."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._news = threading.Condition()
        self._snapshot = Snapshot(0, None, N_("Waiting for the unit."))
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread and wakes everybody who waits."""
        self._closed.set()
        with self._news:
            self._news.notify_all()

    @property
    def closed(self) -> bool:
        """Whether the page is going away."""
        return self._closed.is_set()

    def newest(self) -> Snapshot:
        """What is known now, without waiting."""
        return self._snapshot

    def wait(self, seen: int, timeout_s: float) -> Snapshot:
        """Waits until there is something newer than version `seen`, at most `timeout_s`."""
        with self._news:
            self._news.wait_for(lambda: self._snapshot.version != seen or self.closed, timeout_s)
            return self._snapshot

    def _run(self) -> None:
        while not self.closed:
            try:
                with LiveClient(self._socket) as client:
                    self._listen(client)
            except LiveError as error:
                self._tell(None, str(error))
            self._closed.wait(RECONNECT_S)

    def _listen(self, client: LiveClient) -> None:
        heard_s = time.monotonic()
        for state in client.states(timeout_s=1.0):
            if self.closed:
                return
            if state is not None:
                heard_s = time.monotonic()
                self._tell(state, None)
            elif time.monotonic() - heard_s > SILENT_S:
                self._tell(None, _DUMB)

    def _tell(self, state: LiveState | None, problem: str | None) -> None:
        with self._news:
            if state is None and self._snapshot.problem == problem:
                return
            self._snapshot = Snapshot(self._snapshot.version + 1, state, problem)
            self._news.notify_all()
