"""The demo clip's files: round trip, and what a damaged one says."""

import json
import time

import cv2
import numpy as np
import pytest

from device.errors import BadRecordingError
from device.paths import DEMO_CLIP
from device.records import Extrinsics, Intrinsics
from models.lifter.clip import depth_codec
from models.lifter.clip.files import (
    Clip,
    ClipMeta,
    ClipTruth,
    DepthWriter,
    RepTruth,
    write_description,
)

FRAMES = 40
DEPTH = Intrinsics(106, 60, 55.0, 55.0, 52.5, 29.5)
COLOR = Intrinsics(160, 96, 80.0, 80.0, 79.5, 47.5)


def room():
    rows = np.linspace(1500, 3000, 60)
    return np.tile(rows[:, None], (1, 106)).astype(np.uint16)


def ball(frame, background):
    """A ball of 0.3 m that rolls through the picture, in millimetres."""
    v, u = np.mgrid[0:60, 0:106]
    inside = 16.0**2 - (u - 20 - frame * 1.7) ** 2 - (v - 30 - 5 * np.sin(frame / 4)) ** 2
    depth = background.copy()
    depth[inside > 0] = np.rint(1200 - 12 * np.sqrt(inside[inside > 0]))
    return depth


def depths():
    return [ball(i, room()) for i in range(FRAMES)]


@pytest.fixture
def folder(tmp_path):
    with DepthWriter(tmp_path, room()) as writer:
        for depth in depths():
            writer.add(depth)
    video = cv2.VideoWriter(
        str(tmp_path / "color.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 30, (160, 96)
    )
    for i in range(FRAMES):
        video.write(np.full((96, 160, 3), (20, 60, 100 + 3 * i), np.uint8))  # blue, green, red
    video.release()
    meta = ClipMeta(
        fps=30,
        frames=FRAMES,
        rotation_deg=90,
        color=COLOR,
        depth=DEPTH,
        to_color=Extrinsics(np.eye(3), np.array([-0.059, 0.0, 0.0])),
        unit_m=0.001,
        baseline_m=0.095,
        camera_height_m=1.1,
        lifters={"Alex": {"gender": 0.0}},
    )
    rep = RepTruth("Alex", 1, 0.1, 0.5, 1.0, 16.0, 18.0, 2.0, 30.0, True, "a wink", True)
    tilt = np.linspace(-3.0, 15.0, FRAMES)
    tilt[5] = np.nan
    script = [{"time_s": 0.3, "command": "sign_in", "lifter": "Alex"}]
    write_description(tmp_path, meta, script, ClipTruth((rep,), tilt, tilt + 1))
    return tmp_path


def test_description_comes_back_as_written(folder):
    clip = Clip.open(folder)
    assert clip.meta.depth == DEPTH
    assert clip.meta.color == COLOR
    assert clip.meta.to_color.translation_m[0] == -0.059
    assert (clip.meta.fps, clip.meta.frames, clip.meta.rotation_deg) == (30, FRAMES, 90)
    assert clip.script == ({"time_s": 0.3, "command": "sign_in", "lifter": "Alex"},)
    assert clip.truth.reps[0].wink_deg == 16.0
    assert np.isnan(clip.truth.tilt_deg[5])
    assert clip.truth.tilt_deg[-1] == 15.0
    assert len(clip.truth.lumbar_flexion_deg) == FRAMES


def test_depth_comes_back_within_a_few_millimetres(folder):
    for (_, got), wanted in zip(Clip.open(folder).frames(), depths(), strict=True):
        figure = wanted != room()
        assert got.dtype == np.uint16
        assert np.array_equal(got[~figure], wanted[~figure])  # the room is exact
        error = np.abs(got[figure].astype(float) - wanted[figure])
        assert np.median(error) <= 2
        assert np.percentile(error, 75) < 8  # beyond: the steep rim of the ball


def test_color_comes_back_as_rgb(folder):
    colors = [color for color, _ in Clip.open(folder).frames()]
    assert colors[10].shape == (96, 160, 3)
    assert np.abs(colors[10].mean(axis=(0, 1)) - (130, 60, 20)).max() < 8


def test_frames_can_be_played_twice(folder):
    clip = Clip.open(folder)
    first, second = list(clip.frames()), list(clip.frames())
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(first, second, strict=True))


def test_coding_is_exact_on_the_coarse_grid():
    figures = [depth_codec.figure_of(depth, room()) for depth in depths()[:7]]
    for before, after in zip(figures, depth_codec.decode(depth_codec.encode(figures)), strict=True):
        assert np.array_equal(before.outline, after.outline)
        assert np.array_equal(before.coarse, after.coarse)


def test_a_frame_without_a_figure_is_the_room():
    figure = depth_codec.figure_of(room(), room())
    assert np.array_equal(depth_codec.compose(figure, room()), room())


def test_no_depth_appears_between_two_surfaces():
    depth = room()
    depth[10:50, 20:60] = 1400
    depth[20:40, 30:50] = 1000
    made = depth_codec.compose(depth_codec.figure_of(depth, room()), room())
    figure = depth != room()
    near = np.minimum(np.abs(made[figure] - 1400.0), np.abs(made[figure] - 1000.0))
    assert near.max() <= depth_codec.STEP


@pytest.mark.parametrize("name", ["clip.json", "color.mp4", "background.png", "depth.bin"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(BadRecordingError, match=f"{name} is missing"):
        Clip.open(folder)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_a_cut_depth_file_gives_one_sentence(folder, share):
    whole = (folder / "depth.bin").read_bytes()
    (folder / "depth.bin").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BadRecordingError, match="damaged") as caught:
        list(Clip.open(folder).frames())
    assert str(caught.value).count(". ") == 0
    assert "\n" not in str(caught.value)


def test_a_changed_byte_is_noticed(folder):
    data = bytearray((folder / "depth.bin").read_bytes())
    data[len(data) // 2] ^= 0x55
    (folder / "depth.bin").write_bytes(data)
    with pytest.raises(BadRecordingError, match=r"depth\.bin has changed"):
        list(Clip.open(folder).frames())


def test_a_cut_video_is_noticed(folder):
    whole = (folder / "color.mp4").read_bytes()
    (folder / "color.mp4").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadRecordingError, match=r"color\.mp4 ends after"):
        list(Clip.open(folder).frames())


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 1}', '{"version": 99}', '{"version": 1, "meta": {}}']
)
def test_a_broken_description_gives_one_sentence(folder, text):
    (folder / "clip.json").write_text(text)
    with pytest.raises(BadRecordingError, match="damaged"):
        Clip.open(folder)


def test_a_clip_that_ends_early_is_noticed(folder):
    described = json.loads((folder / "clip.json").read_text())
    described["meta"]["frames"] += 5
    (folder / "clip.json").write_text(json.dumps(described))
    with pytest.raises(BadRecordingError, match=f"ends after {FRAMES} of {FRAMES + 5}"):
        list(Clip.open(folder).frames())


# ---------------------------------------------------------------- the clip itself


@pytest.fixture(scope="module")
def demo():
    return Clip.open(DEMO_CLIP)


def test_demo_clip_is_small():
    assert sum(file.stat().st_size for file in DEMO_CLIP.iterdir()) <= 12e6


def test_demo_clip_shows_winks_and_clean_reps(demo):
    loaded = [rep for rep in demo.truth.reps if rep.loaded and rep.measurable]
    assert sum(rep.wink_deg > 13 for rep in loaded) >= 3
    assert sum(rep.wink_deg < 4 for rep in loaded) >= 4
    assert any(not rep.measurable for rep in demo.truth.reps)
    assert any(not rep.loaded and rep.wink_deg > 13 for rep in demo.truth.reps)
    assert all(rep.start_s < rep.bottom_s < rep.end_s for rep in demo.truth.reps)


def test_demo_clip_signs_each_lifter_in_before_their_first_rep(demo):
    times = {e["lifter"]: e["time_s"] for e in demo.script if e["command"] == "sign_in"}
    for name, signed_in in times.items():
        first = min(rep.start_s for rep in demo.truth.reps if rep.lifter == name)
        assert first - signed_in > 3.0


def test_demo_clip_plays_faster_than_life(demo):
    frames = demo.frames()
    next(frames)
    began = time.thread_time()
    for _ in range(59):
        color, depth = next(frames)
    assert time.thread_time() - began < 59 / 30
    assert color.shape == (360, 640, 3)
    assert depth.shape == (240, 424)
    assert 0.9 < np.median(depth[depth > 0]) * demo.meta.unit_m < 3.0
