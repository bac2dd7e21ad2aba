"""No page of the history reads a whole table, however the filters are filled in."""

from __future__ import annotations

import random
import re
import sqlite3
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from device import database
from device.database import open_for_reading
from tests.web.coach.many import PAGES, Keys, make_many

# These grow with every rep; lifters, units, merges and tags of one set stay small.
LARGE = {
    "reps",
    "sets",
    "sessions",
    "traces",
    "neutrals",
    "session_totals",
    "session_notes",
    "set_notes",
    "set_tags",
    "totals",
}

# Some hundred rows in the order of an index, whatever they hold: it stops there.
BOUNDED = re.compile(
    r"FROM sessions\b(?:(?!\bWHERE\b|\bGROUP\b).)*?"
    r"ORDER BY (?:sessions\.)?recorded_utc\b[^()]*? LIMIT \d{1,3}\b",
    re.DOTALL,
)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that a page sends, with its values in it."""
    sent: list[str] = []

    def listening(path: Path) -> sqlite3.Connection:
        connection = open_for_reading(path)
        connection.set_trace_callback(sent.append)
        return connection

    monkeypatch.setattr(database, "open_for_reading", listening)
    return sent


def scanned(file: Path, statement: str) -> list[str]:
    """The steps of a statement's plan that read a large table from end to end."""
    connection = open_for_reading(file)
    try:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
    finally:
        connection.close()
    found = [re.match(r"SCAN (\w+)", row["detail"]) for row in plan]
    return [
        row["detail"]
        for row, scan in zip(plan, found, strict=True)
        if scan
        and scan.group(1) in LARGE
        and not (
            scan.group(1) == "sessions" and " USING " in row["detail"] and BOUNDED.search(statement)
        )
    ]


def test_every_query_of_the_history_uses_an_index(
    database: Path, coach: FlaskClient, statements: list[str]
) -> None:
    make_many(database, reps=120, lifters=3)
    everything = (
        "/sessions?text=a&kg_low=20&kg_high=200&verdict=wink&pain=1"
        "&since=2020-01-01&until=2040-01-01",
        "/sessions?exercise=goblet&tag=belt&text=squat",
        "/sessions?lifter=nobody",
    )
    sides = "/compare?" + "&".join(
        f"{side}_{name}={value}"
        for side in "ab"
        for name, value in (
            ("lifter", "x"),
            ("exercise", "back_squat"),
            ("tag", "belt"),
            ("kg_low", "20"),
            ("kg_high", "200"),
            ("since", "2020-01-01"),
        )
    )
    rng, keys = random.Random(1), Keys.of(database)
    asked = [of(rng, keys) for of in 2 * list(PAGES.values())]
    for address in (*asked, *everything, sides):
        assert coach.get(address).status_code == 200, address
    assert coach.get("/healthz").status_code == 503  # no unit runs, but the database is asked
    assert len(set(statements)) > 60
    for statement in set(statements):
        if not statement.startswith("PRAGMA"):
            assert scanned(database, statement) == [], statement


def test_a_scan_would_be_found(database: Path) -> None:
    make_many(database, reps=30, lifters=1)
    assert scanned(database, "SELECT count(*) FROM reps WHERE verdict = 'wink'")
    assert scanned(database, "SELECT * FROM sets JOIN reps ON reps.verdict = sets.id")
    assert not scanned(database, "SELECT * FROM lifters")
    newest = "SELECT id FROM sessions {} ORDER BY recorded_utc DESC LIMIT {}"
    assert not scanned(database, newest.format("", 600))
    assert scanned(database, newest.format("", -1))
    assert scanned(database, newest.format("WHERE ended_utc > ''", 600))
