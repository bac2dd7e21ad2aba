"""Pose: a colour frame -> the lifter's keypoints.

The estimator runs the models; beside it what their numbers mean (decode), the square they look at
(roi), who is the lifter (track), and who stands there by depth alone (figure).
"""

from __future__ import annotations

from device.pose.estimator import PoseEstimator

__all__ = ["PoseEstimator"]
