"""`racklight check --light`: every lamp and the buzzer in turn, then hook and button live."""

from __future__ import annotations

import time
from collections.abc import Callable

from device.cues import WALK, LightBox
from device.records import Cue, Light
from device.settings import CueSettings, Settings
from device.switches import Inputs, Press

EACH_S = 2.0
LOOK_EVERY_S = 0.05

Say = Callable[[str], None]
Ask = Callable[[str], bool]
_LOOKS = {
    Light.RED: "the red lamp blinks fast",
    Light.GREEN: "the green lamp is steady",
    Light.AMBER: "the amber lamp blinks twice, again and again",
    Light.OFF: "the buzzer beeps, all lamps are dark",
}
_DOES = {Press.SHORT: "starts or ends a set", Press.LONG: "mutes the buzzer, or lets it sound"}


def check_light(
    settings: Settings,
    seconds: float,
    say: Say,
    ask: Ask | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Shows each light and says what one should see; then shows the switches for `seconds`.

    `ask` puts a yes-or-no question to the person who watches; without it nothing is asked.
    Returns False if the answer to one was no. Raises CueError, SwitchError.
    """
    with LightBox(settings.cue, clock) as box, Inputs(settings, clock) as inputs:
        box.check()
        seen = [_show(box, cue, settings.cue, say, ask, sleep) for cue in WALK]
        box.off()
        say("Dark: all lamps and the buzzer are off.")
        _watch(settings, inputs, seconds, say, clock, sleep)
    if all(seen):
        return True
    say("FAIL: look at the wiring of what was not right (hardware/README.md).")
    return False


def _show(
    box: LightBox,
    cue: Cue,
    settings: CueSettings,
    say: Say,
    ask: Ask | None,
    sleep: Callable[[float], None],
) -> bool:
    say(f"{_pins(cue.light, settings)}: {_LOOKS[cue.light]}.{_remark(cue, settings)}")
    box.show(cue)
    if ask is None:
        sleep(EACH_S)
        return True
    return ask("Is it so?")


def _pins(light: Light, settings: CueSettings) -> str:
    if light is Light.AMBER and settings.lamps == "rgb":
        return f"GPIO {settings.red_pin} and {settings.green_pin}"
    pins = {
        Light.RED: settings.red_pin,
        Light.GREEN: settings.green_pin,
        Light.AMBER: settings.amber_pin,
        Light.OFF: settings.buzzer_pin,
    }
    return f"GPIO {pins[light]}"


def _remark(cue: Cue, settings: CueSettings) -> str:
    if not cue.buzzer or settings.buzzer:
        return ""
    return " (The unit does not sound it: cue/buzzer is false.)"


def _watch(
    settings: Settings,
    inputs: Inputs,
    seconds: float,
    say: Say,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> None:
    """A line for every change of the switches."""
    if inputs.hook is None:
        say(f"Hook switch: not read, because load/gate is '{settings.load.gate}'.")
    if inputs.button_down is None:
        say("Button: not read, because inputs/button is false.")
    if inputs.hook is None and inputs.button_down is None:
        return
    say(f"Take the bar off its hooks and put it back, press the button: {seconds:.0f} s.")
    before: list[str] = []
    until_s = clock() + seconds
    while clock() < until_s:
        pressed = [
            f"Button: {press} press; in the unit it {_DOES[press]}" for press in inputs.presses()
        ]
        now = _states(settings, inputs)
        for line in (*(line for line in now if line not in before), *pressed):
            say(line)
        before = now
        sleep(LOOK_EVERY_S)


def _states(settings: Settings, inputs: Inputs) -> list[str]:
    lines = []
    if inputs.hook is not None:
        bar = "racked (or a wire is broken)" if inputs.racked() else "off the hooks: loaded"
        lines.append(f"Hook, GPIO {settings.inputs.hook_pin}: bar {bar}")
    if inputs.button_down is not None:
        held = "pressed" if inputs.button_down else "not pressed"
        lines.append(f"Button, GPIO {settings.inputs.button_pin}: {held}")
    return lines
