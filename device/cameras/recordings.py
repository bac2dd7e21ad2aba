"""Recording files: what can be known of one before librealsense opens it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from device.cameras import unfinished
from device.errors import BadRecordingError

SUFFIXES = (".db3", ".bag")
_HEADER_BYTES = 100
_SQLITE_HEADER = b"SQLite format 3\x00"
# Of an image's messages; librealsense writes the second from 2.59 on.
_IMAGE_TYPES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")


def check_recording(file: Path) -> None:
    """Raises BadRecordingError where the file is not there, not a recording or cut short."""
    check_file(file, "recording")
    if file.suffix.lower() not in SUFFIXES:
        raise BadRecordingError(f"{file} is no recording: expected a file ending in .db3 or .bag.")
    if file.suffix.lower() == ".db3":
        _check_sqlite(file)


def check_file(file: Path, what: str) -> None:
    """Raises BadRecordingError where the file is missing, empty, unreadable or no file."""
    if not file.exists():
        raise BadRecordingError(f"There is no {what} {file}: check the name.")
    if not file.is_file():
        raise BadRecordingError(f"{file} is not a file: name the {what} itself.")
    try:
        with file.open("rb") as opened:
            empty = not opened.read(1)
    except OSError as error:
        raise BadRecordingError(
            f"The {what} {file} can't be read ({error.strerror}): check its permissions."
        ) from error
    if empty:
        raise BadRecordingError(f"The {what} {file} is empty: copy or record it again.")


def check_new_recording(file: Path) -> None:
    """Raises BadRecordingError where a recording can't be written under this name."""
    if file.suffix.lower() != ".db3":
        raise BadRecordingError(
            f"Recordings are written as .db3, not {file.suffix or 'without a suffix'}:"
            f" name it {file.with_suffix('.db3').name}."
        )
    if file.exists():
        raise BadRecordingError(f"{file} exists already: choose another name or delete it first.")
    if not file.parent.is_dir():
        raise BadRecordingError(f"There is no folder {file.parent}: make it first.")


def count_frames(file: Path) -> int | None:
    """Frames of the longest image stream of a .db3; None for a .bag or where it can't be told."""
    if file.suffix.lower() != ".db3":
        return None
    query = (
        "SELECT count(*) AS frames FROM messages JOIN topics ON topics.id = messages.topic_id"
        f" WHERE topics.type IN ({', '.join('?' * len(_IMAGE_TYPES))}) GROUP BY topics.id"
        " ORDER BY frames DESC LIMIT 1"
    )
    try:
        database = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
        try:
            row = database.execute(query, _IMAGE_TYPES).fetchone()
        finally:
            database.close()
    except sqlite3.Error:
        return None
    return int(row[0]) if row else 0


def nothing_came(file: Path | None, frame_count: int | None, version: str) -> BadRecordingError:
    """What to say of a recording that ended before its first frame; `version` is librealsense's."""
    if frame_count:
        return BadRecordingError(
            f"The recording {file} holds {frame_count} frames that librealsense {version} can't"
            " play (a later one writes them otherwise): make it anew with 'racklight record'."
        )
    return BadRecordingError(f"The recording {file} holds no frames: record it again.")


def _check_sqlite(file: Path) -> None:
    with file.open("rb") as opened:
        header = opened.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES or not header.startswith(_SQLITE_HEADER):
        raise BadRecordingError(f"{file} is damaged or no recording: copy or record it again.")
    unfinished.mend(file)
    if unfinished.missing_bytes(file) > 0:
        raise BadRecordingError(f"The recording {file} is cut short: copy or record it again.")
