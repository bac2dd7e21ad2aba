"""A rep replayed in a real browser."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.web.browser import CHROMIUM, Browser
from tests.web.conftest import Serve

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

KNEE = "document.querySelector('#rep .side [data-joints^=right_hip]').getAttribute('d')"
POINTED = "document.querySelector('#rep .degrees .u-value').textContent"
SAID = "document.querySelector('#rep output').textContent"


def move_to(browser: Browser, seconds: float) -> None:
    browser.evaluate(
        "(() => { const slider = document.querySelector('#rep [type=range]');"
        f" slider.value = {seconds}; slider.dispatchEvent(new Event('input')); }})()"
    )


def test_a_rep_is_opened_moved_through_and_played(
    serve: Serve, database: Path, session_id: str
) -> None:
    with closing(sqlite3.connect(database)) as connection:
        (rep,) = connection.execute("SELECT id FROM reps WHERE rep_index = 3").fetchone()
    with serve() as address, Browser() as browser:
        browser.open(f"{address}/sessions/{session_id}")
        browser.evaluate("document.querySelector('[aria-label$=\"rep 1 of set 2\"]').click()")
        browser.wait_for(f"location.search === '?rep={rep}' && document.readyState === 'complete'")
        browser.wait_for("!document.querySelector('#rep .replay-controls').hidden")
        assert browser.evaluate("document.querySelectorAll('#rep .figure.winked').length") == 1
        assert "past the threshold" in browser.evaluate(SAID)
        assert browser.evaluate("document.querySelectorAll('#rep .uplot').length") == 2
        assert browser.evaluate("document.querySelector('#rep .drawn').offsetHeight") == 0
        browser.wait_for(f"['1.98 s', '2.02 s'].includes({POINTED})")  # the bottom
        bottom = browser.evaluate(KNEE)
        move_to(browser, 0.0)
        assert browser.evaluate(POINTED) == "0.00 s"
        standing = browser.evaluate(KNEE)
        assert standing != bottom
        assert "NaN" not in standing
        assert browser.evaluate("document.querySelectorAll('#rep .figure.winked').length") == 0
        assert browser.evaluate(SAID).startswith("0.0 s")
        browser.evaluate(
            "document.querySelector('#rep .depths .u-over').dispatchEvent(new MouseEvent("
            "'mousemove', {clientX: document.querySelector('#rep .u-over')"
            ".getBoundingClientRect().left + 60, clientY: 1, bubbles: true}))"
        )
        browser.wait_for(f"!{SAID}.startsWith('0.0 s')")  # pointing at a curve moves the figure
        browser.evaluate("document.querySelector('#rep .replay-controls button').click()")
        browser.wait_for("Number(document.querySelector('#rep [type=range]').value) > 0.2")
        move_to(browser, 3.9)  # taking hold of the slider stops it
        browser.wait_for(
            "document.querySelector('#rep .replay-controls button').textContent === 'Play'"
        )
        assert browser.evaluate(SAID).startswith("3.9 s")
        assert browser.evaluate("document.documentElement.scrollWidth") <= 390
