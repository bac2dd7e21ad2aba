"""Where the camera is against a standing lifter, and how much room the pictures leave."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from device.geometry import from_levelled, quarter_turns, transform, wrap_deg
from device.records import (
    Array,
    BodyPose,
    DepthImage,
    Floor,
    Frame,
    Intrinsics,
    Joint,
    PelvisPose,
)

STANDING_KNEE_DEG = 40.0
SURE_ROTATION_SD_DEG = 15.0  # vaguer than this, the shoulders and hips of the pose tell more

_HIPS = [Joint.LEFT_HIP, Joint.RIGHT_HIP]
_SHOULDERS = [Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER]
_FEET = list(range(Joint.LEFT_ANKLE, Joint.RIGHT_TOE + 1))


@dataclass(frozen=True, slots=True)
class Measures:
    """The numbers of one frame, or their medians; as in `Placement`."""

    azimuth_deg: float
    distance_m: float
    height_m: float
    tilt_down_deg: float
    lean_deg: float
    portrait: bool
    shoulder_margin_deg: float
    feet_margin_deg: float
    left_margin_deg: float
    right_margin_deg: float


_NAMES = tuple(item.name for item in fields(Measures))


def stands(body: BodyPose) -> bool:
    """Whether the lifter is upright enough to measure the placement by."""
    knees = [k for k in (body.knee_flexion_left_deg, body.knee_flexion_right_deg) if k is not None]
    return not knees or sum(knees) / len(knees) < STANDING_KNEE_DEG


def measure(
    frame: Frame, depth: DepthImage, body: BodyPose, pelvis: PelvisPose, floor: Floor
) -> Measures:
    """Where the camera is against one standing lifter."""
    turns = quarter_turns(floor.up)
    x, _, z = body.joints_m[_HIPS].mean(axis=0)
    in_depth = _to_be_seen(body, floor)
    in_color = transform(in_depth, depth.to_color)
    rooms = _margins(in_depth, depth.intrinsics, turns), _margins(in_color, frame.color, turns)
    shoulders, feet, left, right = (min(room) for room in zip(*rooms, strict=True))
    roll = float(np.degrees(np.arctan2(-floor.up[0], -floor.up[1])))
    return Measures(
        azimuth_deg=_azimuth_deg(body, pelvis, float(np.degrees(np.arctan2(x, -z)))),
        distance_m=float(np.hypot(x, z)),
        height_m=floor.camera_height_m,
        tilt_down_deg=-float(np.degrees(np.arcsin(np.clip(floor.up[2], -1, 1)))),
        lean_deg=roll - 90.0 * round(roll / 90.0),
        portrait=turns % 2 == 1,
        shoulder_margin_deg=shoulders,
        feet_margin_deg=feet,
        left_margin_deg=left,
        right_margin_deg=right,
    )


def median(seen: list[Measures]) -> Measures:
    """Each number's median; the azimuth's on the circle."""
    table = np.array([[getattr(one, name) for name in _NAMES] for one in seen], float)
    turned = np.radians(table[:, _NAMES.index("azimuth_deg")])
    table = np.column_stack([table, np.sin(turned), np.cos(turned)])
    *medians, sine, cosine = np.median(table, axis=0).tolist()
    middle = dict(zip(_NAMES, medians, strict=True))
    middle["azimuth_deg"] = math.degrees(math.atan2(sine, cosine))
    portrait = middle.pop("portrait") >= 0.5
    return Measures(**middle, portrait=portrait)


def _azimuth_deg(body: BodyPose, pelvis: PelvisPose, bearing_deg: float) -> float:
    """Of the camera, from straight behind the lifter, positive on the lifter's left.

    A lifter turned to the left by so much shows the camera as much of the left side.
    """
    turned = body.facing_away_deg or 0.0
    vague = pelvis.rotation_sd_deg is None or pelvis.rotation_sd_deg > SURE_ROTATION_SD_DEG
    if pelvis.rotation_deg is not None and not vague:
        turned = pelvis.rotation_deg
    return wrap_deg(turned + bearing_deg)


def _to_be_seen(body: BodyPose, floor: Floor) -> Array:
    """(11, 3) shoulders, feet and hips in depth-camera axes; NaN where unknown.

    The floor below the hips counts as a foot: where the picture cuts the feet off, the pose
    model only guesses them.
    """
    joints = body.joints_m
    below = joints[_HIPS].mean(axis=0) * (1.0, 0.0, 1.0)
    return from_levelled(np.vstack([joints[[*_SHOULDERS, *_FEET]], below, joints[_HIPS]]), floor)


def _margins(points_m: Array, camera: Intrinsics, turns: int) -> tuple[float, ...]:
    """Degrees from the shoulders to the upper edge, from the feet to the lower one, from
    everything to the left and right ones, in the picture turned upright.

    `points_m` as `_to_be_seen` orders them.
    """
    first = np.array([-0.5 - camera.cx_px, -0.5 - camera.cy_px])
    size = np.array([camera.width_px, camera.height_px])
    edges = np.stack([first, first + size]) / (camera.fx_px, camera.fy_px)
    (left, right), (top, bottom) = (
        sorted(np.degrees(np.arctan(side))) for side in _turned(edges, turns).T
    )
    across, down = _angles_deg(points_m, turns).T
    shoulders, feet = down[: len(_SHOULDERS)], down[len(_SHOULDERS) : -len(_HIPS)]
    # fmin and fmax pass over NaN
    return (
        float(np.fmin.reduce(shoulders, initial=90.0) - top),
        float(bottom - np.fmax.reduce(feet, initial=-90.0)),
        float(np.fmin.reduce(across, initial=90.0) - left),
        float(right - np.fmax.reduce(across, initial=-90.0)),
    )


def _angles_deg(points_m: Array, turns: int) -> Array:
    """(n, 2): to the right and down from the optical axis, in the picture turned upright."""
    angles: Array = np.degrees(
        np.arctan2(_turned(points_m[:, :2], turns), np.maximum(points_m[:, 2:], 1e-6))
    )
    return angles


def _turned(xy: Array, turns: int) -> Array:
    """(n, 2) right and down after so many clockwise quarter turns of the picture."""
    x, y = xy[:, 0], xy[:, 1]
    right, down = ((x, y), (-y, x), (-x, -y), (y, -x))[turns]
    return np.stack([right, down], axis=1)
