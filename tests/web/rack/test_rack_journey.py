"""In Chromium: a guest signs in, enters the load, squats, and puts a rep right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories import make_rep
from tests.web.browser import CHROMIUM, Browser
from tests.web.conftest import Serve
from tests.web.rack.rack_unit import RackUnit

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")


@pytest.fixture
def rack(socket_path: Path, database: Path) -> Iterator[RackUnit]:
    unit = RackUnit(socket_path, database)
    yield unit
    unit.stop()


def says(path: str, text: str) -> str:
    return f"document.querySelector('[data-text=\"{path}\"]')?.textContent === {text!r}"


def test_sign_in_load_rep_undo_and_a_unit_that_starts_again(
    rack: RackUnit, serve: Serve, socket_path: Path, database: Path
) -> None:
    with serve() as address, Browser() as browser:

        def wait(condition: str) -> None:
            browser.wait_for(condition, 60)

        def tap(selector: str, then: str) -> None:
            browser.evaluate(f"document.querySelector({selector!r}).click()")
            wait(f"location.pathname === {then!r} && document.readyState === 'complete'")

        browser.open(f"{address}/rack", 1024, 768)
        wait(says("rack.lifter", "Who lifts?"))
        tap(".chip.who", "/rack/who")
        browser.look(390, 844)  # on a phone nothing stands out to the right
        assert browser.evaluate("document.documentElement.scrollWidth") == 390
        browser.look(1024, 768)
        browser.evaluate("document.getElementById('lifter').value = 'Ann'")
        tap(".new-name button", "/commands/sign_in")
        assert "Nobody here is called Ann yet." in browser.evaluate("document.body.innerText")
        tap(".unheard button.strong", "/rack")
        wait(says("rack.lifter", "Ann"))

        tap(".chip.what", "/rack/load")
        for plate in ("25", "15"):  # a tap on a plate puts a pair on, without a new page
            before = browser.evaluate("document.getElementById('kg').value")
            browser.evaluate(
                "[...document.querySelectorAll('.plates a')]"
                f".find((link) => link.textContent === {plate!r}).click()"
            )
            wait(f"document.getElementById('kg').value !== {before!r}")
        assert browser.evaluate("document.querySelectorAll('.plate').length") == 4
        browser.evaluate("document.getElementById('kg').value = '1000'")
        tap(".load-form button", "/commands/set_load")
        wait("document.activeElement.textContent === 'A load is from 0 to 500 kg.'")
        assert browser.evaluate("document.getElementById('kg').value") == "1000"
        browser.evaluate("document.getElementById('kg').value = '100'")
        tap(".load-form button", "/rack")
        wait(says("rack.load", "100 kg"))

        rack.reps.put(make_rep(1, 1, wink_deg=4.0))
        rack.reps.put(make_rep(2, 1, wink_deg=14.0))
        wait(says("rack.reps", "2"))
        wait(says("rack.rep_headline", "Wink 14°"))
        wait(says("rack.undo_button", "Undo rep 2"))
        tap("#ask-undo_rep button", "/rack")
        wait(says("rack.reps", "1"))
        wait("document.querySelector('#ask-redo_rep button').textContent === 'Bring back rep 2'")
        tap("#ask-redo_rep button", "/rack")
        wait(says("rack.reps", "2"))

        rack.stop()
        wait("document.getElementById('rack').dataset.connected === 'no'")
        again = RackUnit(socket_path, database)
        try:
            wait("document.getElementById('rack').dataset.connected === 'yes'")
        finally:
            again.stop()
