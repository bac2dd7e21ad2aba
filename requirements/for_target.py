"""Prints the pins of a lock file that hold for another Python and processor, markers worked out.

    python requirements/for_target.py requirements/runtime.txt 3.13 aarch64

pip works markers out for the Python that runs it, whatever it downloads for. Needs an environment
with pip, whose own reader of markers is used.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pip._vendor.packaging.markers import Marker


def pins_for(text: str, python: str, processor: str) -> list[str]:
    """The lines `name==version --hash=...` of a lock file that apply there."""
    there = {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": processor,
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
    }
    pins = []
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        asked, *hashes = line.split("--hash=")
        pin, _, marker = asked.partition(";")
        if not marker.strip() or Marker(marker.strip()).evaluate(there):
            pins.append(" ".join([pin.strip(), *(f"--hash={found.strip()}" for found in hashes)]))
    return pins


if __name__ == "__main__":
    print("\n".join(pins_for(Path(sys.argv[1]).read_text(encoding="utf-8"), *sys.argv[2:4])))
