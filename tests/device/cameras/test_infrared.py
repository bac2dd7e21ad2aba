"""The RealSense's left infrared image as the pose model's picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from camera_rig import DEPTH, Rig

from device.cameras import open_camera
from device.cameras.realsense import RealSenseCamera
from device.errors import NoCameraError
from device.geometry import project
from device.records import Bytes, Depth, Extrinsics, Frame
from device.settings import CameraSettings

NOT_MOVED = Extrinsics(np.eye(3), np.zeros(3))
SIZE = (DEPTH.height_px, DEPTH.width_px)


def grey(number: int) -> tuple[Bytes, Depth]:
    rng = np.random.default_rng(number)
    return (
        rng.integers(0, 255, SIZE, dtype=np.uint8),
        rng.integers(300, 4000, SIZE, dtype=np.uint16),
    )


@pytest.fixture
def rig() -> Rig:
    return Rig(color=DEPTH, to_color=NOT_MOVED, color_format="y8")


def pushed(rig: Rig, camera: RealSenseCamera, count: int) -> Iterator[Frame]:
    frames = iter(camera)
    for number in range(1, count + 1):
        rig.software.push(number, 10 + number / 30, *grey(number))
        yield next(frames)


def test_the_infrared_image_is_the_picture(rig: Rig) -> None:
    with rig.camera() as camera:
        for frame in pushed(rig, camera, 4):
            infrared, depth = grey(frame.number)
            assert frame.color_rgb.shape == (*SIZE, 3)
            assert all(np.array_equal(frame.color_rgb[:, :, i], infrared) for i in range(3))
            assert frame.depth is not None
            assert np.array_equal(frame.depth.raw, depth)


def test_depth_and_picture_are_one_lens(rig: Rig) -> None:
    with rig.camera() as camera:
        (frame,) = pushed(rig, camera, 1)
        assert "infrared 320x240" in camera.describe()
    assert frame.depth is not None
    assert frame.color == frame.depth.intrinsics
    points = np.array([[0.3, -0.2, 1.2], [0.0, 0.4, 0.8]])
    moved = points @ frame.depth.to_color.rotation.T + frame.depth.to_color.translation_m
    assert np.allclose(project(moved, frame.color), project(points, frame.depth.intrinsics))


def test_a_camera_without_such_an_image_is_told(rig: Rig) -> None:
    colour = Rig()
    wanted = replace(colour.settings, colour_source="infrared")
    with pytest.raises(NoCameraError, match="no depth 320x240 with infrared at 30 fps"):
        RealSenseCamera(wanted, device=colour.software.device).__enter__()


def test_a_recording_without_colour_plays_its_infrared(rig: Rig, tmp_path: Path) -> None:
    file = tmp_path / "squat.db3"
    with rig.camera(record_to=file, live=False) as camera:
        assert len(list(pushed(rig, camera, 6))) == 6
    for source in ("realsense", "infrared", "picamera"):
        settings = CameraSettings(path=str(file), colour_source=source)
        with open_camera(settings) as camera:
            frames = list(camera)
        assert [frame.number for frame in frames] == [1, 2, 3, 4, 5, 6]
        assert np.array_equal(frames[2].color_rgb[:, :, 0], grey(3)[0])


def test_a_recording_with_colour_plays_its_colour(recording: Path) -> None:
    for source in ("realsense", "infrared", "picamera"):
        settings = CameraSettings(path=str(recording), colour_source=source)
        with open_camera(settings) as camera:
            frame = next(iter(camera))
        assert not np.array_equal(frame.color_rgb[:, :, 0], frame.color_rgb[:, :, 1])


@pytest.mark.parametrize("source", ["infrared", "picamera"])
def test_the_demo_clip_plays_its_colour_whatever_a_unit_uses(source: str) -> None:
    settings = CameraSettings(source="simulated", colour_source=source)
    with open_camera(settings, offline=True) as camera:
        frame = next(iter(camera))
    assert not np.array_equal(frame.color_rgb[:, :, 0], frame.color_rgb[:, :, 2])
