"""Two windows on one set or session: what one saved is not silently replaced by the other."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from device.store import Store
from tests.factories import make_rep
from tests.rows import rows

HERE = {"Origin": "http://localhost"}


def stamps(text: str) -> dict[str, str]:
    """What each form of a page was shown with, by its address."""
    forms = re.findall(r'<form method="post" action="([^"?]+)[^"]*">(.*?)</form>', text, re.S)
    found = {}
    for address, inside in forms:
        shown = re.search(r'name="shown" value="(\w+)"', inside)
        if shown:
            found[address] = shown[1]
    return found


def send(page: FlaskClient, address: str, **form: str) -> TestResponse:
    return page.post(address, data=form, headers=HERE)


@pytest.fixture
def set_form(database: Path, session_id: str) -> str:
    key = rows(database, "SELECT id FROM sets WHERE number = 1")[0][0]
    return f"/sets/{key}/notes"


def test_what_another_window_saved_on_the_set_stays_and_is_shown(
    coach: FlaskClient, database: Path, session_id: str, set_form: str
) -> None:
    shown = stamps(coach.get(f"/sessions/{session_id}").text)[set_form]
    first = {"kg": "70", "exercise": "goblet", "tags": "belt, heels raised", "text": "good <b>"}
    assert send(coach, set_form, shown=shown, **first, pain="no").status_code == 303

    second = {"kg": "75", "exercise": "", "tags": "tired", "text": "late"}
    answer = send(coach, set_form, shown=shown, **second)
    assert answer.status_code == 409
    page = html.unescape(answer.text)
    assert "Something else was saved here" in page
    (now,) = re.findall(r"There now:.*?</dl>", page, re.S)
    told = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", now)
    assert dict(told) == {
        "Load": "70 kg",
        "Squat": "Goblet squat",
        "Note": "good <b>",
        "Tags": "belt, heels raised",
        "Did it hurt?": "No",
    }
    assert "good &lt;b&gt;" in answer.text
    assert 'name="kg" inputmode="decimal" autocomplete="off" value="75"' in page
    assert 'value="tired"' in page
    assert ">late</textarea>" in page
    assert rows(database, "SELECT text FROM set_notes") == [("good <b>",)]
    assert rows(database, "SELECT tag FROM set_tags ORDER BY tag") == [("belt",), ("heels raised",)]
    assert rows(database, "SELECT DISTINCT load_kg FROM reps WHERE rep_index < 3") == [(70.0,)]

    # whoever has seen both may save
    again = send(coach, set_form, shown=stamps(answer.text)[set_form], **second)
    assert again.status_code == 303
    assert rows(database, "SELECT text FROM set_notes") == [("late",)]


def test_a_form_refused_for_another_reason_still_knows_what_it_was_shown_with(
    coach: FlaskClient, database: Path, session_id: str, set_form: str
) -> None:
    shown = stamps(coach.get(f"/sessions/{session_id}").text)[set_form]
    assert send(coach, set_form, shown=shown, kg="70", text="first").status_code == 303
    refused = send(coach, set_form, shown=shown, kg="sixty", text="second")
    assert refused.status_code == 400
    assert stamps(refused.text)[set_form] == shown
    mended = send(coach, set_form, shown=stamps(refused.text)[set_form], kg="60", text="second")
    assert mended.status_code == 409
    assert rows(database, "SELECT text FROM set_notes") == [("first",)]


def test_to_press_save_twice_is_no_conflict(
    coach: FlaskClient, session_id: str, set_form: str
) -> None:
    shown = stamps(coach.get(f"/sessions/{session_id}").text)
    forms = {
        set_form: {"kg": "70", "tags": "Belt", "text": "a\r\nb", "pain": "yes"},
        f"/sessions/{session_id}/note": {"text": "slept badly"},
        f"/sessions/{session_id}/lifter": {"lifter": ""},
    }
    for address, form in forms.items():
        for _ in range(2):
            answer = send(coach, address, shown=shown[address], **form)
            assert answer.status_code == 303, address


def test_the_session_s_note_and_lifter_are_not_silently_replaced(
    coach: FlaskClient, database: Path, session_id: str
) -> None:
    with Store.open(database, "rack") as store:
        store.lifter("Bo")
    own = f"/sessions/{session_id}"
    shown = stamps(coach.get(own).text)
    assert send(coach, f"{own}/note", shown=shown[f"{own}/note"], text="mine").status_code == 303
    answer = send(coach, f"{own}/note", shown=shown[f"{own}/note"], text="yours")
    assert answer.status_code == 409
    assert "<dt>Note</dt><dd>mine</dd>" in answer.text
    assert ">yours</textarea>" in answer.text
    assert rows(database, "SELECT text FROM session_notes") == [("mine",)]

    whose = shown[f"{own}/lifter"]
    assert send(coach, f"{own}/lifter", shown=whose, lifter="Bo").status_code == 303
    answer = send(coach, f"{own}/lifter", shown=whose, lifter="")
    assert answer.status_code == 409
    assert "<dt>Lifter</dt><dd>Bo</dd>" in answer.text
    assert rows(database, "SELECT name FROM sessions JOIN lifters ON lifters.id = lifter_id") == [
        ("Bo",)
    ]


def test_what_was_saved_in_one_form_does_not_hold_up_another(
    coach: FlaskClient, session_id: str, set_form: str
) -> None:
    shown = stamps(coach.get(f"/sessions/{session_id}").text)
    assert send(coach, set_form, shown=shown[set_form], kg="70").status_code == 303
    other = next(one for one in shown if one.startswith("/sets/") and one != set_form)
    assert send(coach, other, shown=shown[other], kg="80").status_code == 303


def test_an_odd_load_is_not_rounded_by_saving_a_tag(coach: FlaskClient, database: Path) -> None:
    with Store.open(database, "rack") as store:
        session = store.start_session(store.lifter("Ann").id)
        store.add_rep(session, make_rep(1, 1, load_kg=61.235))
    key = rows(database, "SELECT id FROM sets")[0][0]
    page = coach.get(f"/sessions/{session}").text
    kept = re.search(r'name="kg"[^>]* value="([\d.]+)"', page)
    assert kept
    shown = stamps(page)[f"/sets/{key}/notes"]
    send(coach, f"/sets/{key}/notes", shown=shown, kg=kept[1], tags="belt")
    assert rows(database, "SELECT load_kg FROM reps") == [(61.235,)]
