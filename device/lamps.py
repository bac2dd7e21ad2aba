"""Lamps and buzzer on their pins: levels and rhythms, on a clock that somebody else keeps.

Red blinks fast, green is steady, amber blinks twice: for eyes that can't tell the colours apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from device.errors import CueError
from device.gpio import Output, open_output, open_pwm
from device.records import Cue, Light
from device.settings import CueSettings

LAMP_HZ = 200  # of dimmed lamps: too fast to be seen flickering
_EARLY_S = 1e-6  # a clock that says 0.0999999 means 0.1


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds on and off in turn; empty: steady."""

    beats_s: tuple[float, ...] = ()
    repeats: bool = True

    def at(self, since_s: float) -> tuple[bool, float | None]:
        """Whether it is on so long after its start, and seconds until that changes."""
        period_s = sum(self.beats_s)
        if not self.beats_s:
            return True, None
        if not self.repeats and since_s >= period_s - _EARLY_S:
            return False, None
        on, left_s = True, (since_s + _EARLY_S) % period_s
        for beat_s in self.beats_s:
            if left_s < beat_s:
                return on, beat_s - left_s + _EARLY_S
            on, left_s = not on, left_s - beat_s
        return True, self.beats_s[0]  # rounding: the next round begins


STEADY = Rhythm()
BLINK_S = 0.1
RHYTHMS = {
    Light.RED: Rhythm((BLINK_S, BLINK_S)),
    Light.GREEN: STEADY,
    Light.AMBER: Rhythm((BLINK_S, BLINK_S, BLINK_S, 5 * BLINK_S)),
}


class Note(StrEnum):
    """What the unit says to a press of its button; no light after a rep looks like it."""

    SET_STARTED = "set started"  # all lamps, short
    SET_ENDED = "set ended"  # all lamps, long
    MUTED = "muted"  # all lamps, three times
    SOUND_ON = "sound on"  # a beep


_NOTES = {
    Note.SET_STARTED: Rhythm((0.15, 0.15), repeats=False),
    Note.SET_ENDED: Rhythm((0.8, 0.2), repeats=False),
    Note.MUTED: Rhythm((0.1, 0.2) * 3, repeats=False),
}

# Output -> how strong while it is on, and when.
Scene = Mapping[str, tuple[float, Rhythm]]
DARK: Scene = {}


def scene_of(cue: Cue, settings: CueSettings) -> Scene:
    """What the outputs do for a cue."""
    scene: dict[str, tuple[float, Rhythm]] = {}
    if cue.light is not Light.OFF:
        levels = {cue.light.value: 1.0}
        if settings.lamps == "rgb" and cue.light is Light.AMBER:
            levels = {"red": 1.0, "green": settings.rgb_amber_green}
        scene = {name: (level, RHYTHMS[cue.light]) for name, level in levels.items()}
    if cue.buzzer:
        scene["buzzer"] = (_loudness(settings), Rhythm(_beep_s(settings)))
    return scene


def scene_of_note(note: Note, settings: CueSettings) -> Scene:
    """What the outputs do to answer the button; over by itself."""
    if note is Note.SOUND_ON:
        return {"buzzer": (_loudness(settings), Rhythm(_beep_s(settings), repeats=False))}
    lamps = ("red", "green") if settings.lamps == "rgb" else ("red", "green", "amber")
    return dict.fromkeys(lamps, (1.0, _NOTES[note]))


def _loudness(settings: CueSettings) -> float:
    """The share of time on of a passive buzzer's tone.

    The fundamental of a pulse wave goes with sin(pi * share): strongest at a half. An active
    buzzer makes its tone itself and is on or off.
    """
    if settings.buzzer_kind == "active":
        return 1.0
    return math.asin(settings.buzzer_volume_percent / 100) / math.pi


def _beep_s(settings: CueSettings) -> tuple[float, float]:
    """Seconds on and off of one beep; an active buzzer is softer with a shorter one."""
    on_s = BLINK_S
    if settings.buzzer_kind == "active":
        on_s *= settings.buzzer_volume_percent / 100
    return on_s, 2 * BLINK_S - on_s


class Lamps:
    """The outputs of the settings: three lamps or one RGB LED, and a buzzer.

    lamps = Lamps(settings.cue)
    lamps.open()                                    # all off
    lamps.play(scene_of(cue, settings.cue), now_s)  # shown when this returns
    pause_s = lamps.advance(now_s)                  # call again after so many seconds
    lamps.close()

    Errors are those of the pin library.
    """

    def __init__(self, settings: CueSettings) -> None:
        self._settings = settings
        self._outputs: dict[str, Output] = {}
        self._written: dict[str, float] = {}  # what is known to be on the pins
        self._scene = DARK
        self._since_s = 0.0

    def open(self) -> None:
        """Takes the pins, all off."""
        settings, rgb = self._settings, self._settings.lamps == "rgb"
        for name, pin in self.pins.items():
            if name == "buzzer" and settings.buzzer_kind == "passive":
                self._outputs[name] = open_pwm(pin, settings.buzzer_tone_hz)
            elif name != "buzzer" and rgb:
                self._outputs[name] = open_pwm(pin, LAMP_HZ)
            else:
                self._outputs[name] = open_output(pin)
            self._written[name] = 0.0

    def close(self) -> None:
        """Lets go of the pins; never raises."""
        outputs, self._outputs = self._outputs, {}
        self._written, self._scene = {}, DARK
        for output in outputs.values():
            with suppress(Exception):  # the other pins must be let go too
                output.close()

    @property
    def pins(self) -> dict[str, int]:
        """GPIO number of every output in use."""
        settings = self._settings
        pins = {"red": settings.red_pin, "green": settings.green_pin}
        if settings.lamps == "three":
            pins["amber"] = settings.amber_pin
        return pins | {"buzzer": settings.buzzer_pin}

    def play(self, scene: Scene, now_s: float) -> float | None:
        """Shows a scene from its start; returns what `advance` does."""
        self._scene, self._since_s = scene, now_s
        return self.advance(now_s)

    def advance(self, now_s: float) -> float | None:
        """Puts on the pins what belongs there now.

        Returns the seconds until the next change, None if there is none.
        """
        wanted, pauses = dict.fromkeys(self._outputs, 0.0), []
        for name, (level, rhythm) in self._scene.items():
            on, pause_s = rhythm.at(now_s - self._since_s)
            wanted[name] = level if on else 0.0
            if pause_s is not None:
                pauses.append(pause_s)
        for name in sorted(wanted, key=lambda name: wanted[name]):  # off before on
            self._write(name, wanted[name])
        return min(pauses, default=None)

    def silence(self) -> None:
        """The buzzer stops, the lamps go on."""
        self._scene = {name: what for name, what in self._scene.items() if name != "buzzer"}
        self._write("buzzer", 0.0)

    def dark(self) -> None:
        """Everything off, whatever the state; never raises."""
        self._scene = DARK
        for name in self._outputs:
            self._written.pop(name, None)
            with suppress(Exception):  # the other lamps must still go off
                self._write(name, 0.0)

    def check(self) -> None:
        """Drives every pin on and off and reads it back. Raises CueError naming the pin."""
        self.play(DARK, 0.0)
        for name, output in self._outputs.items():
            for wanted in (True, False):
                self._written.pop(name, None)
                self._write(name, float(wanted))
                if bool(output.value) != wanted:
                    raise CueError(
                        f"The {name} output on GPIO {self.pins[name]} can't be switched"
                        f" {'on' if wanted else 'off'}: look for a short circuit or another"
                        f" device on that pin, or set cue/{name}_pin."
                    )

    def _write(self, name: str, level: float) -> None:
        if self._written.get(name) == level:
            return
        self._written.pop(name, None)  # unknown, should the pin fail
        self._outputs[name].value = level
        self._written[name] = level
