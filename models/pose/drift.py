"""How far a stored model drifts from the float32 one it was made from, on pictures of squats.

Both see the same crop. What a slightly different crop (1 pixel, 1 degree, 1 %) changes in the float
model is measured beside it: a drift below that is lost in the tracking's own jitter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from device.models import Model
from device.pose.decode import (
    LANDMARK_SIZE,
    MIN_SCORE,
    Landmarks,
    detector_input,
    landmarks,
    next_roi,
    people,
)
from device.pose.roi import Roi
from device.records import Array, Bytes, Joint

FRAMES_PER_VIDEO = 12
_HIPS = [Joint.LEFT_HIP, Joint.RIGHT_HIP]
_LEGS = (
    (Joint.LEFT_HIP, Joint.LEFT_KNEE, Joint.LEFT_ANKLE),
    (Joint.RIGHT_HIP, Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE),
)
Figures = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class View:
    """One picture and the square of it that holds the person."""

    image: Bytes
    roi: Roi


def pictures(folder: Path) -> Iterator[Bytes]:
    """Evenly spaced RGB frames of every video in the folder, in name order."""
    import cv2

    for file in sorted(f for f in folder.iterdir() if f.suffix in {".mov", ".mp4"}):
        video = cv2.VideoCapture(str(file))
        count = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
        chosen = set(np.linspace(0, count - 1, FRAMES_PER_VIDEO).astype(int))
        for number in range(count):
            found, image = video.read()
            if found and number in chosen:
                yield np.ascontiguousarray(image[:, :, ::-1])
        video.release()


def views(images: Sequence[Bytes], detector: Model, landmarker: Model) -> list[View]:
    """Each picture with the square that the float models find, aimed as in tracking."""
    found = []
    for image in images:
        for roi in _best_square(detector.run(detector_input(image)), image):
            found.append(View(image, next_roi(_look(landmarker, View(image, roi)), roi)))
    return found


def landmark_drift(exact: Model, stored: Model, seen: Sequence[View]) -> dict[str, Figures]:
    """Figures of the stored model, and of the float model on a jittered crop."""
    jitter = [replace(view, roi=_jittered(view.roi)) for view in seen]
    return {
        "stored": _compare(seen, seen, exact, stored),
        "crop_jitter": _compare(seen, jitter, exact, exact),
    }


def detector_drift(exact: Model, stored: Model, images: Sequence[Bytes]) -> Figures:
    """How far the stored detector moves and scales the square, and changes its best score."""
    shift, scale, score = [], [], []
    for image in images:
        array = detector_input(image)
        a, b = exact.run(array), stored.run(array)
        score.append(abs(_best(a) - _best(b)))
        first, second = (_best_square(out, image) for out in (a, b))
        if first and second:
            shift.append(100 * first[0].distance(second[0]))
            scale.append(100 * (first[0].scale(second[0]) - 1))
    return {
        "shift_percent_of_side": _summary(shift),
        "scale_percent": _summary(scale),
        "score": _summary(score),
        "pictures": {"compared": len(shift), "threshold": MIN_SCORE},
    }


def _compare(seen: Sequence[View], other: Sequence[View], a: Model, b: Model) -> Figures:
    hips, body, knees, world, presence = [], [], [], [], []
    for first, second in zip(seen, other, strict=True):
        one, two = _look(a, first), _look(b, second)
        gap = _crop_px(one, first.roi, first.roi) - _crop_px(two, second.roi, first.roi)
        distance = np.hypot(gap[:, 0], gap[:, 1])
        hips += distance[_HIPS].tolist()
        body += distance[one.visibility > 0.5].tolist()
        knees += [abs(_bend(one.world_m, leg) - _bend(two.world_m, leg)) for leg in _LEGS]
        off = first.roi.turn(one.world_m) - second.roi.turn(two.world_m)
        world += (1000 * np.linalg.norm(off, axis=1)).tolist()
        presence.append(abs(one.presence - two.presence))
    return {
        "hips_px": _summary(hips),
        "visible_points_px": _summary(body),
        "knee_flexion_deg": _summary(knees),
        "world_mm": _summary(world),
        "presence": _summary(presence),
    }


def _look(model: Model, view: View) -> Landmarks:
    crop = view.roi.crop(view.image, LANDMARK_SIZE)[None]
    return landmarks(*model.run(np.multiply(crop, np.float32(1 / 255))))


def _crop_px(found: Landmarks, roi: Roi, frame: Roi) -> Array:
    """(33, 2) points in the pixels of `frame`'s 256 x 256 crop, up to a turn and a shift."""
    points: Array = roi.to_image(found.points[:33], LANDMARK_SIZE) * LANDMARK_SIZE / frame.side_px
    return points


def _bend(world_m: Array, leg: tuple[int, int, int]) -> float:
    hip, knee, ankle = world_m[list(leg)]
    thigh, shin = knee - hip, ankle - knee
    cosine = thigh @ shin / (np.linalg.norm(thigh) * np.linalg.norm(shin))
    return math.degrees(math.acos(float(np.clip(cosine, -1, 1))))


def _jittered(roi: Roi) -> Roi:
    """One crop pixel aside, one degree turned, one percent larger."""
    x, y = roi.center_px
    center = (x + roi.side_px / LANDMARK_SIZE, y)
    return Roi(center, roi.side_px * 1.01, roi.angle_rad + math.radians(1))


def _best_square(output: tuple[Any, ...], image: Bytes) -> list[Roi]:
    """The square of the person with the highest score, or nothing."""
    boxes, scores = output
    return people(boxes, scores, image.shape[:2])[:1]


def _best(output: tuple[Any, ...]) -> float:
    return float(1 / (1 + np.exp(-output[1].max())))


def _summary(values: Sequence[float]) -> dict[str, float]:
    def rounded(of: Callable[[Any], Any]) -> float:
        return float(f"{float(of(values)):.3g}")

    return {"median": rounded(np.median), "p95": rounded(lambda v: np.percentile(v, 95))}
