"""`python -m hardware.wiring`: draw each .yml of this folder as .svg, with WireViz and graphviz."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from shutil import which

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Draw all."""
    beside = Path(sys.executable).with_name("wireviz")
    command = str(beside) if beside.exists() else which("wireviz")
    if command is None or which("dot") is None:
        print(
            "Drawing the wiring needs WireViz and graphviz: install hardware/requirements.txt into"
            " an environment of its own, and the Debian package graphviz."
        )
        return 1
    for source in sorted(HERE.glob("*.yml")):
        print(f"drawing {source.stem}")
        subprocess.run([command, "-f", "s", str(source)], check=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
