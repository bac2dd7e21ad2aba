"""Signing in and out: cookies, wrong passwords, guessing, PINs and cards."""

from __future__ import annotations

import html
import io
import re
import shlex
import stat
import time
from pathlib import Path
from typing import Literal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from device import paths
from device.__main__ import main
from device.accounts import Accounts
from device.audit import Actor
from device.settings import Settings, WebSettings
from device.store import Store
from tests.web.conftest import HERE, PASSWORD, PIN, Visitor
from web.accounts.sign_in import Door, RefusedError
from web.app import HUB, create_app
from web.identity import SECRET_FILE, secret_beside
from web.limits import COACH_PATIENCE, LIFTER_PATIENCE, Limits, Patience, network_of


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes at the door, however slow this machine is."""
    monkeypatch.setattr("web.accounts.sign_in.Limits", lambda: Limits(lambda: 0.0))


def enter(client: FlaskClient, password: str = PASSWORD, **form: str) -> TestResponse:
    return client.post("/sign-in/coach", data={"password": password, **form}, headers=HERE)


def enter_as(client: FlaskClient, name: str, pin: str) -> TestResponse:
    return client.post("/sign-in/lifter", data={"name": name, "pin": pin}, headers=HERE)


def cookie_of(client: FlaskClient) -> str:
    found = client.get_cookie("racklight")
    assert found is not None
    return str(found.value)


# ---------------------------------------------------------------- the coach


def test_the_coach_comes_in_and_goes(guest: FlaskClient) -> None:
    assert guest.get("/settings").status_code == 303
    answer = enter(guest, next="/settings")
    assert answer.headers["Location"] == "/settings"
    assert guest.get("/settings").status_code == 200
    assert guest.post("/sign-out", headers=HERE).status_code == 303
    assert guest.get("/settings").status_code == 303


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD + " ", PASSWORD.upper(), "x" * 10_000])
def test_a_wrong_password_is_told_and_opens_nothing(guest: FlaskClient, password: str) -> None:
    answer = enter(guest, password)
    assert answer.status_code == 403
    assert "not the coach" in answer.text
    assert "racklight password" in answer.text
    assert guest.get("/settings").status_code == 303


def test_the_cookie_is_for_this_page_alone(guest: FlaskClient) -> None:
    short = enter(guest).headers["Set-Cookie"]
    assert "HttpOnly" in short
    assert "SameSite=Lax" in short
    assert "Path=/" in short
    assert "Expires" not in short  # gone when the browser is closed
    assert "Expires" in enter(guest, stay="on").headers["Set-Cookie"]
    assert PASSWORD not in short


def test_signing_in_leaves_nothing_of_the_session_before(guest: FlaskClient) -> None:
    with guest.session_transaction() as planted:
        planted["csrf"] = "planted by somebody else"
        planted["more"] = "of it"
    before = cookie_of(guest)
    enter(guest)
    with guest.session_transaction() as cookie:
        assert cookie.get("csrf") != "planted by somebody else"
        assert "more" not in cookie
    thief = guest.application.test_client()
    thief.set_cookie("racklight", before)
    assert thief.get("/settings").status_code == 303


def test_a_cookie_that_was_changed_or_signed_elsewhere_is_a_guests(
    coach: FlaskClient, tmp_path: Path
) -> None:
    good = cookie_of(coach)
    for bad in (good[:-2] + ("AA" if good[-2:] != "AA" else "BB"), "x" + good, "", "a.b.c"):
        other = coach.application.test_client()
        other.set_cookie("racklight", bad)
        assert other.get("/settings").status_code == 303
    elsewhere = create_app(tmp_path / "other" / "x.sqlite3", tmp_path / "s", Settings())
    assert elsewhere.secret_key != coach.application.secret_key
    elsewhere.extensions[HUB].close()


def test_a_new_password_signs_every_other_browser_out(coach: FlaskClient, database: Path) -> None:
    assert coach.get("/settings").status_code == 200
    Accounts(database, "rack").change_password("another good one", Actor.SHELL)
    assert coach.get("/settings").status_code == 303


def test_a_visit_ends_by_itself(coach: FlaskClient) -> None:
    with coach.session_transaction() as cookie:
        cookie["until"] = time.time() - 1
    assert coach.get("/settings").status_code == 303


# ---------------------------------------------------------------- guessing


def test_guessing_is_slowed_down_and_told(still: None, guest: FlaskClient) -> None:
    answers = [enter(guest, f"guess {number}") for number in range(COACH_PATIENCE.free + 1)]
    assert [one.status_code for one in answers] == [403] * COACH_PATIENCE.free + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert "Wait 1 second" in answers[-1].text
    assert enter(guest).status_code == 429  # not even the right one, for that second


def test_the_coach_comes_in_from_elsewhere_while_somebody_guesses(
    still: None, unit_app: Flask
) -> None:
    thief, coach = unit_app.test_client(), unit_app.test_client()
    thief.environ_base["REMOTE_ADDR"] = "10.0.0.66"
    coach.environ_base["REMOTE_ADDR"] = "10.0.0.5"
    for number in range(COACH_PATIENCE.free + 3):
        enter(thief, f"guess {number}")
    assert enter(thief).status_code == 429
    assert enter(coach).status_code == 303


def test_whoever_is_in_stays_in_while_somebody_guesses(still: None, coach: FlaskClient) -> None:
    thief = coach.application.test_client()
    for number in range(COACH_PATIENCE.free + 3):
        enter(thief, f"guess {number}")
    assert coach.get("/settings").status_code == 200


def test_waits_double_up_to_a_limit_and_are_forgotten() -> None:
    now = [0.0]
    limits, patience = Limits(lambda: now[0]), Patience(free=2, longest_s=30.0)
    waits = []
    for _ in range(12):
        assert limits.attempt({"key": patience}) == 0
        waits.append(limits.attempt({"key": patience}) if waits or _ else 0.0)
        now[0] += waits[-1]
    assert waits[:7] == [0, 1, 2, 4, 8, 16, 30]
    assert max(waits) == 30  # never for good
    limits.attempt({"key": patience})
    now[0] += 3601
    assert [limits.attempt({"key": patience}) for _ in range(2)] == [0, 0]


def test_tries_at_the_same_time_win_nothing() -> None:
    limits, patience = Limits(lambda: 0.0), Patience(free=3, longest_s=60.0)
    assert [limits.attempt({"key": patience}) > 0 for _ in range(5)] == [
        False,
        False,
        False,
        True,
        True,
    ]


def test_a_right_pin_does_not_excuse_the_wrong_ones_of_others() -> None:
    limits, patience = Limits(lambda: 0.0), Patience(free=3, longest_s=60.0)
    for _ in range(2):
        limits.attempt({"address": patience})
    limits.attempt({"address": patience})
    limits.one_less("address")
    assert limits.attempt({"address": patience}) == 0
    assert limits.attempt({"address": patience}) > 0


def test_many_addresses_cost_no_memory() -> None:
    limits = Limits(lambda: 0.0)
    for number in range(10_000):
        limits.attempt({number: COACH_PATIENCE})
    assert len(limits._tries) <= 4096


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.168.1.7", "192.168.1.7"),
        ("::ffff:192.168.1.7", "192.168.1.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (None, "unknown"),
    ],
)
def test_what_counts_as_one_address(address: str | None, counted: str) -> None:
    assert network_of(address) == counted


# ---------------------------------------------------------------- lifters


def test_a_lifter_comes_in_by_pin_and_sees_his_own(
    guest: FlaskClient, ann: FlaskClient, session_id: str
) -> None:
    assert enter_as(guest, " ann ", PIN).headers["Location"] == "/me"
    history = guest.get("/me").headers["Location"]
    assert history.startswith("/lifters/")
    assert "Ann" in guest.get(history).text
    assert guest.get(f"/sessions/{session_id}").status_code == 200
    for address in ("/settings", "/access", "/lifters", "/health"):
        assert guest.get(address).status_code == 403


@pytest.mark.parametrize(("name", "pin"), [("Ann", "1234"), ("Nobody", PIN), ("", ""), ("Ann", "")])
def test_wrong_names_and_pins_are_told_alike(
    guest: FlaskClient, ann: FlaskClient, name: str, pin: str
) -> None:
    answer = enter_as(guest, name, pin)
    assert answer.status_code == 403
    assert "Name and PIN do not belong together." in answer.text


def test_a_pin_is_slowed_down_from_every_address_but_not_other_lifters(
    still: None, unit_app: Flask, ann: FlaskClient, database: Path
) -> None:
    accounts = Accounts(database, "rack")
    accounts.set_pin(accounts.lifters()[0].id, PIN)
    statuses = []
    for number in range(LIFTER_PATIENCE.free + 1):
        thief = unit_app.test_client()
        thief.environ_base["REMOTE_ADDR"] = f"10.0.0.{number + 1}"
        statuses.append(enter_as(thief, "Ann", f"{9000 + number}").status_code)
    assert statuses == [403] * LIFTER_PATIENCE.free + [429]
    assert enter(unit_app.test_client()).status_code == 303  # the coach all the same


def test_a_card_opens_its_lifters_history_by_a_form_alone(
    guest: FlaskClient, coach: FlaskClient, ann: FlaskClient, database: Path
) -> None:
    lifter = Accounts(database, "rack").lifters()[0].id
    made = coach.post(f"/access/{lifter}/card", headers=HERE)
    assert made.headers["Cache-Control"] == "no-store"
    assert ann.get("/me").status_code == 303
    found = re.search(r"http://localhost/card/([\w-]+)", made.text)
    assert found
    secret = found.group(1)
    assert secret.encode() not in database.read_bytes()
    assert f'value="{secret}"' in guest.get(f"/card/{secret}").text
    assert guest.get("/me").headers["Location"].startswith("/sign-in")  # a look changes nothing
    assert guest.post("/card", data={"secret": secret}, headers=HERE).status_code == 303
    assert guest.get("/me").headers["Location"] == f"/lifters/{lifter}"
    coach.post(f"/access/{lifter}/no-card", headers=HERE)
    assert guest.get("/me").headers["Location"].startswith("/sign-in")
    answer = guest.post("/card", data={"secret": secret}, headers=HERE)
    assert answer.status_code == 403
    assert "no longer valid" in answer.text


@pytest.mark.parametrize(
    "pin", ["", "  ", "123", "1234", "0000", "abcd", "123456789", "12 34x", "١٢٣٤"]
)
def test_a_bad_pin_is_not_taken(
    coach: FlaskClient, ann: FlaskClient, database: Path, pin: str
) -> None:
    lifter = Accounts(database, "rack").lifters()[0].id
    answer = coach.post(f"/access/{lifter}/pin", data={"pin": pin}, headers=HERE)
    assert answer.status_code == 400
    form = answer.text.split(f'action="/access/{lifter}/pin"')[1].split("</form>")[0]
    assert "PIN" in form.split('role="alert"')[1].split("</p>")[0]  # in the form itself
    assert not pin or f'value="{pin}"' not in form
    assert "4 to 8 digits" in form.split("<input name=")[1]  # beside the field, before a mistake
    assert "maxlength" not in form  # browsers would cut it to another PIN without a word
    assert enter_as(ann, "Ann", PIN).status_code == 303


def test_the_coach_takes_a_pin_away(coach: FlaskClient, ann: FlaskClient, database: Path) -> None:
    lifter = Accounts(database, "rack").lifters()[0].id
    assert "PIN · no card" in coach.get("/access").text
    remove = f'action="/access/{lifter}/no-pin"'
    assert remove in coach.get("/access").text
    assert coach.post(f"/access/{lifter}/no-pin", headers=HERE).status_code == 303
    text = coach.get("/access").text
    assert remove not in text
    assert "No PIN" in text
    assert "Ann has no PIN now." in text
    assert ann.get("/me").status_code == 303
    assert enter_as(ann, "Ann", PIN).status_code == 403
    assert enter_as(ann, "Ann", "").status_code == 403


@pytest.mark.parametrize("reading", ["coach", "everyone"])
def test_what_a_pin_is_good_for_is_what_the_setting_makes_of_it(
    database: Path, socket_path: Path, session_id: str, reading: Literal["coach", "everyone"]
) -> None:
    page = create_app(database, socket_path, Settings(web=WebSettings(reading=reading)))
    page.test_client_class = Visitor
    coach, lifter = page.test_client(), page.test_client()
    try:
        accounts = Accounts(database, "rack")
        accounts.choose_first_password(PASSWORD)
        with Store.open(database, "rack") as store:
            accounts.set_pin(store.lifter("Bob").id, PIN)
        assert enter(coach).status_code == 303
        assert enter_as(lifter, "Bob", PIN).status_code == 303
        opens_anns = lifter.get(f"/sessions/{session_id}").status_code == 200
        text = html.unescape(coach.get("/access").text)
        assert ("sees their own history, and nobody else's" in text) is not opens_anns
        assert ("reads everybody's history" in text) is opens_anns
    finally:
        page.extensions[HUB].close()


def test_a_new_pin_is_told(coach: FlaskClient, ann: FlaskClient, database: Path) -> None:
    lifter = Accounts(database, "rack").lifters()[0].id
    coach.post(f"/access/{lifter}/pin", data={"pin": "7391"}, headers=HERE)
    text = coach.get("/access").text
    assert "Ann has a new PIN." in text
    assert "7391" not in text


def test_an_unknown_lifter_gets_neither_pin_nor_card(coach: FlaskClient) -> None:
    for what in ("pin", "no-pin", "card", "no-card"):
        answer = coach.post(f"/access/{'0' * 32}/{what}", data={"pin": "7391"}, headers=HERE)
        assert answer.status_code in (400, 404)
        assert "no such lifter" in answer.text


# ---------------------------------------------------------------- the secret


def test_the_secret_is_made_once_and_is_the_units_alone(database: Path) -> None:
    first = secret_beside(database)
    assert len(first) == 32
    assert secret_beside(database) == first
    file = database.parent / SECRET_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_without_a_place_for_the_secret_the_page_still_serves(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert len(secret_beside(tmp_path / "file" / "x.sqlite3")) == 32


def test_a_door_with_too_many_at_it_says_so(unit_app: Flask) -> None:
    door = Door()
    door._places.acquire()
    door._places.acquire()
    with (
        unit_app.app_context(),
        pytest.MonkeyPatch.context() as patch,
        pytest.raises(RefusedError, match="busy"),
    ):
        patch.setattr("web.accounts.sign_in.BUSY_S", 0.01)
        door.coach(PASSWORD, "10.0.0.1")


@pytest.mark.parametrize(
    ("whose", "command"),
    [
        ("unit_database_file", "sudo -u racklight racklight password"),
        ("demo_database_file", "./racklight password --demo"),
    ],
)
def test_the_way_back_to_a_lost_password_is_the_same_before_and_after_a_wrong_one(
    database: Path,
    socket_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    whose: str,
    command: str,
) -> None:
    monkeypatch.setattr(paths, whose, lambda: database)
    page = create_app(database, socket_path, Settings())
    page.test_client_class = Visitor
    visitor = page.test_client()
    try:
        Accounts(database, "rack").choose_first_password(PASSWORD)
        assert f"<code>{command}</code>" in visitor.get("/sign-in").text
        wrong = visitor.post("/sign-in/coach", data={"password": "wrong"}, headers=HERE)
        assert f"<code>{command}</code>" in wrong.text
        assert "`" not in wrong.text
    finally:
        page.extensions[HUB].close()


@pytest.mark.parametrize("demo", [False, True])
def test_the_command_that_the_sign_in_page_names_changes_that_pages_password(
    tmp_path: Path, socket_path: Path, monkeypatch: pytest.MonkeyPatch, demo: bool
) -> None:
    monkeypatch.setattr(paths, "PROGRAM", tmp_path / "program")
    monkeypatch.setenv("RACKLIGHT_STATE", str(tmp_path / "a unit's"))
    database = tmp_path / "the gym's <own>" / "racklight.sqlite3"
    page = create_app(database, socket_path, Settings(), demo=demo)
    visitor = page.test_client()
    try:
        Accounts(database, "rack").choose_first_password("the forgotten one")
        named = re.search("<code>(./racklight .*)</code>", visitor.get("/sign-in").text)
        assert named
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n{PASSWORD}\n"))
        assert main(shlex.split(html.unescape(named[1]))[1:]) == 0
        assert Accounts(database, "rack").coach_enters(PASSWORD) is not None
    finally:
        page.extensions[HUB].close()


def test_the_demo_tells_who_its_lifters_are(database: Path, socket_path: Path) -> None:
    reading = WebSettings(reading="everyone")
    demo = create_app(database, socket_path, Settings(web=reading), demo=True)
    visitor = demo.test_client()
    try:
        assert "everybody may read the history" in visitor.get("/setup").text
        for page in ("/", "/rack"):
            assert "Alex and Sam sign in by themselves" in visitor.get(page).text
    finally:
        demo.extensions[HUB].close()
