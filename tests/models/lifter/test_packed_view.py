"""A hip view put into whole tenths of a millimetre, and taken out again."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from device.crop import SCALE_M, HipView
from models.lifter.packed_view import QUALITY, packed, unpacked


def test_a_view_comes_back_as_it_was_packed():
    rng = np.random.default_rng(1)
    points = rng.uniform(-1.5, 1.5, (64, 64, 4)).astype(np.float32)
    points[..., 3] = rng.random((64, 64)) < 0.7
    points[points[..., 3] == 0] = 0
    view = HipView(points, 0.7, 0.01, 1.2, 5.0, 0.002, 0.1, -0.5, 0.2, 0.3)
    numbers = np.array([0.7, 0.01, 1.2, 5.0, 0.002, 0.1, -0.5, 0.2, 0.3])
    again = unpacked(packed(view), numbers)
    assert np.allclose(again.points, view.points, atol=0.6e-4 / SCALE_M)
    assert (again.points[..., 3] == view.points[..., 3]).all()
    assert (again.distance_m, again.front_side, again.outside_share) == (1.2, -0.5, 0.3)


def test_all_that_a_view_says_beside_its_points_is_kept_in_its_order():
    named = tuple(field.name for field in fields(HipView))
    assert tuple(name for name in named if name not in ("points", "aside")) == QUALITY
