"""What only the coach's placement page shows: the shape of what the unit sees.

The unit makes it only while somebody asks, so a stream asks again every second for as long as it
is open. It goes to whoever may open `events.placement_seen`, and is kept nowhere.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from device.commands import ShowSilhouette
from device.errors import LiveError
from device.live import LiveClient
from device.placement_codec import silhouette_values
from device.records import Silhouette
from web.hub import Snapshot
from web.placement import placement_view

ASK_EVERY_S = 1.0


class SeenView:
    """The placement and, whenever it has changed, the silhouette; one for each stream."""

    def __init__(self) -> None:
        self._told: Silhouette | None = None

    def __call__(self, snapshot: Snapshot) -> dict[str, Any]:
        """For the event stream; without `silhouette` it is as it was."""
        view = placement_view(snapshot).as_json()
        shape = None if snapshot.state is None else snapshot.state.silhouette
        if shape != self._told:
            self._told = shape
            view["silhouette"] = None if shape is None else silhouette_values(shape)
        return view


def asking(events: Iterator[str], socket: Path) -> Iterator[str]:
    """The same events, while the unit is asked for its silhouette; it need not be there."""
    asked_s = -ASK_EVERY_S
    for event in events:
        if time.monotonic() - asked_s >= ASK_EVERY_S:
            with suppress(LiveError), LiveClient(socket) as client:
                client.send(ShowSilhouette())
                asked_s = time.monotonic()
        yield event
