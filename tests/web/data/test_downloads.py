"""What the coach takes out for people: a short table, and a lifter's files for OpenSim."""

from __future__ import annotations

import csv
import io
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from device import audit
from device.export import Selection, read_reps, read_sessions, read_sets, reading
from device.moment import Moment
from device.notebook import Notebook
from device.records import Verdict, VerdictName
from device.store import Store
from tests.factories import make_hidden_rep, make_rep
from tests.web.conftest import HERE
from web.data.sheet import sheet_lines
from web.weights import KG_PER_LB

HEADER = [
    *("Date", "Lifter", "Set", "Rep", "Squat", "Load, kg"),
    *("Wink, degrees", "±", "Verdict", "Reason"),
    *("Tags", "Pain", "Note on the set", "Note on the session", "Clock was set"),
]
UNSURE = Verdict(VerdictName.NOT_MEASURED, "the unit is not sure, plus or minus 14 degrees")


@pytest.fixture
def days(database: Path) -> str:
    """Ann on the 1st and the 3rd of May, somebody with a hostile name on the 2nd; Ann's key."""
    with Store.open(database, "rack") as store:
        ann = store.lifter("Ann").id
        for day, lifter in ((1, ann), (2, store.lifter("=cmd|' /C calc'!A0").id), (3, ann)):
            moment = Moment(f"2026-05-{day:02d}T12:00:00.000Z", "boot", 1.0, day != 3)
            visit = store.start_session(lifter, moment=moment)
            store.add_rep(visit, make_rep(7, 1, wink_deg=14.04, load_kg=62.5), moment)
            store.add_rep(visit, make_hidden_rep(8, 1), moment)
            guess = make_rep(9, 2, wink_deg=17.0, wink_sd_deg=14.0, verdict=UNSURE)
            store.add_rep(visit, guess, moment)
    return ann


def table(coach: FlaskClient, **asked: str) -> list[list[str]]:
    answer = coach.get("/data/export", query_string={"format": "sheet", **asked})
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbfDate,Lifter,")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def packed(coach: FlaskClient, **asked: str) -> zipfile.ZipFile:
    answer = coach.get("/data/export", query_string=asked)
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(answer.data))


def named(coach: FlaskClient, **asked: str) -> str:
    return coach.get("/data/export", query_string=asked).headers["Content-Disposition"]


def test_the_table_has_one_short_line_a_rep(coach: FlaskClient, days: str) -> None:
    header, *rows = table(coach, lifter=days)
    assert header == HEADER
    assert len(rows) == 6
    first, hidden, guess = (dict(zip(HEADER, row, strict=True)) for row in rows[:3])
    assert first["Date"].startswith("2026-05-01 ")
    assert [first[name] for name in HEADER[1:]] == [
        *("Ann", "1", "1", "", "62.5", "14.0", "1.8", "Wink", ""),
        *("", "", "", "", "yes"),
    ]
    assert [(row["Set"], row["Rep"]) for row in (hidden, guess)] == [("1", "2"), ("2", "1")]
    assert (guess["Wink, degrees"], guess["±"], guess["Verdict"]) == ("", "", "Not measured")
    assert guess["Reason"] == "The unit is not sure, plus or minus 14 degrees."


def test_a_date_is_a_date_and_beside_it_stands_whether_the_unit_knew_the_time(
    coach: FlaskClient, days: str
) -> None:
    rows = [dict(zip(HEADER, row, strict=True)) for row in table(coach, lifter=days)[1:]]
    for row in rows:
        datetime.strptime(row["Date"], "%Y-%m-%d %H:%M").astimezone()
    assert [row["Clock was set"] for row in rows] == 3 * ["yes"] + 3 * ["no"]


@pytest.mark.parametrize(("units", "load"), [("kg", "61.2"), ("lb", "135")])
def test_a_load_is_told_in_the_units_chosen_and_rounded_as_on_the_page(
    coach: FlaskClient, database: Path, units: str, load: str
) -> None:
    with Store.open(database, "rack") as store:
        visit = store.start_session(store.lifter("Ann").id)
        store.add_rep(visit, make_rep(7, 1, load_kg=135 * KG_PER_LB))
    coach.post("/settings", data={"page/units": units}, headers=HERE)
    header, row = table(coach)
    assert row[header.index(f"Load, {units}")] == load
    exact = coach.get("/data/export?format=csv").data.decode("utf-8-sig")
    assert "61.235" in next(csv.DictReader(io.StringIO(exact)))["load_kg"]


def test_what_was_written_stands_once_in_columns_of_its_own_and_runs_no_formula(
    coach: FlaskClient, database: Path, days: str
) -> None:
    with reading(database) as connection:
        visits = read_sessions(connection, Selection(lifter_id=days))
        visit = next(visits)["session_id"]
        key = next(read_sets(connection, visit))["set_id"]
    with Notebook.open(database) as notebook:
        notebook.write_session(visit, "=HYPERLINK(1)\ntwice")
        notebook.write_set(key, "-2 plates", pain=False)
        notebook.tag_set(key, ("+belt", "deep"))
    rows = [dict(zip(HEADER, row, strict=True)) for row in table(coach)[1:]]
    written = [(row["Note on the session"], row["Note on the set"]) for row in rows]
    assert written == [("'=HYPERLINK(1) twice", "'-2 plates"), *8 * [("", "")]]
    tagged = [(row["Set"], row["Tags"], row["Pain"]) for row in rows[:3]]
    assert tagged == [*2 * [("1", "'+belt, deep", "no")], ("2", "", "")]
    assert {row["Lifter"] for row in rows} == {"Ann", "'=cmd|' /C calc'!A0"}
    cells = [cell for row in rows for cell in row.values() if cell]
    assert not [cell for cell in cells if cell[0] in tuple("=+-@\t\r\n")]


def test_the_note_on_a_session_stands_in_its_first_line_even_behind_an_empty_set(
    coach: FlaskClient, database: Path, days: str
) -> None:
    with reading(database) as connection:
        visit = next(read_sessions(connection, Selection(lifter_id=days)))["session_id"]
        first = next(read_sets(connection, visit))["set_id"]
        undone = [rep["rep_id"] for rep in read_reps(connection, first)]
    with Notebook.open(database) as notebook:
        notebook.write_session(visit, "early")
    with Store.open(database, "rack") as store:
        for rep in undone:
            store.undo_rep(rep)
    rows = [dict(zip(HEADER, row, strict=True)) for row in table(coach, lifter=days)[1:]]
    assert [row["Note on the session"] for row in rows] == ["early", "", "", ""]
    assert rows[0]["Set"] == "2"


def test_the_table_comes_visit_by_visit(database: Path, days: str) -> None:
    pieces: Iterator[str] = sheet_lines(database, Selection())
    assert next(pieces).count("\n") == 1
    assert [piece.count("\n") for piece in pieces] == [2, 1, 2, 1, 2, 1]  # set by set


def test_a_session_has_its_table(coach: FlaskClient, session_id: str) -> None:
    address = f"/data/sessions/{session_id}/table.csv"
    assert f'href="{address}"' in coach.get(f"/sessions/{session_id}").text
    answer = coach.get(address)
    assert answer.headers["Content-Disposition"].endswith('-table.csv"')
    assert len(answer.text.splitlines()) == 5


def test_a_lifters_files_for_opensim_are_in_a_folder_a_visit(
    coach: FlaskClient, database: Path, days: str
) -> None:
    with packed(coach, format="mot", lifter=days) as archive:
        assert archive.testzip() is None
        about, *names = archive.namelist()
        assert about == "README.txt"
        assert "Open Model" in archive.read(about).decode()
        folders = [name.split("/")[0] for name in names]
        assert [name.split("/")[1] for name in names[:3]] == [
            *("set_01_rep_001.mot", "set_01_rep_002.mot", "set_02_rep_001.mot"),
        ]
    assert len(set(folders)) == 2
    for day, folder in zip("13", sorted(set(folders)), strict=True):
        assert folder.startswith(f"2026-05-0{day}_")
        assert folder.endswith("_Ann")
    taken = audit.newest(database)[0]
    assert (taken.action, taken.text) == (
        "export",
        f"lifter {days}, the beginning to now as .mot",
    )


def test_days_choose_which_files(coach: FlaskClient, days: str) -> None:
    with packed(coach, format="trc", lifter=days, to="2026-05-02") as archive:
        assert len(archive.namelist()) == 4


def test_files_of_visits_that_began_at_one_time_do_not_cover_each_other(
    coach: FlaskClient, database: Path, days: str
) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE sessions SET recorded_utc = '2026-05-01T12:00:00.000Z'")
    with packed(coach, format="mot", lifter=days) as archive:
        assert len(set(archive.namelist())) == len(archive.namelist()) == 7


@pytest.mark.parametrize("form", ["mot", "trc"])
def test_files_for_opensim_want_one_lifter_who_was_measured(
    coach: FlaskClient, database: Path, days: str, form: str
) -> None:
    answer = coach.get(f"/data/export?format={form}")
    assert answer.status_code == 400
    assert "Choose a lifter" in answer.text
    nothing = coach.get(f"/data/export?format={form}&lifter={days}&to=2020-01-01")
    assert nothing.status_code == 404
    assert "Nothing to save" in nothing.text
    assert [row.action for row in audit.newest(database)] == ["password"]  # nothing taken


@pytest.mark.parametrize(
    ("asked", "ending"),
    [
        ({"format": "sheet", "from": "2026-05-01"}, "-table.csv"),
        ({"format": "csv", "to": "2026-05-02"}, "racklight-Ann-to_2026-05-02.csv"),
        (
            {"format": "mot", "from": "2026-05-01", "to": "2026-05-03"},
            "racklight-Ann-2026-05-01_to_2026-05-03.mot.zip",
        ),
        (
            {"format": "json", "from": "2026-05-01", "to": "2026-05-01"},
            "racklight-Ann-2026-05-01.json",
        ),
    ],
)
def test_a_files_name_says_whose_and_of_which_days(
    coach: FlaskClient, days: str, asked: dict[str, str], ending: str
) -> None:
    name = named(coach, lifter=days, **asked)
    assert name.startswith('attachment; filename="racklight-Ann-')
    assert name.endswith(f'{ending}"')
