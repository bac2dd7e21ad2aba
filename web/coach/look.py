"""One rep of a session looked at closely: its figure, its curves, and both as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.database import reading
from device.export import skeleton_lists, trace_lists
from web import charts
from web.coach.figure import Figure, figure_at, figure_scale
from web.queries import REP_COLUMNS, RepRow, rep_of

_REP = f"""
SELECT {REP_COLUMNS}, sets.number AS set_number, traces.data AS trace, sessions.lifter_id
FROM reps JOIN sets ON sets.id = reps.set_id JOIN sessions ON sessions.id = sets.session_id
    LEFT JOIN traces ON traces.rep_id = reps.id
WHERE reps.id = ? AND reps.undone_utc IS NULL
"""


@dataclass(frozen=True, slots=True)
class Look:
    """What the page shows of the rep, and which reps come before and after it."""

    rep: RepRow
    number: int  # in its set
    figure: Figure | None
    chart: charts.Chart | None
    scale: charts.Scale
    before: str | None
    after: str | None


def look_at(path: Path, reps: Sequence[RepRow], rep_id: str) -> Look | None:
    """One of a session's reps; None if it is not among them. Raises StoreError."""
    keys = [rep.id for rep in reps]
    found = one_rep(path, rep_id) if rep_id in keys else None
    if found is None:
        return None
    rep, place = found[1], keys.index(rep_id)
    skeleton = None if rep.trace is None else rep.trace.skeleton
    frame = figure_scale([] if skeleton is None else [skeleton.joints_m])
    scale = charts.scale_for([rep])
    return Look(
        rep=rep,
        number=sum(one.set_id == rep.set_id for one in reps[: place + 1]),
        figure=None if frame is None else figure_at(rep, rep.bottom_s, frame),
        chart=charts.rep_chart(rep, scale),
        scale=scale,
        before=keys[place - 1] if place else None,
        after=keys[place + 1] if place + 1 < len(keys) else None,
    )


def one_rep(path: Path, rep_id: str) -> tuple[str | None, RepRow] | None:
    """Whose rep it is (None: nobody signed in), and the rep with its joints; None if there is none.

    Raises StoreError.
    """
    with reading(path) as connection:
        row = connection.execute(_REP, (rep_id,)).fetchone()
    return None if row is None else (row["lifter_id"], rep_of(row, joints=True))


def numbers_of(rep: RepRow) -> dict[str, Any]:
    """The rep as the page's scripts read it; what is not known, or a guess, is null."""
    trace = trace_lists(rep.trace)
    if trace is not None and not rep.measured:
        trace["wink_deg"] = [None] * len(trace["wink_deg"])
    return {
        "bottom_s": rep.bottom_s,
        "threshold_deg": rep.threshold_deg,
        "verdict": rep.verdict,
        "trace": trace,
        "skeleton": skeleton_lists(rep.trace),
    }
