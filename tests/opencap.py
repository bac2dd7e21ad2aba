"""The OpenCap squat trial of others: markers of the five reps that the video shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "squat_video"
VIDEO = FOLDER / "opencap_squat.mp4"
MARKERS = FOLDER / "opencap_squat_markers.trc"
BOTTOMS_S = (1.36, 3.93, 6.7, 9.39, 12.26)  # on the markers' clock (the data's own README)


def video(name: str) -> Path:
    """A video of the folder; skips the test where it is not there."""
    file = FOLDER / name
    if not file.exists():
        pytest.skip(f"the video {name} (shared/data/squat_video) is not on this machine")
    return file


def knee_flexion_at_bottoms_deg() -> npt.NDArray[np.float64]:
    """(5, 2) left and right knee flexion from the markers, deg."""
    lines = MARKERS.read_text().splitlines()
    names = lines[3].split("\t")
    table = np.array(
        [[float(v) for v in line.split("\t") if v] for line in lines[6:] if line.strip()]
    )

    def marker(name: str) -> npt.NDArray[np.float64]:
        first = names.index(name)
        return table[:, first : first + 3]

    flexion = []
    for chosen in (("L_HJC", "L_knee", "L_ankle"), ("R_HJC", "r_knee", "r_ankle")):
        hip, knee, ankle = (marker(name) for name in chosen)
        thigh, shin = hip - knee, ankle - knee
        cosine = (
            (thigh * shin).sum(1) / np.linalg.norm(thigh, axis=1) / np.linalg.norm(shin, axis=1)
        )
        flexion.append(180 - np.degrees(np.arccos(cosine)))
    rows = [int(np.argmin(np.abs(table[:, 1] - t))) for t in BOTTOMS_S]
    return np.stack(flexion, axis=1)[rows]
