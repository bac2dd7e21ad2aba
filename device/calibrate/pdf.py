"""The board as a PDF, true to scale: nothing but black rectangles, lines and text.

A PDF page of rectangles takes some sixty lines to write, so no library is needed (decision 20).
The operators are those of ISO 32000-1, 8.5 (paths) and 9.4 (text).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from device.calibrate.board import MODULES, RULER_MM, Board
from device.errors import CalibrationError

_POINTS_A_MM = 72 / 25.4
_TOP_MM = 9.0  # more than what a printer leaves white
_LETTER_MM = 3.2


def write_board(board: Board, file: Path) -> None:
    """Writes the board for printing at 100 %. Raises CalibrationError where it can't."""
    try:
        file.write_bytes(pdf(board))
    except OSError as error:
        raise CalibrationError(
            f"The board can't be written to {file} ({error.strerror}): name a file in a folder"
            " where you may write."
        ) from error


def pdf(board: Board) -> bytes:
    """The whole file, one page."""
    width, height = (side * _POINTS_A_MM for side in board.paper_mm)
    drawing = "\n".join(_drawing(board)).encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /PrintScaling /None >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.4f %.4f] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>" % (width, height),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out = bytearray(b"%PDF-1.6\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % table)


def _drawing(board: Board) -> Iterator[str]:
    """The page's operators; lengths in mm, y up from the lower edge."""
    yield f"{_POINTS_A_MM:.8f} 0 0 {_POINTS_A_MM:.8f} 0 0 cm 0 g 0 G"
    left = (board.paper_mm[0] - board.columns * board.square_mm) / 2
    top = board.paper_mm[1] - _TOP_MM
    cell = board.square_mm / MODULES
    for row, column, length in _runs(board):
        yield (
            f"{left + column * cell:.4f} {top - (row + 1) * cell:.4f}"
            f" {length * cell:.4f} {cell:.4f} re"
        )
    yield "f"  # all at once, so that no hairlines show between them
    yield from _ruler(left, top - board.rows * board.square_mm - 10)
    below = top - board.rows * board.square_mm - 18
    for n, line in enumerate(_words(board)):
        yield _text(left, below - n * 1.45 * _LETTER_MM, line)


def _runs(board: Board) -> Iterator[tuple[int, int, int]]:
    """(row, first column, length) of what is black, in cells."""
    for row, cells in enumerate(board.cells):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], cells.astype(np.int8), [0]])))
        for first, end in edges.reshape(-1, 2).tolist():
            yield row, first, end - first


def _ruler(left: float, bottom: float) -> Iterator[str]:
    """A ruler whose first and last tick are RULER_MM apart, middle to middle."""
    yield "0.15 w"
    for mm in range(int(RULER_MM) + 1):
        height = 5 if mm % 10 == 0 else 3.5 if mm % 5 == 0 else 2
        yield f"{left + mm:.3f} {bottom:.3f} m {left + mm:.3f} {bottom + height:.3f} l S"
    for mm in range(0, int(RULER_MM) + 1, 50):
        yield _text(left + mm + 0.6, bottom + 5.4, f"{mm}" if mm else "0 mm")


def _words(board: Board) -> tuple[str, ...]:
    return (
        f"Racklight calibration board {board.paper}, squares of {board.square_mm:.0f} mm. Print it"
        " at 100 % (actual size), not fitted to the page.",
        f"Measure the ruler from 0 to {RULER_MM:.0f}. If it is not {RULER_MM:.0f} mm, tell the"
        " program its length in mm: racklight calibrate --ruler-mm 147.5",
        "Glue the page on something flat and stiff. Print it with a laser printer:"
        " some ink can't be seen in infrared.",
    )


def _text(x: float, y: float, words: str) -> str:
    escaped = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /F1 {_LETTER_MM} Tf {x:.3f} {y:.3f} Td ({escaped}) Tj ET"
