"""What `make unit-check` concludes from what it sees, without a container."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.kills import killed
from tests.unit.machine import FailedError, Machine, differences, wait_for
from tests.unit.trouble import frozen


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(1)
    made.root = tmp_path
    for folder in ("etc", "var/log", "opt"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/hosts").write_text("127.0.0.1 localhost\n")
    (tmp_path / "opt/link").symlink_to("/nowhere")
    return made


def test_every_kind_of_change_of_a_file_is_found(machine: Machine) -> None:
    before = machine.files()
    assert differences(before, machine.files()) == []
    (machine.root / "etc/hosts").write_text("127.0.0.1 other\n")
    (machine.root / "etc/new").mkdir()
    (machine.root / "opt").chmod(0o700)
    (machine.root / "opt/link").unlink()
    after = machine.files()
    assert differences(before, after) == ["~/etc/hosts", "+/etc/new", "~/opt", "-/opt/link"]


def test_what_a_system_changes_by_itself_is_left_out(machine: Machine) -> None:
    before = machine.files()
    (machine.root / "var/log/syslog").write_text("a line\n")
    (machine.root / "tmp").mkdir()
    (machine.root / "etc/passwd-").write_text("the list before\n")
    assert differences(before, machine.files()) == []


def test_waiting_ends_with_what_was_waited_for() -> None:
    assert wait_for(lambda: "found", 1, "a word") == "found"
    with pytest.raises(FailedError, match="a word: not within 0 s"):
        wait_for(lambda: None, 0, "a word")


class Unit(Machine):
    """A unit that shows one rep a run, and a second one in its last words."""

    def __init__(self, saves_last: bool = True, deaths: int = 2) -> None:
        super().__init__(1)
        self.runs = 0
        self.saves_last = saves_last
        self.deaths = deaths

    def states(self, within_s: float = 60) -> Iterator[dict[str, Any]]:
        self.runs += 1
        yield {"session": f"visit {self.runs}", "last_rep": None, "light": "off"}
        for rep in (1, 2):
            for _ in range(3):
                yield {"session": f"visit {self.runs}", "last_rep": {"set": 1, "index": rep}}

    def main_process(self) -> int:
        return 99

    def active(self) -> bool:
        return True

    def must(self, command: str) -> str:
        return ""

    def rows(self, query: str) -> list[list[Any]]:
        if "integrity" in query:
            return [["ok"]]
        if "died" in query:
            return [[self.deaths if self.runs else 0]]
        reps = (1, 2) if self.saves_last else (1,)
        return [[f"visit {run + 1}", 1, rep] for run in range(self.runs) for rep in reps]


def killed_quickly(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("tests.unit.kills.ANY_MOMENT_S", 0.0)
    return killed(unit, 2, seed=1)


def test_the_last_words_of_a_killed_program_count_as_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "4 reps shown, 0 lost" in killed_quickly(Unit(), monkeypatch)


def test_a_rep_that_was_shown_and_is_not_saved_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FailedError, match="2 of 4 shown reps are lost"):
        killed_quickly(Unit(saves_last=False), monkeypatch)


def test_a_kill_that_did_not_kill_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.unit.kills.NOTED_WITHIN_S", 0.0)
    with pytest.raises(FailedError, match="2 deaths noted: not within"):
        killed_quickly(Unit(deaths=1), monkeypatch)


class Frozen(Unit):
    """A unit whose light-off command ended as told."""

    def __init__(self, ended: str) -> None:
        super().__init__()
        self.ended = ended
        self.process = 7

    def states(self, within_s: float = 60) -> Iterator[dict[str, Any]]:
        yield {"light": "amber" if self.process == 7 else "off"}

    def main_process(self) -> int:
        return self.process

    def must(self, command: str) -> str:
        self.process = 8
        return ""

    def show(self, what: str, unit: str = "") -> str:
        path = "/opt/racklight/current/racklight"
        return (
            f"{{ path={path} ; argv[]={path} off ; ignore_errors=yes ; start_time=[now] ;"
            f" stop_time=[now] ; pid=12 ; {self.ended} }}"
        )

    def rows(self, query: str) -> list[list[Any]]:
        return [["2999-01-01T00:00:00.000Z", "watchdog"]]


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ("code=exited ; status=6", "'racklight off' ended with exited 6"),
        ("code=killed ; status=9", "'racklight off' ended with killed 9"),
        ("code=exited ; status=0", "the light was driven off .* s after"),
    ],
)
def test_a_light_that_was_not_driven_off_is_found(ended: str, words: str) -> None:
    with pytest.raises(FailedError, match=words):
        frozen(Frozen(ended))
