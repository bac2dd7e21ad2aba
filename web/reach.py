"""Under which address another device reaches this page: `localhost` is whoever asks."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import SplitResult

# What setup.sh calls a unit, and has avahi announce: a name of the coach's own is none of these.
_ANNOUNCED = re.compile(r"rack-[0-9a-z]{4}")
_ELSEWHERE = ("192.0.2.1", 9)  # RFC 5737: an address that nobody has


def only_here(address: SplitResult) -> bool:
    """Whether the address means the device that opens it, and so no other one."""
    host = address.hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return False
    return found.is_loopback or found.is_unspecified


def for_others(address: SplitResult, unit_name: str) -> list[str]:
    """The same page for other devices, by name and by number, as far as they are known.

    `unit_name` is the one that the unit was given when it was installed.
    """
    hosts = [f"{unit_name}.local"] if _ANNOUNCED.fullmatch(unit_name) else []
    number = _own_number()
    hosts += [] if number is None else [number]
    port = "" if address.port is None else f":{address.port}"
    return [f"{address.scheme}://{host}{port}{address.path}" for host in hosts]


def _own_number() -> str | None:
    """This machine's address in its network; None without one. Nothing is sent."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.connect(_ELSEWHERE)
            number = str(asking.getsockname()[0])
    except OSError:
        return None
    return None if ipaddress.ip_address(number).is_loopback else number
