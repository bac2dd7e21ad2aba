"""Who lifts: the names the rack offers, and a new one that it asks back."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from device import lifter_book
from device.commands import GiveSet, SignIn, UndoRep
from device.notebook import Notebook
from device.records import LiveState
from device.store import Store
from tests.factories import make_rep, make_state, make_summary
from tests.web.conftest import HERE, Unit
from web.rack import roster

Heard = Callable[[LiveState], None]


def text_of(page: FlaskClient, address: str) -> str:
    answer = page.get(address)
    assert answer.status_code == 200
    return answer.text


def ask(page: FlaskClient, command: str, name: str, **form: str) -> TestResponse:
    form = {"lifter": name, "back": "/rack", **form}
    return page.post(f"/commands/{command}", data=form, headers=HERE)


@pytest.fixture
def lifters(database: Path) -> list[str]:
    """The latest first."""
    names = ["Ann", "Ben", "Åsa", "Bea <b>"]
    with Store.open(database, "rack") as store:
        for name in names:
            store.start_session(store.lifter(name).id)
            time.sleep(0.002)  # two visits of one millisecond have no order
    return names[::-1]


def test_names_are_those_lately_here_and_the_signed_in_one_first(
    page: FlaskClient, database: Path, lifters: list[str], heard: Heard
) -> None:
    assert roster.lately_here(database) == lifters
    heard(make_state(lifter="ann"))
    html = text_of(page, "/rack/who")
    names = re.findall(r'name="lifter" value="([^"]*)"', html)
    assert names == ["ann", "Bea &lt;b&gt;", "Åsa", "Ben"]
    assert "/commands/sign_in" in html
    assert "/commands/give_set" in text_of(page, "/rack/who?for=set")


def test_wrong_lifter_names_the_set_it_means(
    page: FlaskClient, lifters: list[str], heard: Heard
) -> None:
    heard(make_state(set=2, set_verdicts=("clean", "wink", "clean")))
    html = text_of(page, "/rack/who?for=set")
    assert "Ann, set 2, 3 reps" in html
    heard(make_state(number=2, last_rep=None, set=None))
    html = text_of(page, "/rack/who?for=set")
    assert "There is no set yet" in html
    assert "/commands/give_set" not in html


def test_wrong_lifter_says_what_it_did(page: FlaskClient, unit: Unit, heard: Heard) -> None:
    heard(make_state())
    form = {"lifter": "Bea <b>", "back": "/rack"}
    answer = page.post("/commands/give_set", data=form, headers=HERE)
    wanted = GiveSet("Bea <b>")
    assert unit.wait_asked(wanted) == [wanted]
    html = text_of(page, answer.location)
    assert "What was set 2 is Bea &lt;b&gt;’s now." in html


def named_in(html: str) -> dict[str, str]:
    """Which set the page's own form is about."""
    return dict(re.findall(r'<input type="hidden" name="(session|rep)" value="([^"]*)"', html))


def test_wrong_lifter_stays_with_the_set_it_named_when_the_next_one_begins(
    page: FlaskClient, unit: Unit, database: Path, heard: Heard
) -> None:
    with Store.open(database, "rack") as store:
        session = store.start_session(store.lifter("Ann").id)
        for index, number in ((7, 2), (8, 2), (9, 3)):
            store.add_rep(session, make_rep(index, number))
    heard(make_state(session=session, set_verdicts=("clean", "clean")))
    shown = text_of(page, "/rack/who?for=set")
    assert "Ann, set 2, 2 reps" in shown
    named = named_in(shown)
    heard(make_state(number=2, session=session, set=3, last_rep=make_summary(index=9, set=3)))
    letter = re.findall(r'href="(/rack/who\?letter=A[^"]*)"', shown)[0].replace("&amp;", "&")
    assert named_in(text_of(page, letter)) == named  # also on the way to another name
    assert "Ann, set 2, 2 reps" in text_of(page, letter)
    asked = ask(page, "give_set", "Zoe", **named, **{"for": "set"})
    assert (asked.status_code, named_in(asked.text)) == (409, named)
    assert ask(page, "give_set", "Zoe", new="yes", **named).status_code == 303
    wanted = GiveSet("Zoe", session, 8)
    assert unit.wait_asked(wanted) == [wanted]


def test_a_set_of_a_visit_that_is_over_is_refused_at_the_rack(
    page: FlaskClient, unit: Unit, database: Path, heard: Heard
) -> None:
    with Store.open(database, "rack") as store:
        session = store.start_session(store.lifter("Ann").id)
        store.add_rep(session, make_rep(7, 1))
        store.end_session(session)
    heard(make_state())
    answer = ask(page, "give_set", "Ann", session=session, rep="7")
    assert answer.status_code == 409
    said = answer.text.split('role="alert"')[1].split("</p>")[0]
    assert "That visit is over" in said
    assert "on the session’s page" in said
    assert unit.asked == []


@pytest.mark.parametrize("back", ["/rack", "/"])
def test_undo_takes_back_the_rep_that_was_shown_or_none(
    page: FlaskClient, unit: Unit, heard: Heard, back: str
) -> None:
    heard(make_state())
    form = text_of(page, back).split('action="/commands/undo_rep"')[1].split("</form>")[0]
    rep = re.findall(r'name="rep"[^>]* value="(\d+)"', form)
    assert rep == ["8"]
    heard(make_state(number=2, last_rep=make_summary(index=9)))
    told = {"rep": rep[0], "back": back}
    answer = page.post("/commands/undo_rep", data=told, headers=HERE)
    assert answer.status_code == 409
    assert "not the last one any more" in answer.text.split('role="alert"')[1].split("</p>")[0]
    answer = page.post("/commands/undo_rep", data=told | {"rep": "9"}, headers=HERE)
    assert answer.status_code == 303
    assert unit.wait_asked(UndoRep(9)) == [UndoRep(9)]


def test_only_letters_that_names_begin_with_are_offered(
    page: FlaskClient, lifters: list[str]
) -> None:
    letters = re.findall(r'href="/rack/who\?letter=([^"&]+)"', text_of(page, "/rack/who"))
    assert letters == ["A", "B", "Å"]


def test_a_letter_finds_its_names_in_any_case(database: Path, lifters: list[str]) -> None:
    assert roster.starting_with(database, "B") == ["Bea <b>", "Ben"]
    assert roster.starting_with(database, "å") == ["Åsa"]
    assert roster.starting_with(database, "%") == []


def test_merged_names_are_not_offered(database: Path, lifters: list[str]) -> None:
    connection = sqlite3.connect(database)
    with connection:
        connection.execute(
            "UPDATE lifters SET merged_into = (SELECT id FROM lifters WHERE name = 'Ann')"
            " WHERE name = 'Ben'"
        )
    connection.close()
    assert "Ben" not in roster.lately_here(database)
    assert roster.starting_with(database, "b") == ["Bea <b>"]


def test_names_are_found_through_an_index(database: Path, lifters: list[str]) -> None:
    connection = sqlite3.connect(database)
    for query, values in (
        (roster._RECENT, {"visits": 9, "names": 9}),
        (roster._STARTING, {"start": "a", "end": "b", "names": 9}),
    ):
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", values)]
        scans = [line for line in plan if line.startswith("SCAN")]
        known = ("USING INDEX", "visits", "this_unit")
        assert all(any(word in line for word in known) for line in scans)
    connection.close()


def test_without_names_or_database_a_name_can_be_typed(page: FlaskClient, database: Path) -> None:
    assert "Nobody was here yet." in text_of(page, "/rack/who")
    database.write_bytes(b"nonsense" * 1000)
    html = text_of(page, "/rack/who")
    assert "damaged" in html
    assert 'id="lifter"' in html


def test_names_that_the_coach_prepared_are_offered_too(
    page: FlaskClient, database: Path, lifters: list[str]
) -> None:
    with Notebook.open(database) as notebook:
        lifter_book.add(notebook, "Zoe")
        lifter_book.add(notebook, "Abe")
    names = re.findall(r'name="lifter" value="([^"]*)"', text_of(page, "/rack/who"))
    assert names == ["Bea &lt;b&gt;", "Åsa", "Ben", "Ann", "Abe", "Zoe"]


# ---------------------------------------------------------------- a name that nobody bears


@pytest.mark.parametrize(
    ("command", "back", "again"),
    [("sign_in", "/rack", "/rack/who"), ("give_set", "/rack", "/rack/who"), ("sign_in", "", "/")],
)
def test_a_name_nobody_bears_is_asked_back(
    page: FlaskClient,
    unit: Unit,
    heard: Heard,
    lifters: list[str],
    command: str,
    back: str,
    again: str,
) -> None:
    heard(make_state())
    answer = ask(page, command, " Bne ", back=back)
    assert answer.status_code == 409
    assert "Nobody here is called Bne yet." in answer.text
    assert '<button class="strong" name="lifter" value="Bne">' in answer.text
    assert re.findall(r'<button name="lifter" value="([^"]*)"', answer.text)[:1] == ["Ben"]
    assert f'<a class="button" href="{again}">' in answer.text
    assert ('<body class="rack">' in answer.text) is (back == "/rack")  # the rack's own screen
    heard(make_state(number=2))
    assert unit.asked == []


def test_a_set_is_given_to_somebody_new_once_that_is_said(
    page: FlaskClient, unit: Unit, heard: Heard, lifters: list[str]
) -> None:
    heard(make_state())
    asked = ask(page, "give_set", "Mai", **{"for": "set"}).text
    assert "Whose was this set?" in asked
    kept = dict(re.findall(r'<input type="hidden" name="(back|for|new)" value="([^"]*)"', asked))
    assert kept == {"back": "/rack", "for": "set", "new": "yes"}
    answer = ask(page, "give_set", "Mai", **kept)
    assert (answer.status_code, answer.location) == (303, "/rack?given=Mai&set=2")
    assert unit.wait_asked(GiveSet("Mai")) == [GiveSet("Mai")]


def test_somebody_new_signs_in_once_that_is_said(
    page: FlaskClient, unit: Unit, heard: Heard, lifters: list[str]
) -> None:
    heard(make_state())
    assert ask(page, "sign_in", "Mai", new="yes").location == "/rack"
    assert unit.wait_asked(SignIn("Mai")) == [SignIn("Mai")]


@pytest.mark.parametrize("name", ["ben", " BEN ", "åSA", "Old Ann", "Mia"])
def test_a_name_that_is_known_is_not_asked_back(
    page: FlaskClient, unit: Unit, heard: Heard, database: Path, lifters: list[str], name: str
) -> None:
    with Notebook.open(database) as notebook:
        lifter_book.merge(notebook, lifter_book.add(notebook, "Old Ann"), "Ann")
    heard(make_state(lifter="Mia"))  # signed in a moment ago, not written yet
    assert ask(page, "sign_in", name).status_code == 303
    assert unit.wait_asked(SignIn(name)) == [SignIn(name)]


@pytest.mark.parametrize("content", [None, b"nonsense" * 1000])
def test_whoever_cannot_be_looked_up_lifts_all_the_same(
    page: FlaskClient, unit: Unit, heard: Heard, database: Path, content: bytes | None
) -> None:
    if content is not None:
        database.write_bytes(content)
    heard(make_state())
    assert ask(page, "sign_in", "Mai").status_code == 303


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Mai", ["Mia Schmidt", "Max"]),  # two letters changed round
        ("mia", ["Mia Schmidt"]),
        ("Schmidt", ["Mia Schmidt"]),
        ("Alexander", ["Alex"]),
        ("asa", ["Åsa"]),
        ("Wolfgang", []),
    ],
)
def test_names_that_may_be_meant_are_offered(database: Path, typed: str, meant: list[str]) -> None:
    with Store.open(database, "rack") as store:
        for name in ("Mia Schmidt", "Max", "Alex", "Åsa", "Bo"):
            store.lifter(name)
    found = roster.unheard(database, typed)
    assert found is not None
    assert [one for one in found.alike if one in meant] == meant
    assert "Bo" not in found.alike


@pytest.mark.parametrize("name", ["", "   ", "Featherstonehaugh-" * 3])
def test_a_blank_or_over_long_name_is_refused_over_the_form(
    page: FlaskClient, lifters: list[str], name: str
) -> None:
    for back, place in (("/rack", '<body class="rack">'), ("", 'class="panel controls"')):
        answer = ask(page, "sign_in", name, back=back)
        assert answer.status_code == 400
        assert place in answer.text
        said, form = answer.text.split("A lifter&#39;s name has 1 to 40 letters")
        assert 'role="alert"' in said[-200:]
        assert f'value="{name}"' in form.split('<input id="lifter"')[1].split(">")[0]
    for address in ("/rack/who", "/"):
        assert "maxlength" not in text_of(page, address)  # browsers cut without a word
