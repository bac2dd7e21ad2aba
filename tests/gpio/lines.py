"""The pins of the machine as gpio-sim shows them, and what was seen on them in time.

    lamp = Line(17)
    lamp.level                          # what is on it: driven by the program, or by its pull
    lamp.pull(up=False)                 # a switch that closes to ground
    seen = watch({"red": lamp}, until_s=time.monotonic() + 4)
    seen["red"].in_step(start_s, end_s, (0.1, 0.1))

gpio-sim obeys a program that asks for a pull-up as a real chip does, and so a switch is opened and
closed through the pull; a line that nobody holds shows its pull again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.unit.machine import FailedError

BANK = Path("/sys/devices/platform/gpio-sim.0/gpiochip0")
PAUSE_S = 0.0005  # between two looks, so that the program under test gets the processor
STEP_S = 0.001


class Line:
    """One pin of the simulated chip."""

    def __init__(self, number: int, bank: Path = BANK) -> None:
        self.number = number
        self._pull = bank / f"sim_gpio{number}" / "pull"
        self._value = os.open(bank / f"sim_gpio{number}" / "value", os.O_RDONLY)

    @property
    def level(self) -> int:
        """0 or 1."""
        return int(os.pread(self._value, 1, 0))

    @property
    def pulled_up(self) -> bool:
        """Whether nothing but a pull-up is on it."""
        return self._pull.read_text().strip() == "pull-up"

    def pull(self, up: bool) -> None:
        """Towards 3.3 V or towards ground."""
        self._pull.write_text("pull-up" if up else "pull-down")

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._value)


@dataclass
class Seen:
    """What a line showed: (seconds on the machine's clock, level), first its level at the start."""

    looks: int = 0
    changes: list[tuple[float, int]] = field(default_factory=list)

    def look(self, time_s: float, level: int) -> None:
        """The line showed this level."""
        self.looks += 1
        if not self.changes or self.changes[-1][1] != level:
            self.changes.append((time_s, level))

    @property
    def ever_on(self) -> bool:
        """Whether it was high at any look."""
        return any(level for _, level in self.changes)

    def at(self, time_s: float) -> int:
        """Its level at a time."""
        level = self.changes[0][1]
        for since_s, shown in self.changes:
            if since_s > time_s:
                break
            level = shown
        return level

    def in_step(
        self, start_s: float, end_s: float, beats_s: Sequence[float], repeats: bool = True
    ) -> float:
        """The share of the time in which it showed what the rhythm begun at `start_s` asks for."""
        steps = [start_s + (i + 0.5) * STEP_S for i in range(int((end_s - start_s) / STEP_S))]
        right = sum(self.at(step) == wanted(beats_s, step - start_s, repeats) for step in steps)
        return right / len(steps)

    def late_ms(
        self, start_s: float, end_s: float, beats_s: Sequence[float], repeats: bool = True
    ) -> list[float]:
        """Of every change of the rhythm: how long the line then took to follow.

        Raises FailedError for a line that changes in between.
        """
        late = []
        # a line that was dark before may follow ere it is first looked at
        changes = self.changes if self.changes[0][1] else self.changes[1:]
        due = [start_s + since_s for since_s in changes_of(beats_s, end_s - start_s, repeats)]
        for this_s, next_s in zip(due, [*due[1:], end_s], strict=True):
            came = [time_s for time_s, _ in changes if this_s <= time_s < next_s]
            if len(came) > 1:
                raise FailedError(f"{len(came)} changes between {this_s:.3f} and {next_s:.3f} s")
            late += [1000 * (time_s - this_s) for time_s in came]
        return late

    def share(self, from_s: float, until_s: float) -> float:
        """The share of the time in which it was high."""
        inside = [time_s for time_s, _ in self.changes if from_s < time_s < until_s]
        times_s = [from_s, *inside, until_s]
        on_s = sum(b - a for a, b in pairwise(times_s) if self.at(a))
        return on_s / (until_s - from_s)

    def pulses(self, from_s: float, until_s: float) -> int:
        """How often it went high."""
        return sum(level for time_s, level in self.changes[1:] if from_s < time_s < until_s)


def changes_of(beats_s: Sequence[float], for_s: float, repeats: bool = True) -> list[float]:
    """When a rhythm of seconds on and off in turn changes, its beginning included."""
    times_s, now_s = [0.0], 0.0
    while True:
        for beat_s in beats_s:
            now_s += beat_s
            if now_s >= for_s:
                return times_s
            times_s.append(now_s)
        if not repeats:
            return times_s[:-1] if len(beats_s) % 2 == 0 else times_s


def wanted(beats_s: Sequence[float], since_s: float, repeats: bool = True) -> int:
    """The level that a rhythm asks for so long after its start."""
    period_s = sum(beats_s)
    if not repeats and since_s >= period_s:
        return 0
    left_s = since_s % period_s
    for index, beat_s in enumerate(beats_s):
        if left_s < beat_s:
            return 1 - index % 2
        left_s -= beat_s
    return 1


def watch(lines: Mapping[str, Line], until_s: float, pause_s: float = PAUSE_S) -> dict[str, Seen]:
    """Looks at the lines again and again until a time on the machine's clock."""
    return watch_while(lines, lambda: time.monotonic() < until_s, pause_s)


def watch_while(
    lines: Mapping[str, Line], goes_on: Callable[[], bool], pause_s: float = PAUSE_S
) -> dict[str, Seen]:
    """Looks at the lines as long as something is so, and once more."""
    seen = {name: Seen() for name in lines}
    going = True
    while going:
        going = goes_on()
        for name, line in lines.items():
            level = line.level
            seen[name].look(time.monotonic(), level)
        time.sleep(pause_s)
    return seen


def wait_for_level(line: Line, level: int, within_s: float, what: str) -> float:
    """Seconds until the line shows the level; raises FailedError if it does not."""
    begun_s = time.monotonic()
    while line.level != level:
        if time.monotonic() - begun_s > within_s:
            raise FailedError(f"{what}: GPIO {line.number} is not {level} within {within_s:g} s")
        time.sleep(PAUSE_S)
    return time.monotonic() - begun_s
