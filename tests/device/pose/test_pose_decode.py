from __future__ import annotations

import math

import numpy as np
import pytest

from device.pose.decode import LANDMARK_SIZE, landmarks, refined

CELLS = 64


def plainly_refined(x: float, y: float, logits: np.ndarray) -> tuple[float, float]:
    """One point moved to the centre of mass of the 7 x 7 cells around it."""
    column, row = math.floor(x / 4), math.floor(y / 4)
    if not (0 <= column < CELLS and 0 <= row < CELLS):
        return x, y
    mass = at_x = at_y = peak = 0.0
    for r in range(max(row - 3, 0), min(row + 4, CELLS)):
        for c in range(max(column - 3, 0), min(column + 4, CELLS)):
            share = 1 / (1 + math.exp(-float(logits[r, c])))
            mass, at_x, at_y = mass + share, at_x + share * c, at_y + share * r
            peak = max(peak, share)
    return (4 * at_x / mass, 4 * at_y / mass) if peak >= 0.5 else (x, y)


@pytest.mark.parametrize("seed", range(6))
def test_each_point_goes_to_the_middle_of_the_heat_around_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(-20, LANDMARK_SIZE + 20, (35, 2))  # some lie at or past the edge
    heatmap = rng.normal(-3, 1.5, (CELLS, CELLS, 39)).astype(np.float32)
    found = refined(points, heatmap, np.arange(len(points)))
    expected = [plainly_refined(x, y, heatmap[..., k]) for k, (x, y) in enumerate(points)]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3)
    moved = (found != points).any(axis=1)
    assert 0 < moved.sum() < len(points)


def test_logits_of_any_size_are_read_without_a_warning() -> None:
    heatmap = np.full((CELLS, CELLS, 39), -1e4, np.float32)
    heatmap[40, 20] = 1e4
    found = refined(np.full((35, 2), [82.0, 158.0]), heatmap, np.arange(35))
    np.testing.assert_allclose(found, np.full((35, 2), [80.0, 160.0]), atol=1e-6)


def test_world_points_are_about_the_mid_hip_and_nothing_of_the_outputs_is_kept() -> None:
    rng = np.random.default_rng(1)
    outputs = [rng.normal(size=s).astype(np.float32) for s in ((1, 195), (1, 1), (1, 117))]
    table, presence, world = outputs
    heatmap = np.zeros((1, CELLS, CELLS, 39), np.float32)
    found = landmarks(table, presence, heatmap, world)
    kept = found.points.copy(), found.visibility.copy(), found.world_m.copy(), found.presence
    for output in (*outputs, heatmap):
        output[:] = 7.0
    np.testing.assert_array_equal(found.points, kept[0])
    np.testing.assert_array_equal(found.visibility, kept[1])
    np.testing.assert_array_equal(found.world_m, kept[2])
    assert found.presence == kept[3]
    np.testing.assert_allclose(found.world_m[[23, 24]].mean(axis=0), 0, atol=1e-9)
