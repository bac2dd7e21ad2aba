"""Imports everything that runtime.txt installs; one sentence when something can't be used."""

from __future__ import annotations

import importlib
import platform
import sys

PACKAGES = ("numpy", "cv2", "pyrealsense2", "gpiozero", "flask", "waitress")


def interpreters() -> list[str]:
    """The modules that run the models, as runtime.in asks for them."""
    old = sys.version_info < (3, 12)
    found = ["tflite_runtime.interpreter"] if old else []
    if not old or platform.machine() == "x86_64":
        found.append("ai_edge_litert.interpreter")
    return found


def main() -> int:
    """Exit code: 0 when every package can be imported."""
    for name in (*PACKAGES, *interpreters()):
        try:
            importlib.import_module(name)
        except (ImportError, OSError) as error:
            print(
                f"setup.sh: {name} was installed and can't be used on this machine: {error}."
                " Delete the folder .venv and run this again.",
                file=sys.stderr,
            )
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
