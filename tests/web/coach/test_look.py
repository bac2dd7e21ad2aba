"""One rep looked at closely: its panel on the session's page, and its numbers for the scripts."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from device.notebook import Notebook
from device.records import TRACE_COLUMNS, Trace
from device.store import Store
from device.trace_codec import pack_trace
from tests.factories import make_rep, make_trace


def rep_ids(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT id FROM reps ORDER BY rep_index").fetchall()
    return [row[0] for row in found]


def text_of(page: FlaskClient, address: str) -> str:
    answer = page.get(address)
    assert answer.status_code == 200, answer.text
    return answer.text


def keep_trace(database: Path, rep_id: str, blob: bytes) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE traces SET data = ? WHERE rep_id = ?", (blob, rep_id))


def test_every_rep_shows_the_lifter_at_its_bottom(page: FlaskClient, session_id: str) -> None:
    html = text_of(page, f"/sessions/{session_id}?curves=figure")
    assert html.count("The lifter at the bottom of rep") == 4
    assert html.count('class="curve figure winked"') == 1  # of the one wink
    assert "NaN" not in html
    assert ">nan" not in html
    assert "data-joints" not in html  # nothing moves there


def test_a_rep_is_opened_beside_its_set_and_leads_to_its_neighbours(
    page: FlaskClient, database: Path, session_id: str
) -> None:
    ids = rep_ids(database)
    assert 'id="rep"' not in text_of(page, f"/sessions/{session_id}")
    html = text_of(page, f"/sessions/{session_id}?curves=time&rep={ids[2]}")
    panel = html[html.index('id="rep"') : html.index("</section>", html.index('id="rep"'))]
    assert html.index('id="set-2"') < html.index('id="rep"')
    assert f'data-numbers="/reps/{ids[2]}.json"' in panel
    assert "Wink. The pelvis tucked 14 degrees" in panel
    assert "At the bottom of the rep." in panel
    assert "Pelvic tilt and wink over rep 1" in panel  # of the second set
    for neighbour in (ids[1], ids[3]):
        assert f"?curves=time&amp;rep={neighbour}#rep" in panel
    assert "/static/replay.js" in html


def test_the_plotting_library_comes_with_an_opened_rep_alone(
    page: FlaskClient, database: Path, session_id: str
) -> None:
    key = rep_ids(database)[0]
    assert "uplot" in text_of(page, f"/sessions/{session_id}?rep={key}")
    for address in ("/", "/sessions", f"/sessions/{session_id}", "/compare"):
        assert "uplot" not in text_of(page, address)


@pytest.mark.parametrize("wanted", ["nothing", "", "%00", "undone"])
def test_a_rep_that_is_not_of_the_session_opens_nothing(
    page: FlaskClient, database: Path, session_id: str, wanted: str
) -> None:
    wanted = rep_ids(database)[4] if wanted == "undone" else wanted
    assert 'id="rep"' not in text_of(page, f"/sessions/{session_id}?rep={wanted}")


def test_a_rep_of_before_joints_were_kept_says_so(
    page: FlaskClient, database: Path, session_id: str
) -> None:
    key = rep_ids(database)[0]
    keep_trace(database, key, pack_trace(Trace(make_trace().columns)))
    html = text_of(page, f"/sessions/{session_id}?rep={key}")
    assert "There is no figure" in html
    assert "Pelvic tilt and wink over rep 1" in html
    assert text_of(page, f"/sessions/{session_id}?curves=figure").count("was not seen") == 1
    assert page.get(f"/reps/{key}.json").get_json()["skeleton"] is None


def test_a_rep_whose_trace_is_damaged_opens_without_pictures(
    page: FlaskClient, database: Path, session_id: str
) -> None:
    key = rep_ids(database)[0]
    keep_trace(database, key, b"\x01broken")
    html = text_of(page, f"/sessions/{session_id}?rep={key}")
    assert "There is no figure" in html
    assert "/static/replay.js" not in html
    assert page.get(f"/reps/{key}.json").get_json()["trace"] is None


def test_the_numbers_of_a_rep_hold_its_trace_and_its_joints(
    page: FlaskClient, database: Path, session_id: str
) -> None:
    found = page.get(f"/reps/{rep_ids(database)[2]}.json").get_json()
    assert set(found["trace"]) == set(TRACE_COLUMNS)
    assert found["threshold_deg"] == 10.0
    assert found["verdict"] == "wink"
    joints = found["skeleton"]["joints"]
    assert len(joints["left_hip"]) == len(found["skeleton"]["time_s"]) == 60
    assert len(joints["left_hip"][0]) == 3
    assert None in joints["right_wrist"]  # hidden at the bottom


def test_a_lifter_reads_the_numbers_of_his_own_reps_alone(
    ann: FlaskClient, database: Path, session_id: str
) -> None:
    with Store.open(database, "rack") as store:
        others = store.add_rep(store.start_session(store.lifter("Bo").id), make_rep())
        nobodys = store.add_rep(store.start_session(None), make_rep())
    ids = rep_ids(database)
    assert ann.get(f"/reps/{ids[0]}.json").status_code == 200
    for key in (others, nobodys, "nothing"):
        answer = ann.get(f"/reps/{key}.json")
        assert answer.status_code == 404
        assert answer.get_json() == {"error": "It is not in this unit's history."}


def test_a_guest_reads_no_numbers(guest: FlaskClient, database: Path, session_id: str) -> None:
    answer = guest.get(f"/reps/{rep_ids(database)[0]}.json")
    assert answer.status_code == 303
    assert "sign-in" in answer.headers["Location"]


def test_what_the_coach_wrote_is_on_paper_though_the_form_is_not(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    with Notebook.open(database) as notebook:
        notebook.write_session(session_id, "slept badly")
    html = text_of(coach, f"/sessions/{session_id}")
    assert '<p class="said on-paper">slept badly</p>' in html
    assert '<link rel="stylesheet" href="/static/print.css" media="print">' in html
    assert '<button type="button" class="print" hidden>Print or save as PDF</button>' in html
