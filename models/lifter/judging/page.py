"""One self-contained HTML page of figures and plots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from models.lifter.judging.breakdown import recommended
from models.lifter.judging.judge import JudgedRep, worst_frames
from models.lifter.judging.lifter_file import EvaluationError
from models.lifter.judging.summary import Evaluation
from models.lifter.judging.targets import Held, shown

NO_MATPLOTLIB = (
    "The page of plots needs matplotlib: install models/lifter/requirements.txt in an environment"
    " of its own and run `python -m models.lifter.evaluate` there."
)
CSS = """
body { font: 16px/1.45 system-ui, sans-serif; color: #222; max-width: 72rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.7rem; } h2 { margin-top: 2.6rem; font-size: 1.25rem; }
table { border-collapse: collapse; font-size: .9rem; } .wide { overflow-x: auto; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid #e2e2e2;
  vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.reached { color: #10608f; } .missed { color: #b3470a; font-weight: 600; } .note { color: #555; }
svg { width: 100%; height: auto; }
"""
CLASS_NAMES = {
    "all": "all reps",
    "wink_to_5": "wink to 5 degrees",
    "wink_8_to_12": "wink 8 to 12 degrees",
    "wink_from_12": "wink from 12 degrees",
    "over_arched": "over-arched start",
    "wink_free": "no wink (under 2 degrees)",
    "mocap_driven": "driven by motion capture",
}


def page_of(evaluation: Evaluation) -> str:
    """The page. Raises EvaluationError where matplotlib is missing or a view can't be read."""
    try:
        from models.lifter.judging import plots
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("matplotlib"):
            raise
        raise EvaluationError(NO_MATPLOTLIB) from error
    placed = [rep for rep in evaluation.reps if recommended(rep.place)]
    parts = [
        f"<h1>How well the pelvis is measured</h1>{_head(evaluation)}",
        "<h2>Against the targets</h2>",
        "<p>Recommended placement; reps that got an answer, with all reps beside them. Brackets:"
        " 95 % intervals from drawing whole lifters (of shares: the wider of that and Wilson's)."
        " Not surely: the interval lies on both sides of the target.</p>",
        _targets(evaluation.targets),
        "<h2>How many reps of each kind</h2>",
        _counts(evaluation),
        "<h2>Wink</h2>",
        plots.svg(plots.wink_agreement(placed), "wink"),
        "<h2>Where a unit may hang</h2><p>RMSE of tilt change in a frame, deg, and below it the"
        " share of reps measured. Blue: within 3 degrees. Grey: fewer than 5 lifters. Framed: the"
        " recommended placement.</p>",
        plots.svg(plots.placement(evaluation.cells), "place"),
        "<h2>Standard deviations</h2><p>Grey bars: the targets.</p>",
        f'<div style="max-width:38rem">{plots.svg(plots.calibration(placed), "sd")}</div>',
        "<h2>Where the error lives</h2><p>Placement over all places, the rest over the recommended"
        " ones; n is the number of lifters. Blue: all reps, orange: measured reps, dashed: the"
        " target. No interval is drawn from fewer than 5 lifters.</p>",
        plots.svg(plots.bars(evaluation.groups), "bars"),
        "<h2>Three reps</h2><p>Bands: one and two standard deviations of a frame.</p>",
        plots.svg(plots.traces(examples(placed)), "traces"),
        "<h2>The worst frames</h2><p>Recommended placement, one frame a rep; tilt change.</p>",
        plots.svg(plots.crops(_with_views(evaluation, placed)), "worst"),
        "<h2>Every figure</h2>",
        _all_figures(evaluation),
    ]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Racklight: evaluation</title><style>{CSS}</style>" + "\n".join(parts) + "</html>\n"
    )


def examples(reps: Sequence[JudgedRep]) -> list[tuple[str, JudgedRep]]:
    """The reps with the smallest, the median and the largest wink error; truly winked ones."""
    told = [rep for rep in reps if np.isfinite(rep.wink_error)]
    told = [rep for rep in told if rep.true_wink > 5] or told
    told.sort(key=lambda rep: abs(rep.wink_error))
    if not told:
        return []
    return [("Best", told[0]), ("Median", told[len(told) // 2]), ("Worst", told[-1])]


def _with_views(
    evaluation: Evaluation, reps: Sequence[JudgedRep]
) -> list[tuple[JudgedRep, int, Any]]:
    files = {lifter.name: lifter for lifter in evaluation.lifters}
    found = []
    for rep, frame in worst_frames(reps):
        view = files[rep.lifter].view(rep.camera, rep.first_frame + frame)
        found.append((rep, frame, view.points))
    return found


def _head(evaluation: Evaluation) -> str:
    settings = evaluation.settings
    views = sum(lifter.views_count for lifter in evaluation.lifters)
    return (
        f"<p>{len(evaluation.lifters)} simulated lifters, {views} views; the estimator alone (the"
        " hip, knee and floor are the true ones), depth is simulated. Model"
        f" {evaluation.model.sha256[:12]}, {escape(evaluation.model.runtime)}. A wink counts from"
        f" {settings.threshold_deg:g} degrees, a rep as measured up to a standard deviation of"
        f" {settings.max_sd_deg:g} degrees.</p>"
    )


def _targets(parts: Mapping[str, Sequence[Held]]) -> str:
    """One row a target; a column for each part of the set, all reps beside the whole."""
    names = list(parts)
    lines = []
    for rows in zip(*parts.values(), strict=True):
        whole = rows[0]
        cells = [_held(row) for row in rows]
        lines.append((escape(whole.says), escape(whole.must), *cells, _number(whole, "all_reps")))
    heads = [escape(name) for name in names]
    return _table(("", "must be", *heads, "all: also reps not measured"), lines)


def _held(row: Held) -> str:
    kind = row.verdict.split(",")[0].split(" ")[0]
    return f'{_number(row, "found")}<span class="{kind}">{escape(row.verdict)}</span>'


def _number(row: Held, which: str) -> str:
    figure = getattr(row, which)
    return "" if figure.value is None else f"{shown(figure, row.unit)}<br>"


def _counts(evaluation: Evaluation) -> str:
    rows = []
    for name, label in CLASS_NAMES.items():
        placed, anywhere = (evaluation.classes[p][name] for p in ("recommended", "anywhere"))
        rows.append(
            (label, *(str(count[k]) for count in (placed, anywhere) for k in ("reps", "views")))
        )
    heads = ("", "reps, recommended placement", "seen", "reps, anywhere", "seen")
    reasons = [(escape(reason), str(count)) for reason, count in evaluation.not_measured.items()]
    why = _table(("why not measured (recommended placement)", "seen"), reasons) if reasons else ""
    return _table(heads, rows) + ("<p></p>" + why)


def _all_figures(evaluation: Evaluation) -> str:
    names = list(evaluation.figures["recommended"]["all"])
    rows = []
    for name in names:
        unit = "%" if name.endswith("_share") or name == "coverage" else ""
        cells = [
            shown(evaluation.figures[place][which][name], unit)
            for place in ("recommended", "anywhere")
            for which in ("measured", "all")
        ]
        rows.append((name.replace("_share", "_percent"), *cells))
    heads = ("", "recommended, measured", "recommended, all", "anywhere, measured", "anywhere, all")
    return _table(heads, rows)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{text}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'
