"""What a form did is told where the person stood, once, with a way back where there is one."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.rows import rows
from tests.web.browser import CHROMIUM, Browser
from tests.web.conftest import Serve

HERE = {"Origin": "http://localhost"}


def told_after(page: FlaskClient, address: str, **form: str) -> tuple[str, str]:
    """What the form's answer leads to, from `<section>` or `<form>` on, and what it says."""
    answer = page.post(address, data=form, headers=HERE)
    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].endswith("#saved")
    text = html.unescape(page.get(answer.headers["Location"].partition("#")[0]).text)
    assert text.count('id="saved"') == 1
    before, _, after = text.partition('id="saved"')
    said = re.search(r"<p>(.*?)</p>", after)
    assert said
    return before, said[1]


def reps_of(database: Path, number: int) -> list[str]:
    """Keys of those that count."""
    found = rows(
        database,
        "SELECT reps.id FROM reps JOIN sets ON sets.id = set_id"
        " WHERE number = ? AND undone_utc IS NULL ORDER BY rep_index",
        number,
    )
    return [key for (key,) in found]


def test_saved_is_said_once_in_the_form_that_was_saved(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    (key,) = rows(database, "SELECT id FROM sets WHERE number = 2")[0]
    before, said = told_after(coach, f"/sets/{key}/notes", tags="belt")
    assert said == "Saved."
    assert before.rindex(f'action="/sets/{key}/notes"') > before.rindex("<form")
    assert '<details class="manage" open>' in before  # the form is not folded away
    for form in ({"note": "text"}, {"lifter": "lifter"}):
        ((name, field),) = form.items()
        before, said = told_after(coach, f"/sessions/{session_id}/{name}", **{field: "Ann"})
        assert said == "Saved."
        assert f'action="/sessions/{session_id}/{name}"' in before[before.rindex("<form") :]
    assert 'id="saved"' not in coach.get(f"/sessions/{session_id}").text


def test_a_rep_struck_out_is_named_and_comes_back_at_once(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    first, second = reps_of(database, 1)
    before, said = told_after(coach, f"/reps/{second}/strike-out")
    assert said == "Rep 2 of set 1 is struck out."
    assert 'id="set-1"' in before and 'id="set-2"' not in before
    before, said = told_after(coach, f"/reps/{second}/strike-out")
    assert said == "This rep of set 1 was struck out already."
    before, said = told_after(coach, f"/reps/{second}/bring-back", set="")
    assert said == "Rep 2 of set 1 counts again."
    assert 'id="set-1"' in before and 'id="set-2"' not in before
    before, said = told_after(coach, f"/reps/{second}/bring-back")
    assert said == "Rep 2 of set 1 had been brought back already."
    assert 'id="struck-out"' in before  # that is where this button stood
    assert reps_of(database, 1) == [first, second]


def in_form_of(page: str, number: int) -> list[str]:
    """What the buttons of a set's reps do, in their order, and what they say."""
    part = page.split('class="strike"')[number].split("</form>", maxsplit=1)[0]
    slots = re.findall(r'formaction="/reps/\w+/([\w-]+)[^>]*>([^<]*)<', part.split('id="saved"')[0])
    return [f"{what}: {said}" for what, said in slots]


def test_a_struck_rep_keeps_its_place_among_the_buttons(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    first, _ = reps_of(database, 1)
    address = f"/sessions/{session_id}"
    before = in_form_of(coach.get(address).text, 1)
    assert before == ["strike-out: Rep 1, 4°", "strike-out: Rep 2, –"]
    told_after(coach, f"/reps/{first}/strike-out")
    after = in_form_of(coach.get(address).text, 1)
    assert after == ["bring-back: Bring back 4°", "strike-out: Rep 1, –"]
    assert in_form_of(coach.get(address).text, 2)[-1] == "bring-back: Bring back 33°"


def test_a_half_typed_note_survives_a_rep_that_is_struck_out(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    (key,) = rows(database, "SELECT id FROM sets WHERE number = 1")[0]
    rep = reps_of(database, 1)[1]
    typed = {"of_set": key, "text": "knees <b", "tags": "belt", "kg": "62,5", "pain": ""}
    told_after(coach, f"/reps/{rep}/strike-out", **typed)
    page = coach.get(f"/sessions/{session_id}").text
    assert ">knees &lt;b</textarea>" in page
    assert 'value="belt"' in page
    told_after(coach, f"/reps/{rep}/bring-back", **typed | {"text": "knees in", "set": ""})
    assert ">knees in</textarea>" in coach.get(f"/sessions/{session_id}").text


def test_nothing_is_struck_out_where_what_was_typed_beside_it_is_refused(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    (key,) = rows(database, "SELECT id FROM sets WHERE number = 1")[0]
    rep = reps_of(database, 1)[1]
    typed = {"of_set": key, "text": "knees in", "kg": "6o"}
    answer = coach.post(f"/reps/{rep}/strike-out", data=typed, headers=HERE)
    assert answer.status_code == 400
    form = answer.text.split(f'action="/sets/{key}/notes"')[1].split("</form>")[0]
    assert "is not a weight" in form.split('role="alert"')[1].split("</p>")[0]
    assert 'value="6o"' in form
    assert ">knees in</textarea>" in form
    assert rep in reps_of(database, 1)


def test_the_way_back_stands_in_the_form_of_the_set(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    rep = reps_of(database, 2)[0]
    answer = coach.post(f"/reps/{rep}/strike-out?curves=time", data={}, headers=HERE)
    page = coach.get(answer.headers["Location"].partition("#")[0]).text
    notice = page.partition('id="saved"')[2].partition("</div>")[0]
    assert f'formaction="/reps/{rep}/bring-back?curves=time"' in notice
    assert 'name="set"' in notice
    opened = re.findall(r"<(/?)form\b", page)
    assert opened == ["", "/"] * (len(opened) // 2)  # none within another


def test_the_last_rep_of_a_set_is_told_where_it_went(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    reps = reps_of(database, 1)
    told_after(coach, f"/reps/{reps[0]}/strike-out")
    before, said = told_after(coach, f"/reps/{reps[1]}/strike-out")
    assert said == "Rep 1 of set 1 is struck out."
    assert 'id="struck-out"' in before
    assert 'id="set-1"' not in before


def test_what_was_looked_at_is_looked_at_again(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    rep = reps_of(database, 2)[0]
    page = html.unescape(coach.get(f"/sessions/{session_id}?curves=figure&rep={rep}").text)
    actions = re.findall(r' action="(/(?:sets|reps|sessions)/[^"]*)"', page)
    assert len(actions) == 7
    buttons = re.findall(r'formaction="(/reps/[^"]*)"', page)
    assert len(buttons) == 5  # four that count, and the one that was taken back
    assert all(one.endswith(f"?curves=figure&rep={rep}") for one in buttons)
    assert all(one.endswith(f"?curves=figure&rep={rep}") for one in actions)
    answer = coach.post(actions[0], data={"text": "x"}, headers=HERE)
    assert f"?curves=figure&rep={rep}#saved" in answer.headers["Location"]


@pytest.fixture
def phone(serve_unit: Serve, coach: FlaskClient, session_id: str) -> Iterator[tuple[Browser, str]]:
    cookie = coach.get_cookie("racklight")
    assert cookie is not None
    with serve_unit() as address, Browser() as browser:
        browser.set_cookie(address, "racklight", cookie.value)
        yield browser, f"{address}/sessions/{session_id}"


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_on_a_phone_the_page_stays_where_the_button_was(phone: tuple[Browser, str]) -> None:
    browser, address = phone
    browser.open(address, 390)
    browser.evaluate("document.querySelector('#set-1 details').open = true")
    for button, said in (
        ("#set-1 form:has([name=kg]) > button", "Saved."),
        ("#set-1 .strike button", "Rep 1 of set 1 is struck out."),
        ("#set-1 #saved button", "Rep 1 of set 1 counts again."),
    ):
        browser.evaluate("window.left = true")
        browser.evaluate(f"document.querySelector({button!r}).click()")
        browser.wait_for("!window.left && document.readyState === 'complete'")
        assert browser.evaluate("document.querySelector('#saved p').innerText") == said
        browser.wait_for("scrollY > 0")
        box = "document.querySelector('#saved').getBoundingClientRect()"
        assert browser.evaluate(f"{box}.top") >= 0, said
        assert browser.evaluate(f"{box}.bottom") <= 844, said
        assert browser.evaluate("document.documentElement.scrollWidth") <= 390
