"""The answer: what the light shows when (logic), and that the pins do it (lamps)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import strategies as st

from device.cues import CueLogic, LightBox
from device.errors import CueError
from device.lamps import Note
from device.records import Cue, Light, Load, Phase, PhaseName, Verdict, VerdictName, Wink
from device.settings import CueSettings

ROOT = Path(__file__).parents[2]
LOADED, UNLOADED, UNKNOWN = (Load(loaded, "hands") for loaded in (True, False, None))
CLEAN, WINKED, UNMEASURED, PARTIAL = (Verdict(name) for name in VerdictName)
OFF = Cue()
FPS = 30.0


def logic(**settings: Any) -> CueLogic:
    return CueLogic(CueSettings(**settings), threshold_deg=10.0, max_sd_deg=3.0)


def moment(
    cues: CueLogic,
    time_s: float,
    wink_deg: float | None,
    phase: PhaseName = PhaseName.BOTTOM,
    load: Load = LOADED,
    sd_deg: float | None = 1.0,
) -> Cue:
    wink = Wink(time_s, wink_deg=wink_deg, wink_sd_deg=sd_deg)
    return cues.during(time_s, wink, Phase(time_s, phase, 0.4, 0.0), load)


def lights(cues: CueLogic, winks: list[float | None], **more: Any) -> list[Light]:
    return [moment(cues, index / FPS, wink, **more).light for index, wink in enumerate(winks)]


# ---------------------------------------------------------------- at once


def test_red_fires_after_66_ms_past_the_threshold() -> None:
    assert lights(logic(), [5, 11, 11, 11, 11]) == ["off", "off", "off", "red", "red"]


def test_a_shorter_excursion_stays_dark() -> None:
    assert set(lights(logic(), [11, 11, 9, 11, 11, 9])) == {Light.OFF}


def test_red_clears_3_degrees_below() -> None:
    assert lights(logic(), [12, 12, 12, 8, 7.1, 6.9, 8, 9.9])[2:] == ["red"] * 3 + ["off"] * 3


@given(st.lists(st.one_of(st.none(), st.floats(0.0, 25.0)), max_size=60))
def test_red_means_past_the_threshold_for_66_ms_and_not_yet_3_below(
    winks: list[float | None],
) -> None:
    red = False
    shown = lights(logic(), winks)
    for index, (wink, light) in enumerate(zip(winks, shown, strict=True)):
        past = [w is not None and w > 10.0 for w in winks[max(0, index - 2) : index + 1]]
        fires = len(past) == 3 and all(past)
        stays = red and wink is not None and wink >= 7.0
        red = fires or stays
        assert (light is Light.RED) == red


@pytest.mark.parametrize("phase", [PhaseName.AWAY, PhaseName.STANDING])
def test_no_red_outside_a_rep(phase: PhaseName) -> None:
    assert set(lights(logic(), [20.0] * 10, phase=phase)) == {Light.OFF}


@pytest.mark.parametrize("load", [UNLOADED, UNKNOWN])
def test_without_a_load_no_light_unless_set_so(load: Load) -> None:
    assert set(lights(logic(), [20.0] * 10, load=load)) == {Light.OFF}
    assert logic().after(1.0, WINKED, load) == OFF
    assert lights(logic(unloaded=True), [20.0] * 10, load=load)[-1] is Light.RED
    assert logic(unloaded=True).after(1.0, CLEAN, load).light is Light.GREEN


@pytest.mark.parametrize("sd_deg", [None, 4.6, float("nan")])
def test_an_unsure_wink_lights_nothing(sd_deg: float | None) -> None:
    assert set(lights(logic(), [20.0] * 10, sd_deg=sd_deg)) == {Light.OFF}


def test_the_buzzer_sounds_with_red_only_if_on() -> None:
    for buzzer in (True, False):
        cues = logic(buzzer=buzzer)
        shown = [moment(cues, index / FPS, 20.0) for index in range(5)]
        assert [cue.buzzer for cue in shown] == [buzzer and cue.light == "red" for cue in shown]
        assert logic(buzzer=buzzer).after(1.0, CLEAN, LOADED) == Cue(Light.GREEN)


# ---------------------------------------------------------------- after the rep, modes


@pytest.mark.parametrize("mode", ["at_once", "after_rep"])
def test_the_light_after_a_rep_says_the_verdict(mode: str) -> None:
    shown = {v.name: logic(mode=mode).after(1.0, v, LOADED).light
             for v in (CLEAN, WINKED, UNMEASURED, PARTIAL)}  # fmt: skip
    assert shown == {"clean": "green", "wink": "red", "not_measured": "amber", "partial": "off"}


def test_it_stays_for_its_time() -> None:
    cues = logic(hold_s=2.0)
    cues.after(10.0, CLEAN, LOADED)
    shown = {t: moment(cues, t, None, PhaseName.STANDING).light for t in (10.1, 11.9, 12.0, 13.0)}
    assert shown == {10.1: "green", 11.9: "green", 12.0: "off", 13.0: "off"}


def test_the_next_rep_ends_it() -> None:
    cues = logic(hold_s=5.0)
    cues.after(10.0, CLEAN, LOADED)
    assert moment(cues, 10.5, 1.0, PhaseName.DESCENT) == OFF
    assert moment(cues, 10.6, None, PhaseName.STANDING) == OFF


def test_after_rep_and_faded_never_light_during_the_rep() -> None:
    for mode in ("after_rep", "faded", "off"):
        assert set(lights(logic(mode=mode), [20.0] * 10)) == {Light.OFF}


def test_faded_answers_two_reps_in_three_the_same_way_each_time() -> None:
    runs = []
    for _ in range(2):
        cues = logic(mode="faded")
        runs.append([cues.after(float(t), WINKED, LOADED).light for t in range(60)])
    assert runs[0] == runs[1]
    assert runs[0].count(Light.RED) == 40


def test_off_is_off() -> None:
    cues = logic(mode="off", unloaded=True)
    assert {cues.after(1.0, verdict, LOADED) for verdict in (CLEAN, WINKED, UNMEASURED)} == {OFF}


def test_an_unsure_unit_goes_dark_and_starts_afresh() -> None:
    cues = logic()
    assert lights(cues, [20.0] * 3)[-1] is Light.RED
    assert cues.unsure() == OFF
    assert moment(cues, 3 / FPS, 20.0) == OFF
    cues.after(1.0, CLEAN, LOADED)
    cues.unsure()
    assert moment(cues, 1.1, None, PhaseName.STANDING) == OFF


# ---------------------------------------------------------------- lamps

PINS = {"red": 17, "green": 27, "amber": 22, "buzzer": 18}


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    before = Device.pin_factory
    Device.pin_factory = MockFactory()
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = before


def on(factory: MockFactory) -> set[str]:
    return {name for name, pin in PINS.items() if factory.pin(pin).state}


def test_dark_at_the_start_and_at_the_end(factory: MockFactory) -> None:
    with LightBox(CueSettings()) as box:
        assert on(factory) == set()
        box.show(Cue(Light.GREEN))
        assert on(factory) == {"green"}
        pin = factory.pin(PINS["green"])
    assert pin.states[-1].state is False


def test_red_is_on_when_show_returns(factory: MockFactory) -> None:
    with LightBox(CueSettings()) as box:
        took_ms = []
        for _ in range(5):
            box.show(Cue(Light.GREEN))
            started = time.perf_counter()
            box.show(Cue(Light.RED, buzzer=True))
            took_ms.append(1000 * (time.perf_counter() - started))
            assert on(factory) == {"red", "buzzer"}
        assert min(took_ms) < 10


def eventually(happens: Callable[[], bool], within_s: float = 5.0) -> bool:
    until_s = time.monotonic() + within_s
    while not happens() and time.monotonic() < until_s:
        time.sleep(0.005)
    return happens()


def test_rhythms_go_on_by_themselves(factory: MockFactory) -> None:
    with LightBox(CueSettings()) as box:
        red = factory.pin(PINS["red"])
        red.clear_states()
        box.show(Cue(Light.RED))
        assert eventually(lambda: len(red.states) >= 6)
        assert [state.state for state in red.states[:6]] == [False, True] * 3
        assert sum(state.timestamp for state in red.states[1:6]) >= 0.35


def test_a_rhythm_follows_the_boxs_clock(factory: MockFactory) -> None:
    now_s = [0.0]
    with LightBox(CueSettings(), clock=lambda: now_s[0]) as box:
        box.show(Cue(Light.RED))
        time.sleep(0.15)
        assert on(factory) == {"red"}  # for this clock no time has passed
        now_s[0] = 0.15
        assert eventually(lambda: on(factory) == set())


def test_a_pin_that_fails_in_a_rhythm_is_said_by_the_next_cue_and_tried_again(
    factory: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LightBox(CueSettings()) as box:
        red = factory.pin(PINS["red"])
        box.show(Cue(Light.RED))
        with monkeypatch.context() as broken:
            broken.setattr(type(red), "_set_state", _broken)
            assert eventually(lambda: box._failed is not None)
        with pytest.raises(CueError, match=r"can't be driven: .*pulled out.*\[cue\]"):
            box.show(Cue(Light.RED))
        box.show(Cue(Light.RED))
        assert on(factory) == {"red"}


def _broken(pin: Any, value: Any) -> None:
    raise OSError("the chip was pulled out")


# ---------------------------------------------------------------- mute, answers to the button


def test_muted_is_silent_at_once_and_while_it_lasts(factory: MockFactory) -> None:
    with LightBox(CueSettings()) as box:
        box.show(Cue(Light.RED, buzzer=True))
        assert on(factory) == {"red", "buzzer"}
        box.muted = True
        assert "buzzer" not in on(factory)
        factory.pin(PINS["buzzer"]).clear_states()
        box.show(Cue(Light.GREEN))
        box.show(Cue(Light.RED, buzzer=True))
        box.walk(each_s=0.0)
        factory.pin(PINS["buzzer"]).assert_states([False])
        box.muted = False
        box.show(Cue(Light.RED, buzzer=True))
        assert on(factory) == {"red", "buzzer"}


def test_the_button_is_answered_in_the_dark_only(factory: MockFactory) -> None:
    with LightBox(CueSettings()) as box:
        box.tell(Note.SET_ENDED)
        assert on(factory) == {"red", "green", "amber"}
        box.show(OFF)  # every frame says so: the answer stays for its time
        assert on(factory) == {"red", "green", "amber"}
        box.show(Cue(Light.GREEN))
        assert on(factory) == {"green"}
        box.tell(Note.SET_STARTED)
        assert on(factory) == {"green"}


def test_an_answer_to_the_button_ends_by_itself(factory: MockFactory) -> None:
    with LightBox(CueSettings()) as box:
        box.tell(Note.SET_STARTED)
        assert eventually(lambda: on(factory) == set())


@pytest.mark.parametrize("settings", [{"lamps": "rgb"}, {"buzzer_kind": "passive"}])
def test_pins_that_cannot_be_dimmed_are_one_sentence(
    factory: MockFactory, settings: dict[str, Any]
) -> None:
    with pytest.raises(CueError, match="MOCK_PIN_CLASS"), LightBox(CueSettings(**settings)):
        pass
    with LightBox(CueSettings()):  # and nothing stays taken
        pass


def test_the_same_cue_again_does_not_restart_the_rhythm(factory: MockFactory) -> None:
    with LightBox(CueSettings()) as box:
        box.show(Cue(Light.GREEN))
        factory.pin(PINS["green"]).clear_states()
        box.show(Cue(Light.GREEN))
        factory.pin(PINS["green"]).assert_states([True])


def test_only_one_lamp_at_a_time(factory: MockFactory) -> None:
    with LightBox(CueSettings()) as box:
        for light in (Light.RED, Light.AMBER, Light.GREEN, Light.RED, Light.OFF):
            box.show(Cue(light))
            assert on(factory) == ({light.value} - {"off"})


def test_dark_after_an_error(factory: MockFactory) -> None:
    with pytest.raises(ZeroDivisionError), LightBox(CueSettings()) as box:
        box.show(Cue(Light.RED))
        red = factory.pin(PINS["red"])
        _ = 1 / 0
    assert red.states[-1].state is False


def test_pins_can_be_used_again_afterwards(factory: MockFactory) -> None:
    for _ in range(2):
        with LightBox(CueSettings()) as box:
            box.show(Cue(Light.GREEN))


def test_check_passes_on_good_pins_and_leaves_them_dark(factory: MockFactory) -> None:
    with LightBox(CueSettings()) as box:
        box.check()
        assert on(factory) == set()
        red = factory.pin(PINS["red"])
        assert [state.state for state in red.states[-2:]] == [True, False]


def test_check_names_a_pin_that_does_not_follow(
    factory: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LightBox(CueSettings()) as box:
        amber = factory.pin(PINS["amber"])
        monkeypatch.setattr(type(amber), "_set_state", _stuck(amber, type(amber)._set_state))
        with pytest.raises(CueError, match=r"amber output on GPIO 22.*cue/amber_pin"):
            box.check()


def _stuck(stuck: Any, normal: Any) -> Any:
    return lambda pin, value: None if pin is stuck else normal(pin, value)


def test_walk_shows_every_light_and_ends_dark(factory: MockFactory) -> None:
    with LightBox(CueSettings()) as box:
        box.walk(each_s=0.05)
        assert on(factory) == set()
        for name, number in PINS.items():
            assert any(state.state for state in factory.pin(number).states), name


def test_a_pin_already_in_use_is_one_sentence(factory: MockFactory) -> None:
    with LightBox(CueSettings()), pytest.raises(CueError, match=r"can't be driven.*\[cue\]"):
        LightBox(CueSettings()).__enter__()


# ---------------------------------------------------------------- whole processes

SHOW = """
import os, sys, time
from gpiozero import Device
from device.cues import LightBox
from device.lamps import Note
from device.records import Cue, Light
from device.settings import CueSettings

box = LightBox(CueSettings())
box.__enter__()
box.show(Cue(Light.GREEN))
green = Device.pin_factory.pin(27)
set_state = type(green)._set_state
def told(pin, value):
    set_state(pin, value)
    os.write(1, f"{pin.info.name} {int(bool(value))}\\n".encode())
type(green)._set_state = told
os.write(1, b"shown\\n")
"""


def process(ending: str, factory: str = "mock") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SHOW + ending],
        cwd=ROOT,
        env=os.environ | {"GPIOZERO_PIN_FACTORY": factory, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_sigterm_switches_the_light_off_and_ends_the_process() -> None:
    with process("time.sleep(30)") as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "shown\n"
        running.send_signal(signal.SIGTERM)
        out, _ = running.communicate(timeout=20)
        assert "GPIO27 0" in out
        assert running.returncode == -signal.SIGTERM


def test_a_process_that_ends_without_leaving_the_box_is_dark_too() -> None:
    with process("sys.exit(3)") as running:
        out, _ = running.communicate(timeout=20)
        assert "GPIO27 0" in out
        assert running.returncode == 3


def test_a_machine_without_pins_gets_one_sentence() -> None:
    with process("", factory="nosuchfactory") as running:
        _, err = running.communicate(timeout=20)
        last = err.strip().splitlines()[-1]
        assert running.returncode == 1
        assert last.startswith("device.errors.CueError: The light can't be driven:")
        assert "GPIOZERO_PIN_FACTORY=mock" in last


def test_the_handler_of_the_program_around_it_still_runs(factory: MockFactory) -> None:
    calls: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: calls.append(number))
    try:
        with LightBox(CueSettings()) as box:
            box.show(Cue(Light.RED))
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.05)
            assert on(factory) == set()
        assert calls == [signal.SIGTERM]
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.05)
        assert len(calls) == 2
    finally:
        signal.signal(signal.SIGTERM, before)
