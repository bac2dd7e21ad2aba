"""Hook switch and button, opened and closed on the lines: bounces, presses, the load gate."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from device.check_light import check_light
from device.load import LoadGate
from device.settings import LoadSettings, Settings
from device.switches import Inputs, Press
from tests.gpio.children import Child, Talk, child
from tests.gpio.lamps_seen import lines
from tests.gpio.lines import Line, wait_for_level
from tests.unit.machine import FailedError, need

HOOK, BUTTON = 23, 24
WITH_HOOK = Settings(load=LoadSettings(gate="hook"))
FRAME_S = 1 / 30
QUIET_S = 0.6  # in which a press that should not be would have been told


def reads(talk: Talk) -> None:
    """Says every press and every change of the load, as the unit looks for them at 30 frames.

    Told "blind" it does not look until it is told again.
    """
    with Inputs(WITH_HOOK) as inputs:
        gate = LoadGate(WITH_HOOK.load, inputs.hook)
        loaded = gate.update(None, time.monotonic()).loaded
        talk.send(loaded)
        while True:
            if talk.poll():
                talk.send(talk.recv())  # blind from here on
                talk.recv()
            now_s = time.monotonic()
            for press in inputs.presses():
                talk.send((press, now_s))
            before, loaded = loaded, gate.update(None, now_s).loaded
            if loaded != before:
                talk.send((loaded, now_s))
            time.sleep(FRAME_S)


def hold(line: Line, for_s: float) -> float:
    """Closed for so long, or a little longer; how long it was."""
    begun_s = time.monotonic()
    line.pull(up=False)
    time.sleep(for_s)
    line.pull(up=True)
    return time.monotonic() - begun_s


def bounce(line: Line, times: int = 8) -> None:
    """Milliseconds in which a real contact can't decide."""
    for _ in range(times):
        hold(line, 0.001)
        time.sleep(0.001)


def _quiet(program: Child, what: str) -> None:
    time.sleep(QUIET_S)
    said = program.heard()
    need(not said, f"{what}: the program says {said}")


def _pressed(program: Child, wanted: Press, what: str) -> float:
    press, when_s = program.hear(10)
    need(press == wanted, f"{what}: a {press} press, not a {wanted} one")
    return float(when_s)


def button() -> str:
    """Short and long presses, told apart as on the mock."""
    line = Line(BUTTON)
    with child(reads) as program:
        program.hear()
        need(line.pulled_up, "no pull-up was asked for on the button's pin")
        bounce(line)
        held_s = hold(line, 0.2)
        bounce(line)
        _pressed(program, Press.SHORT, f"held {held_s:.2f} s with bounces")
        _quiet(program, "after a short press with bounces")
        begun_s = time.monotonic()
        line.pull(up=False)
        long_s = _pressed(program, Press.LONG, "held") - begun_s
        need(1.0 <= long_s < 1.5, f"a long press is told after {long_s:.2f} s, not 1 s")
        line.pull(up=True)
        _quiet(program, "after a long press")
        touches_ms = [1000 * hold(line, 0.005) for _ in range(3)]
        need(max(touches_ms) < 25, f"this machine is too busy: a touch lasted {touches_ms} ms")
        _quiet(program, "after touches")
        program.tell("blind")
        need(program.hear() == "blind", "the program does not wait")
        for pressed_s in (0.15, 1.3, 0.3):
            hold(line, pressed_s)
            time.sleep(0.3)
        program.tell()
        for wanted in (Press.SHORT, Press.LONG, Press.SHORT):
            _pressed(program, wanted, "three presses while nobody looked")
        _quiet(program, "after all presses")
    return (
        f"short with 16 bounces: one press; long told after {long_s:.2f} s while held, once;"
        f" touches of {max(touches_ms):.0f} ms: none; short, long, short while nobody looked: told"
    )


def hook() -> str:
    """Bar off its hooks is loaded after 0.2 s, rattling is not, and an open wire is racked."""
    line = Line(HOOK)
    with child(reads) as program:
        need(program.hear() is False, "an open wire is not racked")
        need(line.pulled_up, "no pull-up was asked for on the hook's pin")
        rattles_ms = []
        for _ in range(20):
            rattles_ms.append(1000 * hold(line, 0.08))
            time.sleep(0.02)
        need(max(rattles_ms) < 190, f"this machine is too busy: a rattle of {max(rattles_ms)} ms")
        _quiet(program, "a rattling bar")
        took_s = {}
        for loaded in (True, False):
            bounce(line)
            line.pull(up=not loaded)
            begun_s = time.monotonic()
            told, when_s = program.hear(10)
            took_s[loaded] = when_s - begun_s
            need(told is loaded, f"the load is {told}, not {loaded}")
            need(0.19 <= took_s[loaded] < 0.6, f"loaded {loaded} after {took_s[loaded]:.2f} s")
        _quiet(program, "after racking")
    return (
        f"rattling 20 times (at most {max(rattles_ms):.0f} ms closed): racked;"
        f" off: loaded after {took_s[True]:.2f} s, back: racked after {took_s[False]:.2f} s"
    )


def _walks(talk: Talk) -> None:
    talk.send(check_light(WITH_HOOK, 20.0, talk.send))


def walk() -> str:
    """`racklight check --light`: what it says is what is on the lines."""
    outputs, inputs = lines(), {name: Line(number) for name, number in SWITCHES.items()}
    with child(_walks) as program:
        for name, words in LOOKS.items():
            said = str(program.hear())
            need(words in said, f"it says {said!r}, not {words!r}")
            wait_for_level(outputs[name], 1, 5, words)
            on = [other for other in outputs if other != name and outputs[other].level]
            need(not on, f"{words}, and {on} are on")
        need(str(program.hear()).startswith("Dark"), "it does not say that all is dark")
        for name, line in outputs.items():
            need(not line.level, f"it says dark, and {name} is on")
        program.hear()
        states = [program.hear() for _ in inputs]
        need("racked" in states[0] and "not pressed" in states[1], f"it says {states}")
        inputs["hook"].pull(up=False)
        _says(program, "loaded")
        inputs["button"].pull(up=False)
        _says(program, "pressed")
        inputs["button"].pull(up=True)
        _says(program, "not pressed")
        _says(program, "short press")
        inputs["hook"].pull(up=True)
        _says(program, "racked")
        ended = _until(program, lambda said: said is True)
        need(not ended, f"it also says {ended}")
    return "three lamps, buzzer, hook and button: each was on its line what was said"


SWITCHES = {"hook": HOOK, "button": BUTTON}
LOOKS = {
    "red": "GPIO 17: the red lamp blinks fast",
    "green": "GPIO 27: the green lamp is steady",
    "amber": "GPIO 22: the amber lamp blinks twice",
    "buzzer": "GPIO 18: the buzzer beeps",
}


def _says(program: Child, words: str) -> None:
    said = program.hear(10)
    need(isinstance(said, str) and words in said, f"it says {said!r}, not {words!r}")


def _until(program: Child, last: Callable[[Any], bool]) -> list[Any]:
    said: list[Any] = []
    until_s = time.monotonic() + 40
    while time.monotonic() < until_s:
        said.append(program.hear())
        if last(said[-1]):
            return said[:-1]
    raise FailedError(f"it does not end; it says {said}")
