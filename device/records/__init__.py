"""Every arrow of the way of the data: one frozen dataclass each, unit in the field's name.

One file a section of the way; everybody else imports from here.

Axes
----
camera   x right, y down, z forward, as the sensor delivers its image (never turned upright).
levelled x to the camera's right, y up, z towards the camera; origin on the floor below the camera.
         Right-handed, metres.

Signs
-----
anterior pelvic tilt, lumbar flexion, knee flexion: positive in the named direction.
pelvic list: positive = right side higher. pelvic rotation: positive = turned to the left.
What is not known is None (NaN inside arrays), never 0.
"""

from __future__ import annotations

from device.records.arrays import Array, Bytes, Depth
from device.records.body import JOINTS, BodyPose, Floor, Joint, Keypoints, PelvisPose
from device.records.camera import DepthImage, Extrinsics, Frame, Intrinsics
from device.records.cue import Cue, Light
from device.records.health import SIMULATED, Cause, EventKind, UnitHealth
from device.records.live import LiveState, RepSummary
from device.records.placement import (
    Arrow,
    Envelope,
    Move,
    Placement,
    PlacementVerdict,
    Silhouette,
)
from device.records.rep import (
    LARGEST_LOAD_KG,
    TRACE_COLUMNS,
    Basis,
    Exercise,
    Load,
    Neutral,
    NeutralSource,
    Onset,
    Phase,
    PhaseName,
    Rep,
    RepSpan,
    Trace,
    Verdict,
    VerdictName,
    Wink,
    load_refused,
)
from device.records.skeleton import SKELETON_JOINTS, Skeleton

__all__ = [
    "JOINTS",
    "LARGEST_LOAD_KG",
    "SIMULATED",
    "SKELETON_JOINTS",
    "TRACE_COLUMNS",
    "Array",
    "Arrow",
    "Basis",
    "BodyPose",
    "Bytes",
    "Cause",
    "Cue",
    "Depth",
    "DepthImage",
    "Envelope",
    "EventKind",
    "Exercise",
    "Extrinsics",
    "Floor",
    "Frame",
    "Intrinsics",
    "Joint",
    "Keypoints",
    "Light",
    "LiveState",
    "Load",
    "Move",
    "Neutral",
    "NeutralSource",
    "Onset",
    "PelvisPose",
    "Phase",
    "PhaseName",
    "Placement",
    "PlacementVerdict",
    "Rep",
    "RepSpan",
    "RepSummary",
    "Silhouette",
    "Skeleton",
    "Trace",
    "UnitHealth",
    "Verdict",
    "VerdictName",
    "Wink",
    "load_refused",
]
