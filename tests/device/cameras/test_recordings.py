"""Recordings: a true round trip, every fault in one sentence, and kill -9 while recording."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyrealsense2 as rs
import pytest
from camera_rig import COLOR, DEPTH, FPS, TO_COLOR, Rig, picture

from device.cameras import camera_settings_for, open_camera
from device.errors import BadRecordingError, NoCameraError
from device.paths import PROGRAM
from device.settings import CameraSettings


def test_a_recording_plays_back_identically(recording: Path) -> None:
    with open_camera(camera_settings_for(recording)) as camera:
        assert not camera.live
        assert camera.frame_count == 12
        assert camera.usb == "3.2"
        frames = list(camera)
    assert [frame.number for frame in frames] == list(range(1, 13))
    for frame in frames:
        color, depth = picture(frame.number)
        assert frame.depth is not None
        assert np.array_equal(frame.depth.raw, depth)
        assert np.array_equal(frame.color_rgb, color)
        assert frame.time_s == pytest.approx((frame.number - 1) / FPS, abs=1e-9)
        assert frame.dropped == 0
    depth_image = frames[0].depth
    assert depth_image is not None
    assert depth_image.unit_m == 0.001
    assert depth_image.baseline_m == pytest.approx(0.095)
    assert np.allclose(depth_image.to_color.rotation, TO_COLOR.rotation, atol=1e-6)
    assert np.allclose(depth_image.to_color.translation_m, TO_COLOR.translation_m, atol=1e-7)
    for got, given in ((depth_image.intrinsics, DEPTH), (frames[0].color, COLOR)):
        assert got.fx_px == pytest.approx(given.fx_px)
        assert got.cy_px == pytest.approx(given.cy_px)
        assert got.distortion == pytest.approx(given.distortion)


def test_every_frame_is_delivered_to_a_slow_reader(recording: Path) -> None:
    numbers = []
    with open_camera(camera_settings_for(recording)) as camera:
        for frame in camera:
            numbers.append(frame.number)
            time.sleep(0.05)
    assert numbers == list(range(1, 13))


def record_streams(file: Path, rig: Rig, formats: dict[str, str], pictures: list[Any]) -> Path:
    """A recording made by librealsense alone, with these streams and pixel formats."""
    config = rs.config()
    for name, size in (("depth", (320, 240)), ("color", (320, 180))):
        if name in formats:
            pixels = getattr(rs.format, formats[name])
            config.enable_stream(getattr(rs.stream, name), *size, pixels, FPS)
    config.enable_record_to_file(str(file))
    pipeline = rs.pipeline(rs.context())
    pipeline.set_device(rig.software.device)
    pipeline.start(config)
    for number, (color, depth) in enumerate(pictures, start=1):
        rig.software.push(number, 1 + number / FPS, color, depth)
        assert pipeline.try_wait_for_frames(1000)[0]
    pipeline.stop()
    return file  # leaving lets go of the config, which holds the recorder and so the file


@pytest.mark.parametrize(
    ("color_format", "pixel", "rgb"),
    [("bgr8", (10, 90, 200), (200, 90, 10)), ("yuyv", (150, 128), (156, 156, 156))],
)
def test_colour_of_other_formats_comes_out_rgb(
    tmp_path: Path, color_format: str, pixel: Any, rgb: Any
) -> None:
    color = np.full((COLOR.height_px, COLOR.width_px, len(pixel)), pixel, np.uint8)
    file = record_streams(
        tmp_path / "other.db3",
        Rig(color_format=color_format),
        {"depth": "z16", "color": color_format},
        [(color, picture(1)[1])],
    )
    with open_camera(camera_settings_for(file)) as camera:
        frame = next(iter(camera))
    assert frame.color_rgb.shape == (COLOR.height_px, COLOR.width_px, 3)
    assert np.abs(frame.color_rgb.astype(int) - rgb).max() <= 1


def test_a_recording_without_depth_gives_colour_only(tmp_path: Path) -> None:
    file = record_streams(
        tmp_path / "color.db3", Rig(), {"color": "rgb8"}, [picture(n) for n in (1, 2, 3)]
    )
    with open_camera(camera_settings_for(file)) as camera:
        assert "no depth" in camera.describe()
        frames = list(camera)
    assert [frame.depth for frame in frames] == [None] * 3
    assert np.array_equal(frames[2].color_rgb, picture(3)[0])


def test_a_recording_without_colour_is_refused(tmp_path: Path) -> None:
    file = record_streams(tmp_path / "depth.db3", Rig(), {"depth": "z16"}, [picture(1)])
    with (
        pytest.raises(BadRecordingError, match="no colour"),
        open_camera(camera_settings_for(file)),
    ):
        pass


def test_a_recording_without_frames_is_refused(tmp_path: Path, recording: Path) -> None:
    file = tmp_path / "none.db3"
    file.write_bytes(recording.read_bytes())
    with sqlite3.connect(file) as database:
        database.execute(
            "DELETE FROM messages WHERE topic_id IN"
            " (SELECT id FROM topics WHERE name LIKE '%/image/%')"
        )
    with (
        pytest.raises(BadRecordingError, match=r"none\.db3") as error,
        open_camera(camera_settings_for(file)) as camera,
    ):
        list(camera)
    assert "\n" not in str(error.value)


def test_frames_that_only_a_later_librealsense_plays_are_told_so(
    tmp_path: Path, recording: Path
) -> None:
    file = tmp_path / "later.db3"
    file.write_bytes(recording.read_bytes())
    with sqlite3.connect(file) as database:  # as 2.59 names them
        database.execute(
            "UPDATE topics SET name = name || '/compressed',"
            " type = 'sensor_msgs/msg/CompressedImage' WHERE type = 'sensor_msgs/msg/Image'"
        )
    with open_camera(camera_settings_for(file)) as camera:
        assert camera.frame_count == 12
        with pytest.raises(BadRecordingError, match="12 frames that librealsense"):
            list(camera)


def broken(kind: str, folder: Path, whole: Path) -> Path:
    """A file or folder that is no playable recording."""
    file = folder / f"{kind}.db3"
    data = whole.read_bytes()
    if kind == "empty":
        file.write_bytes(b"")
    elif kind == "folder":
        file.mkdir()
    elif kind == "random":
        file.write_bytes(np.random.default_rng(1).bytes(50_000))
    elif kind == "half":
        file.write_bytes(data[: len(data) // 2])
    elif kind == "last_page_cut":
        file.write_bytes(data[:-100])
    elif kind == "overwritten":
        file.write_bytes(data[:100] + b"\xff" * (len(data) - 100))
    elif kind == "another_database":
        with sqlite3.connect(file) as database:
            database.execute("CREATE TABLE reps (id)")
    return file


@pytest.mark.parametrize(
    "kind",
    ["missing", "empty", "folder", "random", "half", "last_page_cut", "overwritten",
     "another_database"],
)  # fmt: skip
def test_a_broken_recording_is_one_sentence_at_once(
    kind: str, tmp_path: Path, recording: Path
) -> None:
    file = broken(kind, tmp_path, recording)
    began = time.monotonic()
    with (
        pytest.raises(BadRecordingError, match=file.name) as error,
        open_camera(CameraSettings(path=str(file))) as camera,
    ):
        list(camera)
    assert time.monotonic() - began < 1
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 3


@pytest.mark.parametrize("data", [b"", b"#ROSBAG V2.0\n" + bytes(500), b"nonsense" * 100])
def test_a_broken_bag_is_one_sentence(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "old.bag"
    file.write_bytes(data)
    with (
        pytest.raises(BadRecordingError, match=r"old\.bag") as error,
        open_camera(CameraSettings(path=str(file))) as camera,
    ):
        list(camera)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "says"),
    [("clip.bag", r"name it clip\.db3"), ("clip", "without a suffix"), ("no/clip.db3", "make it")],
)
def test_recording_under_a_wrong_name_is_refused(
    rig: Rig, tmp_path: Path, name: str, says: str
) -> None:
    camera = rig.camera(record_to=tmp_path / name)
    with pytest.raises(BadRecordingError, match=says), camera:
        pass


def test_an_existing_recording_is_never_overwritten(rig: Rig, recording: Path) -> None:
    before = recording.read_bytes()
    camera = rig.camera(record_to=recording)
    with pytest.raises(BadRecordingError, match="exists already"), camera:
        pass
    assert recording.read_bytes() == before


@pytest.mark.parametrize("source", ["realsense", "video"])
def test_a_file_is_not_recorded_again(source: Any, recording: Path, tmp_path: Path) -> None:
    with pytest.raises(BadRecordingError, match="copy it"):
        open_camera(CameraSettings(source=source, path=str(recording)), tmp_path / "new.db3")


RECORD_FOR_EVER = """
    import itertools, sys, time
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    from camera_rig import Rig
    rig = Rig()
    with rig.camera(record_to=Path(sys.argv[2])) as camera:
        frames = iter(camera)
        for number in itertools.count(1):
            rig.push(number)
            print(next(frames).number, flush=True)
            time.sleep(0.01)
"""


def test_a_recording_survives_being_killed(tmp_path: Path) -> None:
    file = tmp_path / "killed.db3"
    program = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(RECORD_FOR_EVER), str(Path(__file__).parent), file],
        cwd=PROGRAM,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PROGRAM)},
    )
    assert program.stdout is not None
    for line in program.stdout:
        if int(line) == 60:
            break
    program.send_signal(signal.SIGKILL)
    program.wait()
    program.stdout.close()
    assert program.returncode == -signal.SIGKILL
    with open_camera(camera_settings_for(file)) as camera:
        frames = list(camera)
    assert len(frames) >= 10  # writing lags behind on a busy machine
    assert [frame.number for frame in frames] == list(range(1, len(frames) + 1))
    assert list(tmp_path.iterdir()) == [file]
    for frame in frames:
        assert frame.depth is not None
        assert np.array_equal(frame.depth.raw, picture(frame.number)[1])


def test_a_write_cut_off_in_the_middle_is_mended(tmp_path: Path, recording: Path) -> None:
    data = recording.read_bytes()
    file = tmp_path / "cut.db3"
    for lost_bytes in (100, 5 * 4096, 60 * 4096 + 7):
        file.write_bytes(data[:-lost_bytes])
        (tmp_path / "cut.db3.unfinished").touch()
        with open_camera(camera_settings_for(file)) as camera:
            frames = list(camera)
        assert 9 <= len(frames) <= 12
        for number, frame in enumerate(frames, start=1):
            assert frame.number == number
            assert frame.depth is not None
            assert np.array_equal(frame.depth.raw, picture(number)[1])
            assert np.array_equal(frame.color_rgb, picture(number)[0])
        assert list(tmp_path.iterdir()) == [file]


def test_a_recording_that_is_being_made_is_not_touched(rig: Rig, tmp_path: Path) -> None:
    file = tmp_path / "now.db3"
    with rig.camera(record_to=file, live=False) as camera:
        frames = iter(camera)
        for number in (1, 2, 3):
            rig.push(number)
            next(frames)
        with (
            pytest.raises(BadRecordingError, match="still being recorded"),
            open_camera(camera_settings_for(file)),
        ):
            pass
    assert list(tmp_path.iterdir()) == [file]
    with open_camera(camera_settings_for(file)) as played:
        assert [frame.number for frame in played] == [1, 2, 3]


def test_nothing_is_left_behind_when_recording_cant_start(tmp_path: Path) -> None:
    camera = open_camera(CameraSettings(serial="no such camera"), tmp_path / "new.db3")
    with pytest.raises(NoCameraError), camera:
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_played_by_its_suffix(recording: Path, tmp_path: Path) -> None:
    assert camera_settings_for(recording).source == "realsense"
    video = tmp_path / "squat.MOV"
    video.touch()
    assert camera_settings_for(video).source == "video"
    clip = tmp_path / "clip"
    clip.mkdir()
    (clip / "clip.json").touch()
    assert camera_settings_for(clip).source == "simulated"
    assert camera_settings_for(clip).path == str(clip)


@pytest.mark.parametrize(
    ("name", "says"), [("notes.txt", "expected"), ("gone.db3", "no file"), (".", "holds no clip")]
)
def test_what_cant_be_played_is_said(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(BadRecordingError, match=says):
        camera_settings_for(tmp_path / name)
