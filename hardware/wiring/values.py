"""The sums behind the wiring: currents, resistors, what floats at boot. Plain numbers.

Limits: a Raspberry Pi pin gives 3.3 V, 16 mA at most, all pins together 50 mA; pins 0 to 8 wake up
pulled up and 9 to 27 pulled down, by 50 to 65 kilo-ohm (BCM2835 ARM Peripherals, GPIO table). A
ULN2803A channel (Texas Instruments SLRS049) needs 2.4 V on its input for 200 mA and 3.0 V for
300 mA; its input is 2.7 kilo-ohm in front of two diode drops, with 10.2 kilo-ohm to ground.
"""

from __future__ import annotations

from dataclasses import dataclass

PIN_V, PIN_MA, ALL_PINS_MA = 3.3, 16.0, 50.0
INNER_PULL_OHM = 50_000.0  # the strongest
PULL_DOWN_OHM = 10_000.0
INPUT_PULL_UP_OHM, INPUT_SERIES_OHM = 4_700.0, 1_000.0
BUZZER_MA = 10.0
ULN_INPUT_OHM, ULN_DIODES_V, ULN_CHANNEL_MA = 2_700.0, 1.4, 250.0
DARK_V = 1.5  # no LED shows light below, and a ULN2803A stays off


@dataclass(frozen=True)
class Led:
    """A light-emitting diode and the resistor in front of it."""

    name: str
    forward_v: float
    resistor_ohm: float

    @property
    def current_ma(self) -> float:
        """(pin voltage - forward voltage) / resistance."""
        return (PIN_V - self.forward_v) / self.resistor_ohm * 1000


LEDS = (
    Led("red", 2.0, 330),
    Led("green, bright kind (InGaN)", 3.0, 150),
    Led("green, old kind (GaP)", 2.1, 330),
    Led("amber", 2.1, 330),
)


def worst_pin_ma() -> float:
    """An LED of 1.6 V behind the smallest resistor, and the pull-down."""
    return (PIN_V - 1.6) / min(led.resistor_ohm for led in LEDS) * 1000 + pull_down_ma()


def pull_down_ma() -> float:
    """What a pull-down takes while its pin is on."""
    return PIN_V / PULL_DOWN_OHM * 1000


def all_on_ma() -> float:
    """Red, the brighter green, amber and the buzzer at once."""
    return sum(led.current_ma for led in LEDS if "old" not in led.name) + BUZZER_MA


def boot_v() -> float:
    """A pin's voltage before any program runs, if the Pi pulls it up against the pull-down."""
    return PIN_V * PULL_DOWN_OHM / (PULL_DOWN_OHM + INNER_PULL_OHM)


def uln_input_ma() -> float:
    """What a driver's input takes."""
    return (PIN_V - ULN_DIODES_V) / ULN_INPUT_OHM * 1000


def pressed_v() -> float:
    """An input's voltage with its switch closed: the pull-up against the series resistor."""
    return PIN_V * INPUT_SERIES_OHM / (INPUT_SERIES_OHM + INPUT_PULL_UP_OHM)


def value_rows() -> list[tuple[str, str]]:
    """(what, value) for the table in hardware/README.md."""
    rows = [
        (f"{led.name}: {led.forward_v:g} V, {led.resistor_ohm:g} ohm", f"{led.current_ma:.1f} mA")
        for led in LEDS
    ]
    return [
        *rows,
        ("the worst LED on any pin (16 mA allowed)", f"{worst_pin_ma():.1f} mA"),
        ("all lamps and the buzzer (50 mA allowed)", f"{all_on_ma():.1f} mA"),
        ("a lamp's pin before any program runs, at worst", f"{boot_v():.2f} V: dark"),
        ("a ULN2803A input on 3.3 V", f"{uln_input_ma():.1f} mA"),
        ("hook or button closed (0.8 V or less reads as low)", f"{pressed_v():.2f} V"),
    ]


if __name__ == "__main__":
    for what, value in value_rows():
        print(f"| {what} | {value} |")
