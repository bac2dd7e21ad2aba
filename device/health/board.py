"""Temperature and power of the board, from files that anybody may read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from device.health.files import hexadecimal, number, text

# `type` of the thermal zone that is the processor's: a Raspberry Pi's first, then other machines'.
_ZONES = ("cpu-thermal", "cpu_thermal", "soc-thermal", "x86_pkg_temp")
_BELIEVED_C = (-40.0, 150.0)
# Pi 4, then Pi 5. Where the file is read first after a boot, the kernel's log calls it deprecated;
# nothing else tells of throttling without privileges.
_THROTTLED = (
    "sys/devices/platform/soc/soc:firmware/get_throttled",
    "sys/devices/platform/soc@*/soc@*:firmware/get_throttled",
)
_UNDER_VOLTAGE, _CAPPED, _SLOWED, _SOFT_LIMIT = 0, 1, 2, 3
# The kernel's driver asks the firmware every two seconds and clears these: 'in the last seconds'.
_OF_LATE = 16


@dataclass(frozen=True, slots=True)
class Board:
    """The board now; None: not known, because the machine has no such sensor or it is broken."""

    temperature_c: float | None
    under_voltage: bool | None
    throttled: bool | None  # slowed down, whether by heat or by a weak supply
    capped: bool | None  # its highest speed is lowered
    hot: bool | None  # the soft temperature limit is reached


def board(root: Path) -> Board:
    """Reads a Raspberry Pi's sensors, and other machines' temperature, below `root`."""
    bits = _throttled(root)
    alarm = _voltage_alarm(root)
    return Board(
        temperature_c=_temperature(root),
        under_voltage=alarm if alarm is not None else _bit(bits, _UNDER_VOLTAGE),
        throttled=_bit(bits, _SLOWED),
        capped=_bit(bits, _CAPPED),
        hot=_bit(bits, _SOFT_LIMIT),
    )


def _temperature(root: Path) -> float | None:
    found: dict[str, float] = {}
    for zone in sorted((root / "sys/class/thermal").glob("thermal_zone*")):
        kind, value = text(zone / "type"), number(zone / "temp")
        if kind is None or value is None or kind in found:
            continue
        if _BELIEVED_C[0] < value / 1000 < _BELIEVED_C[1]:
            found[kind] = value / 1000  # the kernel gives thousandths
    return next((found[kind] for kind in _ZONES if kind in found), None)


def _voltage_alarm(root: Path) -> bool | None:
    for chip in sorted((root / "sys/class/hwmon").glob("hwmon*")):
        if text(chip / "name") == "rpi_volt":
            value = number(chip / "in0_lcrit_alarm")
            return None if value is None else value != 0
    return None


def _throttled(root: Path) -> int | None:
    for pattern in _THROTTLED:
        for file in sorted(root.glob(pattern)):
            bits = hexadecimal(text(file))
            if bits is not None and 0 <= bits < 1 << 32:
                return bits
    return None


def _bit(bits: int | None, place: int) -> bool | None:
    return None if bits is None else bool(bits & (1 << place | 1 << (place + _OF_LATE)))
