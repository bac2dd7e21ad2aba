"""For the pins of a rack: a clock that only the test moves, and a switch closed from the start."""

from __future__ import annotations

from gpiozero.pins.mock import MockPin


class Clock:
    """Seconds that pass when somebody says so."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


class Grounded(MockPin):
    """A pin to ground: stronger than the pull-up."""

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        self.drive_low()
