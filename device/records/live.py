"""What the socket tells the page."""

from __future__ import annotations

from dataclasses import dataclass

from device.records.health import UnitHealth
from device.records.placement import Placement, Silhouette


@dataclass(frozen=True, slots=True)
class RepSummary:
    """What the page says of the last rep."""

    index: int  # since the unit started
    set: int  # of the visit
    number: int  # within its set, as everywhere people look
    verdict: str
    reason: str | None
    wink_deg: float | None
    wink_sd_deg: float | None
    onset_knee_flexion_deg: float | None
    onset_hip_above_knee_cm: float | None
    loaded: bool | None
    load_kg: float | None = None  # entered for it
    load_unit: str = "kg"  # the unit a person typed that in
    exercise: str | None = None


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
    health: UnitHealth | None = None
    exercise: str | None = None  # of the coming reps
    load_unit: str = "kg"  # the unit a person typed `load_kg` in
    set_verdicts: tuple[str, ...] = ()  # of the running set's reps, in their order
    rest_s: float | None = None  # since this lifter's last rep ended; None during a rep
    signs_out_s: float | None = None  # told in the last minute before the lifter is signed out
    undone: int | None = None  # the number of the rep that can be brought back
    silhouette: Silhouette | None = None  # only while a coach's page asks for it
