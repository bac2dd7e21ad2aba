"""The answer: when the light shows what (CueLogic), and the lamps themselves (LightBox).

Red: the pelvis tucked past the threshold. Green: a clean rep. Amber: not measured. Each has its
own rhythm (fast blink, steady, double blink) for eyes that can't tell the colours apart.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from types import FrameType, TracebackType
from typing import Any, Self

from device.errors import CueError
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

# One step of a rhythm, seconds, and its on and off steps; steady where there is no entry.
RHYTHM_STEP_S = 0.1
RHYTHMS: dict[Light, tuple[int, ...]] = {
    Light.RED: (1, 0),
    Light.AMBER: (1, 0, 1, 0, 0, 0, 0, 0),
}


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
    """Three lamps and a buzzer on GPIO pins, driven through gpiozero.

    with LightBox(settings.cue) as box:
        box.show(Cue(Light.GREEN))

    Everything is off at entry, at exit, after an error, and when the process is told to stop
    (SIGTERM) or ends. `GPIOZERO_PIN_FACTORY=mock` drives gpiozero's mock pins instead of real
    ones. Raises CueError where the pins can't be driven.
    """

    def __init__(self, settings: CueSettings) -> None:
        self._pins = {
            "red": settings.red_pin,
            "green": settings.green_pin,
            "amber": settings.amber_pin,
            "buzzer": settings.buzzer_pin,
        }
        self._devices: dict[str, Any] = {}
        self._shown = _OFF
        # a signal handler runs in the thread it interrupts, which may hold the lock already
        self._lock = threading.RLock()
        self._before_sigterm: Callable[[int, FrameType | None], Any] | int | None = None

    def __enter__(self) -> Self:
        with _one_sentence():
            try:
                self._open()
            except BaseException:
                self._close()
                raise
        atexit.register(self.off)
        if threading.current_thread() is threading.main_thread():
            self._before_sigterm = signal.signal(signal.SIGTERM, self._on_sigterm)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.off()
        self._close()
        atexit.unregister(self.off)
        # leave alone what somebody else has put there since
        if self._before_sigterm is not None and signal.getsignal(signal.SIGTERM) == (
            self._on_sigterm
        ):
            signal.signal(signal.SIGTERM, self._before_sigterm)
        self._before_sigterm = None

    def show(self, cue: Cue) -> None:
        """Set the lamps; returns at once, rhythms go on by themselves. Raises CueError."""
        with self._lock:
            if cue == self._shown:
                return
            with _one_sentence():
                self._quiet()
                # set first: if a lamp fails half-way, the next cue sets all of them again
                self._shown = cue
                if cue.light is not Light.OFF:
                    self._play(self._devices[cue.light.value], RHYTHMS.get(cue.light))
                if cue.buzzer:
                    self._play(self._devices["buzzer"], RHYTHMS[Light.RED])

    def off(self) -> None:
        """Everything dark and silent, whatever the state; never raises."""
        with self._lock:
            self._shown = _OFF
            for device in self._devices.values():
                try:
                    device.source = None
                    device.off()
                except Exception:  # the other lamps must still go off
                    pass

    def check(self) -> None:
        """Drive every pin on and off and read it back. Raises CueError naming the pin."""
        with self._lock, _one_sentence():
            self._quiet()
            self._shown = _OFF
            for name, device in self._devices.items():
                for wanted in (True, False):
                    device.value = wanted
                    if bool(device.value) != wanted:
                        raise CueError(
                            f"The {name} output on GPIO {self._pins[name]} can't be switched"
                            f" {'on' if wanted else 'off'}: look for a short circuit or another"
                            f" device on that pin, or set cue/{name}_pin."
                        )

    def walk(self, each_s: float = 1.0) -> None:
        """Show red, green and amber with their rhythms, then the buzzer, for a person to watch.

        Blocks for four times `each_s` seconds.
        """
        cues = [Cue(light) for light in (Light.RED, Light.GREEN, Light.AMBER)]
        for cue in (*cues, Cue(buzzer=True)):
            self.show(cue)
            time.sleep(each_s)
        self.show(_OFF)

    def _open(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # gpiozero warns of each pin library it doesn't find
            from gpiozero import LED, Buzzer

            for name, pin in self._pins.items():
                kind = Buzzer if name == "buzzer" else LED
                self._devices[name] = kind(pin, initial_value=False)

    def _close(self) -> None:
        for device in self._devices.values():
            device.close()
        self._devices = {}

    def _quiet(self) -> None:
        for device in self._devices.values():
            device.source = None
            device.off()

    def _play(self, device: Any, rhythm: tuple[int, ...] | None) -> None:
        device.on()
        if rhythm is not None:
            device.source_delay = RHYTHM_STEP_S
            device.source = cycle(rhythm)

    def _on_sigterm(self, number: int, frame: FrameType | None) -> None:
        self.off()
        before = self._before_sigterm
        if callable(before):
            before(number, frame)
        elif before != signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)


@contextmanager
def _one_sentence() -> Iterator[None]:
    """Whatever a pin library raises becomes a CueError with the fix."""
    try:
        yield
    except CueError:
        raise
    except ImportError as error:  # gpiozero's BadPinFactory is one too
        raise CueError(
            f"The light can't be driven: this machine has no GPIO pins that gpiozero can use"
            f" ({error}). On a Raspberry Pi install the package python3-lgpio; elsewhere set"
            " GPIOZERO_PIN_FACTORY=mock to run without lamps."
        ) from error
    except PermissionError as error:
        raise CueError(
            f"The light can't be driven: no permission for the GPIO pins ({error}). Add the"
            " unit's user to the group gpio."
        ) from error
    except Exception as error:
        raise CueError(
            f"The light can't be driven: {error}. Check that no other program uses the pins of"
            " section [cue], and the wiring."
        ) from error
