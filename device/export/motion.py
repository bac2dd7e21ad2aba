"""A rep as an OpenSim motion file (.mot): pelvis and lumbar angles against time.

Names, axes and signs are those of OpenSim's full-body models (gait2392, Rajagopal 2016): x forward,
y up, z to the right, rotations right-handed. So `pelvis_tilt` is negative for anterior tilt,
`pelvis_list` negative where the right side is higher, `pelvis_rotation` positive to the left, and
`lumbar_extension` negative for flexion. Zero is the lifter's neutral standing, not the model's.
The layout is that of OpenSim's `Storage` files, version 1:
https://opensimconfluence.atlassian.net/wiki/spaces/OpenSim/pages/53089415/Motion+.mot+Files
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

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
