"""RealSense depth with the Pi camera's colour: pairs in time, geometry, losses."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from camera_rig import DEPTH, Rig, picture
from fake_picamera2 import FakeHardware

from device.calibration import Calibration, save_calibration
from device.cameras import beside, frames_with_recovery, picamera
from device.cameras.moments import Arrival, DepthMoments
from device.cameras.realsense import RealSenseCamera
from device.cameras.recovery import CameraTrouble
from device.errors import (
    BadRecordingError,
    CalibrationError,
    CameraStuckError,
    NoCameraError,
    StreamStalledError,
)
from device.records import Extrinsics, Frame, Intrinsics

COLOUR = Intrinsics(320, 180, 250.0, 251.0, 160.0, 90.0, (0.02, 0.0, 0.0, 0.0, 0.0))
MOVE = Extrinsics(np.eye(3), np.array([0.03, -0.02, 0.001]))
GOOD = Calibration(
    made_at=datetime(2026, 11, 22, tzinfo=UTC),
    reprojection_error_px=0.3,
    views=20,
    colour_model="imx708",
    colour=COLOUR,
    depth_serial="000000000000",
    depth_to_colour=MOVE,
    sensor_crop_px=(0, 0, 4608, 2592),
)
MS_NS = 1_000_000


class Pair:
    """A software RealSense without colour, a fake Pi camera, and their calibration."""

    def __init__(self, folder: Path) -> None:
        self.hardware = FakeHardware()
        self.rig = Rig(color=None, domain="global_time")
        self.file = save_calibration(GOOD, folder / "calibration.json")
        self.rig.settings = replace(
            self.rig.settings, colour_source="picamera", calibration=str(self.file),
            color_width_px=320, color_height_px=180,
        )  # fmt: skip

    def camera(self) -> RealSenseCamera:
        return self.rig.camera()

    def push(self, old_s: float = 0.03) -> None:
        """A depth image exposed `old_s` ago, by the wall clock."""
        self.rig.pushed += 1
        number = self.rig.pushed
        self.rig.software.push(number, time.time() - old_s, None, picture(number)[1])

    @contextmanager
    def feeding(self, running: Callable[[], bool] = lambda: True) -> Iterator[None]:
        stop = threading.Event()

        def feed() -> None:
            while not stop.wait(1 / 30):
                if running():
                    self.push()

        thread = threading.Thread(target=feed)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pair:
    made = Pair(tmp_path)
    monkeypatch.setitem(sys.modules, "picamera2", made.hardware.module())
    return made


def test_depth_and_colour_of_one_moment_come_together(pair: Pair) -> None:
    with pair.feeding(), pair.camera() as camera:
        frames = iter(camera)
        for frame in (next(frames) for _ in range(8)):
            assert frame.depth is not None
            assert np.array_equal(frame.depth.raw, picture(frame.number)[1])
            assert frame.color_rgb.shape == (180, 320, 3)


def test_the_pair_is_never_more_than_half_a_frame_apart(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart: list[float] = []
    near = picamera.PiColour.near

    def watched(self: picamera.PiColour, moment_ns: int) -> picamera.Picture | None:
        found = near(self, moment_ns)
        if found is not None:
            apart.append(abs(found.moment_ns - moment_ns) / 1e9)
        return found

    monkeypatch.setattr(picamera.PiColour, "near", watched)
    with pair.feeding(), pair.camera() as camera:
        frames = iter(camera)
        for _ in range(20):
            next(frames)
    assert len(apart) >= 20
    assert max(apart) <= 1 / 60


def test_geometry_is_the_calibrations(pair: Pair) -> None:
    with pair.feeding(), pair.camera() as camera:
        frame = next(iter(camera))
        assert "colour by Pi camera imx708 320x180" in camera.describe()
    assert frame.color == COLOUR
    assert frame.depth is not None
    assert np.allclose(frame.depth.to_color.translation_m, MOVE.translation_m)
    assert frame.depth.intrinsics.fx_px == pytest.approx(DEPTH.fx_px)


def test_depth_without_its_colour_is_passed_over_and_counted(pair: Pair) -> None:
    with pair.camera() as camera:
        frames = iter(camera)
        with pair.feeding():
            first = next(frames)
        for _ in range(3):
            pair.push(old_s=0.22)  # believed, but that picture is gone or was never made
        with pair.feeding():
            second = next(frames)
    assert second.dropped >= second.number - first.number - 1 > 0


def test_a_missing_calibration_is_one_sentence(pair: Pair) -> None:
    pair.file.unlink()
    with pytest.raises(CalibrationError, match=r"run racklight calibrate\.$"):
        pair.camera().__enter__()
    assert pair.hardware.opened == 0


def test_the_calibration_of_another_realsense_is_refused(pair: Pair) -> None:
    save_calibration(replace(GOOD, depth_serial="999"), pair.file)
    with pytest.raises(CalibrationError, match="made with the RealSense 999"):
        pair.camera().__enter__()


def test_another_part_of_the_sensor_is_refused(pair: Pair) -> None:
    pair.hardware.crop = (768, 432, 3072, 1728)
    with (
        pair.feeding(),
        pytest.raises(CalibrationError, match="the part"),
        pair.camera() as camera,
    ):
        next(iter(camera))
    assert pair.hardware.acquired is None


def test_another_picture_shape_is_refused(pair: Pair) -> None:
    pair.rig.settings = replace(pair.rig.settings, color_height_px=240)
    with pytest.raises(CalibrationError, match="calibrated at 320x180"):
        pair.camera().__enter__()


def test_no_pi_camera_leaves_the_realsense_free(pair: Pair) -> None:
    pair.hardware.cameras = ()
    with pytest.raises(NoCameraError, match="No Pi camera"):
        pair.camera().__enter__()
    pair.hardware.cameras = ("imx708",)
    with pair.feeding(), pair.camera() as camera:
        next(iter(camera))


def test_a_recording_cannot_hold_it(pair: Pair, tmp_path: Path) -> None:
    with pytest.raises(BadRecordingError, match="can't hold the Pi camera's pictures"):
        pair.rig.camera(record_to=tmp_path / "squat.db3").__enter__()


def test_both_cameras_are_let_go(pair: Pair) -> None:
    for _ in range(2):
        with pair.feeding(), pair.camera() as camera:
            next(iter(camera))
        assert pair.hardware.acquired is None
    assert pair.hardware.opened == 2


def test_a_pi_camera_that_was_pulled_off_comes_back(pair: Pair) -> None:
    seen: list[Frame | CameraTrouble] = []
    with pair.feeding():
        for one in frames_with_recovery(pair.camera, wait=lambda _: None):
            seen.append(one)
            frames = [frame for frame in seen if isinstance(frame, Frame)]
            troubles = [trouble for trouble in seen if isinstance(trouble, CameraTrouble)]
            if len(frames) == 3 and not troubles:
                pair.hardware.pull_cable()
            if troubles:
                pair.hardware.plug_in()
            if troubles and isinstance(one, Frame):
                break
    assert "Pi camera imx708 stopped sending" in troubles[0].sentence
    assert troubles[0].away_s < pair.rig.settings.stall_s + 1.0
    numbers = [frame.number for frame in frames]
    assert numbers == sorted(set(numbers))


def test_a_pi_camera_that_hangs_ends_the_program(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picamera, "_LET_GO_S", 0.3)
    frames = frames_with_recovery(pair.camera, wait=lambda _: None)
    with pair.feeding(), pytest.raises(CameraStuckError):
        for _ in frames:
            pair.hardware.pull_cable()
            pair.hardware.hangs = True
    pair.hardware.hangs = False


def test_cameras_that_never_meet_are_told(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_NEVER_MET_S", 0.3)
    monkeypatch.setattr(picamera.PiColour, "near", lambda *_: None)
    with (
        pair.feeding(),
        pair.camera() as camera,
        pytest.raises(StreamStalledError, match="never meet"),
    ):
        next(iter(camera))


def arrival(old_ms: float = 30) -> tuple[Arrival, int]:
    """An arrival, and a wall clock stamp that is so much older."""
    wall_ns, monotonic_ns = 1_700_000_000_000 * MS_NS, 5_000 * MS_NS
    return Arrival(monotonic_ns, wall_ns), wall_ns - round(old_ms * MS_NS)


def test_a_wall_clock_stamp_is_carried_over() -> None:
    moments = DepthMoments(33 * MS_NS)
    came, stamp_ns = arrival(30)
    assert moments.believed(stamp_ns, came) == came.monotonic_ns - 30 * MS_NS


@pytest.mark.parametrize("old_ms", [300, 3_600_000, -50])
def test_a_stamp_from_before_the_wall_clock_was_set_is_not_believed(old_ms: float) -> None:
    came, stamp_ns = arrival(old_ms)
    assert DepthMoments(33 * MS_NS).believed(stamp_ns, came) is None


def test_without_a_wall_clock_the_least_delayed_arrival_counts() -> None:
    moments = DepthMoments(33 * MS_NS)
    rng = np.random.default_rng(1)
    found = []
    for number in range(60):
        exposed_ns = number * 33 * MS_NS
        held_up_ns = int(rng.exponential(8)) * MS_NS
        came = Arrival(7_000 * MS_NS + exposed_ns + 33 * MS_NS + held_up_ns, 0)
        found.append(moments.guessed(exposed_ns, came) - 7_000 * MS_NS - exposed_ns)
    assert max(abs(error) for error in found[20:]) <= 2 * MS_NS


def test_a_camera_clock_that_begins_anew_is_followed() -> None:
    moments = DepthMoments(33 * MS_NS)
    for start_ns in (4_000_000 * MS_NS, 0):
        came = Arrival(10_000 * MS_NS, 0)
        assert moments.guessed(start_ns, came) == came.monotonic_ns - 33 * MS_NS
