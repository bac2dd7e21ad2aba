"""Both cameras at once: the real camera code on a software RealSense and a fake of picamera2."""

from __future__ import annotations

import sys
from threading import Event, Thread

import numpy as np
import pytest

from device.calibrate import cameras
from device.calibrate.cameras import BothCameras, sharp
from device.cameras.realsense import RealSenseCamera
from device.cameras.software import SoftwareCamera
from device.errors import NoCameraError
from device.records import Extrinsics
from device.settings import CameraSettings
from tests.device.cameras.camera_rig import DEPTH
from tests.device.cameras.fake_picamera2 import FakeHardware

SETTINGS = CameraSettings(colour_source="picamera", color_width_px=320, color_height_px=180)
SAME = Extrinsics(np.eye(3), np.zeros(3))


@pytest.fixture
def software(monkeypatch: pytest.MonkeyPatch) -> SoftwareCamera:
    """A RealSense that sends depth and its left infrared picture, on USB for the program."""
    camera = SoftwareCamera(DEPTH, DEPTH, SAME, color_format="y8", serial="814412070123")

    def opened(settings: CameraSettings) -> RealSenseCamera:
        assert settings.colour_source == "infrared"
        own = camera.settings(settings)
        return RealSenseCamera(own, device=camera.device)

    monkeypatch.setattr(cameras, "open_camera", opened)
    return camera


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch) -> FakeHardware:
    hardware = FakeHardware()
    monkeypatch.setitem(sys.modules, "picamera2", hardware.module())
    return hardware


def feed(software: SoftwareCamera, stop: Event) -> None:
    rng = np.random.default_rng(0)
    raw = rng.integers(300, 4000, (DEPTH.height_px, DEPTH.width_px), dtype=np.uint16)
    number = 0
    while not stop.wait(1 / 30):
        number += 1
        grey = np.full((DEPTH.height_px, DEPTH.width_px), number % 200, np.uint8)
        software.push(number, 5 + number / 30, grey, raw)


def test_both_pictures_come_together(software: SoftwareCamera, hardware: FakeHardware) -> None:
    stop = Event()
    with BothCameras(SETTINGS) as both:
        feeder = Thread(target=feed, args=(software, stop))
        feeder.start()
        try:
            for moment in both:
                if moment.colour is not None:
                    break
        finally:
            stop.set()
            feeder.join()
        assert moment.colour is not None
        assert moment.colour.shape == (720, 1280)  # sharper than the unit's own picture
        assert np.ptp(moment.colour) == 0  # brightness alone, no padding and no colour rows
        assert moment.infrared.shape == (DEPTH.height_px, DEPTH.width_px)
        assert moment.depth.intrinsics.fx_px == pytest.approx(DEPTH.fx_px)
        assert both.size_px == (1280, 720)
        assert both.depth_serial == "814412070123"
        assert "imx708" in both.colour_model
        assert both.sensor_crop_px == hardware.crop
        assert "infrared" in both.describe() and "imx708" in both.describe()
    assert hardware.acquired is None


def test_without_a_pi_camera_the_realsense_is_let_go(
    software: SoftwareCamera, hardware: FakeHardware
) -> None:
    hardware.cameras = ()
    both = BothCameras(SETTINGS)
    with pytest.raises(NoCameraError, match="No Pi camera is connected"), both:
        pass
    hardware.cameras = ("imx708",)
    with BothCameras(SETTINGS):  # it can be started again
        pass


@pytest.mark.parametrize(
    ("given", "made"),
    [((640, 360), (1280, 720)), ((320, 240), (1280, 960)), ((1280, 720), (1280, 720))],
)
def test_the_board_is_looked_for_in_a_sharp_picture(
    given: tuple[int, int], made: tuple[int, int]
) -> None:
    settings = sharp(CameraSettings(color_width_px=given[0], color_height_px=given[1]))
    assert (settings.color_width_px, settings.color_height_px) == made
