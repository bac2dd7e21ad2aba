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
    """

    def __init__(self) -> None:
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
        elif self._other_since_s is None:
            self._other_since_s = time_s
        elif time_s - self._other_since_s >= SETTLED_S:
            self._loaded, self._other_since_s, self._new_set = loaded, None, True

    def set_of_rep(self, span: RepSpan) -> int:
        """The number, from 1, of the set this rep belongs to."""
        rested = self._last_end_s is not None and span.start_s - self._last_end_s >= GAP_S
        if self._new_set or rested:
            self._number += 1
            self._new_set = False
        self._last_end_s = span.end_s
        return self._number

    @property
    def fresh(self) -> bool:
        """Whether the next rep starts a new set."""
        return self._new_set

    def new_lifter(self) -> None:
        """The next rep starts a new set."""
        self._new_set = True
