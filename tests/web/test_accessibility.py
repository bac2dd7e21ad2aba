"""No page has a serious accessibility fault: axe-core looks at each, light and dark, in 3 widths.

axe-core lies beside the tests (vendored, see NOTICE): the checks then need neither npm nor a
network, and a new release of it can't fail a build that changed nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from device.database import reading
from device.records import Silhouette
from tests.factories import make_far_placement, make_state
from tests.web.browser import CHROMIUM, Browser
from tests.web.conftest import ROOT, Serve, Unit

AXE = Path(__file__).parent / "vendored" / "axe-4.14.1.min.js"
SCREENS = ((390, False), (1440, False), (1024, True), (390, True))
PAGES = (
    *("/", "/rack", "/rack/who", "/rack/load", "/placement", "/today", "/sessions"),
    *("/sessions/{session}", "/sessions/{session}?curves=time", "/lifters", "/lifters/{lifter}"),
    *("/lifters/{lifter}/delete", "/compare", "/compare?a_set={first}&b_set={second}"),
    *(
        "/health",
        "/data",
        "/data/columns",
        "/settings",
        "/access",
        "/setup/name",
        "/setup/placement",
    ),
    *("/setup/light", "/setup/done", "/sign-in", "/nothing"),
)
_RUN = """
window.found = null;
axe.run(document, { resultTypes: ["violations"] }).then((told) => {
  window.found = told.violations
    .filter((fault) => ["serious", "critical"].includes(fault.impact))
    .map((fault) => [fault.id, fault.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)
      + " " + (node.any[0]?.message ?? ""))]);
});
"""


@pytest.fixture
def signed_in(
    serve_unit: Serve, coach: FlaskClient, database: Path, session_id: str, unit: Unit
) -> Iterator[tuple[Browser, str, dict[str, str]]]:
    """A browser signed in as coach, the page's address, and the keys of what is in the history."""
    shape = Silhouette(8, 2, b"\xff\xff", b"\x3c\x3c")
    unit.state = make_state(placement=make_far_placement(), silhouette=shape)
    with reading(database) as connection:
        lifter = connection.execute("SELECT id FROM lifters").fetchone()[0]
        first, second = (row[0] for row in connection.execute("SELECT id FROM sets"))
    keys = {"session": session_id, "lifter": lifter, "first": first, "second": second}
    cookie = coach.get_cookie("racklight")
    assert cookie is not None
    with serve_unit() as address, Browser() as browser:
        browser.run_first(AXE.read_text(encoding="utf-8"))
        browser.set_cookie(address, "racklight", cookie.value)
        yield browser, address, keys


def faults(browser: Browser) -> Any:
    browser.evaluate(_RUN)
    browser.wait_for("window.found !== null", 120)
    return browser.evaluate("window.found")


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt install chromium)")
def test_no_page_has_a_serious_accessibility_fault(
    signed_in: tuple[Browser, str, dict[str, str]],
) -> None:
    browser, address, keys = signed_in
    found = {}
    for number, page in enumerate(PAGES):
        path = page.format(**keys)
        # one light and one dark screen each; all four over two pages that follow each other
        screens = SCREENS[number % 2 :: 2]
        browser.open(f"{address}{path}", *_size(screens[0][0]), dark=screens[0][1])
        assert browser.evaluate("location.pathname") == path.partition("?")[0]  # signed in
        for width, dark in screens:
            browser.look(*_size(width), dark=dark)
            for fault in faults(browser):
                found[json.dumps([page, width, "dark" if dark else "light", *fault])] = True
    assert not found, "\n".join(found)


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt install chromium)")
def test_a_fault_would_be_found(signed_in: tuple[Browser, str, dict[str, str]]) -> None:
    browser, address, _ = signed_in
    browser.open(f"{address}/nothing")
    browser.evaluate("document.querySelector('main').innerHTML = '<img src=x><button></button>'")
    assert {name for name, _ in faults(browser)} >= {"image-alt", "button-name"}


def test_axe_is_what_was_published() -> None:
    found = hashlib.sha256(AXE.read_bytes()).hexdigest()
    assert found in (ROOT / "NOTICE").read_text(encoding="utf-8")


def _size(width: int) -> tuple[int, int]:
    return width, 844 if width < 600 else 900
