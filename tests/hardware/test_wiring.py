"""The wiring drawings agree with the settings and with the header of a real Raspberry Pi."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from device.settings import Settings
from hardware.wiring import values

WIRING = Path(__file__).resolve().parents[2] / "hardware" / "wiring"
README = WIRING.parent / "README.md"
SOURCES = sorted(WIRING.glob("*.yml"))
# What the README's table calls the pins of the settings.
NAMES = {
    "red": "cue/red_pin",
    "green": "cue/green_pin",
    "amber": "cue/amber_pin",
    "buzzer": "cue/buzzer_pin",
    "hook": "inputs/hook_pin",
    "push": "inputs/button_pin",
}
REVISIONS = {"Raspberry Pi 4": "c03111", "Raspberry Pi 5": "c04170"}


def header_of(source: Path) -> dict[int, str]:
    """Place on the header -> label, of the connector PI."""
    block = source.read_text(encoding="utf-8").split("  PI:\n")[1].split("\n  BOARD:")[0]
    pins, labels = (
        re.findall(rf"^    {key}: \[(.+)\]$", block, re.M)[0] for key in ("pins", "pinlabels")
    )
    return dict(zip((int(p) for p in pins.split(",")), labels.split(", "), strict=True))


def settings_pins() -> dict[str, int]:
    """Every setting that is a pin: cue/red_pin -> 17."""
    found = {}
    for section in fields(Settings):
        table = getattr(Settings(), section.name)
        for item in fields(table):
            if item.name.endswith("_pin"):
                found[f"{section.name}/{item.name}"] = getattr(table, item.name)
    return found


def test_there_is_a_drawing_for_leds_and_one_for_a_stack_light() -> None:
    assert [source.stem for source in SOURCES] == ["leds", "stack-light"]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_every_pin_is_wired_as_the_settings_have_it(source: Path) -> None:
    labels = header_of(source).values()
    wired = {
        label.split(" ")[1]: int(label.split(" ")[0].removeprefix("GPIO"))
        for label in labels
        if label.startswith("GPIO")
    }
    assert wired == settings_pins()


@pytest.mark.parametrize("board", REVISIONS)
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_every_wire_sits_at_the_place_the_header_has_for_it(source: Path, board: str) -> None:
    header = MockFactory(revision=REVISIONS[board]).board_info.headers["J8"].pins
    for place, label in header_of(source).items():
        assert header[place].name == label.split(" ")[0], f"{board}, place {place}"


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_the_drawing_shows_what_the_source_says(source: Path) -> None:
    drawn = source.with_suffix(".svg").read_text(encoding="utf-8")
    for place, label in header_of(source).items():
        for words in (str(place), label.replace("/", "/")):
            assert f">{words}<" in drawn, "older than its source: run `make wiring`"


def test_the_readmes_table_has_the_settings_pins_at_their_places() -> None:
    header = MockFactory(revision=REVISIONS["Raspberry Pi 5"]).board_info.headers["J8"].pins
    text = README.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+)[^|]* \| (\d+) \| (\d+) \|", text, re.M)
    assert {NAMES[name]: int(gpio) for name, gpio, _ in rows} == settings_pins()
    for _, gpio, place in rows:
        assert header[int(place)].name == f"GPIO{gpio}"


def test_lamp_pins_wake_up_pulled_down() -> None:
    outputs = [pin for key, pin in settings_pins().items() if key.startswith("cue/")]
    assert outputs
    assert all(pin >= 9 for pin in outputs)


def test_currents_stay_under_what_the_pins_give() -> None:
    assert values.worst_pin_ma() <= values.PIN_MA
    assert values.all_on_ma() <= values.ALL_PINS_MA
    assert all(1.5 <= led.current_ma <= 10 for led in values.LEDS), "visible, and no more"


def test_nothing_lights_up_before_a_program_runs_even_on_a_pin_pulled_up() -> None:
    assert values.boot_v() < values.DARK_V
    strong = values.PIN_V * 100_000 / (100_000 + values.INNER_PULL_OHM)
    assert strong > values.DARK_V, "a ten times larger pull-down would not do"


def test_a_closed_switch_reads_as_low() -> None:
    assert values.pressed_v() <= 0.8


def test_the_readme_has_the_values_as_computed() -> None:
    text = README.read_text(encoding="utf-8")
    for what, value in values.value_rows():
        assert f"| {what} | {value} |" in text
