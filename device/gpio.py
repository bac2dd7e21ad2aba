"""The pins themselves: the one file that knows gpiozero.

`GPIOZERO_PIN_FACTORY=mock` gives gpiozero's mock pins instead of real ones; dimmed lamps and
tones need `GPIOZERO_MOCK_PIN_CLASS=mockpwmpin` beside it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from device.errors import RacklightError


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
    """gpiozero warns of each pin library it doesn't find."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def one_sentence(kind: type[RacklightError], trouble: str, section: str) -> Iterator[None]:
    """Whatever a pin library raises becomes `kind`: the trouble, why, and the fix."""
    try:
        yield
    except RacklightError:
        raise
    except ImportError as error:  # gpiozero's BadPinFactory is one too
        raise kind(
            f"{trouble}: this machine has no GPIO pins that gpiozero can use"
            f" ({error}). On a Raspberry Pi install the package python3-lgpio; elsewhere set"
            " GPIOZERO_PIN_FACTORY=mock to run without lamps."
        ) from error
    except PermissionError as error:
        raise kind(
            f"{trouble}: no permission for the GPIO pins ({error}). Add the unit's user to the"
            " group gpio."
        ) from error
    except Exception as error:
        if type(error).__name__ == "PinPWMUnsupported":
            raise kind(
                f"{trouble}: these pins can't be dimmed or give a tone ({error}). With mock pins"
                " set GPIOZERO_MOCK_PIN_CLASS=mockpwmpin too."
            ) from error
        raise kind(
            f"{trouble}: {error}. Check that no other program uses the pins of section [{section}]"
            " (stop the unit first if it runs), and the wiring."
        ) from error
