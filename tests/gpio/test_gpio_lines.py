"""What `make gpio-check` concludes from what it sees, and where it refuses; without a machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.gpio import play
from tests.gpio.lamps_seen import BLINK, IN_STEP, TWICE
from tests.gpio.lines import Line, Seen, changes_of, wait_for_level, wanted, watch
from tests.unit.machine import FailedError

CHECK = Path(__file__).parent / "check.sh"
BASH = str(shutil.which("bash"))


def seen(*changes: tuple[float, int]) -> Seen:
    line = Seen()
    line.look(-1.0, 0)
    for time_s, level in changes:
        line.look(time_s, level)
    return line


def blinks(times_s: Iterable[float]) -> Seen:
    return seen(*((time_s, 1 - index % 2) for index, time_s in enumerate(times_s)))


def test_a_rhythm_is_the_beats_on_and_off_in_turn() -> None:
    assert changes_of(BLINK, 0.35) == pytest.approx([0, 0.1, 0.2, 0.3])
    assert changes_of(TWICE, 1.0) == pytest.approx([0, 0.1, 0.2, 0.3, 0.8, 0.9])
    assert changes_of((0.1, 0.2, 0.1), 9.0, repeats=False) == pytest.approx([0, 0.1, 0.3, 0.4])
    shown = [wanted(TWICE, tenth / 10 + 0.05) for tenth in range(10)]
    assert shown == [1, 0, 1, 0, 0, 0, 0, 0, 1, 0]
    assert [wanted((0.1,), time_s, repeats=False) for time_s in (0.05, 0.15, 0.25)] == [1, 0, 0]


def test_a_line_that_follows_a_little_late_is_in_step() -> None:
    line = blinks(0.1 * index + 0.002 for index in range(40))
    assert line.in_step(0.0, 3.95, BLINK) == pytest.approx(0.98, abs=0.005)
    assert line.late_ms(0.0, 3.95, BLINK) == pytest.approx([2.0] * 40)


def test_a_line_that_followed_before_the_first_look_was_not_late() -> None:
    line = Seen()
    line.look(0.001, 1)
    assert line.late_ms(0.0, 0.9, (60.0,)) == pytest.approx([1.0])
    assert line.in_step(0.0, 0.9, (60.0,)) == 1
    assert seen().late_ms(0.0, 0.9, (60.0,)) == []


def test_a_rhythm_that_drifts_or_stops_is_out_of_step() -> None:
    drifting = blinks(0.105 * index for index in range(38))
    stopped = blinks(0.1 * index for index in range(21))
    amber = blinks(changes_of(TWICE, 3.95))
    for line in (drifting, stopped, amber):
        assert line.in_step(0.0, 3.95, BLINK) < IN_STEP


def test_a_flicker_between_two_beats_is_found() -> None:
    with pytest.raises(FailedError, match="3 changes between"):
        seen((0.0, 1), (0.3, 0), (0.31, 1)).late_ms(0.0, 0.9, (60.0,))


def test_the_share_of_time_on_and_the_pulses_of_a_tone() -> None:
    tone = blinks(0.005 * pulse + part for pulse in range(20) for part in (0, 0.001))
    assert tone.share(0.0, 0.1) == pytest.approx(0.2)
    assert tone.pulses(0.0001, 0.0999) == 19
    assert seen((0.0, 1)).share(0.2, 0.3) == 1
    assert not seen().ever_on


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """Files as gpio-sim has them."""
    (tmp_path / "sim_gpio17").mkdir()
    (tmp_path / "sim_gpio17/value").write_text("0\n")
    (tmp_path / "sim_gpio17/pull").write_text("pull-down\n")
    return tmp_path


def test_a_line_is_read_and_pulled_through_its_files(bank: Path) -> None:
    line = Line(17, bank)
    assert (line.level, line.pulled_up) == (0, False)
    line.pull(up=True)
    (bank / "sim_gpio17/value").write_text("1\n")
    assert (line.level, line.pulled_up) == (1, True)
    assert wait_for_level(line, 1, 5, "a light") < 5
    with pytest.raises(FailedError, match="a light: GPIO 17 is not 0 within 0 s"):
        wait_for_level(line, 0, 0, "a light")
    assert watch({"red": line}, 0.0)["red"].ever_on
    line.close()


ANSWERS = """
import atexit, sys
from tests.gpio.children import child
from tests.unit.machine import FailedError

def answers(talk):
    atexit.register(talk.send, "over")
    talk.send(talk.recv() * 2)
    sys.exit(7)

with child(answers) as process:
    process.tell(21)
    print(process.hear(60), process.hear(60), process.ended(60))
    try:
        process.hear(60)
    except FailedError as error:
        print(error)
"""


def test_a_process_of_its_own_is_heard_and_its_end_told() -> None:
    done = subprocess.run(  # by itself: what is forked from here would end as pytest does
        [sys.executable, "-c", ANSWERS],
        cwd=CHECK.parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "42 over 7\nthe program ended with 7\n"


def test_scenes_are_played_by_name_and_one_that_fails_does_not_stop_the_next(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> str:
        raise FailedError("green stays dark")

    scenes = {"dark": fails, "lit": lambda: "all lit", "left": lambda: "not asked for"}
    monkeypatch.setattr(play, "SCENES", scenes)
    assert play.main(["dark", "lit"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=2) for line in said[:2]] == [
        ["FAILED", "dark", "green stays dark"],
        ["passed", "lit", "all lit"],
    ]
    assert said[2] == "gpio-check: 1 failed"
    assert play.main(["lit"]) == 0
    assert "gpio-check: all passed" in capsys.readouterr().out
    assert play.main(["unlit"]) == 2
    assert "no scene unlit; there are: dark, lit, left" in capsys.readouterr().out


def refused(tree: Path, replaced: dict[str, str]) -> str:
    """What check.sh says in a bare tree, with some of its words replaced."""
    text = CHECK.read_text(encoding="utf-8")
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    path = tree / "tests/gpio/check.sh"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [BASH, str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("gpio-check: ")
    assert not (tree / "data").exists()
    return done.stderr


def test_check_refuses_in_a_sentence_with_the_fix(tmp_path: Path) -> None:
    machine = {"$(id -u)": "0", "$(uname -m)": "x86_64"}
    assert "sudo make gpio-check" in refused(tmp_path, {"$(id -u)": "1000"})
    assert "this is riscv64" in refused(tmp_path, machine | {"$(uname -m)": "riscv64"})
    assert "run ./setup.sh test once" in refused(tmp_path, machine)
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    few = tmp_path / "few"
    few.mkdir()
    (few / "dirname").symlink_to(str(shutil.which("dirname")))
    without = machine | {"PATH=/usr/sbin:/usr/bin:/sbin:/bin": f"PATH={few}"}
    assert "mmdebstrap is missing: apt-get install mmdebstrap qemu-" in refused(tmp_path, without)
