"""How a Pi camera beside the RealSense sees and where it sits, found with a printed board.

One file a section: the commands; what they look for (board, pdf) and through which cameras; the
views that are taken and what is shown meanwhile; the solution and whether it may be kept; the
floor. What is kept is read by `device.calibration`.
"""

from __future__ import annotations

from device.calibrate.command import calibrate, print_board, show_floor

__all__ = ["calibrate", "print_board", "show_floor"]
