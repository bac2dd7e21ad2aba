"""What a unit must live through, in the order of its life; `check.sh` boots it and calls this.

Each scenario prints one line: passed or FAILED, its name, and what was measured. One that fails
does not stop the next ones, unless nothing can go on without it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.unit import trouble, updates
from tests.unit.kills import killed
from tests.unit.machine import FailedError, Machine, differences, need, wait_for

KILLS = 20
INSTALL = "install --offline /mnt/bundle"
SETTINGS = '[unit]\nname = "rack-unit"\n[camera]\nsource = "simulated"\n[pose]\nmodel = "lite"\n'
# What an owner may keep: the data and the settings.
DATA = ("/var/lib/racklight", "/etc/racklight")


class Story:
    """The scenarios, each a method; what one needs of those before it is kept in between."""

    def __init__(self, unit: Machine) -> None:
        self.unit = unit
        self.before: dict[str, str] = {}

    def installs(self) -> str:
        """From nothing; a unit without camera and pins says so."""
        unit = self.unit
        self.before = unit.files()
        begun = time.monotonic()
        status, said = unit.setup(INSTALL)
        need(status == 0, f"install ended with {status}: {said.strip().splitlines()[-1]}")
        took_s = time.monotonic() - begun
        found = wait_for(lambda: unit.journal(0), 60, "a word of the camera process")
        need("Traceback" not in found, "without hardware the program shows a traceback")
        need(unit.run("/mnt/programs/first/setup.sh check")[0] == 1, "check finds no fault")
        unit.write("etc/racklight/racklight.toml", SETTINGS)
        unit.write("etc/racklight/environment", "GPIOZERO_PIN_FACTORY=mock\n")
        unit.must("systemctl restart racklight-device racklight-web")
        return f"from a bare Debian 13 in {took_s:.0f} s, without a network"

    def works(self) -> str:
        """Both services, the page, a rep."""
        unit = self.unit
        wait_for(unit.active, 90, "both services up")
        page = unit.ask("/")[0]
        need(page == 200, f"the page answers {page}")
        count = "SELECT count(*) FROM reps"
        wait_for(lambda: unit.rows(count)[0][0], 300, "a rep in the database")
        status, said = unit.setup("check")
        need(status == 0, f"check finds faults: {_faults(said)}")
        return f"both services up, page answers {page}, {unit.rows(count)[0][0]} rep(s) recorded"

    def changes_nothing(self) -> str:
        """Install again, and every dry run; while services stand still, as they write."""
        unit = self.unit
        unit.must("systemctl stop racklight-device racklight-web")
        before = unit.files()
        words = [f"{verb} --dry-run" for verb in ("uninstall", "uninstall --purge", INSTALL)]
        said = [unit.setup(one) for one in words]
        said += [unit.setup(f"update --dry-run {INSTALL[8:]}", "second")]
        need(all(status == 0 for status, _ in said), f"a dry run failed: {said}")
        changed = differences(before, unit.files())
        need(not changed, f"a dry run changed {changed[:5]}")
        unit.must("systemctl start racklight-device racklight-web")
        wait_for(unit.active, 60, "both services up")
        status, again = unit.setup(INSTALL)
        need(status == 0 and "Nothing to do." in again, f"install again: {again[-200:]}")
        changed = [one for one in differences(before, unit.files()) if not _is_data(one)]
        need(not changed, f"install again changed {changed[:5]}")
        return f"4 dry runs and a second install: 0 of {len(before)} files changed"

    def killed(self) -> str:
        """SIGKILL, again and again."""
        return killed(self.unit, KILLS, seed=4)

    def uninstalls(self) -> str:
        """Nothing stays but the data; with --purge nothing."""
        unit = self.unit
        # without its camera the process is never up, and tries again and again
        unit.write("etc/racklight/racklight.toml", SETTINGS.replace("simulated", "realsense"))
        unit.must("systemctl --no-block restart racklight-device")
        wait_for(lambda: unit.show("NRestarts") not in ("", "0"), 60, "a start in vain")
        status, said = unit.setup("uninstall")
        need(status == 0, f"uninstall ended with {status}: {said[-200:]}")
        kept = differences(self.before, unit.files())
        stays = [one for one in kept if not _is_data(one)]
        need(not stays, f"uninstall leaves {len(stays)}: {stays[:8]}")
        need(any("racklight.sqlite3" in one for one in kept), "uninstall took the data too")
        status, _ = unit.setup("uninstall --purge")
        left = differences(self.before, unit.files())
        need(status == 0 and not left, f"uninstall --purge leaves {len(left)}: {left[:8]}")
        users = unit.run("getent passwd racklight")[0]
        need(users != 0, "the user racklight is still there")
        return f"uninstall: {len(kept)} files stay, all of them data; --purge: 0 of them"


def _is_data(difference: str) -> bool:
    return difference[1:].startswith(DATA)


def _faults(said: str) -> str:
    return "; ".join(line for line in said.splitlines() if line.startswith("FAIL"))


def main(leader: int, kept: Path, wanted: list[str]) -> int:
    """Plays all scenarios, or the first two and the wanted ones; the number that failed."""
    unit = Machine(leader)
    story = Story(unit)
    scenes: dict[str, Callable[[], str]] = {
        "install": story.installs,
        "work": story.works,
        "unchanged": story.changes_nothing,
        "frozen": lambda: trouble.frozen(unit),
        "killed": story.killed,
        "database": lambda: trouble.database_removed(unit),
        "disk": lambda: trouble.disk_full(unit),
        "settings": lambda: trouble.settings_broken(unit, SETTINGS),
        "bad-update": lambda: updates.bad_update(unit),
        "unplugged": lambda: updates.update_without_camera(unit, SETTINGS),
        "rollback": lambda: updates.rollback_and_update(unit),
        "uninstall": story.uninstalls,
    }
    if unknown := set(wanted) - set(scenes):
        print(
            f"unit-check: there is no scenario {', '.join(unknown)}; there are: {', '.join(scenes)}"
        )
        return 2
    failed = 0
    for name, scene in scenes.items():
        if not wanted or name in ("install", "work") or name in wanted:
            failed += not _played(name, scene)
            if failed and name in ("install", "work"):
                break
    (kept / "journal.txt").write_text(unit.run("journalctl --no-pager")[1], encoding="utf-8")
    print(
        f"{failed} failed; the container's journal is {kept / 'journal.txt'}"
        if failed
        else "All passed."
    )
    return failed


def _played(name: str, scene: Callable[[], str]) -> bool:
    begun = time.monotonic()
    try:
        text, passed = scene(), True
    except (FailedError, OSError, subprocess.SubprocessError) as error:
        text, passed = str(error), False
    word = "passed" if passed else "FAILED"
    print(f"{word}  {name:10s} {text} ({time.monotonic() - begun:.0f} s)", flush=True)
    return passed


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
