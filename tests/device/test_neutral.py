from __future__ import annotations

import numpy as np

from device.neutral import NeutralKeeper, QuietTime
from device.reasons import Reason
from device.records import (
    Load,
    Neutral,
    NeutralSource,
    PelvisPose,
    Phase,
    PhaseName,
)

STEP_S = 1 / 30
FREE, BAR = Load(False, "hands"), Load(True, "hands")


class Lifter:
    """Feeds a keeper frame by frame and takes what falls due, as the pipeline does."""

    def __init__(self) -> None:
        self.keeper = NeutralKeeper()
        self.time_s = 0.0
        self.taken: list[Neutral] = []

    def stand(
        self, seconds: float, tilt: float = 5.0, load: Load = FREE, quiet: bool = True
    ) -> None:
        since = self.time_s
        self._go(
            seconds, PhaseName.STANDING, tilt, load, lambda: self.time_s - since if quiet else 0.0
        )

    def squat(self, seconds: float = 1.0, load: Load = BAR) -> None:
        self._go(seconds, PhaseName.DESCENT, 30.0, load, lambda: 0.0)

    def leave(self, seconds: float) -> None:
        self._go(seconds, PhaseName.AWAY, None, Load(None, "hands"), lambda: 0.0)

    def stand_unseen(self, seconds: float) -> None:
        since = self.time_s
        self._go(seconds, PhaseName.STANDING, None, BAR, lambda: self.time_s - since)

    def _go(self, seconds: float, name: PhaseName, tilt: float | None, load: Load, quiet_s) -> None:  # type: ignore[no-untyped-def]
        for _ in range(round(seconds / STEP_S)):
            self.time_s += STEP_S
            pelvis = (
                PelvisPose(self.time_s, reason="hidden")
                if tilt is None
                else posed(self.time_s, tilt)
            )
            due = self.keeper.update(pelvis, Phase(self.time_s, name, 0.0, quiet_s()), load)
            if due is not None:
                self.taken.append(self.keeper.take(due, due.samples, None))


def posed(time_s: float, tilt: float) -> PelvisPose:
    return PelvisPose(time_s, tilt, 2.0, 1.0, 1.0, 0.0, 1.0, tilt / 2, 3.0)


def test_sign_in_takes_two_quiet_seconds_without_the_bar() -> None:
    lifter = Lifter()
    lifter.keeper.sign_in("Ann")
    assert lifter.keeper.waiting
    lifter.stand(1.8)
    assert lifter.keeper.neutral is None
    lifter.stand(2.2)
    (neutral,) = lifter.taken
    assert neutral.source is NeutralSource.SIGN_IN
    assert neutral.tilt_deg == 5.0
    assert not lifter.keeper.waiting


def test_standing_under_the_bar_is_no_sign_in_neutral() -> None:
    lifter = Lifter()
    lifter.keeper.sign_in("Ann")
    lifter.stand(5.0, load=BAR)
    assert lifter.taken == []


def test_without_a_sign_in_the_standing_before_the_first_rep_counts() -> None:
    lifter = Lifter()
    lifter.stand(0.5, tilt=7.0, load=BAR)
    lifter.squat()
    (neutral,) = lifter.taken
    assert neutral.source is NeutralSource.STANDING
    assert neutral.tilt_deg == 7.0


def test_less_than_three_tenths_of_quiet_standing_is_no_neutral() -> None:
    lifter = Lifter()
    lifter.stand(0.15)
    lifter.squat()
    assert lifter.keeper.neutral is None


def test_restless_standing_is_no_neutral() -> None:
    lifter = Lifter()
    lifter.stand(3.0, quiet=False)
    lifter.squat()
    assert lifter.keeper.neutral is None


def test_why_there_is_no_neutral_is_known() -> None:
    restless = Lifter()
    restless.stand(3.0, quiet=False)
    restless.squat()
    assert restless.keeper.why_none == Reason.NO_NEUTRAL
    unseen = Lifter()
    unseen.stand_unseen(2.0)
    unseen.squat()
    assert unseen.keeper.why_none == "hidden"


def test_a_neutral_or_another_lifter_ends_the_reason() -> None:
    lifter = Lifter()
    lifter.stand_unseen(2.0)
    lifter.squat()
    lifter.keeper.sign_in("Ann")
    assert lifter.keeper.why_none == Reason.NO_NEUTRAL
    lifter.stand(2.5)
    assert lifter.keeper.why_none is None


def test_lifters_who_alternate_keep_their_own() -> None:
    lifter = Lifter()
    lifter.keeper.sign_in("Ann")
    lifter.stand(2.5, tilt=3.0)
    lifter.keeper.sign_in("Bob")
    lifter.stand(2.5, tilt=12.0)
    assert lifter.keeper.neutral is not None
    assert lifter.keeper.neutral.tilt_deg == 12.0
    lifter.keeper.sign_in("Ann")
    assert lifter.keeper.neutral.tilt_deg == 3.0


def test_signing_out_drops_the_neutral() -> None:
    lifter = Lifter()
    lifter.keeper.sign_in("Ann")
    lifter.stand(2.5)
    lifter.keeper.sign_in(None)
    assert lifter.keeper.neutral is None


def test_a_set_without_sign_in_is_measured_from_its_own_standing() -> None:
    lifter = Lifter()
    lifter.stand(0.5, tilt=7.0)
    lifter.squat()
    lifter.keeper.new_set()
    lifter.stand(0.5, tilt=2.0)
    lifter.squat()
    assert [n.tilt_deg for n in lifter.taken] == [7.0, 2.0]


def test_reps_within_a_set_do_not_move_the_neutral() -> None:
    lifter = Lifter()
    lifter.stand(0.5, tilt=7.0)
    lifter.squat()
    lifter.stand(0.5, tilt=15.0)
    lifter.squat()
    assert [n.tilt_deg for n in lifter.taken] == [7.0]


def test_a_lifter_who_leaves_takes_the_sets_neutral_along() -> None:
    lifter = Lifter()
    lifter.stand(0.5)
    lifter.squat()
    lifter.leave(2.0)
    assert lifter.keeper.neutral is not None
    lifter.leave(4.0)
    assert lifter.keeper.neutral is None


def test_a_neutral_is_the_median_so_one_bad_frame_does_not_move_it() -> None:
    keeper = NeutralKeeper()
    samples = tuple(posed(i * STEP_S, 60.0 if i == 7 else 4.0) for i in range(20))
    neutral = keeper.take(QuietTime(NeutralSource.STANDING, 0.0, 0.6, samples), samples, None)
    assert neutral.tilt_deg == 4.0
    assert neutral.lumbar_flexion_deg == 2.0


def test_the_estimators_memory_of_the_stance_is_kept_with_it() -> None:
    keeper = NeutralKeeper()
    memory = np.ones((1, 128), np.float32)
    samples = tuple(posed(i * STEP_S, 4.0) for i in range(20))
    keeper.take(QuietTime(NeutralSource.STANDING, 0.0, 0.6, samples), samples, memory)
    assert keeper.neutral is not None
    assert keeper.neutral.standing is memory
