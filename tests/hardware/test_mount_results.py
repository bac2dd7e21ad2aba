"""What is committed was made from today's sizes, is watertight and prints without supports."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from hardware.mount import loads, page
from hardware.mount.sizes import MOUNT, UPRIGHTS_MM, as_record

ROOT = Path(__file__).resolve().parents[2]
MADE = ROOT / "hardware" / "mount"
STALE = "the mount's files are older than its sizes: run `make mount`"
FACTS: dict[str, Any] = json.loads((MADE / "facts.json").read_text(encoding="utf-8"))
PARTS = sorted(FACTS["parts"])
# Roofs of lying holes, recesses and slots, which a printer bridges: how wide one may be.
BRIDGE_MM = 8.0


def triangles(name: str) -> npt.NDArray[np.float64]:
    """Corners (n, 3, 3) of a binary STL."""
    data = (MADE / "stl" / f"{name}.stl").read_bytes()
    count = int(np.frombuffer(data[80:84], "<u4")[0])
    assert len(data) == 84 + 50 * count, "not a binary STL"
    kind = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("rest", "<u2")])
    return np.frombuffer(data[84:], kind)["corners"].astype(np.float64)


def is_watertight(corners: npt.NDArray[np.float64]) -> bool:
    """Every edge belongs to two triangles, which run along it in opposite directions."""
    points, index = np.unique(np.round(corners.reshape(-1, 3), 4), axis=0, return_inverse=True)
    faces = index.reshape(-1, 3)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = edges[edges[:, 0] != edges[:, 1]]
    forth = edges[:, 0] * len(points) + edges[:, 1]
    back = edges[:, 1] * len(points) + edges[:, 0]
    return len(np.unique(forth)) == len(forth) and bool((np.sort(forth) == np.sort(back)).all())


def volume_mm3(corners: npt.NDArray[np.float64]) -> float:
    """Divergence theorem: the sum of signed tetrahedra."""
    return (
        float(np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum())
        / 6
    )


def roofs(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The triangles that hang over at less than 45 degrees from level, off the bed."""
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    long = np.linalg.norm(across, axis=1)
    level = across[:, 2] / np.maximum(long, 1e-12)
    hanging = (level < -np.sin(np.radians(46))) & (corners[:, :, 2].max(axis=1) > 0.3)
    return corners[hanging & (long > 0)]


def bridges_mm(over: npt.NDArray[np.float64]) -> list[float]:
    """The narrower horizontal side of every connected overhang."""
    groups: list[tuple[set[tuple[float, ...]], list[npt.NDArray[np.float64]]]] = []
    for corners in over:
        keys = {tuple(np.round(corner, 3)) for corner in corners}
        touching = [group for group in groups if group[0] & keys]
        members = [corners, *(member for group in touching for member in group[1])]
        groups = [group for group in groups if not group[0] & keys]
        groups.append((keys.union(*(group[0] for group in touching)), members))
    return [float(np.ptp(np.concatenate(g[1])[:, :2], axis=0).min()) for g in groups]


def test_the_files_are_those_of_todays_sizes() -> None:
    assert FACTS["sizes"] == json.loads(json.dumps(as_record())), STALE


def test_the_page_is_what_the_facts_say() -> None:
    assert (MADE / "README.md").read_text(encoding="utf-8") == page.mount_page(FACTS), STALE


def test_every_part_has_stl_and_step_and_no_other_file_is_left() -> None:
    assert {file.stem for file in (MADE / "stl").glob("*")} == set(PARTS)
    assert {file.stem for file in (MADE / "step").glob("*")} == set(PARTS)
    for name in PARTS:
        step = (MADE / "step" / f"{name}.step").read_text(encoding="utf-8")
        assert step.startswith("ISO-10303-21;")
        assert "MANIFOLD_SOLID_BREP" in step
        assert step.rstrip().endswith("END-ISO-10303-21;")


@pytest.mark.parametrize("name", PARTS)
def test_solids_are_valid_and_stls_watertight(name: str) -> None:
    part, corners = FACTS["parts"][name], triangles(name)
    assert part["valid"]
    assert is_watertight(corners)
    assert volume_mm3(corners) == pytest.approx(part["volume_mm3"], rel=0.01)
    assert np.ptp(corners.reshape(-1, 3), axis=0) == pytest.approx(part["size_mm"], abs=0.1)


def test_a_hole_in_an_stl_is_found() -> None:
    corners = triangles("knuckle")
    assert not is_watertight(corners[1:])
    turned = corners.copy()
    turned[0] = turned[0, ::-1]
    assert not is_watertight(turned)


@pytest.mark.parametrize("name", PARTS)
def test_parts_lie_on_the_bed_and_need_no_supports(name: str) -> None:
    corners = triangles(name)
    assert corners[:, :, 2].min() == pytest.approx(0, abs=1e-3)
    assert max(bridges_mm(roofs(corners)), default=0) <= BRIDGE_MM


def test_a_part_lying_the_wrong_way_is_found() -> None:
    bracket = triangles("bracket")
    on_its_side = bracket[:, :, [0, 2, 1]][:, ::-1]  # ears level: the upper one hangs in the air
    assert max(bridges_mm(roofs(on_its_side))) > BRIDGE_MM


def test_every_upright_width_by_depth_was_tried_and_fits() -> None:
    tried = {(row["wide_mm"], row["deep_mm"]): row for row in FACTS["fits"]}
    assert set(tried) == set(product(UPRIGHTS_MM, UPRIGHTS_MM))
    for row in tried.values():
        assert row["overlaps"] == []
        assert row["bolt"] == f"M8 x {MOUNT.clamp.bolt_length_mm(row['deep_mm'])}"


def test_nothing_touches_or_hides_the_view_in_any_pose() -> None:
    assert FACTS["pose_problems"] == []
    assert FACTS["other_problems"] == []


def test_the_loads_on_the_page_are_those_of_the_calculation() -> None:
    masses = FACTS["masses"]
    checks = loads.all_checks(masses["unit_g"] / 1000, masses["before_pan_g"] / 1000)
    assert [row["name"] for row in FACTS["loads"]] == [check.name for check in checks]
    for row, check in zip(FACTS["loads"], checks, strict=True):
        assert row["holds"] and check.holds
        assert row["safety"] == pytest.approx(check.safety, abs=0.01)


def test_the_whole_folder_stays_small() -> None:
    files = [file for file in (ROOT / "hardware").rglob("*") if "__pycache__" not in file.parts]
    assert sum(file.stat().st_size for file in files if file.is_file()) <= 3_000_000
