"""Two blendings between bones, and weights from their nearness: numpy and scipy alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.lifter.body.blending import blended_linear, blended_round, near_weights

pytest.importorskip("scipy", reason="round blending turns with scipy, of the recipe environment")

JOINT = np.array([0.0, 0.0, 0.5])
# a tube of 5 cm around a joint between two bones, one below and one above it
ROUND = np.linspace(0, 2 * np.pi, 24, endpoint=False)
TUBE = np.array(
    [(0.05 * np.cos(a), 0.05 * np.sin(a), z) for z in np.linspace(0.3, 0.7, 21) for a in ROUND]
)
UPPER = 1 / (1 + np.exp(-(TUBE[:, 2] - 0.5) / 0.03))
WEIGHTS = np.stack([1 - UPPER, UPPER], axis=1)


def bent(angle_deg: float) -> np.ndarray:
    """(2, 4, 4): the lower bone stays, the upper turns about x through the joint."""
    turn = np.radians(angle_deg)
    upper = np.eye(4)
    upper[1:3, 1:3] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    upper[:3, 3] = JOINT - upper[:3, :3] @ JOINT
    return np.stack([np.eye(4), upper])


def girth_at_joint_m(tube: np.ndarray) -> float:
    ring = np.abs(TUBE[:, 2] - 0.5) < 1e-9
    return float(np.linalg.norm(tube[ring] - JOINT, axis=1).mean())


def test_round_blending_keeps_the_girth_where_linear_blending_collapses() -> None:
    pose = bent(120)
    linear = girth_at_joint_m(blended_linear(TUBE, pose, WEIGHTS))
    kept = girth_at_joint_m(blended_round(TUBE, pose, WEIGHTS, {(0, 1): JOINT}))
    assert linear < 0.04
    assert kept == pytest.approx(0.05, abs=1e-4)


@given(st.floats(-150, 150))
def test_far_from_the_joint_both_go_with_their_bone(angle_deg: float) -> None:
    pose = bent(angle_deg)
    far = np.abs(TUBE[:, 2] - 0.5) > 0.19
    sure = np.round(WEIGHTS[far])
    linear = blended_linear(TUBE[far], pose, sure)
    turned = blended_round(TUBE[far], pose, sure, {(0, 1): JOINT})
    assert np.allclose(linear, turned, atol=1e-9)


def test_bones_that_share_no_joint_blend_a_vertex_about_itself() -> None:
    pose = bent(80)
    linear, turned = (
        blended_linear(TUBE, pose, WEIGHTS),
        blended_round(TUBE, pose, WEIGHTS, {}),
    )
    assert np.allclose(linear, turned, atol=1e-9)


def test_weights_are_the_nearest_bones_and_a_stronger_pull_reaches_further() -> None:
    lines = {
        "low": [(np.array([0.0, 0.0, 0.0]), np.array([0.0, 0.0, 0.4]))],
        "high": [(np.array([0.0, 0.0, 0.6]), np.array([0.0, 0.0, 1.0]))],
    }
    points = np.array([(0.05, 0.0, z) for z in (0.2, 0.5, 0.8)])
    even = near_weights(points, lines, 4.0, {"low": 1.0, "high": 1.0})
    assert np.allclose(even.sum(axis=1), 1.0)
    assert even[0, 0] > 0.95
    assert even[1] == pytest.approx([0.5, 0.5])
    assert even[2, 1] > 0.95
    assert near_weights(points, lines, 4.0, {"low": 1.5, "high": 1.0})[1, 0] > 0.8
    soft = near_weights(points, lines, 2.5, {"low": 1.0, "high": 1.0})
    assert soft[0, 0] < even[0, 0]
