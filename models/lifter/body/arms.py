"""Arms and hands for each way of holding a load, by two-bone reach from shoulder to grip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from device.records import Array
from models.lifter.body.skeleton import (
    FORWARD,
    SIDES,
    UP,
    Rest,
    Skeleton,
    about,
    axis_angle,
    frame,
    normalised,
    rot_y,
    shortest,
    two_bones,
)

Posture = Literal[
    "high_bar", "low_bar", "front", "goblet", "overhead", "hanging", "forward", "deadlift"
]
POSTURES: tuple[Posture, ...] = (
    "high_bar",
    "low_bar",
    "front",
    "goblet",
    "overhead",
    "hanging",
    "forward",
    "deadlift",
)
LOW_BAR_M = 0.045  # a low bar lies so much lower on the back
BAR_POSTURES = ("high_bar", "low_bar", "front", "overhead", "deadlift")


@dataclass(frozen=True)
class Torso:
    """Where a load can lie on this body shape, at rest (spine01 moves it)."""

    back_m: Array  # (2,) y of the skin behind the shoulders: high bar, low bar
    shoulder_z_m: float  # height of the shoulder joints
    collar_z_m: float  # height of the collar bones
    chest_y_m: float  # y of the skin in front of the collar bones


@dataclass(frozen=True)
class Grip:
    """What the hands hold, pelvis joint at the origin; `axis` points to the lifter's left."""

    centre_m: Array
    axis: Array


@dataclass(frozen=True)
class _Reach:
    wrist: Array
    pole: Array  # where the elbow points
    across: Array | None  # from little finger to thumb; None: the hand follows the forearm
    fingers: Array
    curl_deg: float


@dataclass(frozen=True)
class _Hold:
    grip: Grip
    grip_width: float
    elbow_back_deg: float


@dataclass(frozen=True)
class _Side:
    """One shoulder and the directions of the trunk as seen from it."""

    ahead: Array
    up: Array
    out: Array
    shoulder: Array
    upper_m: float  # length of the upper arm
    arm_m: float  # shoulder to wrist

    def beside_m(self, hold: _Hold) -> float:
        """How far the shoulder lies beside the middle of the grip."""
        return abs(float((self.shoulder - hold.grip.centre_m) @ self.out))

    def on_bar(self, hold: _Hold) -> Array:
        """Where the hand holds the bar, outside the shoulder."""
        half_m = self.beside_m(hold) + hold.grip_width * self.upper_m
        place: Array = hold.grip.centre_m + self.out * half_m
        return place


def measure_torso(rest: Rest, vertices: npt.NDArray[Any]) -> Torso:
    """Where a load can lie, read from a body at rest."""
    collar = float(rest.joints["clavicle.L"][2])
    shoulder = float(rest.joints["upperarm01.L"][2])
    middle = np.abs(vertices[:, 0]) < 0.8 * rest.joints["upperarm01.L"][0]

    def skin(height: float, back: bool) -> float:
        y = vertices[middle & (np.abs(vertices[:, 2] - height) < 0.02), 1]
        return float(y.max() if back else y.min())

    back = np.array([skin(collar, back=True), skin(collar - LOW_BAR_M, back=True)])
    return Torso(back, shoulder, collar, skin(collar, back=False))


def set_arms(
    skeleton: Skeleton, torso: Torso, posture: Posture, grip_width: float, elbow_back_deg: float
) -> Grip:
    """Set shoulders, arms and hands; gives where the bar (or bell) is.

    `grip_width` is how far outside the shoulders the hands hold the bar, in upper arm lengths;
    `elbow_back_deg` turns the elbows backwards and up.
    """
    _set_shoulder_girdle(skeleton, posture)
    grip = _grip(skeleton, torso, posture)
    hold = _Hold(grip, grip_width, elbow_back_deg)
    for side, sign in SIDES:
        reach = _reach(skeleton, hold, posture, side, sign)
        _set_arm(skeleton, side, reach)
        _set_hand(skeleton, side, reach)
    return grip


def _set_shoulder_girdle(skeleton: Skeleton, posture: Posture) -> None:
    lift = {"overhead": 22.0, "front": 10.0, "forward": 6.0, "high_bar": 2.0, "low_bar": 0.0}
    back = {"high_bar": 9.0, "low_bar": 14.0, "forward": -8.0, "front": -6.0, "deadlift": -3.0}
    for side, sign in SIDES:
        turn = rot_y(-sign * lift.get(posture, 0.0))
        turn = turn @ about(UP, float(np.radians(sign * back.get(posture, 0.0))))
        skeleton.set_local(f"clavicle.{side}", turn)


def _thorax_point(skeleton: Skeleton, rest_point: Array) -> Array:
    offset = rest_point - skeleton.rest.joints["spine01"]
    return skeleton.joint("spine01") + skeleton.turn("spine01") @ offset


def _grip(skeleton: Skeleton, torso: Torso, posture: Posture) -> Grip:
    thorax = skeleton.turn("spine01")
    across = thorax @ np.array([1.0, 0, 0])
    level = normalised(across - (across @ UP) * UP)
    ahead = np.cross(level, UP)
    if posture in ("high_bar", "low_bar"):
        low = posture == "low_bar"
        height = torso.collar_z_m - (LOW_BAR_M if low else 0.0)
        point = np.array([0.0, torso.back_m[int(low)] + 0.013, height])
        return Grip(_thorax_point(skeleton, point), across)
    if posture == "front":
        point = np.array([0.0, torso.chest_y_m - 0.02, torso.collar_z_m + 0.02])
        return Grip(_thorax_point(skeleton, point), across)
    if posture == "goblet":
        point = np.array([0.0, torso.chest_y_m - 0.13, torso.collar_z_m - 0.10])
        return Grip(_thorax_point(skeleton, point), across)
    middle = (skeleton.joint("upperarm01.L") + skeleton.joint("upperarm01.R")) / 2
    arm = _arm_length(skeleton)
    if posture == "overhead":
        # over mid-foot means over the shoulders, whatever the trunk does
        return Grip(middle + UP * arm * 1.02 - ahead * 0.03, level)
    if posture == "forward":
        return Grip(middle + ahead * arm * 0.97, level)
    return Grip(middle - UP * arm * 1.10 + ahead * (0.02 if posture == "deadlift" else 0.0), level)


def _arm_length(skeleton: Skeleton) -> float:
    upper = np.linalg.norm(skeleton.rest.span("upperarm01.L", "lowerarm01.L"))
    lower = np.linalg.norm(skeleton.rest.span("lowerarm01.L", "wrist.L"))
    return float(upper + lower)


def _reach(skeleton: Skeleton, hold: _Hold, posture: Posture, side: str, sign: float) -> _Reach:
    thorax = skeleton.turn("spine01")
    body = _Side(
        ahead=thorax @ FORWARD,
        up=thorax @ UP,
        out=sign * hold.grip.axis,
        shoulder=skeleton.joint(f"upperarm01.{side}"),
        upper_m=float(np.linalg.norm(skeleton.rest.span("upperarm01.L", "lowerarm01.L"))),
        arm_m=_arm_length(skeleton),
    )
    return _REACHES[posture](body, hold)


def _behind(body: _Side, hold: _Hold) -> _Reach:
    tuck = float(np.radians(hold.elbow_back_deg))
    pole = -body.up * np.cos(tuck) - body.ahead * np.sin(tuck) + body.out * 0.25
    wrist = body.on_bar(hold) - body.ahead * 0.035 - body.up * 0.085
    return _Reach(wrist, pole, -body.out, body.up + body.ahead * 0.35, 62.0)


def _in_front(body: _Side, hold: _Hold) -> _Reach:
    pole = body.ahead + body.out * 0.35 - body.up * 0.15
    wrist = body.on_bar(hold) + body.ahead * 0.02 + body.up * 0.02
    return _Reach(wrist, pole, body.out, -body.ahead + body.up * 0.2, 35.0)


def _goblet(body: _Side, hold: _Hold) -> _Reach:
    wrist = hold.grip.centre_m + body.out * 0.07 - body.up * 0.02 + body.ahead * 0.01
    pole = -body.up + body.out * 0.45
    return _Reach(wrist, pole, -body.ahead, body.up - body.out * 0.4, 30.0)


def _overhead(body: _Side, hold: _Hold) -> _Reach:
    pole = body.out - body.ahead * 0.3
    return _Reach(body.on_bar(hold) - UP * 0.085, pole, -body.out, UP + body.ahead * 0.3, 62.0)


def _forward(body: _Side, hold: _Hold) -> _Reach:
    wrist: Array = hold.grip.centre_m + body.out * 0.75 * body.beside_m(hold)
    return _Reach(wrist, -UP + body.out * 0.6, None, body.ahead, 12.0)


def _deadlift(body: _Side, hold: _Hold) -> _Reach:
    wrist = hold.grip.centre_m + body.out * (body.beside_m(hold) + 0.01) + UP * 0.085
    return _Reach(wrist, -body.ahead + body.out * 0.2, -body.out, -UP, 62.0)


def _hanging(body: _Side, hold: _Hold) -> _Reach:
    aside = body.out * (0.06 + 0.1 * hold.grip_width) + body.ahead * 0.05
    wrist: Array = body.shoulder + aside - UP * body.arm_m * 0.985
    return _Reach(wrist, -body.ahead * 0.8 + body.out, None, -UP, 25.0)


_REACHES: dict[Posture, Callable[[_Side, _Hold], _Reach]] = {
    "high_bar": _behind,
    "low_bar": _behind,
    "front": _in_front,
    "goblet": _goblet,
    "overhead": _overhead,
    "hanging": _hanging,
    "forward": _forward,
    "deadlift": _deadlift,
}


def _set_arm(skeleton: Skeleton, side: str, reach: _Reach) -> None:
    rest = skeleton.rest
    shoulder = skeleton.joint(f"upperarm01.{side}")
    upper = rest.span(f"upperarm01.{side}", f"lowerarm01.{side}")
    lower = rest.span(f"lowerarm01.{side}", f"wrist.{side}")
    lengths = float(np.linalg.norm(upper)), float(np.linalg.norm(lower))
    elbow, wrist = two_bones(shoulder, reach.wrist, *lengths, reach.pole)
    # The elbow is a hinge: the plane of the bent arm at rest goes onto the wanted plane.
    hinged = frame(elbow - shoulder, wrist - elbow) @ frame(upper, lower).T
    swing = shortest(upper, elbow - shoulder)
    skeleton.set_turn(f"upperarm01.{side}", _half_way(swing, hinged))
    skeleton.set_turn(f"upperarm02.{side}", hinged)
    bend = shortest(hinged @ lower, wrist - elbow)
    skeleton.set_turn(f"lowerarm01.{side}", bend @ hinged)


def _half_way(start: Array, end: Array) -> Array:
    return about(*axis_angle(end @ start.T, 0.5)) @ start


def _set_hand(skeleton: Skeleton, side: str, reach: _Reach) -> None:
    rest = skeleton.rest
    across = rest.span(f"finger5-1.{side}", f"finger2-1.{side}")
    along = rest.span(f"wrist.{side}", f"finger3-1.{side}")
    if reach.across is not None:
        turn = frame(reach.fingers, reach.across) @ frame(along, across).T
        forearm = skeleton.turn(f"lowerarm01.{side}")
        # half of the hand's roll happens along the forearm
        roll = turn @ shortest(turn @ along, forearm @ along).T
        way = forearm @ rest.span(f"lowerarm02.{side}", f"wrist.{side}")
        skeleton.set_turn(f"lowerarm02.{side}", _roll_half(forearm, roll, way))
        skeleton.set_turn(f"wrist.{side}", turn)
    axis = normalised(across) * (-1.0 if side == "L" else 1.0)
    for finger in "2345":
        for knuckle in "123":
            curl = about(axis, float(np.radians(reach.curl_deg)))
            skeleton.set_local(f"finger{finger}-{knuckle}.{side}", curl)


def _roll_half(forearm: Array, roll: Array, way: Array) -> Array:
    axis, angle = axis_angle(roll @ forearm.T)
    along = normalised(way)
    return about(along, angle * float(axis @ along) / 2) @ forearm
