"""What the pin library raises, as a person is told it; the words are the real lgpio's."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest
from gpiozero import Device
from gpiozero.exc import BadPinFactory, PinFactoryFallback

from device import gpio
from device.errors import CueError

TROUBLE = "The light can't be driven"


def told(error: Exception) -> str:
    with pytest.raises(CueError) as raised, gpio.one_sentence(CueError, TROUBLE, "cue"):
        raise error
    said = str(raised.value)
    assert said.startswith(f"{TROUBLE}: ")
    assert "\n" not in said
    return said


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(gpio, "DEV", tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", [ImportError, RuntimeError])
def test_a_chip_that_is_there_and_closed_to_the_user_is_a_matter_of_the_group(
    dev: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    (dev / "gpiochip0").touch()
    error = kind("Falling back from lgpio: 'can not open gpiochip'")
    assert "no GPIO pins" in told(error)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "group gpio" in told(error)


def test_a_chip_that_is_not_there_is_a_matter_of_the_machine(dev: Path) -> None:
    assert "no GPIO pins" in told(RuntimeError("'can not open gpiochip'"))


def test_a_folder_where_lgpio_cannot_write_is_named() -> None:
    error = FileNotFoundError(2, "No such file or directory", ".lgd-nfy-3")
    assert str(Path.cwd()) in told(error)


def test_pins_in_use_are_a_matter_of_other_programs() -> None:
    assert "stop the unit first" in told(RuntimeError("'GPIO busy'"))


def test_where_no_library_is_left_the_reason_of_the_first_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def search() -> None:
        for name in ("lgpio: 'can not open gpiochip'", "rpigpio: No module named 'RPi'"):
            warnings.warn(PinFactoryFallback(f"Falling back from {name}"), stacklevel=1)
        raise BadPinFactory("Unable to load any default pin factory!")

    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.setattr(Device, "_default_pin_factory", staticmethod(search))
    with pytest.raises(ImportError, match=r"any default.*lgpio: 'can not open gpiochip'$"):
        gpio.open_output(17)
