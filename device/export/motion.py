"""A rep as an OpenSim motion file (.mot): pelvis and lumbar angles against time.

Names, axes and signs are those of OpenSim's full-body models (gait2392, Rajagopal 2016): x forward,
y up, z to the right, rotations right-handed. So `pelvis_tilt` is negative for anterior tilt,
`pelvis_list` negative where the right side is higher, `pelvis_rotation` positive to the left, and
`lumbar_extension` negative for flexion. Zero is the lifter's neutral standing, not the model's.
The layout is that of OpenSim's `Storage` files, version 1:
https://opensimconfluence.atlassian.net/wiki/spaces/OpenSim/pages/53089415/Motion+.mot+Files
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from device.export.read import (
    Row,
    read_rep,
    read_reps,
    read_sets,
    read_trace,
    reading,
)
from device.records import Array, Trace

# OpenSim's coordinate, our column, factor.
_PELVIS = (
    ("pelvis_tilt", "anterior_pelvic_tilt_deg", -1),
    ("pelvis_list", "pelvic_list_deg", -1),
    ("pelvis_rotation", "pelvic_rotation_deg", 1),
)
_LUMBAR = ("lumbar_extension", "lumbar_flexion_deg", -1)
# OpenSim wants a number everywhere: the lumbar angle is a column only if most frames have it.
_LUMBAR_SHARE = 0.5


def motion_of(path: Path, rep_id: str) -> tuple[str, str | None] | None:
    """A rep's (file name, .mot text); None if there is no such rep. Raises StoreError.

    The text is None where the pelvis was not measured in at least two frames.
    """
    with reading(path) as connection:
        rep = read_rep(connection, rep_id)
        if rep is None:
            return None
        text = mot_text(_name(rep), read_trace(connection, rep_id))
    return f"{_name(rep)}.mot", text


def motions_of(path: Path, session_id: str) -> tuple[bytes, int]:
    """A zip with a .mot for every measured rep of a visit, and how many. Raises StoreError."""
    packed = io.BytesIO()
    with reading(path) as connection, zipfile.ZipFile(packed, "w", _DEFLATED) as archive:
        for one_set in read_sets(connection, session_id):
            for rep in read_reps(connection, one_set["set_id"]):
                text = mot_text(_name(rep), read_trace(connection, rep["rep_id"]))
                if text is not None:
                    name = f"set_{one_set['set_number']:02d}_{_name(rep)}.mot"
                    archive.writestr(zipfile.ZipInfo(name), text, _DEFLATED)
        count = len(archive.namelist())
    return packed.getvalue(), count


def mot_text(name: str, trace: Trace | None) -> str | None:
    """The file of one trace; None where fewer than two frames have pelvis angles.

    Frames that lack an angle are left out: time goes on, and OpenSim interpolates. Time starts at 0
    with the trace.
    """
    if trace is None or not len(trace):
        return None
    pelvis = np.isfinite(_table(trace, _PELVIS)).all(axis=1)
    lumbar = np.isfinite(trace.columns[_LUMBAR[1]])
    with_lumbar = lumbar[pelvis].mean() >= _LUMBAR_SHARE if pelvis.any() else False
    columns = (*_PELVIS, _LUMBAR) if with_lumbar else _PELVIS
    time_s = trace.columns["time_s"] - trace.columns["time_s"][0]
    kept = pelvis & (lumbar | (not with_lumbar)) & (np.diff(time_s, prepend=-1.0) > 0)
    if kept.sum() < 2:
        return None
    table = np.column_stack((time_s, _table(trace, columns)))[kept]
    labels = ["time", *(label for label, _, _ in columns)]
    return "".join((_header(name, len(table), labels), *_rows(table)))


def _header(name: str, rows: int, labels: Iterable[str]) -> str:
    names = list(labels)
    lines = (
        name,
        "version=1",
        f"nRows={rows}",
        f"nColumns={len(names)}",
        "inDegrees=yes",
        "",
        "Angles relative to the lifter's neutral standing, measured by Racklight.",
        "Units are S.I. units (second, meters, Newtons, ...); angles are in degrees.",
        "",
        "endheader",
        "\t".join(names),
    )
    return "\n".join(lines) + "\n"


def _rows(table: Array) -> Iterable[str]:
    # + 0.0 turns -0.0 into 0.0
    return ("\t".join(f"{value:.4f}" for value in row) + "\n" for row in table + 0.0)


def _table(trace: Trace, columns: Iterable[tuple[str, str, int]]) -> Array:
    return np.column_stack([factor * trace.columns[ours] for _, ours, factor in columns])


def _name(rep: Row) -> str:
    return f"rep_{rep['rep_number']:03d}"


_DEFLATED = zipfile.ZIP_DEFLATED
