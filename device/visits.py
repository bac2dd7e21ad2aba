"""Whose reps these are: sign-ins, visits, and what the store still owes an answer for."""

from __future__ import annotations

from concurrent.futures import Future

from device.records import Neutral, Rep, RepSummary, VerdictName
from device.store_writer import StoreWriter

GONE_S = 300.0  # nobody in view for so long: the visit is over


class Visits:
    """Keeps the current lifter's session in the database; nothing here waits for the disk."""

    def __init__(self, writer: StoreWriter) -> None:
        self._writer = writer
        self._session: str | None = None
        self._pending: list[tuple[Rep, Future[str]]] = []
        self._seen_s = 0.0
        self.lifter: str | None = None
        self.set: int | None = None
        self.reps_in_set = 0
        self.last_rep: RepSummary | None = None

    @property
    def session(self) -> str | None:
        """Its id in the database."""
        return self._session

    def sign_in(self, lifter: str | None) -> None:
        """Ends the visit before, if there is one; a rep or a sign-in begins the next."""
        self._end()
        self.lifter = lifter
        if lifter is not None:
            self._session = self._writer.start_session(lifter)

    def seen(self, time_s: float, anyone: bool) -> bool:
        """Every frame; True on the frame in which a lifter who left is signed out."""
        if anyone or time_s < self._seen_s:
            self._seen_s = time_s
        if self._session is None or time_s - self._seen_s < GONE_S:
            return False
        self.sign_in(None)
        return True

    def add_rep(self, rep: Rep) -> None:
        """Queues a finished rep for the store."""
        if self._session is None:
            self._session = self._writer.start_session(self.lifter)
        self._pending.append((rep, self._writer.add_rep(self._session, rep)))

    def add_neutral(self, neutral: Neutral) -> None:
        """Keeps a signed-in lifter's neutral."""
        if self.lifter is not None:
            self._writer.add_neutral(self.lifter, neutral)

    def undo(self) -> None:
        """Takes back the last rep of this visit."""
        if self._session is not None:
            self._writer.undo_last_rep(self._session)
            self.reps_in_set = max(0, self.reps_in_set - 1)
            self.last_rep = None

    def new_set(self) -> None:
        """A set begins or is over: none of its reps is shown as the running one's."""
        self.set, self.reps_in_set = None, 0

    def settle(self) -> None:
        """Shows reps once they survive a power cut, or at once while the store is in trouble."""
        while self._pending:
            rep, written = self._pending[0]
            if not written.done() and self._writer.problem is None:
                return
            self._pending.pop(0)
            counts = rep.verdict.name is not VerdictName.PARTIAL
            self.reps_in_set = counts + (self.reps_in_set if rep.set == self.set else 0)
            self.set = rep.set
            self.last_rep = summary(rep)

    def close(self) -> None:
        """Ends the visit."""
        self._end()

    def _end(self) -> None:
        if self._session is not None:
            self._writer.end_session(self._session)
        self._session, self.set, self.reps_in_set, self.last_rep = None, None, 0, None


def summary(rep: Rep) -> RepSummary:
    """What the page says of a rep."""
    onset = rep.onset_5 if rep.verdict.name is VerdictName.WINK else None
    return RepSummary(
        index=rep.index,
        set=rep.set,
        verdict=rep.verdict.name.value,
        reason=rep.verdict.reason,
        wink_deg=rep.wink_deg,
        wink_sd_deg=rep.wink_sd_deg,
        onset_knee_flexion_deg=onset.knee_flexion_deg if onset else None,
        onset_hip_above_knee_cm=onset.hip_above_knee_cm if onset else None,
        loaded=rep.loaded,
    )
