"""Reps as files for OpenSim, one by one or a visit's together: .mot (angles), .trc (joints)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from device.export.markers import trc_text
from device.export.motion import mot_text
from device.export.read import Row, read_rep, read_reps, read_sets, read_trace, reading

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
        text = _TEXTS[form](_name(rep), read_trace(connection, rep_id))
    return f"{_name(rep)}.{form}", text


def session_files(path: Path, session_id: str, form: str) -> Iterator[bytes]:
    """A zip with a file for every measured rep of a visit and a README, a piece after each rep.

    No piece at all where nothing was measured. Raises StoreError.
    """
    made, count = _Made(), 0
    with reading(path) as connection, zipfile.ZipFile(made, "w", _DEFLATED) as archive:
        for one_set in read_sets(connection, session_id):
            for rep in read_reps(connection, one_set["set_id"]):
                text = _TEXTS[form](_name(rep), read_trace(connection, rep["rep_id"]))
                if text is not None:
                    if not count:
                        archive.writestr(zipfile.ZipInfo("README.txt"), _ABOUT[form], _DEFLATED)
                    count += 1
                    name = f"set_{one_set['set_number']:02d}_{_name(rep)}.{form}"
                    archive.writestr(zipfile.ZipInfo(name), text, _DEFLATED)
                    yield made.taken()
    if count:
        yield made.taken()  # the list of files, at its end


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


def _name(rep: Row) -> str:
    return f"rep_{rep['rep_number']:03d}"


_ABOUT = {
    "mot": """\
One file for each measured rep of a visit to the rack, measured by Racklight.

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
One file for each rep of a visit to the rack in which joints were seen, measured by Racklight.

Columns: frame, time in seconds from the start of the rep, then X, Y, Z of each joint in
millimetres: X the way the lifter faces, Y up, Z to the right, from the floor between the ankles.
They are joint centres as a depth camera sees them, not markers on the skin; empty is 'not seen'.

In OpenSim: File, Preview Experimental Data shows them; for inverse kinematics place markers of the
same names on your model.
""",
}
_DEFLATED = zipfile.ZIP_DEFLATED
