"""`racklight password`, from the unit's own command line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from device import passwords, paths
from device.__main__ import main
from device.accounts import Accounts
from device.passwords import Work

NEW = "a towel and three plates"


@pytest.fixture(autouse=True)
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    monkeypatch.setenv("RACKLIGHT_STATE", str(tmp_path))
    monkeypatch.setenv("RACKLIGHT_ETC", str(tmp_path / "etc"))
    monkeypatch.setattr(passwords, "USUAL", Work(n=2))
    return Accounts(tmp_path / "racklight.sqlite3", "rack")


def run(monkeypatch: pytest.MonkeyPatch, typed: str, *more: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    return main(["password", *more])


def test_it_gives_the_coach_a_new_password(
    unit: Accounts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = unit.choose_first_password("the forgotten one").session_key
    assert run(monkeypatch, f"{NEW}\n{NEW}\n") == 0
    said = capsys.readouterr().out
    assert "new password" in said
    assert str(unit.path) in said
    entered = unit.coach_enters(NEW)
    assert entered is not None
    assert entered.session_key != before


def test_it_works_before_the_set_up_too(unit: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, f"{NEW}\n{NEW}\n") == 0
    assert unit.coach_enters(NEW) is not None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (f"{NEW}\nanother one\n", "not the same"),
        ("short\nshort\n", "8 to 200 characters"),
        ("password\npassword\n", "first ones tried"),
        ("", "No password came in"),
        (f"{NEW}\n", "No password came in"),
    ],
)
def test_a_bad_one_leaves_the_old(
    unit: Accounts,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: str,
    said: str,
) -> None:
    unit.choose_first_password("the one before")
    assert run(monkeypatch, typed) == 9
    told = capsys.readouterr().err
    assert said in told
    assert f"The password in {unit.path} stays as it was." in told
    assert unit.coach_enters("the one before") is not None


def test_a_database_that_cannot_be_read_is_told(
    unit: Accounts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unit.path.write_bytes(b"nonsense" * 1000)
    assert run(monkeypatch, f"{NEW}\n{NEW}\n") == 5
    assert "damaged" in capsys.readouterr().err


def test_the_demo_has_a_password_of_its_own(
    unit: Accounts,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(paths, "PROGRAM", tmp_path / "program")
    demo = paths.demo_database_file()
    demo.parent.mkdir(parents=True)
    assert run(monkeypatch, f"{NEW}\n{NEW}\n", "--demo") == 0
    assert f"new password in {demo};" in capsys.readouterr().out
    assert Accounts(demo, "rack").coach_enters(NEW) is not None
    assert not unit.was_set_up()


def test_a_database_can_be_named_even_one_that_was_lost_but_no_other(
    unit: Accounts,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    another = Accounts(tmp_path / "another" / "racklight.sqlite3", "rack")
    assert run(monkeypatch, f"{NEW}\n{NEW}\n", "--database", str(another.path)) == 9
    assert f"There is no database {another.path}" in capsys.readouterr().err
    assert not another.path.exists()
    another.choose_first_password("the forgotten one")
    for lost in (False, True):
        if lost:
            another.path.unlink()
        assert run(monkeypatch, f"{NEW}\n{NEW}\n", "--database", str(another.path)) == 0
        assert another.coach_enters(NEW) is not None
        assert str(another.path) in capsys.readouterr().out
    assert not unit.was_set_up()


@pytest.mark.parametrize(
    ("more", "said"), [((), "./racklight password --demo"), (("--demo",), "./setup.sh demo")]
)
def test_where_no_data_are_it_says_what_to_call_instead(
    more: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(paths, "PROGRAM", tmp_path / "program")
    monkeypatch.setenv("RACKLIGHT_STATE", str(tmp_path / "no unit"))
    assert run(monkeypatch, f"{NEW}\n{NEW}\n", *more) != 0
    assert said in capsys.readouterr().err
