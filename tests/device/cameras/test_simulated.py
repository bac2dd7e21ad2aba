"""A clip through the real camera code: lock-step, in real time, looping, with noise."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from device.cameras import camera_settings_for, open_camera
from device.cameras.simulated import SimulatedCamera, doubled, upsampled
from device.errors import BadRecordingError
from device.geometry import project
from device.paths import DEMO_CLIP, PROGRAM
from device.records import Bytes, Depth, Extrinsics, Intrinsics
from device.settings import CameraSettings

DEPTH = Intrinsics(106, 60, 53.0, 53.0, 52.5, 29.5)
COLOR = Intrinsics(160, 90, 80.0, 80.0, 79.5, 44.5)
SETTINGS = CameraSettings(source="simulated")


@dataclass
class Meta:
    frames: int = 6
    fps: int = 30
    color: Intrinsics = COLOR
    depth: Intrinsics = DEPTH
    to_color: Extrinsics = field(default_factory=lambda: Extrinsics(np.eye(3), np.zeros(3)))
    unit_m: float = 0.001
    baseline_m: float = 0.095


@dataclass
class TinyClip:
    """A wall that comes nearer by 10 cm a frame; frame n is of grey n."""

    meta: Meta = field(default_factory=Meta)
    script: list[Any] = field(default_factory=list)
    delivered: int = 6
    error: Exception | None = None
    decoding_s: float = 0.0  # a frame

    def frames(self) -> Iterator[tuple[Bytes, Depth]]:
        for index in range(self.delivered):
            time.sleep(self.decoding_s)
            step = index % 12
            color = np.full((COLOR.height_px, COLOR.width_px, 3), 20 * step, np.uint8)
            yield color, np.full((DEPTH.height_px, DEPTH.width_px), 2000 - 100 * step, np.uint16)
        if self.error is not None:
            raise self.error


def exact(z_m: npt.NDArray[np.float32]) -> Depth:
    """A sensor without noise."""
    return np.rint(z_m * 1000).astype(np.uint16)


def played(camera: SimulatedCamera, frames: int | None = None) -> list[tuple[int, float, int, int]]:
    """(number, clip time, grey, depth in the middle) of each frame."""
    seen = []
    with camera:
        for frame in camera:
            assert frame.depth is not None
            middle = int(frame.depth.raw[60, 106])
            time_s = camera.clip_time_s(frame)
            seen.append((frame.number, time_s, int(frame.color_rgb[0, 0, 0]), middle))
            if len(seen) == frames:
                break
    return seen


def test_offline_every_frame_comes_once_however_slow_the_reader() -> None:
    camera = SimulatedCamera(SETTINGS, clip=TinyClip(), noise=exact, realtime=False)
    assert not camera.live
    assert camera.frame_count == 6
    times = []
    seen = []
    with camera:
        for frame in camera:
            assert frame.depth is not None
            time.sleep(0.05)
            times.append(frame.time_s)
            seen.append((frame.number, int(frame.depth.raw[60, 106])))
    assert seen == [(n, 2100 - 100 * n) for n in range(1, 7)]
    assert times == pytest.approx(np.arange(6) / 30)


def test_offline_is_faster_than_real_time() -> None:
    clip = TinyClip(Meta(frames=60), delivered=60)
    camera = SimulatedCamera(SETTINGS, clip=clip, noise=exact, realtime=False)
    began = time.monotonic()
    assert len(played(camera)) == 60
    assert time.monotonic() - began < 1.9  # two seconds of clip


def test_in_real_time_frames_keep_the_clips_pace_and_start_over() -> None:
    camera = SimulatedCamera(SETTINGS, clip=TinyClip(), noise=exact)
    assert camera.live
    assert camera.frame_count is None
    began = time.monotonic()
    seen = played(camera, 15)
    took_s = time.monotonic() - began
    first, last = seen[0][0], seen[-1][0]
    assert (last - first) / 30 - 0.1 < took_s < (last - first) / 30 + 1.0
    for number, clip_time_s, grey, middle in seen:
        index = (number - 1) % 6
        assert clip_time_s == pytest.approx(index / 30)
        assert grey == 20 * index
        assert middle == 2000 - 100 * index
    numbers = [number for number, *_ in seen]
    assert numbers == sorted(set(numbers))
    assert last > 12


def test_time_goes_on_when_the_clip_starts_over() -> None:
    camera = SimulatedCamera(SETTINGS, clip=TinyClip(), noise=exact, realtime=False, loop=True)
    times = []
    with camera:
        for frame in camera:
            times.append(frame.time_s)
            if frame.number == 14:
                break
    assert times == pytest.approx(np.arange(14) / 30)


@pytest.mark.parametrize("realtime", [True, False])
def test_the_clips_script_is_told_at_its_moments_in_every_round(realtime: bool) -> None:
    script = [{"time_s": 0.0, "command": "start"}, {"time_s": 0.09, "command": "sign_in"}]
    clip = TinyClip(script=script)
    camera = SimulatedCamera(SETTINGS, clip=clip, noise=exact, realtime=realtime, loop=True)
    happened: list[tuple[str, int]] = []
    newest = 0
    camera.on_event(lambda entry: happened.append((entry["command"], newest + 1)))
    with camera:
        for frame in camera:
            newest = frame.number
            if newest >= 12:
                break
    assert [command for command, _ in happened] == ["start", "sign_in"] * 2
    if not realtime:  # 0.09 s is first passed by the fourth frame, at 0.1 s
        assert [number for _, number in happened] == [1, 4, 7, 10]


def test_in_real_time_once_through_ends() -> None:
    settings = replace(SETTINGS, stall_s=0.3)
    camera = SimulatedCamera(settings, clip=TinyClip(), noise=exact, loop=False)
    assert 4 <= len(played(camera)) <= 6


@pytest.mark.parametrize("realtime", [True, False])
@pytest.mark.parametrize(
    "clip",
    [TinyClip(delivered=3), TinyClip(delivered=3, error=OSError("short read"))],
    ids=["frames missing", "unreadable"],
)
def test_a_damaged_clip_is_one_sentence(realtime: bool, clip: TinyClip) -> None:
    settings = replace(SETTINGS, stall_s=0.3)
    camera = SimulatedCamera(settings, clip=clip, noise=exact, realtime=realtime)
    with pytest.raises(BadRecordingError, match="clip is damaged") as error:
        played(camera)
    assert "\n" not in str(error.value)


def test_a_folder_without_a_clip_is_one_sentence(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(BadRecordingError, match=folder.name):
            open_camera(CameraSettings(source="simulated", path=str(folder)))


def test_leaving_while_the_clip_plays_stops_the_feeder() -> None:
    camera = SimulatedCamera(SETTINGS, clip=TinyClip(), noise=exact)
    played(camera, 2)
    began = time.monotonic()
    with pytest.raises(BadRecordingError):
        open_camera(CameraSettings(source="simulated", path="/nowhere"))
    assert camera._feeder is not None
    assert not camera._feeder.is_alive()
    assert time.monotonic() - began < 1


def test_a_machine_too_slow_for_the_clip_still_shows_frames() -> None:
    clip = TinyClip(decoding_s=0.08)  # a frame lasts 0.033 s
    camera = SimulatedCamera(replace(SETTINGS, stall_s=2.0), clip=clip, noise=exact)
    seen = played(camera, 4)
    numbers = [number for number, *_ in seen]
    assert numbers == sorted(set(numbers))
    for number, _, grey, _ in seen:
        assert grey == 20 * ((number - 1) % 6)


def test_leaving_does_not_wait_for_a_clip_that_is_late() -> None:
    clip = TinyClip(decoding_s=0.08)
    camera = SimulatedCamera(replace(SETTINGS, stall_s=2.0), clip=clip, noise=exact)
    camera.__enter__()
    next(iter(camera))
    leaving = threading.Thread(target=camera.__exit__, args=(None, None, None), daemon=True)
    leaving.start()
    leaving.join(5.0)
    assert not leaving.is_alive()


def test_who_iterates_again_goes_on_with_the_same_clip() -> None:
    camera = SimulatedCamera(SETTINGS, clip=TinyClip(), noise=exact)
    with camera:
        first = next(iter(camera)).number
        second = next(iter(camera)).number
        assert second > first
        assert [thread.name for thread in threading.enumerate()].count("clip") == 1
    assert "clip" not in [thread.name for thread in threading.enumerate()]


def test_no_feeder_is_left_where_the_process_ends_inside_the_camera() -> None:
    # Python ends a daemon thread inside OpenCV by aborting: "FATAL: exception not rethrown"
    program = """
import atexit, threading
from device.cameras.simulated import SimulatedCamera
from tests.device.cameras.test_simulated import SETTINGS, TinyClip, exact
atexit.register(lambda: print([thread.name for thread in threading.enumerate()]))
camera = SimulatedCamera(SETTINGS, clip=TinyClip(), noise=exact)
camera.__enter__()
next(iter(camera))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROGRAM,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "['MainThread']\n", "")


def test_the_simulated_lifter_can_be_recorded_and_played(tmp_path: Path) -> None:
    file = tmp_path / "lifter.db3"
    camera = SimulatedCamera(SETTINGS, clip=TinyClip(), noise=exact, realtime=False, record_to=file)
    seen = played(camera)
    with open_camera(camera_settings_for(file)) as recording:
        frames = list(recording)
    assert [frame.number for frame in frames] == [number for number, *_ in seen]
    for frame, (_, _, grey, middle) in zip(frames, seen, strict=True):
        assert frame.depth is not None
        assert int(frame.depth.raw[60, 106]) == middle
        assert int(frame.color_rgb[0, 0, 0]) == grey


def test_the_sensor_model_puts_noise_on_the_wall() -> None:
    camera = SimulatedCamera(SETTINGS, clip=TinyClip(), realtime=False)
    with camera:
        frame = next(iter(camera))
    assert frame.depth is not None
    raw = frame.depth.raw[20:-20, 20:-20].astype(float)
    measured = raw[raw > 0] * frame.depth.unit_m
    # s * z^2 / (f * baseline), s = 0.05 to 0.08 px
    expected_m = 0.08 * 2.0**2 / (doubled(DEPTH).fx_px * 0.095)
    assert 0.4 * expected_m < measured.std() < 2.5 * expected_m
    assert np.median(measured) == pytest.approx(2.0, abs=0.1)


@pytest.mark.skipif(not (DEMO_CLIP / "clip.json").is_file(), reason="needs the demo clip")
def test_the_demo_clip_plays_through_the_camera() -> None:
    camera = open_camera(camera_settings_for(DEMO_CLIP), offline=True)
    with camera:
        frames = [frame for frame, _ in zip(camera, range(40), strict=False)]
    assert [frame.number for frame in frames] == list(range(1, 41))
    for frame in frames:
        assert frame.depth is not None
        assert frame.depth.raw.shape == (480, 848)
        assert (frame.depth.raw > 0).mean() > 0.5
        assert frame.color_rgb.std() > 10


def test_doubling_keeps_every_ray() -> None:
    big = doubled(DEPTH)
    points = np.array([[0.3, -0.2, 1.5], [-0.5, 0.4, 2.0]])
    small_px, big_px = project(points, DEPTH), project(points, big)
    # the centre of small pixel (u, v) lies between big pixels 2u and 2u + 1
    assert np.allclose(big_px, 2 * small_px + 0.5)


def test_upsampling_follows_a_slope() -> None:
    columns = np.arange(106)
    slope = np.tile((1000 + 10 * columns).astype(np.uint16), (60, 1))
    metres = upsampled(slope, 0.001)
    expected = 1.0 + 0.01 * (np.arange(212) - 0.5) / 2
    assert metres.shape == (120, 212)
    assert np.allclose(metres[:, 1:-1], expected[1:-1], atol=1e-5)


def test_upsampling_invents_nothing_between_surfaces_or_in_holes() -> None:
    raw = np.full((60, 106), 2500, np.uint16)
    raw[20:40, 40:60] = 1200
    raw[5:8, 5:9] = 0
    metres = upsampled(raw, 0.001)
    assert set(np.unique(np.rint(metres * 1000))) == {0.0, 1200.0, 2500.0}
    assert np.array_equal(metres == 0, np.kron(raw == 0, np.ones((2, 2), bool)))
