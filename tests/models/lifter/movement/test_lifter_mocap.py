"""Recorded squats put onto a bare skeleton: needs the recordings, not the body model."""

import numpy as np
import pytest

from models.lifter.body import skeleton as sk
from models.lifter.movement.drive import Drive, spine_slopes_deg
from models.lifter.movement.mocap import Recordings
from models.lifter.movement.squat import Moment, Mover, Style
from tests.mocap import FILE, mocap_reps
from tests.models.lifter.movement.test_lifter_movement import posed, shape_rest

FPS = 12.0


@pytest.fixture(scope="module")
def recordings():
    if not FILE.exists():
        pytest.skip("the mocap recordings (shared/data/deep_squat_mocap) are not on this machine")
    return Recordings(FILE)


@pytest.fixture(scope="module")
def movements(recordings):
    return [m for subject in recordings.subjects for m in recordings.movements(subject)]


@pytest.fixture
def drive():
    shape = shape_rest()
    return Drive(shape, Mover(shape, Style(neutral_tilt_deg=9.0)))


def test_ten_reps_of_six_people(recordings, movements):
    assert recordings.subjects == ("s01", "s02", "s03", "s04", "s05", "s06")
    assert len(movements) == 60
    assert {m.subject for m in movements} == set(recordings.subjects)


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="no squat recordings"):
        Recordings(tmp_path / "nothing.npz")


def test_another_marker_set_is_refused(tmp_path):
    file = tmp_path / "other.npz"
    np.savez(file, s01_e01=np.zeros((50, 12, 3), np.int16))
    with pytest.raises(ValueError, match="not \\(frames, 39, 3\\)"):
        Recordings(file)


def test_curves_are_those_read_straight_from_the_markers(movements):
    by_name = {m.name: m for m in movements}
    for rep in mocap_reps():
        movement = by_name[rep.name]
        # the recordings' own zero differs where one begins too late
        for own, other in (
            (movement.tilt, rep.tilt_deg),
            (movement.lumbar, rep.lumbar_flexion_deg),
        ):
            away = own - other
            assert np.ptp(away) < 2.5
            assert np.sqrt(np.mean((away - away.mean()) ** 2)) < 1.0


def test_pelvis_and_lumbar_spine_change_as_the_person_did(movements, drive):
    shape, mover = shape_rest(), Mover(shape_rest(), Style(neutral_tilt_deg=9.0))
    relaxed = mover.pose(Moment())
    zero = spine_slopes_deg(shape, np.array([[relaxed.lumbar_flexion, relaxed.thoracic_flexion]]))
    for movement in movements[::7]:
        rep = movement.rep(FPS)
        poses = drive.poses(rep, "overhead")
        bends = np.array([(p.lumbar_flexion, p.thoracic_flexion) for p in poses])
        lumbar = spine_slopes_deg(shape, bends)[:, 0] - zero[0, 0]
        assert lumbar == pytest.approx(rep.lumbar, abs=0.01)
        tilt = [p.pelvic_tilt - relaxed.pelvic_tilt for p in poses]
        assert tilt == pytest.approx(list(rep.tilt))


def test_feet_stay_planted_and_knees_bend_as_the_person_s(movements, drive):
    for movement in movements[::7]:
        rep = movement.rep(FPS)
        bottom = int(np.argmax(rep.depth))
        pose = drive.poses(rep, "overhead")[bottom]
        skeleton, offset = posed(pose)
        flexion = []
        for i, (side, _) in enumerate(sk.SIDES):
            hip, knee, ankle = (
                skeleton.joint(f"{bone}.{side}") for bone in ("upperleg01", "lowerleg01", "foot")
            )
            planted = (pose.feet.left_ankle_m, pose.feet.right_ankle_m)[i]
            assert ankle + offset == pytest.approx(np.array(planted), abs=1e-3)
            way = np.dot(knee - hip, ankle - knee)
            way /= np.linalg.norm(knee - hip) * np.linalg.norm(ankle - knee)
            flexion.append(np.degrees(np.arccos(way)))
        assert np.mean(flexion) == pytest.approx(rep.knee_flexion[bottom].mean(), abs=4)


def test_a_rep_begins_and_ends_standing(movements):
    for movement in movements[::7]:
        rep = movement.rep(FPS)
        assert rep.depth[[0, -1]].max() < 0.2
        assert rep.depth.max() > 0.95
        assert 1.5 < np.ptp(rep.time_s) < 4


def test_spine_slope_grows_with_the_lumbar_bend_alone():
    bends = np.array([[0.0, 0.0], [20.0, 0.0], [0.0, 10.0]])
    lumbar = spine_slopes_deg(shape_rest(), bends)[:, 0]
    assert 10 < lumbar[1] - lumbar[0] < 20
    assert abs(lumbar[2] - lumbar[0]) < 2
