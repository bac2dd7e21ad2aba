"""A progress bar for people, nothing for files."""

from __future__ import annotations

import sys
import time
from typing import TextIO

WIDTH = 30
EVERY_S = 0.1


class Progress:
    """Shows how far a long piece of work is, on a terminal; a line now and then elsewhere.

    progress = Progress("replay")
    progress(120, 2700)       # done, of (None: not known)
    progress.close()
    """

    def __init__(self, what: str, stream: TextIO | None = None) -> None:
        self._what = what
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._started_s = time.monotonic()
        self._next_s = 0.0
        self._shown = False

    def __call__(self, done: int, of: int | None) -> None:
        """So many done, of so many (None: not known)."""
        now = time.monotonic()
        if now < self._next_s:
            return
        self._next_s = now + (EVERY_S if self._terminal else 5.0)
        rate = done / max(now - self._started_s, 1e-6)
        if of:
            filled = min(WIDTH, WIDTH * done // of)
            bar = "#" * filled + "." * (WIDTH - filled)
            left_s = max(0.0, (of - done) / max(rate, 1e-6))
            text = f"{self._what} [{bar}] {done}/{of} frames, {rate:.0f}/s, {left_s:.0f} s left"
        else:
            text = f"{self._what} {done} frames, {rate:.0f}/s"
        self._stream.write(f"\r{text}\x1b[K" if self._terminal else f"{text}\n")
        self._stream.flush()
        self._shown = True

    def close(self) -> None:
        """Ends the line."""
        if self._shown and self._terminal:
            self._stream.write("\n")
