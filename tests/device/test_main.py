from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory
from rack import Grounded

from device import paths
from device.__main__ import main
from device.alone import alone
from device.live import LiveServer
from tests.factories import make_state

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A unit of its own: empty state, no settings file, mock pins."""
    for name in ("ETC", "STATE", "RUN"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(f"RACKLIGHT_{name}", str(tmp_path / name))
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """What stood on stderr: one sentence, no traceback."""
    text = "\n".join(
        line
        for line in capsys.readouterr().err.splitlines()
        if line and not line.startswith(("INFO:", "WARNING:", "replay "))
    )
    assert "Traceback" not in text
    assert text.count("\n") == 0, text
    return text


def no_camera() -> bool:
    import pyrealsense2 as rs

    return len(rs.context().query_devices()) == 0


def test_run_without_a_camera_says_so_and_exits_with_3(capsys: pytest.CaptureFixture[str]) -> None:
    if not no_camera():
        pytest.skip("a RealSense is plugged in")
    assert main(["run"]) == 3
    assert "RealSense" in said(capsys)


def test_a_setting_out_of_range_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--set", "wink/threshold_deg=400", "check"]) == 2
    assert "wink/threshold_deg" in said(capsys)


def test_a_broken_settings_file_exits_with_2(
    unit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (unit / "ETC" / "racklight.toml").write_text("[cue]\nmode = 'disco'\n")
    assert main(["check"]) == 2
    assert "disco" in said(capsys)


@pytest.mark.parametrize("harm", ["missing", "damaged"])
def test_a_model_that_is_not_right_exits_with_4(
    unit: Path, harm: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    models = unit / "models"
    models.mkdir()
    for file in paths.MODELS.glob("p*.*"):
        if file.is_file():
            shutil.copy(file, models)
    if harm == "missing":
        (models / "pelvis.tflite").unlink()
    else:
        (models / "pelvis.tflite").write_bytes(b"something else")
    monkeypatch.setattr(paths, "MODELS", models)
    assert main(["replay", str(video(unit / "grey.mp4"))]) == 4
    assert "pelvis.tflite" in said(capsys)


def test_a_database_of_a_later_version_exits_with_5(
    unit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(paths.database_file()) as database:
        database.execute("PRAGMA user_version = 999")
    assert main(["run"]) == 5
    assert "later" in said(capsys) or "newer" in said(capsys)


def test_a_second_unit_with_the_same_database_takes_no_waiting_backup_up(
    unit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = paths.database_file().parent / "restore" / "next.sqlite3"
    waiting.parent.mkdir()
    waiting.write_bytes(b"a backup")
    with alone(paths.database_file()):
        assert main(["run"]) == 5
    told = said(capsys)
    assert "already runs with the history" in told
    assert "was not put back" not in told
    assert waiting.read_bytes() == b"a backup"


def test_a_video_of_nobody_gives_no_reps_and_no_error(unit: Path) -> None:
    out = unit / "out.json"
    assert main(["replay", str(video(unit / "grey.mp4")), "--json", str(out)]) == 0
    written = json.loads(out.read_text())
    assert written["reps"] == []
    assert written["neutral_source"] is None
    assert written["frames"] == 20


@pytest.mark.parametrize("content", [b"", b"not a recording at all", None])
def test_a_recording_that_is_none_exits_with_3(
    unit: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    file = unit / "lost.db3"
    if content is not None:
        file.write_bytes(content)
    assert main(["replay", str(file)]) == 3
    assert "lost.db3" in said(capsys)


def test_results_that_cannot_be_written_exit_with_5(
    unit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = str(video(unit / "grey.mp4"))
    assert main(["replay", film, "--json", str(unit / "no" / "where.json")]) == 5
    assert "where.json" in said(capsys)
    assert main(["replay", film, "--frames", str(unit / "no" / "where.csv")]) == 5
    assert "where.csv" in said(capsys)


def test_check_prints_a_line_a_test_and_the_fix(capsys: pytest.CaptureFixture[str]) -> None:
    if not no_camera():
        pytest.skip("a RealSense is plugged in")
    assert main(["check"]) == 1  # there is no camera
    lines = capsys.readouterr().out.splitlines()
    by_name = {line.split()[1]: line for line in lines}
    well = {"models", "light", "switches", "disk", "database", "clock", "wear", "backup"}
    assert set(by_name) == {"camera", *well, "power", "heat"}
    assert by_name["camera"].startswith("FAIL")
    for name in well:
        assert by_name[name].startswith("ok"), by_name[name]
    assert "mock" in by_name["light"]


def _told_of_database(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    return next(line for line in lines if line.split()[1] == "database")


def test_check_makes_no_database(capsys: pytest.CaptureFixture[str]) -> None:
    assert _told_of_database(capsys).startswith("ok")
    assert not paths.database_file().exists()


def test_check_tells_that_the_running_unit_can_not_save(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = threading.Event()

    def unit() -> None:
        while not asked.wait(0.02):
            server.publish(make_state(store="The disk is full."))

    with LiveServer(paths.live_socket()) as server, ThreadPoolExecutor() as pool:
        pool.submit(unit)
        try:
            assert _told_of_database(capsys) == "FAIL  database  The disk is full."
        finally:
            asked.set()


def test_checking_the_light_asks_nothing_without_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device.check_light.EACH_S", 0.01)
    assert main(["check", "--light", "--seconds", "0.1"]) == 0
    out = capsys.readouterr().out
    assert "?" not in out
    assert out.count("GPIO") == 5  # three lamps, the buzzer, the button


def test_a_button_that_is_down_fails_the_check(
    pins: MockFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    pins.pin_class = Grounded
    assert main(["check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    failed = next(line for line in lines if line.startswith("FAIL  switches"))
    assert "set inputs/button to false" in failed


def test_a_pin_that_belongs_to_something_else_exits_with_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--set", "cue/red_pin=14", "run"]) == 2
    assert "serial console" in said(capsys)


def test_the_launcher_works_from_any_folder(unit: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "device", "--help"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    for command in ("run", "demo", "replay", "record", "check", "bench"):
        assert command in done.stdout


def video(file: Path, frames: int = 20) -> Path:
    """A film of a grey wall."""
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter_fourcc(*"mp4v"), 30, (320, 240))
    rng = np.random.default_rng(1)
    for _ in range(frames):
        writer.write(rng.integers(100, 130, (240, 320, 3), np.uint8))
    writer.release()
    return file


def test_evaluating_without_a_set_says_how_to_render_one(
    unit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--set", str(unit / "nowhere")]) == 1
    assert "models.lifter.evalset" in said(capsys)


def test_a_setting_of_the_run_and_the_set_to_evaluate_are_kept_apart(
    unit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--set", "wink/max_sd_deg=400", "evaluate", "--set", str(unit)]) == 2
    assert "wink/max_sd_deg" in said(capsys)
    assert main(["--set", "wink/max_sd_deg=4", "evaluate", "--set", str(unit)]) == 1
    assert str(unit) in said(capsys)
