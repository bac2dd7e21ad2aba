"""What `setup.sh bundle` and `--offline` refuse, and which wheels a bundle holds for a Pi.

On copies of the set-up files; commands of the same name put first in the PATH stand in for others.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ("device", "web", "models")
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The set-up files with a program of one line."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in ("setup.sh", "racklight", "pyproject.toml", "LICENSE", "NOTICE"):
        shutil.copy2(ROOT / name, folder / name)
    for name in ("README.md", "CHANGELOG.md"):
        shutil.copy2(ROOT / name, folder / name)
    shutil.copytree(ROOT / "systemd", folder / "systemd")
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    for name in PROGRAM:
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("")
    commands = tmp_path / "commands"
    commands.mkdir()
    put(commands, "id", "echo 0")
    put(commands, "systemctl", "echo 'systemd 257 (257)'")
    put(commands, "uname", '[ "$1" = -s ] && echo Linux || echo aarch64')
    return folder


def put(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def setup(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(copy / "setup.sh"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=copy.parent,
        env={
            "PATH": f"{copy.parent}/commands:{os.environ['PATH']}:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(copy.parent),
        },
        timeout=60,
    )


def refused(result: subprocess.CompletedProcess[str]) -> str:
    """The one sentence."""
    assert result.returncode == 1, result.stdout + result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.startswith("setup.sh: ")
    return result.stderr.strip()


def bundle(copy: Path, *lines: str) -> Path:
    """A folder that says it is a bundle for the copy."""
    folder = copy.parent / "my stick"
    folder.mkdir()
    digest = hashlib.sha256((copy / "requirements" / "runtime.txt").read_bytes()).hexdigest()
    text = "\n".join(["release 0.1.0-abc", f"requirements {digest}", *lines, ""])
    (folder / "bundle.txt").write_text(text)
    return folder


def test_an_unfinished_bundle_is_refused(copy: Path) -> None:
    text = refused(setup(copy, "install", "--dry-run", "--offline", str(copy.parent)))
    assert "There is no finished bundle in" in text


@pytest.mark.parametrize("line", ["wheels 3.9 aarch64", f"wheels {PYTHON} x86_64"])
def test_a_bundle_for_another_python_or_processor_is_refused(copy: Path, line: str) -> None:
    stick = bundle(copy, line)
    text = refused(setup(copy, "install", "--dry-run", "--offline", str(stick)))
    assert re.search(r"has nothing for Python 3\.\d+ on aarch64, only for ", text)
    assert line.removeprefix("wheels ") in text
    assert "on a machine like this one" in text


def test_a_bundle_for_another_programs_requirements_is_refused(copy: Path) -> None:
    stick = bundle(copy, f"wheels {PYTHON} aarch64")
    with (copy / "requirements" / "runtime.txt").open("a") as lock:
        lock.write("# another\n")
    text = refused(setup(copy, "install", "--dry-run", "--offline", str(stick)))
    assert "is for 0.1.0-abc, which needs other packages than 0.1.0-" in text


def test_a_bundle_without_packages_for_this_debian_is_refused_where_some_are_needed(
    copy: Path,
) -> None:
    script = (copy / "setup.sh").read_text()
    needed = script.replace("missing_debs() {\n", "missing_debs() {\n    printf 'libx1 '\n", 1)
    (copy / "setup.sh").write_text(needed)
    found = subprocess.run(["/usr/bin/python3", "-V"], capture_output=True, text=True, check=True)
    python = ".".join(found.stdout.split()[1].split(".")[:2])
    stick = bundle(copy, f"wheels {python} aarch64", "debs 9 aarch64")
    text = refused(setup(copy, "install", "--dry-run", "--offline", str(stick)))
    assert "This machine needs libx1" in text
    assert "has no packages for Debian" in text


def test_a_dry_bundle_names_both_pis_and_changes_nothing(copy: Path) -> None:
    result = setup(copy, "bundle", "--dry-run", "stick")
    assert result.returncode == 0, result.stderr
    for words in ("wheels for Python 3.11 on aarch64", "packages for Debian 13 on aarch64"):
        assert f"  would fetch the {words}\n" in result.stdout
    assert not (copy.parent / "stick").exists()


def test_a_bundle_that_is_there_is_not_made_again(copy: Path) -> None:
    told = setup(copy, "bundle", "--dry-run", "stick").stdout
    release = re.search(r"the program (\S+)", told)
    assert release is not None
    stick = bundle(
        copy,
        f"program racklight-{release[1]}.tar.gz",
        *(
            f"{kind}"
            for python, debian in (("3.11", 12), ("3.13", 13))
            for kind in (f"wheels {python} aarch64", f"debs {debian} aarch64")
        ),
    )
    text = (stick / "bundle.txt").read_text().replace("0.1.0-abc", release[1])
    (stick / "bundle.txt").write_text(text)
    result = setup(copy, "bundle", str(stick))
    assert result.returncode == 0, result.stderr
    assert "Nothing to do." in result.stdout


def test_a_bundle_that_does_not_fit_is_refused_before_anything_is_fetched(copy: Path) -> None:
    put(copy.parent / "commands", "df", "printf 'h\\nfs 100 90 10240 90%% /\\n'")
    text = refused(setup(copy, "bundle", "stick"))
    assert "Only 10 MB are free" in text
    assert list((copy.parent / "stick").iterdir()) == []


def test_a_bundle_needs_a_folder(copy: Path) -> None:
    assert setup(copy, "bundle").returncode == 2
    assert "no folder" in refused(setup(copy, "bundle", "/nowhere/stick"))
    (copy.parent / "file").write_text("")
    assert "is a file" in refused(setup(copy, "bundle", "file"))


@pytest.mark.parametrize("python", ["3.11", "3.13"])
def test_a_pi_gets_the_wheels_that_the_lock_names_for_it(python: str) -> None:
    command = [sys.executable, str(ROOT / "requirements/for_target.py")]
    command += [str(ROOT / "requirements/runtime.txt"), python, "aarch64"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    pins = {line.split("==")[0]: line for line in done.stdout.splitlines()}
    assert "dreamscale-pyrealsense2" in pins
    assert "pyrealsense2" not in pins
    assert ("tflite-runtime" in pins) == (python == "3.11")
    assert ("ai-edge-litert" in pins) == (python == "3.13")
    assert ("lgpio" in pins) == (python == "3.11")
    assert all(re.search(r"==\S+ --hash=sha256:[0-9a-f]{64}", line) for line in pins.values())
