"""Server-sent events: the newest state to a limited number of viewers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import Blueprint, Response

from web.hub import LiveHub, Snapshot
from web.placement import placement_view
from web.rack.view import rack_view
from web.seen import SeenView, asking
from web.texts import gettext as _
from web.texts import language, speaking

HEARTBEAT_S = 5.0
STREAM_S = 15 * 60.0  # then the browser comes again; a forgotten tab does not hold its place
EVENT_GAP_S = 1 / 15  # between two events, unless the light changes
RETRY_AFTER_S = 10


class Viewers:
    """The open streams; more than `places` would keep the page itself from answering."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._free = threading.Semaphore(places)

    def enter(self) -> bool:
        """Takes a place; False if there is none."""
        return self._free.acquire(blocking=False)

    def leave(self) -> None:
        """Gives the place back."""
        self._free.release()


View = Callable[[Snapshot], dict[str, Any]]
Through = Callable[[Iterator[str]], Iterator[str]]


def _placement(snapshot: Snapshot) -> dict[str, Any]:
    return placement_view(snapshot).as_json()


def events_blueprint(hub: LiveHub, places: int, socket: Path) -> Blueprint:
    """The routes `/events...`; together they have so many places."""
    blueprint = Blueprint("events", __name__)
    viewers = Viewers(places)

    @blueprint.get("/events")
    def events() -> Response:
        return streamed(rack_view)

    @blueprint.get("/events/placement")
    def placement_events() -> Response:
        return streamed(_placement)

    @blueprint.get("/events/placement/seen")
    def placement_seen() -> Response:
        return streamed(SeenView(), lambda events: asking(events, socket))

    def streamed(view: View, through: Through = lambda events: events) -> Response:
        if not viewers.enter():
            return Response(
                _(
                    "%(places)s live pages are open already, which is as many as the unit serves;"
                    " close one, this page tries again by itself.",
                    places=places,
                ),
                status=503,
                headers={"Retry-After": str(RETRY_AFTER_S)},
                mimetype="text/plain",
            )
        spoken = language()

        def spoken_view(snapshot: Snapshot) -> dict[str, Any]:
            with speaking(spoken):  # the request is over by then
                return view(snapshot)

        events = through(event_stream(hub, view=spoken_view))
        response = Response(events, mimetype="text/event-stream")
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"  # a proxy must not hold events back
        response.call_on_close(viewers.leave)
        return response

    return blueprint


def event_stream(hub: LiveHub, stream_s: float = STREAM_S, view: View = rack_view) -> Iterator[str]:
    """The newest state at once and whenever it changes; a heartbeat when nothing does."""
    ends_s = time.monotonic() + stream_s
    seen = -1
    yield "retry: 2000\n\n"
    while time.monotonic() < ends_s and not hub.closed:
        snapshot = hub.wait(seen, HEARTBEAT_S)
        if snapshot.version == seen:
            yield "event: beat\ndata: still here\n\n"
            continue
        seen = snapshot.version
        yield f"data: {json.dumps(view(snapshot))}\n\n"
        _rest(hub, seen)


def _rest(hub: LiveHub, seen: int) -> None:
    """Lets a moment pass; a change of the light ends it early."""
    shown = _light(hub)
    until = time.monotonic() + EVENT_GAP_S
    while (left := until - time.monotonic()) > 0 and _light(hub) == shown and not hub.closed:
        seen = hub.wait(seen, left).version


def _light(hub: LiveHub) -> str | None:
    state = hub.newest().state
    return None if state is None else state.light
