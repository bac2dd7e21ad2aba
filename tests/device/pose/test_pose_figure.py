"""Figures that stand before the unit, from depth alone: people, and what is no person."""

from __future__ import annotations

import numpy as np
import pytest

from device.geometry import from_levelled, project
from device.pose.figure import Figure, figures
from device.records import Array, DepthImage, Extrinsics, Floor, Intrinsics
from tests.device.scenes import up_of

DEPTH = Intrinsics(848, 480, 425.0, 425.0, 423.5, 239.5)
COLOR = Intrinsics(640, 360, 320.0, 320.0, 319.5, 179.5)
TO_COLOR = Extrinsics(np.eye(3), np.array([0.015, 0.0, 0.0]))
FLOOR = Floor(up_of(8, 2, 1), 1.1, 1.0)


def block(x_m: float, away_m: float, width_m: float, low_m: float, high_m: float) -> Array:
    """(n, 3) points of the front of something, levelled axes."""
    x, y = np.meshgrid(
        np.arange(x_m - width_m / 2, x_m + width_m / 2, 0.004), np.arange(low_m, high_m, 0.004)
    )
    return np.stack([x.ravel(), y.ravel(), np.full(x.size, -away_m)], axis=-1)


def found(*blocks: Array) -> list[Figure]:
    raw = np.zeros((480, 848), np.uint16)
    for points in blocks:
        seen = from_levelled(points, FLOOR)
        u, v = np.rint(project(seen, DEPTH)).astype(int).T
        inside = (u >= 0) & (u < 848) & (v >= 0) & (v < 480)
        for du in (-1, 0, 1):
            for dv in (-1, 0, 1):
                rows, columns = np.clip(v + dv, 0, 479), np.clip(u + du, 0, 847)
                raw[rows[inside], columns[inside]] = np.rint(1000 * seen[inside, 2])
    return figures(DepthImage(raw, 0.001, DEPTH, TO_COLOR, 0.05), FLOOR, COLOR)


PERSON = block(0.1, 1.3, 0.4, 0.0, 1.45)


def test_a_standing_person_is_found_where_they_stand() -> None:
    (figure,) = found(PERSON)
    hips = from_levelled(np.array([[0.1, 0.85, -1.4]]), FLOOR) + TO_COLOR.translation_m
    assert figure.roi.center_px == pytest.approx(project(hips, COLOR)[0], abs=8)
    assert figure.aside_m < 0.25


@pytest.mark.parametrize(
    "thing",
    [
        block(0.0, 1.3, 0.1, 0.0, 2.0),  # an upright
        block(0.0, 1.3, 0.5, 0.0, 0.45),  # a bench
        block(0.0, 1.3, 1.8, 1.2, 1.3),  # a bar
        block(0.0, 2.0, 2.6, 0.0, 2.4),  # a wall
        block(0.0, 3.0, 0.5, 0.0, 1.7),  # somebody far away
    ],
)
def test_furniture_walls_and_people_far_away_are_none(thing: Array) -> None:
    assert found(thing) == []


def test_of_two_people_the_one_before_the_unit_comes_first() -> None:
    spotter, lifter = block(0.75, 1.5, 0.4, 0.0, 1.6), PERSON
    first, second = found(spotter, lifter)
    assert first.aside_m + 0.3 < second.aside_m


def test_nothing_seen_is_nobody() -> None:
    assert found() == []
