"""How the training lifters' skin and flesh follow the bones. Needs the recipe environment."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("anny", reason="the body model is only in the recipe environment")

from models.lifter.body.model import Lifter
from models.lifter.body.posed import BodyShape, PoseAngles
from models.lifter.body.skin import ANATOMICAL, OWN, Skin, SkinWay, random_way
from models.lifter.body.tissue import MOST_M, random_flesh, stretched_seat

DEEP = PoseAngles(pelvic_tilt=5, lumbar_flexion=40, thigh=(110, 110), shank=(32, 32))


@pytest.fixture(scope="module")
def lifter() -> Lifter:
    return Lifter()


@pytest.fixture(scope="module")
def skin(lifter: Lifter) -> Skin:
    return Skin(lifter)


def over_crest(lifter: Lifter) -> Any:
    x, y, z = lifter.template.T
    return (np.abs(x) > 0.08) & (np.abs(x) < 0.12) & (y > 0.02) & (np.abs(z - 0.09) < 0.02)


def left_behind_m(lifter: Lifter, skin: Skin, way: SkinWay) -> float:
    """How far the skin over the iliac crests is, in a deep squat, from where the pelvis puts it."""
    body = lifter.pose(BodyShape(), [DEEP])[0]
    chosen = over_crest(lifter)
    rest = lifter.rest(body.shape).vertices[chosen]
    root = body.from_rest[lifter.bones.index("root")]
    carried = rest @ root[:3, :3].T + root[:3, 3]
    return float(
        np.linalg.norm(skin.displaced(body, way).vertices[chosen] - carried, axis=1).mean()
    )


def test_iliac_skin_follows_the_pelvis_the_more_the_way_says(lifter, skin):
    away = [
        left_behind_m(lifter, skin, replace(ANATOMICAL, crest=share, crest_top_m=0.2))
        for share in (0.0, 0.5, 1.0)
    ]
    assert away[0] > 1.5 * away[1] > 2 * away[2]
    assert away[2] < 0.004


def test_a_low_crest_leaves_the_flank_to_the_spine(lifter, skin):
    low, high = (
        left_behind_m(lifter, skin, replace(ANATOMICAL, crest=1.0, crest_top_m=top))
        for top in (0.05, 0.2)
    )
    assert low > 2 * high


def test_a_firm_seat_is_pulled_less_by_the_thighs(lifter, skin):
    body = lifter.pose(BodyShape(), [DEEP])[0]
    x, y, z = lifter.template.T
    seat = (np.abs(np.abs(x) - 0.1) < 0.03) & (y > 0.05) & (np.abs(z + 0.03) < 0.04)
    soft, firm = (
        skin.displaced(body, SkinWay(firm_seat=share)).vertices[seat] for share in (0.0, 0.8)
    )
    own = body.vertices[seat]
    assert np.abs(soft - own).max() < 1e-6
    assert np.linalg.norm(firm - own, axis=1).mean() > 0.005


def seat_behind_the_joint_m(lifter: Lifter, skin: Skin, way: SkinWay) -> float:
    """How far the deep squatter's seat is from the hip joint, on average."""
    body = lifter.pose(BodyShape(), [DEEP])[0]
    x, y, z = lifter.template.T
    seat = (np.abs(x - 0.1) < 0.03) & (y > 0.03) & (np.abs(z + 0.04) < 0.05)
    away = skin.displaced(body, way).vertices[seat] - body.joints["left_hip"]
    return float(np.linalg.norm(away, axis=1).mean())


def test_a_round_seat_lies_further_from_the_hip_joint(lifter, skin):
    flat, full = (seat_behind_the_joint_m(lifter, skin, SkinWay(round=r)) for r in (1e-9, 1.0))
    assert full > flat + 0.002


def test_iliac_skin_near_the_pelvis_goes_with_it(lifter, skin):
    own, near = (left_behind_m(lifter, skin, SkinWay(near=share)) for share in (1e-9, 1.0))
    assert near < 0.4 * own


def test_standing_at_rest_every_skin_is_the_same(lifter, skin):
    body = lifter.pose(BodyShape(), [PoseAngles()])[0]
    rng = np.random.default_rng(4)
    for way in (OWN, *(random_way(rng) for _ in range(3))):
        moved = np.linalg.norm(skin.displaced(body, way).vertices - body.vertices, axis=1)
        assert moved.max() < 0.02


def test_a_seat_is_stretched_only_as_the_hip_bends(lifter):
    rest = lifter.template.astype(float)
    normals = np.tile([0.0, 1.0, 0.0], (len(rest), 1))
    up = np.array([0.0, 0.0, 1.0])
    for seed in range(5):
        flesh = stretched_seat(np.random.default_rng(seed))
        assert np.abs(flesh.displacement(rest, normals, up, 0.0)).max() == 0.0
        bent = flesh.displacement(rest, normals, up, 110.0)
        assert 0 < np.linalg.norm(bent, axis=1).max() <= MOST_M
        in_and_out = bent[:, 1]
        assert in_and_out.min() < 0 < in_and_out.max()


def test_some_lifters_are_firm_and_most_are_not():
    rng = np.random.default_rng(1)
    soft = np.mean([bool(random_flesh(rng).bumps) for _ in range(400)])
    assert 0.65 < soft < 0.85
