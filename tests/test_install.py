"""`setup.sh install` and `uninstall` for real: on an overlay of this system (overlay.py)."""

from __future__ import annotations

import pytest
from overlay import ROOT, Told, program, tell, wheel

STORY = """
mkdir -p "$WORK/root/etc/systemd/journald.conf.d"
echo '# mine' >"$WORK/root/etc/systemd/journald.conf.d/racklight.conf"
rm -rf "$WORK/root/var/lib/racklight" "$WORK/root/etc/racklight" # of another day
snap before
run dry install --dry-run
run first install
chroot "$WORK/root" stat -c '%U %a' /var/lib/racklight >"$OUT/data.owner"
cp "$WORK/root/etc/systemd/journald.conf.d/racklight.conf" "$OUT/journal"
run second install
run check check
run dry_uninstall uninstall --dry-run
echo rep >"$WORK/root/var/lib/racklight/racklight.sqlite3"
run uninstall uninstall
chroot "$WORK/root" stat -c '%U' /var/lib/racklight/racklight.sqlite3 >"$OUT/kept.owner"
run again install
run purge uninstall --purge
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("install")
    program(folder / "program")
    (folder / "program" / "requirements" / "runtime.txt").write_text(wheel(folder / "wheels"))
    return tell(folder, STORY)


def test_a_dry_run_tells_every_step_and_changes_nothing(told: Told) -> None:
    assert told("dry", "status") == "0\n", told("dry", "said")
    assert told("dry", "files") == told("before", "files")
    assert told("dry", "users") == told("before", "users")
    steps = [line[8:] for line in told("dry", "said").splitlines() if line.startswith("  would ")]
    done = told("first", "said")
    assert len(steps) > 15
    assert [step for step in steps if f"  {step}\n" not in done] == []
    assert "would" not in done


def test_an_install_makes_release_user_services_and_data(told: Told) -> None:
    assert told("first", "status") == "0\n", told("first", "said")
    files = told("first", "files")
    for path in (
        "./opt/racklight/current l",
        "./etc/systemd/system/racklight-device.service -rw-r--r--",
        "./etc/systemd/system/multi-user.target.wants/racklight-web.service l",
        "./etc/udev/rules.d/70-racklight.rules -rw-r--r--",
        "./etc/racklight/racklight.toml -rw-r--r--",
    ):
        assert path in files
    assert "racklight:x:" in told("first", "users")
    assert told("data", "owner") == "racklight 750\n"
    assert (told.folder / "journal").read_text() == (ROOT / "systemd/journal.conf").read_text()


def test_a_second_install_changes_nothing(told: Told) -> None:
    assert told("second", "status") == "0\n"
    assert "Nothing to do." in told("second", "said")
    assert told("second", "files") == told("first", "files")
    assert told("second", "users") == told("first", "users")


def test_check_finds_everything_there_and_says_that_systemd_does_not_run(told: Told) -> None:
    said = told("check", "said")
    assert "ok    installed 0.1.0-" in said
    assert "ok    files     all " in said
    assert "FAIL  services  systemd is not running here" in said
    assert told("check", "status") == "1\n"


def test_a_dry_uninstall_changes_nothing(told: Told) -> None:
    assert told("dry_uninstall", "files") == told("second", "files")
    assert "would remove the user racklight\n" in told("dry_uninstall", "said")


def test_uninstall_puts_back_what_was_there_and_keeps_the_data(told: Told) -> None:
    assert told("uninstall", "status") == "0\n", told("uninstall", "said")
    before, after = (set(told(step, "files").splitlines()) for step in ("before", "uninstall"))
    left = {line.split()[0] for line in after - before}
    assert left == {"./etc/racklight/racklight.toml", "./var/lib/racklight/racklight.sqlite3"}
    gone = {line.split()[0] for line in before - after}
    assert "./etc/systemd/journald.conf.d/racklight.conf" not in gone  # somebody's own is back
    assert gone <= {"./var/lib/racklight", "./etc/racklight"}  # the marks that they were away
    assert told("uninstall", "users") == told("before", "users")
    assert told("kept", "owner") == "root\n"


def test_purge_leaves_nothing(told: Told) -> None:
    assert told("again", "status") == told("purge", "status") == "0\n"
    assert "give the kept data in /var/lib/racklight to the user racklight" in told("again", "said")
    assert told("purge", "files") == told("before", "files")
    assert told("purge", "users") == told("before", "users")
