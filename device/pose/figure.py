"""Who stands in front of the unit, from depth alone: figures as tall and as wide as a person.

The detector looks for heads. A lifter whose head is out of the picture is therefore looked for
where something of a person's size stands on the floor; whether it is a person the landmark model
says. Looked for now and then, so a coarse grid of the depth image is enough.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from device.geometry import (
    deproject,
    from_levelled,
    levelled_from_camera,
    project,
    to_levelled,
    transform,
)
from device.pose.roi import Roi
from device.records import Array, Bytes, DepthImage, Floor, Intrinsics

STRIDE_PX = 8
REACH_M = (0.5, 2.4)  # how far away a lifter stands
CELL_M = 0.05  # of the map of the floor
# Between knee and lowest rib there is nothing else of a person's size: bars lie higher, benches
# and boxes lower.
BAND_M = (0.5, 1.1)
MIN_TOP_M = 1.05  # a figure reaches higher than that; shoulders are in the picture
MIN_POINTS = 12
WIDTH_M = (0.2, 0.9)  # an upright is narrower, a wall wider
BACK_M = 0.1  # from the skin of the back to the middle of the body
HIPS_M = 0.85  # hips above the floor; the landmark model needs it to 0.2 m or so
CIRCLE_M = 0.8  # radius of the circle that the pose model draws about a standing body


@dataclass(frozen=True, slots=True)
class Figure:
    """Something that stands on the floor like a person."""

    roi: Roi  # where the landmark model should look, in the colour image
    aside_m: float  # how far it stands from where the unit points


def figures(depth: DepthImage, floor: Floor, color: Intrinsics) -> list[Figure]:
    """What stands before the unit like a person, nearest to where it points first."""
    points = _grid_points(depth, floor)
    found = [
        _figure(place, depth, floor, color)
        for place in _places(points)
        if math.hypot(place[0], place[1]) < REACH_M[1]
    ]
    return sorted(found, key=lambda figure: figure.aside_m)


def _grid_points(depth: DepthImage, floor: Floor) -> Array:
    """(n, 3) points of a coarse grid, levelled axes."""
    z = depth.raw[::STRIDE_PX, ::STRIDE_PX] * np.float64(depth.unit_m)
    rows, columns = np.nonzero((z > REACH_M[0]) & (z < REACH_M[1]))
    pixels = np.column_stack([columns, rows]) * float(STRIDE_PX)
    return to_levelled(deproject(pixels, z[rows, columns], depth.intrinsics), floor)


def _places(points: Array) -> list[tuple[float, float]]:
    """(x, z) of each figure: connected cells of the floor, seen at the height of hips and higher,
    as wide as a person.
    """
    height = points[:, 1]
    band = (height > BAND_M[0]) & (height < BAND_M[1])
    cells = np.floor(points[:, [0, 2]] / CELL_M).astype(np.intp)
    cells[:, 0] += round(REACH_M[1] / CELL_M)
    cells[:, 1] += round(2 * REACH_M[1] / CELL_M)
    size = 2 * round(REACH_M[1] / CELL_M) + 1
    inside = ((cells >= 0) & (cells < size)).all(axis=1)
    ground: Bytes = np.zeros((size, size), np.uint8)
    ground[cells[band & inside, 0], cells[band & inside, 1]] = 1
    count, label = cv2.connectedComponents(ground, connectivity=8)
    of_point = np.where(
        inside, label[cells[:, 0].clip(0, size - 1), cells[:, 1].clip(0, size - 1)], 0
    )
    places = []
    for number in range(1, count):
        own = of_point == number
        body = points[own & band]
        if len(body) < MIN_POINTS or height[own].max() < MIN_TOP_M:
            continue
        across = float(np.ptp(np.percentile(body[:, 0], (3, 97))))
        along = float(np.ptp(np.percentile(body[:, 2], (3, 97))))
        if WIDTH_M[0] <= max(across, along) <= WIDTH_M[1]:
            x, z = np.median(body[:, [0, 2]], axis=0).tolist()
            places.append((x, z))
    return places


def _figure(
    place: tuple[float, float], depth: DepthImage, floor: Floor, color: Intrinsics
) -> Figure:
    x, z = place
    away = math.hypot(x, z)
    x, z = x * (1 + BACK_M / away), z * (1 + BACK_M / away)
    upright = np.array([[x, HIPS_M, z], [x, HIPS_M + CIRCLE_M, z]])
    hips, circle = project(transform(from_levelled(upright, floor), depth.to_color), color)
    ahead = levelled_from_camera(floor.up) @ np.array([0.0, 0.0, 1.0])
    return Figure(Roi.around(hips, circle), abs(x - z * ahead[0] / ahead[2]))
