"""How a squat moves: depth, hip path, trunk, pelvis and lumbar spine as curves over time.

A `Moment` says where the lifter is in the movement; `Mover.pose` turns it into planted feet, hip
place and joint angles for the body model, with the load kept over the middle of the foot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from device.records import Array
from models.lifter.body.arms import LOW_BAR_M, Posture
from models.lifter.body.model import ShapeRest
from models.lifter.body.posed import Feet, PoseAngles
from models.lifter.body.skeleton import Skeleton, rot_x, set_spine


@dataclass(frozen=True)
class Style:
    """How one lifter squats; degrees and metres."""

    stance_m: float = 0.17  # half the distance between the ankles
    toe_out_deg: float = 14.0
    knees_out_deg: float = 24.0
    bottom_thigh_deg: float = 104.0
    bottom_shank_deg: float = 34.0
    neutral_tilt_deg: float = 6.0  # of the model's pelvis in relaxed standing
    grip_width: float = 0.45
    elbow_back_deg: float = 25.0
    bottom_list_deg: float = 1.0
    bottom_rotation_deg: float = 1.0


@dataclass(frozen=True)
class Moment:
    """One instant of a movement.

    Either the pelvis tilt is given (against neutral, anterior positive) and the spine bends as
    balance asks, or the bend of the spine is given (against neutral) and the pelvis follows.
    """

    depth: float = 0.0  # 0 standing, 1 bottom
    tilt_deg: float | None = 0.0
    spine_deg: float | None = None
    hinge: float = 0.0  # 0 upright, 1 bent over with the hands at the floor
    posture: Posture = "hanging"
    posture_to: Posture | None = None
    posture_share: float = 0.0
    stride_m: float = 0.0  # step length while walking; negative backwards
    stride_phase: float = 0.0  # cycles
    dip_m: float = 0.0  # how much the knees give while standing
    sway: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    # sway: hip x m, hip y m, tilt deg, list deg, rotation deg


def minimum_jerk(share: npt.ArrayLike) -> Array:
    """0 to 1 as people move: 10 s^3 - 15 s^4 + 6 s^5 (Flash and Hogan 1985)."""
    s = np.clip(np.asarray(share, float), 0.0, 1.0)
    smooth: Array = np.asarray(s**3 * (10 - 15 * s + 6 * s**2), float)
    return smooth


def _smooth(share: float) -> float:
    return float(minimum_jerk(share))


class Mover:
    """Poses one body shape in one style."""

    def __init__(self, shape: ShapeRest, style: Style) -> None:
        self._shape = shape
        self.style = style
        joints = shape.rest.joints
        self._thigh = float(np.linalg.norm(joints["lowerleg01.L"] - joints["upperleg01.L"]))
        self._shank = float(np.linalg.norm(joints["foot.L"] - joints["lowerleg01.L"]))
        self._hip_x = float(joints["upperleg01.L"][0])
        self._hips = (joints["upperleg01.L"] + joints["upperleg01.R"]) / 2
        # the spine's bend in relaxed standing: what holds the shoulders over the feet
        self.neutral_spine_deg = 0.0
        self.neutral_spine_deg = self._balanced(Moment())[1]

    @property
    def standing_hip_m(self) -> float:
        """Mid-hip above the floor, standing."""
        return float(self._hip_place(Moment())[2])

    def spine_deg(self, moment: Moment) -> float:
        """Bend of the spine in a moment, against relaxed standing."""
        return self._balanced(moment)[1] - self.neutral_spine_deg

    def tilt_deg(self, moment: Moment) -> float:
        """Pelvis tilt in a moment, against relaxed standing."""
        return self._balanced(moment)[0] - self.style.neutral_tilt_deg

    def pose(self, moment: Moment) -> PoseAngles:
        """Joint angles and foot places for the body model."""
        tilt, spine = self._balanced(moment)
        style = self.style
        out = style.toe_out_deg + (style.knees_out_deg - style.toe_out_deg) * min(
            1.0, moment.depth * 1.5
        )
        lean = np.clip(tilt + spine - style.neutral_tilt_deg, 0, 90)
        return PoseAngles(
            pelvic_tilt=tilt,
            pelvic_list=moment.sway[3] + style.bottom_list_deg * moment.depth,
            pelvic_rotation=moment.sway[4] + style.bottom_rotation_deg * moment.depth,
            lumbar_flexion=0.88 * spine,
            thoracic_flexion=0.12 * spine,
            neck_flexion=-0.45 * float(lean),
            thigh=(self._thigh_deg(moment),) * 2,
            shank=(self._shank_deg(moment),) * 2,
            abduction=(out, out),
            toe_out=(style.toe_out_deg,) * 2,
            posture=moment.posture,
            posture_to=moment.posture_to,
            posture_share=moment.posture_share,
            grip_width=style.grip_width,
            elbow_back=style.elbow_back_deg,
            feet=self._feet(moment),
        )

    def _thigh_deg(self, moment: Moment) -> float:
        return 3.0 + (self.style.bottom_thigh_deg - 3.0) * moment.depth + 32.0 * moment.hinge

    def _shank_deg(self, moment: Moment) -> float:
        # the shins reach their lean before the thighs do
        share = float(np.sin(np.pi / 2 * min(moment.depth, 1.0)))
        return 2.0 + (self.style.bottom_shank_deg - 2.0) * share + 8.0 * moment.hinge

    def _hip_place(self, moment: Moment) -> Array:
        thigh, shank = np.radians(self._thigh_deg(moment)), np.radians(self._shank_deg(moment))
        out = np.cos(np.radians(self.style.knees_out_deg))
        side = self.style.stance_m - self._hip_x
        reach = np.sqrt(max((self._thigh + self._shank) ** 2 - side**2, 0.01))
        k = reach / (self._thigh + self._shank)
        y = (-self._shank * np.sin(shank) + self._thigh * np.sin(thigh)) * out - 0.02
        z = self._shape.ankle_height_m + k * 0.998 * (
            self._shank * np.cos(shank) + self._thigh * np.cos(thigh)
        )
        walking = min(1.0, abs(moment.stride_m) / 0.3)
        z -= moment.dip_m + 0.035 * walking
        return np.array([moment.sway[0], y + moment.sway[1], z])

    def _feet(self, moment: Moment) -> Feet:
        places, lifts = [], []
        for i, sign in enumerate((1.0, -1.0)):
            y, z, heel = _step((moment.stride_phase + 0.5 * i) % 1.0, moment.stride_m)
            places.append((sign * self.style.stance_m, y, self._shape.ankle_height_m + z))
            lifts.append(heel)
        x, y, z = (float(value) for value in self._hip_place(moment))
        return Feet(places[0], places[1], (x, y, z), (lifts[0], lifts[1]))

    def _balanced(self, moment: Moment) -> tuple[float, float]:
        """Pelvis tilt (model's zero) and bend of the spine that put the load over the foot."""
        still = replace(moment, sway=(0.0, 0.0, 0.0, 0.0, 0.0))
        target = self._load_y(moment) - float(self._hip_place(still)[1])
        led = moment.spine_deg  # None: the pelvis leads
        spine = self.neutral_spine_deg + (led or 0.0)
        tilt = self.style.neutral_tilt_deg + moment.sway[2] + (moment.tilt_deg or 0.0)
        if led is not None:
            followed = _root(lambda angle: self._balance_y(angle, spine, moment) - target)
            return followed + moment.sway[2], spine
        return tilt, _root(lambda angle: self._balance_y(tilt, angle, moment) - target)

    def _load_y(self, moment: Moment) -> float:
        """Where the bar, or without one the shoulders, belong: y against the ankles."""
        standing = 0.035 * _on_back(moment)
        return standing - 0.06 * _smooth(moment.depth) - 0.26 * _smooth(moment.hinge)

    def _balance_y(self, tilt_deg: float, spine_deg: float, moment: Moment) -> float:
        skeleton = Skeleton(self._shape.rest, rot_x(tilt_deg))
        set_spine(skeleton, 0.88 * spine_deg, (0.15, 0.45, 0.40), 0.12 * spine_deg)
        rest = self._shape.rest
        point = (rest.joints["upperarm01.L"] + rest.joints["upperarm01.R"]) / 2
        low = "low_bar" in (moment.posture, moment.posture_to)
        z = self._shape.torso.collar_z_m - (LOW_BAR_M if low else 0.0)
        bar = np.array([0.0, self._shape.torso.back_m[int(low)] + 0.013, z])
        point = point + _on_back(moment) * (bar - point)
        hips = rot_x(tilt_deg) @ self._hips
        place = skeleton.joint("spine01") + skeleton.turn("spine01") @ (
            point - rest.joints["spine01"]
        )
        return float(place[1] - hips[1])


def _root(miss: Callable[[float], float]) -> float:
    """The angle (deg) at which `miss` is zero, by the secant method."""
    a, b = 0.0, 20.0
    miss_a, miss_b = miss(a), miss(b)
    for _ in range(4):
        if abs(miss_b - miss_a) < 1e-9:
            break
        c = float(np.clip(b - miss_b * (b - a) / (miss_b - miss_a), -60.0, 110.0))
        a, b, miss_a, miss_b = b, c, miss_b, miss(c)
    return b


def _on_back(moment: Moment) -> float:
    """How far the arms are in a posture with the bar on the back, 0 to 1."""
    backs = ("high_bar", "low_bar")
    share = moment.posture_share if moment.posture_to is not None else 0.0
    return (moment.posture in backs) * (1 - share) + (moment.posture_to in backs) * share


def _step(phase: float, stride_m: float) -> tuple[float, float, float]:
    """Ankle (y, z) against standing and heel lift: half a cycle planted, half a cycle swinging."""
    if stride_m == 0.0:
        return 0.0, 0.0, 0.0
    if phase < 0.5:
        return stride_m * (2 * phase - 0.5), 0.0, 0.0
    swing = 2 * phase - 1
    lift = 0.07 * np.sin(np.pi * swing) * min(1.0, abs(stride_m) / 0.25)
    y = stride_m * (0.5 - _smooth(swing))
    return (
        float(y),
        float(lift),
        float(14.0 * np.sin(np.pi * swing) * min(1.0, abs(stride_m) / 0.25)),
    )


# ---------------------------------------------------------------- reps


@dataclass(frozen=True)
class RepPlan:
    """One rep as wanted; what the body really does is read back from the posed body."""

    wink_deg: float = 2.0
    onset: float = 0.72  # depth at which the tuck begins
    rise_deg: float = 18.0  # anterior tilt by hip hinge before it
    start_tilt_deg: float = 1.0  # standing with the bar, against neutral
    over_arch_deg: float = 0.0  # spine extended so far at the set-up, back to neutral at the bottom
    descent_s: float = 1.55
    bottom_s: float = 0.12
    ascent_s: float = 1.35
    depth: float = 1.0

    @property
    def duration_s(self) -> float:
        """From the first movement to standing."""
        return self.descent_s + self.bottom_s + self.ascent_s


def rep_depth(plan: RepPlan, time_s: npt.ArrayLike) -> Array:
    """Depth 0 to `plan.depth` at times since the rep's start."""
    t = np.asarray(time_s, float)
    down = minimum_jerk(t / plan.descent_s)
    up = minimum_jerk((t - plan.descent_s - plan.bottom_s) / plan.ascent_s)
    depth: Array = plan.depth * (down - up)
    return depth


def rep_moment(plan: RepPlan, time_s: float, posture: Posture) -> Moment:
    """The instant `time_s` after the rep's start."""
    depth = float(rep_depth(plan, time_s))
    if plan.over_arch_deg:
        back = _smooth((depth - 0.35) / 0.65)
        return Moment(depth, None, -plan.over_arch_deg * (1 - back), posture=posture)
    rise = plan.rise_deg * (_ease(0.2 + 0.8 * depth / plan.onset) - _ease(0.2)) / (1 - _ease(0.2))
    tuck = plan.wink_deg * _ease((depth - plan.onset) / (1.0 - plan.onset))
    return Moment(depth, plan.start_tilt_deg + rise - tuck, posture=posture)


def _ease(share: float) -> float:
    return float(0.5 - 0.5 * np.cos(np.pi * np.clip(share, 0.0, 1.0)))


def slow_noise(count: int, fps: float, seed: int, period_s: float = 1.5) -> Array:
    """(count,) smooth random sway of unit standard deviation."""
    rng = np.random.default_rng(seed)
    width = max(1, round(fps * period_s / 3))
    white = rng.normal(size=count + 6 * width)
    kernel = np.exp(-0.5 * (np.arange(-3 * width, 3 * width + 1) / width) ** 2)
    smooth = np.convolve(white, kernel / np.sqrt((kernel**2).sum()), mode="valid")
    swayed: Array = smooth[:count]
    return swayed
