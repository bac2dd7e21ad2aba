"""One set is given to another lifter from the session's page, and back."""

from __future__ import annotations

import html
import re
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from device.store import Store
from tests.factories import make_rep
from tests.rows import rows
from tests.web.conftest import HERE

WHOSE = """
SELECT lifters.name, sets.number, count(reps.id), max(sets.id)
FROM sets JOIN sessions ON sessions.id = sets.session_id
    JOIN lifters ON lifters.id = sessions.lifter_id JOIN reps ON reps.set_id = sets.id
GROUP BY sets.id ORDER BY lifters.name, sets.number
"""


@pytest.fixture
def visit(database: Path) -> str:
    """Ann's ended visit of two sets; Ben was never here."""
    with Store.open(database, "rack") as store:
        store.lifter("Ben")
        session = store.start_session(store.lifter("Ann").id)
        for index, number in enumerate((1, 2, 2), start=1):
            store.add_rep(session, make_rep(index, number))
        store.end_session(session)
    return session


def sets_of(database: Path) -> list[tuple[Any, ...]]:
    return [row[:3] for row in rows(database, WHOSE)]


def give(coach: FlaskClient, set_id: str, **form: str) -> tuple[int, str]:
    answer = coach.post(f"/sets/{set_id}/lifter", data=form, headers=HERE)
    if answer.status_code != 303:
        return answer.status_code, html.unescape(answer.text)
    return 303, html.unescape(coach.get(answer.headers["Location"].partition("#")[0]).text)


def test_a_set_goes_to_another_lifter_and_back_and_the_log_tells_it(
    coach: FlaskClient, database: Path, visit: str
) -> None:
    key = rows(database, WHOSE)[1][3]
    status, page = give(coach, key, lifter="ben")
    assert status == 303
    assert "This set is now set 1 of Ben." in page
    assert sets_of(database) == [("Ann", 1, 1), ("Ben", 1, 2)]
    assert rows(database, "SELECT sets, reps FROM session_totals ORDER BY reps") == [(1, 1), (1, 2)]
    back = re.findall(r'name="back" value="([^"]*)"', page)
    assert back == [f"{visit} 2"]
    status, page = give(coach, key, back=back[0])
    assert status == 303
    assert "This set is now set 2 of Ann." in page
    assert sets_of(database) == [("Ann", 1, 1), ("Ann", 2, 2)]
    assert rows(database, "SELECT id FROM sessions") == [(visit,)]  # the one made for it is gone
    log = html.unescape(coach.get("/settings").text)
    assert "given from Ann to Ben" in log
    assert "given from Ben to Ann" in log


def test_sets_of_a_day_go_to_one_visit(coach: FlaskClient, database: Path, visit: str) -> None:
    for *_, key in rows(database, WHOSE):
        assert give(coach, key, lifter="Ben")[0] == 303
    assert sets_of(database) == [("Ben", 1, 1), ("Ben", 2, 2)]
    assert rows(database, "SELECT count(*) FROM sessions") == [(2,)]


def test_an_evening_is_one_day_wherever_the_unit_hangs(
    coach: FlaskClient, database: Path, visit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(database) as connection:  # 17:50 and 16:50 in Los Angeles
        for number, utc in ((1, "2026-06-02T00:50:00Z"), (2, "2026-06-01T23:50:00Z")):
            connection.execute("UPDATE sets SET recorded_utc = ? WHERE number = ?", (utc, number))
    connection.close()
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    time.tzset()
    try:
        for *_rest, key in rows(database, WHOSE):
            give(coach, key, lifter="Ben")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert len(set(rows(database, "SELECT session_id FROM sets"))) == 1


@pytest.mark.parametrize(
    ("name", "said"), [("Zoe", "no lifter called Zoe"), ("Ann", "Ann’s already")]
)
def test_a_set_that_cannot_be_given_stays(
    coach: FlaskClient, database: Path, visit: str, name: str, said: str
) -> None:
    key = rows(database, WHOSE)[0][3]
    status, page = give(coach, key, lifter=name)
    assert status == 400
    form = page.split(f'action="/sets/{key}/lifter"')[1].split("</form>")[0]
    assert said in form.split('role="alert"')[1].split("</p>")[0]
    assert f'value="{name}"' in form
    assert sets_of(database) == [("Ann", 1, 1), ("Ann", 2, 2)]


def test_the_running_set_of_a_visit_is_left_to_the_rack(
    coach: FlaskClient, database: Path, visit: str
) -> None:
    with Store.open(database, "rack") as store:
        session = store.start_session(store.lifter("Cleo").id)
        store.add_rep(session, make_rep(9, 1))
    key = rows(database, WHOSE)[-1][3]
    status, page = give(coach, key, lifter="Ben")
    assert status == 400
    assert "give it away at the rack" in page
    with Store.open(database, "rack") as store:
        store.add_rep(session, make_rep(10, 2))
    assert give(coach, key, lifter="Ben")[0] == 303
    assert ("Ben", 1, 1) in sets_of(database)


def test_a_set_does_not_go_back_where_its_number_is_taken(
    coach: FlaskClient, database: Path, visit: str
) -> None:
    key = rows(database, WHOSE)[1][3]
    give(coach, key, lifter="Ben")
    with Store.open(database, "rack") as store:
        store.add_rep(visit, make_rep(9, 2))
    status, page = give(coach, key, back=f"{visit} 2")
    assert status == 400
    assert "There is another set 2 there by now" in page
    assert ("Ben", 1, 2) in sets_of(database)
