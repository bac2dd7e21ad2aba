"""Bill, quick start and placement say what the files, the program and the numbers say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from device.placement import ENVELOPES
from hardware import bill, placement
from hardware.mount.sizes import M8, MOUNT, joint_bolt_length_mm
from models.lifter.judging import breakdown

ROOT = Path(__file__).resolve().parents[2]
HARDWARE = ROOT / "hardware"
PAGES = [*sorted(HARDWARE.glob("*.md")), HARDWARE / "mount" / "README.md"]


def test_the_readmes_bill_is_the_file() -> None:
    assert bill.table() in (HARDWARE / "README.md").read_text(encoding="utf-8"), (
        "run `python -m hardware.bill` and put its table into hardware/README.md"
    )


def test_every_part_of_the_bill_has_a_quantity_and_a_purpose() -> None:
    rows = bill.rows()
    assert len(rows) > 30
    for row in rows:
        assert row["part"] and re.match(r"\d", row["quantity"]) and row["what it is for"]
        assert None not in row, f"too many commas: {row}"


def test_the_bill_names_no_price_and_no_shop() -> None:
    text = bill.table().lower()
    assert not re.search(r"[€$£]|\bprice|\beur\b|\busd\b|\bshop\b|http", text)


def test_the_bills_bolts_are_those_the_mount_needs() -> None:
    parts = {row["part"] for row in bill.rows()}
    head = MOUNT.head
    axis = M8.length_for_mm(head.ears_apart_mm + 2 * (head.ear_mm + M8.washer_mm))
    assert f"bolt M8 x {axis} hexagon" in parts
    for stack in (head.bracket_mm, 6.0, MOUNT.boom.tube_mm + MOUNT.boom.floor_mm):
        assert f"bolt M6 x {joint_bolt_length_mm(stack)} hexagon" in parts


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HARDWARE)))
def test_every_link_and_picture_is_there(page: Path) -> None:
    text = re.sub(r"<!--.*?-->", "", page.read_text(encoding="utf-8"), flags=re.S)
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", text)
    assert targets
    for target in targets:
        assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_quick_start_uses_what_setup_can_do_and_marks_what_it_cannot() -> None:
    page = (HARDWARE / "quick-start.md").read_text(encoding="utf-8")
    script = (ROOT / "setup.sh").read_text(encoding="utf-8")
    assert len(page.split()) < 700, "one page"
    for verb in re.findall(r"\./setup\.sh (\w+)", page):
        can = re.search(rf"^ *{verb}\)", script, re.M) is not None
        marked = f"setup.sh {verb}           # NOT THERE YET" in page
        assert can != marked, f"setup.sh {verb}: {'there now' if can else 'not there'}"


def test_the_drawings_are_todays() -> None:
    for name, (drawing, title) in placement.drawings().items():
        written = (HARDWARE / "pictures" / f"{name}.svg").read_text(encoding="utf-8")
        assert written == drawing.svg(title), "run `python -m hardware.placement`"


@pytest.mark.parametrize("place", placement.PLACES, ids=lambda place: place.name)
def test_every_recommended_place_sees_the_back_from_near_enough(place: placement.Place) -> None:
    assert place.azimuth_deg <= placement.AZIMUTH_DEG
    assert place.distance_m <= placement.FARTHEST_M["D455"]
    if place is not placement.BOOM:
        assert place.distance_m <= placement.FARTHEST_M["D435"]
        assert placement.HEIGHT_M[0] <= place.height_m <= placement.HEIGHT_M[1]


@pytest.mark.parametrize("place", placement.PLACES, ids=lambda place: place.name)
def test_shoulders_and_feet_lie_inside_the_d455s_pictures(place: placement.Place) -> None:
    from math import atan2, degrees, hypot

    away = hypot(place.x_m, place.y_m)
    half = min(placement.DEPTH_DEG[1], placement.COLOR_DEG["D455"][1]) / 2
    for height in (0.0, placement.SHOULDERS_M):
        down = degrees(atan2(place.height_m - height, away))
        assert abs(down - place.down_deg) <= half, f"{height} m high"


def test_the_guide_the_check_and_the_evaluation_mean_the_same_places() -> None:
    page = (HARDWARE / "placement.md").read_text(encoding="utf-8")
    for envelope in ENVELOPES.values():
        near, far = envelope.distance_m
        assert far == placement.FARTHEST_M[envelope.camera]
        assert near <= placement.NEAREST_M[envelope.camera]
        assert placement.HEIGHT_M == envelope.height_m == breakdown.HEIGHT_M
        assert placement.AZIMUTH_DEG == envelope.azimuth_deg == breakdown.MAX_AZIMUTH_DEG
        assert breakdown.DISTANCE_M[envelope.camera] == envelope.distance_m
        assert f"{placement.NEAREST_M[envelope.camera]:g} to {far:g} m" in page
        assert f"{near:g} to {far:g} m" in page
    assert f"up to {placement.AZIMUTH_DEG:g} degrees" in page


def test_the_nearest_distance_shows_a_whole_lifter_and_nearer_would_not() -> None:
    for camera, near in placement.NEAREST_M.items():
        angle = min(placement.COLOR_DEG[camera][1], placement.DEPTH_DEG[1])
        assert placement.covered_m(angle, near) >= placement.SHOULDERS_M
    narrow = placement.COLOR_DEG["D435"][1]
    assert placement.covered_m(narrow, 0.9) < placement.SHOULDERS_M


def test_the_boom_hangs_above_a_standing_lifters_bar() -> None:
    bar_of_a_tall_lifter_m = 1.72
    assert placement.BOOM.height_m >= bar_of_a_tall_lifter_m + 0.15


def test_the_page_keeps_a_place_for_the_evaluations_map() -> None:
    page = (HARDWARE / "placement.md").read_text(encoding="utf-8")
    there = (ROOT / "docs" / "pictures" / "placement-map.png").exists()
    assert "docs/pictures/placement-map.png" in page
    assert ("not here yet" in page) != there, "the map is there: show it" if there else "no map"
