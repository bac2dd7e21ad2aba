"""Reps as files for OpenSim, one by one or a visit's together: .mot (angles), .trc (joints)."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from device.export.markers import trc_text
from device.export.motion import mot_text
from device.export.read import Row, read_rep, read_reps, read_sets, read_trace, reading

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


def session_files(path: Path, session_id: str, form: str) -> tuple[bytes, int]:
    """A zip with a file for every measured rep of a visit, and how many. Raises StoreError."""
    packed = io.BytesIO()
    with reading(path) as connection, zipfile.ZipFile(packed, "w", _DEFLATED) as archive:
        for one_set in read_sets(connection, session_id):
            for rep in read_reps(connection, one_set["set_id"]):
                text = _TEXTS[form](_name(rep), read_trace(connection, rep["rep_id"]))
                if text is not None:
                    name = f"set_{one_set['set_number']:02d}_{_name(rep)}.{form}"
                    archive.writestr(zipfile.ZipInfo(name), text, _DEFLATED)
        count = len(archive.namelist())
    return packed.getvalue(), count


def _name(rep: Row) -> str:
    return f"rep_{rep['rep_number']:03d}"


_DEFLATED = zipfile.ZIP_DEFLATED
