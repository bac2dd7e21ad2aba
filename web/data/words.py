"""The texts of the page ‘Data’ that are not in its template."""

from __future__ import annotations

from device.restoring import Contents
from web.words import count, local_time

NO_DATES = "Type the dates as 2026-05-01, the first not after the last."
NO_FORMAT = "Choose CSV or JSON."
NO_FILE = "Choose a backup file first."
NOT_MEASURED = {
    "mot": "The pelvis was not measured in this rep.",
    "trc": "No joints were kept of this rep: the lifter was hidden, or there was no depth.",
}
NOTHING_MEASURED = {
    "mot": "The pelvis was not measured in any rep of this session.",
    "trc": "No joints were kept of any rep of this session.",
}
NO_SUCH_BACKUP = "This backup is not there any more; five are kept."
NO_DATABASE = "There is nothing to back up yet."
CALLED_OFF = "The waiting backup was thrown away; nothing changes."


def backup_made(name: str) -> str:
    """After the button."""
    return f"Backup {name} made; download it, so that it is not on this unit alone."


def token_revoked(name: str) -> str:
    """After the button."""
    return f"The token ‘{name}’ opens nothing any more."


def contents(found: Contents) -> str:
    """What is in a backup, in a line."""
    newest = f", the newest of {local_time(found.newest_utc):%d %b %Y}" if found.newest_utc else ""
    return (
        f"{count(found.sessions, 'session')}{newest}, {count(found.lifters, 'lifter')},"
        f" {count(found.reps, 'rep')}, from the unit ‘{found.unit_name}’"
    )
