"""What a page says of a rep: its number in the set, and no number for what was not measured."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from device.corrections import strike_out
from device.notebook import Notebook
from device.records import Verdict, VerdictName
from device.store import Store
from tests.factories import make_rep

UNSURE = Verdict(VerdictName.NOT_MEASURED, "The unit is not sure, plus or minus 14 degrees.")
CURVES = ("", "?curves=time", "?curves=figure")


@pytest.fixture
def late(database: Path) -> str:
    """A session whose reps are the visit's 45th to 49th, in its first set."""
    with Store.open(database, "rack") as store:
        session = store.start_session(store.lifter("Ann").id)
        for index in range(45, 50):
            store.add_rep(session, make_rep(index, 1, wink_deg=4.0))
    return session


@pytest.fixture
def guessed(database: Path) -> str:
    """A session of one rep that the unit was not sure of, though it has numbers."""
    with Store.open(database, "rack") as store:
        session = store.start_session(store.lifter("Ann").id)
        store.add_rep(session, make_rep(1, 1, wink_deg=17.0, wink_sd_deg=14.0, verdict=UNSURE))
    return session


def text_of(visitor: FlaskClient, address: str) -> str:
    answer = visitor.get(address)
    assert answer.status_code == 200
    return answer.text


def rep_ids(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM reps ORDER BY rep_index")]


@pytest.mark.parametrize("curves", CURVES)
def test_the_reps_of_a_set_are_numbered_from_1_wherever_a_session_shows_them(
    coach: FlaskClient, database: Path, late: str, curves: str
) -> None:
    third = rep_ids(database)[2]
    page = text_of(coach, f"/sessions/{late}{curves}{'&' if curves else '?'}rep={third}")
    said = {int(number) for number in re.findall(r"[Rr]ep (\d+)\b", page)}
    assert said == {1, 2, 3, 4, 5}
    assert re.findall(r'<th scope="row">.*?<span>(\d+)</span>', page) == list("12345")
    assert '<section class="panel look" id="rep" aria-label="Rep 3"' in page


def test_the_knees_of_a_set_are_numbered_as_its_reps(coach: FlaskClient, late: str) -> None:
    picture = text_of(coach, f"/sessions/{late}").split('class="curve sides"')[1].split("</svg>")[0]
    assert re.findall(r'text-anchor="middle">(\d+)<', picture) == list("12345")


def test_a_rep_struck_out_leaves_no_gap_and_has_no_number(
    coach: FlaskClient, database: Path, late: str
) -> None:
    ids = rep_ids(database)
    with Notebook.open(database) as notebook:
        strike_out(notebook, ids[0])
        strike_out(notebook, ids[2])
    page = text_of(coach, f"/sessions/{late}")
    assert re.findall(r'<th scope="row">.*?<span>(\d+)</span>', page) == list("123")
    assert "Set 1, before rep 1: 4°" in page
    assert "Set 1, after rep 1: 4°" in page
    assert "rep 2 struck out" in text_of(coach, "/settings")  # its number when it was struck


def test_what_is_stored_keeps_the_number_within_the_visit(coach: FlaskClient, late: str) -> None:
    rows = text_of(coach, f"/data/sessions/{late}.csv").splitlines()
    column = rows[0].split(",").index("rep_number")
    assert [row.split(",")[column] for row in rows[1:]] == ["45", "46", "47", "48", "49"]


@pytest.mark.parametrize("curves", CURVES)
def test_a_guess_is_shown_as_no_number_and_without_a_red_mark(
    coach: FlaskClient, database: Path, guessed: str, curves: str
) -> None:
    (rep,) = rep_ids(database)
    page = text_of(coach, f"/sessions/{guessed}{curves}{'&' if curves else '?'}rep={rep}")
    for number in ("17°", "14°", "17 ±", "10°"):
        assert number not in page.replace("threshold 10°", ""), number
    pictures = page.split('class="curves-grid"')[1]
    assert 'class="onset"' not in pictures
    assert 'class="wink-area' not in pictures
    assert "Not measured. The unit is not sure" in page


def test_the_scripts_get_no_wink_of_a_guess(
    coach: FlaskClient, database: Path, guessed: str
) -> None:
    (rep,) = rep_ids(database)
    told = coach.get(f"/reps/{rep}.json").get_json()
    assert set(told["trace"]["wink_deg"]) == {None}
    assert any(value is not None for value in told["trace"]["anterior_pelvic_tilt_deg"])
