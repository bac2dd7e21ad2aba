"""Is a calibration good enough to be kept? If not, why and what to do, in one sentence."""

from __future__ import annotations

import numpy as np

from device.calibrate.board import RULER_MM
from device.calibrate.solve import MIN_VIEWS, Solution
from device.calibrate.views import GRID, LEAST_AREAS, LEAST_VIEWS, LEAST_WAYS, WAYS, Progress
from device.errors import CalibrationError
from device.geometry import length
from device.records import Intrinsics

MAX_ERROR_SHARE = 0.0012  # of the picture's width: 0.8 px at 640
MAX_INVERSE_SHARE = 0.004  # the corners of a wide lens, where little is measured
MAX_FOCAL_SD = 0.015
VIEW_DEG = (30.0, 125.0)  # that a Pi camera sees from side to side
MAX_OFF_CENTRE = 0.15  # of the picture's width or height
BASE_M = (0.01, 0.30)  # the two cameras sit in one housing
MAX_TURN_DEG = 30.0  # both stand the same way up
MAX_SCALE_ERROR = 0.03  # of the board's distance; a D400's own is 2 % at most


def refuse_few_views(progress: Progress) -> None:
    """Raises CalibrationError before anything is computed from too little."""
    if progress.views < max(LEAST_VIEWS, MIN_VIEWS):
        raise CalibrationError(
            f"Only {progress.views} views of the board were taken, {LEAST_VIEWS} are needed: run"
            " racklight calibrate again and hold the board still at more places where both cameras"
            " see it."
        )
    areas = int(progress.areas.sum())
    if areas < LEAST_AREAS:
        raise CalibrationError(
            f"The board was seen in {areas} of the {GRID * GRID} areas of the Pi camera's picture,"
            f" {LEAST_AREAS} are needed: run racklight calibrate again and carry it into the"
            " picture's corners."
        )
    if len(progress.ways) < LEAST_WAYS:
        raise CalibrationError(
            f"The board was tilted in {len(progress.ways)} of {WAYS} ways, {LEAST_WAYS} are needed:"
            " run racklight calibrate again and turn each of its sides towards the cameras by about"
            " 30 degrees."
        )


def refuse_bad(solution: Solution, ruler_mm: float) -> None:
    """Raises CalibrationError for a result that can't be right, or is not good enough."""
    again = "and run racklight calibrate again."
    if len(solution.kept) < LEAST_VIEWS:
        raise CalibrationError(
            f"Only {len(solution.kept)} of the views agree, {LEAST_VIEWS} are needed: glue the"
            f" board on something stiff, hold it still at each place {again}"
        )
    limit_px = MAX_ERROR_SHARE * solution.colour.width_px
    if not solution.reprojection_error_px <= limit_px:
        raise CalibrationError(
            f"The views agree to {solution.reprojection_error_px:.2f} px only, at most"
            f" {limit_px:.2f} is good enough: make the board flat, give more light {again}"
        )
    _refuse_lens(solution, again)
    _refuse_place(solution, again)
    ratio = solution.depth_ratio
    if ratio is not None and abs(ratio - 1) > MAX_SCALE_ERROR:
        raise CalibrationError(
            f"The depth camera measures the board {100 * abs(ratio - 1):.0f} %"
            f" {'farther' if ratio > 1 else 'nearer'} than its printed size says: measure its ruler"
            f" (about {ruler_mm * ratio:.0f} mm, not {ruler_mm:.0f}?) and tell its length with"
            f" --ruler-mm, which is {RULER_MM:.0f} unless told."
        )


def _refuse_lens(solution: Solution, again: str) -> None:
    seen = solution.colour
    width_px, height_px = seen.width_px, seen.height_px
    view_deg = field_of_view_deg(seen)[0]
    off = max(
        abs(seen.cx_px - (width_px - 1) / 2) / width_px,
        abs(seen.cy_px - (height_px - 1) / 2) / height_px,
    )
    uneven = abs(seen.fx_px / seen.fy_px - 1)
    if not VIEW_DEG[0] <= view_deg <= VIEW_DEG[1] or off > MAX_OFF_CENTRE or uneven > 0.05:
        raise CalibrationError(
            f"The result can't be a Pi camera's ({view_deg:.0f} degrees wide, middle"
            f" {100 * off:.0f} % off): take views in all areas and tilts {again}"
        )
    if (
        solution.lens.focal_sd > MAX_FOCAL_SD
        or solution.inverse_error_px > MAX_INVERSE_SHARE * width_px
    ):
        raise CalibrationError(
            "The views don't tell the Pi camera's lens well enough"
            f" (focal length to {100 * solution.lens.focal_sd:.1f} %, edges to"
            f" {solution.inverse_error_px:.1f} px): tilt the board more, carry it into the"
            f" picture's corners {again}"
        )


def _refuse_place(solution: Solution, again: str) -> None:
    place = solution.depth_to_colour
    apart_m = length(place.translation_m)
    if not BASE_M[0] <= apart_m <= BASE_M[1]:
        raise CalibrationError(
            f"The cameras would be {100 * apart_m:.1f} cm apart, {100 * BASE_M[0]:.0f} to"
            f" {100 * BASE_M[1]:.0f} is possible in one housing: check --ruler-mm, hold the board"
            f" still at each place {again}"
        )
    turn_deg = turned_deg(solution)
    if turn_deg > MAX_TURN_DEG:
        raise CalibrationError(
            f"The Pi camera is turned by {turn_deg:.0f} degrees against the RealSense: mount both"
            f" the same way up, looking the same way, {again}"
        )


def turned_deg(solution: Solution) -> float:
    """How far the Pi camera is turned against the depth camera, about any axis."""
    cosine = (np.trace(solution.depth_to_colour.rotation) - 1) / 2
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def field_of_view_deg(camera: Intrinsics) -> tuple[float, float]:
    """Wide and high, without distortion."""
    across = 2 * np.arctan(camera.width_px / 2 / camera.fx_px)
    down = 2 * np.arctan(camera.height_px / 2 / camera.fy_px)
    return float(np.degrees(across)), float(np.degrees(down))
