"""Where pounds were chosen, the history is read and corrected in pounds; kilograms are kept."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from device.chosen import Chosen, chosen_beside
from device.settings import Settings
from device.store import Store
from tests.factories import make_rep
from tests.rows import rows
from tests.web.conftest import HERE
from web import weights

LB = 0.45359237


@pytest.fixture
def pounds(database: Path) -> None:
    Chosen(Settings(), chosen_beside(database)).change({"page/units": "lb"})


@pytest.fixture
def cy(database: Path) -> str:
    """Cy's visit: 135 lb as the rack sends them, a set of 225 and 230 lb, one of 100 kg."""
    with Store.open(database, "rack") as store:
        session = store.start_session(store.lifter("Cy").id)
        for index, (number, kg) in enumerate(
            ((1, 135 * LB), (2, 225 * LB), (2, 230 * LB), (3, 100.0)), 1
        ):
            store.add_rep(session, make_rep(index, number, load_kg=kg, wink_deg=5.0))
    return session


def text_of(page: FlaskClient, address: str) -> str:
    answer = page.get(address)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def seen(text: str) -> str:
    """The words of a page, without its marks and their attributes."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def set_id(database: Path, number: int) -> str:
    return rows(database, f"SELECT id FROM sets WHERE number = {number}")[0][0]


def form_of(page: FlaskClient, session: str, key: str) -> dict[str, str]:
    """What the form of a set sends where nobody typed anything."""
    form = text_of(page, f"/sessions/{session}").split(f'action="/sets/{key}/notes"')[1]
    return {
        name: re.search(rf'name="{name}"[^>]* value="([^"]*)"', form.split("</form>")[0])[1]  # type: ignore[index]
        for name in ("shown", "unit", "kg_before", "kg")
    }


def send(page: FlaskClient, key: str, form: dict[str, str]) -> TestResponse:
    return page.post(f"/sets/{key}/notes", data=form, headers=HERE)


def loads(database: Path, key: str) -> list[float]:
    return [
        kg for (kg,) in rows(database, f"SELECT DISTINCT load_kg FROM reps WHERE set_id = '{key}'")
    ]


@pytest.mark.usefixtures("pounds")
def test_every_page_of_the_history_is_in_pounds_and_none_in_kilograms(
    coach: FlaskClient, database: Path, cy: str
) -> None:
    lifter = rows(database, "SELECT id FROM lifters")[0][0]
    session = seen(text_of(coach, f"/sessions/{cy}"))
    assert "Set 1 135 lb ·" in session
    assert "Set 2 225 lb to 230 lb ·" in session
    assert "Set 3 220.5 lb ·" in session
    assert session.count("Load, lb") == 3
    of_lifter = seen(text_of(coach, f"/lifters/{lifter}"))
    assert "set 1 135 lb" in of_lifter
    compared = seen(text_of(coach, f"/compare?a_set={set_id(database, 1)}"))
    assert "set 2 230 lb, 2 reps" in compared
    sides = f"/compare?unit=lb&a_lifter={lifter}&a_kg_high=135&b_lifter={lifter}&b_kg_low=200"
    both = text_of(coach, sides)
    assert "at most 135 lb" in both and "at least 200 lb" in both
    assert 'name="a_kg_high" inputmode="decimal" maxlength="6" value="135"' in both
    assert "1 rep in 1 set" in seen(both) and "3 reps in 2 sets" in seen(both)
    history, today = seen(text_of(coach, "/sessions")), seen(text_of(coach, "/today"))
    assert "At least, lb" in history
    for said in (session, of_lifter, compared, seen(both), history, today):
        assert not re.search(r"\bkg\b", said)


def test_the_same_history_is_in_kilograms_where_nobody_chose_otherwise(
    coach: FlaskClient, database: Path, cy: str
) -> None:
    session = seen(text_of(coach, f"/sessions/{cy}"))
    assert "Set 1 61.2 kg ·" in session
    assert "Set 2 102.1 kg to 104.3 kg ·" in session
    lifter = rows(database, "SELECT id FROM lifters")[0][0]
    for said in (session, seen(text_of(coach, f"/lifters/{lifter}"))):
        assert "100 kg" in said
        assert not re.search(r"\blb\b", said)


@pytest.mark.usefixtures("pounds")
@pytest.mark.parametrize(
    ("number", "typed", "kg"),
    [(1, "140", 140 * LB), (3, "225,5", 225.5 * LB), (3, "225", 225 * LB)],
)
def test_a_correction_is_read_in_pounds_and_kept_in_kilograms(
    coach: FlaskClient, database: Path, cy: str, number: int, typed: str, kg: float
) -> None:
    key = set_id(database, number)
    answer = send(coach, key, form_of(coach, cy, key) | {"kg": typed})
    assert answer.status_code == 303, answer.text
    assert loads(database, key) == [pytest.approx(kg, abs=1e-9)]
    shown = typed.replace(",", ".")
    before = "135" if number == 1 else "220.5"
    assert f"{before} lb is now {shown} lb" in seen(text_of(coach, "/settings"))
    assert f"Set {number} {shown} lb ·" in seen(text_of(coach, f"/sessions/{cy}"))


@pytest.mark.usefixtures("pounds")
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_load_that_nobody_changed_stays_what_it_was(
    coach: FlaskClient, database: Path, cy: str, number: int
) -> None:
    key = set_id(database, number)
    before = loads(database, key)
    form = form_of(coach, cy, key)
    assert form["kg"] in ("135", "225", "220.5")
    assert send(coach, key, form | {"text": "good"}).status_code == 303
    assert loads(database, key) == before
    assert rows(database, "SELECT count(*) FROM audit WHERE action = 'correct'") == [(0,)]


@pytest.mark.usefixtures("pounds")
@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("heavy", "'heavy' is not a weight; type pounds, 225 say."),
        ("1101", "A load is from 0 to 1100 lb."),
        ("-5", "A load is from 0 to 1100 lb."),
        ("nan", "A load is from 0 to 1100 lb."),
    ],
)
def test_what_is_no_load_is_refused_in_pounds(
    coach: FlaskClient, database: Path, cy: str, typed: str, reason: str
) -> None:
    key = set_id(database, 1)
    refused = send(coach, key, form_of(coach, cy, key) | {"kg": typed})
    assert refused.status_code == 400
    assert reason in html.unescape(refused.text)
    assert loads(database, key) == [pytest.approx(135 * LB)]


@pytest.mark.parametrize("before", ["inf", "nan", "-1e400", "9e99", "x"])
def test_a_load_before_that_is_none_does_no_harm(
    coach: FlaskClient, database: Path, cy: str, before: str
) -> None:
    key = set_id(database, 1)
    form = form_of(coach, cy, key) | {"kg": "100", "unit": "lb", "kg_before": before}
    assert send(coach, key, form).status_code in (303, 400)


@pytest.mark.usefixtures("pounds")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("unit=lb&kg_low=135&kg_high=135", True),  # as it is read, so it is found
        ("unit=lb&kg_low=220.5&kg_high=220.5", True),
        ("unit=lb&kg_low=136&kg_high=220", False),
        ("unit=lb&kg_low=231", False),
        ("kg_low=104&kg_high=105", True),  # an address kept from before: kilograms
        ("kg_low=135", False),
    ],
)
def test_sessions_are_found_by_pounds(coach: FlaskClient, cy: str, query: str, found: bool) -> None:
    assert (f"/sessions/{cy}" in text_of(coach, f"/sessions?{query}")) is found


@pytest.mark.usefixtures("pounds")
def test_the_filter_keeps_its_pounds_over_the_pages(coach: FlaskClient, cy: str) -> None:
    page = text_of(coach, "/sessions?unit=lb&kg_low=135&page=2")
    assert 'name="kg_low" inputmode="decimal" maxlength="6" value="135"' in page
    newer = re.search(r'href="(/sessions\?page=1&[^"]*)"', page)
    assert newer
    again = text_of(coach, newer[1])
    assert f"/sessions/{cy}" in again
    assert 'name="kg_low" inputmode="decimal" maxlength="6" value="135"' in again


@pytest.mark.parametrize("unit", ["kg", "lb"])
def test_the_axis_of_loads_has_round_numbers_of_the_unit(
    coach: FlaskClient, database: Path, unit: str
) -> None:
    Chosen(Settings(), chosen_beside(database)).change({"page/units": unit})
    one = LB if unit == "lb" else 1.0
    with Store.open(database, "rack") as store:
        lifter = store.lifter("Cy").id
        session = store.start_session(lifter)
        for number in range(1, 10):
            load = (95 + 10 * number) * one
            store.add_rep(session, make_rep(number, number, load_kg=load, wink_deg=3.0 + number))
    page = text_of(coach, f"/lifters/{lifter}")
    picture = re.findall(r'aria-label="Wink by load">(.*?)</svg>', page, re.S)[0]
    across = re.findall(r'y="232"[^>]*>([^<]*)<', picture)
    assert across == ["120", "140", "160", "180", unit]
    step = "for every 20 lb" if unit == "lb" else "for every 10 kg"
    change = "2.0" if unit == "lb" else "1.0"
    assert f"The wink becomes more: +{change}° {step}" in page
    by_date = re.findall(r'aria-label="Wink by date">(.*?)</svg>', page, re.S)[0]
    assert f">{unit}<" not in by_date


@pytest.mark.parametrize("quarters", [0, 1, 180, 541, 900, 4399, 4400])
def test_every_quarter_of_a_pound_is_read_as_it_was_typed(quarters: int) -> None:
    typed = f"{quarters / 4:g}"
    kg = weights.typed(typed, "lb")
    assert kg is not None
    assert weights.weight(kg, "lb") == f"{typed} lb"
