"""The pictures of one lifter's sets: what their axes span and say."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from device.store import Store
from tests.factories import make_rep
from web.coach.scatter import RIGHT, Point, load_range, load_ticks, scatter
from web.coach.spread import trend

WIDE = 392.0  # of the picture's 480


@pytest.mark.parametrize(
    "loads", [(61.235, 62.5), (60.0,), (60.0, 60.0), (2.0, 4.0), (0.0,), (20.0, 180.0), (499.0,)]
)
def test_loads_stand_on_an_axis_of_20_kg_at_least_with_two_numbers(loads: tuple[float]) -> None:
    across = load_range(loads)
    assert across[1] - across[0] >= 20.0
    assert across[0] >= 0.0
    assert across[0] <= min(loads) and max(loads) <= across[1]
    points = [Point(kg, 5.0) for kg in loads]
    picture = scatter(points, None, load_ticks(across), across=across)
    assert picture is not None
    assert len(picture.x_ticks) >= 2
    assert all(44 <= tick.at <= RIGHT for tick in picture.x_ticks)


def test_a_kilogram_does_not_look_like_much() -> None:
    across = load_range((61.235, 62.5))
    points = [Point(61.235, 5.0), Point(62.5, 9.0)]
    picture = scatter(points, None, load_ticks(across), across=across)
    assert picture is not None
    first, second = (float(x) for x in re.findall(r"M([\d.]+) ", picture.dots))
    assert (second - first) / WIDE == pytest.approx(1.265 / 20, rel=0.1)


def test_a_set_that_never_tucked_is_not_one_that_was_not_measured() -> None:
    points = [Point(60.0, 5.0), Point(70.0, None, never=True), Point(80.0, None)]
    picture = scatter(points, None, load_ticks((60.0, 80.0)))
    assert picture is not None
    assert (picture.never.count("M"), picture.missing_count) == (1, 1)


def test_a_lifters_set_that_never_tucked_is_marked_and_not_counted_as_tucked(
    page: FlaskClient, database: Path
) -> None:
    with Store.open(database, "rack") as store:
        lifter = store.lifter("Ann").id
        session = store.start_session(lifter)
        for number, wink_deg in ((1, 14.0), (2, 1.0)):
            store.add_rep(session, make_rep(number, number, wink_deg=wink_deg))
    html = page.get(f"/lifters/{lifter}").text
    by_date = html.split("by date</b>")[2].split("</figure>")[0]
    assert by_date.count('class="never"') == 1
    assert 'class="missing"' not in by_date
    assert "needs 8 sets tucked by 5°; so far there is 1." in by_date


def test_a_trend_ends_where_its_loads_end() -> None:
    loads = [60.0 + 1.5 * step for step in range(8)]
    across = load_range(loads)
    line = trend(loads, [5.0, 6.0, 5.5, 7.0, 6.5, 8.0, 7.5, 9.0], 10.0)
    points = [Point(kg, 6.0) for kg in loads]
    picture = scatter(points, line, load_ticks(across), across=across)
    assert picture is not None
    ends = [float(x) for x in re.findall(r"[ML]([\d.]+) ", picture.line)]
    dots = [float(x) for x in re.findall(r"M([\d.]+) ", picture.dots)]
    assert (ends[0], ends[-1]) == (dots[0], dots[-1])
    assert dots[0] > 90


def test_heights_are_told_in_the_picture_as_in_the_table(page: FlaskClient, database: Path) -> None:
    with Store.open(database, "rack") as store:
        lifter = store.lifter("Ann").id
        session = store.start_session(lifter)
        store.add_rep(session, make_rep(1, 1, wink_deg=14.0, load_kg=60.0))
        store.add_rep(session, make_rep(2, 2, wink_deg=14.0, load_kg=61.0))
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE reps SET onset_5_hip_above_knee_cm = -6.0")
    html = page.get(f"/lifters/{lifter}").text
    assert html.count("6 cm below parallel") >= 2
    assert html.count("<b>5° tucked, cm above or below parallel, by load</b>") == 1
    (picture,) = re.findall(r'aria-label="5° tucked, [^"]*by load">(.*?)</svg>', html, re.S)
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture)
    assert "below" in texts
    assert "above" not in texts  # there is no room for it, and nothing there
    numbers = [text for text in texts if text not in ("above", "below")]
    assert "6" in numbers
    assert not any("−" in text or "-" in text for text in numbers)
