"""A hip view's place in the world."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from device.crop import HipView
from models.lifter.scene.hip_view import SeenHips, View


def seen_from(azimuth_deg: float, centre_m: np.ndarray) -> SeenHips:
    position = View(azimuth_deg, 1.4, 1.1, 0, 0.05).position(centre_m)
    sight = (centre_m - position)[:2]
    empty = HipView(np.zeros((64, 64, 4), np.float32), 0.0, 0.0, 1.4, 0.0, 0.004)
    return SeenHips(empty, centre_m, float(np.degrees(np.arctan2(sight[0], -sight[1]))))


@given(azimuth_deg=st.floats(-180, 180))
def test_a_point_nearer_to_the_camera_lies_towards_it(azimuth_deg):
    centre = np.array([0.2, -0.1, 0.9])
    camera = View(azimuth_deg, 1.4, 1.1, 0, 0.05).position(centre)
    level = (camera - centre) * (1, 1, 0)
    nearer = centre + 0.3 * level / np.linalg.norm(level)
    [place] = seen_from(azimuth_deg, centre).from_world(nearer[None])
    assert np.allclose(place, [0, 0, 0.3], atol=1e-6)


@given(azimuth_deg=st.floats(-180, 180), point=st.tuples(*[st.floats(-1, 1)] * 3))
def test_lengths_and_heights_stay(azimuth_deg, point):
    centre = np.array([0.2, -0.1, 0.9])
    [place] = seen_from(azimuth_deg, centre).from_world(centre[None] + point)
    assert np.isclose(np.linalg.norm(place), np.linalg.norm(point), atol=1e-9)
    assert np.isclose(place[1], point[2])


def test_from_behind_the_lifters_left_is_on_the_left():
    centre = np.array([0.0, 0.0, 0.9])
    [place] = seen_from(0.0, centre).from_world(centre[None] + [0.2, 0, 0])
    assert place[0] < 0
