"""`setup.sh install` and `uninstall` for real: on an overlay of this system.

Root of a machine that allows overlays is needed; systemd does not run in the overlay, so nothing is
started. The program installed is a small stand-in: its environment needs no network.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
UNSHARE = ["unshare", "--mount", "--propagation=private"]
MOUNT = """
set -eu
mkdir -p "$WORK"
mount -t tmpfs racklight "$WORK"
mkdir "$WORK/upper" "$WORK/work" "$WORK/root"
mount -t overlay -o "lowerdir=/,upperdir=$WORK/upper,workdir=$WORK/work" racklight "$WORK/root"
"""
# Every change of the system as it stands in the overlay's upper folder; the lists of users and
# groups are compared by what they hold, their own back-ups (passwd-) and locks left out.
STORY = """
mount --rbind /dev "$WORK/root/dev"
mount -t proc proc "$WORK/root/proc"
snap() {
    (cd "$WORK/upper" && find . ! -type d ! -path './root/.cache/*' ! -name '*-' \
        ! -name .pwd.lock ! -path './etc/*shadow' ! -path './etc/sub?id' \
        ! -path ./etc/passwd ! -path ./etc/group \
        ! -path './tmp/*' ! -path './var/log/*' ! -path './run/*' -printf '%p %M %l\n' |
        sort) >"$OUT/$1.files"
    (cd "$WORK/root/etc" && cat passwd group shadow gshadow subuid subgid) >"$OUT/$1.users"
}
run() {
    name=$1
    shift
    status=0
    chroot "$WORK/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root PIP_NO_INDEX=1 \
        "PIP_FIND_LINKS=$WHEELS" PYTHONDONTWRITEBYTECODE=1 "$PROGRAM/setup.sh" "$@" \
        >"$OUT/$name.said" 2>&1 || status=$?
    echo "$status" >"$OUT/$name.status"
    snap "$name"
}
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


def can_overlay(folder: Path) -> bool:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    environment = {**os.environ, "WORK": str(folder)}
    tried = subprocess.run(
        [*UNSHARE, "sh", "-c", MOUNT], env=environment, capture_output=True, check=False
    )
    return tried.returncode == 0


def program(folder: Path) -> None:
    """The set-up files as they are, and a program of one line."""
    folder.mkdir()
    for name in ("setup.sh", "racklight", "pyproject.toml", "LICENSE", "NOTICE"):
        shutil.copy2(ROOT / name, folder / name)
    for name in ("README.md", "CHANGELOG.md"):
        shutil.copy2(ROOT / name, folder / name)
    shutil.copytree(ROOT / "systemd", folder / "systemd")
    for name in ("device", "web", "models", "requirements"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("")
    (folder / "requirements" / "verify.py").write_text("import stand_in\n")


def wheel(folder: Path) -> str:
    """A wheel of one module; its pin."""
    folder.mkdir()
    path = folder / "stand_in-1.0-py3-none-any.whl"
    info = "stand_in-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("stand_in.py", "")
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: stand_in\nVersion: 1.0\n"
        )
        tag = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr(f"{info}/WHEEL", tag)
        archive.writestr(f"{info}/RECORD", "")
    return f"stand_in==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@dataclass(frozen=True)
class Told:
    """What the whole story left behind, step by step."""

    folder: Path

    def __call__(self, step: str, what: str) -> str:
        return (self.folder / f"{step}.{what}").read_text()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("install")
    if not can_overlay(folder / "try"):
        pytest.skip("needs root on a machine that allows overlay mounts")
    ready = "import ensurepip, venv, ctypes, sys; ctypes.CDLL('libusb-1.0.so.0');"
    ready += "assert sys.version_info[:2] in ((3, 11), (3, 13))"
    if subprocess.run(
        ["/usr/bin/python3", "-c", ready], check=False, capture_output=True
    ).returncode:
        pytest.skip("needs the system's own Python 3.11 or 3.13 with venv, and libusb")
    if Path("/opt/racklight").exists():
        pytest.skip("Racklight is installed on this machine")
    program(folder / "program")
    (folder / "program" / "requirements" / "runtime.txt").write_text(wheel(folder / "wheels"))
    (folder / "out").mkdir()
    environment = {
        **os.environ,
        "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin",  # chroot, where a plain user has none
        "WORK": str(folder / "overlay"),
        "OUT": str(folder / "out"),
        "PROGRAM": str(folder / "program"),
        "WHEELS": str(folder / "wheels"),
    }
    done = subprocess.run(
        [*UNSHARE, "sh", "-c", MOUNT + STORY],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    return Told(folder / "out")


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
