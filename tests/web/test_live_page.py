"""A live page in a real browser: it waits for a place, comes back by itself, and never tires."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from device.errors import LiveError
from tests.factories import make_far_placement, make_placement, make_state
from tests.web.browser import CHROMIUM, Browser
from tests.web.conftest import Serve, Unit, served
from tests.web.test_events import VIEWERS, Stream
from web.__main__ import GONE_AFTER_MS, listening
from web.events import RETRY_AFTER_S

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed (apt install chromium)"
)
CONNECTED = "document.querySelector('#now')?.dataset.connected === 'yes'"
TOLD = "document.querySelector('#troubles')"
PROBLEM = "document.querySelector('#page-problem')"
# The page's own waits pass this many times faster; what it does is the same.
HURRY = """
for (const name of ["setTimeout", "setInterval"]) {
  const usual = window[name];
  window[name] = (call, wait) => usual(call, wait / 20);
}
"""
HOUR = 3600 * 15  # states, as many a second as the page gets
MINUTES = 2 * 60 * 15
A_FEW_NODES = 40  # a leak in every hundredth state would be more
_TWO_FRAMES = """
window.framed = false;
requestAnimationFrame(() => requestAnimationFrame(() => { window.framed = true; }));
"""

# Plays states into the page as they would come, one squat every five seconds.
_PLAY = """
window.played = 0;
window.play = (states, count) => new Promise(async () => {
  const until = played + count;
  while (played < until) {
    const squat = Math.sin((played / 75) * Math.PI) ** 2;
    const lit = played % 75 > 60;
    const state = structuredClone(states[Math.floor(played / 75) % states.length]);
    state.time_s = 100 + played / 15;
    state.light = lit ? "red" : "off";
    state.hip_drop = squat * 0.5;
    state.tilt_deg = played % 750 < 40 ? null : 14 * squat;
    state.wink_deg = 6 * squat;
    state.troubles = played % 4500 < 100 ? ["The camera is gone; plug it in."] : [];
    if (state.rack) {
      state.rack.phase = squat > 0.1 ? "descent" : "standing";
      state.rack.marks = Array(Math.floor(played / 75) % 9).fill("clean");
    }
    show(state);
    if (++played % 250 === 0) await new Promise(requestAnimationFrame);
  }
});
"""


@contextmanager
def watched(address: str, streams: int) -> Iterator[list[Stream]]:
    """So many other viewers; without a unit, so that little flows and nobody has to read it."""
    with ExitStack() as stack:
        opened = [Stream(address) for _ in range(streams)]
        for stream in opened:
            stack.callback(stream.close)
            assert stream.answer.status == 200
        yield opened


@needs_chromium
def test_the_ninth_page_says_why_it_stands_still_and_moves_when_another_is_closed(
    serve: Serve, socket_path: Path
) -> None:
    unit = Unit(socket_path)
    with serve() as address, watched(address, VIEWERS) as others, Browser() as browser:
        browser.run_first(HURRY)
        browser.open(f"{address}/")
        browser.wait_for(f"{PROBLEM}.textContent.includes('{VIEWERS} live pages are open')", 120)
        assert not browser.evaluate(f"{PROBLEM}.hidden")
        others[0].close()
        unit.start()
        browser.wait_for(f"{PROBLEM}.hidden && {CONNECTED}", 120)
        unit.stop()


@needs_chromium
def test_a_page_in_the_background_gives_its_place_to_another(serve: Serve) -> None:
    hide = (
        "Object.defineProperty(document, 'hidden', {{ configurable: true, value: {} }});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    with serve() as address, watched(address, VIEWERS - 1), Browser() as browser:
        browser.open(f"{address}/")
        browser.wait_for(f"{TOLD}.textContent.includes('not running')")
        browser.evaluate(f"{TOLD}.replaceChildren(); {TOLD}.dataset.shown = ''")
        browser.evaluate(hide.format("true"))
        with watched_soon(address) as taken:
            assert taken.answer.status == 200
        browser.evaluate(hide.format("false"))
        browser.wait_for(f"{TOLD}.textContent.includes('not running')", 120)


@needs_chromium
def test_no_button_of_the_row_is_higher_than_the_others(serve: Serve) -> None:
    lines = (
        "[...document.querySelectorAll('.controls .buttons button')].map((button) => {"
        "const text = document.createRange(); text.selectNodeContents(button);"
        "return text.getClientRects().length; })"
    )
    with serve() as address, Browser() as browser:
        browser.open(f"{address}/")
        for width in (390, 1024, 1280, 1440):
            browser.look(width, 800)
            assert browser.evaluate(lines) == [1, 1, 1, 1], width


@contextmanager
def watched_soon(address: str) -> Iterator[Stream]:
    """A viewer, as soon as there is a place."""
    stop = threading.Event()
    for _ in range(200):
        stream = Stream(address)
        if stream.answer.status == 200:
            break
        stream.close()
        stop.wait(0.1)
    with closing(stream):
        yield stream


@needs_chromium
def test_unit_and_page_start_anew_and_the_open_page_comes_back_by_itself(
    database: Path, socket_path: Path
) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    as_before = ("--reading", "everyone", "--port", port)
    with Browser() as browser:
        browser.run_first(HURRY)
        for number in range(2):
            unit = Unit(socket_path)
            unit.state = make_state(number=number, light="off")
            unit.start()
            with served(database, socket_path, *as_before) as address:
                if number == 0:
                    browser.open(f"{address}/")
                    browser.evaluate("window.opened_once = true")
                browser.wait_for(f"{CONNECTED} && {PROBLEM}.hidden", 120)
                unit.state = make_state(number=9, light="red", phase="bottom")
                browser.wait_for("document.querySelector('#now').dataset.light === 'red'")
                unit.stop()
                browser.wait_for(f"!({CONNECTED})")
            browser.wait_for(f"!{PROBLEM}.hidden")
        assert browser.evaluate("window.opened_once")  # nobody loaded the page again


@needs_chromium
@pytest.mark.parametrize(
    ("path", "count"), [("/rack", HOUR), ("/", HOUR // 12), ("/placement", HOUR // 12)]
)
def test_an_hour_of_states_leaves_nothing_behind(
    serve: Serve, unit: Unit, path: str, count: int
) -> None:
    near, far = make_placement(), make_far_placement()
    with serve() as address, Browser() as browser:
        stream = "/events/placement" if path == "/placement" else "/events"
        states = []
        for number, placement in enumerate((near, far)):
            unit.state = make_state(number=number, lifter=f"Lifter {number}", placement=placement)
            states.append(newest(address, stream, unit))
        browser.open(f"{address}{path}", width=1024, height=768)
        browser.evaluate(_PLAY)
        play(browser, states, MINUTES)
        before = held_at_rest(browser, 0)
        play(browser, states, count)
        after = held_at_rest(browser, before["nodes"] + A_FEW_NODES)
        assert after["nodes"] <= before["nodes"] + A_FEW_NODES
        assert after["listeners"] <= before["listeners"]
        assert after["bytes"] < before["bytes"] + 500_000
        assert browser.evaluate("document.querySelectorAll('main *').length") < 500


def held_at_rest(browser: Browser, enough: int) -> dict[str, int]:
    """What the page keeps, as soon as it has no more than `enough` nodes, or after ten looks.

    Chromium lets go of nodes that are gone with a later frame: two are awaited before each look.
    """
    looks: list[dict[str, int]] = []
    while not looks or (looks[-1]["nodes"] > enough and len(looks) < 10):
        browser.evaluate(_TWO_FRAMES)
        browser.wait_for("framed")
        looks.append(browser.held())
    return min(looks, key=lambda held: held["nodes"])


def newest(address: str, path: str, unit: Unit) -> dict[str, Any]:
    """What the stream tells of the unit's state now."""
    stream = Stream(address, path)
    with closing(stream):
        while True:
            state = stream.next()
            if path != "/events":
                wanted = unit.state.placement
                assert wanted is not None
                if state["verdict"] == wanted.verdict.value:
                    return state
            elif state["lifter"] == unit.state.lifter:
                return state


def play(browser: Browser, states: list[dict[str, Any]], count: int) -> None:
    """Has the page show so many more states."""
    until = browser.evaluate("played") + count
    browser.evaluate(f"void play({json.dumps(states)}, {count})")
    browser.wait_for(f"played >= {until}", 300)


# ---------------------------------------------------------------- listening


def test_a_viewer_who_vanished_is_given_up_before_long(app: Flask) -> None:
    server, port = listening(app, "127.0.0.1", 0)
    with closing(server), closing(socket.create_connection(("127.0.0.1", port))):
        server.handle_accept()
        (channel,) = server.active_channels.values()
        option = (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert channel.socket.getsockopt(*option) == GONE_AFTER_MS
        assert GONE_AFTER_MS > 1000 * RETRY_AFTER_S  # a short gap in the Wi-Fi costs nothing
        channel.close()


def test_a_name_with_two_addresses_is_listened_on_at_both(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def two(host: str, port: str, *_: object) -> list[object]:
        places = ("127.0.0.1", "127.0.0.2")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, int(port))) for one in places]

    monkeypatch.setattr("waitress.adjustments.socket.getaddrinfo", two)
    server, port = listening(app, "localhost", 0)
    with closing(server):
        assert len(server.effective_listen) == 2
        assert port == int(server.effective_listen[0][1])


def test_an_address_that_is_not_this_machines_is_told(app: Flask) -> None:
    with pytest.raises(LiveError, match=r"can't listen on 192\.0\.2\.1"):
        listening(app, "192.0.2.1", 0)
