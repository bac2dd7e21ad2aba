"""The lifter's joints through a rep: what a stick figure is drawn from. No picture, no face."""

from __future__ import annotations

from dataclasses import dataclass

from device.records.arrays import Array
from device.records.body import Joint

SKELETON_JOINTS: tuple[Joint, ...] = (
    Joint.LEFT_EAR,
    Joint.RIGHT_EAR,
    Joint.LEFT_SHOULDER,
    Joint.RIGHT_SHOULDER,
    Joint.LEFT_ELBOW,
    Joint.RIGHT_ELBOW,
    Joint.LEFT_WRIST,
    Joint.RIGHT_WRIST,
    Joint.LEFT_HIP,
    Joint.RIGHT_HIP,
    Joint.LEFT_KNEE,
    Joint.RIGHT_KNEE,
    Joint.LEFT_ANKLE,
    Joint.RIGHT_ANKLE,
    Joint.LEFT_HEEL,
    Joint.RIGHT_HEEL,
    Joint.LEFT_TOE,
    Joint.RIGHT_TOE,
)


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Joints in the lifter's own axes: x ahead, y up, z to the right (OpenSim's).

    The origin is on the floor between the ankles. Where there was no depth `metric` is False:
    lengths are then in the pose model's own scale and each sample's origin is between its ankles.
    Raises ValueError for arrays that don't fit each other.
    """

    time_s: Array  # (samples,) on the trace's clock
    joints_m: Array  # (samples, 18, 3), by SKELETON_JOINTS; NaN where unknown
    metric: bool

    def __post_init__(self) -> None:
        expected = (len(self.time_s), len(SKELETON_JOINTS), 3)
        if self.joints_m.shape != expected:
            raise ValueError(f"joints of shape {self.joints_m.shape}, expected {expected}")

    def __len__(self) -> int:
        return len(self.time_s)

    def of(self, joint: Joint) -> Array:
        """One joint's way, (samples, 3)."""
        way: Array = self.joints_m[:, SKELETON_JOINTS.index(joint)]
        return way
