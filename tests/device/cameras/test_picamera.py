"""The Pi camera through a full fake of picamera2: pictures, clocks, losses, leaving."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from fake_picamera2 import EXPOSURE_US, MODES, FakeHardware

from device.cameras import picamera
from device.cameras.picamera import PiColour, Picture, exposure_middle_ns, widest_mode
from device.errors import CameraStuckError, NoCameraError, StreamStalledError
from device.settings import CameraSettings

SETTINGS = CameraSettings(
    colour_source="picamera", color_width_px=320, color_height_px=180, stall_s=0.3
)


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch) -> FakeHardware:
    """A Pi camera that is plugged in."""
    return installed(monkeypatch, FakeHardware())


def installed(monkeypatch: pytest.MonkeyPatch, hardware: FakeHardware) -> FakeHardware:
    monkeypatch.setitem(sys.modules, "picamera2", hardware.module())
    return hardware


def until(true: Callable[[], bool], patience_s: float = 3.0) -> None:
    deadline = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def first(colour: PiColour) -> Picture:
    until(lambda: colour.newest() is not None)
    picture = colour.newest()
    assert picture is not None
    return picture


def test_the_picture_of_a_moment_lies_within_half_a_frame(hardware: FakeHardware) -> None:
    found = 0
    with PiColour(SETTINGS) as colour:
        begun_ns = first(colour).moment_ns
        for step_ns in range(0, 400_000_000, 30_000_000):
            picture = colour.near(begun_ns + step_ns, patience_s=1.0)
            if picture is not None:  # a busy computer may lose some
                found += 1
                assert abs(picture.moment_ns - begun_ns - step_ns) <= 1e9 / 30 / 2
        assert found > 7


def test_a_moment_long_gone_has_no_picture_and_costs_no_wait(hardware: FakeHardware) -> None:
    with PiColour(SETTINGS) as colour:
        first(colour)
        began = time.monotonic()
        assert colour.near(time.monotonic_ns() - 2_000_000_000, patience_s=1.0) is None
        assert time.monotonic() - began < 0.2


def test_a_picture_that_is_on_its_way_is_waited_for(hardware: FakeHardware) -> None:
    with PiColour(SETTINGS) as colour:
        before = first(colour)
        picture = colour.near(before.moment_ns + 66_000_000, patience_s=1.0)
        assert picture is not None
        assert picture is not before


def test_a_wait_is_bounded(hardware: FakeHardware) -> None:
    with PiColour(SETTINGS) as colour:
        began = time.monotonic()
        assert colour.near(time.monotonic_ns() + 10_000_000_000, patience_s=0.1) is None
        assert 0.05 < time.monotonic() - began < 0.4


@pytest.mark.parametrize("width", [320, 326, 64])
def test_padding_is_cut_off_and_colours_are_right(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    rgb = np.zeros((180, width, 3), np.uint8)
    rgb[:, : width // 2] = (200, 40, 60)
    rgb[90:, width // 2 :] = (30, 180, 220)

    def paint(number: int, width: int, height: int, stride: int) -> np.ndarray:
        flat = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420)
        padded = np.full((height * 3 // 2, stride), 255, np.uint8)
        padded[:height, :width] = flat[:height]
        chroma = padded[height:].reshape(height, stride // 2)
        chroma[:, : width // 2] = flat[height:].reshape(height, width // 2)
        return padded

    hardware = installed(monkeypatch, FakeHardware(paint=paint))
    with PiColour(replace(SETTINGS, color_width_px=width)) as colour:
        picture = first(colour)
    assert hardware.asked["lores"]["stride"] % 64 == 0
    seen = picture.rgb()
    assert seen.shape == (180, width, 3)
    assert seen.flags.c_contiguous
    edge = np.abs(np.arange(width) - width // 2) < 3  # chroma has half the resolution
    difference = np.abs(seen.astype(int) - rgb)[:, ~edge]
    difference[88:92] = 0
    assert difference.max() <= 6


def test_pictures_stay_as_they_were(hardware: FakeHardware) -> None:
    with PiColour(SETTINGS) as colour:
        picture = first(colour)
        before = picture.yuv.copy()
        time.sleep(0.3)
        assert np.array_equal(picture.yuv, before)


def test_no_buffer_is_kept(hardware: FakeHardware) -> None:
    with PiColour(SETTINGS) as colour:
        first(colour)
        started = hardware.number
        until(lambda: hardware.number > started + 3 * picamera.BUFFERS)
        assert hardware.acquired is not None
        assert hardware.acquired.free_buffers >= picamera.BUFFERS - 2


def test_only_the_newest_pictures_are_kept(hardware: FakeHardware) -> None:
    with PiColour(SETTINGS) as colour:
        until(lambda: hardware.number > 12)
        stamps = [picture.moment_ns for picture in colour._pictures]
        assert len(stamps) == picamera._KEPT
        assert stamps == sorted(stamps)
        assert time.monotonic_ns() - stamps[-1] < 100_000_000


def test_the_widest_view_is_asked_for_and_the_rate_is_a_little_faster(
    hardware: FakeHardware,
) -> None:
    with PiColour(SETTINGS):
        assert hardware.asked["sensor"] == {"output_size": (2304, 1296), "bit_depth": 10}
        shortest, longest = hardware.asked["controls"]["FrameDurationLimits"]
        assert shortest == longest < 1e6 / 30
        assert hardware.asked["main"]["size"] == hardware.asked["lores"]["size"] == (320, 180)


def test_a_lens_that_moves_is_held(hardware: FakeHardware) -> None:
    with PiColour(SETTINGS):
        assert hardware.asked["controls"]["AfMode"] == 0
        assert hardware.asked["controls"]["LensPosition"] == pytest.approx(1 / 1.2)


def test_a_lens_that_does_not_move_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    hardware = installed(monkeypatch, FakeHardware(controls=("FrameDurationLimits",)))
    with PiColour(SETTINGS):
        assert set(hardware.asked["controls"]) == {"FrameDurationLimits"}


def test_widest_mode_must_be_fast_enough() -> None:
    fast = widest_mode(MODES, 60.0)
    assert fast is not None
    assert fast["size"] == (1536, 864)
    assert widest_mode(MODES, 200.0) is None
    assert widest_mode([{"format": "MJPEG"}], 30.0) is None


def test_the_middle_of_the_exposure_is_told() -> None:
    stamp_ns = time.monotonic_ns() - 50_000_000
    middle = exposure_middle_ns({"SensorTimestamp": stamp_ns, "ExposureTime": 8000}, 18_000_000)
    assert middle == stamp_ns + 9_000_000 - 4_000_000


def test_a_stamp_of_the_boot_clock_is_carried_over(monkeypatch: pytest.MonkeyPatch) -> None:
    slept_ns = 3600 * 10**9
    monkeypatch.setattr(time, "clock_gettime_ns", lambda _: time.monotonic_ns() + slept_ns)
    stamp_ns = time.monotonic_ns() - 50_000_000
    middle = exposure_middle_ns({"SensorTimestamp": stamp_ns + slept_ns}, 0)
    assert abs(middle - stamp_ns) < 5_000_000


def test_a_lost_camera_is_told_in_time_and_can_be_left(hardware: FakeHardware) -> None:
    with PiColour(SETTINGS) as colour:
        first(colour)
        hardware.pull_cable()
        began = time.monotonic()
        with pytest.raises(StreamStalledError, match=r"stopped sending.*ribbon cable"):
            while True:
                colour.near(time.monotonic_ns())
        assert time.monotonic() - began < SETTINGS.stall_s + 0.5
    assert hardware.acquired is None


def test_a_camera_that_never_sends_is_told(
    hardware: FakeHardware, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picamera, "_FIRST_PICTURE_S", 0.3)
    hardware.pull_cable()
    with PiColour(SETTINGS) as colour, pytest.raises(StreamStalledError, match="no picture for"):
        while True:
            colour.near(time.monotonic_ns())


def test_a_camera_that_came_back_is_opened_again(hardware: FakeHardware) -> None:
    for _ in range(3):
        with PiColour(SETTINGS) as colour:
            first(colour)
    assert hardware.opened == 3


def test_nothing_is_left_running(hardware: FakeHardware) -> None:
    before = threading.active_count()
    with PiColour(SETTINGS) as colour:
        first(colour)
        assert threading.active_count() > before
    until(lambda: threading.active_count() == before)


def test_leaving_does_not_wait_for_a_picture(hardware: FakeHardware) -> None:
    hardware.pull_cable()
    with PiColour(replace(SETTINGS, stall_s=10.0)):
        began = time.monotonic()
    assert time.monotonic() - began < 1.0


def test_a_camera_that_hangs_at_the_stop_is_told(
    hardware: FakeHardware, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picamera, "_LET_GO_S", 0.3)
    with pytest.raises(CameraStuckError, match="start the program again"):  # noqa: SIM117
        with PiColour(SETTINGS) as colour:
            first(colour)
            hardware.hangs = True
    hardware.hangs = False


def test_a_missing_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(NoCameraError, match="python3-picamera2"):
        PiColour(SETTINGS).__enter__()


@pytest.mark.parametrize("cameras", [(), ("usb webcam",)])
def test_no_camera_on_the_ribbon_is_told(
    monkeypatch: pytest.MonkeyPatch, cameras: tuple[str, ...]
) -> None:
    installed(monkeypatch, FakeHardware(cameras=cameras))
    with pytest.raises(NoCameraError, match="No Pi camera is connected"):
        PiColour(SETTINGS).__enter__()


def test_a_camera_in_use_is_told(hardware: FakeHardware) -> None:
    with (
        PiColour(SETTINGS),
        pytest.raises(NoCameraError, match="stop other programs"),
    ):
        PiColour(SETTINGS).__enter__()
    with PiColour(SETTINGS):
        pass


def test_an_odd_size_is_told_and_the_camera_let_go(hardware: FakeHardware) -> None:
    with pytest.raises(NoCameraError, match="gives 320x180 instead of 321x181"):
        PiColour(replace(SETTINGS, color_width_px=321, color_height_px=181)).__enter__()
    assert hardware.acquired is None


def test_an_error_in_the_reading_thread_reaches_the_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: int) -> np.ndarray:
        raise MemoryError("no room")

    hardware = installed(monkeypatch, FakeHardware(paint=broken))
    with PiColour(SETTINGS) as colour, pytest.raises(StreamStalledError, match="no room"):
        colour.near(time.monotonic_ns(), patience_s=1.0)
    assert hardware.acquired is None


def test_the_exposure_is_in_the_moment(hardware: FakeHardware) -> None:
    with PiColour(SETTINGS) as colour:
        picture = first(colour)
        readout_ns = round(1e9 / 56.03)
        stamp_ns = picture.moment_ns - readout_ns // 2 + EXPOSURE_US * 500
        assert 0 <= time.monotonic_ns() - stamp_ns < 500_000_000
        assert picture.sensor_crop_px == hardware.crop
