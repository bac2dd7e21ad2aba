"""The plots of the evaluation's page, as SVG text (matplotlib, recipe environment)."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from math import erf
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import Rectangle

from models.lifter.judging.breakdown import DISTANCE_M, HEIGHT_M, MAX_AZIMUTH_DEG, Cell, Group
from models.lifter.judging.judge import JudgedRep
from models.lifter.judging.resampling import Figure

TRUE, SAID, FAINT, WRONG = "#222222", "#1f6fb4", "#9a9a9a", "#d95f0e"
GOOD_TILT_DEG = 3.0
MIN_LIFTERS_OF_A_CELL = 5
_STYLE: dict[str, Any] = {
    "font.size": 10,
    "font.family": "sans-serif",
    "svg.fonttype": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "axes.axisbelow": True,
    "legend.frameon": False,
}


def svg(drawing: Drawing, name: str) -> str:
    """The drawing to be put into a page; `name` keeps the ids of several apart."""
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        out = io.StringIO()
        drawing.savefig(out, format="svg", bbox_inches="tight", dpi=110, metadata={"Date": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    return re.sub(
        r'(<svg[^>]*?) width="[^"]*" height="[^"]*"', r"\1", _own_ids(text, name), count=1
    )


def _own_ids(text: str, name: str) -> str:
    """Ids are shared by everything on a page."""
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', text)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)


def _drawing(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Drawing, Any]:
    with mpl.rc_context(_STYLE):
        drawing = Drawing(figsize=(width, height), layout="constrained")
        return drawing, drawing.subplots(rows, columns, squeeze=False)


def wink_agreement(reps: Sequence[JudgedRep]) -> Drawing:
    """Estimate against truth, and Bland and Altman's plot, of every rep with a wink."""
    drawing, ((left, right),) = _drawing(10, 4.4, columns=2)
    told = [rep for rep in reps if rep.measured.wink_deg is not None]
    most = max([25.0, *(max(rep.true_wink, rep.measured.wink_deg or 0) + 1 for rep in told)])
    left.plot([0, most], [0, most], color=TRUE, lw=1)
    for measured, color, label in ((False, FAINT, "not measured"), (True, SAID, "measured")):
        part = [rep for rep in told if rep.is_measured is measured]
        true = np.array([rep.true_wink for rep in part])
        said = np.array([rep.measured.wink_deg for rep in part], float)
        dots = {"s": 9, "color": color, "alpha": 0.55, "lw": 0, "rasterized": True}
        left.scatter(true, said, label=f"{label} ({len(part)})", **dots)
        right.scatter((true + said) / 2, said - true, **dots)
    chosen = [rep for rep in told if rep.is_measured] or told
    _agreement_lines(right, np.array([rep.wink_error for rep in chosen]))
    left.set(xlabel="true wink, deg", ylabel="wink told, deg", title="Estimate against truth")
    left.set(xlim=(-0.5, most), ylim=(-0.5, most))
    left.legend(loc="upper left", markerscale=2, frameon=False)
    left.set_aspect("equal")
    which = (
        "measured reps" if any(rep.is_measured for rep in told) else "all reps: none is measured"
    )
    right.set(xlabel="mean of both, deg", ylabel="wink told minus true, deg")
    right.set(title=f"Bland and Altman; lines: {which}")
    return drawing


def _agreement_lines(axes: Any, errors: Any) -> None:
    if not len(errors):
        return
    mean, sd = float(errors.mean()), float(errors.std())
    for value, style in ((mean, "-"), (mean - 1.96 * sd, "--"), (mean + 1.96 * sd, "--")):
        axes.axhline(value, color=WRONG, ls=style, lw=1.2)
        axes.annotate(
            f"{value:+.1f}",
            (1.0, value),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="bottom",
            color=WRONG,
        )


def placement(cells: Sequence[Cell]) -> Drawing:
    """RMSE of tilt change by place, for each camera; the recommended placement is framed."""
    models = sorted({cell.model for cell in cells})
    drawing, grid = _drawing(11, 0.6 + 3.6 * max(len(models), 1), max(len(models), 1), 2)
    for row, model in zip(grid, models, strict=False):
        for axes, across in zip(row, ("distance_m", "height_m"), strict=True):
            own = [cell for cell in cells if cell.model == model and cell.across == across]
            _map(axes, own, f"{model}: azimuth and {'distance' if across[0] == 'd' else 'height'}")
            low, high = DISTANCE_M.get(model, HEIGHT_M) if across == "distance_m" else HEIGHT_M
            frame = Rectangle((0, low), MAX_AZIMUTH_DEG, high - low, fill=False, ec=TRUE, lw=2.2)
            axes.add_patch(frame)
            axes.set_ylabel("distance, m" if across == "distance_m" else "height of the camera, m")
    return drawing


def _map(axes: Any, cells: Sequence[Cell], title: str) -> None:
    for cell in cells:
        (left, right), (low, high) = cell.azimuth_deg, cell.span_m
        few = cell.lifters < MIN_LIFTERS_OF_A_CELL
        value = cell.tilt_rmse_deg.value
        axes.add_patch(
            Rectangle((left, low), right - left, high - low, fc=_color(value, few), ec="white")
        )
        covered = 100 * (cell.coverage.value or 0)
        text = "-" if value is None else f"{value:.1f}"
        axes.text(
            (left + right) / 2,
            (low + high) / 2,
            f"{text}\n{covered:.0f} %",
            ha="center",
            va="center",
            fontsize=8.5,
            color=FAINT if few else TRUE,
        )
    edges = sorted({edge for cell in cells for edge in cell.azimuth_deg})
    axes.set_xticks(edges)
    axes.set_yticks(sorted({edge for cell in cells for edge in cell.span_m}))
    axes.set(xlabel="azimuth to either side, deg", title=title)
    axes.grid(visible=False)
    axes.autoscale_view()


def _color(rmse_deg: float | None, few: bool) -> Any:
    if rmse_deg is None or few:
        return "#f1f1f1"
    if rmse_deg <= GOOD_TILT_DEG:
        return "#9fc9ea"
    return mpl.colormaps["Oranges"](min(0.15 + 0.1 * (rmse_deg - GOOD_TILT_DEG), 0.7))


def calibration(reps: Sequence[JudgedRep]) -> Drawing:
    """Share of frames and winks whose truth lies within k standard deviations, for any k."""
    drawing, ((axes,),) = _drawing(5.6, 4.4)
    steps = np.linspace(0, 3, 61)
    axes.plot(steps, [erf(k / np.sqrt(2)) for k in steps], color=TRUE, lw=1, label="as it must be")
    for at, (low, high) in ((1, (0.60, 0.76)), (2, (0.92, 0.98))):
        axes.plot([at, at], [low, high], color=TRUE, lw=5, alpha=0.25, solid_capstyle="butt")
    frames = [np.abs(rep.tilt - rep.true_tilt) / rep.tilt_sd for rep in reps]
    winks = [abs(rep.wink_error) / (rep.measured.wink_sd_deg or np.nan) for rep in reps]
    measured = [
        abs(rep.wink_error) / (rep.measured.wink_sd_deg or np.nan)
        for rep in reps
        if rep.is_measured
    ]
    for sizes, color, style, label in (
        (np.concatenate([[], *frames]), SAID, "-", "frames, tilt change"),
        (np.array(winks), WRONG, "-", "winks, all reps"),
        (np.array(measured), WRONG, ":", "winks, measured reps"),
    ):
        known = np.sort(sizes[np.isfinite(sizes)])
        if len(known):
            shares = np.searchsorted(known, steps) / len(known)
            axes.plot(steps, shares, color=color, ls=style, lw=2, label=f"{label} ({len(known)})")
    axes.set(xlabel="standard deviations", ylabel="share of truths within", ylim=(0, 1.01))
    axes.set_title("What a standard deviation is worth")
    axes.legend(loc="lower right", frameon=False)
    return drawing


def bars(groups: Sequence[Group]) -> Drawing:
    """Tilt and wink error and coverage of every group, with intervals."""
    drawing, ((tilt, wink, covered),) = _drawing(11, 0.9 + 0.21 * (len(groups) + 14), columns=3)
    places, labels, heads = _rows(groups)
    columns: tuple[tuple[Any, str, float, Callable[[Group], Figure]], ...] = (
        (tilt, "tilt change, RMSE, deg", 3.0, lambda g: g.all_reps["tilt_change_rmse_deg"]),
        (wink, "wink, RMSE, deg", 2.5, lambda g: g.all_reps["wink_rmse_deg"]),
        (covered, "share of reps measured", 0.9, lambda g: g.coverage),
    )
    for axes, title, target, value in columns:
        for group, place in zip(groups, places, strict=True):
            _dot(axes, value(group), place, SAID)
            if axes is wink:
                _dot(axes, group.measured["wink_rmse_deg"], place + 0.3, WRONG)
        axes.axvline(target, color=TRUE, lw=1, ls="--")
        axes.set(title=title, ylim=(places[-1] + 1 if places else 1, -1.5))
        axes.set_xlim(
            -0.02 if axes is covered else 0,
            1.02 if axes is covered else max(2 * target, axes.get_xlim()[1]),
        )
        axes.grid(axis="y", visible=False)
        for head, place in heads:
            axes.axhline(place - 0.65, color="#cccccc", lw=0.6)
            if axes is tilt:
                axes.annotate(
                    head,
                    (-0.02, place),
                    xycoords=("axes fraction", "data"),
                    ha="right",
                    va="center",
                    fontweight="bold",
                )
        axes.set_yticks(places, labels if axes is tilt else [""] * len(labels))
        axes.tick_params(axis="y", length=0)
        axes.tick_params(axis="x", top=True, labeltop=True)
    return drawing


def _rows(groups: Sequence[Group]) -> tuple[list[float], list[str], list[tuple[str, float]]]:
    """Places and labels of the groups, and of the heads above those of one dimension."""
    places, labels, heads, at, last = [], [], [], 0.0, ""
    for group in groups:
        if group.dimension != last:
            heads.append((group.dimension, at))
            at, last = at + 1.0, group.dimension
        places.append(at)
        labels.append(f"{group.label}  (n {group.lifters})")
        at += 1.0
    return places, labels, heads


def _dot(axes: Any, found: Figure, place: float, color: str) -> None:
    if found.value is None:
        return
    if found.low is not None and found.high is not None:
        axes.plot([found.low, found.high], [place, place], color=color, lw=2, alpha=0.45)
    axes.plot([found.value], [place], "o", color=color, ms=4.5)


def traces(examples: Sequence[tuple[str, JudgedRep]]) -> Drawing:
    """Tilt, lumbar flexion and wink over time of some reps: truth, frames, smoothed, band."""
    drawing, grid = _drawing(11, 8.4, 3, max(len(examples), 1))
    for i, (label, rep) in enumerate(examples):
        tilt, lumbar, wink = grid[0][i], grid[1][i], grid[2][i]
        times = rep.time_s - rep.time_s[0]
        for sds, alpha in ((2, 0.12), (1, 0.2)):
            low, high = rep.tilt - sds * rep.tilt_sd, rep.tilt + sds * rep.tilt_sd
            tilt.fill_between(times, low, high, color=SAID, alpha=alpha, lw=0)
        tilt.plot(times, rep.tilt, ".", color=SAID, ms=4, label="frame")
        tilt.plot(times, rep.smooth_tilt, color=SAID, lw=1.6, label="smoothed")
        tilt.plot(times, rep.true_tilt, color=TRUE, lw=1.6, label="truth")
        lumbar.plot(times, rep.lumbar, ".", color=SAID, ms=4)
        lumbar.plot(times, rep.true_lumbar, color=TRUE, lw=1.6)
        wink.plot(times, rep.wink_curve, color=SAID, lw=1.6)
        wink.plot(times, rep.true_wink_curve, color=TRUE, lw=1.6)
        if rep.measured.wink_deg is not None and rep.measured.wink_sd_deg is not None:
            at = times[int(np.nanargmax(rep.wink_curve))]
            sd = rep.measured.wink_sd_deg
            wink.errorbar([at], [rep.measured.wink_deg], yerr=[sd], color=SAID, capsize=4, fmt="o")
        place = rep.place
        tilt.set_title(
            f"{label}: error {rep.wink_error:+.1f} deg\n{rep.lifter}, camera {rep.camera}, rep"
            f" {rep.rep}; {place.azimuth_deg:.0f} deg, {place.distance_m:.2f} m",
            fontsize=9.5,
        )
        wink.set(xlabel="time, s")
        if i == 0:
            tilt.set_ylabel("anterior pelvic tilt, deg")
            lumbar.set_ylabel("lumbar flexion, deg")
            wink.set_ylabel("wink, deg")
            tilt.legend(loc="best", frameon=False)
    return drawing


def crops(frames: Sequence[tuple[JudgedRep, int, Any]]) -> Drawing:
    """Hip views, (64, 64, 4) as in HipView, lit from above: what was seen where it went wrong."""
    columns = 5
    rows = max(1, -(-len(frames) // columns))
    drawing, grid = _drawing(11, 2.75 * rows, rows, columns)
    for axes in grid.flat:
        axes.axis("off")
    for axes, (rep, frame, points) in zip(grid.flat, frames, strict=False):
        axes.imshow(_lit(points), interpolation="nearest")
        axes.set_title(
            f"true {rep.true_tilt[frame]:.0f}, read {rep.tilt[frame]:.0f}"
            f" +- {rep.tilt_sd[frame]:.0f} deg\n{rep.lifter.removeprefix('lifter_')}"
            f" cam {rep.camera} frame {rep.first_frame + frame}\n"
            f"{rep.place.azimuth_deg:.0f} deg, {rep.place.distance_m:.2f} m,"
            f" {rep.place.height_m:.2f} m high",
            fontsize=8,
        )
    return drawing


def _lit(points: Any) -> Any:
    """(64, 64, 3) a picture of the surface; holes dark blue."""
    seen = points[..., 3] > 0
    across, down = np.gradient(points[..., :3], axis=1), np.gradient(points[..., :3], axis=0)
    normal = np.cross(down, across)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
    light = np.array([0.35, 0.75, 0.55]) / np.linalg.norm([0.35, 0.75, 0.55])
    shade = np.clip(0.25 + 0.75 * np.abs(normal @ light), 0, 1)[..., None]
    near = np.clip(0.5 + 0.35 * points[..., 2:3], 0.15, 1)
    return np.where(seen[..., None], shade * (0.4 + 0.6 * near), [0.08, 0.10, 0.25])
