"""A lifter's page tells which squat each set was, and shows one squat alone."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from device.store import Store
from tests.factories import make_rep


@pytest.fixture
def lifter(database: Path) -> str:
    """Ann: a set with raised heels, a back squat, and one that nobody named."""
    with Store.open(database, "rack") as store:
        lifter: str = store.lifter("Ann").id
        session = store.start_session(lifter)
        for number, squat in enumerate(("heels_raised", "back_squat", None), start=1):
            store.add_rep(session, make_rep(number, number, wink_deg=4.0 * number, exercise=squat))
    return lifter


def squats_in(page: str) -> list[str]:
    return re.findall(r'<td data-label="Squat">([^<]*)</td>', page)


def test_the_table_names_the_squat_of_each_set(page: FlaskClient, lifter: str) -> None:
    shown = page.get(f"/lifters/{lifter}").text
    assert squats_in(shown) == ["–", "Back squat", "Heels raised"]


def test_one_squat_is_shown_alone_with_its_own_mean(page: FlaskClient, lifter: str) -> None:
    options = page.get(f"/lifters/{lifter}").text.split('class="options squats"')[1]
    links = re.findall(r'href="([^"]*squat=[^"]*)"[^>]*>([^<]*)<', options.split("</nav>")[0])
    assert [word for _, word in links] == ["Back squat", "Heels raised"]
    shown = page.get(html.unescape(links[1][0])).text
    assert squats_in(shown) == ["Heels raised"]
    assert "<dd>4.0°</dd>" in shown
    assert "Only of the squat ‘Heels raised’." in shown  # on paper
    assert f'{links[1][0]}" aria-current="true"' in shown
    period = re.findall(r'href="([^"]*period=3[^"]*)"', shown)[0]
    assert "squat=heels_raised" in period  # another time keeps it
    assert len(squats_in(page.get(f"/lifters/{lifter}?squat=bench").text)) == 3
