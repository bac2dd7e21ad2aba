"""What the coach chose on the page: a few settings in a file of their own, over the unit's own.

    chosen = Chosen(load_settings(), chosen_beside(database_file()))
    chosen.settings                                   # the unit's own with what was chosen
    chosen.change({"wink/threshold_deg": 12.0})       # checked, then written

The unit's own file belongs to whoever administers the unit; the page may not write it, and may not
choose pins, addresses or paths. The new file replaces the old one in one step, the old one stays
beside it as `.before` and is read where the newer one is damaged.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from device.errors import SettingsError
from device.settings import Settings, with_value

Value = str | float | bool

# What the page may choose.
KEYS = (
    "unit/name",
    "wink/threshold_deg",
    "cue/mode",
    "cue/unloaded",
    "cue/buzzer",
    "load/gate",
    "load/floor_kg",
    "page/units",
    "page/theme",
    "page/language",
    "web/reading",
)
NAME_LENGTH = 40
_HEAD = "# Written by the page; settings here come before those of /etc/racklight/racklight.toml.\n"


def chosen_beside(database: Path) -> Path:
    """Where the choices of the unit with this database lie."""
    return database.parent / "chosen.toml"


class Chosen:
    """The unit's own settings `own`, and the file with what was chosen over them."""

    def __init__(self, own: Settings, file: Path) -> None:
        self.own = own
        self.file = file
        self._seen: tuple[int, int] | None = None
        self._settings = own

    @property
    def settings(self) -> Settings:
        """All settings as they are now; the file is read again when it has changed.

        Raises SettingsError where neither it nor the one before can be read.
        """
        stamp = _stamp(self.file)
        if stamp is None:
            return self.own
        if stamp != self._seen:
            self._settings = with_choices(self.own, choices(self.file))
            self._seen = stamp
        return self._settings

    def change(self, values: Mapping[str, Value]) -> Settings:
        """Checks and writes some choices; the others stay. Raises SettingsError."""
        try:
            before = choices(self.file)
        except SettingsError:
            before = {}  # damaged: what is chosen now replaces it
        wanted = {**before, **values}
        settings = with_choices(self.own, wanted)
        _replace(self.file, _as_toml(wanted))
        return settings


def choices(file: Path) -> dict[str, Value]:
    """`section/key` of what was chosen; nothing where there is no file. Raises SettingsError."""
    problem: Exception | None = None
    for one in (file, _before(file)):
        try:
            tables = tomllib.loads(one.read_text(encoding="utf-8"))
            return {
                f"{section}/{key}": value
                for section, table in tables.items()
                for key, value in table.items()
            }
        except FileNotFoundError:
            continue
        except PermissionError:
            return {}  # the unit's alone to read: a visitor's command line goes without
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError) as error:
            problem = problem or error
    if problem is not None:
        raise SettingsError(
            f"The settings chosen on the page can't be read ({file}: {problem});"
            " delete that file and choose them again."
        )
    return {}


def with_choices(own: Settings, values: Mapping[str, Any]) -> Settings:
    """The unit's own settings with these over them. Raises SettingsError for what can't be."""
    settings = own
    for key, value in values.items():
        if key not in KEYS:
            raise SettingsError(
                f"{key} can't be chosen on the page; set it in the unit's own file."
            )
        settings = with_value(settings, key, value)
    name = settings.unit.name
    if not 1 <= len(name.strip()) <= NAME_LENGTH or not name.isprintable():
        raise SettingsError(f"A rack's name has 1 to {NAME_LENGTH} letters.")
    if settings.load.gate == "hook" and own.load.gate != "hook":
        raise SettingsError(
            "A hook switch is chosen in the unit's own settings file, when it has been wired."
        )
    return settings


def _replace(file: Path, text: str) -> None:
    """The whole file, or none of it; the one before is kept."""
    part = file.with_suffix(".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as new:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        if file.exists():
            kept = _before(file)
            kept.unlink(missing_ok=True)
            os.link(file, kept)
        part.replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise SettingsError(
            f"The settings could not be written to {file}: {error.strerror or error}; check the"
            " free space and that the disk is not read-only. The old ones stay."
        ) from error


def _as_toml(values: Mapping[str, Value]) -> str:
    lines = [_HEAD]
    for section in dict.fromkeys(key.partition("/")[0] for key in values):
        lines.append(f"\n[{section}]\n")
        lines += [
            f"{key.partition('/')[2]} = {_literal(value)}\n"
            for key, value in values.items()
            if key.startswith(f"{section}/")
        ]
    return "".join(lines)


def _literal(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    # JSON's strings are TOML's basic strings, but for DEL, which no name holds.
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _before(file: Path) -> Path:
    return file.with_suffix(".before")


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
