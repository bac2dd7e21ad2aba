"""Every page, with and without a unit, a database, and good manners of the visitor."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from device.commands import LightTest, SetLoad, SignIn, SignOut, TakeNeutral, ToggleMute, UndoRep
from device.records import LiveState
from device.store import Store
from tests.factories import make_rep, make_state, make_summary
from tests.web.conftest import Unit
from web.charts import rep_chart, scale_for
from web.coach.search import PAGE_SESSIONS
from web.queries import session

Heard = Callable[[LiveState], None]
HERE = {"Origin": "http://localhost"}


def text_of(page: FlaskClient, address: str, status: int = 200) -> str:
    answer = page.get(address)
    assert answer.status_code == status
    return answer.text


# ---------------------------------------------------------------- now


def test_now_shows_light_lifter_and_last_rep(page: FlaskClient, heard: Heard) -> None:
    heard(make_state(light="red", phase="bottom"))
    html = text_of(page, "/")
    assert 'data-light="red"' in html
    assert 'id="lamp" href="#mark-wink"' in html
    assert "Ann" in html
    assert "Set 2 · 3 reps" in html
    assert "100 kg · bar on the lifter" in html
    assert "Your pelvis tucked 11 degrees, starting 4 cm above parallel." in html
    assert "11 ± 2°" in html


@pytest.mark.parametrize(
    ("light", "shape"), [("green", "clean"), ("amber", "not_measured"), ("off", "off")]
)
def test_each_light_has_its_own_shape(
    page: FlaskClient, heard: Heard, light: str, shape: str
) -> None:
    heard(make_state(light=light))
    assert f'id="lamp" href="#mark-{shape}"' in text_of(page, "/")


def test_now_never_shows_the_unknown_as_zero(page: FlaskClient, heard: Heard) -> None:
    heard(
        make_state(
            wink_deg=None,
            anterior_pelvic_tilt_deg=None,
            hip_drop=None,
            loaded=None,
            load_kg=None,
            last_rep=make_summary(
                verdict="not_measured", wink_deg=None, wink_sd_deg=None, reason="too far away"
            ),
        )
    )
    html = text_of(page, "/")
    assert "no weight entered · not clear whether a bar is held" in html
    assert "Too far away." in html
    assert len(re.findall(r'data-text="(?:tilt|wink|depth|last_rep.wink)">–<', html)) == 4
    assert "0°" not in html.replace("10°", "")


def test_now_shows_no_number_for_a_rep_that_was_not_measured(
    page: FlaskClient, heard: Heard
) -> None:
    unsure = make_summary(verdict="not_measured", wink_deg=17.0, wink_sd_deg=14.0, reason="holes")
    heard(make_state(last_rep=unsure))
    html = text_of(page, "/")
    assert 'data-text="last_rep.wink">–<' in html
    assert "17 ± 14" not in html


def test_a_rep_has_the_number_within_its_set_on_now_and_on_the_rack(
    page: FlaskClient, heard: Heard
) -> None:
    verdicts = ("clean", "clean", "wink")
    heard(make_state(last_rep=make_summary(index=126, set=2, number=3), set_verdicts=verdicts))
    assert "Set 2, rep 3" in text_of(page, "/")
    rack = text_of(page, "/rack")
    assert "Rep 3" in rack
    seen = re.sub(r"<[^>]*>", " ", rack)  # a form may carry the stored number, people don't see it
    assert "126" not in seen


def test_between_two_sets_now_does_not_say_that_there_was_none(
    page: FlaskClient, heard: Heard
) -> None:
    heard(make_state(set=None))
    html = text_of(page, "/")
    assert "Between two sets" in html
    assert "No set yet" not in html


def test_what_was_entered_and_what_is_seen_are_told_apart(page: FlaskClient, heard: Heard) -> None:
    heard(make_state(load_kg=None, loaded=True))
    assert "no weight entered · bar on the lifter" in text_of(page, "/")


def test_the_lifter_leaves_by_a_button_that_is_not_the_coachs_sign_out(
    page: FlaskClient, heard: Heard
) -> None:
    heard(make_state())
    form = text_of(page, "/").split('action="/commands/sign_out"')[1].split("</form>")[0]
    assert "Lifter leaves" in form


def test_before_the_first_rep_now_says_what_to_do(page: FlaskClient, heard: Heard) -> None:
    heard(make_state(last_rep=None, lifter=None, set=None, phase="away"))
    html = text_of(page, "/")
    assert "No reps yet. Stand with your back to the unit and squat." in html
    assert "Nobody signed in" in html


def test_now_says_what_the_button_did(page: FlaskClient, heard: Heard) -> None:
    heard(make_state(set=None, set_running=True))
    html = text_of(page, "/")
    assert "Set started" in html
    assert "buzzer muted" not in html
    heard(make_state(number=2, muted=True))
    assert "Set 2 · 3 reps · buzzer muted" in text_of(page, "/")


def test_trouble_is_told_in_its_own_words(page: FlaskClient, heard: Heard) -> None:
    heard(make_state(camera="The camera is gone; plug it in.", store="The disk is full."))
    html = text_of(page, "/")
    assert "The camera is gone; plug it in." in html
    assert "The disk is full." in html


def test_a_unit_that_is_not_there_goes_and_comes(
    app: Flask, page: FlaskClient, tmp_path: Path
) -> None:
    assert "No unit" in text_of(page, "/")
    for _ in range(2):
        unit = Unit(tmp_path / "live.sock")
        unit.start()
        wait_for(lambda: 'data-connected="yes"' in text_of(page, "/"))
        unit.stop()
        wait_for(lambda: 'data-connected="no"' in text_of(page, "/"))


def wait_for(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 5
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


# ---------------------------------------------------------------- history


def test_sessions_lists_what_was_done(page: FlaskClient, session_id: str) -> None:
    html = text_of(page, "/sessions")
    assert f"/sessions/{session_id}" in html
    assert "Ann" in html
    counts = re.findall(r"<b>(\d+)</b>(\w+)", html)
    assert counts == [("2", "sets"), ("4", "reps"), ("1", "wink")]
    assert html.count("<use href") - len(re.findall(r'class="key".*', html, re.S)) >= 4


def test_a_session_shows_each_rep_with_its_curve(page: FlaskClient, session_id: str) -> None:
    html = text_of(page, f"/sessions/{session_id}?curves=time")
    assert html.count('class="curve"') == 4
    assert html.count('<rect class="gap" x=') == 1  # the hidden rep
    assert "14 ± 2°" in html
    assert "The pelvis tucked 14 degrees, starting 4 cm above parallel." in html
    assert "Not measured. The pelvis was hidden for 1.2 s." in html
    assert "Partial. The knees bent 52 degrees only." in html
    assert "no bar seen" in html
    assert not re.search("33( ±|°| degrees)", html)  # the undone rep


def test_curves_share_one_scale_and_leave_gaps_open(database: Path, session_id: str) -> None:
    found = session(database, session_id)
    assert found is not None
    reps = found[1]
    scale = scale_for(reps)
    charts = [rep_chart(rep, scale) for rep in reps]
    assert all(chart is not None for chart in charts)
    first, hidden, wink, _ = [chart for chart in charts if chart]
    assert first.neutral_y == wink.neutral_y
    assert first.tilt.count("M") == 1
    assert hidden.tilt.count("M") == 2
    assert hidden.gaps
    assert first.bottom_x == pytest.approx(120, abs=1)
    for chart in (first, hidden, wink):
        heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", chart.tilt + chart.wink)]
        assert all(9 <= height <= 141 for height in heights)


def test_a_damaged_trace_costs_its_curve_only(
    page: FlaskClient, database: Path, session_id: str
) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE traces SET data = x'01ff'")
    html = text_of(page, f"/sessions/{session_id}")
    assert html.count("No curve was kept.") == 4
    assert "14 ± 2°" in html


def test_a_rep_is_on_the_page_as_soon_as_it_is_stored(page: FlaskClient, database: Path) -> None:
    with Store.open(database, "rack") as store:
        assert "No sessions yet." in text_of(page, "/sessions")
        visit = store.start_session(None)
        assert "No reps yet" in text_of(page, f"/sessions/{visit}")
        store.add_rep(visit, make_rep())
        assert "Not signed in" in text_of(page, f"/sessions/{visit}")
        assert "6 ± 2°" in text_of(page, f"/sessions/{visit}")


def test_many_sessions_come_in_pages(page: FlaskClient, database: Path) -> None:
    with Store.open(database, "rack") as store:
        for _ in range(PAGE_SESSIONS + 3):
            store.add_rep(store.start_session(None), make_rep())
    first, second = text_of(page, "/sessions"), text_of(page, "/sessions?page=2")
    assert first.count("<li>") == PAGE_SESSIONS
    assert second.count("<li>") == 3
    assert "Older" in first
    assert "Older" not in second
    for odd in ("0", "-3", "x", "99"):
        text_of(page, f"/sessions?page={odd}")


def test_without_a_database_the_page_says_so(page: FlaskClient, database: Path) -> None:
    assert "There is no database" in text_of(page, "/sessions")
    assert not database.exists()


def test_a_database_of_a_later_version_is_told(
    page: FlaskClient, database: Path, session_id: str
) -> None:
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    for address in ("/sessions", f"/sessions/{session_id}"):
        assert "written by a later version" in text_of(page, address, 503)


def test_a_damaged_database_is_told(page: FlaskClient, database: Path) -> None:
    database.write_bytes(b"nonsense" * 1000)
    assert "damaged" in text_of(page, "/sessions", 503)


def test_unknown_addresses_are_a_page_too(page: FlaskClient, session_id: str) -> None:
    assert "No such session" in text_of(page, "/sessions/' OR 1=1 --", 404)
    assert "No such page" in text_of(page, "/nothing", 404)


def test_what_a_person_typed_is_escaped(page: FlaskClient, database: Path) -> None:
    with Store.open(database, "rack") as store:
        visit = store.start_session(store.lifter("<script>alert(1)</script>").id)
        store.add_rep(visit, make_rep())
    for address in ("/sessions", f"/sessions/{visit}"):
        html = text_of(page, address)
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)" in html


# ---------------------------------------------------------------- headers


@pytest.mark.parametrize(
    "address", ["/", "/sessions", "/health", "/healthz", "/metrics", "/static/page.css", "/nothing"]
)
def test_only_the_unit_itself_may_be_loaded_from(page: FlaskClient, address: str) -> None:
    policy = page.get(address).headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'")
    assert "unsafe" not in policy


def test_nothing_is_inline_and_nothing_from_elsewhere(page: FlaskClient, session_id: str) -> None:
    for address in ("/", "/sessions", f"/sessions/{session_id}", "/health"):
        html = text_of(page, address)
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", html)
        assert not re.search(r'(?:src|href|action)="(?!/|#)', html)


def test_the_first_page_is_light(page: FlaskClient, heard: Heard) -> None:
    heard(make_state())
    html = text_of(page, "/")
    parts = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', html))
    assert {"/static/page.css", "/static/now.js", "/static/canvas.js", "/static/trace.js"} <= parts
    assert len(html) + sum(len(page.get(part).data) for part in parts) < 120_000


# ---------------------------------------------------------------- commands


@pytest.mark.parametrize(
    ("name", "form", "command"),
    [
        ("sign_in", {"lifter": " Ann  B "}, SignIn("Ann B")),
        ("set_load", {"kg": "102,5"}, SetLoad(102.5)),
        ("set_load", {"kg": ""}, SetLoad(None)),
        ("sign_out", {}, SignOut()),
        ("light_test", {}, LightTest()),
        ("take_neutral", {}, TakeNeutral()),
        ("undo_rep", {}, UndoRep()),
    ],
)
def test_a_form_reaches_the_unit(
    page: FlaskClient, unit: Unit, heard: Heard, name: str, form: dict[str, str], command: object
) -> None:
    heard(make_state())
    answer = page.post(f"/commands/{name}", data=form, headers=HERE)
    assert answer.status_code == 303
    assert unit.wait_asked(command) == [command]


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "http://elsewhere.example"}, {"Origin": "null"}]
)
def test_a_form_of_another_site_does_nothing(
    page: FlaskClient, unit: Unit, heard: Heard, headers: dict[str, str]
) -> None:
    heard(make_state())
    assert page.post("/commands/undo_rep", headers=headers).status_code == 403
    heard(make_state(number=2))
    assert unit.asked == []


@pytest.mark.parametrize(
    ("name", "form", "said"),
    [
        ("sign_in", {"lifter": " "}, "1 to 40 letters"),
        ("sign_in", {}, "1 to 40 letters"),
        ("set_load", {"kg": "heavy"}, "is not a weight"),
        ("set_load", {"kg": "nan"}, "0 to 500"),
        ("set_load", {"kg": "9000"}, "0 to 500"),
    ],
)
def test_a_form_filled_in_wrong_is_told(
    page: FlaskClient, name: str, form: dict[str, str], said: str
) -> None:
    answer = page.post(f"/commands/{name}", data=form, headers=HERE)
    assert answer.status_code == 400
    assert said in answer.text


def test_a_command_without_a_unit_is_told(page: FlaskClient) -> None:
    answer = page.post("/commands/light_test", headers=HERE)
    assert answer.status_code == 503
    assert "not running" in answer.text


def test_commands_need_post_and_a_known_name(page: FlaskClient, unit: Unit, heard: Heard) -> None:
    heard(make_state())
    assert page.get("/commands/light_test").location == "/rack"
    page.post("/commands/toggle_mute", headers=HERE)
    assert unit.wait_asked(ToggleMute()) == [ToggleMute()]  # it was asked for nothing before
    assert page.post("/commands/reboot", headers=HERE).status_code == 404
    assert page.post(
        "/commands/sign_in", data={"lifter": "x" * 99_999}, headers=HERE
    ).status_code in (
        400,
        413,
    )
