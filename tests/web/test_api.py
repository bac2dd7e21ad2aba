"""The read-only API: what it tells, to whom, page by page, and how it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from device import audit
from device.api_tokens import ApiTokens
from device.store import Store
from tests.factories import make_rep

LISTS = ("/lifters", "/sessions", "/sessions/{session_id}/sets", "/sets/{set_id}/reps")


class Program:
    """Somebody's program with a token."""

    def __init__(self, client: FlaskClient, secret: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {secret}"}

    def ask(self, path: str, method: str = "GET", **asked: Any) -> TestResponse:
        return self._client.open(
            f"/api/v1{path}", method=method, headers=self._headers, query_string=asked
        )

    def pages(self, path: str, name: str, **asked: Any) -> Iterator[list[dict[str, Any]]]:
        found = self.ask(path, **asked).get_json()
        yield found[name]
        while found["next"]:
            found = self.ask(path, **asked, after=found["next"]).get_json()
            yield found[name]


@pytest.fixture
def program(guest: FlaskClient, session_id: str, database: Path) -> Program:
    return Program(guest, ApiTokens(database, "rack").make("club spreadsheet"))


def test_a_program_finds_its_way_from_lifter_to_trace(program: Program, session_id: str) -> None:
    (lifter,) = program.ask("/lifters").json["lifters"]
    (visit,) = program.ask("/sessions", lifter_id=lifter["lifter_id"]).json["sessions"]
    assert visit["session_id"] == session_id
    sets = program.ask(f"/sessions/{session_id}/sets").json["sets"]
    assert [one["set_number"] for one in sets] == [1, 2]
    reps = program.ask(f"/sets/{sets[1]['set_id']}/reps").json["reps"]
    assert [rep["rep_number"] for rep in reps] == [3, 4]  # the fifth was taken back
    rep = program.ask(f"/reps/{reps[0]['rep_id']}").json
    assert rep["set_id"] == sets[1]["set_id"]
    assert rep["wink_deg"] == 14.0
    assert len(rep["trace"]["time_s"]) == 120
    assert program.ask("/unit").json["unit_name"] == "rack"


def test_lists_come_page_by_page_without_loss(
    program: Program, session_id: str, database: Path
) -> None:
    with Store.open(database, "rack") as store:
        for number in range(7):
            lifter = store.lifter(f"Lifter {number}").id
            store.start_session(lifter)
    for path, name in (("/lifters", "lifters"), ("/sessions", "sessions")):
        pages = list(program.pages(path, name, limit=3))
        assert [len(page) for page in pages] == [3, 3, 2]
        rows = [json.dumps(row) for page in pages for row in page]
        assert len(set(rows)) == 8
    sets = list(program.pages(f"/sessions/{session_id}/sets", "sets", limit=1))
    assert [[row["set_number"] for row in page] for page in sets] == [[1], [2], []]


def test_visits_can_be_asked_for_by_time(program: Program) -> None:
    assert len(program.ask("/sessions", **{"from": "2020-01-01"}).json["sessions"]) == 1
    assert program.ask("/sessions", before="2020-01-01T00:00:00Z").json["sessions"] == []


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/sessions", {"limit": "0"}),
        ("/sessions", {"limit": "201"}),
        ("/sessions", {"limit": "many"}),
        ("/sessions", {"from": "yesterday"}),
        ("/sessions", {"before": "0001-01-01T00:00:00+23:00"}),
        ("/sessions", {"after": "x"}),
        ("/sessions", {"after": "WzEsMl0"}),
        ("/sessions", {"after": "é"}),
        ("/sessions", {"lifter_id": "Ann"}),
        ("/lifters", {"lifter": "Ann"}),
        ("/unit", {"limit": "5"}),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    program: Program, path: str, asked: dict[str, str]
) -> None:
    answer = program.ask(path, **asked)
    assert answer.status_code == 400
    assert answer.json["error"].endswith(".")


@pytest.mark.parametrize(
    "path",
    ["/lifters/x", "/sessions/" + "0" * 32, "/sets/..", "/reps/'", "/sets/x/reps", "/nothing", "/"],
)
def test_what_is_not_there_is_404_in_json(program: Program, path: str) -> None:
    answer = program.ask(path)
    assert answer.status_code == 404
    assert "error" in answer.json


def test_it_can_change_nothing(program: Program) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = program.ask("/sessions", method)
        assert answer.status_code == 405
        assert "GET" in answer.headers["Allow"]
        assert "error" in answer.json


@pytest.mark.parametrize("path", ["/unit", "/lifters", "/nothing"])
@pytest.mark.parametrize("told", ["", "Bearer", "Bearer rl_wrong", "Basic cmw6cmw=", "Bearer é"])
def test_without_a_token_it_tells_nothing(
    guest: FlaskClient, session_id: str, path: str, told: str
) -> None:
    headers = {"Authorization": told} if told else {}
    answer = guest.get(f"/api/v1{path}", headers=headers)
    assert answer.status_code == 401
    assert "token" in answer.json["error"]
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_opens_the_api_and_no_page(program: Program, guest: FlaskClient) -> None:
    answer = guest.get("/data", headers=program._headers)
    assert answer.status_code == 303


def test_a_tokens_first_use_of_a_day_is_noted_once(program: Program, database: Path) -> None:
    for _ in range(3):
        program.ask("/unit")
    rows = [row for row in audit.newest(database) if row.actor == "token"]
    assert [row.text for row in rows] == ["token 'club spreadsheet' reads the history today"]


def test_an_unreadable_database_is_503_and_a_sentence(
    program: Program, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from device.errors import StoreError
    from web.api import pages

    def fails(path: Path) -> None:
        raise StoreError("The disk failed; check it.")

    monkeypatch.setattr(pages, "reading", fails)
    answer = program.ask("/unit")
    assert (answer.status_code, answer.json["error"]) == (503, "The disk failed; check it.")


def test_the_document_describes_every_route_and_needs_no_token(
    guest: FlaskClient, session_id: str
) -> None:
    document = guest.get("/api/v1/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"
    rules = {
        re.sub(r"<\w+>", "{}", rule.rule.removeprefix("/api/v1"))
        for rule in guest.application.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and "<path:" not in rule.rule and rule.rule[-1] != "/"
    }
    described = {re.sub(r"\{\w+\}", "{}", path) for path in document["paths"]}
    assert described == rules - {"/openapi.json", "/export.schema.json"}


@pytest.mark.parametrize("name", ["openapi.json", "export.schema.json"])
def test_the_documents_are_laid_out_for_people_too(guest: FlaskClient, name: str) -> None:
    lines = guest.get(f"/api/v1/{name}").text.splitlines()
    names = [line for line in lines if '"description"' in line]
    assert len(names) > 20
    assert all(line.startswith(" ") and line.count('": ') == 1 for line in names)


def test_answers_have_exactly_the_fields_that_the_document_names(
    program: Program, session_id: str
) -> None:
    sets = program.ask(f"/sessions/{session_id}/sets").json["sets"]
    reps = program.ask(f"/sets/{sets[0]['set_id']}/reps").json["reps"]
    lifters = program.ask("/lifters").json["lifters"]
    keys = {
        "session_id": session_id,
        "set_id": sets[0]["set_id"],
        "rep_id": reps[0]["rep_id"],
        "lifter_id": lifters[0]["lifter_id"],
    }
    document = program.ask("/openapi.json").get_json()
    for path, operations in document["paths"].items():
        answer = program.ask(path.format(**keys)).get_json()
        schema = operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert list(answer) == schema["required"] == list(schema["properties"]), path


def test_the_queries_use_an_index(session_id: str, database: Path) -> None:
    from device.export import Page, Selection, read_reps, read_sessions, reading

    with reading(database) as connection:
        statements: list[str] = []
        connection.set_trace_callback(statements.append)
        for which in (Selection(), Selection(lifter_id="x"), Selection(from_utc="2026")):
            list(read_sessions(connection, which, Page(5, ("2026", "x"))))
        list(read_reps(connection, "x", Page(5)))
        connection.set_trace_callback(None)
        assert len(statements) == 4
        for statement in statements:
            plan = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
            scans = [line for line in plan if line.startswith("SCAN") and "INDEX" not in line]
            assert scans == [], plan


def test_a_rep_without_trace_has_none(program: Program, session_id: str, database: Path) -> None:
    import sqlite3
    from contextlib import closing

    with Store.open(database, "rack") as store:
        rep_id = store.add_rep(session_id, make_rep(9, 3))
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE traces SET data = x'ff' WHERE rep_id = ?", (rep_id,))
    assert program.ask(f"/reps/{rep_id}").json["trace"] is None
