"""`racklight calibrate`: a board is carried about before both cameras until enough is known.

Nothing is written before the result has been judged; the calibration before it is kept beside it.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from device.calibrate.board import RULER_MM, Board, BoardFinder, boards
from device.calibrate.cameras import BothCameras
from device.calibrate.floor import find_floor, lines
from device.calibrate.judge import field_of_view_deg, refuse_bad, refuse_few_views, turned_deg
from device.calibrate.pdf import write_board
from device.calibrate.show import Live
from device.calibrate.solve import Solution, solve
from device.calibrate.views import ViewKeeper
from device.calibration import Calibration, calibration_file, save_calibration
from device.cameras import open_camera
from device.errors import CalibrationError
from device.geometry import inverse, length
from device.progress import Progress
from device.records import Intrinsics
from device.settings import CameraSettings, Settings

FLOOR_S = 5.0
BEFORE = ".before"  # ends the name of the calibration that was replaced

Say = Callable[[str], None]
OpenBoth = Callable[[CameraSettings], BothCameras]


def print_board(paper: str, file: Path, say: Say) -> None:
    """Writes the board's PDF. Raises CalibrationError."""
    write_board(next(board for board in boards() if board.paper == paper), file)
    say(
        f"{file}: print it on {paper} at 100 %, glue it on something flat and stiff, and measure"
        f" its ruler. If that is not {RULER_MM:.0f} mm long, tell its length with --ruler-mm."
    )


def calibrate(
    settings: Settings, ruler_mm: float, seconds: float, say: Say, open_both: OpenBoth = BothCameras
) -> bool:
    """Watches the board for at most so many seconds of the cameras' time, Ctrl-C ends it sooner.

    Returns whether a calibration was made; False: none is needed. Raises CameraError, of which
    CalibrationError where the result is refused: then nothing was written.
    """
    needless = why_not_needed(settings.camera)
    if needless:
        say(needless)
        return False
    finder = BoardFinder(ruler_mm / RULER_MM)
    with open_both(settings.camera) as both:
        say(f"{both.describe()}.")
        say(
            "Carry the board about, 0.4 to 1 m away, and hold it still at each place; turn each of"
            " its sides towards the cameras once. It ends by itself; Ctrl-C ends it sooner."
        )
        keeper, infrared = _watch(both, finder, _turns(settings.camera), seconds)
        board = finder.board
        refuse_few_views(keeper.progress)
        if board is None or infrared is None:  # it has views, so both are known
            raise CalibrationError("No board was seen: print one with racklight calibrate --board.")
        say(f"{len(keeper.views)} views taken of the {board.paper} board: computing.")
        solution = _solved(keeper, board, infrared, both.size_px)
        refuse_bad(solution, ruler_mm)
        file = keep(_calibration(solution, both), _file(settings.camera))
    for text in report(solution):
        say(text)
    say(f"Kept in {file}.")
    return True


def show_floor(settings: Settings, say: Say) -> None:
    """Says how the unit hangs over the floor. Raises CameraError."""
    bar = Progress("floor")
    camera_settings = settings.camera
    if camera_settings.colour_source == "picamera":  # the floor is seen by the depth alone
        camera_settings = dataclasses.replace(camera_settings, colour_source="infrared")
    with open_camera(camera_settings) as camera:
        try:
            hang = find_floor(
                camera,
                None if camera_settings.rotation == "auto" else _turns(camera_settings),
                FLOOR_S,
                lambda time_s: bar(round(time_s * camera_settings.fps),
                                   round(FLOOR_S * camera_settings.fps)),
            )  # fmt: skip
        finally:
            bar.close()
    for text in lines(hang):
        say(text)


def why_not_needed(camera: CameraSettings) -> str | None:
    """A sentence where colour and depth come from one camera, which knows how they lie."""
    if camera.source != "realsense":
        what = f"camera/source is {camera.source}"
    elif camera.path:
        what = "frames come from a file"
    elif camera.colour_source != "picamera":
        what = f"camera/colour_source is {camera.colour_source}"
    else:
        return None
    return (
        f"Nothing to calibrate: {what}, where colour and depth come from one device that was"
        " calibrated in the factory. Only a Pi camera (camera/colour_source = picamera) needs it;"
        " racklight calibrate --floor looks at the floor."
    )


def _watch(
    both: BothCameras, finder: BoardFinder, quarter_turns: int, seconds: float
) -> tuple[ViewKeeper, Intrinsics | None]:
    """Until nothing more is wanted, the time is up, or Ctrl-C."""
    keeper, infrared = ViewKeeper(both.size_px), None
    live = Live(quarter_turns)
    with suppress(KeyboardInterrupt):
        for moment in both:
            if moment.time_s >= seconds:
                break
            if moment.colour is None:
                continue
            infrared = moment.depth.intrinsics
            in_colour, in_infrared = finder.find(moment.colour), finder.find(moment.infrared)
            seen = keeper.look(moment.time_s, in_colour, in_infrared, finder.board, moment.depth)
            progress = keeper.progress
            live(moment.time_s, seen, progress)
            if progress.complete:
                break
    live.close()
    return keeper, infrared


def _solved(
    keeper: ViewKeeper, board: Board, infrared: Intrinsics, size_px: tuple[int, int]
) -> Solution:
    try:
        return solve(keeper.views, board, infrared, size_px)
    except ValueError as error:
        raise CalibrationError(
            "The views of the board contradict each other: make it flat and stiff, hold it still at"
            " each place, and run racklight calibrate again."
        ) from error


def _calibration(solution: Solution, both: BothCameras) -> Calibration:
    return Calibration(
        made_at=datetime.now(UTC),
        reprojection_error_px=solution.reprojection_error_px,
        views=len(solution.kept),
        colour_model=both.colour_model,
        colour=solution.colour,
        depth_serial=both.depth_serial,
        depth_to_colour=solution.depth_to_colour,
        sensor_crop_px=both.sensor_crop_px,
    )


def keep(calibration: Calibration, file: Path) -> Path:
    """Writes it, and keeps the one before as `*.before`. Raises CalibrationError."""
    if file.exists():
        before = file.with_name(file.name + BEFORE)
        try:
            shutil.copy2(file, before)
        except OSError as error:
            raise CalibrationError(
                f"The calibration before can't be kept as {before} ({error.strerror}): run"
                " racklight calibrate as a user who may write there."
            ) from error
    return save_calibration(calibration, file)


def report(solution: Solution) -> list[str]:
    """What was found, in words."""
    base_m = inverse(solution.depth_to_colour).translation_m  # the Pi camera in depth axes
    wide_deg, high_deg = field_of_view_deg(solution.colour)
    right, down, ahead = (1000 * base_m).tolist()
    found = [
        f"{len(solution.kept)} views agree to {solution.reprojection_error_px:.2f} px (of"
        f" {solution.colour.width_px}); left out: {_left_out(solution)}.",
        f"The Pi camera sees {wide_deg:.0f} x {high_deg:.0f} degrees. It sits"
        f" {1000 * length(base_m):.0f} mm from the depth camera (in its picture {right:.1f} to the"
        f" right, {down:.1f} down, {ahead:.1f} ahead), turned by {turned_deg(solution):.1f}"
        " degrees.",
    ]
    if solution.depth_ratio is None:
        found.append("The print's scale was not checked: the depth image did not see the board.")
    else:
        away_percent = 100 * (solution.depth_ratio - 1)
        found.append(
            f"By the depth camera the board is {abs(away_percent):.1f} %"
            f" {'farther' if away_percent > 0 else 'nearer'} than its size says."
        )
    return found


def _left_out(solution: Solution) -> str:
    if not solution.left_out:
        return "none"
    return ", ".join(f"view {n + 1} ({e:.1f} px)" for n, e in sorted(solution.left_out.items()))


def _file(camera: CameraSettings) -> Path:
    return Path(camera.calibration) if camera.calibration else calibration_file()


def _turns(camera: CameraSettings) -> int:
    return 0 if camera.rotation == "auto" else int(camera.rotation) // 90
