"""`racklight calibrate`: rendered boards through the real detector, solver and judge."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from calibration_rig import (
    INFRARED,
    PI_NARROW,
    PI_PLACE,
    Eye,
    Rack,
    carried_about,
    held,
    lifter_errors_px,
    pose_at,
    seen_px,
)  # fmt: skip

from device.__main__ import main
from device.calibrate import calibrate, show_floor
from device.calibrate.board import MIN_CORNERS, Corners, boards
from device.calibrate.cameras import Moment
from device.calibrate.command import keep, why_not_needed
from device.calibrate.judge import refuse_bad
from device.calibrate.solve import Solution, View, solve
from device.calibrate.views import Seen, ViewKeeper
from device.calibration import Calibration, load_calibration
from device.errors import CalibrationError, NoCameraError
from device.geometry import deproject, inverse, transform
from device.records import Array, Extrinsics
from device.settings import CameraSettings, Settings

A3 = boards()[1]
SETTINGS = Settings(camera=CameraSettings(source="realsense", colour_source="picamera"))


@pytest.fixture(scope="module")
def moments() -> list[Moment]:
    """The board carried about, as the page says."""
    return held(carried_about(A3), A3)


@pytest.fixture(autouse=True)
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("ETC", "STATE", "RUN"):
        monkeypatch.setenv(f"RACKLIGHT_{name}", str(tmp_path))
    return tmp_path


def run(moments: list[Moment], ruler_mm: float = 150.0, settings: Settings = SETTINGS) -> list[str]:
    said: list[str] = []
    rack = Rack(moments)
    assert calibrate(settings, ruler_mm, 300.0, said.append, lambda _: rack)  # type: ignore[arg-type,return-value]
    return said


# ---------------------------------------------------------------- what is found


@pytest.fixture(scope="module")
def kept(
    moments: list[Moment], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Calibration, str]:
    """(the calibration that was written, what was said)."""
    file = tmp_path_factory.mktemp("kept") / "place.json"
    camera = replace(SETTINGS.camera, calibration=str(file))
    said = run(moments, settings=replace(SETTINGS, camera=camera))
    return load_calibration(file), "\n".join(said)


def test_the_cameras_place_is_found_and_kept(kept: tuple[Calibration, str]) -> None:
    made, said = kept
    off_mm = 1000 * (made.depth_to_colour.translation_m - PI_PLACE.translation_m)
    turn = made.depth_to_colour.rotation @ PI_PLACE.rotation.T
    assert np.abs(off_mm).max() < 4
    assert np.degrees(np.linalg.norm(cv2.Rodrigues(turn)[0])) < 0.5
    assert made.reprojection_error_px < 0.2
    assert made.views >= 14
    assert made.depth_serial == Rack.depth_serial
    assert made.sensor_crop_px == Rack.sensor_crop_px
    assert made.made_at.tzinfo is not None
    assert made.colour.fx_px == pytest.approx(PI_NARROW.focal_px, rel=0.01)
    assert "views agree to 0." in said
    assert re.search(r"\b(59|60|61) mm from the depth camera", said)


def test_the_program_finds_a_lifters_points_with_it(kept: tuple[Calibration, str]) -> None:
    """What counts: a pixel of the Pi camera looked up in the depth picture at 1.2 m."""
    made, _ = kept
    grid = np.stack(np.meshgrid(np.linspace(-0.6, 0.6, 7), np.linspace(-0.35, 0.35, 5)), axis=-1)
    true = np.c_[grid.reshape(-1, 2), np.full(35, 1.2)]
    pixels = seen_px(PI_NARROW, true)
    rays = deproject(pixels, transform(true, PI_PLACE)[:, 2], made.colour)
    found = transform(rays, inverse(made.depth_to_colour))
    inside = ((pixels > 0) & (pixels < (640, 360))).all(axis=1)
    off_mm = 1000 * np.linalg.norm((found - true)[inside][:, :2], axis=1)
    assert inside.sum() >= 15
    assert off_mm.max() < 4


def test_the_calibration_before_stays_beside_the_new_one(
    kept: tuple[Calibration, str], unit: Path
) -> None:
    made, _ = kept
    file = unit / "calibration.json"
    keep(made, file)
    assert not (unit / "calibration.json.before").exists()
    first = file.read_text()
    keep(replace(made, views=11), file)
    assert (unit / "calibration.json.before").read_text() == first
    assert load_calibration().views == 11


def test_a_refused_calibration_overwrites_nothing(moments: list[Moment], unit: Path) -> None:
    (unit / "calibration.json").write_text("as it was")
    refused(moments[:6])
    assert [file.name for file in unit.iterdir()] == ["calibration.json"]
    assert (unit / "calibration.json").read_text() == "as it was"


def test_a_view_in_which_the_board_moved_is_left_out(moments: list[Moment]) -> None:
    slipped = list(moments)
    for n in range(12, 15):  # the fifth view: the infrared picture is of another moment
        slipped[n] = replace(slipped[n], infrared=np.roll(slipped[n].infrared, 6, axis=1))
    said = run(slipped)
    assert "left out: view 5 (" in "\n".join(said)
    assert load_calibration().reprojection_error_px < 0.2


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_any_place_is_found_from_exact_corners(seed: int) -> None:
    """The solver by itself, on random rigs, with a tenth of a pixel of noise."""
    rng = np.random.default_rng(seed)
    turn = cv2.Rodrigues(np.radians(rng.uniform(-6, 6, 3)))[0]
    place = Extrinsics(turn, rng.uniform(-0.08, 0.08, 3) * (1, 1, 0.3))
    focal = float(rng.uniform(330, 560))
    k1, k2 = rng.uniform(-0.15, 0.1), rng.uniform(-0.05, 0.1)
    eye = replace(
        PI_NARROW, place=place, focal_px=focal,
        centre_px=(320 + rng.uniform(-12, 12), 180 + rng.uniform(-12, 12)),
        distortion=(k1, k2, *rng.uniform(-1e-3, 1e-3, 2), 0.0),
    )  # fmt: skip
    views = exact_views(eye, rng)
    solution = solve(views, A3, INFRARED.intrinsics, (640, 360))
    assert np.abs(solution.depth_to_colour.translation_m - place.translation_m).max() < 0.004
    assert solution.lens.matrix[0, 0] == pytest.approx(focal, rel=0.01)
    errors = lifter_errors_px(solution, eye)
    assert errors.mean() < 0.4
    assert solution.inverse_error_px < 0.5
    assert not solution.left_out


def exact_views(eye: Eye, rng: np.random.Generator, count: int = 16) -> list[View]:
    """What a perfect detector would see, with a tenth of a pixel of noise."""
    views = []
    for pose in carried_about(A3, eye, count, seed=int(rng.integers(1000))):
        points = transform(A3.corners_m, pose)
        colour, infrared = (exact(camera, points, rng) for camera in (eye, INFRARED))
        if colour is not None:
            views.append(View(colour, infrared))
    return views


def exact(eye: Eye, points_m: Array, rng: np.random.Generator) -> Corners | None:
    pixels = seen_px(eye, points_m)
    inside = ((pixels > 3) & (pixels < (eye.width_px - 4, eye.height_px - 4))).all(axis=1)
    numbers = np.flatnonzero(inside)
    noisy = pixels[numbers] + rng.normal(0, 0.1, (len(numbers), 2))
    return Corners(numbers, noisy) if len(numbers) >= MIN_CORNERS else None


# ---------------------------------------------------------------- which views are taken


def test_a_view_is_taken_when_the_board_is_still_and_only_once() -> None:
    shown = held([pose_at(0.05, 0, 0.7)], A3, looks=5)
    assert looked(shown) == [Seen.MOVING, Seen.MOVING, Seen.TAKEN, Seen.KNOWN, Seen.KNOWN]


def test_a_board_on_the_move_is_not_taken() -> None:
    shown = held([pose_at(0.02 * n, 0, 0.7) for n in range(5)], A3, looks=1)
    assert set(looked(shown)) == {Seen.MOVING}


def test_a_board_tilted_in_its_place_is_a_new_view() -> None:
    shown = held([pose_at(0.05, 0, 0.7, tilt) for tilt in (0, 25, -25)], A3)
    assert looked(shown).count(Seen.TAKEN) == 3


def test_what_only_one_camera_sees_is_told() -> None:
    shown = held([pose_at(0.05, 0, 0.7)], A3, looks=4)
    blank = np.full_like(shown[0].infrared, 90)
    dark = [replace(moment, colour=blank[:360, :640]) for moment in shown]
    assert set(looked(dark)) == {Seen.ONLY_INFRARED}
    keeper = ViewKeeper((640, 360))
    said = [look(keeper, replace(moment, infrared=blank)) for moment in shown]
    assert said[2:] == [Seen.TAKEN, Seen.ONLY_COLOUR]  # it taught the lens once
    assert keeper.progress.views == 0


def looked(moments: list[Moment]) -> list[Seen]:
    keeper = ViewKeeper((640, 360))
    return [look(keeper, moment) for moment in moments]


def look(keeper: ViewKeeper, moment: Moment) -> Seen:
    assert moment.colour is not None
    colour, infrared = A3.find(moment.colour), A3.find(moment.infrared)
    return keeper.look(moment.time_s, colour, infrared, A3, moment.depth)


# ---------------------------------------------------------------- refusals


def refused(moments: list[Moment], ruler_mm: float = 150.0) -> str:
    with pytest.raises(CalibrationError) as caught:
        run(moments, ruler_mm)
    text = str(caught.value)
    assert text.endswith(".") and "\n" not in text
    return text


def test_too_few_views_are_refused(moments: list[Moment], unit: Path) -> None:
    assert "Only 3 views of the board were taken, 10 are needed" in refused(moments[:9])
    assert not list(unit.iterdir())


def test_no_board_at_all_is_refused(moments: list[Moment]) -> None:
    blank = np.full_like(moments[0].infrared, 90)
    dark = [replace(m, colour=blank[:360, :640], infrared=blank) for m in moments[:3]]
    assert "Only 0 views" in refused(dark)


def test_views_in_one_part_of_the_picture_are_refused() -> None:
    tilts = [(0, 0), (28, 0), (-28, 0), (0, 28), (0, -28)]
    poses = [
        pose_at(0.05 + 0.04 * (n // 5), 0, 0.95, *tilts[n % 5], 10 * (n % 3)) for n in range(15)
    ]
    assert "areas of the Pi camera's picture, 11 are needed" in refused(held(poses, A3))


def test_views_without_tilt_are_refused() -> None:
    flat = [
        pose_at(0.3 * (n % 3 - 1) + 0.05, 0.16 * (n // 3 % 3 - 1), 0.62, roll_deg=60 * (n // 9))
        for n in range(14)
    ]
    assert "tilted in 0 of 4 ways, 3 are needed" in refused(held(flat, A3))


def test_a_print_of_another_scale_is_seen_by_the_depth_camera(moments: list[Moment]) -> None:
    """The sheet was fitted to the page: the ruler is 140 mm long, nobody told."""
    small = held(carried_about(replace(A3, scale=140 / 150)), replace(A3, scale=140 / 150))
    text = refused(small)
    assert "7 % nearer than its printed size says" in text
    assert "about 140 mm, not 150?" in text
    run(small, ruler_mm=140.0)
    made = load_calibration()
    off_m = made.depth_to_colour.translation_m - PI_PLACE.translation_m
    assert np.abs(off_m).max() < 0.004


@pytest.fixture(scope="module")
def solution(moments: list[Moment]) -> Solution:
    keeper = ViewKeeper((640, 360))
    for moment in moments:
        look(keeper, moment)
    return solve(keeper.views, A3, INFRARED.intrinsics, (640, 360))


def _moved(solution: Solution, x_m: float) -> Solution:
    place = solution.depth_to_colour
    return replace(solution, depth_to_colour=Extrinsics(place.rotation, np.array([x_m, 0.0, 0.0])))


def _turned(solution: Solution) -> Solution:
    upside_down = np.diag([-1.0, -1.0, 1.0])
    return replace(solution, depth_to_colour=Extrinsics(upside_down, PI_PLACE.translation_m))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda s: replace(s, reprojection_error_px=1.4), "agree to 1.40 px only"),
        (lambda s: replace(s, reprojection_error_px=float("nan")), "agree to nan px only"),
        (lambda s: replace(s, kept=s.kept[:8]), "Only 8 of the views agree"),
        (lambda s: _moved(s, 0.42), "would be 42.0 cm apart"),
        (lambda s: _moved(s, 0.002), "would be 0.2 cm apart"),
        (_turned, "turned by 180 degrees"),
        (lambda s: replace(s, colour=replace(s.colour, fx_px=90.0, fy_px=90.0)), "can't be a Pi"),
        (lambda s: replace(s, colour=replace(s.colour, cx_px=460.0)), "can't be a Pi camera's"),
        (lambda s: replace(s, lens=replace(s.lens, focal_sd=0.05)), "lens well enough"),
        (lambda s: replace(s, inverse_error_px=13.0), "lens well enough"),
        (lambda s: replace(s, depth_ratio=1.06), "6 % farther than its printed size"),
    ],
)
def test_what_cant_be_right_is_refused_in_a_sentence(
    solution: Solution, spoil: Callable[[Solution], Solution], words: str
) -> None:
    refuse_bad(solution, 150.0)  # as it is, it is good
    with pytest.raises(CalibrationError, match=words) as caught:
        refuse_bad(spoil(solution), 150.0)
    assert "\n" not in str(caught.value)


def test_views_that_contradict_each_other_are_refused(moments: list[Moment]) -> None:
    rng = np.random.default_rng(0)
    mixed = list(moments)
    shifts = rng.integers(5, 30, len(moments) // 3)
    for n in range(len(moments)):
        shifted = np.roll(moments[n].infrared, int(shifts[n // 3]), axis=int(n // 3 % 2))
        mixed[n] = replace(moments[n], infrared=shifted)
    refused(mixed)


def test_a_state_folder_that_cant_be_written_is_told(moments: list[Moment], unit: Path) -> None:
    (unit / "calibration.json").mkdir()
    assert "racklight calibrate as a user who may write there" in refused(moments)


# ---------------------------------------------------------------- the command


@pytest.mark.parametrize(
    ("camera", "why"),
    [
        (CameraSettings(), "colour_source is realsense"),
        (CameraSettings(colour_source="infrared"), "colour_source is infrared"),
        (CameraSettings(source="simulated"), "source is simulated"),
        (CameraSettings(source="video", path="a.mp4"), "source is video"),
        (CameraSettings(colour_source="picamera", path="a.db3"), "frames come from a file"),
    ],
)
def test_where_one_device_gives_both_nothing_is_needed(camera: CameraSettings, why: str) -> None:
    assert why in (why_not_needed(camera) or "")
    said: list[str] = []
    assert not calibrate(Settings(camera=camera), 150.0, 10.0, said.append)
    assert "Nothing to calibrate" in said[0]


def test_only_a_pi_camera_beside_a_live_realsense_needs_it() -> None:
    assert why_not_needed(SETTINGS.camera) is None


def test_the_command_writes_the_board(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "board.pdf"
    assert main(["calibrate", "--board", str(file), "--paper", "A4"]) == 0
    assert file.read_bytes().startswith(b"%PDF")
    assert "print it on A4 at 100 %" in capsys.readouterr().out


@pytest.mark.parametrize("length", ["20", "nan", "1500"])
def test_an_impossible_ruler_is_refused(length: str) -> None:
    with pytest.raises(SystemExit):
        main(["calibrate", "--ruler-mm", length])


def test_ctrl_c_ends_the_watching_with_what_there_is(moments: list[Moment]) -> None:
    class Interrupted(Rack):
        def __iter__(self):  # type: ignore[no-untyped-def]
            yield from self._moments[:9]
            raise KeyboardInterrupt

    with pytest.raises(CalibrationError, match="Only 3 views"):
        calibrate(SETTINGS, 150.0, 300.0, lambda _: None, lambda _: Interrupted(moments))  # type: ignore[arg-type,return-value]


def test_the_floor_is_looked_at_without_the_pi_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Pi camera that has no calibration yet could not be opened."""
    asked: list[CameraSettings] = []

    def opened(camera: CameraSettings) -> None:
        asked.append(camera)
        raise NoCameraError("No camera.")

    monkeypatch.setattr("device.calibrate.command.open_camera", opened)
    with pytest.raises(NoCameraError):
        show_floor(SETTINGS, lambda _: None)
    assert asked[0].colour_source == "infrared"
