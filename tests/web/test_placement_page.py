"""The Placement page: what to do, in words, arrows and numbers, as it changes."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from device.commands import ShowSilhouette
from device.live import state_from_json, state_to_json
from device.placement import nobody
from device.records import Arrow, LiveState, Placement, Silhouette
from tests.factories import D455, make_far_placement, make_placement, make_state
from tests.web.browser import CHROMIUM, Browser
from tests.web.conftest import PASSWORD, Serve, Unit
from web.app import HUB
from web.hub import Snapshot
from web.placement import LIFTER_X, LIFTER_Y, METRE, PlacementView, Row, placement_view
from web.seen import SeenView

Heard = Callable[[LiveState], None]


def seen(placement: Placement | None, **changes: Any) -> PlacementView:
    return placement_view(Snapshot(1, make_state(placement=placement, **changes), None))


def row(view: PlacementView, name: str) -> Row:
    return next(row for row in view.rows if name in row.name)


# ---------------------------------------------------------------- through the socket


@pytest.mark.parametrize(
    "placement", [None, make_placement(), make_far_placement(), nobody(1.0, D455)]
)
def test_a_placement_comes_through_the_socket_unchanged(placement: Placement | None) -> None:
    state = make_state(placement=placement)
    assert state_from_json(state_to_json(state)) == state


def test_what_is_not_finite_comes_through_as_not_known() -> None:
    state = make_state(placement=make_placement(lean_deg=float("nan")))
    assert state_from_json(state_to_json(state)).placement == make_placement(lean_deg=None)


# ---------------------------------------------------------------- the words


def test_a_unit_that_hangs_well_gets_a_tick() -> None:
    view = seen(make_placement())
    assert (view.verdict, view.arrow, view.headline) == ("good", "good", "It hangs well")
    assert (view.more, view.go_on) == ((), "Go on")
    assert seen(make_far_placement()).go_on == seen(None).go_on == "Go on anyway"
    assert all(row.ok for row in view.rows)


def test_the_first_thing_to_do_is_large_and_the_rest_a_list() -> None:
    view = seen(make_far_placement())
    assert (view.verdict, view.arrow) == ("move", "right")
    assert view.detail == "Move the unit 30 cm to the right, round the lifter."
    assert [move.arrow for move in view.more] == [Arrow.CLOSER, Arrow.TILT_DOWN]
    wrong = {row.name for row in view.rows if row.ok is False}
    assert wrong == {"Off straight behind", "Distance", "Room below the feet"}
    assert row(view, "below the feet").value == "out of the picture"


def test_numbers_stand_beside_what_they_should_be() -> None:
    view = seen(make_placement(azimuth_deg=-12.0))
    assert row(view, "behind").value == "12° to the lifter’s right"
    assert row(view, "Distance").value == "1.38 m"
    assert row(view, "Distance").wanted == "0.90 to 1.60 m"
    assert row(view, "Mounted").value == "upright"
    for one in view.rows:
        if one.place is not None and one.ok:
            assert one.zone_from <= one.place <= one.zone_from + one.zone_width, one.name


def test_what_is_not_known_is_never_zero() -> None:
    view = seen(nobody(1.0, D455))
    assert {row.value for row in view.rows} == {"–"}
    assert {row.ok for row in view.rows} == {None}
    assert view.plan.unit_x is None
    assert view.plan.zone  # where it should be is known without anybody


def test_the_plan_shows_the_unit_on_the_side_where_it_is() -> None:
    plan = seen(make_placement(azimuth_deg=30.0, distance_m=1.0)).plan
    assert plan.unit_x == pytest.approx(LIFTER_X - METRE / 2, abs=0.1)  # left, seen from above
    assert plan.unit_y is not None
    assert plan.unit_y > LIFTER_Y  # behind; the lifter faces up
    ahead = seen(make_placement(azimuth_deg=170.0, distance_m=1.0)).plan
    assert ahead.unit_y is not None
    assert ahead.unit_y < LIFTER_Y


def test_a_lost_camera_or_unit_is_told_instead_of_an_old_placement() -> None:
    lost = seen(make_placement(), camera="The camera is gone; plug it in.")
    assert (lost.verdict, lost.rows) == ("none", ())
    assert lost.troubles == ("The camera is gone; plug it in.",)
    gone = placement_view(Snapshot(1, None, "The unit is not running."))
    assert (gone.connected, gone.troubles) == (False, ("The unit is not running.",))


# ---------------------------------------------------------------- the page


def test_the_page_shows_it_without_javascript(page: FlaskClient, heard: Heard) -> None:
    heard(make_state(placement=make_far_placement()))
    html = page.get("/placement").text
    assert 'data-verdict="move"' in html
    assert 'id="arrow" href="#arrow-right"' in html
    assert "Move the unit 30 cm closer." in html
    assert html.count("<tr class=") == 7
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", html)


def test_every_arrow_has_its_picture(page: FlaskClient) -> None:
    html = page.get("/placement").text
    drawn = set(re.findall(r'<symbol id="arrow-(\w+)"', html))
    assert drawn == {arrow.value for arrow in Arrow} | {"good", "off"}


def test_every_page_leads_there(page: FlaskClient) -> None:
    assert page.get("/placement").status_code == 200
    for address in ("/", "/sessions"):
        assert 'href="/placement"' in page.get(address).text


def test_it_moves_through_its_own_stream(page: FlaskClient, heard: Heard) -> None:
    heard(make_state(placement=make_far_placement()))
    answer = page.get("/events/placement", buffered=False)
    events = (chunk.decode() for chunk in answer.iter_encoded())
    state = next(json.loads(text[6:]) for text in events if text.startswith("data: "))
    answer.close()
    assert state["verdict"] == "move"
    assert state["more"][0] == {"arrow": "closer", "text": "Move the unit 30 cm closer."}
    assert "tilt_deg" not in state


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt install chromium)")
@pytest.mark.parametrize("width", [390, 1440])
def test_moving_the_unit_moves_the_page(serve: Serve, unit: Unit, width: int) -> None:
    unit.state = make_state(placement=make_far_placement())
    with serve() as address, Browser() as browser:
        browser.open(f"{address}/placement", width=width)
        browser.wait_for("document.querySelector('#placement').dataset.verdict === 'move'")
        browser.wait_for("document.querySelectorAll('#more li').length === 2")
        assert browser.evaluate("document.documentElement.scrollWidth") == width
        before = browser.evaluate("document.querySelector('#dot').getAttribute('cx')")
        unit.state = make_state(number=2, placement=make_placement())
        browser.wait_for("document.querySelector('#placement').dataset.verdict === 'good'")
        assert browser.evaluate("document.querySelector('.stage h1').textContent") == (
            "It hangs well"
        )
        assert browser.evaluate("document.querySelector('#more').hidden")
        assert browser.evaluate("document.querySelectorAll('#rows .off').length") == 0
        assert browser.evaluate("document.querySelector('#dot').getAttribute('cx')") != before
        unit.state = make_state(number=3, placement=nobody(1.0, D455))
        browser.wait_for("document.querySelector('#placement').dataset.verdict === 'nobody'")
        assert browser.evaluate("document.querySelector('#unit').hasAttribute('hidden')")
        unit.stop()
        until = time.monotonic() + 10
        while "unit" not in browser.evaluate("document.querySelector('#troubles').textContent"):
            assert time.monotonic() < until
            time.sleep(0.05)


# ---------------------------------------------------------------- the silhouette

SHAPE = Silhouette(4, 2, b"\xff", b"\x60")


def first_seen(client: FlaskClient) -> dict[str, Any]:
    """The first event of the coach's stream that has a silhouette."""
    answer = client.get("/events/placement/seen", buffered=False)
    try:
        for chunk in answer.iter_encoded():
            text = chunk.decode()
            if text.startswith("data: ") and '"silhouette"' in text:
                told: dict[str, Any] = json.loads(text[6:])
                return told
    finally:
        answer.close()
    raise AssertionError("the stream ended without one")


def test_the_coach_asks_for_the_silhouette_and_gets_it(coach: FlaskClient, unit: Unit) -> None:
    unit.state = make_state(placement=make_far_placement(), silhouette=SHAPE)
    told = first_seen(coach)
    assert told["silhouette"] == {
        "width_px": 4,
        "height_px": 2,
        "near": "/w==",
        "lifter": "YA==",
    }
    assert told["verdict"] == "move"  # and what to do about it, as everybody sees
    assert ShowSilhouette() in unit.wait_asked(ShowSilhouette())


def test_a_silhouette_is_told_once_and_its_end_once() -> None:
    view = SeenView()
    with_it = Snapshot(1, make_state(placement=make_placement(), silhouette=SHAPE), None)
    without = Snapshot(2, make_state(placement=make_placement()), None)
    assert "silhouette" in view(with_it)
    assert "silhouette" not in view(with_it)
    assert view(Snapshot(3, None, "The unit is not running."))["silhouette"] is None
    assert "silhouette" not in view(without)


@pytest.mark.parametrize("who", ["guest", "ann", "page"])
def test_nobody_else_gets_the_silhouette(who: str, request: pytest.FixtureRequest) -> None:
    client: FlaskClient = request.getfixturevalue(who)
    answer = client.get("/events/placement/seen")
    assert answer.status_code in (303, 403)
    assert "silhouette" not in answer.text
    html = client.get("/placement").text
    assert 'id="seen"' not in html
    assert 'data-stream="/events/placement"' in html


@pytest.mark.parametrize("address", ["/events", "/events/placement"])
def test_no_other_stream_or_page_has_the_silhouette(
    coach: FlaskClient, unit: Unit, address: str
) -> None:
    unit.state = make_state(placement=make_placement(), silhouette=SHAPE)
    hub = coach.application.extensions[HUB]
    until = time.monotonic() + 10
    while hub.newest().state is None or hub.newest().state.silhouette is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    answer = coach.get(address, buffered=False)
    chunks = (chunk.decode() for chunk in answer.iter_encoded())
    text = next(text for text in chunks if text.startswith("data: "))
    answer.close()
    assert "silhouette" not in text


def test_without_a_unit_the_coachs_stream_says_so(coach: FlaskClient) -> None:
    answer = coach.get("/events/placement/seen", buffered=False)
    chunks = (chunk.decode() for chunk in answer.iter_encoded())
    state = next(json.loads(text[6:]) for text in chunks if text.startswith("data: "))
    answer.close()
    assert state["connected"] is False


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt install chromium)")
def test_the_coach_sees_the_shape_in_a_browser(serve_unit: Serve, unit: Unit) -> None:
    unit.state = make_state(placement=make_far_placement(), silhouette=SHAPE)
    with serve_unit() as address, Browser() as browser:
        browser.open(f"{address}/setup", width=1024)
        for field in ("password", "again"):
            browser.evaluate(f"document.getElementById('{field}').value = {PASSWORD!r}")
        browser.evaluate("document.querySelector('main form button.main').click()")
        browser.wait_for("location.pathname === '/setup/name'", 60)
        browser.open(f"{address}/setup/placement", width=1024, height=768)
        go_on = "document.querySelector('.onward a')"
        assert browser.evaluate(f"{go_on}.textContent") == "Go on anyway"
        assert browser.evaluate(f"{go_on}.getBoundingClientRect().bottom") < 768  # no scrolling
        canvas = "document.querySelector('#seen')"
        browser.wait_for(f"!{canvas}.hidden && {canvas}.width === 4", 60)
        data = f"{canvas}.getContext('2d').getImageData(0, 0, 4, 2).data"
        assert browser.evaluate(f"[...{data}].filter((v, i) => i % 4 === 3)") == [255] * 8
        unit.state = make_state(number=2, placement=make_placement())
        browser.wait_for(f"{canvas}.hidden && {go_on}.textContent === 'Go on'", 60)
