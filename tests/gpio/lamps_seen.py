"""Lamps and buzzer as they really are on the lines: colours, rhythms, dimming, tone, muting."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from device.cues import LightBox
from device.lamps import Note
from device.records import Cue, Light
from device.settings import CueSettings
from tests.gpio.children import Talk, child
from tests.gpio.lines import Line, Seen, wait_for_level, watch
from tests.unit.machine import need

GPIO = {"red": 17, "green": 27, "amber": 22, "buzzer": 18}
BLINK, TWICE = (0.1, 0.1), (0.1, 0.1, 0.1, 0.5)
# Emulated, a change is some milliseconds late, by KVM on a busy machine more; a rhythm that drifts
# or leaves a beat out is out of step for good.
IN_STEP, LATE_MS = 0.9, 50
EDGE_S = 0.02  # left out at both ends of a beat

Shown = Cue | Note | None  # None: mute


def lines() -> dict[str, Line]:
    """The outputs, at the numbers of the settings' defaults."""
    return {name: Line(number) for name, number in GPIO.items()}


def plays(settings: CueSettings) -> Callable[[Talk], None]:
    """A process with a light box that does what it is told; says when it began and was done."""

    def body(talk: Talk) -> None:
        with LightBox(settings) as box:
            talk.send("open")
            while (what := talk.recv()) != "end":
                begun_s = time.monotonic()
                _do(box, what)
                talk.send((begun_s, time.monotonic()))

    return body


def _do(box: LightBox, what: Shown) -> None:
    if isinstance(what, Note):
        box.tell(what)
    elif what is None:
        box.muted = True
    else:
        box.show(what)


def colours() -> str:
    """Every cue is its own lamp, at once, and the one before is off."""
    outputs, took_ms = lines(), []
    with child(plays(CueSettings())) as box:
        box.hear()
        need(not any(line.level for line in outputs.values()), "a lamp is lit before any cue")
        for name in ("red", "green", "amber", "green", "red", "amber", "red"):
            box.tell(Cue(Light(name)))
            wait_for_level(outputs[name], 1, 5, f"{name} shown")
            begun_s, done_s = box.hear()
            others = [other for other in outputs if other != name and outputs[other].level]
            need(not others, f"{name} shown, and {others} are on")
            took_ms.append(1000 * (done_s - begun_s))
        box.tell(Cue())
        box.hear()
        need(not any(line.level for line in outputs.values()), "a lamp is lit after Cue()")
    return f"7 lights, one lamp at a time, `show` took {statistics.median(took_ms):.1f} ms"


def _rhythm(
    settings: CueSettings,
    shown: Shown,
    beats: Mapping[str, Sequence[float]],
    for_s: float,
    once: bool,
) -> list[float]:
    """Plays and watches; how late each change was, in ms."""
    outputs = lines()
    with child(plays(settings)) as box:
        box.hear()
        until_s = time.monotonic() + for_s + 0.5
        box.tell(shown)
        seen = watch(outputs, until_s)
        begun_s, _ = box.hear()
    late: list[float] = []
    for name, line in seen.items():
        if name not in beats:
            need(not line.ever_on, f"{name} was on")
            continue
        rhythm = (begun_s + for_s, beats[name], not once)
        came = line.late_ms(begun_s, *rhythm)
        need(bool(came), f"{name} was never on")
        usual_ms = statistics.median(came)
        need(usual_ms < LATE_MS, f"{name} is {usual_ms:.0f} ms late in the median")
        share = line.in_step(begun_s + usual_ms / 1000, *rhythm)
        need(share >= IN_STEP, f"{name} was in step {100 * share:.0f} % of the time")
        late += came
    return late


def rhythms() -> str:
    """Red five times a second, amber twice, green steady; beeps of full and of half length."""
    told = []
    plain, half = CueSettings(), CueSettings(buzzer_volume_percent=50)
    sounding = Cue(Light.RED, buzzer=True)
    played: list[tuple[str, CueSettings, Cue, dict[str, Sequence[float]]]] = [
        ("red", plain, Cue(Light.RED), {"red": BLINK}),
        ("green", plain, Cue(Light.GREEN), {"green": (60.0,)}),
        ("amber", plain, Cue(Light.AMBER), {"amber": TWICE}),
        ("beep", plain, sounding, {"red": BLINK, "buzzer": BLINK}),
        ("half a beep", half, sounding, {"red": BLINK, "buzzer": (0.05, 0.15)}),
    ]
    for name, settings, cue, beats in played:
        late = _rhythm(settings, cue, beats, 3.95, once=False)
        told.append(f"{name} {_late(late)}")
    return "4 s each, changes late by (median, worst ms): " + ", ".join(told)


def notes() -> str:
    """What the button is answered with is over by itself."""
    told = []
    every = ("red", "green", "amber")
    beats: dict[Note, tuple[float, ...]] = {
        Note.SET_STARTED: (0.15,),
        Note.SET_ENDED: (0.8,),
        Note.MUTED: (0.1, 0.2, 0.1, 0.2, 0.1),
    }
    for note, rhythm in beats.items():
        late = _rhythm(CueSettings(), note, dict.fromkeys(every, rhythm), 2.0, once=True)
        told.append(f"{note} {_late(late)}")
    late = _rhythm(CueSettings(), Note.SOUND_ON, {"buzzer": (0.1,)}, 2.0, once=True)
    return ", ".join([*told, f"sound on {_late(late)}"]) + " ms late (median, worst)"


def _late(late: list[float]) -> str:
    return f"{statistics.median(late):.0f}/{max(late):.0f}"


def _beats(seen: Seen, begun_s: float, on: bool, for_s: float) -> list[tuple[float, float]]:
    """The middle of the beats on, or off, of a fast blink."""
    first_s = begun_s + (0.0 if on else 0.1)
    starts = [first_s + 0.2 * index for index in range(int(for_s / 0.2))]
    return [(start_s + EDGE_S, start_s + 0.1 - EDGE_S) for start_s in starts]


def _pulsed(settings: CueSettings, cue: Cue, name: str, for_s: float = 3.0) -> tuple[float, float]:
    """The share of time on, and pulses a second, of a dimmed or sounding line; silent between."""
    outputs = lines()
    with child(plays(settings)) as box:
        box.hear()
        until_s = time.monotonic() + for_s + 0.3
        box.tell(cue)
        seen = watch({name: outputs[name]}, until_s, pause_s=0)[name]
        begun_s, _ = box.hear()
        box.tell(Cue())
        box.hear()
        dark = watch({name: outputs[name]}, time.monotonic() + 0.3, pause_s=0)[name]
        need(not dark.at(time.monotonic()), f"{name} is on after Cue()")
        need(len(dark.changes) <= 2, f"{name} goes on pulsing after Cue()")
    on, off = (_beats(seen, begun_s, which, for_s) for which in (True, False))
    left = statistics.median(seen.share(*beat) for beat in off)
    need(left == 0, f"{name} is on for {left:.2f} of the beats off")
    share = statistics.median(seen.share(*beat) for beat in on)
    per_s = statistics.median(seen.pulses(*beat) / (beat[1] - beat[0]) for beat in on)
    return share, per_s


def pulses() -> str:
    """A passive buzzer's tone, and an RGB LED's amber, by lgpio's own thread."""
    told = []
    passive: dict[str, Any] = {"buzzer_kind": "passive", "buzzer_tone_hz": 200}
    for name, settings, output, level in (
        ("tone", CueSettings(**passive), "buzzer", 0.5),
        ("half as loud", CueSettings(**passive, buzzer_volume_percent=50), "buzzer", 1 / 6),
    ):
        share, per_s = _pulsed(settings, Cue(Light.RED, buzzer=True), output)
        need(abs(share - level) < 0.1, f"{name}: on for {share:.2f} of the time, not {level:.2f}")
        need(100 < per_s <= 250, f"{name}: {per_s:.0f} pulses a second, not 200")
        told.append(f"{name} on for {share:.2f} (of {level:.2f}), {per_s:.0f} a second (of 200)")
    return ", ".join([*told, _mixed()]) + "; silent between the beeps and after"


def _mixed() -> str:
    """Amber of an RGB LED: red in full, some green, in the first two of eight tenths' beats."""
    outputs = lines()
    with child(plays(CueSettings(lamps="rgb", rgb_amber_green=0.4))) as box:
        box.hear()
        until_s = time.monotonic() + 3.5
        box.tell(Cue(Light.AMBER))
        seen = watch({name: outputs[name] for name in ("red", "green")}, until_s, pause_s=0)
        begun_s, _ = box.hear()
    starts = [begun_s + 0.8 * index + offset for index in range(4) for offset in (0.0, 0.2)]
    shares = {
        name: statistics.median(
            line.share(start_s + EDGE_S, start_s + 0.1 - EDGE_S) for start_s in starts
        )
        for name, line in seen.items()
    }
    need(shares["red"] > 0.95, f"amber: red on for {shares['red']:.2f} of the time")
    need(abs(shares["green"] - 0.4) < 0.1, f"amber: green on for {shares['green']:.2f}, not 0.4")
    return f"RGB amber: red {shares['red']:.2f}, green {shares['green']:.2f} (of 0.40)"


def muted() -> str:
    """Muting silences the buzzer at once, and the red light goes on blinking."""
    outputs = lines()
    with child(plays(CueSettings())) as box:
        box.hear()
        box.tell(Cue(Light.RED, buzzer=True))
        wait_for_level(outputs["buzzer"], 1, 5, "a beep")
        box.hear()
        box.tell(None)
        _, done_s = box.hear()
        seen = watch(outputs, done_s + 1.0)
        need(not seen["buzzer"].ever_on, "the buzzer sounds after it was muted")
        blinks = seen["red"].pulses(done_s, done_s + 1.0)
        need(blinks >= 3, f"red blinked {blinks} times in a second")
    return f"no beep in the second after; red blinked {blinks} times"
