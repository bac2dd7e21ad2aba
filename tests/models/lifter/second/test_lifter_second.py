"""The second generator: skinning, soft tissue, cloth. Needs the recipe environment."""

import json
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("anny", reason="the body model is only in the recipe environment")
pytest.importorskip("embreex", reason="the ray caster is only in the recipe environment")

from models.lifter.body.posed import BodyShape, PoseAngles, placed
from models.lifter.scene.hip_view import View, seen_view
from models.lifter.scene.render import Scene
from models.lifter.second.generator import Dress, SecondStudio, random_dress
from models.lifter.second.tissue import MOST_M, SoftSeat

STANDING = PoseAngles(thigh=(3, 3), shank=(3, 3), pelvic_tilt=8)
BOTTOM = PoseAngles(
    thigh=(110, 110), shank=(35, 35), abduction=(25, 25), pelvic_tilt=15, lumbar_flexion=40
)
SOFT = Dress(seat=SoftSeat(peak_m=MOST_M))


@pytest.fixture(scope="module")
def studio():
    return SecondStudio()


@pytest.fixture(scope="module")
def bodies(studio):
    return studio.lifter.pose(BodyShape(), [STANDING, BOTTOM])


def sacral(studio):
    """Skin over the sacrum, of the template."""
    x, y, z = studio.lifter.template[studio._vertices].T
    return (np.abs(x) < 0.05) & (y > 0.03) & (z > 0) & (z < 0.1)


def pitch_deg(points):
    normal = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2][2]
    normal *= np.sign(normal[1])
    return np.degrees(np.arctan2(normal[2], normal[1]))


def test_bones_of_a_posed_body_carry_skin_that_follows_one_bone_alone(studio, bodies):
    lifter = studio.lifter
    alone = np.flatnonzero(lifter.bone_weights.max(axis=1) > 0.9999)
    strongest = lifter.bone_weights[alone].argmax(axis=1)
    bone = lifter.bone_indices[alone, strongest]
    rest = lifter.rest(BodyShape()).vertices[alone]
    assert len(set(bone)) > 20
    for body in (*bodies, placed(bodies[1], 0.4, -0.2, 30)):
        carry = body.from_rest[bone]
        there = np.einsum("nij,nj->ni", carry[:, :3, :3], rest) + carry[:, :3, 3]
        assert np.abs(there - body.vertices[alone]).max() < 1e-4


def test_skin_stays_at_rest_where_no_bone_moves(studio):
    rest = studio.lifter.rest(BodyShape()).vertices.astype(float)
    still = np.tile(np.eye(4), (len(studio.lifter.bones), 1, 1))
    assert np.abs(studio._skin.posed(rest, still) - rest).max() < 1e-9


def test_sacral_skin_follows_the_pelvis(studio, bodies):
    standing, low = (studio.skin_m(body, Dress()) for body in bodies)
    turned = pitch_deg(low[sacral(studio)]) - pitch_deg(standing[sacral(studio)])
    assert turned == pytest.approx(bodies[1].truth.tilt_deg - bodies[0].truth.tilt_deg, abs=3)


def test_skin_is_posed_otherwise_than_by_the_body_model(studio, bodies):
    away = [
        np.linalg.norm(studio.skin_m(body, Dress()) - body.vertices[studio._vertices], axis=1)
        for body in bodies
    ]
    seat = studio._over_pelvis
    assert away[1][seat].mean() > 3 * away[0][seat].mean()
    assert np.median(away[1][seat]) < 0.05


def test_soft_tissue_grows_with_hip_flexion_up_to_15_mm(studio):
    poses = [replace(BOTTOM, thigh=(angle, angle)) for angle in (0, 30, 60, 90, 120)]
    moved = [studio.soft_tissue_mm(body, SOFT) for body in studio.lifter.pose(BodyShape(), poses)]
    assert moved == sorted(moved)
    assert moved[0] < 4
    assert 9 < moved[-1] <= 15.0 + 1e-9


def test_firm_lifters_have_none(studio, bodies):
    assert studio.soft_tissue_mm(bodies[1], Dress()) == 0


def test_soft_tissue_leaves_the_truth_alone(studio, bodies):
    before = bodies[1].truth, dict(bodies[1].joints)
    studio.mesh(bodies[1], SOFT)
    assert (bodies[1].truth, bodies[1].joints) == before


@pytest.mark.parametrize("seed", range(6))
def test_clothed_bodies_have_no_spikes(studio, bodies, seed):
    dress = random_dress(np.random.default_rng(seed))
    for body in bodies:
        mesh = studio.mesh(body, dress)
        assert np.isfinite(mesh.vertices).all()
        corners = mesh.vertices[mesh.faces]
        assert np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=-1).max() < 0.15
        skin = studio.skin_m(body, dress)
        low, high = skin.min(axis=0), skin.max(axis=0)
        assert (mesh.vertices > low - 0.08).all()
        assert (mesh.vertices < high + 0.08).all()


def test_loose_cloth_is_further_out_than_tight_cloth(studio, bodies):
    tight = Dress(shirt_loose_m=0.002, shirt_slack_m=0, shorts_loose_m=0.002, shorts_slack_m=0)
    loose = replace(tight, shirt_loose_m=0.015, shorts_loose_m=0.015, shirt_slack_m=0.05)
    shape = [studio.mesh(bodies[0], dress) for dress in (tight, loose)]
    assert len(shape[0].vertices) == len(shape[1].vertices)
    away = np.linalg.norm(shape[1].vertices - shape[0].vertices, axis=1)
    assert np.median(away[away > 1e-6]) > 0.008


def test_a_belt_is_a_ring_of_its_own(studio, bodies):
    bare, belted = (studio.mesh(bodies[1], Dress(belt=belt)) for belt in (False, True))
    ring = belted.vertices[belted.colors[:, 0] == np.float32(0.25)]
    assert not (bare.colors[:, 0] == np.float32(0.25)).any()
    centre = ring.mean(axis=0)
    thin = np.linalg.svd(ring - centre, full_matrices=False)[2][2]  # its axis
    assert np.abs((ring - centre) @ thin).max() < 0.06
    spine = bodies[1].pelvis_rotation[:, 2] + bodies[1].thorax_rotation[:, 2]
    assert abs(thin @ spine) / np.linalg.norm(spine) > 0.85


def test_a_dress_tells_its_facts_as_json():
    drawn = [random_dress(np.random.default_rng(seed)) for seed in range(200)]
    assert json.loads(json.dumps(drawn[0].facts)) == drawn[0].facts
    assert 0.15 < np.mean([dress.belt for dress in drawn]) < 0.35
    assert {dress.kind for dress in drawn} == {"tight", "tucked", "out"}
    assert random_dress(np.random.default_rng(3)) == drawn[3]


def test_it_fits_the_crops_of_the_first_generator(studio, bodies):
    scene = Scene([studio.mesh(bodies[0], SOFT)])
    view = View(20.0, 1.2, 1.1, 90, 0.05)
    seen = seen_view(studio, scene, bodies[0], view, np.random.default_rng(1)).view
    assert seen.filled_share > 0.6
    again = seen_view(studio, scene, bodies[0], view, np.random.default_rng(1)).view
    assert again.points.shape == seen.points.shape == (64, 64, 4)
