"""No page says anything that is not in the catalogue: each is served in a pseudo language."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from device.database import reading
from device.reasons import Reason
from device.records import Arrow, LiveState, Move
from tests.factories import make_far_placement, make_health, make_state, make_summary
from tests.web.browser import CHROMIUM, Browser
from tests.web.conftest import HERE, Serve, Unit
from tests.web.pseudo import CODE, bare, speak_pseudo, texts_of
from tests.web.test_accessibility import PAGES
from web.app import HUB

MORE = (
    *("/sessions/{session}?curves=figure", "/sessions/{session}?rep={rep}", "/sessions?page=2"),
    *("/sessions?text=nothing", "/lifters?text=nobody", "/lifters?deleted=1", "/health?page=9"),
    *("/rack/who?for=set", "/rack/who?letter=Q", "/rack/load?bar=0", "/rack/load?amount=101"),
    *("/compare?a_set={first}", "/settings?saved", "/settings?password", "/setup/light?asked"),
    *("/compare?a_lifter={lifter}&b_lifter={lifter}", "/lifters/{lifter}?period=", "/card/x"),
)
# Names and keys of the tests' unit, units of measure, and what is called so everywhere.
DATA = {
    *(
        "Ann",
        "Bob",
        "rack",
        "Racklight",
        "kg",
        "cm",
        "ms",
        "min",
        "kB",
        "MB",
        "GB",
        "TB",
        "Gbit",
        "Mbit",
    ),
    *("lb", "CSV", "JSON", "OpenSim", "mot", "trc", "healthz", "metrics", "English", "sudo"),
    *("USB", "Intel", "RealSense"),
    *("racklight", "check", "light", "password"),  # a command
    *("heavy", "curl", "much", "many", "xx", "x" * 99),  # what was typed
    *("en", "qps", "ploc"),  # languages
}


MOVES = (
    Move(
        Arrow.RIGHT,
        "move the unit 30 cm to the right, round the lifter: it looks too much from the side",
    ),
    Move(Arrow.CLEAR, f"it hangs well, but {Reason.HOLES}"),
    Move(Arrow.TURN_LEFT, "turn it 1 degree to the left"),
)
# Every text that is drawn and not written: a canvas's have to be caught as they are drawn.
_CATCH = """
window.drawn = [];
const draw = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...where) {
  window.drawn.push(String(text));
  draw.call(this, text, ...where);
};
"""
# Dates are the browser's own, which has none in this language.
_READ = """
for (const time of document.querySelectorAll("time")) time.remove();
document.documentElement.outerHTML;
"""
LIVE = {  # page: what to wait for
    "/": "window.drawn.length > 2",
    "/rack": "window.drawn.length > 4",
    "/placement": "document.querySelectorAll('#more li').length > 1",
    "/sessions/{session}?rep={rep}": (
        "document.querySelector('.u-legend') !== null && window.drawn.length > 4"
    ),
}
REFUSED = (
    ("/commands/set_load", {"kg": "heavy"}),
    ("/commands/set_load", {"kg": "heavy", "unit": "lb"}),
    ("/commands/set_load", {"kg": "9999"}),
    ("/commands/set_load", {"kg": "9999", "unit": "lb", "back": "/rack"}),
    ("/commands/sign_in", {"lifter": "Bob"}),
    ("/commands/give_set", {"lifter": "Bob", "back": "/rack", "for": "set"}),
    ("/commands/set_exercise", {"exercise": "curl"}),
    ("/commands/nothing", {}),
    ("/sign-in/coach", {"password": "wrong"}),
    ("/sign-in/lifter", {"name": "Ann", "pin": "0000"}),
    ("/card", {"secret": "wrong"}),
    ("/settings", {"wink/threshold_deg": "400"}),
    ("/settings", {"wink/threshold_deg": "much"}),
    ("/settings", {"page/language": "xx"}),
    ("/settings", {"unit/name": "x" * 41}),
    ("/settings/password", {"old": "wrong", "new": "12345678", "again": "12345678"}),
    ("/access/{lifter}/pin", {"pin": "1"}),
    ("/access/nobody/pin", {"pin": "4711"}),
    ("/sessions/nothing/note", {"text": "x"}),
    ("/sets/{first}/notes", {"tags": "x" * 99}),
    ("/sets/{first}/notes", {"text": "x", "shown": "of an older page"}),
    ("/sessions/{session}/lifter", {"lifter": "", "shown": "of an older page"}),
    ("/sets/{first}/lifter", {"lifter": "Ann"}),
    ("/sets/{second}/lifter", {"lifter": "Ann"}),
    ("/commands/undo_rep", {"rep": "1"}),
    ("/commands/give_set", {"lifter": "Ann", "session": "{session}", "rep": "99"}),
    ("/lifters/{lifter}/name", {"name": ""}),
    ("/lifters/{lifter}/merge", {"into": "Ann"}),
    ("/lifters/{lifter}/delete", {"name": "Bob"}),
    ("/data/retention", {"months": "many"}),
    ("/data/restore", {}),
    ("/data/tokens", {"name": ""}),
    ("/data/tokens/nothing/revoke", {}),
)


@pytest.fixture
def keys(database: Path, session_id: str) -> dict[str, str]:
    """Ann's session, its reps unjudged for reasons that this program gives."""
    connection = sqlite3.connect(database)
    with connection:
        for verdict, reason in (("not_measured", Reason.HOLES), ("partial", Reason.TOO_SHALLOW)):
            connection.execute("UPDATE reps SET reason = ? WHERE verdict = ?", (reason, verdict))
    connection.close()
    with reading(database) as found:
        lifter = found.execute("SELECT id FROM lifters").fetchone()[0]
        first, second = (row[0] for row in found.execute("SELECT id FROM sets ORDER BY number"))
        rep = found.execute("SELECT id FROM reps WHERE rep_index = 1").fetchone()[0]
    return {"session": session_id, "lifter": lifter, "first": first, "second": second, "rep": rep}


@pytest.fixture
def foreign(database: Path, keys: dict[str, str]) -> None:
    """Before the application is made: the unit speaks the pseudo language."""
    speak_pseudo(database.parent)


@pytest.fixture
def squatting(unit: Unit) -> LiveState:
    """A state that gives every part of the live pages something to say."""
    reason = Reason.IN_FRONT_LEFT
    unit.state = make_state(
        placement=replace(make_far_placement(), moves=MOVES),
        last_rep=make_summary(verdict="not_measured", reason=reason, wink_deg=None, loaded=False),
        health=make_health(),
        set_verdicts=("clean", "not_measured"),
        loaded=None,
        muted=True,
        signs_out_s=20.0,
        rest_s=95.0,
        store="The disk with x failed or is full (5 s); check its free space and health.",
    )
    return unit.state


def told(app: Flask, state: LiveState) -> None:
    """Waits until the page knows the state."""
    until = time.monotonic() + 10
    while app.extensions[HUB].newest().state != state:
        assert time.monotonic() < until, "the page never heard of the state"
        time.sleep(0.01)


def bare_english(address: str, html: str) -> list[str]:
    assert f'<html lang="{CODE}">' in html, address
    return [f"{address}: {text}" for text in bare(texts_of(html), DATA)]


def test_no_page_has_a_text_that_is_not_in_the_catalogue(
    foreign: None, coach: FlaskClient, squatting: LiveState, keys: dict[str, str]
) -> None:
    told(coach.application, squatting)
    found: list[str] = []
    for page in (*PAGES, *MORE):
        address = page.format(**keys)
        found += bare_english(address, coach.get(address).text)
    assert not found, "\n".join(dict.fromkeys(found))


def test_no_refusal_is_in_english_alone(
    foreign: None, coach: FlaskClient, squatting: LiveState, keys: dict[str, str]
) -> None:
    told(coach.application, squatting)
    found: list[str] = []
    for page, form in REFUSED:
        address = page.format(**keys)
        answer = coach.post(address, data=form, headers=HERE)
        if answer.status_code == 303:
            answer = coach.get(answer.headers["Location"])
            assert 'role="alert"' in answer.text, address
        else:
            assert answer.status_code >= 400, address
        found += bare_english(f"{address} {form}", answer.text)
    assert not found, "\n".join(dict.fromkeys(found))


DONE = (
    ("/sessions/{session}/note", {"text": "x"}),
    ("/sets/{first}/notes", {"text": "x"}),
    ("/reps/{rep}/strike-out", {}),
    ("/reps/{rep}/strike-out", {}),
    ("/reps/{rep}/bring-back", {"set": ""}),
    ("/reps/{rep}/bring-back", {}),
)


def test_what_was_done_is_not_told_in_english_alone(
    foreign: None, coach: FlaskClient, keys: dict[str, str]
) -> None:
    found: list[str] = []
    for page, form in DONE:
        answer = coach.post(page.format(**keys), data=form, headers=HERE)
        shown = coach.get(answer.headers["Location"].partition("#")[0]).text
        assert 'id="saved"' in shown
        found += bare_english(f"{page} {form}", shown)
    assert not found, "\n".join(dict.fromkeys(found))


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt install chromium)")
def test_no_script_says_anything_that_is_not_in_the_catalogue(
    foreign: None,
    coach: FlaskClient,
    serve_unit: Serve,
    squatting: LiveState,
    keys: dict[str, str],
) -> None:
    cookie = coach.get_cookie("racklight")
    assert cookie is not None
    found: list[str] = []
    with serve_unit() as address, Browser() as browser:
        browser.run_first(_CATCH)
        browser.set_cookie(address, "racklight", cookie.value)
        for page, ready in LIVE.items():
            browser.open(address + page.format(**keys), 1440, 900)
            browser.wait_for(ready)
            drawn = browser.evaluate("window.drawn")
            assert drawn or page == "/placement"
            found += [f"{page}: {text}" for text in bare(drawn, DATA)]
            found += bare_english(page, browser.evaluate(_READ))
        browser.evaluate("document.querySelector('.replay-controls button').click()")
        assert bare([browser.evaluate("document.querySelector('output').textContent")], DATA) == []
    assert not found, "\n".join(dict.fromkeys(found))
