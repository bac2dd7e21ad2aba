"""The wink: how far the pelvis has turned back since its most anterior point of this descent,
as far as that lies past the lifter's neutral.

    wink(t) = min(most anterior tilt - tilt(t), max(0, lumbar_flexion(t)))

and only while the hip is lower than it was at that most anterior point: standing up again turns
the pelvis back too. Where lumbar flexion can't be measured, the pelvis alone is used and `basis`
says so. The live value is causal; the rep's comes from the smoothed whole trace, because the
largest value of a noisy curve is biased upwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from device.reasons import AFTER_BOTTOM_S, Reason, unsure
from device.records import (
    Array,
    Basis,
    Neutral,
    Onset,
    PelvisPose,
    Phase,
    PhaseName,
    RepSpan,
    Trace,
    Verdict,
    VerdictName,
    Wink,
)
from device.smooth import AngleFilter, Smoothed, smooth

MAX_LUMBAR_SD_DEG = 10.0  # a vaguer lumbar angle would only cut winks at random
MIN_SHARE_MEASURED = 0.7  # of the frames from the start of the rep until just past its bottom
MAX_GAP_S = 0.3  # a wink comes and goes in about half a second
# How a frame's error behaves within a rep, as shares of its variance, from tuning lifters
# (`racklight evaluate`, seed 88001, both generators). WHITE_SHARE is its own, smoothing takes it
# (error_white_part). DIFFERENCE_SHARE is the variance of the difference between two moments: 0
# would be an error that is the same all through the rep, 2 one that has nothing in common between
# peak and bottom. It is fitted: so large that those lifters' winks are off by their doubt.
WHITE_SHARE = 0.12
DIFFERENCE_SHARE = 1.35
PARALLEL_CM = 0.0  # hip crease level with the top of the knee


class WinkMeter:
    """The live side: one `update` a frame."""

    def __init__(self) -> None:
        self._tilt, self._lumbar = AngleFilter(), AngleFilter()
        self._peak: tuple[float, float, float] | None = None  # tilt, its sd, hip height there
        self._lowest = np.inf

    def update(
        self, pelvis: PelvisPose, neutral: Neutral | None, phase: Phase, hip_height: float | None
    ) -> Wink:
        """This frame's angles relative to neutral (as measured) and the filtered wink."""
        time_s = pelvis.time_s
        if phase.name in (PhaseName.AWAY, PhaseName.STANDING):
            self._peak, self._lowest = None, np.inf
        if phase.name is PhaseName.AWAY:
            self._tilt, self._lumbar = AngleFilter(), AngleFilter()
        self._tilt.update(time_s, pelvis.tilt_deg, _white(pelvis.tilt_sd_deg))
        self._lumbar.update(time_s, pelvis.lumbar_flexion_deg, _white(pelvis.lumbar_flexion_sd_deg))
        seen = relative(pelvis, neutral)
        if neutral is None or pelvis.tilt_deg is None or hip_height is None:
            return seen
        return self._with_wink(seen, pelvis, neutral, phase, hip_height)

    def _with_wink(
        self, seen: Wink, pelvis: PelvisPose, neutral: Neutral, phase: Phase, hip_height: float
    ) -> Wink:
        tilt = self._tilt.value_deg
        if phase.name in (PhaseName.AWAY, PhaseName.STANDING) or tilt is None:
            return seen
        if hip_height <= self._lowest:  # still on the way down
            self._lowest = hip_height
            if self._peak is None or tilt > self._peak[0]:
                self._peak = (tilt, self._tilt.sd_deg, hip_height)
        if self._peak is None:
            return seen
        peak, peak_sd, peak_height = self._peak
        lumbar = None
        if (
            pelvis.lumbar_flexion_sd_deg or np.inf
        ) <= MAX_LUMBAR_SD_DEG and neutral.lumbar_flexion_deg is not None:
            lumbar = (self._lumbar.value_deg or 0.0) - neutral.lumbar_flexion_deg
        behind = peak - tilt if hip_height < peak_height else 0.0
        wink = behind if lumbar is None else min(behind, max(0.0, lumbar))
        shared = DIFFERENCE_SHARE * (pelvis.tilt_sd_deg or 0.0) ** 2
        sd = float(np.sqrt(peak_sd**2 + self._tilt.sd_deg**2 + shared))
        return Wink(
            time_s=seen.time_s,
            anterior_pelvic_tilt_deg=seen.anterior_pelvic_tilt_deg,
            anterior_pelvic_tilt_sd_deg=seen.anterior_pelvic_tilt_sd_deg,
            pelvic_list_deg=seen.pelvic_list_deg,
            pelvic_rotation_deg=seen.pelvic_rotation_deg,
            lumbar_flexion_deg=seen.lumbar_flexion_deg,
            lumbar_flexion_sd_deg=seen.lumbar_flexion_sd_deg,
            wink_deg=max(0.0, wink),
            wink_sd_deg=sd,
            basis=Basis.PELVIS if lumbar is None else Basis.LUMBAR,
        )


def relative(pelvis: PelvisPose, neutral: Neutral | None) -> Wink:
    """The pelvis against the lifter's neutral; without a neutral nothing is claimed."""
    if neutral is None or pelvis.tilt_deg is None:
        return Wink(pelvis.time_s)
    return Wink(
        time_s=pelvis.time_s,
        anterior_pelvic_tilt_deg=pelvis.tilt_deg - neutral.tilt_deg,
        anterior_pelvic_tilt_sd_deg=pelvis.tilt_sd_deg,
        pelvic_list_deg=_minus(pelvis.list_deg, neutral.list_deg),
        pelvic_rotation_deg=_minus(pelvis.rotation_deg, neutral.rotation_deg),
        lumbar_flexion_deg=_minus(pelvis.lumbar_flexion_deg, neutral.lumbar_flexion_deg),
        lumbar_flexion_sd_deg=pelvis.lumbar_flexion_sd_deg,
    )


def _white(sd_deg: float | None) -> float | None:
    """The part of a frame's standard deviation that is its own."""
    return None if sd_deg is None else float(np.sqrt(WHITE_SHARE)) * sd_deg


def _minus(value: float | None, neutral: float | None) -> float | None:
    return None if value is None or neutral is None else value - neutral


@dataclass(frozen=True, slots=True)
class RepWink:
    """What the whole trace of one rep says."""

    curve_deg: Array  # (frames,) wink at each frame of the trace
    tilt_deg: Array  # (frames,) smoothed anterior pelvic tilt, relative to neutral
    wink_deg: float | None = None
    wink_sd_deg: float | None = None
    wink_at_parallel_deg: float | None = None
    wink_rate_deg_per_cm: float | None = None
    tilt_peak_deg: float | None = None
    tilt_bottom_deg: float | None = None
    lumbar_flexion_bottom_deg: float | None = None
    basis: Basis | None = None
    onset_5: Onset | None = None
    onset_10: Onset | None = None


def measure_rep(trace: Trace, span: RepSpan) -> RepWink:
    """The rep's wink with its uncertainty, and where it set in, from the smoothed trace."""
    of = trace.columns
    if not np.isfinite(of["anterior_pelvic_tilt_deg"]).any():
        unknown = np.full(len(trace), np.nan)
        return RepWink(unknown, unknown)
    own = np.sqrt(WHITE_SHARE)
    tilt = smooth(
        of["time_s"], of["anterior_pelvic_tilt_deg"], own * of["anterior_pelvic_tilt_sd_deg"]
    )
    if _gap(trace, span):  # a smoother bridges any gap; what lay in it is not known
        return RepWink(np.full(len(trace), np.nan), tilt.value)
    lumbar = smooth(of["time_s"], of["lumbar_flexion_deg"], own * of["lumbar_flexion_sd_deg"])
    basis = _basis(of["lumbar_flexion_sd_deg"])
    curve, peak = wink_curve(
        tilt.value, lumbar.value if basis is Basis.LUMBAR else None, of["hip_height"]
    )
    deepest = int(np.nanargmax(curve))
    bottom = int(np.argmin(np.abs(of["time_s"] - span.bottom_s)))
    onset_5, onset_10 = (_onset(trace, curve, mark, bottom) for mark in (5.0, 10.0))
    return RepWink(
        curve_deg=curve,
        tilt_deg=tilt.value,
        wink_deg=float(curve[deepest]),
        wink_sd_deg=_wink_sd(trace, tilt, lumbar, basis, int(peak[deepest]), deepest),
        wink_at_parallel_deg=_at_parallel(of["hip_above_knee_cm"], curve, bottom),
        wink_rate_deg_per_cm=_rate(onset_5, onset_10),
        tilt_peak_deg=float(np.nanmax(tilt.value[: bottom + 1])),
        tilt_bottom_deg=float(tilt.value[bottom]),
        lumbar_flexion_bottom_deg=_finite(lumbar.value[bottom]),
        basis=basis,
        onset_5=onset_5,
        onset_10=onset_10,
    )


def wink_curve(
    tilt_deg: Array, lumbar_flexion_deg: Array | None, hip_height: Array
) -> tuple[Array, Array]:
    """The definition, exactly: (wink, index of the most anterior point so far), (frames,) each.

    `lumbar_flexion_deg` None: the pelvis alone. The most anterior point belongs to the descent,
    which ends where the hip is lowest.
    """
    hip = _filled(hip_height)
    bottom = int(np.argmin(hip))
    until = np.where(np.arange(len(tilt_deg)) <= bottom, tilt_deg, -np.inf)
    until = np.where(np.isfinite(until), until, -np.inf)
    highest = np.maximum.accumulate(until)
    rises = until > np.concatenate([[-np.inf], highest[:-1]])
    peak = np.maximum.accumulate(np.where(rises, np.arange(len(until)), 0))
    behind = np.where(hip < hip[peak], tilt_deg[peak] - tilt_deg, 0.0)
    wink = np.maximum(behind, 0.0)
    if lumbar_flexion_deg is not None:
        wink = np.minimum(wink, np.maximum(lumbar_flexion_deg, 0.0))
    return wink, peak


def judge(
    measured: RepWink,
    trace: Trace,
    span: RepSpan,
    neutral: Neutral | None,
    threshold_deg: float,
    max_sd_deg: float,
    reason: str | None,
    doubt: str | None = None,
    missing: str = Reason.PICTURES_MISSING,
) -> Verdict:
    """The answer to a rep.

    `reason`: why its unmeasured frames were not measured, or why there is no neutral. `doubt`:
    what made its measured frames vague. `missing`: why frames are missing, where none has a reason.
    """
    if span.partial:
        return Verdict(VerdictName.PARTIAL, Reason.TOO_SHALLOW)
    if neutral is None:
        return _not_measured(reason or Reason.NO_NEUTRAL)
    if measured.wink_deg is None or measured.wink_sd_deg is None:
        return _not_measured(reason or missing)
    if measured.wink_sd_deg > max_sd_deg:
        return _not_measured(unsure(measured.wink_sd_deg, doubt))
    past = measured.wink_deg > threshold_deg
    return Verdict(VerdictName.WINK if past else VerdictName.CLEAN)


def _not_measured(reason: str) -> Verdict:
    return Verdict(VerdictName.NOT_MEASURED, reason)


def _gap(trace: Trace, span: RepSpan) -> bool:
    """Whether too much is missing of the part of the rep that a wink lies in."""
    times = trace.columns["time_s"]
    part = (times >= span.start_s) & (times <= span.bottom_s + AFTER_BOTTOM_S)
    seen = np.isfinite(trace.columns["anterior_pelvic_tilt_deg"]) & part
    if not part.any() or seen.sum() < MIN_SHARE_MEASURED * part.sum():
        return True
    edges = np.concatenate([[span.start_s], times[seen], [span.bottom_s + AFTER_BOTTOM_S]])
    return bool(np.diff(edges).max() > MAX_GAP_S)


def _basis(lumbar_sd_deg: Array) -> Basis:
    known = np.isfinite(lumbar_sd_deg)
    if known.any() and np.median(lumbar_sd_deg[known]) <= MAX_LUMBAR_SD_DEG:
        return Basis.LUMBAR
    return Basis.PELVIS


def _wink_sd(
    trace: Trace, tilt: Smoothed, lumbar: Smoothed, basis: Basis, peak: int, deepest: int
) -> float:
    """Smoothing leaves the white part of the error; the rest stays in every difference.

    Where lumbar flexion is what limits the wink its error counts, where the pelvis does, the
    pelvis's; in between both, by how likely each is the smaller.
    """
    of = trace.columns
    behind = tilt.value[peak] - tilt.value[deepest]
    behind_sd = _difference_sd(tilt, of["anterior_pelvic_tilt_sd_deg"], peak, deepest)
    if basis is Basis.PELVIS:
        return behind_sd
    lumbar_sd = _difference_sd(lumbar, of["lumbar_flexion_sd_deg"], deepest, deepest)
    limit = max(float(lumbar.value[deepest]), 0.0)
    spread = float(np.hypot(behind_sd, lumbar_sd))
    pelvis_limits = float(np.clip(0.5 + (limit - behind) / (2 * spread), 0.0, 1.0))
    return float(np.sqrt(pelvis_limits * behind_sd**2 + (1 - pelvis_limits) * lumbar_sd**2))


def _difference_sd(curve: Smoothed, frame_sd: Array, first: int, second: int) -> float:
    """Between two moments; twice the same moment: against standing, as a frame's own is."""
    typical = float(np.nanmedian(frame_sd))
    if first == second:
        return float(np.hypot(curve.sd[first], typical))
    white = curve.sd[first] ** 2 + curve.sd[second] ** 2
    return float(np.sqrt(white + DIFFERENCE_SHARE * typical**2))


def _onset(trace: Trace, curve: Array, mark_deg: float, bottom: int) -> Onset | None:
    """Where the curve first passes a mark on the way down; None: it never does."""
    past = np.flatnonzero(curve[: bottom + 1] >= mark_deg)
    if not len(past):
        return None
    i = int(past[0])
    share = 1.0
    if i > 0 and curve[i] > curve[i - 1]:
        share = (mark_deg - curve[i - 1]) / (curve[i] - curve[i - 1])
    of = trace.columns
    flexion = _mean_of_sides(of["knee_flexion_left_deg"], of["knee_flexion_right_deg"])
    return Onset(
        _between(flexion, i, share),
        _between(of["hip_above_knee_cm"], i, share),
    )


def _at_parallel(hip_above_knee_cm: Array, curve: Array, bottom: int) -> float | None:
    """The wink where the hip passes parallel on the way down; None: it never gets there."""
    below = np.flatnonzero(hip_above_knee_cm[: bottom + 1] <= PARALLEL_CM)
    if not len(below):
        return None
    i = int(below[0])
    drop = hip_above_knee_cm[i - 1] - hip_above_knee_cm[i] if i else 0.0
    share = (hip_above_knee_cm[i - 1] - PARALLEL_CM) / drop if drop > 0 else 1.0
    return _between(curve, i, share)


def _rate(onset_5: Onset | None, onset_10: Onset | None) -> float | None:
    if onset_5 is None or onset_10 is None:
        return None
    if onset_5.hip_above_knee_cm is None or onset_10.hip_above_knee_cm is None:
        return None
    drop_cm = onset_5.hip_above_knee_cm - onset_10.hip_above_knee_cm
    return 5.0 / drop_cm if drop_cm > 0.1 else None


def _between(values: Array, index: int, share: float) -> float | None:
    """The value `share` of the way from the frame before to this one."""
    before = values[max(index - 1, 0)]
    return _finite(before + share * (values[index] - before))


def _mean_of_sides(left: Array, right: Array) -> Array:
    both = np.stack([left, right])
    known = np.isfinite(both)
    total = np.where(known, both, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)


def _filled(values: Array) -> Array:
    """NaN replaced by straight lines between what is known."""
    known = np.isfinite(values)
    if not known.any():
        return np.zeros(len(values))
    index = np.arange(len(values))
    return np.interp(index, index[known], values[known])


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
