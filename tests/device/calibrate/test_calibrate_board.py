"""The board: found where it is, printed true to scale."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from calibration_rig import INFRARED, PI_NARROW, picture, pose_at, seen_px

from device.calibrate.board import RULER_MM, Board, BoardFinder, boards
from device.calibrate.pdf import pdf, write_board
from device.errors import CalibrationError
from device.geometry import transform
from device.records import Bytes

A4, A3 = boards()
MM = 72 / 25.4
DPI = 150


@pytest.mark.parametrize("board", [A4, A3], ids=["A4", "A3"])
@pytest.mark.parametrize("tilt", [(0, 0), (25, 0), (0, -25)])
def test_corners_are_found_where_they_are(board: Board, tilt: tuple[int, int]) -> None:
    pose = pose_at(0.02, 0.01, 0.6, *tilt, 8, board)
    rng = np.random.default_rng(3)
    for eye in (PI_NARROW, INFRARED):
        found = board.find(picture(eye, board, pose, rng))
        assert found is not None
        true = seen_px(eye, transform(board.corners_m[found.numbers], pose))
        off = found.points_px - true
        assert len(found.numbers) >= 12
        assert np.abs(off.mean(axis=0)).max() < 0.06  # OpenCV's own are half a pixel off
        assert np.sqrt((off**2).mean()) < 0.12


def test_a_projectors_dots_do_not_hide_the_board() -> None:
    pose = pose_at(0.0, 0.0, 0.7, 15, 0, 0, A3)
    found = A3.find(picture(INFRARED, A3, pose, np.random.default_rng(4), dots=5000))
    assert found is not None
    assert len(found.numbers) >= 16


def test_boards_are_told_apart_by_their_markers() -> None:
    rng = np.random.default_rng(5)
    for board in (A4, A3):
        finder = BoardFinder()
        assert finder.find(picture(INFRARED, board, pose_at(0, 0, 0.6, board=board), rng))
        assert finder.board == board


def test_a_single_row_of_corners_does_not_count() -> None:
    column = np.arange(0, 24, 4)  # the first of each of the six rows
    assert not A3.tells_its_pose(column)
    assert not A3.tells_its_pose(np.arange(4))
    assert A3.tells_its_pose(np.append(column, 1))


def test_no_board_is_seen_in_a_room_without_one() -> None:
    finder = BoardFinder()
    far = pose_at(0.0, 0.0, -1.0)  # behind the camera
    assert finder.find(picture(INFRARED, A3, far, np.random.default_rng(6))) is None
    assert finder.board is None


# ---------------------------------------------------------------- the print


def painted(file: bytes) -> tuple[Bytes, tuple[float, float]]:
    """(picture at DPI, page size in mm) of a page of filled rectangles, without a PDF library."""
    width, height = (float(x) / MM for x in re.findall(rb"MediaBox \[0 0 (\S+) (\S+)\]", file)[0])
    fine = 4
    px = DPI / 25.4 * fine
    page = np.full((round(height * px), round(width * px)), 255, np.uint8)
    scale = float(re.findall(rb"(\S+) 0 0 \S+ 0 0 cm", file)[0]) / MM
    for x, y, w, h in re.findall(rb"(\S+) (\S+) (\S+) (\S+) re", file):
        left, low, wide, high = (float(v) * scale for v in (x, y, w, h))
        rows = slice(round((height - low - high) * px), round((height - low) * px))
        page[rows, round(left * px) : round((left + wide) * px)] = 0
    small = cv2.resize(page, None, fx=1 / fine, fy=1 / fine, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), (width, height)


def square_mm(board: Board, page: Bytes) -> float:
    found = board.find(page)
    assert found is not None
    assert len(found.numbers) == (board.columns - 1) * (board.rows - 1)
    on_board = np.c_[board.corners_m[found.numbers][:, :2], np.ones(len(found.numbers))]
    turn = np.linalg.lstsq(on_board, found.points_px, rcond=None)[0]
    per_m = np.sqrt(abs(np.linalg.det(turn[:2])))
    return float(per_m / DPI * 25.4 * board.square_mm / 1000)


@pytest.mark.parametrize("board", [A4, A3], ids=["A4", "A3"])
def test_the_print_is_true_to_scale(board: Board) -> None:
    page, size_mm = painted(pdf(board))
    assert size_mm == pytest.approx(board.paper_mm, abs=0.01)
    assert square_mm(board, page) == pytest.approx(board.square_mm, rel=5e-4)


@pytest.mark.parametrize("board", [A4, A3], ids=["A4", "A3"])
def test_a_printers_margin_cuts_nothing_off(board: Board) -> None:
    page, _ = painted(pdf(board))
    margin = round(5 / 25.4 * DPI)
    assert (page[:margin] == 255).all() and (page[-margin:] == 255).all()
    assert (page[:, :margin] == 255).all() and (page[:, -margin:] == 255).all()


def test_the_rulers_ends_are_its_length_apart() -> None:
    text = pdf(A4).decode("latin-1")
    ticks = [float(x) for x in re.findall(r"^(\S+) \S+ m \S+ \S+ l S$", text, re.MULTILINE)]
    assert len(ticks) == RULER_MM + 1
    assert ticks[-1] - ticks[0] == pytest.approx(RULER_MM)
    assert "0 0 cm" in text


def test_the_file_is_a_sound_pdf() -> None:
    data = pdf(A3)
    table = int(re.findall(rb"startxref\n(\d+)", data)[0])
    assert data[table : table + 4] == b"xref"
    places = [int(x) for x in re.findall(rb"^(\d{10}) 00000 n", data, re.MULTILINE)]
    for number, place in enumerate(places, 1):
        assert data[place:].startswith(b"%d 0 obj" % number)
    length = int(re.findall(rb"/Length (\d+)", data)[0])
    begin = data.index(b"stream\n") + len(b"stream\n")
    assert data[begin + length :].startswith(b"\nendstream")


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="pdftoppm (poppler) is not installed")
@pytest.mark.parametrize("board", [A4, A3], ids=["A4", "A3"])
def test_a_pdf_program_draws_it_to_scale(board: Board, tmp_path: Path) -> None:
    write_board(board, tmp_path / "board.pdf")
    subprocess.run(
        ["pdftoppm", "-gray", "-r", str(DPI), "-png", "-singlefile", "board.pdf", "board"],
        check=True, cwd=tmp_path, timeout=30,
    )  # fmt: skip
    page = cv2.imread(str(tmp_path / "board.png"), cv2.IMREAD_GRAYSCALE)
    assert square_mm(board, np.asarray(page, np.uint8)) == pytest.approx(board.square_mm, rel=1e-3)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="can't be written"):
        write_board(A4, tmp_path / "nowhere" / "board.pdf")
