"""Every arrow of the way of the data: one frozen dataclass each, unit in the field's name.

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

from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]
Depth = npt.NDArray[np.uint16]


class Joint(IntEnum):
    """Rows of a keypoint array: BlazePose's 33 landmarks (only those that are used are named)."""

    NOSE = 0
    LEFT_EAR = 7
    RIGHT_EAR = 8
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_HIP = 23
    RIGHT_HIP = 24
    LEFT_KNEE = 25
    RIGHT_KNEE = 26
    LEFT_ANKLE = 27
    RIGHT_ANKLE = 28
    LEFT_HEEL = 29
    RIGHT_HEEL = 30
    LEFT_TOE = 31
    RIGHT_TOE = 32


JOINTS = 33


# ---------------------------------------------------------------- camera


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """A pinhole camera; distortion is Brown-Conrady (k1, k2, p1, p2, k3), zeros for depth."""

    width_px: int
    height_px: int
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Extrinsics:
    """Carries a point from one camera's axes into another's: `rotation @ p + translation_m`."""

    rotation: Array  # (3, 3)
    translation_m: Array  # (3,)


@dataclass(frozen=True, slots=True)
class DepthImage:
    """One depth image; 0 in `raw` means 'no measurement'."""

    raw: Depth  # (height, width)
    unit_m: float  # metres per count
    intrinsics: Intrinsics
    to_color: Extrinsics
    baseline_m: float  # distance between the two infrared imagers; sets the noise


@dataclass(frozen=True, slots=True)
class Frame:
    """One moment seen by the camera, in the sensor's own orientation."""

    number: int
    time_s: float  # camera clock, from the first frame on
    arrived_s: float  # time.monotonic() when the program got it
    color_rgb: Bytes  # (height, width, 3)
    color: Intrinsics
    depth: DepthImage | None  # None: the source has no depth
    dropped: int = 0  # frames lost so far in this stream


# ---------------------------------------------------------------- body


@dataclass(frozen=True, slots=True)
class Keypoints:
    """What the pose model sees of one person."""

    time_s: float
    points_px: Array  # (33, 2) in the colour image as delivered
    visibility: Array  # (33,) 0..1
    world_m: Array  # (33, 3) about the mid-hip, camera axes; the model's guess of scale and depth
    presence: float  # 0..1


@dataclass(frozen=True, slots=True)
class Floor:
    """The floor plane in depth-camera axes, and through it the direction of gravity."""

    up: Array  # (3,) unit vector
    camera_height_m: float
    inlier_share: float  # share of the sampled depth pixels that lie on the plane


@dataclass(frozen=True, slots=True)
class BodyPose:
    """Joints in levelled axes and the angles read from them.

    `metric` is False where there was no depth: lengths are then in the pose model's own scale,
    only ratios and angles may be used, and everything in cm or m is None.
    """

    time_s: float
    metric: bool
    joints_m: Array  # (33, 3) levelled axes; NaN where unknown
    visibility: Array  # (33,)
    hip_height: float  # mid-hip above mid-ankle; metres if metric
    knee_flexion_left_deg: float | None
    knee_flexion_right_deg: float | None
    hip_above_knee_cm: float | None  # hip crease against top of knee; negative = below parallel
    trunk_lean_deg: float | None  # forward positive
    shin_lean_left_deg: float | None
    shin_lean_right_deg: float | None
    wrist_above_shoulder: float | None  # lower wrist against its shoulder, in trunk lengths
    wrist_above_knee: float | None  # lower wrist against the mid-knee, in trunk lengths
    feet_position_m: tuple[float, float] | None  # mid-ankle on the floor (x, z), to see walking
    facing_away_deg: float | None  # 0 = back to the camera; positive = turned to the left


@dataclass(frozen=True, slots=True)
class PelvisPose:
    """The pelvis against gravity, and the lumbar spine against the pelvis, with uncertainty.

    All None with a `reason` where it could not be measured. The tilt's zero is anatomical only
    on average: just its change within one lifter is claimed.
    """

    time_s: float
    tilt_deg: float | None = None
    tilt_sd_deg: float | None = None
    list_deg: float | None = None
    list_sd_deg: float | None = None
    rotation_deg: float | None = None  # against the camera's viewing direction
    rotation_sd_deg: float | None = None
    lumbar_flexion_deg: float | None = None
    lumbar_flexion_sd_deg: float | None = None
    reason: str | None = None
    doubt: str | None = None  # measured, but vaguely: what seems to make it so
    strangeness: float | None = None  # 1: a familiar view; None: the model can't tell


# ---------------------------------------------------------------- rep


class PhaseName(StrEnum):
    """Where in a rep the lifter is."""

    AWAY = "away"
    STANDING = "standing"
    DESCENT = "descent"
    BOTTOM = "bottom"
    ASCENT = "ascent"


@dataclass(frozen=True, slots=True)
class RepSpan:
    """One rep on the clock, as the hip's path shows it."""

    start_s: float
    bottom_s: float
    end_s: float
    knee_flexion_deg: float  # largest
    partial: bool  # too shallow to count


@dataclass(frozen=True, slots=True)
class Phase:
    """Where the lifter is in this frame; `ended` on the frame that closes a rep."""

    time_s: float
    name: PhaseName
    hip_drop: float | None  # share of the standing hip height that the hip is lower by
    quiet_s: float  # how long the lifter has been standing still
    ended: RepSpan | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """Is the bar on the lifter?"""

    loaded: bool | None  # None: can't be told
    source: str  # hands | entered | always | hook
    kg: float | None = None


class NeutralSource(StrEnum):
    """Where a neutral came from."""

    SIGN_IN = "sign_in"  # two quiet seconds before the bar was taken
    STANDING = "standing"  # quiet standing before the first rep of the set


@dataclass(frozen=True, slots=True)
class Neutral:
    """A lifter's own relaxed standing."""

    tilt_deg: float
    list_deg: float
    rotation_deg: float
    lumbar_flexion_deg: float | None
    source: NeutralSource
    taken_s: float
    standing: npt.NDArray[np.float32] | None = None  # the estimator's own memory of this stance


class Basis(StrEnum):
    """What a wink was measured by."""

    LUMBAR = "lumbar"  # pelvis, limited by lumbar flexion past neutral
    PELVIS = "pelvis"  # pelvis alone


@dataclass(frozen=True, slots=True)
class Wink:
    """The pelvis relative to neutral in this frame, and the live wink (causal)."""

    time_s: float
    anterior_pelvic_tilt_deg: float | None = None
    anterior_pelvic_tilt_sd_deg: float | None = None
    pelvic_list_deg: float | None = None
    pelvic_rotation_deg: float | None = None
    lumbar_flexion_deg: float | None = None
    lumbar_flexion_sd_deg: float | None = None
    wink_deg: float | None = None
    wink_sd_deg: float | None = None
    basis: Basis | None = None


@dataclass(frozen=True, slots=True)
class Onset:
    """Where in the descent the wink curve passed a mark."""

    knee_flexion_deg: float | None
    hip_above_knee_cm: float | None


class VerdictName(StrEnum):
    """What is said of a rep."""

    CLEAN = "clean"
    WINK = "wink"
    NOT_MEASURED = "not_measured"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one rep, and why when it is not an answer."""

    name: VerdictName
    reason: str | None = None


# The columns of a rep's trace, one value a frame.
TRACE_COLUMNS = (
    "time_s",
    "hip_height",
    "knee_flexion_left_deg",
    "knee_flexion_right_deg",
    "hip_above_knee_cm",
    "trunk_lean_deg",
    "shin_lean_left_deg",
    "shin_lean_right_deg",
    "anterior_pelvic_tilt_deg",
    "anterior_pelvic_tilt_sd_deg",
    "pelvic_list_deg",
    "pelvic_rotation_deg",
    "lumbar_flexion_deg",
    "lumbar_flexion_sd_deg",
    "wink_deg",
)


@dataclass(frozen=True, slots=True)
class Trace:
    """A rep frame by frame: `columns[name]` is (frames,), NaN where not known."""

    columns: dict[str, Array]

    def __post_init__(self) -> None:
        expected = set(TRACE_COLUMNS)
        if set(self.columns) != expected:
            raise ValueError(f"trace columns {sorted(self.columns)}, expected {sorted(expected)}")
        shapes = {column.shape for column in self.columns.values()}
        if len(shapes) != 1 or len(next(iter(shapes))) != 1:
            raise ValueError(f"trace columns of shapes {shapes}, expected one (frames,)")

    def __len__(self) -> int:
        return len(self.columns["time_s"])


@dataclass(frozen=True, slots=True)
class Rep:
    """One finished rep with everything measured in it."""

    index: int  # from 1, within the recording or visit
    set: int  # from 1
    start_s: float
    bottom_s: float
    end_s: float
    knee_flexion_left_deg: float | None  # this and the next five: at the bottom
    knee_flexion_right_deg: float | None
    hip_above_knee_cm: float | None
    trunk_lean_deg: float | None
    shin_lean_left_deg: float | None
    shin_lean_right_deg: float | None
    anterior_pelvic_tilt_peak_deg: float | None  # most anterior in the descent
    anterior_pelvic_tilt_bottom_deg: float | None
    lumbar_flexion_bottom_deg: float | None
    wink_deg: float | None
    wink_sd_deg: float | None
    wink_at_parallel_deg: float | None
    wink_rate_deg_per_cm: float | None  # how sudden: over the 5 to 10 degree stretch
    basis: Basis | None
    onset_5: Onset | None
    onset_10: Onset | None
    loaded: bool | None
    load_source: str
    load_kg: float | None
    neutral_source: NeutralSource | None
    threshold_deg: float
    verdict: Verdict
    trace: Trace


# ---------------------------------------------------------------- cue


class Light(StrEnum):
    """What the lamp shows."""

    OFF = "off"
    RED = "red"
    GREEN = "green"
    AMBER = "amber"


@dataclass(frozen=True, slots=True)
class Cue:
    """What the light and buzzer do now."""

    light: Light = Light.OFF
    buzzer: bool = False


# ---------------------------------------------------------------- placement


class PlacementVerdict(StrEnum):
    """How the unit hangs."""

    GOOD = "good"
    MOVE = "move"  # see the moves
    NOBODY = "nobody"  # nobody stands there to measure by
    BLIND = "blind"  # no depth, or no floor in view


class Arrow(StrEnum):
    """Which way to move the unit, seen from behind it."""

    CLOSER = "closer"
    BACK = "back"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    TILT_UP = "tilt_up"
    TILT_DOWN = "tilt_down"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    PORTRAIT = "portrait"
    STRAIGHTEN = "straighten"
    BEHIND = "behind"
    STAND = "stand"  # nothing to move: somebody should stand there
    CLEAR = "clear"  # something else is in the way


@dataclass(frozen=True, slots=True)
class Move:
    """One thing to do about the placement, as a direction and in words."""

    arrow: Arrow
    text: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where a unit with this camera measures well."""

    camera: str
    azimuth_deg: float  # to either side of straight behind
    distance_m: tuple[float, float]  # camera to mid-hip over the floor
    height_m: tuple[float, float]  # camera above the floor
    portrait: bool
    shoulder_margin_deg: float = 2.0  # a shoulder's top lies above its joint
    feet_margin_deg: float = 1.0
    side_margin_deg: float = 3.0  # elbows and knees go out in a rep


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the unit hangs against a standing lifter, and what to do about it.

    Margins are the angles between what must be seen and the nearest edge of the pictures;
    negative: out of the picture.
    """

    time_s: float
    verdict: PlacementVerdict
    moves: tuple[Move, ...] = ()
    envelope: Envelope | None = None
    azimuth_deg: float | None = None  # from straight behind; positive = on the lifter's left
    distance_m: float | None = None  # over the floor
    height_m: float | None = None
    tilt_down_deg: float | None = None  # of the optical axis below level
    lean_deg: float | None = None  # off upright or off lying on its side
    portrait: bool | None = None
    shoulder_margin_deg: float | None = None
    feet_margin_deg: float | None = None
    left_margin_deg: float | None = None
    right_margin_deg: float | None = None

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do, in words, the most important first."""
        return tuple(move.text for move in self.moves)


# ---------------------------------------------------------------- live


@dataclass(frozen=True, slots=True)
class RepSummary:
    """What the page says of the last rep."""

    index: int
    set: int
    verdict: str
    reason: str | None
    wink_deg: float | None
    wink_sd_deg: float | None
    onset_knee_flexion_deg: float | None
    onset_hip_above_knee_cm: float | None
    loaded: bool | None


@dataclass(frozen=True, slots=True)
class LiveState:
    """The newest state of the unit, as the socket tells it (JSON, these names)."""

    number: int  # counts up with every state sent
    frame: int
    time_s: float
    wall_s: float  # time.time() when it was made; for latency
    camera: str  # 'ok' or one sentence saying what is wrong
    store: str  # 'ok' or one sentence
    lifter: str | None
    session: str | None  # id in the database
    set: int | None
    reps_in_set: int
    phase: str
    hip_drop: float | None
    anterior_pelvic_tilt_deg: float | None
    lumbar_flexion_deg: float | None
    wink_deg: float | None
    wink_sd_deg: float | None
    threshold_deg: float
    neutral_source: str | None
    loaded: bool | None
    load_kg: float | None
    light: str
    buzzer: bool
    fps: float | None
    latency_ms: float | None  # camera to cue
    recording: bool
    last_rep: RepSummary | None
    placement: Placement | None = None
    muted: bool = False  # the buzzer
    set_running: bool = False  # somebody started a set and has not ended it
