"""Today and Sessions: who squatted, once each, and the visits without a rep folded away."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from device.moment import Moment
from device.store import Store
from tests.factories import make_hidden_rep, make_rep
from web.coach.empty import MOST_EMPTY
from web.coach.search import PAGE_SESSIONS, Wanted, search
from web.coach.today import day_at_the_rack

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
DETAILS = re.compile(r'<details class="empty-visits">.*?</details>', re.DOTALL)


def moment(minutes: int) -> Moment:
    utc = (NOON + timedelta(minutes=minutes)).isoformat(timespec="milliseconds")
    return Moment(utc.replace("+00:00", "Z"), "boot", 1.0, True)


def visit(store: Store, name: str | None, minutes: int, *winks: float | None) -> str:
    """One visit with these reps; None: a rep that was hidden."""
    key = store.start_session(
        None if name is None else store.lifter(name).id, moment=moment(minutes)
    )
    for index, wink in enumerate(winks, start=1):
        rep = make_hidden_rep(index) if wink is None else make_rep(index, 1, wink_deg=wink)
        store.add_rep(key, rep, moment(minutes))
    return key


@pytest.fixture
def turns(database: Path) -> dict[str, str]:
    """Ann and Bo take turns; Cy only signed in, twice, and nobody did once."""
    with Store.open(database, "rack") as store:
        return {
            "ann": visit(store, "Ann", 0, 2.0, 4.0),
            "bo": visit(store, "Bo", 5, 12.0),
            "cy": visit(store, "Cy", 7),
            "ann again": visit(store, "Ann", 10, 9.0, None),
            "nobody": visit(store, None, 11),
            "cy again": visit(store, "Cy", 12),
        }


def text_of(visitor: FlaskClient, address: str) -> str:
    answer = visitor.get(address)
    assert answer.status_code == 200
    return answer.text


def test_who_takes_turns_is_on_today_once_with_all_their_sets(
    page: FlaskClient, turns: dict[str, str]
) -> None:
    html = text_of(page, "/today")
    cards = html.split('<ol class="sessions">')[1].split("</ol>")[0].split("<li>")[1:]
    assert [re.findall(r"<b>(\D+?)</b>", card)[0] for card in cards] == ["Ann", "Bo"]
    ann = cards[0]
    assert re.findall(r'href="/sessions/(\w+)"', ann) == [turns["ann"], turns["ann again"]]
    assert re.findall(r"<b>(\d+)</b>(\w+)", ann) == [("2", "sets"), ("4", "reps")]
    assert "<b>6°</b>mean wink of sets" in ann  # of 2 and 4, and of 9: as on her own page
    own = text_of(page, re.findall(r'href="(/lifters/\w+)"', text_of(page, "/lifters"))[0])
    assert re.search(r"Wink, mean of the sets</dt><dd>6\.0 ±", own)
    assert f'<a href="/sessions/{turns["bo"]}">' in cards[1]


def test_today_counts_only_who_squatted(database: Path, turns: dict[str, str]) -> None:
    day = day_at_the_rack(database, NOON.astimezone().date())
    assert (day.lifters, day.sets, day.reps) == (2, 3, 5)
    assert len(day.empty) == 3


@pytest.mark.parametrize("address", ["/today", "/sessions"])
def test_visits_without_a_rep_are_folded_away(
    page: FlaskClient, turns: dict[str, str], address: str
) -> None:
    html = text_of(page, address)
    (folded,) = DETAILS.findall(html)
    assert "<summary>3 visits without a rep</summary>" in folded
    keys = re.findall(r'href="/sessions/(\w+)"', folded)
    assert keys == [turns["cy again"], turns["nobody"], turns["cy"]]
    assert "No reps yet" not in html
    assert "Cy" not in html.replace(folded, "").split("<h1")[1].split("</form>")[-1]


def test_the_last_day_is_one_on_which_somebody_squatted(database: Path) -> None:
    with Store.open(database, "rack") as store:
        visit(store, "Ann", 0, 3.0)
        visit(store, "Bo", 2 * 24 * 60)
    day = day_at_the_rack(database, (NOON + timedelta(days=2)).astimezone().date())
    assert day.day == NOON.astimezone().date()
    assert day.empty == ()


def test_a_day_of_empty_visits_alone_says_that_nobody_squatted(
    page: FlaskClient, database: Path
) -> None:
    with Store.open(database, "rack") as store:
        store.start_session(store.lifter("Ann").id)
    html = text_of(page, "/today")
    assert "No sessions yet." in html
    assert "1 visit without a rep" in html


def test_each_empty_visit_is_on_the_page_of_its_time_and_on_no_other(database: Path) -> None:
    with Store.open(database, "rack") as store:
        for number in range(2 * PAGE_SESSIONS):
            visit(store, "Ann", 2 * number, 3.0)
            visit(store, "Bo", 2 * number + 1)
    pages = [search(database, Wanted(), number) for number in (1, 2, 3)]
    assert [len(one.sessions) for one in pages] == [PAGE_SESSIONS, PAGE_SESSIONS, 0]
    assert [one.older for one in pages] == [True, False, False]
    empty = [visit.id for one in pages for visit in one.empty]
    assert len(empty) == len(set(empty)) == 2 * PAGE_SESSIONS
    for one in pages[:2]:
        assert len(one.empty) in (PAGE_SESSIONS, PAGE_SESSIONS + 1, PAGE_SESSIONS - 1)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Wanted(text="cy"), ["Cy", "Cy"]),
        (Wanted(lifter="nobody"), [None]),
        (Wanted(since=NOON.date() + timedelta(days=2)), []),
        (Wanted(verdict="clean"), []),
        (Wanted(kg_low=1.0), []),
        (Wanted(text="nobody is called like this"), []),
    ],
)
def test_empty_visits_are_found_as_the_others_are(
    database: Path, turns: dict[str, str], wanted: Wanted, names: list[str | None]
) -> None:
    assert [visit.lifter for visit in search(database, wanted).empty] == names


def test_a_session_whose_reps_were_all_struck_out_is_folded_away(
    database: Path, turns: dict[str, str]
) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE reps SET undone_utc = '2026-05-05T12:00:00.000Z'")
    found = search(database, Wanted())
    assert found.sessions == []
    assert len(found.empty) == 6


def test_never_more_than_so_many_empty_visits_are_listed(database: Path) -> None:
    with Store.open(database, "rack") as store:
        for number in range(MOST_EMPTY + 5):
            visit(store, None, number)
    assert len(search(database, Wanted()).empty) == MOST_EMPTY
