"""A rep as an OpenSim marker file (.trc): the places of the joints against time.

Axes are OpenSim's ground as its models stand in it: x the way the lifter faces, y up, z to the
right, the origin on the floor between the ankles; millimetres. Markers are joint centres as a
depth camera sees them, not markers on skin. Time is that of the rep's .mot file. The layout:
https://opensimconfluence.atlassian.net/wiki/spaces/OpenSim/pages/53089433/Marker+.trc+Files
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from device.records import SKELETON_JOINTS, Array, Joint, Trace

RATE_HZ = 15.0
LONGEST_GAP_S = 0.3  # in a longer one the lifter was not seen, and no place is given
_PARTS = {"TOE": "BigToe"}


def trc_text(name: str, trace: Trace | None) -> str | None:
    """The file of one trace; None without two moments of joints in metres.

    What is kept is brought to an even rate along straight lines. A joint that was not seen is
    empty, one that never was is left out, and so is a moment in which nobody was seen.
    """
    skeleton = None if trace is None else trace.skeleton
    if trace is None or skeleton is None or not skeleton.metric or len(skeleton) < 2:
        return None
    seen_s = skeleton.time_s - trace.columns["time_s"][0]
    first, last = np.ceil(seen_s[0] * RATE_HZ - 1e-6), np.floor(seen_s[-1] * RATE_HZ + 1e-6)
    time_s = np.arange(first, last + 1) / RATE_HZ
    places = _at(time_s, seen_s, skeleton.joints_m)
    # a body always has feet; OpenSim also needs the last of a row's places
    there = np.isfinite(places[:, -1]).all(axis=1)
    time_s, places = time_s[there], places[there]
    ever = np.asarray(np.isfinite(places).any(axis=(0, 2)))
    markers = [
        marker_name(joint) for joint, seen in zip(SKELETON_JOINTS, ever, strict=True) if seen
    ]
    if len(time_s) < 2:
        return None
    return "".join((*_header(name, len(time_s), markers), *_rows(time_s, places[:, ever])))


def marker_name(joint: Joint) -> str:
    """`LKnee`, `RBigToe`."""
    side, _, part = joint.name.partition("_")
    return f"{side[0]}{_PARTS.get(part, part.capitalize())}"


def _at(time_s: Array, seen_s: Array, joints_m: Array) -> Array:
    """(times, joints, 3); NaN in gaps and where either neighbour is not known."""
    after = np.clip(np.searchsorted(seen_s, time_s), 1, len(seen_s) - 1)
    span_s = (seen_s[after] - seen_s[after - 1])[:, None, None]
    share = np.clip((time_s - seen_s[after - 1])[:, None, None] / span_s, 0.0, 1.0)
    found = (1 - share) * joints_m[after - 1] + share * joints_m[after]
    bridged: Array = np.where(span_s > LONGEST_GAP_S, np.nan, found)
    return bridged


def _header(name: str, frames: int, markers: list[str]) -> Iterator[str]:
    rate = f"{RATE_HZ:.2f}"
    head = {
        "DataRate": rate,
        "CameraRate": rate,
        "NumFrames": str(frames),
        "NumMarkers": str(len(markers)),
        "Units": "mm",
        "OrigDataRate": rate,
        "OrigDataStartFrame": "1",
        "OrigNumFrames": str(frames),
    }
    axes = [f"{axis}{number}" for number in range(1, len(markers) + 1) for axis in "XYZ"]
    yield f"PathFileType\t4\t(X/Y/Z)\t{name}.trc\n"
    yield "\t".join(head) + "\n"
    yield "\t".join(head.values()) + "\n"
    yield "\t".join(["Frame#", "Time", *(f"{marker}\t\t" for marker in markers)]) + "\n"
    yield "\t".join(["", "", *axes]) + "\n\n"


def _rows(time_s: Array, places_m: Array) -> Iterator[str]:
    table = 1000 * places_m.reshape(len(time_s), -1) + 0.0  # + 0.0 turns -0.0 into 0.0
    for number, (moment, row) in enumerate(zip(time_s, table, strict=True), start=1):
        cells = (f"{value:.1f}" if np.isfinite(value) else "" for value in row)
        yield "\t".join((str(number), f"{moment:.4f}", *cells)) + "\n"
