"""The rack screen: what a lifter reads from afar, and what a tap asks of the unit."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from device.records import LiveState
from tests.factories import make_state, make_summary
from web.app import HUB
from web.rack.view import UNSURE, rack_view

Heard = Callable[[LiveState], None]
HERE = {"Origin": "http://localhost"}


def text_of(page: FlaskClient, address: str) -> str:
    answer = page.get(address)
    assert answer.status_code == 200
    return answer.text


def greyed(html: str, name: str) -> bool:
    """Whether a button of the bottom row is there but can't be tapped."""
    return "<button disabled" in html.split(f'id="ask-{name}"')[1].split("</form>", maxsplit=1)[0]


def shown(html: str, path: str) -> str:
    found = re.search(rf'data-text="{re.escape(path)}">([^<]*)<', html)
    assert found, path
    return found.group(1)


def test_the_screen_says_who_what_and_how_often(page: FlaskClient, heard: Heard) -> None:
    heard(make_state(exercise="heels_raised", set_verdicts=("clean", "clean", "wink"), rest_s=95.4))
    html = text_of(page, "/rack")
    assert shown(html, "rack.lifter") == "Ann"
    assert shown(html, "rack.load") == "100 kg"
    assert shown(html, "rack.exercise") == "Heels raised"
    assert shown(html, "rack.reps") == "3"
    assert shown(html, "rack.rest") == "1:35"
    assert shown(html, "rack.rep_headline") == "Wink 11°"
    assert shown(html, "rack.rep_line") == "Started 4 cm above parallel"


@pytest.mark.parametrize(
    ("light", "shape"),
    [("red", "wink"), ("green", "clean"), ("amber", "not_measured"), ("off", "off")],
)
def test_each_light_is_a_colour_and_a_shape(
    page: FlaskClient, heard: Heard, light: str, shape: str
) -> None:
    heard(make_state(light=light))
    html = text_of(page, "/rack")
    assert f'data-light="{light}"' in html
    assert f'id="lamp" href="#mark-{shape}"' in html


def test_reps_the_unit_is_unsure_of_are_marked_as_such_and_drawn_faint(
    page: FlaskClient, heard: Heard
) -> None:
    unsure = make_summary(verdict="not_measured", wink_deg=12.0, reason="holes in the picture")
    heard(make_state(last_rep=unsure, set_verdicts=("clean", "partial", "not_measured")))
    html = text_of(page, "/rack")
    assert 'data-verdict="not_measured"' in html
    assert shown(html, "rack.rep_headline") == "Not measured"  # never the number it doubts
    assert shown(html, "rack.rep_line") == "Holes in the picture."
    marks = re.findall(r'class="mark (\w+)"', html.split('id="set-marks"')[1])
    assert marks == ["clean", "partial", "not_measured"]
    style = page.get("/static/rack.css").text
    for verdict in UNSURE:
        assert re.search(rf"\.set-marks :is\([^)]*\.{verdict}\b[^)]*\) {{ opacity: 0", style)


def test_a_load_typed_in_pounds_is_shown_in_pounds(page: FlaskClient, heard: Heard) -> None:
    load = 225 * 0.45359237
    rep = make_summary(load_kg=load, load_unit="lb")
    heard(make_state(load_kg=load, load_unit="lb", last_rep=rep))
    assert shown(text_of(page, "/rack"), "rack.load") == "225 lb"
    assert shown(text_of(page, "/"), "load").startswith("225 lb · ")


@pytest.mark.parametrize("next_set_begun", [False, True])
def test_a_set_lifted_with_something_else_than_what_comes_next_says_both(
    page: FlaskClient, heard: Heard, next_set_begun: bool
) -> None:
    load, squat = (62.5, "heels_raised") if next_set_begun else (135 * 0.45359237, None)
    rep = make_summary(load_kg=load, load_unit="kg" if next_set_begun else "lb", exercise=squat)
    heard(make_state(load_kg=62.5, exercise="heels_raised", last_rep=rep))
    html = text_of(page, "/rack")
    assert shown(html, "rack.load") == "62.5 kg"
    assert shown(html, "rack.exercise") == "Heels raised"
    own = [shown(html, f"rack.{name}") for name in ("next", "set_load", "set_exercise")]
    now = text_of(page, "/")
    told = (shown(now, "place"), shown(now, "load").split(" · ")[0])
    if next_set_begun:
        assert own == ["", "", ""]
        assert told == ("Set 2 · 3 reps", "62.5 kg")
    else:
        assert own == ["next set", "135 lb", "no squat chosen"]
        assert told == ("Set 2 · 3 reps · 135 lb", "next: 62.5 kg")


def test_without_lifter_load_and_reps_it_says_what_to_do(page: FlaskClient, heard: Heard) -> None:
    heard(
        make_state(
            lifter=None, load_kg=None, last_rep=None, set=None, reps_in_set=0, phase="standing",
            neutral_source="waiting", signs_out_s=41.6, undone=2,
        )
    )  # fmt: skip
    html = text_of(page, "/rack")
    assert shown(html, "rack.lifter") == "Who lifts?"
    assert shown(html, "rack.load") == "Which load?"
    assert shown(html, "rack.exercise") == "Which squat?"
    assert shown(html, "rack.prompt") == "Stand relaxed for two seconds."
    assert "ends the visit in 42 s" in shown(html, "rack.signs_out")
    assert "No reps yet" in shown(html, "rack.rep_line")
    assert 'id="ask-sign_out" hidden' in html
    assert shown(html, "rack.redo_button") == "Bring back rep 2"
    assert greyed(html, "redo_rep") is False
    assert greyed(html, "undo_rep") is True
    assert greyed(html, "give") is True


def test_no_button_of_the_row_moves_when_a_rep_is_taken_back(
    page: FlaskClient, heard: Heard
) -> None:
    rows = []
    for number, undone in ((1, None), (2, 3)):
        heard(make_state(number=number, undone=undone))
        html = text_of(page, "/rack")
        rows.append(re.findall(r'id="(ask-\w+)"(?! hidden)', html))
        assert greyed(html, "redo_rep") is (undone is None)
    assert rows[0] == rows[1]
    assert "ask-redo_rep" in rows[0]


@pytest.mark.parametrize(
    ("changes", "rest"),
    [
        ({"rest_s": 5.0}, ""),  # between two reps
        ({"rest_s": 20.0}, "0:20"),
        ({"rest_s": 5.0, "set": None}, "0:05"),
        ({"rest_s": 50.0, "set_running": True}, ""),
    ],
)
def test_rest_is_told_after_the_set_only(
    page: FlaskClient, heard: Heard, changes: dict[str, Any], rest: str
) -> None:
    heard(make_state(phase="standing", **changes))
    assert shown(text_of(page, "/rack"), "rack.rest") == rest


def test_in_the_middle_of_a_set_nobody_is_asked_for_a_neutral(
    page: FlaskClient, heard: Heard
) -> None:
    standing = make_state(phase="standing", neutral_source=None, set_verdicts=("clean",))
    heard(standing)
    assert shown(text_of(page, "/rack"), "rack.prompt") == ""
    heard(replace(standing, number=2, set_verdicts=()))
    asked = "Stand relaxed for two seconds before the first rep."
    assert shown(text_of(page, "/rack"), "rack.prompt") == asked


def test_buttons_say_what_they_will_do(page: FlaskClient, heard: Heard) -> None:
    heard(make_state())
    html = text_of(page, "/rack")
    assert (shown(html, "rack.set_button"), shown(html, "rack.mute_button")) == (
        "Start a set by hand",
        "Mute",
    )
    heard(make_state(number=2, set_running=True, muted=True))
    html = text_of(page, "/rack")
    assert (shown(html, "rack.set_button"), shown(html, "rack.mute_button")) == (
        "End set",
        "Sound on",
    )


def test_a_set_started_by_hand_says_how_long_it_lasts(page: FlaskClient, heard: Heard) -> None:
    heard(make_state(phase="standing", set_running=True))
    html = text_of(page, "/rack")
    assert shown(html, "rack.prompt").startswith("This set lasts until you end it")
    assert 'data-set="runs"' in html


def test_before_its_first_rep_a_set_by_hand_is_a_new_one(page: FlaskClient, heard: Heard) -> None:
    heard(make_state(set=None, reps_in_set=0, set_verdicts=(), set_running=True))
    html = text_of(page, "/rack")
    assert shown(html, "rack.set") == "New set"
    assert shown(html, "rack.undo_button") == "Undo rep"  # of the set before


def test_what_was_given_away_is_named(page: FlaskClient, heard: Heard) -> None:
    heard(make_state())
    assert "What was set 5 is Mai’s now." in text_of(page, "/rack?given=Mai&set=5")
    assert "The set is Mai’s now." in text_of(page, "/rack?given=Mai&set=x")


def test_a_unit_that_is_not_there_leaves_a_page_that_says_so(page: FlaskClient) -> None:
    html = text_of(page, "/rack")
    assert "No unit" in html
    assert 'data-connected="no"' in html


def test_the_stream_tells_what_the_screen_shows(app: Flask, heard: Heard) -> None:
    heard(make_state(exercise="goblet", set_verdicts=("clean",)))
    told = rack_view(app.extensions[HUB].newest())
    assert told["light"] == "off"
    assert told["rack"]["exercise"] == "Goblet squat"
    assert told["rack"]["marks"] == ("clean",)


# ---------------------------------------------------------------- load


def test_the_load_page_draws_plates_and_offers_more(page: FlaskClient, heard: Heard) -> None:
    heard(make_state(load_kg=142.5, exercise="back_squat"))
    html = text_of(page, "/rack/load")
    assert 'value="142.5"' in html
    assert html.count('class="plate ') == 8
    assert "amount=192.5&amp;unit=kg&amp;bar=20" in html  # another pair of 25
    assert "amount=140&amp;unit=kg&amp;bar=20" in html  # the last pair off
    assert "unit=lb" in html
    assert 'value="back_squat" aria-pressed="true"' in html


def test_a_goblet_has_no_bar(page: FlaskClient, heard: Heard) -> None:
    heard(make_state(load_kg=24.0, exercise="goblet"))
    html = text_of(page, "/rack/load?bar=20")
    assert "Held by hand" in html
    assert 'class="plate ' not in html
    assert "amount=28&amp;unit=kg&amp;bar=0" in html


def test_less_than_the_bare_bar_is_not_offered(page: FlaskClient) -> None:
    html = text_of(page, "/rack/load?amount=20&unit=kg&bar=20")
    less = html.split('class="plates less"')[1].split("</nav>")[0]
    assert re.search(r'class="button off" role="link" aria-disabled="true">[-−]2.5<', less)


@pytest.mark.parametrize(
    "asked",
    ["amount=nan", "amount=1e999", "amount=-5", "unit=stone", "bar=7", "bar=nan", "amount=x&bar=y"],
)
def test_odd_addresses_give_a_load_page_too(page: FlaskClient, asked: str) -> None:
    html = text_of(page, f"/rack/load?{asked}")
    value = re.search(r'id="kg"[^>]* value="([\d.]+)"', html)
    assert value
    assert 0 <= float(value.group(1)) <= 500


@pytest.mark.parametrize("address", ["/rack", "/rack/who", "/rack/load"])
def test_a_guest_may_and_nothing_is_inline(guest: FlaskClient, address: str) -> None:
    html = text_of(guest, address)
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", html)
    assert not re.search(r'(?:src|href|action)="(?!/|#)', html)
