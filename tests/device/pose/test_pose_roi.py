from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from device.pose.decode import LANDMARK_SIZE, detections, people, refined
from device.pose.roi import MARGIN, Roi

WIDTH, HEIGHT = 160, 120
places = st.tuples(st.floats(20, 140), st.floats(20, 100))
angles = st.floats(-np.pi, np.pi)


def rois() -> st.SearchStrategy[Roi]:
    return st.builds(Roi, places, st.floats(20, 300), angles)


def turned_image(points: np.ndarray, width: int) -> np.ndarray:
    """Pixels of an image -> pixels of the same image after np.rot90 (anticlockwise)."""
    return np.stack([points[..., 1], width - 1 - points[..., 0]], axis=-1)


@settings(deadline=None)
@given(places, angles, st.floats(5, 100))
def test_the_person_stands_upright_in_the_middle(
    hips: tuple[float, float], angle: float, radius: float
) -> None:
    circle = np.array(hips) + radius * np.array([np.sin(angle), -np.cos(angle)])
    roi = Roi.around(np.array(hips), circle)
    above = [LANDMARK_SIZE / 2, LANDMARK_SIZE / 2 * (1 - 1 / MARGIN)]
    inside = np.array([[LANDMARK_SIZE / 2] * 2, above])
    np.testing.assert_allclose(
        roi.to_image(inside, LANDMARK_SIZE), np.stack([hips, circle]), atol=1e-6
    )


@settings(deadline=None)
@given(places, places, st.integers(0, 3))
def test_turning_the_image_turns_the_square(
    hips: tuple[float, float], circle: tuple[float, float], turns: int
) -> None:
    first, second, width = np.array(hips), np.array(circle) + 150.0, WIDTH
    corners = np.array([[0.0, 0], [256, 0], [256, 256], [0, 256], [77, 31]])
    expected = Roi.around(first, second).to_image(corners, LANDMARK_SIZE)
    for _ in range(turns):
        first, second = turned_image(first, width), turned_image(second, width)
        expected = turned_image(expected, width)
        width = HEIGHT if width == WIDTH else WIDTH
    found = Roi.around(first, second).to_image(corners, LANDMARK_SIZE)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@settings(deadline=None)
@given(st.builds(Roi, places, st.floats(40, 300), angles))
def test_a_crop_shows_the_pixels_that_to_image_names(roi: Roi) -> None:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    image = np.stack([x, y, np.full_like(x, 9)], axis=-1).astype(np.uint8)
    crop = roi.crop(image, 64).astype(float)
    centers = np.stack(np.meshgrid(np.arange(64) + 0.5, np.arange(64) + 0.5), axis=-1)
    named = roi.to_image(centers.reshape(-1, 2), 64).reshape(64, 64, 2)
    inside = ((named >= 0) & (named <= [WIDTH - 1, HEIGHT - 1])).all(axis=-1)
    # pixels are whole numbers, and OpenCV rounds places to 1/32 pixel
    assert np.abs(crop[..., :2] - named)[inside].max(initial=0) < 0.6
    assert (crop[..., 2] == 9).all()


@settings(deadline=None)
@given(rois())
def test_turning_world_points_keeps_lengths_and_depth(roi: Roi) -> None:
    world = np.array([[0.1, -0.5, 0.2], [0.0, 0.7, -0.1]])
    turned = roi.turn(world)
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), np.linalg.norm(world, axis=1))
    np.testing.assert_array_equal(turned[:, 2], world[:, 2])
    # the way up in the world is the way up in the picture
    step = roi.to_image(np.array([[0.0, 0.0], [0.1, -0.5]]), 1)
    way = (step[1] - step[0]) / roi.side_px
    np.testing.assert_allclose(turned[0, :2], way, atol=1e-9)


def heatmap_with_a_hill(x: float, y: float, height: float) -> np.ndarray:
    rows, columns = np.mgrid[0:64, 0:64]
    hill = height - ((columns - x) ** 2 + (rows - y) ** 2)
    return np.maximum(hill, -60.0)[..., None].astype(np.float32)


@settings(deadline=None)
@given(st.floats(5, 58), st.floats(5, 58), st.floats(-1.5, 1.5))
def test_a_point_moves_to_the_hill_of_the_heatmap(x: float, y: float, off: float) -> None:
    start = np.array([[4 * (x + off) + 2, 4 * (y - off) + 2]])
    moved = refined(start, heatmap_with_a_hill(x, y, 3.0), np.arange(len(start)))
    np.testing.assert_allclose(moved, [[4 * x, 4 * y]], atol=1.5)


@settings(deadline=None)
@given(*2 * [st.floats(-300, 500, allow_subnormal=False)])
def test_without_a_peak_or_outside_the_crop_a_point_stays(x: float, y: float) -> None:
    start = np.array([[x, y]])
    flat = np.full((64, 64, 1), -8.0, np.float32)
    np.testing.assert_array_equal(refined(start, flat, np.arange(len(start))), start)
    if not (0 <= x < 256 and 0 <= y < 256):
        high = np.full((64, 64, 1), 8.0, np.float32)
        np.testing.assert_array_equal(refined(start, high, np.arange(len(start))), start)


def detector_output(*boxes: tuple[int, float]) -> tuple[np.ndarray, np.ndarray]:
    """(anchor, score logit) pairs -> output with a 60 x 60 box and a person at each."""
    values = np.zeros((1, 2254, 12), np.float32)
    scores = np.full((1, 2254, 1), -20.0, np.float32)
    for anchor, logit in boxes:
        values[0, anchor] = [0, 0, 60, 60, 0, 0, 0, -80, 0, 0, 0, 0]
        scores[0, anchor] = logit
    return values, scores


def test_overlapping_boxes_are_one_person_and_distant_ones_two() -> None:
    near = 2 * (14 * 28 + 7)  # layer of 28 x 28 cells, two anchors each
    far = 2 * (14 * 28 + 21)
    found = detections(*detector_output((near, 2.0), (near + 2, 1.0), (far, 3.0)))
    assert len(found) == 2
    assert found[0].score > found[1].score
    np.testing.assert_allclose(found[0].hips, [21.5 / 28, 14.5 / 28], atol=1e-6)
    assert 7.5 / 28 < found[1].hips[0] < 8.5 / 28  # between the two, by their scores


def test_low_scores_are_nobody() -> None:
    assert detections(*detector_output((100, -0.1))) == []


def test_people_lie_where_the_letterbox_puts_them() -> None:
    output = detector_output((2 * (14 * 28 + 7), 2.0))
    (roi,) = people(*output, (360, 640))
    side = 640
    expected = np.array([7.5, 14.5]) / 28 * side - [0, (side - 360) / 2] - 0.5
    np.testing.assert_allclose(roi.center_px, expected, atol=1e-3)
    assert abs(roi.side_px - 2 * MARGIN * 80 / 224 * side) < 1e-2
    assert roi.angle_rad == 0.0


@settings(deadline=None)
@given(
    st.tuples(st.floats(-80, WIDTH + 80), st.floats(-80, HEIGHT + 80)), st.floats(1, 300), angles
)
def test_past_the_edge_the_border_is_repeated(
    center: tuple[float, float], side: float, angle: float
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    scaled = side / 64 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    expected = cv2.warpAffine(
        image,
        np.column_stack([scaled, np.array(center) - scaled @ np.full(2, 31.5)]),
        (64, 64),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    found = Roi(center, side, angle).crop(image, 64)
    # places are rounded to 1/32 pixel, and a hair may tip that
    off = np.abs(found.astype(int) - expected)
    assert np.count_nonzero(off) <= 0.02 * off.size
    assert off.max() <= 16
