"""A coach in a real browser: from today to a session, writes a note, tags a set, finds it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.accounts import Accounts
from tests.web.browser import CHROMIUM, Browser
from tests.web.conftest import PASSWORD, Serve

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


def press(browser: Browser, selector: str) -> None:
    browser.evaluate("window.left = true")
    browser.evaluate(f"document.querySelector({selector!r}).click()")
    browser.wait_for("!window.left && document.readyState === 'complete'", timeout_s=30)


def test_a_coach_writes_on_a_set_and_finds_it(
    serve: Serve, database: Path, session_id: str
) -> None:
    Accounts(database, "rack").choose_first_password(PASSWORD)
    with serve() as address, Browser() as browser:
        browser.open(f"{address}/sign-in?next=/today", width=390)
        browser.evaluate(f"document.querySelector('#password').value = {PASSWORD!r}")
        press(browser, "form:has(#password) button")
        assert browser.evaluate("document.querySelector('h1').textContent") == "Today"
        press(browser, ".sessions a")
        assert browser.evaluate("document.querySelectorAll('.curves-grid svg.curve').length") == 6
        browser.evaluate("document.querySelector('[name=tags]').value = 'heels raised'")
        press(browser, "form:has([name=tags]) button")
        assert browser.evaluate("location.hash") == "#saved"
        assert browser.evaluate("document.querySelector('#saved').innerText") == "Saved."
        assert browser.evaluate("document.querySelector('.tag').textContent") == "heels raised"
        press(browser, "nav a[href='/sessions']")
        browser.evaluate("document.querySelector('[name=text]').value = 'heels'")
        press(browser, "form[role=search] button")
        assert browser.evaluate("document.querySelectorAll('.sessions > li').length") == 1
        width = browser.evaluate("document.documentElement.scrollWidth")
        assert width <= 390
