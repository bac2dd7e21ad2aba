"""A lifter's own neutral: relaxed standing, before the bar is taken.

At sign-in two quiet seconds without the bar are asked for. Whoever did not sign in, or never stood
still, gets the median of the quiet standing just before the first rep of the set.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.reasons import Reason
from device.records import (
    Load,
    Neutral,
    NeutralSource,
    PelvisPose,
    Phase,
    PhaseName,
)

SIGN_IN_S = 2.0
STANDING_S = 0.3
BUFFER_S = 2.5
LEFT_AFTER_S = 5.0  # out of view so long: the lifter has left
MIN_SAMPLES = 4
MAX_GAP_S = 0.3  # whoever was hidden for longer may have moved


@dataclass(frozen=True, slots=True)
class QuietTime:
    """A stretch of quiet standing good enough to take a neutral from."""

    source: NeutralSource
    start_s: float
    end_s: float
    samples: tuple[PelvisPose, ...]


class NeutralKeeper:
    """Watches quiet standing; `neutral` is what to measure from now on.

    `sign_in` names the lifter in front of the unit (None: nobody in particular). Those who
    alternate keep their own, taken at sign-in.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Neutral] = {}
        self._lifter: str | None = None
        self._asked = False
        self._standing: Neutral | None = None
        self._quiet: deque[PelvisPose] = deque()
        self._last_seen_s = -np.inf
        self._phase = PhaseName.AWAY
        self._why_none: str = Reason.NO_NEUTRAL

    @property
    def neutral(self) -> Neutral | None:
        """The signed-in lifter's own, else the set's, else None."""
        own = self._kept.get(self._lifter) if self._lifter else None
        return own or self._standing

    @property
    def waiting(self) -> bool:
        """Whether the two quiet seconds of a sign-in are still to come."""
        return self._asked

    @property
    def why_none(self) -> str | None:
        """Why the last movement found no neutral; None: there is one."""
        return None if self.neutral else self._why_none

    def sign_in(self, lifter: str | None) -> None:
        """Another lifter, or the same one again: two quiet seconds are asked for."""
        self._lifter = lifter
        self._asked = lifter is not None
        self._standing = None
        self._why_none = Reason.NO_NEUTRAL
        self._quiet.clear()

    def new_set(self) -> None:
        """A new set without a sign-in measures from its own standing."""
        self._standing = None

    def update(self, pelvis: PelvisPose, phase: Phase, load: Load) -> QuietTime | None:
        """One frame. Returns the quiet time from which a neutral is due now."""
        before, self._phase = self._phase, phase.name
        if phase.name is PhaseName.AWAY:
            if pelvis.time_s - self._last_seen_s > LEFT_AFTER_S:
                self._standing, self._why_none = None, Reason.NO_NEUTRAL
            self._quiet.clear()
            return None
        self._last_seen_s = pelvis.time_s
        if phase.name is not PhaseName.STANDING:
            return self._at_start(before)
        self._remember(pelvis, phase)
        if self._asked and load.loaded is not True and phase.quiet_s >= SIGN_IN_S:
            return self._quiet_time(NeutralSource.SIGN_IN, SIGN_IN_S, SIGN_IN_S)
        return None

    def take(
        self,
        quiet: QuietTime,
        samples: Sequence[PelvisPose],
        standing: npt.NDArray[np.float32] | None,
    ) -> Neutral:
        """Keeps the medians of the samples as the neutral, with the estimator's memory of it."""
        measured = [p for p in samples if p.tilt_deg is not None] or list(quiet.samples)
        neutral = Neutral(
            tilt_deg=_median(p.tilt_deg for p in measured),
            list_deg=_median(p.list_deg for p in measured),
            rotation_deg=_median(p.rotation_deg for p in measured),
            lumbar_flexion_deg=_median(p.lumbar_flexion_deg for p in measured),
            source=quiet.source,
            taken_s=quiet.end_s,
            standing=standing,
        )
        if quiet.source is NeutralSource.SIGN_IN and self._lifter is not None:
            self._kept[self._lifter] = neutral
            self._asked = False
        else:
            self._standing = neutral
        return neutral

    def _at_start(self, before: PhaseName) -> QuietTime | None:
        """The standing that ends with this movement, where a neutral is still needed."""
        needed = before is PhaseName.STANDING and self.neutral is None
        found = self._quiet_time(NeutralSource.STANDING, BUFFER_S, STANDING_S) if needed else None
        if needed and found is None:
            self._why_none = self._why_not()
        self._quiet.clear()
        return found

    def _remember(self, pelvis: PelvisPose, phase: Phase) -> None:
        if phase.quiet_s > 0:
            self._quiet.append(pelvis)
        while self._quiet and self._quiet[0].time_s < pelvis.time_s - BUFFER_S:
            self._quiet.popleft()

    def _why_not(self) -> str:
        """What kept quiet standing from being measured, or that there was none."""
        times = [p.time_s for p in self._quiet]
        reasons = Counter(p.reason for p in self._quiet if p.reason is not None)
        if not reasons or times[-1] - times[0] < 0.9 * STANDING_S:
            return Reason.NO_NEUTRAL
        return reasons.most_common(1)[0][0]

    def _quiet_time(
        self, source: NeutralSource, longest_s: float, least_s: float
    ) -> QuietTime | None:
        if not self._quiet:
            return None
        end_s = self._quiet[-1].time_s
        measured = tuple(
            p for p in self._quiet if p.tilt_deg is not None and p.time_s >= end_s - longest_s
        )
        times = np.array([p.time_s for p in measured])
        if len(times) < MIN_SAMPLES or times[-1] - times[0] < 0.9 * least_s:
            return None
        if np.diff(times).max() > MAX_GAP_S:
            return None
        return QuietTime(source, measured[0].time_s, end_s, measured)


def _median(values: Iterable[float | None]) -> float:
    return float(np.median([value for value in values if value is not None]))
