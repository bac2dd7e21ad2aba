"""The pins themselves: the one file that knows gpiozero.

`GPIOZERO_PIN_FACTORY=mock` gives gpiozero's mock pins instead of real ones; dimmed lamps and
tones need `GPIOZERO_MOCK_PIN_CLASS=mockpwmpin` beside it.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from device.errors import RacklightError

DEV = Path("/dev")
# What lgpio's own errors say where a chip is closed to the user or not there, and where it can't
# make its files.
_NOT_OPEN, _LGPIO_FILE = "can not open gpiochip", ".lgd-nfy"


class Output(Protocol):
    """A pin that is driven; `value` 0 is low, 1 is high, between them dimmed if it can be."""

    value: float

    def close(self) -> None:
        """Lets go of the pin."""


class Input(Protocol):
    """A switch to ground, pulled up; `value` is 1 while it is closed."""

    when_activated: Callable[[], None] | None
    when_deactivated: Callable[[], None] | None

    @property
    def value(self) -> int:
        """1: closed."""

    def close(self) -> None:
        """Lets go of the pin."""


def open_output(pin: int) -> Output:
    """A pin that is on or off, off at first."""
    with _quiet_search():
        from gpiozero import DigitalOutputDevice

        output: Output = DigitalOutputDevice(pin, initial_value=False)
    return output


def open_pwm(pin: int, frequency_hz: int) -> Output:
    """A pin that is switched so often a second, off at first; `value` is its share of time on.

    lgpio does that in software, in whole hundredths, up to 10 kHz.
    """
    with _quiet_search():
        from gpiozero import PWMOutputDevice

        output: Output = PWMOutputDevice(pin, initial_value=0, frequency=frequency_hz)
    return output


def open_input(pin: int) -> Input:
    """A switch between a pin and ground."""
    with _quiet_search():
        from gpiozero import DigitalInputDevice

        switch: Input = DigitalInputDevice(pin, pull_up=True)
    return switch


@contextmanager
def _quiet_search() -> Iterator[None]:
    """gpiozero warns of each pin library it can't use: if none is left, the first one says why."""
    with warnings.catch_warnings(record=True) as passed_over:
        warnings.simplefilter("always")
        try:
            yield
        except ImportError as error:  # gpiozero's BadPinFactory is one too
            first = "".join(f" {warning.message}" for warning in passed_over[:1])
            raise ImportError(f"{error}{first}") from error


@contextmanager
def one_sentence(kind: type[RacklightError], trouble: str, section: str) -> Iterator[None]:
    """Whatever a pin library raises becomes `kind`: the trouble, why, and the fix."""
    try:
        yield
    except RacklightError:
        raise
    except Exception as error:
        raise kind(f"{trouble}: {_why(error, section)}") from error


def _why(error: Exception, section: str) -> str:
    said = str(error)
    if isinstance(error, PermissionError) or (_NOT_OPEN in said and _a_chip_is_closed()):
        return (
            f"no permission for the GPIO pins ({said}). Add the unit's user to the group gpio, or"
            " run this as the unit's user."
        )
    if _LGPIO_FILE in said:
        return (
            "lgpio makes small files in the folder that the program is started in, and can't in"
            f" {Path.cwd()} ({said}). Start it in a folder of its user's own."
        )
    if isinstance(error, ImportError) or _NOT_OPEN in said:
        return (
            f"this machine has no GPIO pins that gpiozero can use ({said}). On a Raspberry Pi"
            " install the package python3-lgpio; elsewhere set GPIOZERO_PIN_FACTORY=mock to run"
            " without lamps."
        )
    if type(error).__name__ == "PinPWMUnsupported":
        return (
            f"these pins can't be dimmed or give a tone ({said}). With mock pins set"
            " GPIOZERO_MOCK_PIN_CLASS=mockpwmpin too."
        )
    return (
        f"{said}. Check that no other program uses the pins of section [{section}] (stop the unit"
        " first if it runs), and the wiring."
    )


def _a_chip_is_closed() -> bool:
    return any(not os.access(chip, os.R_OK | os.W_OK) for chip in DEV.glob("gpiochip*"))
