"""Passwords, PINs and cards in the database, and the rows that tell of them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from device import audit, passwords
from device.accounts import CHOSEN_FILE, Accounts
from device.audit import Action, Actor
from device.errors import AccountError, StoreError
from device.forget import forget
from device.passwords import Work, check_password, check_pin, hashed, matches
from device.store import Store

GOOD = "three plates and a towel"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "USUAL", Work(n=2))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "racklight.sqlite3"


@pytest.fixture
def accounts(file: Path) -> Accounts:
    return Accounts(file, "rack")


@pytest.fixture
def ann(file: Path) -> str:
    with Store.open(file, "rack") as store:
        return store.lifter("Ann").id


def test_a_hash_knows_its_own_secret_and_no_other() -> None:
    kept = hashed(GOOD)
    assert matches(GOOD, kept)
    assert not matches(GOOD + " ", kept)
    assert hashed(GOOD) != kept  # each with a salt of its own
    assert GOOD not in kept


def test_a_hash_of_other_work_is_still_known(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = hashed(GOOD)
    monkeypatch.setattr(passwords, "USUAL", Work(n=4, r=2))
    assert hashed(GOOD).startswith("scrypt$4$2$1$")
    assert matches(GOOD, kept)


def test_the_usual_work_is_16_mb_a_password() -> None:
    assert 128 * Work().n * Work().r == 16 * 2**20


@pytest.mark.parametrize(
    "damaged", ["", "scrypt", "scrypt$2$8$1$zz$00", "scrypt$3$8$1$00$00", "md5$2$8$1$00$00"]
)
def test_a_damaged_hash_fits_nothing(damaged: str) -> None:
    assert not matches(GOOD, damaged)


@pytest.mark.parametrize("bad", ["", "short", "x" * 201, "password", "RACKLIGHT", "aaaaaaaaaa"])
def test_a_bad_password_is_told(bad: str) -> None:
    with pytest.raises(AccountError):
        check_password(bad)


def test_a_good_pin_is_digits_that_nobody_tries_first() -> None:
    check_pin("4711")
    check_pin("90210735")
    for bad in ("", "123", "1234", "4321", "7777", "47a1", "123456789", "٤٧١١"):
        with pytest.raises(AccountError):
            check_pin(bad)


def test_before_the_first_password_there_is_no_coach(accounts: Accounts, file: Path) -> None:
    assert accounts.coach_key() is None
    assert not file.exists()
    first = accounts.choose_first_password(GOOD)
    assert accounts.coach_key() == first.session_key
    assert accounts.coach_enters(GOOD) == first
    assert accounts.coach_enters("wrong") is None


def test_the_first_password_is_chosen_once(accounts: Accounts) -> None:
    accounts.choose_first_password(GOOD)
    with pytest.raises(AccountError, match="chosen already"):
        accounts.choose_first_password("a second, later one")
    assert accounts.coach_enters(GOOD) is not None


@pytest.mark.parametrize("made_anew", [False, True])
def test_who_finds_the_database_gone_cannot_choose_a_password(
    accounts: Accounts, file: Path, made_anew: bool
) -> None:
    assert not accounts.was_set_up()
    accounts.choose_first_password(GOOD)
    file.unlink()
    if made_anew:  # as the unit does at its next start
        Store.open(file, "rack").close()
    assert accounts.was_set_up()
    for way_in in (accounts.choose_first_password, accounts.coach_enters):
        with pytest.raises(AccountError, match="racklight password"):
            way_in("a second, later one")
    accounts.change_password("from the command line", Actor.SHELL)
    assert accounts.coach_enters("from the command line") is not None


def test_a_password_of_an_earlier_version_is_remembered_too(accounts: Accounts, file: Path) -> None:
    accounts.remember()
    assert not accounts.was_set_up()
    accounts.choose_first_password(GOOD)
    (file.parent / CHOSEN_FILE).unlink()
    accounts.remember()
    assert accounts.was_set_up()


def test_a_password_is_chosen_where_that_cannot_be_remembered(
    accounts: Accounts, file: Path
) -> None:
    (file.parent / CHOSEN_FILE).symlink_to(file.parent / "nowhere" / "file")
    assert accounts.choose_first_password(GOOD) == accounts.coach_enters(GOOD)


def test_a_changed_password_makes_a_new_session_key(accounts: Accounts) -> None:
    before = accounts.choose_first_password(GOOD)
    after = accounts.change_password("another good one", Actor.SHELL)
    assert after.session_key != before.session_key
    assert accounts.coach_enters(GOOD) is None


def test_no_account_is_no_way_in(accounts: Accounts, ann: str) -> None:
    assert accounts.coach_enters("") is None
    assert accounts.lifter_enters("Ann", "") is None
    assert accounts.lifter_key(ann) is None
    assert accounts.lifter_of_card("") is None


def test_a_lifter_has_pin_and_card(accounts: Accounts, ann: str) -> None:
    accounts.set_pin(ann, "4711")
    secret = accounts.new_card(ann)
    by_pin, by_card = accounts.lifter_enters(" ANN", "4711"), accounts.lifter_of_card(secret)
    assert by_pin == by_card == accounts.lifter_key(ann)
    assert by_pin is not None
    assert (by_pin.lifter_id, by_pin.name) == (ann, "Ann")
    listed = accounts.lifters()[0]
    assert (listed.name, listed.has_pin, listed.has_card) == ("Ann", True, True)


def test_a_new_pin_or_card_voids_the_old_one_and_its_cookies(accounts: Accounts, ann: str) -> None:
    accounts.set_pin(ann, "4711")
    old, key = accounts.new_card(ann), accounts.lifter_key(ann)
    accounts.new_card(ann)
    assert accounts.lifter_of_card(old) is None
    assert accounts.lifter_key(ann) != key
    accounts.set_pin(ann, "8264")
    assert accounts.lifter_enters("Ann", "4711") is None


def test_a_lifter_who_was_merged_comes_in_as_the_other(
    accounts: Accounts, ann: str, file: Path
) -> None:
    accounts.set_pin(ann, "4711")
    with Store.open(file, "rack") as store:
        anna = store.lifter("Anna").id
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE lifters SET merged_into = ? WHERE id = ?", (anna, ann))
    entered = accounts.lifter_enters("Ann", "4711")
    assert entered is not None
    assert (entered.account, entered.lifter_id, entered.name) == (ann, anna, "Anna")


def test_pin_and_card_go_with_the_lifter(accounts: Accounts, ann: str, file: Path) -> None:
    accounts.set_pin(ann, "4711")
    with sqlite3.connect(file) as connection:
        connection.row_factory = sqlite3.Row
        forget(connection, "lifters", [ann])
        assert connection.execute("SELECT count(*) FROM lifter_access").fetchone()[0] == 0
    assert accounts.lifter_enters("Ann", "4711") is None


def test_an_unknown_lifter_gets_nothing(accounts: Accounts, ann: str) -> None:
    with pytest.raises(AccountError, match="no such lifter"):
        accounts.set_pin("0" * 32, "4711")
    with pytest.raises(AccountError, match="no such lifter"):
        accounts.new_card("0" * 32)


def test_the_audit_tells_what_was_done_and_no_secret(
    accounts: Accounts, ann: str, file: Path
) -> None:
    accounts.choose_first_password(GOOD)
    accounts.change_password("another good one", Actor.SHELL)
    accounts.set_pin(ann, "4711")
    secret = accounts.new_card(ann)
    accounts.note(Actor.COACH, Action.SETTINGS, "wink/threshold_deg = 12")
    rows = audit.newest(file)
    assert [(row.actor, row.action) for row in rows] == [
        ("coach", "settings"),
        ("coach", "access"),
        ("coach", "access"),
        ("shell", "password"),
        ("coach", "password"),
    ]
    told = " ".join(row.text for row in rows)
    assert not any(word in told for word in (GOOD, "another good one", "4711", secret))


def test_a_change_that_fails_leaves_no_row(accounts: Accounts, file: Path) -> None:
    accounts.choose_first_password(GOOD)
    with pytest.raises(AccountError):
        accounts.choose_first_password("a second, later one")
    assert len(audit.newest(file)) == 1


def test_a_damaged_database_is_told(accounts: Accounts, file: Path) -> None:
    file.write_bytes(b"nonsense" * 1000)
    for ask in (accounts.coach_key, accounts.lifters, lambda: accounts.coach_enters(GOOD)):
        with pytest.raises(StoreError, match="damaged"):
            ask()
