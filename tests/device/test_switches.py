"""Hook switch and button in time: bounces, broken wires, short and long presses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import strategies as st
from rack import Clock, Grounded

from device.errors import SwitchError
from device.load import LoadGate
from device.records import RepSpan
from device.sets import SetCounter
from device.settings import InputSettings, LoadSettings, Settings
from device.switches import BUTTON_SETTLE_S, Debounce, Inputs, Press

HOOK, BUTTON = 23, 24
WITH_HOOK = Settings(load=LoadSettings(gate="hook"))


class Contact:
    """A switch to ground: the pin is low while it is closed."""

    def __init__(self, pins: MockFactory, number: int, clock: Clock) -> None:
        self._pin, self.clock = pins.pin(number), clock

    def close(self, for_s: float = 0.0) -> None:
        self._pin.drive_low()
        self.clock.sleep(for_s)

    def open(self, for_s: float = 0.0) -> None:
        self._pin.drive_high()
        self.clock.sleep(for_s)

    def bounce(self, times: int = 8) -> None:
        """Milliseconds in which a real contact can't decide."""
        for _ in range(times):
            self.close(0.001)
            self.open(0.002)


@contextmanager
def read(pins: MockFactory, settings: Settings, number: int) -> Iterator[tuple[Inputs, Contact]]:
    clock = Clock()
    with Inputs(settings, clock) as inputs:
        yield inputs, Contact(pins, number, clock)


# ---------------------------------------------------------------- the hook


def test_both_cups_empty_is_loaded_and_a_broken_wire_is_racked(pins: MockFactory) -> None:
    with read(pins, WITH_HOOK, HOOK) as (inputs, hook):
        assert pins.pin(HOOK).pull == "up"
        assert inputs.racked()  # nothing is connected: pulled up
        hook.close(1.0)
        assert not inputs.racked()
        hook.open(1.0)
        assert inputs.racked()


def test_the_bar_being_off_at_the_start_is_known_at_once(pins: MockFactory) -> None:
    pins.pin_class = Grounded
    with read(pins, WITH_HOOK, HOOK) as (inputs, _):
        assert not inputs.racked()


def test_a_bar_that_rattles_in_its_cups_stays_racked(pins: MockFactory) -> None:
    with read(pins, WITH_HOOK, HOOK) as (inputs, hook):
        for _ in range(20):
            hook.close(0.15)
            assert inputs.racked()
            hook.open(0.05)
            assert inputs.racked()


def test_it_counts_once_it_has_settled_and_not_before(pins: MockFactory) -> None:
    settings = Settings(load=LoadSettings(gate="hook"), inputs=InputSettings(hook_settle_s=0.3))
    with read(pins, settings, HOOK) as (inputs, hook):
        hook.bounce()
        hook.close(0.29)
        assert inputs.racked()
        hook.close(0.02)
        assert not inputs.racked()


def test_rattling_between_two_frames_is_no_change(pins: MockFactory) -> None:
    """Off, back on and off again within one frame: at rest only from the last edge on."""
    with read(pins, WITH_HOOK, HOOK) as (inputs, hook):
        hook.close(0.19)
        hook.open(0.01)
        hook.close(0.05)
        assert inputs.racked()
        hook.close(0.16)
        assert not inputs.racked()


def test_a_set_is_the_reps_between_taking_the_bar_and_racking_it(pins: MockFactory) -> None:
    """At 30 frames a second; a second with the bar on its hooks is enough to end a set."""
    with read(pins, WITH_HOOK, HOOK) as (inputs, hook):
        gate, sets, numbers = LoadGate(WITH_HOOK.load, inputs.hook), SetCounter(0.0), []
        for closed in (True, False, True):
            (hook.close if closed else hook.open)()
            loads = []
            for _ in range(30):
                hook.clock.sleep(1 / 30)
                loads.append(gate.update(None, hook.clock()).loaded)
                sets.update(hook.clock(), loads[-1])
            assert loads.index(closed) in (5, 6)  # 0.2 s
            assert set(loads[7:]) == {closed}
            if closed:
                numbers += [sets.set_of_rep(_span(hook.clock())) for _ in range(2)]
        assert numbers == [1, 1, 2, 2]


def _span(time_s: float) -> RepSpan:
    return RepSpan(time_s - 2.0, time_s - 1.0, time_s, 110.0, False)


def test_without_the_hook_gate_the_pin_is_left_alone(pins: MockFactory) -> None:
    with Inputs(Settings()) as inputs:
        assert inputs.hook is None
        with pytest.raises(SwitchError, match="load/gate"):
            inputs.racked()
        assert HOOK not in {pin.info.number for pin in pins.pins.values()}


# ---------------------------------------------------------------- the button


def test_a_short_press_is_one_press_however_it_bounces(pins: MockFactory) -> None:
    with read(pins, Settings(), BUTTON) as (inputs, button):
        button.bounce()
        button.close(0.2)
        button.bounce()
        button.open(0.1)
        assert inputs.presses() == [Press.SHORT]
        assert inputs.presses() == []


def test_a_long_press_counts_while_it_is_held_and_once(pins: MockFactory) -> None:
    with read(pins, Settings(), BUTTON) as (inputs, button):
        found: list[tuple[float, Press]] = []
        button.close()
        for frame in range(90):
            button.close(1 / 30)
            found += [(frame / 30, press) for press in inputs.presses()]
        assert found == [(pytest.approx(1.0, abs=2 / 30), Press.LONG)]
        button.open(0.2)
        assert inputs.presses() == []


def test_presses_while_nobody_looked_are_told_apart_by_their_own_times(pins: MockFactory) -> None:
    with read(pins, Settings(), BUTTON) as (inputs, button):
        for pressed_s in (0.1, 1.5, 0.3):
            button.close(pressed_s)
            button.open(0.5)
        assert inputs.presses() == [Press.SHORT, Press.LONG, Press.SHORT]


def test_a_touch_too_short_for_a_finger_is_none(pins: MockFactory) -> None:
    with read(pins, Settings(), BUTTON) as (inputs, button):
        button.close(0.6 * BUTTON_SETTLE_S)
        button.open(1.0)
        assert inputs.presses() == []


def test_a_button_held_or_shorted_since_the_start_is_no_press(pins: MockFactory) -> None:
    pins.pin_class = Grounded
    with read(pins, Settings(), BUTTON) as (inputs, button):
        assert inputs.button_down
        button.close(5.0)
        assert inputs.presses() == []
        button.open(0.2)
        assert inputs.presses() == []
        button.close(0.2)
        button.open(0.2)
        assert inputs.presses() == [Press.SHORT]


def test_how_long_a_long_press_is_can_be_set(pins: MockFactory) -> None:
    settings = Settings(inputs=InputSettings(long_press_s=3.0))
    with read(pins, settings, BUTTON) as (inputs, button):
        button.close(2.0)
        button.open(0.1)
        assert inputs.presses() == [Press.SHORT]


def test_without_a_button_its_pin_is_left_alone(pins: MockFactory) -> None:
    with Inputs(Settings(inputs=InputSettings(button=False))) as inputs:
        assert inputs.presses() == []
        assert inputs.button_down is None
        assert BUTTON not in {pin.info.number for pin in pins.pins.values()}


# ---------------------------------------------------------------- both


def test_pins_are_free_again_afterwards(pins: MockFactory) -> None:
    for _ in range(2):
        with Inputs(WITH_HOOK) as inputs:
            assert inputs.racked()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_pin_that_cannot_be_let_go_keeps_no_other(
    pins: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As lgpio's do when their chip has gone; it is no error of the program around."""
    with monkeypatch.context() as broken, Inputs(WITH_HOOK):
        broken.setattr(pins.pin(HOOK), "close", _gone)
    with Inputs(Settings()) as inputs:
        assert inputs.presses() == []


def _gone() -> None:
    raise OSError("no such device")


def test_a_pin_in_use_is_one_sentence_and_lets_go_of_the_other(pins: MockFactory) -> None:
    from gpiozero import LED

    with LED(BUTTON):
        with pytest.raises(SwitchError, match=r"can't be read: .*\[inputs\]"), Inputs(WITH_HOOK):
            pass
        LED(HOOK).close()


@given(
    st.floats(0.001, 1.0),
    st.lists(st.tuples(st.booleans(), st.floats(0.0, 0.5)), max_size=40),
)
def test_a_level_counts_exactly_when_it_was_the_same_for_long_enough(
    settle_s: float, shown: list[tuple[bool, float]]
) -> None:
    debounce, time_s = Debounce(settle_s, False), 10.0
    raw, since_s, level = False, 0.0, False
    for value, pause_s in shown:
        time_s += pause_s
        if time_s - since_s >= settle_s:
            level = raw
        if value != raw:
            raw, since_s = value, time_s
        debounce.feed(value, time_s)
        assert debounce.level is level
