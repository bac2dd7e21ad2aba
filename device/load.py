"""Is the bar on the lifter? By the hands, the weight entered, a hook switch, or always."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import numpy as np

from device.records import BodyPose, Joint, Load
from device.settings import LoadSettings

# Where hands hold a bar on the back or on the front rack: the lower wrist against its shoulder,
# in trunk lengths (low-bar hands hang a little lower, front-rack hands lie at the shoulders).
BAR_LOW, BAR_HIGH = -0.35, 0.25
# Arms held straight forward put the wrists at that height too; a bent elbow brings them nearer.
# Trunk lengths from wrist to shoulder; a straight arm has about 1.1, a wide grip up to 0.75.
BENT_ARM = 0.75
# Once the hands are at the bar they may move this much further before they have left it.
STAY = 0.10
# Evidence: this share of the hands seen in half a second must agree.
EVIDENCE_S = 0.5
AGREE = 0.8
MIN_SEEN = 3
# Hands hidden (plates, a passer-by, the bottom of a squat) stay where they were for a while.
REMEMBER_S = 3.0
SEEN = 0.5  # visibility from which a joint counts as seen

_SIDES = (
    (Joint.LEFT_WRIST, Joint.LEFT_SHOULDER),
    (Joint.RIGHT_WRIST, Joint.RIGHT_SHOULDER),
)


class LoadGate:
    """Says in every frame whether the bar is on the lifter.

    gate = LoadGate(settings.load)
    gate.enter(60.0)                      # the weight somebody typed for the set, or None
    load = gate.update(body, time_s)      # every frame
    load = gate.rep_loaded(loads)         # of a rep: the loads of its descent

    `hook` reads the switch under the bar's resting place: True while the bar is racked. Without
    it (a recording has none) the gate `hook` can't tell.
    """

    def __init__(self, settings: LoadSettings, hook: Callable[[], bool] | None = None) -> None:
        self._settings = settings
        self._hook = hook
        self._hands = _Hands()
        self._kg: float | None = None

    def enter(self, kg: float | None) -> None:
        """The weight on the bar in kg as a person typed it; None takes it back."""
        self._kg = kg

    def update(self, body: BodyPose | None, time_s: float) -> Load:
        """The load in this frame; `loaded` is None where it can't be told."""
        return Load(self._loaded(body, time_s), self._settings.gate, self._kg)

    def rep_loaded(self, loads: Sequence[Load]) -> Load:
        """The load of a rep: what most frames of its descent say, None on a tie or no answer."""
        known = [load.loaded for load in loads if load.loaded is not None]
        balance = sum(1 if loaded else -1 for loaded in known)
        kg = next((load.kg for load in reversed(loads) if load.kg is not None), self._kg)
        return Load(None if balance == 0 else balance > 0, self._settings.gate, kg)

    def _loaded(self, body: BodyPose | None, time_s: float) -> bool | None:
        if self._settings.gate == "always":
            return True
        if self._settings.gate == "entered":
            return None if self._kg is None else self._kg >= self._settings.floor_kg
        if self._settings.gate == "hook":
            return None if self._hook is None else not self._hook()
        return self._hands.update(body, time_s)


class _Hands:
    """Hands at a bar on the shoulders: votes of single frames, settled over half a second."""

    def __init__(self) -> None:
        self._votes: deque[tuple[float, bool]] = deque()
        self._at_bar: bool | None = None
        self._told_s = 0.0

    def update(self, body: BodyPose | None, time_s: float) -> bool | None:
        vote = None if body is None else hands_at_bar(body, STAY if self._at_bar else 0.0)
        if vote is not None:
            self._votes.append((time_s, vote))
        while self._votes and time_s - self._votes[0][0] > EVIDENCE_S:
            self._votes.popleft()
        self._settle(time_s)
        return self._at_bar

    def _settle(self, time_s: float) -> None:
        yes = sum(vote for _, vote in self._votes)
        seen = len(self._votes)
        if seen < MIN_SEEN or time_s - self._votes[0][0] < EVIDENCE_S / 2:
            if time_s - self._told_s > REMEMBER_S:
                self._at_bar = None
            return
        self._told_s = time_s
        if yes >= AGREE * seen:
            self._at_bar = True
        elif seen - yes >= AGREE * seen:
            self._at_bar = False


def hands_at_bar(body: BodyPose, slack: float = 0.0) -> bool | None:
    """Whether the hands of this frame hold a bar at the shoulders; None where they can't be seen.

    Hands high overhead are None too: with or without a bar they look the same. `slack` widens
    every limit (trunk lengths).
    """
    height = body.wrist_above_shoulder
    if height is None:
        return None
    if height > BAR_HIGH + slack:
        return None
    reach = _reach(body)
    if height < BAR_LOW - slack:
        return False
    return None if reach is None else reach <= BENT_ARM + slack


def _reach(body: BodyPose) -> float | None:
    """From wrist to shoulder in trunk lengths, the longer of the arms seen; None if none is."""
    joints, seen = body.joints_m, body.visibility >= SEEN
    shoulders = (joints[Joint.LEFT_SHOULDER] + joints[Joint.RIGHT_SHOULDER]) / 2
    hips = (joints[Joint.LEFT_HIP] + joints[Joint.RIGHT_HIP]) / 2
    trunk = float(np.linalg.norm(shoulders - hips))
    reaches = [
        float(np.linalg.norm(joints[wrist] - joints[shoulder])) / trunk
        for wrist, shoulder in _SIDES
        if seen[wrist] and seen[shoulder]
    ]
    known = [reach for reach in reaches if np.isfinite(reach)]
    return max(known) if known else None
