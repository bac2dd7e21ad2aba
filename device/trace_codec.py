"""A rep's trace as a few kilobytes: rounded to what the numbers are worth, deltas, zlib.

Layout: one byte of codec version, then zlib of
`header length (uint32) | header JSON | known bits | delta bytes`. The header names the columns
and their steps, so that a later version with other columns still reads an old trace.
"""

from __future__ import annotations

import json
import struct
import zlib

import numpy as np
import numpy.typing as npt

from device.records import TRACE_COLUMNS, Array, Trace

CODEC = 1

# What one count means. Time to a millisecond, hip height to 0.1 mm, everything else (degrees, cm)
# to a hundredth: all far below the noise of what was measured.
_STEPS = {"time_s": 1e-3, "hip_height": 1e-4}
_STEP = 1e-2


def pack_trace(trace: Trace) -> bytes:
    """The trace rounded to its steps; what is not finite becomes 'not known'."""
    names = list(TRACE_COLUMNS)
    steps = [_STEPS.get(name, _STEP) for name in names]
    table = np.stack([np.asarray(trace.columns[name], float) for name in names])
    known = np.isfinite(table)
    counts = np.zeros(table.shape, np.int64)
    counts[known] = np.rint((table / np.array(steps)[:, None])[known]).astype(np.int64)
    deltas = np.diff(_held(counts, known), axis=1, prepend=0)
    header = json.dumps({"frames": len(trace), "columns": list(zip(names, steps, strict=True))})
    body = b"".join(
        (
            struct.pack("<I", len(header)),
            header.encode(),
            np.packbits(known).tobytes(),
            _shuffled(deltas),
        )
    )
    return bytes([CODEC]) + zlib.compress(body, 9)


def unpack_trace(blob: bytes) -> Trace:
    """The trace back; columns it was not written with are all NaN.

    Raises ValueError for a blob that is damaged or of a later codec.
    """
    if not blob or blob[0] != CODEC:
        raise ValueError(f"a trace of codec {blob[0] if blob else 'none'}, expected {CODEC}")
    try:
        body = zlib.decompress(blob[1:])
        (length,) = struct.unpack_from("<I", body)
        header = json.loads(body[4 : 4 + length])
        frames, columns = int(header["frames"]), header["columns"]
        table = _table(body[4 + length :], len(columns), frames)
    except (zlib.error, struct.error, KeyError, TypeError) as error:
        raise ValueError(f"a damaged trace: {error}") from error
    found = {name: table[row] * step for row, (name, step) in enumerate(columns)}
    unknown = np.full(frames, np.nan)
    return Trace({name: found.get(name, unknown.copy()) for name in TRACE_COLUMNS})


def _table(packed: bytes, rows: int, frames: int) -> Array:
    """(rows, frames) counts, NaN where not known."""
    bits = np.frombuffer(packed, np.uint8)
    split = (rows * frames + 7) // 8
    known = np.unpackbits(bits[:split], count=rows * frames).reshape(rows, frames).astype(bool)
    planes = bits[split:].reshape(8, rows * frames)
    deltas = np.ascontiguousarray(planes.T).view("<i8").reshape(rows, frames)
    return np.where(known, np.cumsum(deltas, axis=1), np.nan)


def _held(counts: npt.NDArray[np.int64], known: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Gaps filled with the last known count, so that they cost nothing."""
    if counts.shape[1] == 0:
        return counts
    last = np.where(known, np.arange(counts.shape[1]), 0)
    return np.take_along_axis(counts, np.maximum.accumulate(last, axis=1), axis=1)


def _shuffled(deltas: npt.NDArray[np.int64]) -> bytes:
    """All lowest bytes first, then the next: mostly zeros or 0xff, which zlib likes."""
    planes = deltas.astype("<i8").reshape(-1, 1).view(np.uint8).reshape(-1, 8)
    return planes.T.tobytes()
