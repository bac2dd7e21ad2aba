"""What only a browser shows: charts that are not cut, a header on one line, a whole menu."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from device.store import Store
from tests.rows import rows
from tests.web.browser import CHROMIUM, Browser
from tests.web.conftest import Serve

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

CUT = """[...document.querySelectorAll("svg.curve text, svg.scatter text")].filter((text) => {
  const box = text.getBBox(), view = text.ownerSVGElement.viewBox.baseVal;
  return box.x < view.x || box.x + box.width > view.x + view.width;
}).map((text) => text.textContent)"""
OVERRUN = """[...document.querySelectorAll("main button")].filter((button) => {
  const words = document.createRange();
  words.selectNodeContents(button);
  const style = getComputedStyle(button), box = button.getBoundingClientRect();
  return words.getBoundingClientRect().right > box.right - parseFloat(style.paddingRight) + 0.5;
}).map((button) => button.innerText)"""
ROWS = """new Set([...document.querySelectorAll("header > *")].map((part) => {
  const box = part.getBoundingClientRect();
  return Math.round((box.top + box.bottom) / 2);
})).size"""
SEEN = """[...document.querySelectorAll("nav.pages a")].filter((link) => link.checkVisibility())
  .map((link) => link.getBoundingClientRect()).map((box) => [box.left, box.right])"""


@pytest.fixture
def signed_in(
    serve_unit: Serve, coach: FlaskClient, database: Path, session_id: str
) -> Iterator[tuple[Browser, str]]:
    name = "Rack two by the tall window, left of the door"[:40]
    (database.parent / "chosen.toml").write_text(f'[unit]\nname = "{name}"\n', encoding="utf-8")
    cookie = coach.get_cookie("racklight")
    assert cookie is not None
    with serve_unit() as address, Browser() as browser:
        browser.set_cookie(address, "racklight", cookie.value)
        browser.open(f"{address}/sessions/{session_id}", 390)
        yield browser, address


def test_no_label_of_a_chart_is_cut_on_a_phone(signed_in: tuple[Browser, str]) -> None:
    browser, _ = signed_in
    assert browser.evaluate("document.querySelectorAll('svg.curve text').length") > 8
    assert browser.evaluate(CUT) == []
    browser.evaluate("document.querySelector('svg.curve text').setAttribute('x', '0')")
    assert len(browser.evaluate(CUT)) == 1  # a cut one would be found


def test_no_word_overruns_its_button(signed_in: tuple[Browser, str], database: Path) -> None:
    browser, address = signed_in
    with Store.open(database, "rack") as store:
        store.lifter("Bo")
    (ann,) = rows(database, "SELECT id FROM lifters WHERE name = 'Ann'")[0]
    browser.open(f"{address}/lifters/{ann}", 1280)
    for width in (1280, 1024, 390):
        browser.look(width)
        assert browser.evaluate("document.querySelector('#into + button').innerText") == "Merge …"
        assert browser.evaluate(OVERRUN) == [], width


def test_the_whole_menu_is_reached_at_every_width(signed_in: tuple[Browser, str]) -> None:
    browser, _ = signed_in
    for width, lines in ((1440, 1), (1280, 1), (1024, 1), (390, 2)):
        browser.look(width)
        assert browser.evaluate(ROWS) == lines, width
        browser.evaluate("document.querySelector('details.more').open = true")
        places = browser.evaluate(SEEN)
        assert len(places) == 10, width
        assert all(left >= 0 and right <= width for left, right in places), width
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
