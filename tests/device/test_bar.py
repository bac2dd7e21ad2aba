"""The bar beside both shoulders, in ray-cast depth of boxes: bars, uprights, arms, plates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from bodies import Pose, body_of
from hypothesis import given, settings
from hypothesis import strategies as st

from device.bar import bar_across_shoulders
from device.geometry import levelled_from_camera
from device.records import Array, BodyPose, DepthImage, Floor, Joint
from tests.device.scenes import CAMERA, floor_and_wall, image_of, rays, up_of

HEIGHT_M = 1.1
BOTTOM = Pose(knee_deg=105.0, shin_deg=30.0, lean_deg=40.0, hands="hidden", feet_m=(0.0, -1.5))
Box = tuple[Sequence[float], Sequence[float]]  # lowest and highest corner, levelled axes, m


def seen(body: BodyPose, boxes: Sequence[Box], up: Array, noise: float = 0.0) -> bool:
    """What is told of a floor, a wall and these boxes placed about the middle of the shoulders."""
    middle = body.joints_m[[Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER]].mean(axis=0)
    wall = floor_and_wall(up, HEIGHT_M, 3.5)
    z_m = wall.raw * wall.unit_m
    z_m[z_m == 0] = np.inf
    for low, high in boxes:
        z_m = np.minimum(z_m, _box_depth(up, middle + low, middle + high))
    depth: DepthImage = image_of(z_m, noise)
    return bar_across_shoulders(depth, Floor(up, HEIGHT_M, 0.5), body)


def _box_depth(up: Array, low: Array, high: Array) -> Array:
    """Depth along the optical axis of an upright box, by the slab method; inf beside it."""
    ways = rays(CAMERA) @ levelled_from_camera(up).T
    camera = np.array([0.0, HEIGHT_M, 0.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (low - camera) / ways, (high - camera) / ways
    near = np.minimum(first, second).max(axis=-1)
    far = np.maximum(first, second).min(axis=-1)
    return np.where((near <= far) & (near > 0), near, np.inf)


def bar(up_m: float = 0.0, ahead_m: float = -0.05, half_m: float = 1.1) -> Box:
    return (-half_m, up_m - 0.014, -ahead_m - 0.014), (half_m, up_m + 0.014, -ahead_m + 0.014)


def plate(across_m: float) -> Box:
    return (across_m - 0.02, -0.225, -0.2), (across_m + 0.02, 0.225, 0.25)


def upright(across_m: float, ahead_m: float = 0.1) -> Box:
    return (across_m - 0.03, -0.9, -ahead_m - 0.03), (across_m + 0.03, 1.2, -ahead_m + 0.03)


def bottom(**changes: object) -> BodyPose:
    return body_of(replace(BOTTOM, **changes), 0.0, with_joints=True)  # type: ignore[arg-type]


@settings(max_examples=30, deadline=None)
@given(
    pitch_deg=st.floats(0, 25),
    quarter_turns=st.integers(0, 3),
    up_m=st.floats(-0.12, 0.08),
    ahead_m=st.floats(-0.12, 0.12),
    knee_deg=st.floats(55, 120),
)
def test_a_bar_is_seen_however_the_unit_hangs_and_the_bar_lies(
    pitch_deg: float, quarter_turns: int, up_m: float, ahead_m: float, knee_deg: float
) -> None:
    body = bottom(knee_deg=knee_deg)
    up = up_of(pitch_deg, 0.0, quarter_turns)
    assert seen(body, [bar(up_m, ahead_m), plate(-0.75), plate(0.75)], up, noise=0.002)


@pytest.mark.parametrize(
    ("what", "boxes"),
    [
        ("nobody holds anything", []),
        ("plates without a bar", [plate(-0.75), plate(0.75)]),
        ("uprights at both sides", [upright(-0.5), upright(0.5)]),
        ("one thing at one side", [((0.42, -0.01, -0.01), (0.9, 0.01, 0.01))]),
        ("elbows spread at shoulder height", [((-0.40, -0.05, -0.05), (0.40, 0.05, 0.05))]),
        ("a bar in the rack ahead", [bar(0.0, 0.5)]),
        ("a bar in hands that hang", [bar(-0.55, 0.0)]),
        ("a bar overhead", [bar(0.45, 0.0)]),
    ],
)
def test_what_is_no_bar_on_the_shoulders_is_none(what: str, boxes: list[Box]) -> None:
    assert not seen(bottom(), boxes, up_of(12.0, 0.0, 1)), what


def test_a_bar_beside_one_upright_is_still_a_bar() -> None:
    assert seen(bottom(), [bar(), upright(0.47)], up_of(12.0, 0.0, 1))


def test_the_racked_bar_stays_behind_as_the_lifter_goes_down() -> None:
    up, standing = up_of(12.0, 0.0, 1), Pose(hands="hanging", feet_m=(0.0, -1.5))
    racked = bar(up_m=-0.03, ahead_m=0.1)
    upright_body = body_of(standing, 0.0, with_joints=True)
    assert seen(upright_body, [racked], up)  # under it: that is why only a squat is asked
    fallen_m = (
        upright_body.joints_m[Joint.LEFT_SHOULDER][1] - bottom().joints_m[Joint.LEFT_SHOULDER][1]
    )
    assert fallen_m > 0.3
    low, high = racked
    lifted = ((low[0], low[1] + fallen_m, low[2]), (high[0], high[1] + fallen_m, high[2]))
    assert not seen(bottom(), [lifted], up)


def test_where_nothing_can_be_told_nothing_is() -> None:
    up, body = up_of(12.0, 0.0, 1), bottom()
    unknown = body.joints_m.copy()
    unknown[Joint.LEFT_SHOULDER] = np.nan
    together = body.joints_m.copy()
    together[Joint.LEFT_SHOULDER] = together[Joint.RIGHT_SHOULDER]
    behind = body.joints_m + np.array([0.0, 0.0, 3.0])
    depth = floor_and_wall(up, HEIGHT_M, 3.5)
    for changed in (
        replace(body, joints_m=unknown),
        replace(body, joints_m=together),
        replace(body, joints_m=behind),
        replace(body, metric=False),
    ):
        assert not bar_across_shoulders(depth, Floor(up, HEIGHT_M, 0.5), changed)
