"""Video files: frames in order with the container's times, upright, and every fault said."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from device.cameras import camera_settings_for, open_camera
from device.cameras.video import DIAGONAL_VIEW_DEG, guessed_intrinsics
from device.errors import BadRecordingError
from device.paths import PROGRAM
from device.settings import CameraSettings

DATA = PROGRAM.parent / "shared" / "data" / "squat_video"
FPS = 25.0
FRAMES = 20


def write_video(file: Path, frames: int = FRAMES) -> Path:
    """A video whose red grows from frame to frame."""
    code = cv2.VideoWriter_fourcc(*"mp4v")  # type: ignore[attr-defined]
    writer = cv2.VideoWriter(str(file), code, FPS, (160, 120))
    assert writer.isOpened()
    for number in range(frames):
        writer.write(np.full((120, 160, 3), (0, 0, 10 * number), np.uint8))
    writer.release()
    return file


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("video") / "squat.mp4")


def test_every_frame_comes_in_order(video: Path) -> None:
    with open_camera(camera_settings_for(video)) as camera:
        assert not camera.live
        assert camera.usb is None
        assert camera.frame_count == FRAMES
        assert "160x120, 25 fps, no depth" in camera.describe()
        frames = list(camera)
    assert [frame.number for frame in frames] == list(range(1, FRAMES + 1))
    assert [frame.time_s for frame in frames] == pytest.approx(np.arange(FRAMES) / FPS)
    red = np.array([frame.color_rgb[60, 80] for frame in frames]).astype(int)
    assert np.abs(red[:, 0] - 10 * np.arange(FRAMES)).max() <= 6
    assert red[:, 1:].max() <= 6
    assert all(frame.depth is None and frame.dropped == 0 for frame in frames)


def test_the_guessed_view_is_the_documented_one() -> None:
    camera = guessed_intrinsics(1280, 720)
    half_px = np.hypot(1280, 720) / 2
    assert 2 * np.degrees(np.arctan(half_px / camera.fx_px)) == pytest.approx(DIAGONAL_VIEW_DEG)
    assert (camera.cx_px, camera.cy_px) == (639.5, 359.5)


@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data/squat_video")
@pytest.mark.parametrize(
    ("name", "frames", "last_s"),
    [("lnewco_IMG_7032.mov", 87, 86 / 30), ("lnewco_IMG_7026.mov", 80, 79 / 30)],
)
def test_a_phones_video_keeps_its_own_times(name: str, frames: int, last_s: float) -> None:
    with open_camera(camera_settings_for(DATA / name)) as camera:
        times = [frame.time_s for frame in camera]
    assert len(times) == frames
    assert times[0] == 0
    assert times[-1] == pytest.approx(last_s, abs=0.02)


def broken(kind: str, folder: Path, whole: Path) -> Path:
    """A video that can't be played."""
    file = folder / f"{kind}.mp4"
    data = whole.read_bytes()
    if kind == "empty":
        file.write_bytes(b"")
    elif kind == "folder":
        file.mkdir()
    elif kind == "random":
        file.write_bytes(np.random.default_rng(1).bytes(20_000))
    elif kind == "truncated":  # the index, at the end of the file, is gone
        file.write_bytes(data[: len(data) // 2])
    elif kind == "no_frames":
        write_video(file, frames=0)
    elif kind == "sound_only":
        file.write_bytes(_silence())
    return file


def _silence() -> bytes:
    """A WAV file of silence."""
    data = bytes(1600)
    head = b"RIFF" + (36 + len(data)).to_bytes(4, "little") + b"WAVEfmt "
    rate = (8000).to_bytes(4, "little")
    form = (16).to_bytes(4, "little") + b"\1\0\1\0" + rate + rate + b"\1\0\10\0"
    return head + form + b"data" + len(data).to_bytes(4, "little") + data


@pytest.mark.parametrize(
    "kind", ["missing", "empty", "folder", "random", "truncated", "no_frames", "sound_only"]
)
def test_a_broken_video_is_one_sentence(kind: str, tmp_path: Path, video: Path) -> None:
    file = broken(kind, tmp_path, video)
    camera = open_camera(CameraSettings(source="video", path=str(file)))
    with pytest.raises(BadRecordingError, match=file.name) as error, camera:
        pass
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)


def test_a_video_cut_short_says_so_at_its_end(tmp_path: Path, video: Path) -> None:
    avi = tmp_path / "long.avi"
    code = cv2.VideoWriter_fourcc(*"MJPG")  # type: ignore[attr-defined]
    writer = cv2.VideoWriter(str(avi), code, FPS, (160, 120))
    noise = np.random.default_rng(1)
    for _ in range(FRAMES):
        writer.write(noise.integers(0, 255, (120, 160, 3), dtype=np.uint8))
    writer.release()
    cut = tmp_path / "cut.avi"
    cut.write_bytes(avi.read_bytes()[: avi.stat().st_size // 2])
    numbers = []
    with (
        pytest.raises(BadRecordingError, match="cut short"),
        open_camera(camera_settings_for(cut)) as camera,
    ):
        for frame in camera:
            numbers.append(frame.number)
    assert 5 <= len(numbers) < FRAMES


def test_no_file_named_is_said() -> None:
    with pytest.raises(BadRecordingError, match="camera/path"):
        open_camera(CameraSettings(source="video"))
