"""What the comparison says of its numbers, and of a weight that is none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from device.store import Store
from tests.factories import make_rep

SETS = ((0.0, 8.0), (1.0,), (2.0,), (7.0, 7.0, 7.0), (8.0,), (9.0,))  # winks; A has the first three


@pytest.fixture
def lifter(database: Path) -> str:
    """Ann, three sets with raised heels and three flat ones; one set of each has more reps."""
    with Store.open(database, "rack") as store:
        lifter: str = store.lifter("Ann").id
        session = store.start_session(lifter)
        index = 0
        for number, winks in enumerate(SETS, start=1):
            for wink in winks:
                index += 1
                squat = "heels_raised" if number <= 3 else "back_squat"
                store.add_rep(session, make_rep(index, number, wink_deg=wink, exercise=squat))
    return lifter


def result(page: FlaskClient, lifter: str, **asked: str) -> str:
    form = {"a_lifter": lifter, "a_exercise": "heels_raised", **asked}
    answer = page.get("/compare", query_string=form)
    assert answer.status_code == 200
    return answer.text


def test_a_difference_stands_beside_the_means_of_sets_it_is_made_of(
    page: FlaskClient, lifter: str
) -> None:
    html = result(page, lifter)
    row = re.split(r"<tr>", html.split("B minus A</th>")[1])[1]
    cells = re.findall(r'<td[^>]*data-label="([^"]*)">([^<]*)<', row)
    assert [label for label, _ in cells] == ["A", "B", "B minus A"]
    assert cells[0][1].startswith("2.8")  # of the reps: 11 / 4
    said = cells[2][1]
    assert "+5.7°" in said  # 8 - 7/3
    assert "means of sets: A 2.3°, B 8.0°" in said


@pytest.mark.parametrize("field", ["a_kg_low", "a_kg_high", "b_kg_low", "b_kg_high"])
@pytest.mark.parametrize(("typed", "said"), [("x", "is not a weight"), ("600", "0 to 500 kg")])
def test_a_weight_that_is_none_is_refused_and_stays_typed(
    page: FlaskClient, lifter: str, field: str, typed: str, said: str
) -> None:
    html = result(page, lifter, **{field: typed})
    assert said in html.split('role="alert"')[1].split("</p>")[0]
    given = html.split(f'name="{field}"')[1].split(">")[0]
    assert f'value="{typed}"' in given
    assert 'aria-invalid="true"' in given
    assert html.count('aria-invalid="true"') == 1
    assert "B minus A" not in html
    assert "B minus A" in result(page, lifter, **{field: ""})
