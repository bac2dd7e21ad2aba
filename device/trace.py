"""The last minute frame by frame, so that a rep can be cut out once it is over."""

from __future__ import annotations

from collections import deque

import numpy as np

from device.records import TRACE_COLUMNS, BodyPose, Load, PelvisPose, Trace, Wink
from device.skeleton import skeleton_of

KEPT_S = 60.0  # longer than the longest rep that counts


class TraceBuffer:
    """Collects one row a frame."""

    def __init__(self) -> None:
        self._rows: deque[tuple[float, ...]] = deque()
        self._reasons: deque[tuple[float, str | None]] = deque()
        self._doubts: deque[tuple[float, str | None]] = deque()
        self._loads: deque[tuple[float, Load]] = deque()
        self._bodies: deque[tuple[float, BodyPose | None]] = deque()

    def append(self, body: BodyPose | None, pelvis: PelvisPose, wink: Wink, load: Load) -> None:
        """One frame, whatever of it is known."""
        seen = {name: getattr(body, name, None) for name in TRACE_COLUMNS}
        seen |= {name: getattr(wink, name) for name in TRACE_COLUMNS if hasattr(wink, name)}
        seen["time_s"] = pelvis.time_s
        self._rows.append(tuple(_number(seen[name]) for name in TRACE_COLUMNS))
        self._reasons.append((pelvis.time_s, pelvis.reason))
        self._doubts.append((pelvis.time_s, pelvis.doubt))
        self._loads.append((pelvis.time_s, load))
        self._bodies.append((pelvis.time_s, body))
        for rows in (self._rows, self._reasons, self._doubts, self._loads, self._bodies):
            while rows[0][0] < pelvis.time_s - KEPT_S:
                rows.popleft()

    def cut(self, start_s: float, end_s: float) -> Trace:
        """The frames from start to end, both included."""
        rows = [row for row in self._rows if start_s <= row[0] <= end_s]
        table = np.array(rows, float).reshape(-1, len(TRACE_COLUMNS))
        bodies = [body for time_s, body in self._bodies if body and start_s <= time_s <= end_s]
        columns = {name: table[:, i] for i, name in enumerate(TRACE_COLUMNS)}
        return Trace(columns, skeleton_of(bodies))

    def reasons(self, start_s: float, end_s: float) -> list[tuple[float, str | None]]:
        """(time_s, why the frame was not measured; None: it was) between start and end."""
        return [said for said in self._reasons if start_s <= said[0] <= end_s]

    def doubts(self, start_s: float, end_s: float) -> list[tuple[float, str | None]]:
        """(time_s, what made the frame vague; None: nothing) between start and end."""
        return [said for said in self._doubts if start_s <= said[0] <= end_s]

    def loads(self, start_s: float, end_s: float) -> list[Load]:
        """The load of every frame between start and end."""
        return [load for time_s, load in self._loads if start_s <= time_s <= end_s]


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
