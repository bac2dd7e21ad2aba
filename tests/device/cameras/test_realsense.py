"""A RealSense made of software through the real librealsense: live, lost, wrong, USB 2."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from camera_rig import COLOR, DEPTH, FPS, TO_COLOR, Rig, picture

from device.cameras import open_camera
from device.cameras.realsense import RealSenseCamera
from device.cameras.software import SoftwareCamera
from device.errors import NoCameraError, StreamStalledError
from device.settings import CameraSettings


def one_sentence(error: BaseException) -> str:
    text = str(error)
    assert text.endswith(".")
    assert "\n" not in text
    assert "Traceback" not in text
    return text


def test_frames_arrive_as_they_were_sent(rig: Rig) -> None:
    with rig.camera() as camera:
        frames = iter(camera)
        for number in range(1, 6):
            rig.push()
            frame = next(frames)
            color, depth = picture(number)
            assert frame.number == number
            assert frame.depth is not None
            assert np.array_equal(frame.depth.raw, depth)
            assert np.array_equal(frame.color_rgb, color)
            assert frame.time_s == pytest.approx((number - 1) / FPS)


def test_geometry_arrives_as_it_was_given(rig: Rig) -> None:
    with rig.camera() as camera:
        rig.push()
        frame = next(iter(camera))
    assert frame.depth is not None
    for got, given in ((frame.depth.intrinsics, DEPTH), (frame.color, COLOR)):
        assert (got.width_px, got.height_px) == (given.width_px, given.height_px)
        numbers = (got.fx_px, got.fy_px, got.cx_px, got.cy_px, *got.distortion)
        wanted = (given.fx_px, given.fy_px, given.cx_px, given.cy_px, *given.distortion)
        assert numbers == pytest.approx(wanted, rel=1e-6)
    assert np.allclose(frame.depth.to_color.rotation, TO_COLOR.rotation, atol=1e-6)
    assert np.allclose(frame.depth.to_color.translation_m, TO_COLOR.translation_m, atol=1e-7)
    assert frame.depth.unit_m == 0.001
    assert frame.depth.baseline_m == pytest.approx(0.095)


@pytest.mark.parametrize("unit_m", [0.0001, 0.00025])
def test_depth_unit_is_the_devices(unit_m: float) -> None:
    rig = Rig(unit_m=unit_m)
    with rig.camera() as camera:
        rig.push()
        frame = next(iter(camera))
    assert frame.depth is not None
    assert frame.depth.unit_m == unit_m


@pytest.mark.parametrize(
    ("name", "metres"),
    [("Intel RealSense D435I", 0.050), ("Intel RealSense D455", 0.095), ("Other", 0.050)],
)
def test_baseline_is_known_by_product_when_the_device_does_not_tell(
    name: str, metres: float
) -> None:
    import pyrealsense2 as rs

    from device.cameras.librealsense import baseline_m

    device = rs.software_device()
    device.register_info(rs.camera_info.name, name)
    device.add_sensor("Stereo Module")
    assert baseline_m(device) == metres


def test_frames_stay_valid_after_the_camera_is_closed(rig: Rig) -> None:
    with rig.camera() as camera:
        rig.push()
        frame = next(iter(camera))
        frames = iter(camera)
        for _ in range(20):
            rig.push()
            next(frames)
    assert frame.depth is not None
    assert np.array_equal(frame.depth.raw, picture(1)[1])
    assert np.array_equal(frame.color_rgb, picture(1)[0])


def test_lost_frames_are_counted(rig: Rig) -> None:
    with rig.camera() as camera:
        frames = iter(camera)
        dropped = []
        for number in (5, 6, 9, 10, 14):
            rig.push(number)
            dropped.append(next(frames).dropped)
    assert dropped == [0, 0, 2, 2, 5]


def test_framesets_without_depth_are_passed_over(rig: Rig) -> None:
    with rig.camera() as camera:
        frames = iter(camera)
        rig.push(1)
        assert next(frames).number == 1
        rig.software.push(2, 10 + 2 / FPS, picture(2)[0], None)
        rig.push(3)
        rig.push(4)
        frame = next(frames)
        assert frame.number in (3, 4)
        assert frame.dropped == frame.number - 2


def test_time_never_runs_backwards_when_the_stamps_do(rig: Rig) -> None:
    with rig.camera() as camera:
        frames = iter(camera)
        times = []
        for number, stamp_s in enumerate((50.0, 50.033, 3.0, 3.033, 1e6, 1e6 + 0.033), start=1):
            rig.software.push(number, stamp_s, *picture(number))
            times.append(next(frames).time_s)
    steps = np.diff(times)
    assert np.all(steps > 0)
    assert np.all(steps < 0.5)


def test_a_camera_that_stops_is_noticed_within_a_second(rig: Rig) -> None:
    camera = RealSenseCamera(replace(rig.settings, stall_s=0.8), device=rig.software.device)
    with camera:
        frames = iter(camera)
        rig.push()
        next(frames)
        began = time.monotonic()
        with pytest.raises(StreamStalledError, match="stopped sending") as error:
            next(frames)
    assert 0.7 < time.monotonic() - began < 1.1
    assert "plug it in again" in one_sentence(error.value)


def test_a_slow_consumer_is_no_stall(rig: Rig) -> None:
    with rig.camera() as camera:
        frames = iter(camera)
        rig.push()
        next(frames)
        rig.push()
        time.sleep(0.7)  # longer than stall_s
        assert next(frames).number == 2


def test_no_camera_is_said_at_once() -> None:
    settings = CameraSettings(serial="no such camera")
    began = time.monotonic()
    with pytest.raises(NoCameraError, match="plugged in") as error, open_camera(settings):
        pass
    assert time.monotonic() - began < 2
    one_sentence(error.value)


def test_the_library_missing_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyrealsense2", None)
    camera = open_camera(CameraSettings())
    with pytest.raises(NoCameraError, match=r"setup\.sh install") as error, camera:
        pass
    one_sentence(error.value)


@pytest.mark.parametrize(("usb", "says"), [("2.1", "USB 2 port"), ("3.2", r"\[camera\] settings")])
def test_a_mode_that_the_camera_lacks_is_explained(usb: str, says: str) -> None:
    rig = Rig(usb=usb)
    wanted = replace(rig.settings, depth_width_px=848, depth_height_px=480)
    camera = RealSenseCamera(wanted, device=rig.software.device)
    with pytest.raises(NoCameraError, match=says) as error, camera:
        pass
    assert "848x480" in one_sentence(error.value)


def test_a_usb_2_port_is_mentioned_even_when_it_suffices() -> None:
    with Rig(usb="2.1").camera() as camera:
        assert camera.usb == "2.1"
        assert "USB 2 port" in camera.describe()


def test_the_description_names_the_camera(rig: Rig) -> None:
    with rig.camera() as camera:
        assert camera.live
        assert camera.frame_count is None
        assert camera.name == "Simulated RealSense D455 000000000000"
        assert "depth 320x240" in camera.describe()
        assert "USB 3.2" in camera.describe()
        assert "USB 2 port" not in camera.describe()


@pytest.mark.parametrize(
    ("color", "depth"),
    [
        (np.zeros((180, 320), np.uint8), None),
        (np.zeros((180, 320, 3), np.float32), None),
        (None, np.zeros((240, 319), np.uint16)),
        (None, np.zeros((240, 320), np.int16)),
    ],
)
def test_pictures_that_would_crash_the_library_are_refused(
    rig: Rig, color: Any, depth: Any
) -> None:
    with pytest.raises(ValueError, match="expected"):
        rig.software.push(1, 0.0, color, depth)


def test_strided_pictures_arrive_whole(rig: Rig) -> None:
    color, depth = picture(1)
    with rig.camera() as camera:
        rig.software.push(1, 0.0, color[:, ::-1], depth[::-1])
        frame = next(iter(camera))
    assert frame.depth is not None
    assert np.array_equal(frame.depth.raw, depth[::-1])
    assert np.array_equal(frame.color_rgb, color[:, ::-1])


def test_a_closed_camera_opens_again(rig: Rig) -> None:
    for number in (1, 2, 3):
        with rig.camera() as camera:
            rig.push(number)
            assert next(iter(camera)).number == number


def test_pushing_to_a_closed_camera_does_no_harm() -> None:
    software = SoftwareCamera(DEPTH, COLOR, TO_COLOR)
    software.push(1, 0.0, *picture(1))
    with RealSenseCamera(software.settings(CameraSettings()), device=software.device):
        pass
    software.push(2, 0.1, *picture(2))
