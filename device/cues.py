"""The answer: when the light shows what (CueLogic), and keeping it shown (LightBox).

Red: the pelvis tucked past the threshold. Green: a clean rep. Amber: not measured.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any, Self

from device.errors import CueError
from device.gpio import one_sentence
from device.lamps import Lamps, Note, Scene, scene_of, scene_of_note
from device.records import Cue, Light, Load, Phase, PhaseName, Verdict, VerdictName, Wink
from device.settings import CueSettings

# Red fires when the wink has been past the threshold this long, and clears this far below it.
FIRES_AFTER_S = 0.066
CLEARS_BELOW_DEG = 3.0
CLOCK_STEP_S = 0.001  # two frames at 30 per second are 66.7 ms, give or take the camera's clock

# Which of three reps get a light in faded mode, one row after the other: two in three, in an
# order that a lifter can't count along with.
_FADED = (True, True, False, True, False, True, False, True, True, True, True, False)

_LIGHT_OF = {
    VerdictName.CLEAN: Light.GREEN,
    VerdictName.WINK: Light.RED,
    VerdictName.NOT_MEASURED: Light.AMBER,
}
_MOVING = (PhaseName.DESCENT, PhaseName.BOTTOM, PhaseName.ASCENT)
_OFF = Cue()
# What a walk through the lights shows.
WALK = (Cue(Light.RED), Cue(Light.GREEN), Cue(Light.AMBER), Cue(buzzer=True))


class CueLogic:
    """Decides what the light shows; knows nothing of lamps.

    logic = CueLogic(settings.cue, threshold_deg=10.0, max_sd_deg=3.0)
    box.show(logic.during(time_s, wink, phase, load))       # every frame
    box.show(logic.after(time_s, verdict, rep_load))        # at the end of a rep
    box.show(logic.unsure())                                # camera lost, lifter gone

    The light after a rep stays through the next calls of `during` until its time is over or the
    next rep starts. Unloaded reps, and those of which the load can't be told, get no light
    unless the settings say so.
    """

    def __init__(self, settings: CueSettings, threshold_deg: float, max_sd_deg: float) -> None:
        self._settings = settings
        self._threshold_deg = threshold_deg
        self._max_sd_deg = max_sd_deg
        self._past_since_s: float | None = None
        self._red = False
        self._answer = _OFF
        self._answer_until_s = 0.0
        self._answered = 0  # reps that could have had a light, for the faded mode

    def during(self, time_s: float, wink: Wink, phase: Phase, load: Load) -> Cue:
        """The cue of this frame."""
        if phase.name not in _MOVING:
            self._past_since_s, self._red = None, False
            return self._answer if time_s < self._answer_until_s else _OFF
        self._answer, self._answer_until_s = _OFF, 0.0
        if self._settings.mode != "at_once" or not self._may_answer(load):
            self._past_since_s, self._red = None, False
            return _OFF
        self._red = self._is_red(time_s, wink)
        return self._cue(Light.RED) if self._red else _OFF

    def after(self, time_s: float, verdict: Verdict, load: Load) -> Cue:
        """The cue of a rep that has just ended; partial reps get none."""
        self._past_since_s, self._red = None, False
        self._answer, self._answer_until_s = _OFF, 0.0
        light = _LIGHT_OF.get(verdict.name)
        if light is not None and self._may_answer(load) and self._answers_this_one():
            self._answer = self._cue(light)
            self._answer_until_s = time_s + self._settings.hold_s
        return self._answer

    def unsure(self) -> Cue:
        """Light off, everything forgotten: the unit can't trust what it sees."""
        self._past_since_s, self._red = None, False
        self._answer, self._answer_until_s = _OFF, 0.0
        return _OFF

    def _is_red(self, time_s: float, wink: Wink) -> bool:
        unsure = wink.wink_sd_deg is None or not wink.wink_sd_deg <= self._max_sd_deg
        if wink.wink_deg is None or unsure:
            self._past_since_s = None
            return False
        if self._red and wink.wink_deg >= self._threshold_deg - CLEARS_BELOW_DEG:
            return True
        if not wink.wink_deg > self._threshold_deg:
            self._past_since_s = None
            return False
        if self._past_since_s is None:
            self._past_since_s = time_s
        return time_s - self._past_since_s >= FIRES_AFTER_S - CLOCK_STEP_S

    def _may_answer(self, load: Load) -> bool:
        loaded = load.loaded is True or self._settings.unloaded
        return loaded and self._settings.mode != "off"

    def _answers_this_one(self) -> bool:
        if self._settings.mode != "faded":
            return True
        answers = _FADED[self._answered % len(_FADED)]
        self._answered += 1
        return answers

    def _cue(self, light: Light) -> Cue:
        return Cue(light, buzzer=light is Light.RED and self._settings.buzzer)


class LightBox:
    """The lamps and the buzzer of the settings, with a thread that keeps their rhythms.

    with LightBox(settings.cue) as box:
        box.show(Cue(Light.GREEN))

    Everything is off at entry, at exit, after an error, and when the process is told to stop
    (SIGTERM) or ends. Raises CueError where the pins can't be driven.
    """

    def __init__(self, settings: CueSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._lamps = Lamps(settings)
        self._shown: Cue | None = _OFF  # None: nobody knows
        self._muted = False
        self._failed: Exception | None = None  # in the thread; said by the next `show`
        # a signal handler runs in the thread it interrupts, which may hold the lock already
        self._lock = threading.RLock()
        self._changed = threading.Event()
        self._thread: threading.Thread | None = None
        self._before_sigterm: Callable[[int, FrameType | None], Any] | int | None = None

    def __enter__(self) -> Self:
        with _one_sentence():
            try:
                self._lamps.open()
            except BaseException:
                self._lamps.close()
                raise
        self._thread = threading.Thread(target=self._keep_rhythm, name="light", daemon=True)
        self._thread.start()
        atexit.register(self.off)
        if threading.current_thread() is threading.main_thread():
            self._before_sigterm = signal.signal(signal.SIGTERM, self._on_sigterm)
        return self

    def __exit__(self, *_: object) -> None:
        self.off()
        thread, self._thread = self._thread, None
        self._changed.set()
        if thread is not None:
            thread.join()
        self._lamps.close()
        atexit.unregister(self.off)
        # leave alone what somebody else has put there since
        if self._before_sigterm is not None and signal.getsignal(signal.SIGTERM) == (
            self._on_sigterm
        ):
            signal.signal(signal.SIGTERM, self._before_sigterm)
        self._before_sigterm = None

    @property
    def muted(self) -> bool:
        """Whether the buzzer stays silent whatever is shown."""
        return self._muted

    @muted.setter
    def muted(self, muted: bool) -> None:
        with self._lock, _one_sentence():
            self._muted = muted
            if muted:
                self._lamps.silence()

    def show(self, cue: Cue) -> None:
        """Set the lamps; returns at once, rhythms go on by themselves. Raises CueError."""
        with self._lock, _one_sentence():
            self._say_failure()
            if cue == self._shown:
                return
            # set first: if a lamp fails half-way, the next cue sets all of them again
            self._shown = cue
            heard = Cue(cue.light, cue.buzzer and not self._muted)
            self._play(scene_of(heard, self._settings))

    def tell(self, note: Note) -> None:
        """Answer the button, unless a light is on: that comes first. Raises CueError."""
        with self._lock, _one_sentence():
            if self._shown == _OFF:
                self._play(scene_of_note(note, self._settings))

    def off(self) -> None:
        """Everything dark and silent, whatever the state; never raises."""
        with self._lock:
            self._shown = _OFF
            self._lamps.dark()

    def check(self) -> None:
        """Drive every pin on and off and read it back. Raises CueError naming the pin."""
        with self._lock, _one_sentence():
            self._shown = _OFF
            self._lamps.check()

    def walk(self, each_s: float = 1.0, sleep: Callable[[float], None] = time.sleep) -> None:
        """Show red, green and amber with their rhythms, then the buzzer, for a person to watch.

        Blocks for four times `each_s` seconds; a muted buzzer stays silent.
        """
        for cue in WALK:
            self.show(cue)
            sleep(each_s)
        self.show(_OFF)

    def _play(self, scene: Scene) -> None:
        self._lamps.play(scene, self._clock())
        self._changed.set()

    def _keep_rhythm(self) -> None:
        """The thread: sleeps from one change of the pins to the next."""
        while True:
            self._changed.clear()  # before looking: what changes from here on ends the wait
            if self._thread is None:
                return
            with self._lock:
                try:
                    pause_s = self._lamps.advance(self._clock())
                except Exception as error:
                    pause_s, self._failed, self._shown = None, error, None
                    self._lamps.dark()
            self._changed.wait(pause_s)

    def _say_failure(self) -> None:
        failed, self._failed = self._failed, None
        if failed is not None:
            raise failed

    def _on_sigterm(self, number: int, frame: FrameType | None) -> None:
        self.off()
        before = self._before_sigterm
        if callable(before):
            before(number, frame)
        elif before != signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)


def _one_sentence() -> AbstractContextManager[None]:
    return one_sentence(CueError, "The light can't be driven", "cue")
