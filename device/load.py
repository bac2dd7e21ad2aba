"""Is the bar on the lifter? By the hands, the weight entered, a hook switch, or always.

Where plates hide the hands, the bar itself tells: in depth, beside both shoulders of a lifter who
squats (`device.bar`).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from device.geometry import length
from device.records import BodyPose, Exercise, Joint, Load
from device.settings import LoadSettings

# Where hands hold a bar on the back or on the front rack: the lower wrist against its shoulder,
# in trunk lengths (low-bar hands hang a little lower, front-rack hands lie at the shoulders).
BAR_LOW, BAR_HIGH = -0.45, 0.25
# Arms held straight forward put the wrists at that height too: there they are this far ahead.
AHEAD = 0.75
# Once the hands are at the bar they may move this much further before they have left it.
STAY = 0.10
# Arms that hang or reach forward are told by the pose model's guess of hidden hands, too: no guess
# of hands at a bar lies so low, or with both hands so far ahead and not aside.
HANGS = -0.85
REACHES, BESIDE = 0.55, 0.25
# Hands hide behind plates, elbows less: of hands at a bar both are raised to the sides, higher than
# this, no further ahead and as far aside. Hanging arms have them at -0.5, reaching ones ahead.
ELBOW_LOW, ELBOW_AHEAD, ELBOW_ASIDE = -0.40, 0.35, 0.10
# A bent knee: nobody takes or racks a bar during a squat, and hands are badly seen there.
IN_SQUAT_DEG = 50.0
# Evidence: this share of the hands seen in half a second must agree.
EVIDENCE_S = 0.5
AGREE = 0.8
MIN_SEEN = 3
# Hands hidden (a passer-by, the bottom of a squat) stay where they were for a while; those last
# seen at the bar for longer, while the lifter is seen: plates hide them for most of a set, and
# hands that have let go hang beside the body, where they are seen.
REMEMBER_S = 3.0
REMEMBER_AT_BAR_S = 30.0
SEEN = 0.5  # visibility from which a joint counts as seen

_SIDES = (
    (Joint.LEFT_WRIST, Joint.LEFT_ELBOW, Joint.LEFT_SHOULDER, -1.0),
    (Joint.RIGHT_WRIST, Joint.RIGHT_ELBOW, Joint.RIGHT_SHOULDER, 1.0),
)


def _unseen() -> bool:
    return False


class LoadGate:
    """Says in every frame whether the bar is on the lifter.

    gate = LoadGate(settings.load)
    gate.enter(60.0)                      # the weight somebody typed for the set, or None
    load = gate.update(body, time_s, bar) # every frame; `bar` is asked during a squat
    load = gate.rep_loaded(loads)         # of a rep: the loads of its frames

    `hook` reads the switch under the bar's resting place: True while the bar is racked. Without
    it (a recording has none) the gate `hook` can't tell.
    """

    def __init__(self, settings: LoadSettings, hook: Callable[[], bool] | None = None) -> None:
        self._settings = settings
        self._hook = hook
        self._hands = _Hands()
        self._kg: float | None = None
        self._gate = settings.gate

    def follow(self, exercise: Exercise | None) -> None:
        """A goblet's weight is on no bar: only the weight entered can tell that it is held."""
        by_bar = self._settings.gate in ("hands", "hook")
        held = exercise is Exercise.GOBLET and by_bar
        self._gate = "entered" if held else self._settings.gate

    def enter(self, kg: float | None) -> None:
        """The weight on the bar in kg as a person typed it; None takes it back."""
        self._kg = kg

    def update(
        self, body: BodyPose | None, time_s: float, bar: Callable[[], bool] = _unseen
    ) -> Load:
        """The load in this frame; `loaded` is None where it can't be told.

        `bar`: whether a bar is seen beside both shoulders in this frame.
        """
        return Load(self._loaded(body, time_s, bar), self._gate, self._kg)

    def rep_loaded(self, loads: Sequence[Load]) -> Load:
        """The load of a rep: what most of its frames say, None on a tie or no answer."""
        known = [load.loaded for load in loads if load.loaded is not None]
        balance = sum(1 if loaded else -1 for loaded in known)
        kg = next((load.kg for load in reversed(loads) if load.kg is not None), self._kg)
        return Load(None if balance == 0 else balance > 0, self._gate, kg)

    def _loaded(self, body: BodyPose | None, time_s: float, bar: Callable[[], bool]) -> bool | None:
        if self._gate == "always":
            return True
        if self._gate == "entered":
            return None if self._kg is None else self._kg >= self._settings.floor_kg
        if self._gate == "hook":
            return None if self._hook is None else not self._hook()
        return self._hands.update(body, time_s, bar)


class _Hands:
    """Hands at a bar on the shoulders: votes of single frames, settled over half a second."""

    def __init__(self) -> None:
        self._votes: deque[tuple[float, bool]] = deque()
        self._at_bar: bool | None = None
        self._told_s = self._now_s = self._seen_s = 0.0

    def update(self, body: BodyPose | None, time_s: float, bar: Callable[[], bool]) -> bool | None:
        passed_s, self._now_s = time_s - self._now_s, time_s
        vote = None if body is None else hands_at_bar(body, STAY if self._at_bar else 0.0)
        if body is not None and _in_squat(body):
            self._told_s += passed_s  # as before, for as long as it lasts
            # hands seen at the bar are; those that look empty may not be
            vote = vote or bar() or None
        if body is not None:
            self._seen_s = time_s
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
            if self._forgotten(time_s):
                self._at_bar = None
            return
        self._told_s = time_s
        if yes >= AGREE * seen:
            self._at_bar = True
        elif seen - yes >= AGREE * seen:
            self._at_bar = False

    def _forgotten(self, time_s: float) -> bool:
        watched = self._at_bar and time_s - self._seen_s <= REMEMBER_S
        return time_s - self._told_s > (REMEMBER_AT_BAR_S if watched else REMEMBER_S)


def hands_at_bar(body: BodyPose, slack: float = 0.0) -> bool | None:
    """Whether the hands of this frame hold a bar at the shoulders; None where they can't be seen.

    Hands high overhead are None too: with or without a bar they look the same. `slack` widens
    every limit (trunk lengths).
    """
    hands = _against_shoulders(body, 0)
    if _empty(hands):
        return False
    height = body.wrist_above_shoulder
    if height is None:
        return True if _raised(_against_shoulders(body, 1)) else None
    if height > BAR_HIGH + slack:
        return None
    if height < BAR_LOW - slack:
        return False
    ahead = [hand.ahead for hand in hands if hand.seen]
    return max(ahead) <= AHEAD + slack if ahead else None


@dataclass(frozen=True, slots=True)
class _Held:
    """A wrist or elbow against its shoulder, in trunk lengths."""

    up: float
    ahead: float
    aside: float  # away from the body
    seen: bool


def _against_shoulders(body: BodyPose, which: int) -> list[_Held]:
    """The wrists (0) or elbows (1) whose place is known, were it only guessed."""
    joints, seen = body.joints_m, body.visibility >= SEEN
    shoulders = (joints[Joint.LEFT_SHOULDER] + joints[Joint.RIGHT_SHOULDER]) / 2
    hips = (joints[Joint.LEFT_HIP] + joints[Joint.RIGHT_HIP]) / 2
    trunk_m = length(shoulders - hips) + 1e-9
    turned = math.radians(body.facing_away_deg or 0.0)
    cos, sin = math.cos(turned), math.sin(turned)
    found = []
    for wrist, elbow, shoulder, outwards in _SIDES:
        joint = (wrist, elbow)[which]
        x, y, z = ((joints[joint] - joints[shoulder]) / trunk_m).tolist()
        if math.isfinite(x + y + z):
            sure = bool(seen[joint] and seen[shoulder])
            found.append(_Held(y, -sin * x - cos * z, outwards * (cos * x - sin * z), sure))
    return found


def _raised(elbows: Sequence[_Held]) -> bool:
    """Whether both elbows are seen raised to the sides."""
    return len(elbows) == 2 and all(
        elbow.seen
        and elbow.up > ELBOW_LOW
        and elbow.ahead < ELBOW_AHEAD
        and elbow.aside > ELBOW_ASIDE
        for elbow in elbows
    )


def _empty(hands: Sequence[_Held]) -> bool:
    """Whether an arm hangs, or both reach forward."""
    if not hands:
        return False
    aside = sum(hand.aside for hand in hands) / len(hands)
    forward = min(hand.ahead for hand in hands) > REACHES and aside < BESIDE
    return min(hand.up for hand in hands) < HANGS or (forward and len(hands) == 2)


def _in_squat(body: BodyPose) -> bool:
    knees = (body.knee_flexion_left_deg, body.knee_flexion_right_deg)
    known = [knee for knee in knees if knee is not None]
    return bool(known) and min(known) > IN_SQUAT_DEG
