"""The placement check on the demo, live and recorded: the real way through librealsense."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from device.__main__ import main
from device.cameras.simulated import SimulatedCamera
from device.check_placement import line, numbers, verdict_lines
from device.placement import nobody
from device.settings import CameraSettings
from tests.factories import D455, make_far_placement, make_placement

FRAMES = 66  # Alex stands relaxed on the spot, then goes to the bar


@pytest.fixture(autouse=True)
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ETC", "STATE", "RUN"):
        monkeypatch.setenv(f"RACKLIGHT_{name}", str(tmp_path))


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first seconds of the demo, as a unit would record them."""
    file = tmp_path_factory.mktemp("placement") / "spot.db3"
    camera = SimulatedCamera(
        CameraSettings(source="simulated"), realtime=False, loop=False, record_to=file
    )
    with camera:
        assert len(list(islice(camera, FRAMES))) == FRAMES
    return file


def test_a_recording_of_a_well_hung_unit_is_good_and_exits_with_0(
    recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--set", f"camera/path={recording}", "check", "--placement", "--seconds", "2"]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "GOOD: it hangs where it measures well." in said
    final = said.split("The unit is ")[1]
    azimuth, distance = float(final.split()[0]), float(final.split(", ")[1].split()[0])
    assert azimuth == pytest.approx(22, abs=6)  # the clip's camera, seen from Alex
    assert "to the lifter's left" in final
    assert distance == pytest.approx(1.45, abs=0.1)
    assert "1.10 m high, upright" in final


def test_live_the_simulated_camera_is_followed_and_told_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """After six seconds Alex stands at the bar, two metres away."""
    asked = ["--set", "camera/source=simulated", "--set", "camera/stall_s=10", "check"]
    assert main([*asked, "--placement", "--seconds", "6"]) == 1
    said = capsys.readouterr().out
    assert "MOVE IT:" in said
    assert "closer" in said.split("MOVE IT:")[1]
    assert sum(" s  " in text for text in said.splitlines()) >= 4


def test_a_rotation_that_lies_finds_nobody(
    recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sideways people are not recognised; the check must not call that good."""
    asked = ["--set", f"camera/path={recording}", "--set", "camera/rotation=0", "check"]
    assert main([*asked, "--placement", "--seconds", "1"]) == 1
    assert "GOOD" not in capsys.readouterr().out


def test_a_recording_that_is_missing_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--set", f"camera/path={tmp_path / 'none.db3'}", "check", "--placement"]
    assert main(asked) == 3
    assert "none.db3" in capsys.readouterr().err


def test_a_line_holds_the_numbers_and_the_first_thing_to_do() -> None:
    assert line(make_placement()).endswith(": good")
    far = line(make_far_placement())
    assert far.startswith("64 degrees to the lifter's left of straight behind, 1.87 m away")
    assert far.endswith("move the unit 30 cm to the right, round the lifter")
    assert line(nobody(0.0, D455)).startswith("nobody is in view")
    assert "to the lifter's right" in numbers(make_placement(azimuth_deg=-12.0))


def test_the_verdict_lists_everything_to_do_in_order() -> None:
    said = verdict_lines(make_far_placement())
    assert said[2:] == [
        "MOVE IT:",
        "  1. move the unit 30 cm to the right, round the lifter",
        "  2. move the unit 30 cm closer",
        "  3. the feet are out of the picture: tilt it down 4 degrees",
    ]
    assert verdict_lines(nobody(0.0, D455))[1].startswith("NOT KNOWN: nobody is in view")
