"""On paper: a session, a lifter and a comparison, without what can only be pressed."""

from __future__ import annotations

import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from device.store import Store
from tests.factories import make_rep
from tests.web.browser import CHROMIUM, Browser
from tests.web.conftest import Serve

in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

# What is seen of the page's words.
SEEN = """[...document.querySelectorAll("body *")].filter((part) => part.checkVisibility()
  && [...part.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .map((part) => part.innerText).join(" | ")"""
ONLY_NOTES = """document.querySelectorAll("header, main > :not(.set + .note)")
  .forEach((part) => { if (!part.matches(".set:has(+ .note)")) part.remove();
    else part.replaceChildren(); })"""
PRESSED = """[...document.querySelectorAll("button, input, select, textarea, summary")]
  .filter((part) => part.checkVisibility()).length"""


@pytest.fixture
def ann_id(database: Path, session_id: str) -> str:
    with closing(sqlite3.connect(database)) as connection:
        return str(connection.execute("SELECT id FROM lifters").fetchone()[0])


@pytest.fixture
def long_session(database: Path) -> str:
    """Three sets of five, the second with a load and a squat."""
    with Store.open(database, "rack") as store:
        session = store.start_session(store.lifter("Ann").id)
        for index in range(1, 16):
            number = 1 + (index - 1) // 5
            rep = make_rep(index, number, load_kg=None)
            if number == 2:
                rep = make_rep(index, number, load_kg=62.5, exercise="front_squat")
            store.add_rep(session, rep)
    return session


@pytest.fixture
def signed_in(serve_unit: Serve, coach: FlaskClient) -> Iterator[tuple[Browser, str]]:
    cookie = coach.get_cookie("racklight")
    assert cookie is not None
    with serve_unit() as address, Browser() as browser:
        browser.set_cookie(address, "racklight", cookie.value)
        yield browser, address


def test_each_of_them_has_the_button_and_the_paper_s_style(coach: FlaskClient, ann_id: str) -> None:
    for address in (f"/lifters/{ann_id}", f"/compare?a_lifter={ann_id}&a_exercise=goblet"):
        html = coach.get(address).text
        assert '<link rel="stylesheet" href="/static/print.css" media="print">' in html
        assert '<button type="button" class="print" hidden>Print or save as PDF</button>' in html
        assert '<script src="/static/print.js" defer></script>' in html


@in_a_browser
def test_a_session_on_paper_says_load_squat_and_threshold_of_each_set(
    signed_in: tuple[Browser, str], long_session: str
) -> None:
    browser, address = signed_in
    browser.open(f"{address}/sessions/{long_session}", 1024)
    assert browser.evaluate(PRESSED) > 5
    browser.show_print()
    said = browser.evaluate(SEEN)
    assert browser.evaluate(PRESSED) == 0
    assert "load unknown · squat unknown · 5 reps · no winks · threshold 10°" in said
    assert "62.5 kg · Front squat · 5 reps" in said
    assert "Print or save" not in said
    assert "Compare set" not in said


@in_a_browser
def test_three_sets_of_five_fit_one_sheet(
    signed_in: tuple[Browser, str], long_session: str
) -> None:
    browser, address = signed_in
    browser.open(f"{address}/sessions/{long_session}", 1024)
    assert len(re.findall(rb"/Type /Page\b", browser.printed())) == 1


def texts_of_sheets(pdf: bytes) -> list[int]:
    """How many pieces of text are on each sheet, as Chromium writes a PDF."""
    found = []
    for page in re.findall(rb"<<(?:(?!endobj).)*?/Type /Page\b.*?endobj", pdf, re.S):
        content = re.search(rb"/Contents (\d+) 0 R", page)
        assert content
        stream = re.search(rb"\n%s 0 obj.*?stream\r?\n(.*?)endstream" % content[1], pdf, re.S)
        assert stream
        found.append(len(re.findall(rb"\bT[jJ]\b", zlib.decompress(stream[1]))))
    return found


@in_a_browser
def test_what_explains_the_tables_is_not_alone_on_a_sheet(
    signed_in: tuple[Browser, str], database: Path
) -> None:
    browser, address = signed_in
    sheets = []
    for reps in (3, 4, 5, 6, 7):
        with Store.open(database, "rack") as store:
            session = store.start_session(store.lifter("Ann").id)
            for index in range(3 * reps):
                rep = make_rep(index + 1, 1 + index // reps, loaded=False)
                store.add_rep(session, rep)
        browser.open(f"{address}/sessions/{session}", 1024)
        sheets.append(texts_of_sheets(browser.printed()))
    browser.evaluate(ONLY_NOTES)
    (alone,) = texts_of_sheets(browser.printed())
    assert min(len(one) for one in sheets) == 1
    assert max(len(one) for one in sheets) == 2  # between the two it was
    assert all(one[-1] > alone for one in sheets), (sheets, alone)


@in_a_browser
def test_a_lifter_on_paper_says_of_which_time_it_is(
    signed_in: tuple[Browser, str], ann_id: str
) -> None:
    browser, address = signed_in
    browser.open(f"{address}/lifters/{ann_id}?period=3", 1024)
    assert "Sets of: 3 months." not in browser.evaluate(SEEN)
    browser.show_print()
    said = browser.evaluate(SEEN)
    assert "Sets of: 3 months." in said
    assert "Wink by date" in said
    assert "Delete Ann" not in said
    assert "Save all of" not in said
    assert browser.evaluate(PRESSED) == 0


@in_a_browser
def test_a_comparison_on_paper_says_what_was_compared(
    signed_in: tuple[Browser, str], long_session: str, ann_id: str
) -> None:
    browser, address = signed_in
    browser.open(f"{address}/compare?a_lifter={ann_id}&a_exercise=front_squat", 1024)
    browser.show_print()
    said = browser.evaluate(SEEN)
    assert "Ann, Front squat · 5 reps in 1 set" in said
    assert "Ann, all other sets · " in said
    assert browser.evaluate(PRESSED) == 0
