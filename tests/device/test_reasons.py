"""The rules of not speaking: which one holds, and what a rep says of its frames."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from device import paths
from device.crop import FRONT_M, HipView, hip_view
from device.geometry import to_levelled
from device.pelvis import sight_of
from device.reasons import (
    DOUBT_SD_DEG,
    Reason,
    Sight,
    doubt,
    prevailing,
    unread,
    unreadable,
    unsure,
)
from device.records import Array, Floor
from tests.device.scenes import CAMERA, image_of, up_of

CLEAR = Sight(distance_m=1.2, filled_share=0.84, nearer_share=0.0, azimuth_deg=20.0)
LEVEL = Floor(up_of(0, 0), 1.0, 0.4)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"distance_m": 2.5}, Reason.TOO_FAR),
        ({"distance_m": 0.3}, Reason.TOO_NEAR),
        ({"nearer_share": 0.3}, Reason.IN_FRONT),
        ({"nearer_share": 0.3, "front_side": -0.6}, Reason.IN_FRONT_LEFT),
        ({"nearer_share": 0.3, "front_side": 0.6}, Reason.IN_FRONT_RIGHT),
        ({"filled_share": 0.3, "hole_share": 0.6}, Reason.HOLES),
        ({"filled_share": 0.3, "outside_share": 0.6}, Reason.OUT_OF_PICTURE),
        ({"filled_share": 0.3, "front_share": 0.1}, Reason.IN_FRONT),
        ({"filled_share": 0.3}, Reason.HIPS_HIDDEN),
    ],
)
def test_a_bad_view_is_not_read_and_says_what_is_wrong(
    change: dict[str, Any], reason: Reason
) -> None:
    assert unreadable(CLEAR) is None
    assert unreadable(replace(CLEAR, **change)) is reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, Reason.BELT_OR_CLOTH),
        ({"front_share": 0.1, "front_side": 0.5}, Reason.IN_FRONT_RIGHT),
        ({"outside_share": 0.2}, Reason.OUT_OF_PICTURE),
        ({"hole_share": 0.3}, Reason.HOLES),
        ({"distance_m": 1.9}, Reason.TOO_FAR),
        ({"distance_m": 0.6}, Reason.TOO_NEAR),
        ({"azimuth_deg": -85.0}, Reason.FROM_SIDE),
        ({"azimuth_deg": None}, Reason.BELT_OR_CLOTH),
    ],
)
def test_an_unsure_network_is_explained_by_what_the_view_shows(
    change: dict[str, Any], reason: Reason
) -> None:
    sight = replace(CLEAR, **change)
    assert unread(sight, 20.0, strange=False) is reason
    assert doubt(sight, DOUBT_SD_DEG + 1) is reason
    assert unread(sight, DOUBT_SD_DEG + 1, strange=False) is None
    assert doubt(sight, 2.0) is None


def test_from_the_front_nothing_is_read_however_sure_the_network_is() -> None:
    for azimuth in (130.0, -170.0):
        sight = replace(CLEAR, azimuth_deg=azimuth)
        assert unread(sight, 1.0, strange=False) is Reason.FROM_FRONT


def test_a_strange_view_is_strange_unless_its_cause_can_be_seen() -> None:
    assert unread(CLEAR, 2.0, strange=True) is Reason.STRANGE
    blocked = replace(CLEAR, front_share=0.2)
    assert unread(blocked, 2.0, strange=True) is Reason.IN_FRONT


def frames(*parts: tuple[float, str | None]) -> list[tuple[float, str | None]]:
    """(until_s, reason) after one another from 0 s, ten a second."""
    times = [round(0.1 * i, 1) for i in range(round(10 * parts[-1][0]))]
    return [(t, next(reason for until, reason in parts if t < until)) for t in times]


def test_a_rep_says_what_held_near_the_bottom_not_what_came_first() -> None:
    said = frames((1.0, "far"), (1.2, None), (2.2, "hidden"), (4.0, None))
    assert prevailing(said, 0.0, 2.0) == "hidden"


def test_a_rep_whose_bottom_was_seen_says_what_held_elsewhere() -> None:
    said = frames((0.9, "far"), (4.0, None))
    assert prevailing(said, 0.0, 2.0) == "far"
    assert prevailing(frames((4.0, None)), 0.0, 2.0) is None
    assert prevailing([], 0.0, 2.0) is None


def test_a_few_doubtful_frames_do_not_make_a_rep_doubtful() -> None:
    said = frames((1.5, None), (1.7, "a belt"), (4.0, None))
    assert prevailing(said, 0.0, 2.0, least_share=0.5) is None
    assert prevailing(said, 0.0, 2.0) == "a belt"


def test_how_unsure_is_said_with_its_cause_where_that_is_known() -> None:
    assert unsure(4.4, None) == "the unit is not sure, plus or minus 4.4 degrees"
    assert unsure(4.4, Reason.HOLES).endswith(Reason.HOLES)


def test_no_reason_holds_a_number_or_ends_like_a_sentence() -> None:
    for reason in Reason:
        assert not any(letter.isdigit() for letter in reason)
        assert not reason.endswith(".")


def test_every_reason_is_explained_in_the_docs() -> None:
    page = " ".join((paths.PROGRAM / "docs" / "not-measured.md").read_text("utf-8").split())
    for reason in Reason:
        assert reason.casefold() in page.casefold(), f"docs/not-measured.md lacks: {reason}"


# ---------------------------------------------------------------- what the view shows


def view_of(
    z_m: Array, aim_px: tuple[float, float] = (211.5, 119.5), far_m: float = 1.2
) -> HipView:
    """The view of a level camera 1 m up, aimed at a place `far_m` away."""
    x = (aim_px[0] - CAMERA.cx_px) / CAMERA.fx_px * far_m
    y = (aim_px[1] - CAMERA.cy_px) / CAMERA.fy_px * far_m
    hip = to_levelled(np.array([[x, y + 0.1, far_m]]), LEVEL)[0]
    return hip_view(image_of(z_m), LEVEL, hip)


def flat(far_m: float = 1.2) -> Array:
    return np.full((CAMERA.height_px, CAMERA.width_px), far_m)


def test_a_plain_back_shows_nothing_wrong() -> None:
    sight = sight_of(view_of(flat()), 10.0)
    assert (sight.front_share, sight.hole_share, sight.outside_share) == (0.0, 0.0, 0.0)
    assert sight.filled_share == 1.0


@pytest.mark.parametrize(("columns", "sign"), [((180, 205), -1), ((218, 243), 1)])
def test_an_upright_in_front_is_seen_on_its_side(columns: tuple[int, int], sign: int) -> None:
    z = flat()
    z[:, slice(*columns)] = 1.2 - FRONT_M - 0.2
    sight = sight_of(view_of(z), 10.0)
    assert sight.front_share > 0.2
    assert sign * sight.front_side > 0.3
    assert unreadable(sight) in (Reason.IN_FRONT_LEFT, Reason.IN_FRONT_RIGHT)


def test_holes_and_the_pictures_edge_are_told_apart() -> None:
    z = flat()
    z[80:160, 170:215] = 0.0
    holes = sight_of(view_of(z), 10.0)
    assert holes.hole_share > 0.3
    assert holes.outside_share == 0.0
    edge = sight_of(view_of(flat(), aim_px=(420.0, 119.5)), 10.0)
    assert edge.outside_share > 0.3
    assert edge.hole_share < 0.1
