"""Imports everything that runtime.txt installs; one sentence when something can't be used."""

from __future__ import annotations

import importlib
import sys

PACKAGES = ("numpy", "cv2", "pyrealsense2", "gpiozero", "flask", "waitress")
INTERPRETER = "tflite_runtime" if sys.version_info < (3, 12) else "ai_edge_litert"


def main() -> int:
    """Exit code: 0 when every package can be imported."""
    for name in (*PACKAGES, f"{INTERPRETER}.interpreter"):
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
