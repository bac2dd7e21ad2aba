"""Sample records for tests: realistic reps with a chosen wink, verdict and noise.

rep = make_rep(index=3, wink_deg=14.0)          # a 4 s squat at 30 fps
state = make_state(light="red", wink_deg=14.0)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from device.records import (
    SKELETON_JOINTS,
    Array,
    Arrow,
    Basis,
    Envelope,
    Joint,
    LiveState,
    Move,
    Neutral,
    NeutralSource,
    Onset,
    Placement,
    PlacementVerdict,
    Rep,
    RepSummary,
    Skeleton,
    Trace,
    UnitHealth,
    Verdict,
    VerdictName,
)

STANDING_HIP_M = 0.92
PEAK_TILT_DEG = 14.0

# Right-hand places of a lifter, m ahead, up and to the side: standing, and at the bottom.
_PLACES = {
    "EAR": ((0.02, 1.62, 0.07), (0.20, 1.10, 0.07)),
    "SHOULDER": ((-0.02, 1.42, 0.19), (0.05, 0.88, 0.19)),
    "ELBOW": ((-0.10, 1.20, 0.30), (-0.02, 0.66, 0.30)),
    "WRIST": ((0.02, 1.42, 0.38), (0.09, 0.88, 0.38)),
    "HIP": ((-0.05, 0.92, 0.10), (-0.25, 0.41, 0.10)),
    "KNEE": ((0.03, 0.50, 0.14), (0.20, 0.45, 0.26)),
    "ANKLE": ((0.0, 0.09, 0.17), (0.0, 0.09, 0.17)),
    "HEEL": ((-0.05, 0.04, 0.16), (-0.05, 0.04, 0.16)),
    "TOE": ((0.19, 0.03, 0.24), (0.19, 0.03, 0.24)),
}


def make_skeleton(time_s: Array, depth: Array) -> Skeleton:
    """The lifter's joints at these times; `depth` is 0 standing, 1 at the bottom."""
    joints = np.empty((len(time_s), len(SKELETON_JOINTS), 3))
    for number, joint in enumerate(SKELETON_JOINTS):
        side, _, part = joint.name.partition("_")
        standing, bottom = np.array(_PLACES[part])
        place = standing + depth[:, None] * (bottom - standing)
        joints[:, number] = place * [1, 1, -1 if side == "LEFT" else 1]
    joints[:, SKELETON_JOINTS.index(Joint.RIGHT_WRIST)][depth > 0.9] = np.nan  # behind a plate
    return Skeleton(time_s, joints, metric=True)


def make_trace(
    wink_deg: float = 6.0,
    *,
    duration_s: float = 4.0,
    fps: float = 30.0,
    start_s: float = 0.0,
    seed: int = 0,
    hole: tuple[float, float] | None = None,
) -> Trace:
    """A squat frame by frame: the hip falls and rises, the pelvis tips forward, then tucks.

    `hole` (from, to, as shares of the rep) hides the pelvis there, as a passer-by would.
    """
    rng = np.random.default_rng(seed)
    frames = max(2, round(duration_s * fps))
    share = np.linspace(0, 1, frames)
    depth = np.sin(np.pi * share) ** 2  # 0 standing, 1 at the bottom
    tuck = np.clip((depth - 0.7) / 0.3, 0, 1) ** 1.5  # only low in the squat
    noise = rng.normal(0, 0.4, (4, frames))
    tilt = PEAK_TILT_DEG * np.minimum(depth / 0.7, 1) - wink_deg * tuck + noise[0]
    wink = np.maximum(0, wink_deg * tuck + noise[1] * (tuck > 0))
    knee = 4 + 118 * depth
    columns = {
        "time_s": start_s + share * duration_s,
        "hip_height": STANDING_HIP_M * (1 - 0.56 * depth),
        "knee_flexion_left_deg": knee + noise[2],
        "knee_flexion_right_deg": knee + 1.5 + noise[3],
        "hip_above_knee_cm": 46 - 50 * depth,
        "trunk_lean_deg": 5 + 36 * depth + noise[0],
        "shin_lean_left_deg": 2 + 30 * depth,
        "shin_lean_right_deg": 2 + 29 * depth,
        "anterior_pelvic_tilt_deg": tilt,
        "anterior_pelvic_tilt_sd_deg": 1.4 + 0.6 * depth,
        "pelvic_list_deg": 0.5 + 0.5 * noise[1],
        "pelvic_rotation_deg": -1.0 + 0.7 * noise[2],
        "lumbar_flexion_deg": wink - 6 * np.minimum(depth / 0.7, 1) + noise[3],
        "lumbar_flexion_sd_deg": 2.2 + 0.8 * depth,
        "wink_deg": wink,
    }
    if hole is not None:
        hidden = (share >= hole[0]) & (share <= hole[1])
        pelvis = ("anterior", "pelvic", "lumbar", "wink")
        columns = {
            name: np.where(hidden, np.nan, column) if name.startswith(pelvis) else column
            for name, column in columns.items()
        }
    return Trace(columns, make_skeleton(columns["time_s"][::2], depth[::2]))


def make_rep(
    index: int = 1,
    set_number: int = 1,
    wink_deg: float = 6.0,
    *,
    start_s: float | None = None,
    duration_s: float = 4.0,
    seed: int | None = None,
    threshold_deg: float = 10.0,
    **changes: Any,
) -> Rep:
    """One rep whose numbers agree with its trace; `changes` replace single fields."""
    begin = 12.0 + 5.5 * index + 90 * (set_number - 1) if start_s is None else start_s
    trace = make_trace(
        wink_deg, duration_s=duration_s, start_s=begin, seed=index if seed is None else seed
    )
    winked = wink_deg > threshold_deg
    rep = Rep(
        index=index,
        set=set_number,
        start_s=begin,
        bottom_s=begin + duration_s / 2,
        end_s=begin + duration_s,
        knee_flexion_left_deg=121.6,
        knee_flexion_right_deg=123.2,
        hip_above_knee_cm=-4.1,
        trunk_lean_deg=41.3,
        shin_lean_left_deg=32.0,
        shin_lean_right_deg=31.1,
        anterior_pelvic_tilt_peak_deg=PEAK_TILT_DEG,
        anterior_pelvic_tilt_bottom_deg=PEAK_TILT_DEG - wink_deg,
        lumbar_flexion_bottom_deg=wink_deg - 6,
        wink_deg=wink_deg,
        wink_sd_deg=1.8,
        wink_at_parallel_deg=0.6 * wink_deg,
        wink_rate_deg_per_cm=0.9 if wink_deg > 10 else None,
        basis=Basis.LUMBAR,
        onset_5=Onset(101.4, 4.2) if wink_deg > 5 else None,
        onset_10=Onset(112.7, -1.3) if wink_deg > 10 else None,
        loaded=True,
        load_source="hands",
        load_kg=100.0,
        neutral_source=NeutralSource.SIGN_IN,
        threshold_deg=threshold_deg,
        verdict=Verdict(VerdictName.WINK if winked else VerdictName.CLEAN),
        trace=trace,
    )
    return replace(rep, **changes)


def make_hidden_rep(index: int = 1, set_number: int = 1, **changes: Any) -> Rep:
    """A rep that could not be measured: somebody walked through the picture."""
    rep = make_rep(index, set_number)
    unknown = {
        "anterior_pelvic_tilt_peak_deg": None,
        "anterior_pelvic_tilt_bottom_deg": None,
        "lumbar_flexion_bottom_deg": None,
        "wink_deg": None,
        "wink_sd_deg": None,
        "wink_at_parallel_deg": None,
        "wink_rate_deg_per_cm": None,
        "basis": None,
        "onset_5": None,
        "onset_10": None,
        "verdict": Verdict(VerdictName.NOT_MEASURED, "The pelvis was hidden for 1.2 s."),
        "trace": make_trace(start_s=rep.start_s, seed=index, hole=(0.35, 0.65)),
    }
    return replace(rep, **(unknown | changes))


def make_neutral(tilt_deg: float = 8.5, **changes: Any) -> Neutral:
    """A relaxed standing, taken at sign-in."""
    neutral = Neutral(tilt_deg, 0.4, -1.2, 3.1, NeutralSource.SIGN_IN, 6.0)
    return replace(neutral, **changes)


def make_state(**changes: Any) -> LiveState:
    """What the socket tells in the middle of a set."""
    state = LiveState(
        number=1,
        frame=812,
        time_s=27.1,
        wall_s=1_790_000_000.0,
        camera="ok",
        store="ok",
        lifter="Ann",
        session="5f0c6f6e0d7b4f0f9a3c3f2b8d1e4a77",
        set=2,
        reps_in_set=3,
        phase="descent",
        hip_drop=0.31,
        anterior_pelvic_tilt_deg=9.6,
        lumbar_flexion_deg=-2.0,
        wink_deg=2.4,
        wink_sd_deg=1.6,
        threshold_deg=10.0,
        neutral_source="sign_in",
        loaded=True,
        load_kg=100.0,
        light="off",
        buzzer=False,
        fps=29.9,
        latency_ms=17.5,
        recording=False,
        last_rep=make_summary(),
    )
    return replace(state, **changes)


def make_health(**changes: Any) -> UnitHealth:
    """A unit that has run for an hour at 30 frames a second and lost a frame in a thousand."""
    health = UnitHealth(
        uptime_s=3600.0,
        frames=107_892,
        frames_dropped=108,
        recent_s=60.0,
        recent_frames=1798,
        recent_dropped=2,
        latency_median_s=0.0174,
        latency_p95_s=0.0231,
        latency_sum_s=1877.3,
        camera_name="Intel RealSense D455 123456",
        camera_usb="3.2",
        camera_losses=0,
        camera_resets=0,
        writes_waiting=0,
    )
    return replace(health, **changes)


def make_summary(**changes: Any) -> RepSummary:
    """The last rep, as the page hears of it."""
    summary = RepSummary(
        index=8,
        set=2,
        number=3,
        verdict="wink",
        reason=None,
        wink_deg=11.2,
        wink_sd_deg=1.9,
        onset_knee_flexion_deg=101.4,
        onset_hip_above_knee_cm=4.2,
        loaded=True,
        load_kg=100.0,
    )
    return replace(summary, **changes)


D455 = Envelope("D455", 55.0, (0.9, 1.6), (0.8, 1.6), portrait=True)


def make_placement(*moves: Move, **changes: Any) -> Placement:
    """A D455 that hangs well behind a lifter, or has these moves to make."""
    placement = Placement(
        time_s=27.1,
        verdict=PlacementVerdict.MOVE if moves else PlacementVerdict.GOOD,
        moves=moves,
        envelope=D455,
        azimuth_deg=21.6,
        distance_m=1.38,
        height_m=1.1,
        tilt_down_deg=8.2,
        lean_deg=0.6,
        portrait=True,
        shoulder_margin_deg=14.0,
        feet_margin_deg=6.5,
        left_margin_deg=15.0,
        right_margin_deg=17.0,
    )
    return replace(placement, **changes)


def make_far_placement() -> Placement:
    """Too far to the side and too far away, with the feet cut off."""
    return make_placement(
        Move(Arrow.RIGHT, "move the unit 30 cm to the right, round the lifter"),
        Move(Arrow.CLOSER, "move the unit 30 cm closer"),
        Move(Arrow.TILT_DOWN, "the feet are out of the picture: tilt it down 4 degrees"),
        azimuth_deg=64.0,
        distance_m=1.87,
        feet_margin_deg=-2.8,
    )
