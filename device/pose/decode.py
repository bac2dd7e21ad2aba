"""What the numbers of the two BlazePose models mean and what goes into them.

Formulas: MediaPipe's pose detection and pose landmark graphs (Apache-2.0).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from device.pose.roi import Roi
from device.records import JOINTS, Array, Bytes, Joint

Raw = npt.NDArray[np.float32]

DETECTOR_SIZE = 224
LANDMARK_SIZE = 256
MIN_SCORE = 0.5
# Rows 33 and 34 of the landmarks: mid-hip, and the circle about the body. They aim the next crop.
AIM = (JOINTS, JOINTS + 1)
_ROWS = JOINTS + 2
_OVERLAP = 0.3
_WINDOW = 7  # heatmap cells on a side in which a landmark is refined
# Column and row of each cell of such a window from its middle, (49,) each.
_ASIDE, _DOWN = (
    steps.ravel() - _WINDOW // 2 for steps in np.meshgrid(np.arange(_WINDOW), np.arange(_WINDOW))
)
_MOMENTS = np.stack([_ASIDE, _DOWN, np.ones(_WINDOW**2)], axis=1)
_MIN_PEAK = 0.5
# (grid cells on a side, anchors in each cell) of the detector's layers
_GRIDS = ((28, 2), (14, 2), (7, 6))


@dataclass(frozen=True, slots=True)
class Detection:
    """One person the detector sees, in shares of its square input (0 to 1)."""

    hips: Array  # (2,) mid-hip
    circle: Array  # (2,) a point on the circle about the body, above the hips
    score: float


def _anchor_centers() -> Raw:
    centers = []
    for cells, repeats in _GRIDS:
        steps = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(steps, steps, indexing="ij")
        centers.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=-1), repeats, axis=0))
    return np.asarray(np.concatenate(centers), np.float32)


_ANCHORS = _anchor_centers()  # (2254, 2)


def detector_input(image: Bytes, quarter_turns: int = 0) -> Raw:
    """The whole image, turned clockwise and with black margins: (1, 224, 224, 3), -1 to 1."""
    height, width = image.shape[:2]
    scale = DETECTOR_SIZE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.rot90(cv2.resize(image, size, interpolation=cv2.INTER_AREA), -quarter_turns)
    rows, columns = small.shape[:2]
    top, left = (DETECTOR_SIZE - rows) // 2, (DETECTOR_SIZE - columns) // 2
    square = np.full((1, DETECTOR_SIZE, DETECTOR_SIZE, 3), -1.0, np.float32)
    window = square[0, top : top + rows, left : left + columns]
    np.multiply(small, np.float32(2 / 255), out=window)
    window -= 1.0
    return square


def people(boxes: Raw, scores: Raw, shape: tuple[int, ...], quarter_turns: int = 0) -> list[Roi]:
    """Everybody in the detector's output, as squares of the delivered image, best first.

    `shape` is the delivered image's (height, width).
    """
    height, width = shape
    found = []
    for person in detections(boxes, scores):
        # about the middle of the square input, which is the middle of the image
        points = np.stack([person.hips, person.circle]) - 0.5
        for _ in range(quarter_turns):
            points = np.stack([points[:, 1], -points[:, 0]], axis=-1)
        points = points * max(height, width) + (np.array([width, height]) - 1) / 2
        found.append(Roi.around(points[0], points[1]))
    return found


def upright_scores(boxes: Raw, scores: Raw) -> tuple[float, ...]:
    """For 0 to 3 clockwise turns of the image: the best person's score times uprightness."""
    best = [0.0] * 4
    for person in detections(boxes, scores):
        x, y = person.circle - person.hips
        for turns in range(4):
            upright = person.score * max(0.0, float(-y / np.hypot(x, y)))
            best[turns] = max(best[turns], upright)
            x, y = -y, x
    return tuple(best)


def detections(boxes: Raw, scores: Raw) -> list[Detection]:
    """The people in the detector's output ((1, 2254, 12), (1, 2254, 1)), best first.

    Overlapping boxes are averaged by their scores (weighted non-maximum suppression).
    """
    score = _sigmoid(scores[0, :, 0])
    likely = np.flatnonzero(score >= MIN_SCORE)
    likely = likely[np.argsort(-score[likely], kind="stable")]
    values = boxes[0, likely] / DETECTOR_SIZE
    middle = values[:, :2] + _ANCHORS[likely]
    corners = np.concatenate([middle - values[:, 2:4] / 2, middle + values[:, 2:4] / 2], axis=1)
    points = values[:, 4:8].reshape(-1, 2, 2) + _ANCHORS[likely, None]
    score = score[likely]
    found = []
    left = np.arange(len(likely))
    while len(left):
        same = _overlap(corners[left[0]], corners[left]) > _OVERLAP
        same[0] = True
        group = left[same]
        hips, circle = np.average(points[group], axis=0, weights=score[group]).astype(float)
        found.append(Detection(hips, circle, float(score[left[0]])))
        left = left[~same]
    return found


# The rows that anybody uses: the named joints, and the two that aim the next crop.
_REFINED = np.array([*Joint, *AIM], dtype=np.intp)


@dataclass(frozen=True, slots=True)
class Landmarks:
    """The landmark model's answer, in the crop's axes."""

    points: Array  # (35, 2) places in the crop, 0 to 256; the last two aim the next crop
    visibility: Array  # (33,) 0..1
    world_m: Array  # (33, 3) about the mid-hip; x right, y down, z away from the camera
    presence: float  # 0..1


def landmarks(table: Raw, presence: Raw, heatmap: Raw, world: Raw) -> Landmarks:
    """The landmark model's outputs -> landmarks, those that are used refined by the heatmap.

    Shapes (1, 195), (1, 1), (1, 64, 64, 39), (1, 117); world points are put about the mid-hip.
    """
    rows = table.reshape(-1, 5)[:_ROWS].astype(float)
    world_m = world.reshape(-1, 3)[:JOINTS].astype(float)
    points = rows[:, :2]
    points[_REFINED] = refined(points[_REFINED], heatmap[0], _REFINED)
    return Landmarks(
        points=points,
        visibility=_sigmoid(rows[:JOINTS, 3]),
        world_m=world_m - (world_m[Joint.LEFT_HIP] + world_m[Joint.RIGHT_HIP]) / 2,
        presence=float(presence.item()),
    )


def refined(points: Array, heatmap: Raw, channels: npt.NDArray[np.intp]) -> Array:
    """(n, 2) places in the crop moved to the centre of mass of the heatmap around them.

    `channels` (n,) says which of the heatmap's (cells, cells, channels) logits belong to which
    point. Only where these have a peak near the point, and the point lies inside the crop.
    """
    cells, _, depth = heatmap.shape
    cell = np.floor(points * (cells / LANDMARK_SIZE))
    columns = (cell[:, :1] + _ASIDE) * depth + channels[:, None]
    logits = cv2.remap(
        heatmap.reshape(cells, cells * depth),  # a row's cells side by side, to cv2 one channel
        columns.astype(np.float32),
        (cell[:, 1:] + _DOWN).astype(np.float32),
        cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=[-np.inf],
    )
    weight = _sigmoid(logits)
    moments = weight @ _MOMENTS
    middle = cell + moments[:, :2] / np.maximum(moments[:, 2:], 1e-9)
    inside = (cell >= 0) & (cell < cells)
    sure = inside[:, 0] & inside[:, 1] & (np.maximum.reduce(weight, axis=1) >= _MIN_PEAK)
    return np.where(sure[:, None], middle * (LANDMARK_SIZE / cells), points)


def placed(found: Landmarks, roi: Roi) -> tuple[Array, Roi]:
    """(33, 2) pixels of the image, and where the landmark model should look in the next frame."""
    points = roi.to_image(found.points, LANDMARK_SIZE)
    return points[:JOINTS], Roi.around(points[JOINTS], points[JOINTS + 1])


def next_roi(found: Landmarks, roi: Roi) -> Roi:
    """Where the landmark model should look in the next frame."""
    return placed(found, roi)[1]


def _overlap(box: Raw, boxes: Raw) -> Raw:
    """(n,) intersection over union of one (x0, y0, x1, y1) box with (n, 4) boxes."""
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    union = area + np.prod(box[2:] - box[:2]) - shared
    return np.asarray(shared / np.maximum(union, 1e-9), np.float32)


def _sigmoid(logits: npt.ArrayLike) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-np.maximum(logits, -80.0))), float)
