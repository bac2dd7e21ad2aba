from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.errors import SettingsError
from device.settings import Settings, describe_settings, load_settings, settings_from, with_value


def test_no_file_means_every_default(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.toml") == Settings()
    assert load_settings(None) == Settings()


def test_what_a_file_leaves_out_keeps_its_default(tmp_path: Path) -> None:
    file = tmp_path / "racklight.toml"
    file.write_text("[wink]\nthreshold_deg = 12\n[camera]\nrotation = 90\n")
    settings = load_settings(file)
    assert settings.wink.threshold_deg == 12.0
    assert settings.camera.rotation == "90"
    assert settings.cue == Settings().cue


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[wink]\nthreshold_deg = 400\n", ["400", "wink/threshold_deg", "3 to 40"]),
        ("[wink]\nthreshold_deg = 'ten'\n", ["'ten'", "wink/threshold_deg"]),
        ("[wink]\ntreshold = 9\n", ["treshold", "threshold_deg"]),
        ("[light]\nred = 1\n", ["light", "cue"]),
        ("[cue]\nmode = 'disco'\n", ["disco", "at_once or after_rep or faded or off"]),
        ("[cue]\nbuzzer = 1\n", ["cue/buzzer", "true or false"]),
        ("[cue]\nred_pin = 27\n", ["27", "GPIO 27 is already cue/red_pin"]),
        ("[cue]\nred_pin = 24\n", ["inputs/button_pin", "already cue/red_pin"]),
        ("[cue]\nred_pin = 2\n", ["cue/red_pin", "GPIO 2 belongs to the I2C bus", "4 to 13"]),
        ("[cue]\nbuzzer_pin = 14\n", ["cue/buzzer_pin", "serial console (UART)"]),
        ("[inputs]\nbutton_pin = 0\n", ["inputs/button_pin", "some cameras"]),
        ("[cue]\nred_pin = 28\n", ["28", "cue/red_pin", "0 to 27"]),
        ("[load]\ngate = 'hook'\n[inputs]\nhook_pin = 18\n", ["inputs/hook_pin", "buzzer_pin"]),
        ("[cue]\nbuzzer_volume_percent = 0\n", ["buzzer_volume_percent", "5 to 100"]),
        ("[cue]\nlamps = 'two'\n", ["cue/lamps", "three or rgb"]),
        ("cue = 3\n", ["cue", "table"]),
        ("[wink\n", ["Can't read"]),
        ("[wink]\nthreshold_deg = nan\n", ["nan", "3 to 40"]),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_it(
    tmp_path: Path, text: str, words: list[str]
) -> None:
    file = tmp_path / "racklight.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    said = str(caught.value)
    assert "\n" not in said.strip()
    for word in words:
        assert word in said


@pytest.mark.parametrize(
    "text",
    [
        "[cue]\nred_pin = 23\n",  # the hook switch's, which is not read
        "[cue]\nred_pin = 24\n[inputs]\nbutton = false\n",
        "[cue]\nlamps = 'rgb'\nred_pin = 22\n",  # amber's, which an RGB LED has no use for
    ],
)
def test_a_pin_that_nothing_else_uses_is_free(tmp_path: Path, text: str) -> None:
    file = tmp_path / "racklight.toml"
    file.write_text(text)
    assert load_settings(file).cue.red_pin in (22, 23, 24)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "racklight.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="Can't read"):
        load_settings(file)


def test_one_setting_can_be_changed_for_a_run() -> None:
    changed = with_value(Settings(), "cue/mode", "off")
    assert changed.cue.mode == "off"
    assert changed.wink == Settings().wink
    with pytest.raises(SettingsError, match="cue/mode"):
        with_value(Settings(), "cue/mode", "sometimes")
    with pytest.raises(SettingsError, match="Unknown"):
        with_value(Settings(), "nothing/here", 1)


@given(st.floats(-1000, 1000))
def test_numbers_in_range_are_taken_and_others_refused(value: float) -> None:
    tables = {"wink": {"threshold_deg": value}}
    if 3 <= value <= 40:
        assert settings_from(tables).wink.threshold_deg == value
    else:
        with pytest.raises(SettingsError):
            settings_from(tables)


def test_every_default_passes_its_own_check() -> None:
    for key, _, _, explanation in describe_settings():
        section, _, name = key.partition("/")
        value = getattr(getattr(Settings(), section), name)
        assert with_value(Settings(), key, value) == Settings()
        assert explanation.endswith(".")
