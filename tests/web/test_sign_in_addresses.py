"""The addresses of forms that let people in: kept, loaded again, or asked for by the wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from device.accounts import Accounts
from device.settings import Settings, WebSettings
from device.store import Store
from tests.rows import rows
from tests.web.conftest import HERE, PASSWORD, PIN, Visitor
from web.app import HUB, create_app

FOR_COACH = "This page is for the coach."


@pytest.mark.parametrize("address", ["/sign-in/coach", "/sign-in/lifter", "/card"])
def test_the_address_of_a_refused_sign_in_leads_back_to_the_form(
    guest: FlaskClient, address: str
) -> None:
    assert guest.post(address, data={"password": "wrong"}, headers=HERE).status_code == 403
    answer = guest.get(address)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in"


def test_the_address_of_a_refused_password_leads_back_to_the_settings(coach: FlaskClient) -> None:
    form = {"old": PASSWORD, "new": "one plate and a towel", "again": "two"}
    assert coach.post("/settings/password", data=form, headers=HERE).status_code == 400
    assert coach.get("/settings/password").headers["Location"] == "/settings"


@pytest.mark.parametrize("address", ["/settings", "/data", "/access", "/lifters/x/delete?y=1"])
def test_who_asks_for_a_page_of_the_coach_is_told_whose_it_is(
    guest: FlaskClient, address: str
) -> None:
    answer = guest.get(address)
    assert answer.status_code == 303
    form = guest.get(answer.headers["Location"]).text
    assert FOR_COACH in form
    assert "Back to your own history" not in form


@pytest.mark.parametrize("wanted", ["", "/", "/sessions", "/no-such-page", "/lifters", "//[", "x"])
def test_of_other_pages_nobody_says_so(guest: FlaskClient, wanted: str) -> None:
    assert FOR_COACH not in guest.get("/sign-in", query_string={"next": wanted}).text


def test_a_lifter_who_reads_everything_is_told_that_a_page_is_the_coach_s(
    database: Path, socket_path: Path, session_id: str
) -> None:
    app = create_app(database, socket_path, Settings(web=WebSettings(reading="everyone")))
    app.test_client_class = Visitor
    lifter = app.test_client()
    try:
        accounts = Accounts(database, "rack")
        accounts.choose_first_password(PASSWORD)
        with Store.open(database, "rack") as store:
            accounts.set_pin(store.lifter("Ann").id, PIN)
        form = {"name": "Ann", "pin": PIN}
        assert lifter.post("/sign-in/lifter", data=form, headers=HERE).status_code == 303
        shown = lifter.get(lifter.get("/data").headers["Location"]).text
        assert FOR_COACH in shown
        assert '<a href="/me">Back to your own history</a>' in shown
    finally:
        app.extensions[HUB].close()


def test_a_lifter_s_page_leads_to_the_pin(
    coach: FlaskClient, page: FlaskClient, database: Path, session_id: str
) -> None:
    (ann,) = rows(database, "SELECT id FROM lifters")[0]
    link = f'<a href="/access#{ann}">PIN and card of Ann</a>'
    assert link in coach.get(f"/lifters/{ann}").text
    assert link not in page.get(f"/lifters/{ann}").text
    assert f'<li id="{ann}">' in coach.get("/access").text
    assert "ask the coach" not in page.get(f"/lifters/{ann}").text


def test_a_lifter_s_own_page_says_who_gives_a_pin(ann: FlaskClient) -> None:
    page = ann.get(ann.get("/me").headers["Location"]).text
    assert "For another PIN or card ask the coach." in page
