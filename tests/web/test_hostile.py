"""Whoever means harm gets an answer, and nothing else: a small part of `make hostile`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.web.hostile import MARK, Place, Sent, answered, fault, place, requests

REQUESTS = 400
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path) as made:
        yield made


def got(here: Place, path: str, who: str = "coach", query: str = "") -> tuple[str, str]:
    """Status and text of a page."""
    sent = Sent(who, "GET", path.encode(), query, b"", ())
    status, _, body = answered(here, sent)
    assert fault(here, sent) is None, path
    return status, body.decode()


def test_hostile_requests_of_every_kind_get_an_answer(here: Place) -> None:
    sent = list(requests(here, REQUESTS, seed=1))
    assert {one.who for one in sent} == {"guest", "ann", "coach"}
    faults = [(found, str(one)) for one in sent if (found := fault(here, one)) is not None]
    assert faults == []


def test_a_fault_would_be_found(here: Place) -> None:
    here.app.add_url_rule("/bad", "static_bad", lambda: MARK)
    here.app.view_functions["pages.now"] = lambda: 1 // 0
    here.app.view_functions["pages.placement"] = lambda: MARK
    assert fault(here, Sent("coach", "GET", b"/", "", b"", ())) == "500 INTERNAL SERVER ERROR"
    bad = fault(here, Sent("coach", "GET", b"/placement", "", b"", ()))
    assert bad == "a script came back as it was sent"


def test_a_script_in_any_name_or_note_is_shown_as_text(here: Place) -> None:
    lifter, session, one_set, _ = here.keys
    shown_on = {
        "/": "unit, lifter",
        "/rack": "unit, lifter",
        "/rack/who": "lifter",
        "/placement": "unit",
        "/today": "lifter",
        "/sessions": "lifter, tags",
        f"/sessions/{session}": "lifter, tags, notes",
        "/lifters": "lifter",
        f"/lifters/{lifter}": "lifter, tags",
        f"/lifters/{lifter}/delete": "lifter",
        "/compare": "lifter",
        "/data": "token",
        "/access": "lifter",
        "/settings": "unit",
        "/health": "unit",
    }
    for path in shown_on:
        status, html = got(here, path)
        assert status == "200 OK", path
        assert ESCAPED in html, path
    query = f"a_set={one_set}&b_lifter={lifter}&b_tag={quote(MARK)}"
    assert ESCAPED in got(here, "/compare", query=query)[1]
    assert ESCAPED in got(here, "/sessions", query=f"text={quote(MARK)}")[1]


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static//etc/passwd",
        "/static/..\\app.py",
        "/data/backups/../racklight.sqlite3",
        "/data/backups/..\\racklight.sqlite3",
        "/data/sessions/../../racklight.sqlite3.csv",
        "/api/v1/sessions/../../../etc/passwd",
    ],
)
def test_no_path_leads_out_of_what_is_served(here: Place, path: str) -> None:
    status, text = got(here, path)
    assert not status.startswith("200")
    assert "root:" not in text
    assert "SQLite format" not in text
    assert "create_app" not in text


@pytest.mark.parametrize("origin", ["http://[", "null", "http://localhost.elsewhere.example", ""])
def test_an_origin_that_is_not_this_page_changes_nothing(here: Place, origin: str) -> None:
    sent = Sent("coach", "POST", b"/data/backup", "", b"", (("Origin", origin),))
    assert answered(here, sent)[0] == "403 FORBIDDEN"


def test_an_address_that_is_no_text_is_refused_in_words(here: Place) -> None:
    status, html = got(here, "/rack/load", query="unit=\xca\xff")
    assert status == "400 BAD REQUEST"
    assert "not written in UTF-8" in html
