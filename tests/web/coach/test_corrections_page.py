"""What the coach corrects afterwards: a set's load and squat, reps; and forms that were refused."""

from __future__ import annotations

import html
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from device.notebook import Notebook
from device.store import Store
from tests.factories import make_rep
from tests.rows import rows

HERE = {"Origin": "http://localhost"}


def text_of(page: FlaskClient, address: str) -> str:
    answer = page.get(address)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def send(page: FlaskClient, address: str, **form: str) -> TestResponse:
    return page.post(address, data=form, headers=HERE)


def set_key(path: Path, number: int) -> str:
    return rows(path, f"SELECT id FROM sets WHERE number = {number}")[0][0]


# ---------------------------------------------------------------- load, squat, reps


def test_a_forgotten_load_and_the_squat_are_put_in_afterwards(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    key = set_key(database, 1)
    answer = send(coach, f"/sets/{key}/notes", kg="82,5", exercise="front_squat", tags="belt")
    assert answer.status_code == 303
    page = text_of(coach, f"/sessions/{session_id}")
    assert "82.5 kg · Front squat" in page
    assert 'name="kg" inputmode="decimal" autocomplete="off" value="82.5"' in page
    log = text_of(coach, "/settings")
    assert "Corrected: set 1 of" in log
    assert "is now 82.5 kg" in log


def test_a_set_in_which_the_load_changed_says_both(coach: FlaskClient, database: Path) -> None:
    with Store.open(database, "rack") as store:
        session = store.start_session(store.lifter("Ann").id)
        for index, kg in enumerate((62.5, 61.235, 61.235), 1):
            store.add_rep(session, replace(make_rep(index, 1), load_kg=kg))
    assert "61.2 kg to 62.5 kg" in text_of(coach, f"/sessions/{session}")


def test_a_rep_is_struck_out_and_brought_back(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    page = text_of(coach, f"/sessions/{session_id}")
    assert "Set 2, after rep 2: 33°" in page  # what was taken back at the rack
    strike = re.findall(r'action="(/reps/\w+/strike-out)"', page)
    assert len(strike) == 4
    assert send(coach, strike[0]).status_code == 303
    page = text_of(coach, f"/sessions/{session_id}")
    assert "Set 1, before rep 1: 4°" in page
    assert len(re.findall(r"/strike-out", page)) == 3
    assert send(coach, strike[0].replace("strike-out", "bring-back")).status_code == 303
    assert len(re.findall(r"/strike-out", text_of(coach, f"/sessions/{session_id}"))) == 4
    assert "rep 1 brought back" in text_of(coach, "/settings")


def test_a_session_whose_every_rep_was_struck_out_still_lets_them_come_back(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    for key in re.findall(r"/reps/(\w+)/strike-out", text_of(coach, f"/sessions/{session_id}")):
        send(coach, f"/reps/{key}/strike-out")
    page = text_of(coach, f"/sessions/{session_id}")
    assert "No reps yet." in page
    assert len(re.findall(r"/bring-back", page)) == 5


def test_who_only_reads_is_offered_no_correction(page: FlaskClient, session_id: str) -> None:
    shown = text_of(page, f"/sessions/{session_id}")
    assert "strike-out" not in shown
    assert "bring-back" not in shown


# ---------------------------------------------------------------- refused forms


def test_a_refused_set_form_keeps_what_was_typed_and_writes_nothing(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    key = set_key(database, 2)
    typed = {
        "kg": "sixty",
        "exercise": "goblet",
        "text": "<b>deep",
        "tags": "belt, x",
        "pain": "yes",
    }
    answer = send(coach, f"/sets/{key}/notes", **typed)
    assert answer.status_code == 400
    page = html.unescape(answer.text)
    assert "'sixty' is not a weight" in page
    assert page.count('role="alert"') == 1
    assert 'value="sixty"' in page
    assert '<option value="goblet" selected>' in page
    assert 'value="belt, x"' in page
    assert "&lt;b&gt;deep</textarea>" in answer.text
    assert 'value="yes" checked' in page
    assert "<details" in page and page.count('class="manage" open') == 1
    assert rows(database, "SELECT * FROM set_notes UNION ALL SELECT * FROM set_tags") == []


@pytest.mark.parametrize(
    ("address", "form", "said", "kept"),
    [
        ("/sessions/{session}/lifter", {"lifter": "Cid"}, "no lifter called Cid", "Cid"),
        ("/lifters", {"name": "aNN"}, "already", "aNN"),
        ("/lifters/{lifter}/name", {"name": "x" * 41}, "at most 40", "x" * 41),
        ("/data/retention", {"months": "many"}, "no number of months", "many"),
        ("/data/tokens", {"name": "y" * 99}, "A token needs a name", "y" * 99),
    ],
)
def test_a_refused_form_is_shown_again_as_it_was_typed(
    coach: FlaskClient,
    database: Path,
    session_id: str,
    address: str,
    form: dict[str, str],
    said: str,
    kept: str,
) -> None:
    keys = {"session": session_id, "lifter": rows(database, "SELECT id FROM lifters")[0][0]}
    answer = send(coach, address.format(**keys), **form)
    assert answer.status_code == 400
    page = html.unescape(answer.text)
    assert said in page
    assert f'value="{kept}"' in page
    assert "That did not work" not in page


def test_a_refused_deletion_is_told_by_a_page_that_is_reloaded_without_being_asked(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    address = f"/lifters/{rows(database, 'SELECT id FROM lifters')[0][0]}/delete"
    answer = send(coach, address, name="Anna")
    assert answer.status_code == 303
    assert answer.headers["Location"] == address
    page = text_of(coach, address)
    assert "type the name: Ann" in page
    assert page.count('role="alert"') == 1
    assert 'value="Anna"' in page
    again = text_of(coach, address)
    assert 'role="alert"' not in again
    assert 'value="Anna"' not in again


def test_the_address_of_a_form_leads_to_its_page(
    coach: FlaskClient, guest: FlaskClient, database: Path, session_id: str
) -> None:
    (lifter,) = rows(database, "SELECT id FROM lifters")[0]
    (rep,) = rows(database, "SELECT id FROM reps WHERE rep_index = 1")[0]
    session = f"/sessions/{session_id}"
    for address, page in (
        (f"{session}/note", session),
        (f"{session}/lifter", session),
        (f"/sets/{set_key(database, 2)}/notes", session),
        ("/sets/nothing/notes", "/sessions"),
        (f"/reps/{rep}/strike-out", session),
        (f"/reps/{rep}/bring-back", session),
        ("/reps/nothing/strike-out", "/sessions"),
        (f"/lifters/{lifter}/name", f"/lifters/{lifter}"),
        ("/merges/nothing/undo", "/lifters"),
    ):
        answer = coach.get(address)
        assert (answer.status_code, answer.headers["Location"]) == (303, page)
        assert guest.get(address).headers["Location"].startswith("/sign-in?next=")
    assert rows(database, "SELECT * FROM audit WHERE action = 'correct'") == []


def test_a_refusal_is_told_of_the_lifter_it_was_of_alone(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    with Store.open(database, "rack") as store:
        other = store.lifter("Bo").id
    ann = rows(database, "SELECT id FROM lifters WHERE name = 'Ann'")[0][0]
    send(coach, f"/lifters/{ann}/delete", name="x")
    assert 'role="alert"' not in text_of(coach, f"/lifters/{other}/delete")
    assert 'role="alert"' not in text_of(coach, f"/lifters/{ann}/delete")


def test_names_are_not_cut_by_the_browser(coach: FlaskClient, session_id: str) -> None:
    for address in ("/lifters", f"/sessions/{session_id}"):
        assert 'maxlength="40"' not in text_of(coach, address)


def test_a_lifter_is_added_before_the_first_visit(coach: FlaskClient, session_id: str) -> None:
    assert send(coach, "/lifters", name=" Cid ").status_code == 303
    page = text_of(coach, "/lifters")
    assert "Cid is a lifter now" in page
    assert "<b>Cid</b>" in page


# ---------------------------------------------------------------- heels raised against flat


@pytest.fixture
def ann(database: Path, session_id: str) -> str:
    """Ann, with a set by squat and one by a tag of the same name, beside two others; gives her."""
    with Store.open(database, "rack") as store:
        session = store.start_session(store.lifter("Ann").id)
        store.add_rep(session, make_rep(1, 1, wink_deg=2.0, exercise="heels_raised"))
        store.add_rep(session, make_rep(2, 2, wink_deg=3.0))
    key = rows(database, "SELECT id FROM sets WHERE session_id = ? AND number = 2", session)[0][0]
    with Notebook.open(database) as notebook:
        notebook.tag_set(key, ["Heels raised", "belt"])
    return rows(database, "SELECT id FROM lifters")[0][0]


def sides(page: str) -> list[str]:
    return re.findall(r"<b>[AB]</b> .* · (.*?)</figcaption>", page)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        # by squat or by tag: the same sets; B is everything else
        ("a_lifter={ann}&a_exercise=heels_raised", ["2 reps in 2 sets", "4 reps in 2 sets"]),
        ("a_lifter={ann}&a_tag=HEELS+raised", ["2 reps in 2 sets", "4 reps in 2 sets"]),
        ("a_lifter={ann}&a_tag=belt&b_lifter={ann}", ["1 rep in 1 set", "5 reps in 3 sets"]),
        ("a_lifter={ann}&a_tag=belt&a_without=1", ["5 reps in 3 sets", "1 rep in 1 set"]),
        ("a_lifter={ann}&b_tag=belt", ["5 reps in 3 sets", "1 rep in 1 set"]),
        ("a_lifter={ann}&a_tag=belt&b_exercise=heels_raised", ["1 rep in 1 set", "1 rep in 1 set"]),
        ("a_set={first}&b_lifter={ann}", ["2 reps in 1 set", "4 reps in 3 sets"]),
    ],
)
def test_no_set_is_on_both_sides(
    page: FlaskClient, database: Path, ann: str, query: str, told: list[str]
) -> None:
    first = rows(database, "SELECT id FROM sets ORDER BY recorded_utc, number")[0][0]
    assert sides(text_of(page, f"/compare?{query.format(ann=ann, first=first)}")) == told


def test_a_comparison_that_can_not_be_says_what_is_missing(page: FlaskClient, ann: str) -> None:
    assert "Choose a lifter under A." in text_of(page, "/compare?a_lifter=&b_lifter=")
    assert "Choose a lifter" not in text_of(page, "/compare").replace("Choose</option>", "")
    assert "A and B are the same sets." in text_of(page, f"/compare?a_lifter={ann}")
    nothing = text_of(page, f"/compare?a_lifter={ann}&a_tag=chains")
    assert "No set fits A." in nothing


def test_sessions_are_found_by_squat_and_tag_and_show_why(page: FlaskClient, ann: str) -> None:
    for query in ("exercise=heels_raised", "tag=heels+raised", "text=heels", "tag=belt"):
        found = text_of(page, f"/sessions?{query}")
        assert found.count('class="title"') == 1, query
        assert '<span class="tag">belt</span>' in found
    assert "No such sessions." in text_of(page, "/sessions?exercise=goblet")
    assert text_of(page, "/sessions?exercise=curl&tag=").count('class="title"') == 2


def test_a_session_leads_to_those_around_it(
    page: FlaskClient, database: Path, ann: str, session_id: str
) -> None:
    newer = rows(database, "SELECT id FROM sessions WHERE id != ?", session_id)[0][0]
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "UPDATE sessions SET recorded_utc = '2025-01-01T10:00:00.000Z' WHERE id = ?",
            (session_id,),
        )
    shown = text_of(page, f"/sessions/{session_id}")
    assert f'<a href="/sessions/{newer}">The next one</a>' in shown
    assert "The one before" not in shown
    assert f'<a href="/sessions/{session_id}">The one before</a>' in text_of(
        page, f"/sessions/{newer}"
    )
