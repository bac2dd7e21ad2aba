"""Pose: a colour frame -> the lifter's 33 keypoints (BlazePose, detector and tracking).

The detector finds people in the whole picture; the landmark model looks closely at one of them and
says where to look in the next frame. Nothing is smoothed: what comes out is a measurement.
"""

from __future__ import annotations

import numpy as np

from device.geometry import quarter_turns
from device.models import Model, Runtime, load_model
from device.pose.decode import (
    LANDMARK_SIZE,
    Landmarks,
    detector_input,
    landmarks,
    next_roi,
    people,
    placed,
    upright_scores,
)
from device.pose.figure import Figure, figures
from device.pose.roi import Roi
from device.pose.track import Track
from device.records import Array, Floor, Frame, Keypoints

DETECTOR = "pose_detector"
MIN_PRESENCE = 0.5
# Cosine of a body's axis with up. In a square that is turned wrongly the landmark model sees bodies
# that lie or hang, and is sure of them; lifters stand, squat and bend.
MIN_UPRIGHT = 0.25
MOST_FIGURES = 2  # looked at in one frame


class PoseEstimator:
    """Finds the lifter and follows them from frame to frame.

    `model` is `full` or `lite`. `quarter_turns` clockwise turns bring the delivered image upright.
    Raises ModelError where a model file is missing or damaged.

        pose = PoseEstimator("full", threads=1, quarter_turns=1)
        keypoints = pose.estimate(frame)  # None: nobody is there
    """

    def __init__(
        self,
        model: str,
        threads: int,
        quarter_turns: int = 0,
        *,
        runtime: Runtime | None = None,
    ) -> None:
        self._detector = load_model(DETECTOR, threads, runtime=runtime)
        self._landmarker = load_model(f"pose_{model}", threads, runtime=runtime)
        self._crop = np.zeros((LANDMARK_SIZE, LANDMARK_SIZE, 3), np.uint8)
        self._quarter_turns = quarter_turns % 4
        self._track = Track()

    @property
    def quarter_turns(self) -> int:
        """Clockwise quarter turns that bring the image upright; setting them starts anew."""
        return self._quarter_turns

    @quarter_turns.setter
    def quarter_turns(self, turns: int) -> None:
        self._quarter_turns = turns % 4
        self.reset()

    @property
    def models(self) -> tuple[Model, Model]:
        """The detector and the landmark model."""
        return self._detector, self._landmarker

    def reset(self) -> None:
        """Forget the lifter."""
        self._track = Track()

    def estimate(self, frame: Frame, floor: Floor | None = None) -> Keypoints | None:
        """The lifter's keypoints; None where nobody, or nobody for certain, is seen.

        With depth and the `floor` a lifter is found whose head is out of the picture, and of two
        people the one who stands where the unit points.
        """
        track, time_s = self._track, frame.time_s
        if track.should_compare(time_s):
            better = self._better(frame, floor, self._figures(frame, floor))
            if better:
                return better
        if track.should_look_home(time_s):
            home = track.at_home(self._people(frame))
            found = home and self._start(frame, floor, home)
            if found:
                return found
        roi = track.roi
        if roi is not None:
            seen = self._look(frame, roi)
            if seen.presence >= MIN_PRESENCE:
                points_px, ahead = placed(seen, roi)
                if not track.lies(not _upright(ahead, floor), time_s):
                    believed = track.follow(ahead, time_s)
                    return _keypoints(seen, points_px, roi, time_s) if believed else None
                self.reset()
            else:
                track.lose(time_s)
        if not self._track.should_search():
            return None
        return self._search(frame, floor)

    def detection_score_by_turn(
        self, frame: Frame, floor: Floor | None = None
    ) -> tuple[float, ...]:
        """How upright (0 to 1) a person stands with the image turned clockwise 0, 1, 2, 3 times.

        The detector scores people alike however they are turned, but it says which way their head
        is: the score is its certainty times the cosine of that way with up. Where it finds nobody,
        or somebody who does not stand on the `floor`, whoever does is asked the same: of a lifter
        whose head is out of the picture the detector guesses where it is. All 0: nobody is seen.
        The track is left as it is.
        """
        output = self._detector.run(detector_input(frame.color_rgb))
        scores = upright_scores(output[0], output[1])
        if floor is None or (any(scores) and np.argmax(scores) == quarter_turns(floor.up)):
            return scores
        for figure in self._figures(frame, floor)[:1]:
            seen = self._look(frame, figure.roi)
            if seen.presence >= MIN_PRESENCE:
                return next_roi(seen, figure.roi).upright_by_turn()
        return scores

    def _search(self, frame: Frame, floor: Floor | None) -> Keypoints | None:
        """Starts the track: from the detector, from depth, or not at all."""
        height, width = frame.color_rgb.shape[:2]
        standing = self._figures(frame, floor)
        figures_alone = ([figure.roi] for figure in standing[:MOST_FIGURES])
        for candidates in (self._people(frame), *figures_alone):
            chosen = self._track.choose(candidates, frame.time_s, width, height)
            found = chosen and self._start(frame, floor, chosen)
            if found:
                return self._better(frame, floor, standing) or found
        return None

    def _better(
        self, frame: Frame, floor: Floor | None, standing: list[Figure]
    ) -> Keypoints | None:
        """Whoever stands where a lifter stands, rather than the person tracked."""
        place = self._track.better_placed(standing)
        if place is None:
            return None
        return self._start(frame, floor, place, instead_of=self._track.roi)

    def _figures(self, frame: Frame, floor: Floor | None) -> list[Figure]:
        if frame.depth is None or floor is None:
            return []
        return figures(frame.depth, floor, frame.color)

    def _start(
        self, frame: Frame, floor: Floor | None, roi: Roi, instead_of: Roi | None = None
    ) -> Keypoints | None:
        """Tracks whoever stands in the square; None: nobody, or still who is in the other one."""
        seen = self._look(frame, roi)
        if seen.presence < MIN_PRESENCE:
            return None
        points_px, found = placed(seen, roi)
        if not _upright(found, floor):
            return None
        if instead_of is not None and instead_of.distance(found) < roi.distance(found):
            return None
        if instead_of is not None:
            self.reset()  # home is another place now
        self._track.start(found, frame.time_s)
        return _keypoints(seen, points_px, roi, frame.time_s)

    def _look(self, frame: Frame, roi: Roi) -> Landmarks:
        """The landmark model on one square of the image."""
        roi.crop(frame.color_rgb, LANDMARK_SIZE, out=self._crop)
        return self._landmarker.run_in_place(
            lambda image: np.multiply(self._crop, np.float32(1 / 255), out=image[0]), landmarks
        )

    def _people(self, frame: Frame) -> list[Roi]:
        """Everybody the detector sees, as squares of the delivered image, best first."""
        image, turns = frame.color_rgb, self._quarter_turns
        boxes, scores = self._detector.run(detector_input(image, turns))
        return people(boxes, scores, image.shape[:2], turns)


def _upright(roi: Roi, floor: Floor | None) -> bool:
    """Whether who is in the square stands rather than lies; without a floor nobody knows."""
    return floor is None or roi.upright_by_turn()[quarter_turns(floor.up)] >= MIN_UPRIGHT


def _keypoints(seen: Landmarks, points_px: Array, roi: Roi, time_s: float) -> Keypoints:
    return Keypoints(
        time_s=time_s,
        points_px=points_px,
        visibility=seen.visibility,
        world_m=roi.turn(seen.world_m),
        presence=seen.presence,
    )
