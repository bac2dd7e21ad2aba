"""The backups that are kept on the unit, as people tell them apart: by when and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from device import backups
from web.data.words import COPIES

_NAME = re.compile(r"(\d+)-([a-z]+)-.*\.sqlite3")


@dataclass(frozen=True, slots=True)
class Copy:
    """One file."""

    path: Path
    made: datetime  # on the unit's clock
    kind: str  # in words
    bytes: int

    @property
    def name(self) -> str:
        """The file's own, which is its address."""
        return self.path.name

    @property
    def saved_as(self) -> str:
        """`racklight-backup-2026-11-22-0001.sqlite3`."""
        return f"racklight-backup-{self.made:%Y-%m-%d}-{self.name.partition('-')[0]}.sqlite3"


def kept_copies(database: Path) -> list[Copy]:
    """The newest first."""
    return [_copy(path) for path in backups.copies(database.parent / backups.FOLDER)]


def _copy(path: Path) -> Copy:
    about, named = path.stat(), _NAME.fullmatch(path.name)
    kind = COPIES.get(named[2], "") if named else ""
    made = datetime.fromtimestamp(about.st_mtime).astimezone()
    return Copy(path, made, kind, about.st_size)
