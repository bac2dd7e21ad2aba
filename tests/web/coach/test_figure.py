from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from device.records import SKELETON_JOINTS, Joint, Skeleton
from tests.factories import make_trace
from web.coach.figure import (
    BEHIND,
    FLOOR_Y,
    SIDE,
    TOP_Y,
    WIDTH,
    Figure,
    View,
    figure_at,
    figure_scale,
    joints_at,
)
from web.queries import RepRow


def make_row(wink_deg: float = 14.0, verdict: str = "wink", skeleton: bool = True) -> RepRow:
    trace = make_trace(wink_deg)
    unknown = dict.fromkeys(RepRow.__slots__, None)
    known = {"start_s": 0.0, "bottom_s": 2.0, "end_s": 4.0, "threshold_deg": 10.0}
    known |= {"verdict": verdict, "trace": trace if skeleton else replace(trace, skeleton=None)}
    return RepRow(**(unknown | known))  # type: ignore[arg-type]


def drawn(rep: RepRow, time_s: float = 2.0) -> Figure:
    assert rep.trace is not None
    assert rep.trace.skeleton is not None
    scale = figure_scale([rep.trace.skeleton.joints_m])
    assert scale is not None
    figure = figure_at(rep, time_s, scale)
    assert figure is not None
    return figure


def view_of(figure: Figure, name: str) -> View:
    return next(view for view in figure.views if view.name == name)


def places(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path)]


def line(view: View, joints: str) -> list[tuple[float, float]]:
    return places(next(one.path for one in view.lines if one.joints.startswith(joints)))


@pytest.mark.parametrize("time_s", [0.0, 1.0, 2.0, 4.0])
def test_the_whole_rep_stays_in_the_picture(time_s: float) -> None:
    for view in drawn(make_row(), time_s).views:
        for x, y in (place for one in view.lines for place in places(one.path)):
            assert 0 <= x <= WIDTH
            assert TOP_Y <= y <= FLOOR_Y


def test_the_side_view_looks_to_the_right_and_both_stand_on_the_floor() -> None:
    side = view_of(drawn(make_row(), 0.0), SIDE)
    hip, knee, ankle, toe, heel, _ = line(side, "right_hip ")
    assert toe[0] > ankle[0] > heel[0]
    assert hip[1] < knee[1] < ankle[1] < toe[1] <= FLOOR_Y


def test_seen_from_behind_the_right_leg_is_on_the_right() -> None:
    behind = view_of(drawn(make_row()), BEHIND)
    assert line(behind, "right_hip ")[1][0] > line(behind, "left_hip ")[1][0]
    assert places(behind.pelvis) == [line(behind, "left_hip ")[0], line(behind, "right_hip ")[0]]


def test_the_bar_leans_forward_as_the_pelvis_tilts_forward() -> None:
    rep = make_row()
    assert rep.trace is not None
    rep.trace.columns["anterior_pelvic_tilt_deg"][:] = 30.0
    side = view_of(drawn(rep), SIDE)
    (x0, y0), (x1, y1) = places(side.pelvis)
    assert (x1 - x0) / (y0 - y1) == pytest.approx(np.tan(np.radians(30.0)), abs=0.03)
    (upright0, upright1) = places(side.upright)
    assert upright0[0] == upright1[0]


@pytest.mark.parametrize(
    ("wink_deg", "verdict", "time_s", "winked"),
    [
        (14.0, "wink", 2.0, True),
        (14.0, "wink", 0.0, False),  # standing
        (6.0, "clean", 2.0, False),
        (14.0, "not_measured", 2.0, False),  # too unsure to be said
    ],
)
def test_only_a_sure_wink_past_the_threshold_is_marked(
    wink_deg: float, verdict: str, time_s: float, winked: bool
) -> None:
    assert drawn(make_row(wink_deg, verdict), time_s).winked is winked


def test_a_pelvis_that_was_not_measured_is_not_drawn() -> None:
    rep = make_row()
    assert rep.trace is not None
    rep.trace.columns["anterior_pelvic_tilt_deg"][:] = np.nan
    figure = drawn(rep)
    assert [view.pelvis for view in figure.views] == ["", ""]
    assert figure.tilt_deg is None


def test_a_joint_that_is_not_known_breaks_its_line_and_hides_the_head() -> None:
    rep = make_row()
    assert rep.trace is not None
    assert rep.trace.skeleton is not None
    joints = rep.trace.skeleton.joints_m
    joints[:, SKELETON_JOINTS.index(Joint.RIGHT_ELBOW)] = np.nan
    joints[:, SKELETON_JOINTS.index(Joint.LEFT_EAR)] = np.nan
    side = view_of(drawn(rep, 0.0), SIDE)
    arm = next(one.path for one in side.lines if one.joints.startswith("right_shoulder"))
    assert (arm.count("M"), arm.count("L")) == (2, 0)
    assert side.head is None


def test_a_rep_without_joints_or_unseen_at_the_moment_has_no_figure() -> None:
    scale = figure_scale([np.zeros((1, len(SKELETON_JOINTS), 3))])
    assert scale is not None
    assert figure_scale([]) is None
    assert figure_at(make_row(skeleton=False), 2.0, scale) is None
    rep = make_row()
    assert rep.trace is not None
    assert rep.trace.skeleton is not None
    away = np.abs(rep.trace.skeleton.time_s - 2.0) > 0.5
    left = Skeleton(rep.trace.skeleton.time_s[away], rep.trace.skeleton.joints_m[away], metric=True)
    assert joints_at(replace(rep, trace=replace(rep.trace, skeleton=left)), 2.0) is None
    assert joints_at(replace(rep, trace=None), 2.0) is None
