"""A rep's trace as a few kilobytes: rounded to what the numbers are worth, deltas, zlib.

Layout: one byte of codec version, then the columns, then the joints if they are known. Each of
the two is zlib of `header length (uint32) | header JSON | known bits | delta bytes`. The header
names what is in the rows and their steps, so that a later version with other columns still reads
an old trace. A version that knows of no joints reads the columns and leaves the rest alone.
"""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from device.records import SKELETON_JOINTS, TRACE_COLUMNS, Array, Skeleton, Trace

CODEC = 1

# What one count means. Time to a millisecond, hip height to 0.1 mm, everything else (degrees, cm)
# to a hundredth: all far below the noise of what was measured.
_STEPS = {"time_s": 1e-3, "hip_height": 1e-4}
_STEP = 1e-2
_JOINT_STEP_M = 1e-3

_Counts = npt.NDArray[np.int64]
_Known = npt.NDArray[np.bool_]


def pack_trace(trace: Trace) -> bytes:
    """The trace rounded to its steps; what is not finite becomes 'not known'."""
    names = list(TRACE_COLUMNS)
    steps = [_STEPS.get(name, _STEP) for name in names]
    table = np.stack([np.asarray(trace.columns[name], float) for name in names])
    header = {"frames": len(trace), "columns": list(zip(names, steps, strict=True))}
    columns = _packed(header, table / np.array(steps)[:, None])
    joints = b"" if trace.skeleton is None else _packed_joints(trace.skeleton)
    return bytes([CODEC]) + columns + joints


def unpack_trace(blob: bytes, joints: bool = True) -> Trace:
    """The trace back; columns it was not written with are all NaN.

    Without `joints` they are left packed, which takes half the time. Raises ValueError for a blob
    that is damaged or of a later codec.
    """
    if not blob or blob[0] != CODEC:
        raise ValueError(f"a trace of codec {blob[0] if blob else 'none'}, expected {CODEC}")
    try:
        header, table, rest = _unpacked(blob[1:])
        frames = int(header["frames"])
        found = {name: table[row] * step for row, (name, step) in enumerate(header["columns"])}
        skeleton = _unpacked_joints(rest) if rest and joints else None
    except (zlib.error, struct.error, KeyError, TypeError, IndexError, ValueError) as error:
        raise ValueError(f"a damaged trace: {error}") from error
    unknown = np.full(frames, np.nan)
    columns = {name: found.get(name, unknown.copy()) for name in TRACE_COLUMNS}
    return Trace(columns, skeleton)


def _packed_joints(skeleton: Skeleton) -> bytes:
    """Rows: time, then x, y, z of each joint."""
    places = skeleton.joints_m.reshape(len(skeleton), -1).T / _JOINT_STEP_M
    header = {
        "frames": len(skeleton),
        "joints": [int(joint) for joint in SKELETON_JOINTS],
        "steps": [_STEPS["time_s"], _JOINT_STEP_M],
        "metric": skeleton.metric,
    }
    return _packed(header, np.vstack([skeleton.time_s / _STEPS["time_s"], places]))


def _unpacked_joints(packed: bytes) -> Skeleton:
    header, table, _ = _unpacked(packed)
    time_step, place_step = header["steps"]
    places = table[1:].T.reshape(int(header["frames"]), -1, 3) * place_step
    joints = np.full((len(places), len(SKELETON_JOINTS), 3), np.nan)
    for row, joint in enumerate(header["joints"]):
        if joint in SKELETON_JOINTS:
            joints[:, SKELETON_JOINTS.index(joint)] = places[:, row]
    return Skeleton(table[0] * time_step, joints, bool(header["metric"]))


def _packed(header: dict[str, Any], table: Array) -> bytes:
    """A header and (rows, frames) counts, NaN where not known."""
    known = np.isfinite(table)
    counts = np.zeros(table.shape, np.int64)
    counts[known] = np.rint(table[known]).astype(np.int64)
    deltas = np.diff(_held(counts, known), axis=1, prepend=0)
    told = json.dumps({"rows": len(table), **header}).encode()
    body = (struct.pack("<I", len(told)), told, np.packbits(known).tobytes(), _shuffled(deltas))
    return zlib.compress(b"".join(body), 9)


def _unpacked(packed: bytes) -> tuple[dict[str, Any], Array, bytes]:
    """A header, its counts, and what follows it."""
    unzip = zlib.decompressobj()
    body = unzip.decompress(packed)
    if not unzip.eof:
        raise ValueError("it is cut off")
    (length,) = struct.unpack_from("<I", body)
    header = json.loads(body[4 : 4 + length])
    rows = int(header["rows"] if "rows" in header else len(header["columns"]))
    return header, _table(body[4 + length :], rows, int(header["frames"])), unzip.unused_data


def _table(packed: bytes, rows: int, frames: int) -> Array:
    """(rows, frames) counts, NaN where not known."""
    bits = np.frombuffer(packed, np.uint8)
    split = (rows * frames + 7) // 8
    known = np.unpackbits(bits[:split], count=rows * frames).reshape(rows, frames).astype(bool)
    planes = bits[split:].reshape(8, rows * frames)
    deltas = np.ascontiguousarray(planes.T).view("<i8").reshape(rows, frames)
    return np.where(known, np.cumsum(deltas, axis=1), np.nan)


def _held(counts: _Counts, known: _Known) -> _Counts:
    """Gaps filled with the last known count, so that they cost nothing."""
    if counts.shape[1] == 0:
        return counts
    last = np.where(known, np.arange(counts.shape[1]), 0)
    return np.take_along_axis(counts, np.maximum.accumulate(last, axis=1), axis=1)


def _shuffled(deltas: _Counts) -> bytes:
    """All lowest bytes first, then the next: mostly zeros or 0xff, which zlib likes."""
    planes = deltas.astype("<i8").reshape(-1, 1).view(np.uint8).reshape(-1, 8)
    return planes.T.tobytes()
