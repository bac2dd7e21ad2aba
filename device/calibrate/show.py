"""What `racklight calibrate` says meanwhile: one line that is written over, on a terminal."""

from __future__ import annotations

import sys
from typing import TextIO

import numpy as np

from device.calibrate.views import WANTED_AREAS, WANTED_VIEWS, WANTED_WAYS, Progress, Seen

_ELSEWHERE_EVERY_S = 5.0


class Live:
    """A map of the areas reached, the counts, and what to do now.

    The map is turned as the picture must be to stand upright, so that the board's way in the room
    is its way on the map, as somebody who faces the cameras' view would see it.
    """

    def __init__(self, quarter_turns: int, stream: TextIO | None = None) -> None:
        self._turns = quarter_turns
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._last: tuple[Seen, int] | None = None
        self._next_s = 0.0

    def __call__(self, time_s: float, seen: Seen, progress: Progress) -> None:
        """On a terminal at once; elsewhere when a view was taken, or now and then."""
        if self._terminal:
            self._stream.write(f"\r{line(seen, progress, self._turns)}\x1b[K")
        elif seen is Seen.TAKEN or time_s >= self._next_s:
            self._next_s = time_s + _ELSEWHERE_EVERY_S
            self._stream.write(f"{line(seen, progress, self._turns)}\n")
        self._stream.flush()

    def close(self) -> None:
        """Ends the line."""
        if self._terminal:
            self._stream.write("\n")


def line(seen: Seen, progress: Progress, quarter_turns: int = 0) -> str:
    """`[##.. .#.. .... ....] views 3 of 15, areas 3 of 14, tilts 1 of 4: hold it still`."""
    upright = np.rot90(progress.areas, -quarter_turns)
    areas = " ".join("".join("#" if reached else "." for reached in row) for row in upright)
    counts = (
        f"views {progress.views} of {WANTED_VIEWS}, areas"
        f" {min(int(progress.areas.sum()), WANTED_AREAS)} of {WANTED_AREAS},"
        f" tilts {len(progress.ways)} of {WANTED_WAYS}"
    )
    return f"[{areas}] {counts}: {seen.value}{_hint(seen, progress)}"


def _hint(seen: Seen, progress: Progress) -> str:
    if seen not in (Seen.TAKEN, Seen.KNOWN):
        return ""
    if len(progress.ways) < WANTED_WAYS:
        return "; turn another side of it towards the cameras"
    if int(progress.areas.sum()) < WANTED_AREAS:
        return "; carry it to where the map has dots"
    return "; more places, nearer and farther" if progress.views < WANTED_VIEWS else ""
