"""A rep as it runs and as it is judged: phase, load, neutral, wink, verdict, trace."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from device.records.arrays import Array
from device.records.skeleton import Skeleton


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


LARGEST_LOAD_KG = 500.0  # nobody has squatted more


def load_refused(kg: object) -> str | None:
    """Why this can't be the weight of a set; None: it can."""
    if isinstance(kg, int | float) and not isinstance(kg, bool) and 0 <= kg <= LARGEST_LOAD_KG:
        return None
    return f"A load is from 0 to {LARGEST_LOAD_KG:.0f} kg."


class Exercise(StrEnum):
    """Which squat somebody said is coming; the unit does not tell them apart by itself."""

    BACK_SQUAT = "back_squat"
    FRONT_SQUAT = "front_squat"
    GOBLET = "goblet"
    HEELS_RAISED = "heels_raised"  # a back squat on wedges or plates


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
    skeleton: Skeleton | None = None  # None: kept by an earlier version, or nobody was seen

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
    exercise: Exercise | None = None  # None: nobody said
