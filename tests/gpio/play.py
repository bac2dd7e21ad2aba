"""Racklight's lights and switches on real kernel lines; `check.sh` boots the machine for this.

Each scene prints one line: passed or FAILED, its name, and what was seen. One that fails does not
stop the next ones.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable

# Every process under test is forked from this one: what it needs is imported once, here.
import gpiozero  # noqa: F401

from tests.gpio import endings_seen, lamps_seen, switches_seen
from tests.unit.machine import FailedError

SCENES: dict[str, Callable[[], str]] = {
    "colours": lamps_seen.colours,
    "rhythms": lamps_seen.rhythms,
    "notes": lamps_seen.notes,
    "pulses": lamps_seen.pulses,
    "muted": lamps_seen.muted,
    "button": switches_seen.button,
    "hook": switches_seen.hook,
    "walk": switches_seen.walk,
    "leaves": endings_seen.leaves,
    "crashes": endings_seen.crashes,
    "pulsing": endings_seen.pulsing,
    "taken": endings_seen.taken,
    "forbidden": endings_seen.forbidden,
    "gone": endings_seen.gone,  # the last: there is no chip afterwards
}


def main(wanted: list[str]) -> int:
    """Plays all scenes or the wanted ones; the number that failed, 2 for an unknown one."""
    if unknown := set(wanted) - set(SCENES):
        print(f"gpio-check: there is no scene {', '.join(unknown)}; there are: {', '.join(SCENES)}")
        return 2
    failed = 0
    for name, scene in SCENES.items():
        if not wanted or name in wanted:
            failed += not _played(name, scene)
    print(f"gpio-check: {failed} failed" if failed else "gpio-check: all passed", flush=True)
    return failed


def _played(name: str, scene: Callable[[], str]) -> bool:
    try:
        text, passed = scene(), True
    except FailedError as error:
        text, passed = str(error), False
    except Exception:
        text, passed = traceback.format_exc(), False
    word = "passed" if passed else "FAILED"
    print(f"{word}  {name:10s} {text}", flush=True)
    return passed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
