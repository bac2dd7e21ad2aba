"""What the coach reads and writes: found, shown, kept, refused."""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from device.commands import SignOut
from device.notebook import Notebook
from device.store import Store
from tests.factories import make_rep
from tests.rows import rows
from tests.web.conftest import Unit
from web.app import HUB

HERE = {"Origin": "http://localhost"}


def id_of(path: Path, table: str, name: str = "") -> str:
    where = f" WHERE name = '{name}'" if name else ""
    return rows(path, f"SELECT id FROM {table}{where}")[0][0]


def text_of(page: FlaskClient, address: str, status: int = 200) -> str:
    answer = page.get(address)
    assert answer.status_code == status, answer.text
    return answer.text


def send(page: FlaskClient, address: str, **form: str) -> TestResponse:
    return page.post(address, data=form, headers=HERE)


def found(page: FlaskClient, query: str) -> list[str]:
    return re.findall(r'class="title"><b>([^<]*)<', text_of(page, f"/sessions?{query}"))


@pytest.fixture
def bo(database: Path, session_id: str) -> str:
    """Bo's session at 140 kg, with tags and pain; gives the set."""
    with Store.open(database, "rack") as store:
        session = store.start_session(store.lifter("Bo").id)
        store.add_rep(session, make_rep(1, 1, wink_deg=3.0, load_kg=140.0))
    (key,) = rows(database, "SELECT id FROM sets WHERE session_id = ?", session)[0]
    with Notebook.open(database) as notebook:
        notebook.tag_set(key, ["Heels raised"])
        notebook.write_set(key, "knees 100% in", pain=True)
        notebook.write_session(session, "slept badly")
    return key


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Bo", "Ann"]),
        ("text=an", ["Ann"]),
        ("text=HEELS", ["Bo"]),
        ("text=slept", ["Bo"]),
        ("text=100%25+in", ["Bo"]),
        ("text=%25", ["Bo"]),
        ("text=_", []),
        ("pain=1", ["Bo"]),
        ("verdict=wink", ["Ann"]),
        ("verdict=clean", ["Bo", "Ann"]),
        ("verdict=partial", ["Ann"]),
        ("kg_low=120", ["Bo"]),
        ("kg_low=101&kg_high=139", []),
        ("kg_high=100", ["Ann"]),
        ("since=2999-01-01", []),
        ("until=1999-01-01", []),
        ("since=2001-01-01&until=2998-12-31", ["Bo", "Ann"]),
        ("lifter=nobody", []),
        ("kg_low=heavy&since=never&verdict=x&page=-1", ["Bo", "Ann"]),
    ],
)
def test_sessions_are_found(page: FlaskClient, bo: str, query: str, names: list[str]) -> None:
    assert found(page, query) == names


def test_the_filter_keeps_what_was_filled_in(page: FlaskClient, bo: str) -> None:
    html = text_of(page, "/sessions?text=%22%3E%3Cb%3E&kg_low=82,5&verdict=wink")
    assert 'value="&#34;&gt;&lt;b&gt;"' in html
    assert 'value="82.5"' in html
    assert '<option value="wink" selected>' in html
    assert "No such sessions." in html


def test_today_counts_what_was_done_and_says_why_not(page: FlaskClient, bo: str) -> None:
    html = text_of(page, "/today")
    assert "<title>Today" in html
    tiles = re.findall(r"<b>(\d+)</b> (\w[\w ]*)", html)
    assert tiles[:6] == [
        ("2", "lifters"),
        ("3", "sets"),
        ("5", "reps"),
        ("2", "clean"),
        ("1", "wink"),
        ("1", "not measured"),
    ]
    assert "<b>1 rep</b> The pelvis was hidden for 1.2 s." in html
    assert "Pain" in html


def test_before_anybody_came_today_the_last_day_is_shown(
    page: FlaskClient, database: Path, session_id: str
) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE sessions SET recorded_utc = '2025-03-04T12:00:00.000Z'")
    html = text_of(page, "/today")
    assert "Tuesday, 4 Mar 2025" in html
    assert "Nobody has squatted today." in html


def test_a_session_shows_tilt_against_depth_and_both_sides(
    page: FlaskClient, session_id: str
) -> None:
    html = text_of(page, f"/sessions/{session_id}")
    assert html.count("Pelvic tilt against depth in rep") == 4
    assert html.count('class="onset" d="M') == 2  # the wink's, and the key's
    assert html.count("Not measured all the way.") == 1
    assert html.count("Knee flexion at the bottom of each rep") == 2
    assert html.count('data-label="Knees L, R">122°, 123°<') == 4
    assert html.count('data-label="At parallel">–<') == 1  # the hidden rep's


def test_a_lifter_with_little_is_told_so_and_not_measured_is_no_zero(
    page: FlaskClient, database: Path, session_id: str
) -> None:
    html = text_of(page, f"/lifters/{id_of(database, 'lifters')}")
    # the default load of a test's rep is one load for all sets
    assert html.count("needs 8 measured sets; so far there are 2.") == 2
    assert html.count("needs 8 sets tucked by 5°; so far there is 1.") == 2
    assert "2 of 4 reps" in html
    assert "In 1 of 2 measured reps the pelvis stayed neutral to the bottom" in html
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE reps SET verdict = 'not_measured', wink_deg = NULL")
    html = text_of(page, f"/lifters/{id_of(database, 'lifters')}")
    assert "Not measured in any rep of this time." in html
    assert html.count("<dd>not measured</dd>") == 2
    assert "0 of 4 reps" in html
    assert "0°" not in html


def test_two_sets_and_two_conditions_are_compared(
    page: FlaskClient, database: Path, bo: str
) -> None:
    ann, other = (id_of(database, "lifters", name) for name in ("Ann", "Bo"))
    for query in (f"a_set={bo}&b_lifter={ann}", f"a_lifter={ann}&b_lifter={other}&b_kg_low=20"):
        html = text_of(page, f"/compare?{query}")
        assert "too little to say more" in html
        assert "one set against one tells of these two sets" in html
    assert "3.0°" in text_of(page, f"/compare?a_set={bo}&b_set={bo}")
    offered = text_of(page, f"/compare?a_set={bo}")
    assert "Or with another set of the same lifter" in offered
    assert "No measured rep with a curve." in text_of(page, f"/compare?a_set={bo}&b_lifter=x")


def test_what_is_not_there_is_said(page: FlaskClient, session_id: str) -> None:
    assert "No such lifter" in text_of(page, "/lifters/nobody", 404)
    assert "No such session" in text_of(page, "/sessions/nothing", 404)
    text_of(page, "/compare?a_set=nothing&b_set=nothing")


def test_a_lifter_sees_his_own_history_alone(ann: FlaskClient, database: Path, bo: str) -> None:
    own, other = id_of(database, "lifters", "Ann"), id_of(database, "lifters", "Bo")
    assert found(ann, "") == ["Ann"]
    assert found(ann, f"lifter={other}") == ["Ann"]
    assert "Change this lifter" not in text_of(ann, f"/lifters/{own}")
    text_of(ann, f"/lifters/{other}", 403)
    (session,) = rows(database, "SELECT session_id FROM sets WHERE id = ?", bo)[0]
    text_of(ann, f"/sessions/{session}", 404)
    assert send(ann, f"/sets/{bo}/notes", text="mine").status_code == 403


# ---------------------------------------------------------------- writing


def test_the_coach_writes_on_a_set_and_comes_back_to_it(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    (key,) = rows(database, "SELECT id FROM sets WHERE number = 2")[0]
    answer = send(coach, f"/sets/{key}/notes", text="<i>deep</i>", tags="belt, Heels", pain="no")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"/sessions/{session_id}#saved")
    html = text_of(coach, f"/sessions/{session_id}")
    assert "&lt;i&gt;deep" in html
    assert "<i>" not in html
    assert 'value="belt, Heels"' in html
    assert "Load, squat, notes, tags, pain: no pain" in html


def test_a_mistake_is_answered_with_a_sentence(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    ann = id_of(database, "lifters")
    for address, form, said in (
        ("/sets/nothing/notes", {}, "not in this unit"),
        ("/sessions/nothing/note", {"text": "x"}, "any more"),
        (f"/sessions/{session_id}/lifter", {"lifter": "Cid"}, "no lifter called Cid"),
        (f"/lifters/{ann}/name", {"name": " "}, "Type the lifter"),
        (f"/lifters/{ann}/name", {"name": "x" * 41}, "at most 40 letters"),
        (f"/lifters/{ann}/merge", {"into": "Ann"}, "same lifter"),
        ("/merges/nothing/undo", {}, "taken back already"),
        (f"/lifters/{ann}/merge", {}, "other lifter first"),
        ("/lifters", {"name": "ANN"}, "called ANN already"),
        ("/lifters", {"name": "x" * 41}, "at most 40 letters; this one 41"),
        ("/reps/nothing/strike-out", {}, "any more"),
        ("/data/retention", {"months": "many"}, "no number of months"),
        ("/data/retention", {"months": "9999"}, "1 to 240 months"),
    ):
        answer = send(coach, address, **form)
        assert answer.status_code == 400, address
        assert said in answer.text, address


def test_nobody_but_the_coach_writes(
    guest: FlaskClient, page: FlaskClient, session_id: str, database: Path
) -> None:
    for visitor in (guest, page):
        assert send(visitor, f"/sessions/{session_id}/note", text="x").status_code == 403
        assert send(visitor, "/data/retention", months="1").status_code == 403
    assert rows(database, "SELECT * FROM session_notes") == []


def test_two_lifters_are_merged_and_parted_again(
    coach: FlaskClient, database: Path, bo: str
) -> None:
    ann, other = id_of(database, "lifters", "Ann"), id_of(database, "lifters", "Bo")
    asked = text_of(coach, f"/lifters/{other}/merge?into={ann}")
    assert "Are Bo and Ann one person?" in asked
    assert "Bo (1 rep in 1 set) moves to Ann (4 reps in 2 sets)" in asked
    assert found(coach, "") == ["Bo", "Ann"]  # nothing happened yet
    assert send(coach, f"/lifters/{other}/merge", into="Ann").status_code == 303
    html = text_of(coach, f"/lifters/{ann}")
    assert "Done: Bo is Ann now." in html
    assert "Done:" not in text_of(coach, f"/lifters/{ann}")
    assert "Bo was merged into Ann" in html
    assert found(coach, "") == ["Ann", "Ann"]
    text_of(coach, f"/lifters/{other}", 404)
    (undo,) = re.findall(r'action="(/merges/\w+/undo)"', html)
    assert send(coach, undo).headers["Location"] == f"/lifters/{other}"
    assert found(coach, "") == ["Bo", "Ann"]


def test_a_lifter_is_deleted_for_good(coach: FlaskClient, database: Path, bo: str) -> None:
    other = id_of(database, "lifters", "Bo")
    assert "can't be undone" in text_of(coach, f"/lifters/{other}/delete").replace("&#39;", "'")
    answer = send(coach, f"/lifters/{other}/delete", name="Bo")
    assert answer.status_code == 303
    assert "Deleted for good" in text_of(coach, answer.headers["Location"])
    assert found(coach, "") == ["Ann"]
    assert rows(database, "SELECT action FROM audit WHERE action = 'delete'") == [("delete",)]


def hear_of_the_unit(unit_app: Flask) -> None:
    until = time.monotonic() + 5
    while unit_app.extensions[HUB].newest().state is None:
        assert time.monotonic() < until, "the page never heard of the unit"
        time.sleep(0.01)


def test_a_time_that_may_be_wrong_is_explained_below(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    explained = "had not been set by the network"
    for known, shown in ((0, True), (1, False)):
        with sqlite3.connect(database) as connection:
            connection.execute("UPDATE sessions SET clock_synchronised = ?", (known,))
        connection.close()
        told = text_of(coach, f"/sessions/{session_id}")
        assert (explained in told) is shown
        assert ("clock not set" in told) is shown
        assert ('<a href="/health">The clock now</a>' in told) is shown


def test_who_waits_for_a_turn_is_not_deleted(
    coach: FlaskClient, unit_app: Flask, unit: Unit, database: Path, bo: str
) -> None:
    hear_of_the_unit(unit_app)
    other = id_of(database, "lifters", "Bo")
    send(coach, f"/lifters/{other}/delete", name="Bo")
    assert "waits there for a turn" in text_of(coach, f"/lifters/{other}/delete")
    assert id_of(database, "lifters", "Bo") == other
    with Store.open(database, "rack") as store:
        store.end_session(rows(database, "SELECT session_id FROM sets WHERE id = ?", bo)[0][0])
    answer = send(coach, f"/lifters/{other}/delete", name="Bo")
    assert answer.headers["Location"].startswith("/lifters?")
    assert rows(database, "SELECT name FROM lifters") == [("Ann",)]


def test_who_stands_at_the_rack_is_not_deleted(
    coach: FlaskClient, unit_app: Flask, unit: Unit, database: Path, session_id: str
) -> None:
    hear_of_the_unit(unit_app)
    ann = id_of(database, "lifters")
    send(coach, f"/lifters/{ann}/delete", name="Ann")
    assert "signed in at the rack" in text_of(coach, f"/lifters/{ann}/delete")
    assert id_of(database, "lifters") == ann


def test_the_page_that_deletes_signs_out_at_the_rack(
    coach: FlaskClient, unit_app: Flask, unit: Unit, database: Path, session_id: str
) -> None:
    hear_of_the_unit(unit_app)
    address = f"/lifters/{id_of(database, 'lifters')}/delete"
    assert "Sign everybody out at the rack" in text_of(coach, address)
    answer = send(coach, "/commands/sign_out", back=f"{address}?out")
    assert unit.wait_asked(SignOut()) == [SignOut()]
    told = text_of(coach, answer.headers["Location"])
    assert "Everybody was signed out at the rack." in told
    assert "Sign everybody out at the rack" not in told


def test_the_period_is_set_and_shown(coach: FlaskClient, session_id: str) -> None:
    assert "kept for ever" in text_of(coach, "/data")
    send(coach, "/data/retention", months="24")
    assert "older than 24 months are deleted" in text_of(coach, "/data")
    send(coach, "/data/retention", months="")
    assert "kept for ever" in text_of(coach, "/data")
