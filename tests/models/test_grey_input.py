"""How pictures are changed to look like infrared ones, and what is told of the difference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.pose import grey_input
from models.pose.grey_input import Seen, bottoms, darker, dotted, grey, report

RGB = np.random.default_rng(3).integers(0, 200, (120, 160, 3), dtype=np.uint8)


def seen(offset_px: float = 0.0, knee_deg: float = 90.0) -> Seen:
    points = np.zeros((33, 2)) + offset_px
    points[[11, 12], 1] -= 100.0  # shoulders: a trunk of 100 px
    return Seen(points, (knee_deg, knee_deg + 2))


def test_grey_keeps_the_luminance_and_no_colour() -> None:
    changed = grey(RGB)
    assert np.all(changed == changed[:, :, :1])
    luminance = RGB @ np.array([0.299, 0.587, 0.114])
    assert np.abs(changed[:, :, 0] - luminance).max() <= 1


def test_darker_is_a_tenth() -> None:
    assert np.abs(darker(RGB) - 0.9 * RGB).max() <= 1


def test_dots_are_bright_and_always_the_same() -> None:
    changed = dotted(RGB).astype(int) - grey(RGB)
    assert changed.min() >= 0
    assert changed.max() == pytest.approx(grey_input.DOT_LEVELS, abs=1)
    assert np.array_equal(dotted(RGB), dotted(RGB))


def test_bottoms_are_the_deepest_frames_of_squats_only() -> None:
    knee = [0, 40, 110, 100, 10, 0, 55, 10, 0, 90, 120, 80, 0]
    assert bottoms([seen(knee_deg=deg) for deg in knee], reach=2) == [2, 10]


def test_a_shift_is_told_in_percent_of_the_trunk() -> None:
    told = report(
        Path("clip.mp4"),
        {"colour": [seen()] * 5, "grey": [seen(3.0, 95.0)] * 4 + [Seen(None, None)]},
        reach=2,
    )
    text = "\n".join(told)
    assert "5 frames, a lifter in 5 in colour" in text
    assert "grey: a lifter in 4" in text
    assert "hips: median 4.2 %" in text  # 3 px in each direction
    assert "knee flexion: mean +5.0, median 5.0" in text
