"""`racklight check --light` on mock pins: what is shown while what is said."""

from __future__ import annotations

from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory
from rack import Clock

from device.check_light import check_light
from device.errors import CueError
from device.settings import CueSettings, InputSettings, LoadSettings, Settings

GPIO = {"red": 17, "green": 27, "amber": 22, "buzzer": 18}


class Watcher:
    """Notes which pins were on when a question was asked or time passed."""

    def __init__(self, pins: MockFactory, answers: dict[int, bool] | None = None) -> None:
        self.pins, self.clock, self.answers = pins, Clock(), answers or {}
        self.said: list[str] = []
        self.shown: list[set[str]] = []
        self.at: dict[float, Any] = {}  # what to do once so many seconds have passed

    def sleep(self, seconds: float) -> None:
        self._look()
        self.clock.sleep(seconds)
        for when in [when for when in self.at if self.clock() - 100.0 >= when]:
            self.at.pop(when)()

    def ask(self, question: str) -> bool:
        self._look()
        return self.answers.get(len(self.shown), True)

    def _look(self) -> None:
        on = {name for name, number in GPIO.items() if self.pins.pin(number).state}
        if on:
            self.shown.append(on)


def run(watcher: Watcher, settings: Settings, seconds: float = 5.0, asks: bool = False) -> bool:
    ask = watcher.ask if asks else None
    return check_light(settings, seconds, watcher.said.append, ask, watcher.clock, watcher.sleep)


ALL = [{"red"}, {"green"}, {"amber"}, {"buzzer"}]


def test_every_lamp_and_the_buzzer_are_shown_and_said_and_nothing_stays_on(
    pins: MockFactory,
) -> None:
    watcher = Watcher(pins)
    assert run(watcher, Settings())
    assert watcher.shown == ALL
    words = ["GPIO 17: the red", "GPIO 27: the green", "GPIO 22: the amber", "GPIO 18: the buzzer"]
    assert [line[: len(word)] for line, word in zip(watcher.said, words, strict=False)] == words
    assert "cue/buzzer is false" in watcher.said[3]
    assert not any(pins.pin(number).state for number in GPIO.values())


def test_an_rgb_led_is_walked_through_too(pins: MockFactory) -> None:
    watcher = Watcher(pins)
    cue = CueSettings(lamps="rgb", buzzer=True, buzzer_kind="passive")
    assert run(watcher, Settings(cue=cue))
    assert watcher.shown == [{"red"}, {"green"}, {"red", "green"}, {"buzzer"}]
    assert "GPIO 17 and 27: the amber" in watcher.said[2]
    assert "false" not in watcher.said[3]


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_one_no_is_a_failure_with_a_place_to_look(pins: MockFactory, number: int) -> None:
    watcher = Watcher(pins, {number: False})
    assert not run(watcher, Settings(), asks=True)
    assert watcher.shown == ALL
    assert watcher.said[-1].startswith("FAIL")


def test_yes_to_everything_is_none(pins: MockFactory) -> None:
    assert run(Watcher(pins), Settings(), asks=True)


def test_the_switches_are_shown_as_they_change(pins: MockFactory) -> None:
    watcher = Watcher(pins)
    start_s = 8.0  # four lights, two seconds each
    watcher.at = {
        start_s + 1.0: lambda: pins.pin(23).drive_low(),
        start_s + 2.0: lambda: pins.pin(24).drive_low(),
        start_s + 2.3: lambda: pins.pin(24).drive_high(),
        start_s + 3.0: lambda: pins.pin(23).drive_high(),
        start_s + 4.0: lambda: pins.pin(24).drive_low(),
    }
    assert run(watcher, Settings(load=LoadSettings(gate="hook")), seconds=6.0)
    assert watcher.said[6:] == [
        "Hook, GPIO 23: bar racked (or a wire is broken)",
        "Button, GPIO 24: not pressed",
        "Hook, GPIO 23: bar off the hooks: loaded",
        "Button, GPIO 24: pressed",
        "Button, GPIO 24: not pressed",
        "Button: short press; in the unit it starts or ends a set",
        "Hook, GPIO 23: bar racked (or a wire is broken)",
        "Button, GPIO 24: pressed",
        "Button: long press; in the unit it mutes the buzzer, or lets it sound",
    ]


def test_switches_that_are_not_read_are_said_and_nobody_waits_for_them(pins: MockFactory) -> None:
    watcher = Watcher(pins)
    assert run(watcher, Settings(inputs=InputSettings(button=False)), seconds=1000.0)
    assert watcher.clock() < 110.0
    assert any("load/gate is 'hands'" in line for line in watcher.said)
    assert any("inputs/button is false" in line for line in watcher.said)


def test_a_unit_that_runs_holds_the_pins_and_that_is_said(pins: MockFactory) -> None:
    from gpiozero import LED

    with LED(27), pytest.raises(CueError, match="stop the unit first"):
        run(Watcher(pins), Settings())
