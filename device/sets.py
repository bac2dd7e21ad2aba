"""Which set a rep belongs to: the reps between taking and racking the bar."""

from __future__ import annotations

from device.records import RepSpan

# A longer rest between two reps starts a new set even if nobody saw the bar racked.
GAP_S = 90.0
# Hands leave the bar for a moment to be dried or moved; racking and taking it takes longer.
SETTLED_S = 3.0


class SetCounter:
    """Numbers sets: the reps between taking and racking the bar, or with gaps under 90 s.

    sets = SetCounter()
    sets.update(time_s, load.loaded)          # every frame
    number = sets.set_of_rep(phase.ended)     # once for each rep, in their order
    sets.begin(); sets.end()                  # a person says so: then the bar does not matter

    `settled_s`: how long the bar must be taken or racked before that counts; 0 with a hook switch.
    """

    def __init__(self, settled_s: float = SETTLED_S) -> None:
        self._settled_s = settled_s
        self._running = False
        self._number = 0
        self._last_end_s: float | None = None
        self._loaded: bool | None = None  # settled
        self._other_since_s: float | None = None
        self._new_set = True

    def update(self, time_s: float, loaded: bool | None) -> None:
        """Whether the bar is on the lifter in this frame; None (can't be told) changes nothing."""
        if loaded is None:
            return
        if self._loaded is None or loaded == self._loaded:
            self._loaded = loaded
            self._other_since_s = None
            return
        if self._other_since_s is None:
            self._other_since_s = time_s
        if time_s - self._other_since_s >= self._settled_s:
            self._loaded, self._other_since_s = loaded, None
            self._new_set = self._new_set or not self._running

    def set_of_rep(self, span: RepSpan) -> int:
        """The number, from 1, of the set this rep belongs to."""
        rested = self._last_end_s is not None and span.start_s - self._last_end_s >= GAP_S
        if self._new_set or rested:
            self._running = self._running and not rested  # somebody forgot to end it
            self._number += 1
            self._new_set = False
        self._last_end_s = span.end_s
        return self._number

    @property
    def fresh(self) -> bool:
        """Whether the next rep starts a new set."""
        return self._new_set

    @property
    def running(self) -> bool:
        """Whether a person has started a set and not ended it."""
        return self._running

    def begin(self) -> None:
        """The next rep starts a set, which lasts until `end`, another lifter or a long rest."""
        self._new_set = self._running = True

    def end(self) -> None:
        """The set is over; the next rep starts a new one."""
        self._new_set, self._running = True, False

    def new_lifter(self) -> None:
        """The next rep starts a new set."""
        self.end()
