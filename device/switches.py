"""The hook switches under the bar and the push button: bounces taken out, presses told apart."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from enum import StrEnum
from typing import Self

from device.errors import SwitchError
from device.gpio import Input, one_sentence, open_input
from device.settings import Settings

Clock = Callable[[], float]

BUTTON_SETTLE_S = 0.03  # contacts bounce for some milliseconds; no finger is that quick
_EDGES = 1000  # kept between two looks


class Press(StrEnum):
    """How the button was pressed."""

    SHORT = "short"
    LONG = "long"


class Debounce:
    """A level counts once it has stayed the same for a while; times never go back."""

    def __init__(self, settle_s: float, level: bool) -> None:
        self._settle_s = settle_s
        self.level = level
        self._raw = level
        self._since_s = 0.0

    def feed(self, level: bool, time_s: float) -> tuple[bool, float] | None:
        """What the contact shows from `time_s` on.

        Returns the level that has settled until then and when it began, None if nothing has.
        """
        changed = None
        if self._raw != self.level and time_s - self._since_s >= self._settle_s:
            self.level = self._raw
            changed = (self.level, self._since_s)
        if level != self._raw:
            self._raw, self._since_s = level, time_s
        return changed


class Switch:
    """One switch between a pin and ground. Errors are those of the pin library."""

    def __init__(self, pin: int, settle_s: float, clock: Clock) -> None:
        self._clock = clock
        self._edges: deque[tuple[bool, float]] = deque(maxlen=_EDGES)
        self._input: Input = open_input(pin)
        self._debounce = Debounce(settle_s, bool(self._input.value))
        # called in a thread of the pin library
        self._input.when_activated = lambda: self._edges.append((True, clock()))
        self._input.when_deactivated = lambda: self._edges.append((False, clock()))

    @property
    def closed(self) -> bool:
        """Whether it was closed when last looked at."""
        return self._debounce.level

    def changes(self) -> Iterator[tuple[bool, float]]:
        """(closed, since when) of every change that has settled since the last look."""
        while self._edges:
            changed = self._debounce.feed(*self._edges.popleft())
            if changed is not None:
                yield changed
        changed = self._debounce.feed(bool(self._input.value), self._clock())
        if changed is not None:
            yield changed

    def close(self) -> None:
        """Lets go of the pin."""
        self._input.close()


class PressReader:
    """Short and long presses; a long one counts while the button is still held."""

    def __init__(self, long_press_s: float) -> None:
        self._long_press_s = long_press_s
        self._down_s: float | None = None  # None: up, or held since before the unit started

    def change(self, down: bool, time_s: float) -> Press | None:
        """The button went down or up."""
        before, self._down_s = self._down_s, time_s if down else None
        if down or before is None:
            return None
        return Press.LONG if time_s - before >= self._long_press_s else Press.SHORT

    def held(self, time_s: float) -> Press | None:
        """Nothing changed up to now."""
        if self._down_s is None or time_s - self._down_s < self._long_press_s:
            return None
        self._down_s = None
        return Press.LONG


class Inputs:
    """The switches that the settings ask for.

    with Inputs(settings) as inputs:
        inputs.racked()     # every frame, if load/gate is hook: is the bar on its hooks?
        inputs.presses()    # every frame: what the button was asked for since the last call

    The hook switches are normally closed and in series: a low pin means that both cups are empty.
    A broken wire reads as racked. Raises SwitchError on entering where a pin can't be read.
    """

    def __init__(self, settings: Settings, clock: Clock = time.monotonic) -> None:
        self._settings = settings.inputs
        self._with_hook = settings.load.gate == "hook"
        self._clock = clock
        self._hook: Switch | None = None
        self._button: Switch | None = None
        self._reader = PressReader(settings.inputs.long_press_s)

    def __enter__(self) -> Self:
        settings = self._settings
        with _one_sentence():
            try:
                if self._with_hook:
                    self._hook = Switch(settings.hook_pin, settings.hook_settle_s, self._clock)
                if settings.button:
                    self._button = Switch(settings.button_pin, BUTTON_SETTLE_S, self._clock)
            except BaseException:
                self._close()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    @property
    def hook(self) -> Callable[[], bool] | None:
        """`racked` if the settings have a hook switch."""
        return self.racked if self._with_hook else None

    @property
    def button_down(self) -> bool | None:
        """Whether the button is held, as of the last look; None without a button."""
        return None if self._button is None else self._button.closed

    def racked(self) -> bool:
        """Whether the bar is on its hooks. Raises SwitchError."""
        if self._hook is None:
            raise SwitchError("The hook switch is not read: set load/gate to 'hook'.")
        with _one_sentence():
            for _ in self._hook.changes():
                pass
        return not self._hook.closed

    def presses(self) -> list[Press]:
        """Every press since the last call. Raises SwitchError."""
        if self._button is None:
            return []
        with _one_sentence():
            found = [self._reader.change(*change) for change in self._button.changes()]
        found.append(self._reader.held(self._clock()))
        return [press for press in found if press is not None]

    def _close(self) -> None:
        for switch in (self._hook, self._button):
            if switch is not None:
                with suppress(Exception):  # the other pin must be let go too
                    switch.close()
        self._hook = self._button = None


def _one_sentence() -> AbstractContextManager[None]:
    return one_sentence(SwitchError, "Hook switch and button can't be read", "inputs")
