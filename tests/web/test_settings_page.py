"""The Settings page and the set-up wizard: what is chosen, refused, written and taken up."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from device import audit
from device.accounts import CHOSEN_FILE, Accounts
from device.audit import Actor
from device.chosen import chosen_beside
from device.commands import LightTest, NewSettings
from device.records import LiveState
from device.settings import Settings
from device.store import Store
from tests.factories import make_state
from tests.web.browser import CHROMIUM, Browser
from tests.web.conftest import HERE, PASSWORD, Serve, Unit, Visitor
from web.app import HUB, create_app

Heard = Callable[[LiveState], None]
FORM = {
    "wink/threshold_deg": "10",
    "cue/mode": "at_once",
    "load/gate": "hands",
    "load/floor_kg": "20",
    "unit/name": "rack",
    "page/units": "kg",
    "page/theme": "auto",
    "page/language": "en",
    "web/reading": "coach",
}


def save(coach: FlaskClient, **changes: str) -> str:
    form = FORM | {key.replace("__", "/"): value for key, value in changes.items()}
    answer = coach.post("/settings", data=form, headers=HERE, follow_redirects=True)
    return answer.text


def written(database: Path) -> dict[str, dict[str, object]]:
    return tomllib.loads(chosen_beside(database).read_text(encoding="utf-8"))


def test_a_change_is_written_noted_and_told_to_the_unit(
    coach: FlaskClient, database: Path, unit: Unit
) -> None:
    text = save(coach, wink__threshold_deg="12,5", cue__buzzer="on", unit__name=" Rack  2 ")
    assert "Saved." in text
    assert written(database) == {
        "wink": {"threshold_deg": 12.5},
        "cue": {"buzzer": True},
        "unit": {"name": "Rack 2"},
    }
    assert "Rack 2</span></a>" in coach.get("/").text  # the page's own name changes at once
    assert unit.wait_asked(NewSettings()) == [NewSettings()]
    newest = audit.newest(database)[0]
    assert (newest.actor, newest.action) == ("coach", "settings")
    assert "Threshold = 12.5" in coach.get("/settings").text


def test_who_reads_the_history_is_chosen_here_and_counts_at_once(
    coach: FlaskClient, guest: FlaskClient, session_id: str, database: Path
) -> None:
    assert guest.get("/sessions").status_code == 303
    save(coach, web__reading="everyone")
    assert written(database) == {"web": {"reading": "everyone"}}
    assert "Ann" in guest.get("/sessions").text
    assert guest.post(f"/sessions/{session_id}/note", headers=HERE).status_code == 403
    assert "Everybody who opens this page can read it." in coach.get(f"/sessions/{session_id}").text
    assert "Who reads the history and your notes = everyone" in coach.get("/settings").text
    save(coach, web__reading="coach")
    assert guest.get("/sessions").status_code == 303
    assert "This lifter can read it, too" in coach.get(f"/sessions/{session_id}").text


def test_a_unit_that_does_not_run_reads_it_later(coach: FlaskClient, database: Path) -> None:
    assert "The unit is not running" in save(coach, wink__threshold_deg="12")
    assert written(database) == {"wink": {"threshold_deg": 12.0}}


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("wink__threshold_deg", "400", "for ‘Threshold’: expected 3 to 40"),
        ("web__reading", "nobody", "expected coach or everyone"),
        ("wink__threshold_deg", "much", "&#39;much&#39; is not a number"),
        ("wink__threshold_deg", "nan", "expected 3 to 40"),
        ("cue__mode", "sometimes", "at_once or after_rep"),
        ("load__gate", "hook", "when it has been wired"),
        ("unit__name", "x" * 41, "1 to 40 letters"),
        ("page__language", "xx", "expected en"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_written(
    coach: FlaskClient, database: Path, field: str, typed: str, said: str
) -> None:
    assert said in save(coach, **{field: typed})
    assert not chosen_beside(database).exists()


def test_a_refused_form_keeps_all_that_was_typed(coach: FlaskClient) -> None:
    typed = {
        "wink/threshold_deg": "12",
        "cue/mode": "faded",
        "cue/buzzer": "on",
        "load/floor_kg": "heavy",
        "unit/name": "Rack 2",
    }
    answer = coach.post("/settings", data=typed, headers=HERE)
    assert answer.status_code == 400
    assert "is not a number" in answer.text.split('role="alert"')[1].split("</p>")[0]
    for shown in ('value="12"', 'value="heavy"', 'value="Rack 2"', 'value="faded" selected'):
        assert shown in answer.text
    assert 'name="cue/buzzer" checked' in answer.text
    assert 'name="cue/unloaded" checked' not in answer.text


def test_an_over_long_name_of_the_rack_is_refused_and_kept(coach: FlaskClient) -> None:
    name = "Rack 2 by the window, left of the big mirror"
    answer = coach.post("/setup/name", data={"name": name, "units": "lb"}, headers=HERE)
    assert answer.status_code == 400
    assert "1 to 40 letters" in answer.text.split('role="alert"')[1].split("</p>")[0]
    assert f'value="{name}"' in answer.text
    assert 'value="lb" selected' in answer.text
    for address in ("/setup/name", "/settings"):  # browsers cut at that without a word
        assert 'maxlength="40"' not in coach.get(address).text


def test_pounds_are_typed_as_pounds_and_kept_as_kilograms(
    coach: FlaskClient, database: Path
) -> None:
    save(coach, page__units="lb")
    save(coach, page__units="lb", load__floor_kg="45")
    assert written(database)["load"] == {"floor_kg": 20.41}
    assert 'value="45"' in coach.get("/settings").text


def test_the_chosen_colours_are_on_every_page(coach: FlaskClient) -> None:
    assert 'href="/static/dark.css" media="(prefers-color-scheme: dark)"' in coach.get("/").text
    save(coach, page__theme="dark")
    assert 'href="/static/dark.css">' in coach.get("/rack").text
    save(coach, page__theme="light")
    assert "dark.css" not in coach.get("/").text


def test_a_damaged_file_is_told_and_mended_by_saving(coach: FlaskClient, database: Path) -> None:
    chosen_beside(database).write_bytes(b"\xff")
    text = coach.get("/settings").text
    assert "can&#39;t be read" in text
    assert "Saved." in save(coach, wink__threshold_deg="11")
    assert written(database) == {"wink": {"threshold_deg": 11.0}}


@pytest.mark.parametrize(
    ("old", "new", "again", "status"),
    [
        (PASSWORD, "another good one", "another good one", 303),
        ("wrong", "another good one", "another good one", 403),
        (PASSWORD, "another good one", "not the same", 400),
        (PASSWORD, "short", "short", 400),
    ],
)
def test_the_password_changes_for_whoever_knows_the_old_one(
    coach: FlaskClient, database: Path, old: str, new: str, again: str, status: int
) -> None:
    form = {"old": old, "new": new, "again": again}
    answer = coach.post("/settings/password", data=form, headers=HERE)
    assert answer.status_code == status
    taken = Accounts(database, "rack").coach_enters("another good one") is not None
    assert taken == (status == 303)
    assert coach.get("/settings").status_code == 200  # still signed in, in either case


# ---------------------------------------------------------------- set-up


@pytest.fixture
def fresh(database: Path, socket_path: Path) -> Iterator[Flask]:
    """A unit that nobody has set up."""
    app = create_app(database, socket_path, Settings())
    app.test_client_class = Visitor
    yield app
    app.extensions[HUB].close()


def choose(client: FlaskClient, password: str, again: str | None = None) -> int:
    form = {"password": password, "again": password if again is None else again}
    return client.post("/setup/password", data=form, headers=HERE).status_code


def test_the_wizard_leads_from_the_first_page_to_the_live_page(
    fresh: Flask, database: Path, unit: Unit
) -> None:
    client = fresh.test_client()
    assert client.get("/").headers["Location"] == "/setup"
    assert "at least 8 characters" in client.get("/setup").text
    assert choose(client, PASSWORD) == 303
    form = {"name": "Rack by the door", "units": "lb"}
    answer = client.post("/setup/name", data=form, headers=HERE)
    assert answer.headers["Location"] == "/setup/placement"
    assert 'id="placement"' in client.get("/setup/placement").text
    answer = client.post("/setup/light", headers=HERE)
    assert "Watch the rack" in client.get(answer.headers["Location"]).text
    assert LightTest() in unit.wait_asked(LightTest())
    assert "Rack by the door is ready" in client.get("/setup/done").text
    assert client.get("/").status_code == 200
    assert written(database)["page"] == {"units": "lb"}


@pytest.mark.parametrize(
    ("password", "again"), [("short", "short"), (PASSWORD, "another"), ("password", "password")]
)
def test_a_bad_first_password_is_refused(fresh: Flask, password: str, again: str) -> None:
    client = fresh.test_client()
    assert choose(client, password, again) == 400
    assert client.get("/").headers["Location"] == "/setup"


def test_nobody_takes_the_unit_over_once_it_was_set_up(fresh: Flask, database: Path) -> None:
    assert choose(fresh.test_client(), PASSWORD) == 303
    late = fresh.test_client()
    assert late.get("/setup").headers["Location"].startswith("/sign-in")
    assert choose(late, "a second, later one") == 400
    assert late.get("/settings").status_code == 303
    assert Accounts(database, "rack").coach_enters(PASSWORD) is not None


@pytest.mark.parametrize("made_anew", [False, True])
def test_nobody_takes_the_unit_over_when_its_database_is_lost(
    unit_app: Flask, database: Path, made_anew: bool
) -> None:
    database.unlink()
    if made_anew:
        Store.open(database, "rack").close()
    late = unit_app.test_client()
    assert late.get("/").status_code == 200
    for address in ("/setup", "/settings"):
        assert late.get(address).headers["Location"].startswith("/sign-in")
    page = late.get("/sign-in").text
    assert "its database" in page
    assert "sudo" not in page  # of a database that is nowhere near an installed unit's
    assert f"racklight password --database {database}" in page
    assert choose(late, "a second, later one") == 400
    form = {"password": PASSWORD}
    answer = late.post("/sign-in/coach", data=form, headers=HERE)
    assert answer.status_code == 403
    assert "racklight password" in answer.text
    Accounts(database, "rack").change_password("from the command line", Actor.SHELL)
    form = {"password": "from the command line"}
    assert late.post("/sign-in/coach", data=form, headers=HERE).status_code == 303


def test_a_unit_set_up_by_an_earlier_version_remembers_it_from_its_next_start(
    unit_app: Flask, database: Path, socket_path: Path
) -> None:
    (database.parent / CHOSEN_FILE).unlink()
    create_app(database, socket_path, Settings()).extensions[HUB].close()
    assert (database.parent / CHOSEN_FILE).exists()


def test_the_wizard_tells_of_a_light_that_cannot_be_shown(coach: FlaskClient) -> None:
    answer = coach.post("/setup/light", headers=HERE)
    assert answer.status_code == 503
    assert "not running" in answer.text


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize("width", [390, 1440])
def test_a_coach_sets_the_unit_up_in_a_browser(
    serve_unit: Serve, unit: Unit, database: Path, width: int
) -> None:
    unit.state = make_state()
    with serve_unit() as address, Browser() as browser:
        browser.open(f"{address}/setup", width=width)
        for field in ("password", "again"):
            browser.evaluate(f"document.getElementById('{field}').value = {PASSWORD!r}")
        press(browser, "/setup/name")
        browser.evaluate("document.getElementById('name').value = 'Rack 7'")
        press(browser, "/setup/placement")
        press(browser, "/setup/light", ".onward a")
        press(browser, "/setup/light?asked")
        press(browser, "/setup/done", ".onward a")
        assert "Rack 7 is ready" in browser.evaluate("document.body.innerText")
        assert browser.evaluate("document.cookie") == ""  # no script can read it
        wide = browser.evaluate("document.documentElement.scrollWidth")
        assert wide <= width
    assert Accounts(database, "rack").coach_enters(PASSWORD) is not None


def press(browser: Browser, then: str, what: str = "form button.main") -> None:
    """Clicks something on the page, and waits until the page it leads to is there."""
    browser.evaluate(f"document.querySelector('main ' + {what!r}).click()")
    here = "location.pathname + location.search"
    browser.wait_for(f"{here} === {then!r} && document.readyState === 'complete'", 60)
