"""setup.sh for real on an overlay of this system, for tests: everything it changes can be compared.

Root of a machine that allows overlays is needed; systemd does not run in the overlay. The program
installed is a small stand-in: its environment needs no network.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
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
BEGINNING = """
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


def tell(folder: Path, story: str, environment: Mapping[str, str] | None = None) -> Told:
    """Plays a shell script in which `run NAME ARGUMENT...` runs $PROGRAM/setup.sh in the overlay.

    `folder` holds `program` and `wheels`; skips the test where that can't be done.
    """
    skip_unless_ready(folder)
    (folder / "out").mkdir()
    done = subprocess.run(
        [*UNSHARE, "sh", "-c", MOUNT + BEGINNING + story],
        env={
            **os.environ,
            "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin",  # chroot, where a plain user has none
            "WORK": str(folder / "overlay"),
            "OUT": str(folder / "out"),
            "PROGRAM": str(folder / "program"),
            "WHEELS": str(folder / "wheels"),
            **(environment or {}),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr
    return Told(folder / "out")


def skip_unless_ready(folder: Path) -> None:
    """What the stories need of this machine."""
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
