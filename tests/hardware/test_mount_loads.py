"""The mount bears what it must, and the calculation can say no."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hardware.mount import loads
from hardware.mount.sizes import MOUNT

UNIT_KG, BEFORE_PAN_KG = 2.2, 0.4  # above the figures in facts.json


def weak(**changes: object) -> set[str]:
    mount = replace(MOUNT, **changes)
    return {c.name for c in loads.all_checks(UNIT_KG, BEFORE_PAN_KG, mount) if not c.holds}


def test_every_load_is_borne_with_its_safety() -> None:
    checks = loads.all_checks(UNIT_KG, BEFORE_PAN_KG)
    assert len(checks) >= 20
    assert [c.name for c in checks if not c.holds] == []
    assert all(c.safety >= c.must_be for c in checks)


def test_a_thinner_knuckle_is_too_weak() -> None:
    assert "knuckle at the pan hole" in weak(head=replace(MOUNT.head, barrel_mm=22.0))


def test_a_thinner_jaw_would_creep() -> None:
    assert "jaw, bent by its bolts, lasting" in weak(clamp=replace(MOUNT.clamp, thickness_mm=10.0))


def test_a_longer_boom_is_too_long() -> None:
    boom = replace(MOUNT.boom, longest_mm=2500.0)
    assert "boom tube" in weak(boom=boom)


def test_a_knock_three_times_as_hard_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loads, "KNOCK_N", 900.0)
    assert "bracket's ears, knock from the side" in weak()


def test_a_beams_modulus_is_the_textbooks() -> None:
    assert loads.rectangle_mm3(10, 44) == pytest.approx(3226.7, abs=0.1)


def test_the_pan_joint_gives_way_before_the_parts_do() -> None:
    assert 50 < loads.slip_n() < loads.KNOCK_N / 2


def test_the_boom_hangs_down_by_the_cantilevers_formula() -> None:
    # 0.5 kg, 1.11 m free, E 70 GPa, I of a 25 x 25 x 2 tube 16345 mm4
    expected = 0.5 * 9.81 * 1110**3 / (3 * 70_000 * 16_345.3)
    assert loads.boom_sag_mm(0.5) == pytest.approx(expected, rel=1e-3)
