"""What was chosen on the page: checked, written whole, and read where the newer is damaged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from device.chosen import KEYS, Chosen, choices, with_choices
from device.errors import SettingsError
from device.settings import Settings, describe_settings, settings_from


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "chosen.toml"


def test_nothing_chosen_is_the_units_own(file: Path) -> None:
    own = settings_from({"wink": {"threshold_deg": 8}})
    assert Chosen(own, file).settings == own
    assert not file.exists()


def test_a_choice_comes_before_the_units_own_and_the_others_stay(file: Path) -> None:
    own = settings_from({"wink": {"threshold_deg": 8}, "cue": {"mode": "faded"}})
    chosen = Chosen(own, file)
    chosen.change({"wink/threshold_deg": 12.5})
    chosen.change({"unit/name": 'The "big" rack \\ ä', "cue/buzzer": True})
    settings = Chosen(own, file).settings
    assert settings.wink.threshold_deg == 12.5
    assert settings.unit.name == 'The "big" rack \\ ä'
    assert settings.cue.buzzer is True
    assert settings.cue.mode == "faded"


def test_another_process_sees_the_change(file: Path) -> None:
    reader, writer = Chosen(Settings(), file), Chosen(Settings(), file)
    assert reader.settings.page.units == "kg"
    writer.change({"page/units": "lb"})
    assert reader.settings.page.units == "lb"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("wink/threshold_deg", 400.0, "expected 3 to 40"),
        ("wink/threshold_deg", float("nan"), "expected 3 to 40"),
        ("cue/mode", "sometimes", "at_once or after_rep"),
        ("unit/name", " ", "1 to 40 letters"),
        ("unit/name", "x" * 41, "1 to 40 letters"),
        ("unit/name", "a\x00b", "1 to 40 letters"),
        ("load/gate", "hook", "when it has been wired"),
        ("cue/red_pin", 4, "can't be chosen on the page"),
        ("web/host", "0.0.0.0", "can't be chosen on the page"),
        ("camera/path", "/etc/passwd", "can't be chosen on the page"),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(
    file: Path, key: str, value: object, said: str
) -> None:
    chosen = Chosen(Settings(), file)
    chosen.change({"wink/threshold_deg": 12.0})
    before = file.read_bytes()
    with pytest.raises(SettingsError, match=said):
        chosen.change({key: value})  # type: ignore[dict-item]
    assert file.read_bytes() == before


def test_a_unit_with_a_hook_switch_may_choose_it(file: Path) -> None:
    own = settings_from({"load": {"gate": "hook"}})
    chosen = Chosen(own, file)
    chosen.change({"load/gate": "entered"})
    assert chosen.change({"load/gate": "hook"}).load.gate == "hook"


def test_a_damaged_file_is_read_from_the_one_before(file: Path) -> None:
    chosen = Chosen(Settings(), file)
    chosen.change({"wink/threshold_deg": 12.0})
    chosen.change({"wink/threshold_deg": 14.0})
    file.write_text("[wink\nthresh", encoding="utf-8")
    assert Chosen(Settings(), file).settings.wink.threshold_deg == 12.0


def test_where_both_are_damaged_the_fix_is_told_and_a_new_choice_mends_it(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    file.with_suffix(".before").write_text("wink = 3\n", encoding="utf-8")
    chosen = Chosen(Settings(), file)
    with pytest.raises(SettingsError, match=r"delete that file and choose them again\.$"):
        _ = chosen.settings
    chosen.change({"wink/threshold_deg": 11.0})
    assert Chosen(Settings(), file).settings.wink.threshold_deg == 11.0


def test_a_change_that_cannot_be_written_leaves_the_old(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = Chosen(Settings(), file)
    chosen.change({"wink/threshold_deg": 12.0})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SettingsError, match="No space left on device"):
        chosen.change({"wink/threshold_deg": 14.0})
    assert choices(file) == {"wink/threshold_deg": 12.0}


def test_a_file_from_elsewhere_cannot_choose_what_the_page_may_not(file: Path) -> None:
    file.write_text('[web]\nhost = "0.0.0.0"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="web/host"):
        _ = Chosen(Settings(), file).settings


def test_everything_that_may_be_chosen_is_a_setting() -> None:
    assert {key for key, *_ in describe_settings()} >= set(KEYS)
    assert with_choices(Settings(), {}) == Settings()
