"""The few places on a machine that the program touches.

Tests replace them by setting the environment variables named here.
"""

from __future__ import annotations

import os
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent
MODELS = PROGRAM / "models"
DEMO_CLIP = MODELS / "lifter" / "demo"


def _root(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable, default))


def sys_root() -> Path:
    """The kernel's view of the hardware (temperature, USB), normally `/sys`."""
    return _root("RACKLIGHT_SYS", "/sys")


def etc_root() -> Path:
    """Where the unit's settings file lies, normally `/etc/racklight`."""
    return _root("RACKLIGHT_ETC", "/etc/racklight")


def state_root() -> Path:
    """Where the database lies; systemd says where through STATE_DIRECTORY."""
    return _root("RACKLIGHT_STATE", os.environ.get("STATE_DIRECTORY", "/var/lib/racklight"))


def run_root() -> Path:
    """Where the live socket lies; systemd says where through RUNTIME_DIRECTORY."""
    return _root("RACKLIGHT_RUN", os.environ.get("RUNTIME_DIRECTORY", "/run/racklight"))


def settings_file() -> Path:
    """The settings file read when none is named."""
    return etc_root() / "racklight.toml"


def database_file() -> Path:
    """The SQLite database."""
    return state_root() / "racklight.sqlite3"


def demo_database_file() -> Path:
    """The demo's own database, beside the program."""
    return PROGRAM / ".demo" / "racklight.sqlite3"


def unit_database_file() -> Path:
    """The database of an installed unit, where its command looks unless a variable says else."""
    return Path("/var/lib/racklight/racklight.sqlite3")


def live_socket() -> Path:
    """The socket on which the device tells its newest state."""
    return run_root() / "live.sock"
