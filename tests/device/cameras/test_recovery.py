"""A camera that is lost comes back without restarting the program."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from camera_rig import FPS, Rig

from device.cameras import Camera, CameraTrouble, camera_settings_for, open_camera
from device.cameras.realsense import RealSenseCamera
from device.cameras.recovery import frames_with_recovery
from device.errors import BadRecordingError, NoCameraError
from device.records import Frame
from device.settings import CameraSettings

UNPLUGGED = CameraSettings(serial="no such camera")


def until(
    stream: Iterator[Frame | CameraTrouble], done: Callable[[list[Frame | CameraTrouble]], bool]
) -> list[Frame | CameraTrouble]:
    """What comes until `done`; fails after 8 s."""
    seen: list[Frame | CameraTrouble] = []
    began = time.monotonic()
    for item in stream:
        seen.append(item)
        if done(seen):
            return seen
        assert time.monotonic() - began < 8, seen[-3:]
    raise AssertionError("the stream ended")


def frames_in(seen: list[Frame | CameraTrouble]) -> list[Frame]:
    return [item for item in seen if isinstance(item, Frame)]


def test_a_camera_that_stops_for_a_while_comes_back(rig: Rig) -> None:
    running = Event()
    running.set()
    stream = frames_with_recovery(rig.camera)
    with rig.feeding(running.is_set):
        before = frames_in(until(stream, lambda seen: len(seen) == 10))
        running.clear()
        lost_s = time.monotonic()
        away = until(stream, lambda seen: isinstance(seen[-1], CameraTrouble))
        noticed_s = time.monotonic() - lost_s
        running.set()
        after = until(stream, lambda seen: len(frames_in(seen)) == 10)
    stream.close()
    assert noticed_s < 1.0
    trouble = away[-1]
    assert isinstance(trouble, CameraTrouble)
    assert trouble.attempt == 1
    assert trouble.sentence.endswith("plug it in again.")
    assert 0.2 < trouble.away_s < 1.0
    joined = [*before, *frames_in(away), *frames_in(after)]
    assert np.all(np.diff([frame.number for frame in joined]) >= 1)
    assert np.all(np.diff([frame.time_s for frame in joined]) > 0)
    # over the gap the clock follows the arrival of the frames
    first, last = joined[0], joined[-1]
    assert last.time_s - first.time_s > 0.3
    gap = next(b for a, b in itertools.pairwise(joined) if b.arrived_s - a.arrived_s > 0.2)
    behind = joined[joined.index(gap) - 1]
    assert gap.time_s - behind.time_s == pytest.approx(gap.arrived_s - behind.arrived_s)
    assert gap.number == behind.number + 1


def test_a_camera_that_is_unplugged_is_taken_up_when_it_returns(rig: Rig) -> None:
    plugged = Event()
    plugged.set()

    def open_one() -> Camera:
        return rig.camera() if plugged.is_set() else RealSenseCamera(UNPLUGGED)

    stream = frames_with_recovery(open_one)
    with rig.feeding(plugged.is_set):
        until(stream, lambda seen: len(seen) == 3)
        plugged.clear()
        away = until(
            stream, lambda seen: sum(isinstance(item, CameraTrouble) for item in seen) == 3
        )
        plugged.set()
        back = until(stream, lambda seen: isinstance(seen[-1], Frame))
    stream.close()
    troubles = [item for item in away if isinstance(item, CameraTrouble)]
    assert [trouble.attempt for trouble in troubles] == [1, 2, 3]
    assert "stopped sending" in troubles[0].sentence
    assert "plugged in" in troubles[1].sentence
    assert troubles[2].away_s > troubles[1].away_s
    assert isinstance(back[-1], Frame)


def test_attempts_count_from_one_again_after_frames_came(rig: Rig) -> None:
    stream = frames_with_recovery(rig.camera, wait=lambda _: None)
    rig.push()
    attempts = []
    running = Event()
    with rig.feeding(running.is_set):
        for _ in range(2):
            running.set()
            until(stream, lambda seen: len(frames_in(seen)) == 2)
            running.clear()
            seen = until(stream, lambda seen: isinstance(seen[-1], CameraTrouble))
            attempts.append(seen[-1].attempt)  # type: ignore[union-attr]
    stream.close()
    assert attempts == [1, 1]


def test_hardware_is_reset_when_opening_again_does_not_help(rig: Rig) -> None:
    resets: list[int] = []
    openings: list[int] = []

    class Stubborn(RealSenseCamera):
        def reset(self) -> bool:
            resets.append(len(openings))
            return True

    def open_one() -> Camera:
        openings.append(len(openings) + 1)
        if len(openings) == 1:
            return rig.camera()
        return Stubborn(UNPLUGGED)

    waits: list[float] = []
    stream = frames_with_recovery(open_one, wait=waits.append)
    with rig.feeding(lambda: len(openings) == 1 and rig.pushed < 20):
        until(stream, lambda seen: sum(isinstance(i, CameraTrouble) for i in seen) == 8)
    stream.close()
    assert resets == [4]  # after three failures, and then not again for ten seconds
    assert max(waits) <= 1.0
    assert waits[0] < waits[1]


def test_a_camera_that_was_never_there_is_an_error() -> None:
    with pytest.raises(NoCameraError, match="plugged in"):
        next(frames_with_recovery(lambda: RealSenseCamera(UNPLUGGED)))


def test_a_recording_ends_and_a_broken_one_is_an_error(recording: Path, tmp_path: Path) -> None:
    settings = camera_settings_for(recording)
    assert len(list(frames_with_recovery(lambda: open_camera(settings)))) == 12
    broken = tmp_path / "broken.db3"
    broken.write_bytes(recording.read_bytes()[:-100])
    with pytest.raises(BadRecordingError, match="cut short"):
        next(frames_with_recovery(lambda: open_camera(camera_settings_for(broken))))


def test_closing_the_stream_closes_the_camera(rig: Rig) -> None:
    closed = Event()

    class Watched(RealSenseCamera):
        def __exit__(self, *details: object) -> None:
            super().__exit__(None, None, None)
            closed.set()

    stream = frames_with_recovery(lambda: Watched(rig.settings, device=rig.software.device))
    with rig.feeding():
        next(stream)
        assert not closed.is_set()
        stream.close()
        assert closed.is_set()


def test_frame_rate_of_the_rig_is_the_one_the_clock_uses(rig: Rig) -> None:
    with rig.camera() as camera:
        frames = iter(camera)
        times = []
        for number in (1, 2, 4):
            rig.push(number)
            times.append(next(frames).time_s)
    assert times == pytest.approx([0, 1 / FPS, 3 / FPS])
