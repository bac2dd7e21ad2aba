"""Which GPIO numbers the unit may use, and for one thing each."""

from __future__ import annotations

from collections.abc import Mapping

from device.errors import SettingsError

# Taken on every Raspberry Pi with a 40-pin header, or not fit for a lamp: the chip of an add-on
# board is asked over 0 and 1 at boot (some cameras are too), 2 and 3 have pull-ups soldered to the
# board that light a lamp, 14 and 15 blink with the boot messages of a serial console.
_TAKEN = {
    0: "the bus that add-on boards and some cameras are found by",
    1: "the bus that add-on boards and some cameras are found by",
    2: "the I2C bus",
    3: "the I2C bus",
    14: "the serial console (UART)",
    15: "the serial console (UART)",
}
FREE = "4 to 13 or 16 to 27"


def refuse_bad_pins(pins: Mapping[str, int]) -> None:
    """Raises SettingsError for a GPIO number that is taken or used twice.

    `pins` has only those that are really driven or read: {"cue/red_pin": 17, ...}.
    """
    seen: dict[int, str] = {}
    for key, pin in pins.items():
        if pin in _TAKEN:
            raise SettingsError(
                f"Invalid value {pin} for {key}: GPIO {pin} belongs to {_TAKEN[pin]};"
                f" choose one of {FREE}."
            )
        if pin in seen:
            raise SettingsError(
                f"Invalid value {pin} for {key}: GPIO {pin} is already {seen[pin]}."
            )
        seen[pin] = key
