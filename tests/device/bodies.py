"""Streams of BodyPose that move like people: squats, deadlifts, bending, walking, sitting.

A figure of two-segment legs and a trunk moves in the sagittal plane; every number of a BodyPose
is read off its joints, so hip height, knee flexion and wrists always fit together.

    stream = squat(4.0, knee_deg=110) + stand(2.0)
    bodies = sample(stream, fps=30, noise_m=0.01)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from device.records import JOINTS, BodyPose, Joint

THIGH_M, SHANK_M, TRUNK_M, ARM_M = 0.43, 0.42, 0.50, 0.57
# Where the wrists are against the shoulders, m: up, forward.
HANDS = {
    "bar": (-0.03, 0.0),
    "hidden": (-0.03, 0.0),
    "chest": (-0.08, 0.20),
    "hanging": (-ARM_M, 0.0),
    "forward": (0.0, ARM_M),
    "overhead": (ARM_M, 0.0),
}
UNKNOWN = np.full((JOINTS, 3), np.nan)
ALL_SEEN = np.ones(JOINTS)
HANDS_HIDDEN = np.ones(JOINTS)
HANDS_HIDDEN[[Joint.LEFT_WRIST, Joint.RIGHT_WRIST]] = 0.1
MOCAP = Path(__file__).parents[3] / "shared" / "data" / "deep_squat_mocap" / "markers_s01-s06.npz"


@dataclass(frozen=True)
class Pose:
    """One moment of the figure; `hands` is a key of HANDS."""

    knee_deg: float = 8.0
    shin_deg: float = 4.0
    lean_deg: float = 4.0
    hands: str = "bar"
    feet_m: tuple[float, float] = (0.0, -1.2)
    knee_other_deg: float | None = None
    size: float = 1.0
    ankle_lift_m: float = 0.0
    seat_m: float | None = None  # height of a bench that the hips lie or sit on


# A movement: seconds it lasts, and the pose at each share (0..1) of it.
Movement = tuple[float, Callable[[float], Pose]]


def body_of(pose: Pose, time_s: float, with_joints: bool = False) -> BodyPose:
    """The figure's BodyPose, seen from behind (forward is -z)."""
    shin, lean = math.radians(pose.shin_deg), math.radians(pose.lean_deg)
    thigh = math.radians(pose.knee_deg) - shin
    trunk_m = pose.size * TRUNK_M
    # heights above the floor, and places along z
    ankle = (0.08 + pose.ankle_lift_m, pose.feet_m[1])
    knee = _along(ankle, pose.size * SHANK_M, shin)
    hip = _along(knee, pose.size * THIGH_M, -thigh)
    if pose.seat_m is not None:
        hip = (pose.seat_m, hip[1])
    shoulder = _along(hip, trunk_m, lean)
    arm_up, arm_forward = HANDS[pose.hands]
    wrist = (shoulder[0] + pose.size * arm_up, shoulder[1] - pose.size * arm_forward)
    seen = pose.hands != "hidden"
    other = pose.knee_deg if pose.knee_other_deg is None else pose.knee_other_deg
    places = {"ANKLE": ankle, "KNEE": knee, "HIP": hip, "SHOULDER": shoulder, "WRIST": wrist}
    return BodyPose(
        time_s=time_s,
        metric=True,
        joints_m=_joints(pose, places) if with_joints else UNKNOWN,
        visibility=ALL_SEEN if seen else HANDS_HIDDEN,
        hip_height=hip[0] - ankle[0],
        knee_flexion_left_deg=pose.knee_deg,
        knee_flexion_right_deg=other,
        hip_above_knee_cm=100 * (hip[0] - knee[0]),
        trunk_lean_deg=pose.lean_deg,
        shin_lean_left_deg=pose.shin_deg,
        shin_lean_right_deg=pose.shin_deg,
        wrist_above_shoulder=(wrist[0] - shoulder[0]) / trunk_m if seen else None,
        wrist_above_knee=(wrist[0] - knee[0]) / trunk_m if seen else None,
        feet_position_m=pose.feet_m,
        facing_away_deg=0.0,
    )


def _along(start: tuple[float, float], length_m: float, angle: float) -> tuple[float, float]:
    return start[0] + length_m * math.cos(angle), start[1] - length_m * math.sin(angle)


def _joints(pose: Pose, places: dict[str, tuple[float, float]]) -> np.ndarray:
    """(33, 3) levelled axes, m."""
    widths = {"ANKLE": 0.15, "KNEE": 0.18, "HIP": 0.10, "SHOULDER": 0.18, "WRIST": 0.20}
    if pose.hands in ("bar", "hidden"):
        widths["WRIST"] = 0.38
    joints = np.full((JOINTS, 3), np.nan)
    for name, (y, z) in places.items():
        for side, sign in (("LEFT", -1.0), ("RIGHT", 1.0)):
            joints[Joint[f"{side}_{name}"]] = (pose.feet_m[0] + sign * widths[name], y, z)
    return joints


# ---------------------------------------------------------------- movements


def hold(duration_s: float, pose: Pose) -> list[Movement]:
    return [(duration_s, lambda _: pose)]


def stand(duration_s: float, **changes: Any) -> list[Movement]:
    return hold(duration_s, replace(Pose(), **changes))


def between(duration_s: float, start: Pose, end: Pose) -> list[Movement]:
    """From one pose to the other, slow at both ends."""

    def pose(share: float) -> Pose:
        part = (1 - np.cos(np.pi * share)) / 2

        def mix(name: str) -> Any:
            first, last = getattr(start, name), getattr(end, name)
            if first is None or last is None:
                return None if part < 0.5 else last
            return first + part * (last - first)

        feet = tuple(a + part * (b - a) for a, b in zip(start.feet_m, end.feet_m, strict=True))
        return Pose(
            knee_deg=mix("knee_deg"),
            shin_deg=mix("shin_deg"),
            lean_deg=mix("lean_deg"),
            hands=start.hands if part < 0.5 else end.hands,
            feet_m=(feet[0], feet[1]),
            size=mix("size"),
            ankle_lift_m=mix("ankle_lift_m"),
            seat_m=mix("seat_m"),
        )

    return [(duration_s, pose)]


def bottom_of_squat(knee_deg: float, **changes: Any) -> Pose:
    return replace(
        Pose(knee_deg=knee_deg, shin_deg=0.3 * knee_deg, lean_deg=min(45.0, 0.38 * knee_deg)),
        **changes,
    )


def squat(
    duration_s: float = 3.0,
    knee_deg: float = 110.0,
    pause_s: float = 0.0,
    half_way_pause_s: float = 0.0,
    **changes: Any,
) -> list[Movement]:
    """Down, wait, up; the descent takes a little longer than the ascent."""
    top, bottom = replace(Pose(), **changes), bottom_of_squat(knee_deg, **changes)
    half = bottom_of_squat(0.6 * knee_deg, **changes)
    down_s = 0.55 * duration_s
    down = between(down_s, top, bottom)
    wait = hold(pause_s, bottom) if pause_s else []
    if not half_way_pause_s:
        return down + wait + between(duration_s - down_s, bottom, top)
    up_s = (duration_s - down_s) / 2
    rise = between(up_s, bottom, half) + hold(half_way_pause_s, half) + between(up_s, half, top)
    return down + wait + rise


def deadlift(duration_s: float = 3.0, knee_deg: float = 70.0) -> list[Movement]:
    top = Pose(hands="hanging")
    floor = Pose(knee_deg=knee_deg, shin_deg=12.0, lean_deg=62.0, hands="hanging")
    return between(duration_s / 2, top, floor) + between(duration_s / 2, floor, top)


def bend_over(duration_s: float = 3.0, knee_deg: float = 30.0) -> list[Movement]:
    """Something picked up from the floor with nearly straight legs."""
    top = Pose(hands="hanging")
    down = Pose(knee_deg=knee_deg, shin_deg=2.0, lean_deg=85.0, hands="hanging")
    return between(duration_s / 2, top, down) + between(duration_s / 2, down, top)


def load_plate(feet_m: tuple[float, float] = (0.6, -1.0)) -> list[Movement]:
    """Crouch for a plate beside the rack, carry it over, put it on."""
    here = Pose(hands="hanging", feet_m=feet_m)
    crouch = Pose(knee_deg=95.0, shin_deg=20.0, lean_deg=60.0, hands="hanging", feet_m=feet_m)
    up = replace(here, hands="forward")
    return (
        between(1.2, here, crouch)
        + hold(0.6, crouch)
        + between(1.2, crouch, up)
        + walk(feet_m, (0.0, -1.2), hands="forward")
        + hold(1.5, Pose(hands="forward"))
    )


def walk(
    start: tuple[float, float], end: tuple[float, float], step_s: float = 0.6, **changes: Any
) -> list[Movement]:
    """Steps of half a metre: the swinging knee bends, the swinging ankle rises."""
    way = np.subtract(end, start)
    steps = max(1, round(float(np.linalg.norm(way)) / 0.35))

    def pose(share: float) -> Pose:
        swing = float(np.sin(np.pi * ((share * steps) % 1.0)))
        feet = np.asarray(start) + share * way
        return replace(
            Pose(
                knee_deg=8.0 + 55.0 * swing,
                knee_other_deg=8.0 + 8.0 * swing,
                feet_m=(float(feet[0]), float(feet[1])),
            ),
            **changes,
        )

    def lowered(share: float) -> Pose:
        # the hip hardly sinks in walking; half of the swinging ankle's lift shows in hip height
        walking = pose(share)
        height = 0.85 - 0.06 * (walking.knee_deg - 8.0) / 55.0
        return replace(walking, seat_m=0.08 + height)

    return [(steps * step_s, lowered)]


def sit_down(stay_s: float = 30.0) -> list[Movement]:
    seated = Pose(knee_deg=95.0, shin_deg=5.0, lean_deg=10.0, hands="hanging")
    top = Pose(hands="hanging")
    return between(1.5, top, seated) + hold(stay_s, seated) + between(1.5, seated, top)


def bench_press(reps: int = 5) -> list[Movement]:
    """Lying on a bench: hips low, trunk flat, hands over the shoulders."""
    low = Pose(knee_deg=90.0, shin_deg=0.0, lean_deg=88.0, hands="chest", seat_m=0.45)
    high = replace(low, hands="overhead", seat_m=0.47)
    return (between(1.0, high, low) + between(1.0, low, high)) * reps


# ---------------------------------------------------------------- streams


def duration(movements: Sequence[Movement]) -> float:
    return sum(seconds for seconds, _ in movements)


def pose_at(movements: Sequence[Movement], time_s: float) -> Pose:
    for seconds, pose in movements:
        if time_s < seconds:
            return pose(time_s / seconds)
        time_s -= seconds
    return movements[-1][1](1.0)


def sample(
    movements: Sequence[Movement],
    fps: float = 30.0,
    noise_m: float = 0.0,
    seed: int = 0,
    start_s: float = 0.0,
    with_joints: bool = False,
) -> list[BodyPose]:
    """The movements as a camera's frames; jitter of the hip and matching jitter of the angles."""
    random = np.random.default_rng(seed)
    bodies = []
    for index in range(int(duration(movements) * fps)):
        body = body_of(pose_at(movements, index / fps), start_s + index / fps, with_joints)
        if noise_m:
            body = jittered(body, noise_m, random)
        bodies.append(body)
    return bodies


def jittered(body: BodyPose, noise_m: float, random: np.random.Generator) -> BodyPose:
    hip, left, right, lean, x, z = random.normal(0.0, noise_m, 6).tolist()
    angle = 200.0  # degrees a metre: 2 degrees with 1 cm
    feet = body.feet_position_m or (0.0, 0.0)
    return replace(
        body,
        hip_height=body.hip_height + hip,
        knee_flexion_left_deg=(body.knee_flexion_left_deg or 0.0) + angle * left,
        knee_flexion_right_deg=(body.knee_flexion_right_deg or 0.0) + angle * right,
        trunk_lean_deg=(body.trunk_lean_deg or 0.0) + angle * lean,
        feet_position_m=(feet[0] + x, feet[1] + z),
    )
