"""The solids themselves, built anew (environment of hardware/requirements.txt)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip(
    "build123d", reason="the CAD library is only in the environment of hardware/requirements.txt"
)

from hardware.mount import assembly, facts, parts
from hardware.mount.sizes import D435, D455, MOUNT

MADE = Path(__file__).resolve().parents[2] / "hardware" / "mount"
FACTS = json.loads((MADE / "facts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(parts.PRINTED))
def test_each_part_is_one_valid_solid_and_the_committed_one(name: str) -> None:
    solid = parts.PRINTED[name].build(MOUNT)
    assert solid.is_valid
    assert len(solid.solids()) == 1
    assert solid.volume == pytest.approx(FACTS["parts"][name]["volume_mm3"], rel=1e-3)


@pytest.mark.parametrize("size", [50, 60, 70, 75, 80])
def test_the_clamp_fits_the_upright(size: float) -> None:
    assert list(assembly.overlaps(assembly.clamp(size, size))) == []


@pytest.mark.parametrize("size", [50, 80])
def test_no_two_pieces_of_the_whole_unit_touch(size: float) -> None:
    assert list(assembly.overlaps(assembly.unit_on_upright(D435, size, size))) == []


def test_a_clamp_that_does_not_fit_is_found() -> None:
    tight = replace(MOUNT, clamp=replace(MOUNT.clamp, bolt_gap_mm=-3.0))
    found = list(assembly.overlaps(assembly.clamp(60, 60, tight)))
    assert any("upright and clamp bolt" in words for words in found)


@pytest.mark.parametrize("camera", [D435, D455], ids=["d435", "d455"])
def test_the_head_turned_and_tilted_to_its_limits_touches_nothing(camera: object) -> None:
    pan, tilt = MOUNT.head.pan_deg, -MOUNT.head.tilt_deg
    unit = assembly.unit_on_upright(camera, 50, 50, pan, tilt)  # type: ignore[arg-type]
    assert facts._new_overlaps(unit) == []


def test_a_head_that_turns_too_far_is_found() -> None:
    unit = assembly.unit_on_upright(D435, 50, 50, 75, -45)
    assert any("cradle" in words for words in facts._new_overlaps(unit))


def test_the_view_is_free_and_a_finger_in_it_is_found() -> None:
    unit = assembly.unit_on_upright(D455, 80, 80)
    assert facts._in_view(D455, unit, 0, 0, MOUNT) == []
    finger = assembly.shapes.along_x(8, 60, 200, 20)
    unit.append(assembly.Piece("finger", finger, assembly.RUBBER))
    assert any("finger" in words for words in facts._in_view(D455, unit, 0, 0, MOUNT))
