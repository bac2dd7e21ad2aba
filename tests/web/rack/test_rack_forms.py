"""What a tap at the rack asks of the unit, and what the rack says where that can't be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from device.commands import RedoRep, SetExercise, SetLoad, ToggleMute, ToggleSet
from device.records import Exercise, LiveState
from tests.factories import make_state
from tests.web.conftest import HERE, Unit

Heard = Callable[[LiveState], None]
AT_THE_RACK = '<body class="rack">'


@pytest.mark.parametrize(
    ("name", "form", "command"),
    [
        ("set_load", {"kg": "102,5", "unit": "kg"}, SetLoad(102.5, "kg")),
        ("set_load", {"kg": "225", "unit": "lb"}, SetLoad(225 * 0.45359237, "lb")),
        ("set_load", {"kg": "", "unit": "lb"}, SetLoad(None, "lb")),
        ("set_exercise", {"exercise": "goblet"}, SetExercise(Exercise.GOBLET)),
        ("set_exercise", {}, SetExercise(None)),
        ("redo_rep", {}, RedoRep()),
        ("toggle_set", {}, ToggleSet()),
        ("toggle_mute", {}, ToggleMute()),
    ],
)
def test_a_tap_reaches_the_unit_and_comes_back_to_the_rack(
    page: FlaskClient,
    unit: Unit,
    heard: Heard,
    name: str,
    form: dict[str, str],
    command: object,
) -> None:
    heard(make_state())
    answer = page.post(f"/commands/{name}", data={**form, "back": "/rack"}, headers=HERE)
    assert (answer.status_code, answer.location) == (303, "/rack")
    assert unit.wait_asked(command) == [command]


@pytest.mark.parametrize(
    ("name", "form", "said"),
    [
        ("set_load", {"kg": "heavy", "unit": "lb"}, "type pounds"),
        ("set_load", {"kg": "100", "unit": "stone"}, "kg or lb"),
        ("set_load", {"kg": "1200", "unit": "lb"}, "0 to 1100 lb"),
        ("set_exercise", {"exercise": "bench"}, "no exercise"),
        ("give_set", {"lifter": ""}, "1 to 40 letters"),
    ],
)
def test_what_cannot_be_is_told(
    page: FlaskClient, name: str, form: dict[str, str], said: str
) -> None:
    answer = page.post(f"/commands/{name}", data=form, headers=HERE)
    assert answer.status_code == 400
    assert said in answer.text


@pytest.mark.parametrize("units", ["kg", "lb"])
def test_on_now_too_a_weight_is_typed_in_the_units_chosen(coach: FlaskClient, units: str) -> None:
    coach.post("/settings", data={"page/units": units}, headers=HERE)
    form = coach.get("/").text.split('action="/commands/set_load"')[1].split("</form>")[0]
    assert f'name="unit" value="{units}"' in form
    assert f'placeholder="{units}"' in form


def test_nobody_is_sent_to_another_site_afterwards(page: FlaskClient, heard: Heard) -> None:
    heard(make_state())
    for back in ("//elsewhere.example", "https://elsewhere.example/", "javascript:alert(1)"):
        answer = page.post("/commands/redo_rep", data={"back": back}, headers=HERE)
        assert answer.location == "/"


def test_a_refused_load_stands_in_the_racks_own_form(page: FlaskClient, heard: Heard) -> None:
    heard(make_state(load_kg=60.0))
    for typed, said in (("heavy", "is not a weight"), ("9999 kg", "weight"), ("9999", "0 to 500")):
        form = {"kg": typed, "unit": "kg", "bar": "15", "back": "/rack"}
        answer = page.post("/commands/set_load", data=form, headers=HERE)
        assert answer.status_code == 400
        assert AT_THE_RACK in answer.text
        before, after = answer.text.split('<input id="kg"')
        assert said in before.split('role="alert"')[1].split("</p>")[0]
        assert f'value="{typed}"' in after.split(">")[0]
        assert '<input type="hidden" name="bar" value="15">' in answer.text  # as it was chosen
        assert '<nav class="pages"' not in answer.text


def test_the_address_of_a_refused_form_leads_back_to_it(page: FlaskClient) -> None:
    assert page.get("/commands/set_load").location == "/rack/load"
    assert page.get("/commands/undo_rep").location == "/rack"


def test_a_load_refused_on_the_live_page_stays_there(page: FlaskClient, heard: Heard) -> None:
    heard(make_state())
    html = page.post("/commands/set_load", data={"kg": "heavy"}, headers=HERE).text
    assert AT_THE_RACK not in html
    assert "is not a weight" in html.split('class="panel controls"')[1]
    assert 'value="heavy"' in html
    assert "http-equiv" not in html  # renewing it would ask for a page that is not there


@pytest.mark.parametrize("command", ["undo_rep", "toggle_set", "take_neutral"])
def test_a_tap_the_unit_does_not_hear_is_told_on_the_rack_screen(
    page: FlaskClient, command: str
) -> None:
    answer = page.post(f"/commands/{command}", data={"back": "/rack"}, headers=HERE)
    assert answer.status_code == 503
    assert AT_THE_RACK in answer.text
    assert "not running" in answer.text.split('role="alert"')[1].split("</p>")[0]
    assert 'content="5;url=/rack"' in answer.text  # back to the screen itself without JavaScript


def test_a_load_that_does_not_arrive_is_still_in_its_form(page: FlaskClient) -> None:
    form = {"kg": "62,5", "unit": "kg", "back": "/rack"}
    answer = page.post("/commands/set_load", data=form, headers=HERE)
    assert answer.status_code == 503
    assert 'value="62,5"' in answer.text


def test_a_tapped_squat_is_shown_at_once_and_keeps_the_plates(
    page: FlaskClient, unit: Unit, heard: Heard
) -> None:
    heard(make_state(exercise="back_squat", load_kg=None))
    html = page.get("/rack/load?amount=100&unit=kg&bar=15").text
    form = html.split('action="/commands/set_exercise"')[1].split("</form>")[0]
    back = form.split('name="back" value="')[1].split('"')[0].replace("&amp;", "&")
    asked = {"exercise": "front_squat", "back": back}
    answer = page.post("/commands/set_exercise", data=asked, headers=HERE)
    after = page.get(answer.location).text  # before the unit tells of it
    assert 'value="front_squat" aria-pressed="true"' in after
    assert 'value="back_squat" aria-pressed="false"' in after
    assert after.split('<input id="kg"')[1].split(">")[0].endswith('value="100"')
    assert '<input type="hidden" name="bar" value="15">' in after


def test_a_tapped_goblet_has_no_bar_at_once(page: FlaskClient, unit: Unit, heard: Heard) -> None:
    heard(make_state(exercise="back_squat", load_kg=24.0))
    asked = {"exercise": "goblet", "back": "/rack/load"}
    answer = page.post("/commands/set_exercise", data=asked, headers=HERE)
    assert "Held by hand" in page.get(answer.location).text
    assert "Held by hand" not in page.get("/rack/load?exercise=curl").text
