"""Whose reps these are: sign-ins, visits, and what the store still owes an answer for.

Lifters take turns: who signs in while another's visit lasts comes back to the own one later, with
its load, its exercise and its sets. A sign-out, or nobody moving for minutes, ends them all.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from device.records import Exercise, Neutral, Rep, RepSummary, VerdictName
from device.store_writer import StoreWriter

GONE_S = 300.0  # nobody moved for so long: the visits are over
TOLD_S = 60.0  # and so long before that it is told


@dataclass(slots=True)
class Visit:
    """One lifter's visit so far."""

    lifter: str | None  # None: nobody signed in
    session: str | None = None  # in the database; None until there is something to keep
    load_kg: float | None = None
    load_unit: str = "kg"
    exercise: Exercise | None = None
    sets: int = 0  # how many numbers are given out
    number: int = 0  # of the set that its newest rep is in
    first: int = 0  # index of that set's first rep
    first_rep: Rep | None = None  # itself: what it was lifted with holds for the whole set
    set: int | None = None  # the running or last one
    reps: list[RepSummary] = field(default_factory=list)  # of that set, as they were shown
    last_end_s: float | None = None


@dataclass(frozen=True, slots=True)
class _Pending:
    """A rep whose write has not been confirmed."""

    visit: Visit
    rep: RepSummary
    written: Future[str]


@dataclass(frozen=True, slots=True)
class _TakenBack:
    """A rep that can be brought back."""

    rep: RepSummary
    of_running_set: bool
    undone: Future[str | None]


class Visits:
    """Keeps the lifters' sessions in the database; nothing here waits for the disk."""

    def __init__(self, writer: StoreWriter) -> None:
        self._writer = writer
        self._visits: dict[str | None, Visit] = {}
        self._pending: list[_Pending] = []
        self._taken_back: list[_TakenBack] = []
        self._counted: int | None = None  # the counter's own number of the visit's set
        self._now_s = self._moved_s = 0.0
        self.last_rep: RepSummary | None = None
        self.now = self._visit(None)

    @property
    def lifter(self) -> str | None:
        """Who is signed in."""
        return self.now.lifter

    @property
    def session(self) -> str | None:
        """Its id in the database."""
        return self.now.session

    @property
    def set(self) -> int | None:
        """The number of the running or last set within the visit; None between two sets."""
        return self.now.set

    @property
    def reps_in_set(self) -> int:
        """How many of its reps count."""
        return sum(rep.verdict != VerdictName.PARTIAL for rep in self.now.reps)

    @property
    def undone(self) -> int | None:
        """The number of the rep that was taken back last and can be brought back."""
        return self._taken_back[-1].rep.number if self._taken_back else None

    def sign_in(self, lifter: str | None) -> None:
        """The lifter begins a visit or goes on with it; None ends all visits."""
        if lifter is None:
            self._end()
            return
        before, self.now = self.now, self._visit(lifter)
        if before.lifter is None:
            self._come_forward(before)
        self._start(self.now)
        self._taken_back, self._counted = [], None
        self.stir()
        self.last_rep = self.now.reps[-1] if self.now.reps else None

    def give_set(self, lifter: str, session: str | None = None, rep: int | None = None) -> bool:
        """A set was this lifter's, who goes on from here if it is the last one.

        Which: the set of that rep in that session, None: the last one; without a rep only the
        lifter goes on. True where the lifter does.
        """
        self._show_all()
        if session is not None and rep is not None and not self._in_last_set(session, rep):
            self._give_earlier_set(self._visit(lifter), session, rep)
            return False
        giver, last_rep = self.now, self.last_rep
        self.sign_in(lifter)
        taker = self.now
        if last_rep is None or taker is giver or giver.session is None or taker.session is None:
            return True
        self._move(giver, taker, last_rep.index)
        taker.number, taker.first = taker.sets, giver.first
        taker.set = taker.sets if giver.set is not None else None
        taker.reps = [replace(rep, set=taker.sets) for rep in giver.reps]
        taker.last_end_s, self.last_rep = giver.last_end_s, replace(last_rep, set=taker.sets)
        _forget_last_set(giver)
        return True

    def _in_last_set(self, session: str, rep: int) -> bool:
        return session == self.now.session and rep >= self.now.first

    def _give_earlier_set(self, taker: Visit, session: str, rep: int) -> None:
        """Whoever lifts now goes on; a visit that is over gives nothing."""
        giver = next((one for one in self._visits.values() if one.session == session), None)
        if giver is None or giver is taker:
            return
        self._start(taker)
        self._move(giver, taker, rep)
        if giver is not self.now and rep >= giver.first:
            _forget_last_set(giver)

    def _move(self, giver: Visit, taker: Visit, rep: int) -> None:
        assert giver.session is not None
        assert taker.session is not None
        taker.sets += 1
        self._writer.move_set(giver.session, rep, taker.session, taker.sets)

    def seen(self, time_s: float, moved: bool) -> bool:
        """Every frame; True on the frame in which lifters who left are signed out."""
        if moved or time_s < self._moved_s:
            self._moved_s = time_s
        self._now_s = time_s
        if self._idle or time_s - self._moved_s < GONE_S:
            return False
        self.sign_in(None)
        return True

    def stir(self) -> None:
        """Somebody is here, seen or not: the time to the sign-out begins anew."""
        self._moved_s = self._now_s

    @property
    def signs_out_s(self) -> float | None:
        """Seconds until a sign-out because nobody moves, in the last minute before it."""
        left_s = GONE_S - (self._now_s - self._moved_s)
        return None if self._idle or left_s > TOLD_S else max(0.0, left_s)

    @property
    def rest_s(self) -> float | None:
        """Seconds since the end of this lifter's last rep."""
        since = self.now.last_end_s
        return None if since is None or since > self._now_s else self._now_s - since

    def add_rep(self, rep: Rep) -> RepSummary:
        """Queues a finished rep for the store, in the visit's own numbers.

        Returns what the page will say of it once it is written.
        """
        visit = self.now
        self._start(visit)
        if self._counted != rep.set:
            self._counted = rep.set
            visit.sets += 1
            visit.number, visit.first, visit.first_rep = visit.sets, rep.index, rep
        visit.last_end_s = rep.end_s
        self._taken_back = []
        as_begun = visit.first_rep or rep  # what is entered meanwhile is the next set's
        rep = replace(rep, set=visit.number, load_kg=as_begun.load_kg, exercise=as_begun.exercise)
        assert visit.session is not None
        number = 1 + (len(visit.reps) if visit.set == rep.set else 0)
        number += sum(one.visit is visit and one.rep.set == rep.set for one in self._pending)
        shown = summary(rep, number, visit.load_unit)
        self._pending.append(_Pending(visit, shown, self._writer.add_rep(visit.session, rep)))
        return shown

    def add_neutral(self, neutral: Neutral) -> None:
        """Keeps a signed-in lifter's neutral."""
        if self.lifter is not None:
            self._writer.add_neutral(self.lifter, neutral)

    def undo(self, rep: int | None = None) -> None:
        """Takes back the last rep of this visit; `rep`: only if it has this index."""
        self._show_all()
        if self.now.session is None or self.last_rep is None:
            return
        if rep not in (None, self.last_rep.index):
            return
        undone = self._writer.undo_last_rep(self.now.session)
        self._taken_back.append(_TakenBack(self.last_rep, bool(self.now.reps), undone))
        self.now.reps = self.now.reps[:-1]
        self.last_rep = self.now.reps[-1] if self.now.reps else None

    def redo(self) -> None:
        """Brings back the rep that was taken back last."""
        if self._taken_back:
            taken_back = self._taken_back.pop()
            self._writer.restore_rep(taken_back.undone)
            self.last_rep = taken_back.rep
            if taken_back.of_running_set:
                self.now.reps.append(taken_back.rep)

    def new_set(self) -> None:
        """A set begins: no rep of the one before is shown as its own."""
        self.end_set()
        self.now.set, self.now.reps = None, []

    def end_set(self) -> None:
        """A set is over; it is shown until the next begins."""
        self._show_all()
        self._counted, self._taken_back = None, []

    def settle(self) -> None:
        """Shows reps once they survive a power cut, or at once while the store is in trouble."""
        while self._pending:
            if not self._pending[0].written.done() and self._writer.problem is None:
                return
            self._show(self._pending.pop(0))

    def close(self) -> None:
        """Ends the visits."""
        self._end()

    @property
    def _idle(self) -> bool:
        """Whether there is nothing that could end: no visit, and no load or exercise chosen."""
        known = ((one.session, one.load_kg, one.exercise) for one in self._visits.values())
        return all(value is None for visit in known for value in visit)

    def _visit(self, lifter: str | None) -> Visit:
        key = None if lifter is None else lifter.casefold()
        return self._visits.setdefault(key, Visit(lifter))

    def _come_forward(self, nobody: Visit) -> None:
        """Somebody says who is there: what was entered before stays, the visit of nobody ends."""
        self._visits.pop(None, None)
        if nobody.session is not None:
            self._writer.end_session(nobody.session)
        if self.now.load_kg is None:
            self.now.load_kg, self.now.load_unit = nobody.load_kg, nobody.load_unit
        self.now.exercise = self.now.exercise or nobody.exercise

    def _start(self, visit: Visit) -> None:
        if visit.session is None:
            visit.session = self._writer.start_session(visit.lifter)

    def _show(self, pending: _Pending) -> None:
        visit = pending.visit
        if pending.rep.set != visit.set:
            visit.set, visit.reps = pending.rep.set, []
        visit.reps.append(pending.rep)
        if visit is self.now:
            self.last_rep = pending.rep

    def _show_all(self) -> None:
        """What is taken back, given away or closed must be shown first."""
        while self._pending:
            self._show(self._pending.pop(0))

    def _end(self) -> None:
        for visit in self._visits.values():
            if visit.session is not None:
                self._writer.end_session(visit.session)
        self._visits, self._pending, self._counted = {}, [], None
        self.last_rep, self.now, self._taken_back = None, self._visit(None), []


def _forget_last_set(giver: Visit) -> None:
    """Its number is free again, unless others came after it."""
    giver.set, giver.reps = None, []
    if giver.number == giver.sets:
        giver.sets -= 1


def summary(rep: Rep, number: int, load_unit: str = "kg") -> RepSummary:
    """What the page says of a rep; `number`: which of its set it is, from 1."""
    onset = rep.onset_5 if rep.verdict.name is VerdictName.WINK else None
    return RepSummary(
        index=rep.index,
        set=rep.set,
        number=number,
        verdict=rep.verdict.name.value,
        reason=rep.verdict.reason,
        wink_deg=rep.wink_deg,
        wink_sd_deg=rep.wink_sd_deg,
        onset_knee_flexion_deg=onset.knee_flexion_deg if onset else None,
        onset_hip_above_knee_cm=onset.hip_above_knee_cm if onset else None,
        loaded=rep.loaded,
        load_kg=rep.load_kg,
        load_unit=load_unit,
        exercise=rep.exercise,
    )
