"""Lamps and buzzer in time, on mock pins and on a clock that the test moves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import strategies as st

from device.lamps import DARK, RHYTHMS, Lamps, Note, Rhythm, scene_of, scene_of_note
from device.records import Cue, Light
from device.settings import CueSettings

GPIO = {"red": 17, "green": 27, "amber": 22, "buzzer": 18}
Played = dict[str, list[tuple[float, float]]]


@contextmanager
def opened(settings: CueSettings) -> Iterator[Lamps]:
    lamps = Lamps(settings)
    lamps.open()
    try:
        yield lamps
    finally:
        lamps.dark()
        lamps.close()


def played(
    pins: MockFactory, settings: CueSettings, shown: Cue | Note, for_s: float = 2.0
) -> Played:
    """(seconds since the start, level) of every change of every pin that changed."""
    scene = scene_of_note(shown, settings) if isinstance(shown, Note) else scene_of(shown, settings)
    changes: Played = {}
    with opened(settings) as lamps:
        start_s = now_s = 50.0
        before = dict.fromkeys(GPIO, 0.0)
        pause_s = lamps.play(scene, now_s)
        while True:
            for name, number in GPIO.items():
                level = round(float(pins.pin(number).state or 0.0), 3)
                if name in lamps.pins and level != before[name]:
                    changes.setdefault(name, []).append((round(now_s - start_s, 3), level))
                    before[name] = level
            if pause_s is None or now_s + pause_s - start_s > for_s:
                return changes
            now_s += pause_s
            pause_s = lamps.advance(now_s)


def blinking(*times_s: float, level: float = 1.0) -> list[tuple[float, float]]:
    return [(round(time_s, 3), 0.0 if i % 2 else level) for i, time_s in enumerate(times_s)]


# ---------------------------------------------------------------- three lamps


def test_red_blinks_five_times_a_second(pins: MockFactory) -> None:
    shown = played(pins, CueSettings(), Cue(Light.RED), 0.95)
    assert shown == {"red": blinking(0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)}


def test_green_is_steady(pins: MockFactory) -> None:
    assert played(pins, CueSettings(), Cue(Light.GREEN)) == {"green": [(0.0, 1.0)]}


def test_amber_blinks_twice_every_eight_tenths(pins: MockFactory) -> None:
    shown = played(pins, CueSettings(), Cue(Light.AMBER), 1.2)
    assert shown == {"amber": blinking(0, 0.1, 0.2, 0.3, 0.8, 0.9, 1.0, 1.1)}


def test_off_is_nothing_at_all(pins: MockFactory) -> None:
    assert played(pins, CueSettings(), Cue()) == {}


def test_an_hour_later_the_rhythm_is_the_same() -> None:
    for rhythm in RHYTHMS.values():
        for step in range(16):
            since_s = 0.05 + step / 10
            assert rhythm.at(since_s)[0] == rhythm.at(since_s + 3600.0)[0]


@given(
    st.lists(st.floats(0.01, 1.0), min_size=1, max_size=4).map(lambda beats: (*beats, *beats)),
    st.floats(0.0, 1e5),
)
def test_the_next_change_is_a_change_and_none_comes_before_it(
    beats_s: tuple[float, ...], since_s: float
) -> None:
    rhythm = Rhythm(beats_s)
    on, pause_s = rhythm.at(since_s)
    assert pause_s is not None
    assert 0 < pause_s <= max(beats_s) + 1e-5
    assert rhythm.at(since_s + pause_s / 2)[0] == on or pause_s < 1e-4
    assert rhythm.at(since_s + pause_s + 1e-4)[0] != on


def test_the_next_light_takes_the_place_of_the_last(pins: MockFactory) -> None:
    settings = CueSettings()
    with opened(settings) as lamps:
        lamps.play(scene_of(Cue(Light.RED, buzzer=True), settings), 0.0)
        lamps.play(scene_of(Cue(Light.AMBER), settings), 0.05)
        on = {name for name, number in GPIO.items() if pins.pin(number).state}
        assert on == {"amber"}
        assert lamps.play(DARK, 0.1) is None
        assert not any(pins.pin(number).state for number in GPIO.values())


def test_a_pin_is_only_written_when_it_changes(pins: MockFactory) -> None:
    settings = CueSettings()
    with opened(settings) as lamps:
        lamps.play(scene_of(Cue(Light.GREEN), settings), 0.0)
        pins.pin(27).clear_states()
        for step in range(100):
            lamps.advance(step / 10)
        pins.pin(27).assert_states([True])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_pin_that_cannot_be_let_go_keeps_no_other(
    pins: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As lgpio's do when their chip has gone."""
    lamps = Lamps(CueSettings())
    lamps.open()
    red = pins.pin(17)
    monkeypatch.setattr(red, "close", _gone)
    lamps.close()
    monkeypatch.undo()
    with opened(CueSettings(red_pin=5)):
        pass


def _gone() -> None:
    raise OSError("no such device")


# ---------------------------------------------------------------- an RGB LED


def test_an_rgb_led_mixes_its_amber_and_leaves_the_third_pin_alone(pins: MockFactory) -> None:
    settings = CueSettings(lamps="rgb", rgb_amber_green=0.4)
    assert played(pins, settings, Cue(Light.AMBER), 0.5) == {
        "red": blinking(0, 0.1, 0.2, 0.3),
        "green": blinking(0, 0.1, 0.2, 0.3, level=0.4),
    }
    assert Lamps(settings).pins == {"red": 17, "green": 27, "buzzer": 18}


def test_an_rgb_leds_red_and_green_are_pure(pins: MockFactory) -> None:
    settings = CueSettings(lamps="rgb")
    assert played(pins, settings, Cue(Light.RED), 0.15) == {"red": blinking(0, 0.1)}
    assert played(pins, settings, Cue(Light.GREEN)) == {"green": [(0.0, 1.0)]}


# ---------------------------------------------------------------- the buzzer


def test_an_active_buzzer_beeps_with_the_red_light(pins: MockFactory) -> None:
    shown = played(pins, CueSettings(), Cue(Light.RED, buzzer=True), 0.35)
    assert shown["buzzer"] == shown["red"] == blinking(0, 0.1, 0.2, 0.3)


@pytest.mark.parametrize(("percent", "beep_s"), [(50, 0.05), (20, 0.02), (5, 0.005)])
def test_an_active_buzzers_beeps_get_shorter_and_their_beat_stays(
    pins: MockFactory, percent: int, beep_s: float
) -> None:
    settings = CueSettings(buzzer_volume_percent=percent)
    shown = played(pins, settings, Cue(Light.RED, buzzer=True), 0.39)
    assert shown["buzzer"] == blinking(0, beep_s, 0.2, 0.2 + beep_s)
    assert shown["red"] == blinking(0, 0.1, 0.2, 0.3)


@pytest.mark.parametrize(("percent", "share"), [(100, 0.5), (50, 1 / 6), (5, 0.0159)])
def test_a_passive_buzzers_volume_is_its_share_of_time_on(
    pins: MockFactory, percent: int, share: float
) -> None:
    settings = CueSettings(buzzer_kind="passive", buzzer_volume_percent=percent)
    shown = played(pins, settings, Cue(Light.RED, buzzer=True), 0.25)
    assert shown["buzzer"] == [(0.0, pytest.approx(share, abs=1e-3)), (0.1, 0.0),
                               (0.2, pytest.approx(share, abs=1e-3))]  # fmt: skip
    assert math.sin(math.pi * share) == pytest.approx(percent / 100, abs=1e-3)
    assert share >= 0.01, "lgpio only knows whole hundredths"


def test_a_passive_buzzer_gets_the_tone_of_the_settings(pins: MockFactory) -> None:
    with opened(CueSettings(buzzer_kind="passive", buzzer_tone_hz=440)):
        assert pins.pin(18).frequency == 440
        assert pins.pin(18).state == 0


def test_silence_stops_the_buzzer_and_not_the_lamp(pins: MockFactory) -> None:
    settings = CueSettings()
    with opened(settings) as lamps:
        lamps.play(scene_of(Cue(Light.RED, buzzer=True), settings), 0.0)
        lamps.silence()
        seen: set[tuple[Any, Any]] = set()
        for step in range(20):
            lamps.advance(step / 20)
            seen.add((pins.pin(17).state, pins.pin(18).state))
        assert seen == {(True, False), (False, False)}


# ---------------------------------------------------------------- answers to the button


@pytest.mark.parametrize(
    ("note", "times_s"),
    [
        (Note.SET_STARTED, (0, 0.15)),
        (Note.SET_ENDED, (0, 0.8)),
        (Note.MUTED, (0, 0.1, 0.3, 0.4, 0.6, 0.7)),
    ],
)
@pytest.mark.parametrize("lamps", ["three", "rgb"])
def test_an_answer_to_the_button_is_all_lamps_and_over_by_itself(
    pins: MockFactory, lamps: str, note: Note, times_s: tuple[float, ...]
) -> None:
    names = {"three": ("red", "green", "amber"), "rgb": ("red", "green")}[lamps]
    settings = CueSettings(lamps=lamps)  # type: ignore[arg-type]
    shown = played(pins, settings, note, 60.0)
    assert shown == {name: blinking(*times_s) for name in names}


@pytest.mark.parametrize("kind", ["active", "passive"])
def test_sound_on_is_one_beep(pins: MockFactory, kind: str) -> None:
    settings = CueSettings(buzzer_kind=kind)  # type: ignore[arg-type]
    level = {"active": 1.0, "passive": 0.5}[kind]
    assert played(pins, settings, Note.SOUND_ON, 60.0) == {"buzzer": blinking(0, 0.1, level=level)}
