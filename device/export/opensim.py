"""Reps as files for OpenSim, one by one or together: .mot (angles), .trc (joints)."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from device.export.markers import trc_text
from device.export.motion import mot_text
from device.export.names import file_safe
from device.export.read import (
    Row,
    Selection,
    read_rep,
    read_reps,
    read_sessions,
    read_sets,
    read_trace,
    reading,
)

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_TEXTS = {"mot": mot_text, "trc": trc_text}


def rep_file(path: Path, rep_id: str, form: str) -> tuple[str, str | None] | None:
    """A rep's (file name, text) in one of the forms; None if there is no such rep.

    The text is None where too little was measured for it. Raises StoreError.
    """
    with reading(path) as connection:
        rep = read_rep(connection, rep_id)
        if rep is None:
            return None
        beside = read_reps(connection, rep["set_id"])
        name = _name(sum(one["rep_number"] <= rep["rep_number"] for one in beside))
        text = _TEXTS[form](name, read_trace(connection, rep_id))
    return f"{name}.{form}", text


def motion_files(path: Path, which: Selection, form: str) -> Iterator[bytes]:
    """A zip with a file for every measured rep of the visits and a README, a piece after each rep.

    Several visits have a folder each, called after day, time and lifter. No piece at all where
    nothing was measured. Raises StoreError.
    """
    made, count = _Made(), 0
    with reading(path) as connection, zipfile.ZipFile(made, "w", _DEFLATED) as archive:
        for folder, visit in _folders(connection, which):
            for name, text in _files(connection, visit, form):
                if not count:
                    archive.writestr(zipfile.ZipInfo("README.txt"), _ABOUT[form], _DEFLATED)
                count += 1
                archive.writestr(zipfile.ZipInfo(f"{folder}{name}"), text, _DEFLATED)
                yield made.taken()
    if count:
        yield made.taken()  # the list of files, at its end


def _folders(connection: sqlite3.Connection, which: Selection) -> Iterator[tuple[str, Row]]:
    """Each visit and what comes before the names of its files; nothing for a single visit."""
    seen: Counter[str] = Counter()
    for visit in read_sessions(connection, which):
        if which.session_id is not None:
            yield "", visit
            continue
        began = datetime.fromisoformat(visit["started_utc"].replace("Z", "+00:00")).astimezone()
        parts = (f"{began:%Y-%m-%d_%H-%M-%S}", file_safe(visit["lifter_name"] or ""))
        name = "_".join(part for part in parts if part)
        seen[name] += 1  # a clock that was set back shows a time twice
        yield f"{name}/" if seen[name] == 1 else f"{name}_{seen[name]}/", visit


def _files(connection: sqlite3.Connection, visit: Row, form: str) -> Iterator[tuple[str, str]]:
    """The name and text of each measured rep."""
    for one_set in read_sets(connection, visit["session_id"]):
        for number, rep in enumerate(read_reps(connection, one_set["set_id"]), start=1):
            name = f"set_{one_set['set_number']:02d}_{_name(number)}"
            text = _TEXTS[form](_name(number), read_trace(connection, rep["rep_id"]))
            if text is not None:
                yield f"{name}.{form}", text


class _Made(io.RawIOBase):
    """What was written since the last look; there is no way back in it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Buffer) -> int:
        self._pieces.append(bytes(piece))
        return len(self._pieces[-1])

    def taken(self) -> bytes:
        """All of it, once."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _name(number: int) -> str:
    """By the rep's number in its set."""
    return f"rep_{number:03d}"


_ABOUT = {
    "mot": """\
One file for each measured rep, measured by Racklight at the rack. Sets are numbered within the
visit and reps within their set; of several visits each has a folder, with day and time.

Columns: time in seconds from the start of the rep; pelvis_tilt, pelvis_list, pelvis_rotation and,
where it was measured, lumbar_extension in degrees. Names, axes and signs are those of OpenSim's
full-body models (gait2392, Rajagopal 2016): pelvis_tilt is negative for anterior tilt, pelvis_list
negative where the right side is higher, pelvis_rotation positive to the left, lumbar_extension
negative for flexion. Zero is the lifter's own neutral standing, not the model's: only changes
within a lifter mean something.

In OpenSim: File, Open Model (a full-body model), then File, Load Motion with one of these files.
Coordinates that are not in the file stay at the model's default.
""",
    "trc": """\
One file for each rep in which joints were seen, measured by Racklight at the rack. Sets are
numbered within the visit and reps within their set; of several visits each has a folder, with day
and time.

Columns: frame, time in seconds from the start of the rep, then X, Y, Z of each joint in
millimetres: X the way the lifter faces, Y up, Z to the right, from the floor between the ankles.
They are joint centres as a depth camera sees them, not markers on the skin; empty is 'not seen'.

In OpenSim: File, Preview Experimental Data shows them; for inverse kinematics place markers of the
same names on your model.
""",
}
_DEFLATED = zipfile.ZIP_DEFLATED
