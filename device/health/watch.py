"""Under-voltage and heat as things that happen: noticed while the unit works, for the event table.

The kernel shows them for some seconds only, and nobody looks then.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from device.health.board import Board, board
from device.health.judge import heat_finding, power_finding
from device.health.machine import machine_root
from device.records import EventKind

GAP_S = 10.0
COOL_C = 70.0


class BoardWatch:
    """Looks at the board every ten seconds; `news` is what changed since the last call."""

    def __init__(
        self, root: Path | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._root = machine_root() if root is None else root
        self._clock = clock
        self._looked_s = float("-inf")
        self._weak = self._hot = False

    def news(self) -> list[tuple[EventKind, str]]:
        """(kind, sentence) of each change, usually none."""
        now_s = self._clock()
        if now_s - self._looked_s < GAP_S:
            return []
        self._looked_s = now_s
        seen = board(self._root)
        return [*self._power(seen), *self._heat(seen)]

    def _power(self, seen: Board) -> list[tuple[EventKind, str]]:
        finding = power_finding(seen)
        if seen.under_voltage is None or self._weak == (finding is not None):
            return []
        self._weak = finding is not None
        if finding is None:
            return [(EventKind.POWER_BACK, "the voltage is right again")]
        return [(EventKind.POWER_LOW, finding.text)]

    def _heat(self, seen: Board) -> list[tuple[EventKind, str]]:
        finding = heat_finding(seen)
        if finding is not None and not self._hot:
            self._hot = True
            return [(EventKind.HOT, finding.text)]
        cool = seen.temperature_c is None or seen.temperature_c < COOL_C
        if finding is None and self._hot and cool:
            self._hot = False
            return [(EventKind.COOL, "the processor works at full speed again")]
        return []
