"""setup.sh on copies of itself: what it refuses, what it builds, what it mends, all offline.

Refusals are provoked by commands of the same name put first in the PATH; environments are really
made, from small wheels written here.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
REAL_PYTHON = str(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")
DEBIAN_VENV = f"python3.{sys.version_info.minor}-venv"


@dataclass
class Folder:
    """A copy of the set-up files in a folder of its own, with commands that a test may replace."""

    root: Path
    commands: Path
    home: Path
    wheels: Path
    extra: dict[str, str] = field(default_factory=dict)

    def command(self, name: str, script: str) -> None:
        """Puts a shell script first in the PATH."""
        path = self.commands / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def wheel(self, name: str, version: str = "1.0") -> str:
        """Writes an installable wheel of one module; returns its pin with its hash."""
        path = self.wheels / f"{name}-{version}-py3-none-any.whl"
        info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{name}.py", f"VERSION = {version!r}\n")
            archive.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            )
            archive.writestr(
                f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            archive.writestr(f"{info}/RECORD", "")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return f"{name}=={version} --hash=sha256:{digest}\n"

    def require(self, group: str, *pins: str) -> None:
        """Writes a lock file."""
        (self.root / "requirements" / f"{group}.txt").write_text("".join(pins))

    def setup(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Runs setup.sh with a clean HOME, from another folder."""
        environment = {
            "PATH": f"{self.commands}:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.home),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            **self.extra,
        }
        return subprocess.run(
            [str(self.root / "setup.sh"), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=cwd or self.home,
            env=environment,
            timeout=120,
        )

    @property
    def venv(self) -> Path:
        return self.root / ".venv"


@pytest.fixture(scope="module")
def empty_env(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with nothing but pip: making one takes seconds, so the tests copy it."""
    path = tmp_path_factory.mktemp("template") / "env"
    subprocess.run([REAL_PYTHON, "-m", "venv", str(path)], check=True)
    return path


@pytest.fixture
def folder(tmp_path: Path, empty_env: Path) -> Folder:
    made = Folder(
        tmp_path / "a place" / "racklight",
        tmp_path / "commands",
        tmp_path / "home",
        tmp_path / "wheels",
    )
    for path in (made.root / "requirements", made.root / "device", made.commands, made.home):
        path.mkdir(parents=True)
    made.wheels.mkdir()
    for name in ("setup.sh", "racklight"):
        shutil.copy2(ROOT / name, made.root / name)
    made.require("runtime", made.wheel("stand_in"))
    (made.root / "requirements" / "verify.py").write_text("import stand_in\n")
    (made.root / "device" / "__init__.py").write_text("")
    (made.root / "device" / "__main__.py").write_text(
        "import stand_in, sys\nprint('device', stand_in.VERSION, *sys.argv[1:])\n"
    )
    made.command("python3", python_that_copies(empty_env))
    return made


def python_that_copies(env: Path) -> str:
    """A python3 whose `-m venv` copies an environment instead of making one."""
    return f'[ "$1 $2" = "-m venv" ] && exec cp -a {env}/. "$3"/\nexec {REAL_PYTHON} "$@"'


def without_rights(folder: Folder) -> None:
    """A person who is not root and whose sudo wants a password."""
    folder.command("id", "echo 1000")
    folder.command("sudo", "exit 1")


def python_without(folder: Folder, word: str, until: str = "/nonexistent") -> None:
    """A python3 that fails when its arguments hold a word, until a file is there."""
    usual = (folder.commands / "python3").read_text().removeprefix("#!/bin/sh\n")
    folder.command("python3", f'case "$*" in *{word}*) [ -e {until} ] || exit 1 ;; esac\n{usual}')


def one_sentence(result: subprocess.CompletedProcess[str]) -> str:
    """The words on stderr, which must be one line."""
    assert result.returncode != 0
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.startswith("setup.sh: ")
    assert "Traceback" not in result.stderr + result.stdout
    return result.stderr.strip()


@pytest.mark.parametrize("arguments", [("install-everything",), ()])
def test_an_unknown_verb_gets_one_sentence_and_the_help(
    folder: Folder, arguments: tuple[str, ...]
) -> None:
    result = folder.setup(*arguments)
    assert result.returncode == 2
    assert result.stderr.startswith(f"setup.sh: there is no verb '{''.join(arguments)}'.\n")
    assert "demo [--seconds N]" in result.stderr
    assert not folder.venv.exists()


def test_help_changes_nothing(folder: Folder) -> None:
    result = folder.setup("help")
    assert result.returncode == 0
    assert "Usage: ./setup.sh VERB" in result.stdout
    assert not folder.venv.exists()


def test_an_edit_of_setup_sh_while_it_runs_changes_nothing_of_the_run(folder: Folder) -> None:
    script = folder.root / "setup.sh"
    # `help` runs cat: it writes another file over the one that is being run, twice as long
    edit = f"yes 'echo EDITED; exit 9' | head -c {2 * script.stat().st_size} >'{script}'"
    folder.command("cat", f'{edit}\nexec /bin/cat "$@"')
    result = folder.setup("help")
    assert script.read_text().startswith("echo EDITED"), "nothing was edited"
    assert (result.returncode, result.stderr) == (0, "")
    assert "EDITED" not in result.stdout
    assert result.stdout.startswith("Usage: ./setup.sh VERB")


@pytest.mark.parametrize("machine", ["armv7l", "i686", "riscv64"])
def test_other_processors_are_refused(folder: Folder, machine: str) -> None:
    folder.command("uname", f'[ "$1" = -s ] && echo Linux || echo {machine}')
    text = one_sentence(folder.setup("demo"))
    assert machine in text
    assert "64-bit" in text


def test_a_32_bit_system_on_a_64_bit_kernel_is_refused(folder: Folder) -> None:
    folder.command("uname", '[ "$1" = -s ] && echo Linux || echo aarch64')
    folder.command("getconf", "echo 32")
    text = one_sentence(folder.setup("demo"))
    assert "32-bit programs on aarch64" in text
    assert "install the 64-bit Raspberry Pi OS" in text


def test_another_kernel_is_refused(folder: Folder) -> None:
    folder.command("uname", "echo Darwin")
    assert "not on Darwin" in one_sentence(folder.setup("demo"))


def test_an_old_python_is_refused_with_what_to_install(folder: Folder) -> None:
    for name in ("python3", "python3.13", "python3.12", "python3.11"):
        folder.command(name, "echo 3.9")
    folder.extra["PATH"] = str(folder.commands)
    for name in ("sh", "dirname", "readlink", "uname", "getconf", "sed", "cat", "sha256sum", "tr"):
        (folder.commands / name).symlink_to(shutil.which(name) or "")
    script = (folder.root / "setup.sh").read_text().replace(" /usr/bin/python3'", "'")
    (folder.root / "setup.sh").write_text(script)
    text = one_sentence(folder.setup("demo"))
    assert "has 3.9" in text
    assert "python3.13" in text


def test_missing_venv_support_names_the_exact_command(folder: Folder) -> None:
    without_rights(folder)
    python_without(folder, "ensurepip")
    text = one_sentence(folder.setup("demo"))
    assert "sudo apt-get install --no-install-recommends " + DEBIAN_VENV in text
    assert not folder.venv.exists()


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="only x86-64 needs Debian's libusb")
def test_missing_libusb_names_the_exact_command(folder: Folder) -> None:
    without_rights(folder)
    python_without(folder, "libusb")
    text = one_sentence(folder.setup("demo"))
    assert text.endswith("apt-get install --no-install-recommends libusb-1.0-0")


def test_root_gets_missing_packages_through_apt(folder: Folder, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    python_without(folder, "ensurepip", until=str(installed))
    folder.command("id", "echo 0")
    folder.command("apt-get", f'echo "$*" >>{installed}.log; touch {installed}')
    result = folder.setup("demo")
    assert result.returncode == 0, result.stderr
    calls = Path(f"{installed}.log").read_text().splitlines()
    assert len(calls) == 1
    assert calls[0].startswith("install --yes")
    assert calls[0].endswith(DEBIAN_VENV)
    assert f"Installing with apt: {DEBIAN_VENV}" in result.stdout


def test_apt_lists_are_fetched_only_when_the_first_try_fails_and_nothing_is_upgraded(
    folder: Folder, tmp_path: Path
) -> None:
    installed = tmp_path / "installed"
    python_without(folder, "ensurepip", until=str(installed))
    folder.command("id", "echo 0")
    folder.command(
        "apt-get",
        f'echo "$1" >>{installed}.log\n[ "$1" = update ] && touch {tmp_path}/lists && exit 0\n'
        f"[ -e {tmp_path}/lists ] || exit 100\ntouch {installed}",
    )
    assert folder.setup("demo").returncode == 0
    assert Path(f"{installed}.log").read_text().split() == ["install", "update", "install"]


def test_apt_that_fails_is_told_in_one_sentence(folder: Folder) -> None:
    python_without(folder, "ensurepip")
    folder.command("id", "echo 0")
    folder.command("apt-get", "echo E: broken packages; exit 100")
    assert "apt-get could not install" in one_sentence(folder.setup("demo"))


def test_a_full_disk_is_told_before_anything_is_downloaded(folder: Folder) -> None:
    folder.command("df", "printf 'h\\nfs 100 90 10240 90%% /\\n'")
    text = one_sentence(folder.setup("demo"))
    assert "Only 10 MB are free" in text
    assert not folder.venv.exists()


def test_a_first_run_sets_up_and_runs_and_a_second_starts_at_once(folder: Folder) -> None:
    folder.command("python3", f'exec {REAL_PYTHON} "$@"')
    first = folder.setup("demo", "--seconds", "5")
    assert first.returncode == 0, first.stderr
    assert "  stand_in-1.0-py3-none-any.whl\n  unpacking\n" in first.stdout
    assert first.stdout.splitlines()[-1] == "device 1.0 demo --seconds 5"
    folder.extra["PIP_FIND_LINKS"] = "/nonexistent"
    folder.command("apt-get", "exit 1")
    started = time.monotonic()
    second = folder.setup("demo", "--seconds", "6")
    assert time.monotonic() - started < 2
    assert second.stdout == "device 1.0 demo --seconds 6\n"
    assert second.stderr == ""


def as_pi_with_the_latest_python(folder: Folder, system_modules: Path) -> None:
    """The case in which lgpio comes from the system, on this Python and in a folder of our own."""
    folder.command("uname", '[ "$1" = -s ] && echo Linux || echo aarch64')
    script = (folder.root / "setup.sh").read_text()
    for before, after in (
        ("/usr/lib/python3/dist-packages", str(system_modules)),
        ('"$PYTHON_VERSION" = 3.13 ]', f'"$PYTHON_VERSION" = 3.{sys.version_info.minor} ]'),
    ):
        assert before in script
        script = script.replace(before, after)
    (folder.root / "setup.sh").write_text(script)


def test_the_systems_pin_driver_is_linked_where_there_is_no_wheel(
    folder: Folder, tmp_path: Path
) -> None:
    modules = tmp_path / "dist-packages"
    modules.mkdir()
    driver = f"_lgpio.cpython-3{sys.version_info.minor}-aarch64-linux-gnu.so"
    for name in ("lgpio.py", driver, "other.py"):
        (modules / name).write_text("")
    as_pi_with_the_latest_python(folder, modules)
    result = folder.setup("demo")
    assert result.returncode == 0, result.stderr
    packages = next(folder.venv.glob("lib/*/site-packages"))
    assert (packages / "lgpio.py").resolve() == modules / "lgpio.py"
    assert (packages / driver).resolve() == modules / driver
    assert not (packages / "other.py").exists()


def test_a_missing_pin_driver_is_told_and_stops_nothing(folder: Folder, tmp_path: Path) -> None:
    as_pi_with_the_latest_python(folder, tmp_path / "nothing")
    folder.command("apt-cache", "exit 100")
    result = folder.setup("demo")
    assert result.returncode == 0, result.stderr
    assert "no lgpio here" in result.stdout
    assert result.stdout.endswith("device 1.0 demo\n")


def test_an_interrupted_first_run_is_mended(folder: Folder) -> None:
    (folder.venv / "bin").mkdir(parents=True)
    (folder.venv / "bin" / "python").write_text("half a file")
    result = folder.setup("demo")
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("device 1.0 demo\n")


def test_a_killed_install_is_made_anew(folder: Folder) -> None:
    assert folder.setup("demo").returncode == 0
    (folder.venv / "runtime.stamp").unlink()
    module = next(folder.venv.glob("lib/*/site-packages/stand_in.py"))
    module.write_text("half a mod")
    result = folder.setup("demo")
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("device 1.0 demo\n")


def test_new_requirements_make_the_environment_anew(folder: Folder) -> None:
    assert folder.setup("demo").returncode == 0
    folder.require("runtime", folder.wheel("stand_in", "2.0"))
    assert folder.setup("demo").stdout.endswith("device 2.0 demo\n")


def test_a_package_with_another_hash_is_not_installed(folder: Folder) -> None:
    folder.require("runtime", "stand_in==1.0 --hash=sha256:" + "0" * 64 + "\n")
    text = one_sentence(folder.setup("demo"))
    assert "hash mismatch" in text
    assert list(folder.venv.glob("lib/*/site-packages/stand_in.py")) == []
    assert not (folder.venv / "runtime.stamp").exists()


def test_a_package_that_can_not_be_had_is_named(folder: Folder) -> None:
    folder.require("runtime", "absent==1.0 --hash=sha256:" + "0" * 64 + "\n")
    assert "absent==1.0" in one_sentence(folder.setup("demo"))


def test_no_network_is_told_as_such(folder: Folder) -> None:
    folder.wheels = folder.home
    folder.extra = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "PIP_RETRIES": "1",
        "PIP_NO_INDEX": "0",
        "PIP_CONFIG_FILE": "/dev/null",
    }
    assert "connect this machine to the internet" in one_sentence(folder.setup("demo"))


def test_an_environment_that_can_not_be_used_is_no_success(folder: Folder) -> None:
    (folder.root / "requirements" / "verify.py").write_text("raise SystemExit('setup.sh: no cv2')")
    result = folder.setup("demo")
    assert result.returncode == 1
    assert result.stderr == "setup.sh: no cv2\n"
    assert not (folder.venv / "runtime.stamp").exists()


def test_test_tells_which_step_failed(folder: Folder) -> None:
    folder.command("chromium", "exit 0")
    folder.require("test", *(folder.wheel(tool) for tool in ("ruff", "mypy", "pytest")))
    result = folder.setup("test")
    assert result.returncode == 0, result.stderr
    tools = next(folder.venv.glob("lib/*/site-packages"))
    (tools / "mypy.py").write_text("raise SystemExit(1)")
    result = folder.setup("test")
    assert one_sentence(result).startswith("setup.sh: Failed: mypy;")
    assert result.stdout.index("== ruff check") < result.stdout.index("== pytest")
    failing = "import sys; print(sys.argv[1:]); raise SystemExit({!r} in sys.argv)"
    for half, named in (
        ("tests/web", "mypy, pytest tests/web;"),
        ("--ignore=tests/web", "mypy, pytest;"),
    ):
        (tools / "pytest.py").write_text(failing.format(half))
        result = folder.setup("test")
        assert one_sentence(result).startswith(f"setup.sh: Failed: {named}")
        assert half in result.stdout, "what either half says is shown"
    assert one_sentence(folder.setup("test", "--ignore=tests/web")).startswith(
        "setup.sh: Failed: mypy, pytest;"
    )


def test_the_launcher_finds_its_program_from_any_folder(folder: Folder, tmp_path: Path) -> None:
    assert folder.setup("demo").returncode == 0
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "device").mkdir(parents=True)
    (elsewhere / "device" / "__init__.py").write_text("raise SystemExit('the wrong device')")
    link = tmp_path / "racklight"
    link.symlink_to(folder.root / "racklight")
    command = [str(link), "replay", "my file.db3"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, cwd=elsewhere)
    assert shown.stdout == "device 1.0 replay my file.db3\n"


def test_the_launcher_without_an_environment_says_what_to_run(folder: Folder) -> None:
    result = subprocess.run(
        [str(folder.root / "racklight"), "run"], check=False, capture_output=True, text=True
    )
    assert result.returncode == 1
    assert "setup.sh demo once" in result.stderr


@pytest.mark.parametrize("group", ["runtime", "test"])
def test_every_pin_has_hashes_and_no_file_names_a_registry(group: str) -> None:
    text = (ROOT / "requirements" / f"{group}.txt").read_text()
    assert not re.search(r"https?:|index-url|find-links|file:", text)
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if not entry.startswith("#")]
    assert len(entries) > 8
    for entry in entries:
        assert re.match(r"[a-z0-9-]+==[\w.]+", entry), entry
        assert "--hash=sha256:" in entry, entry


@pytest.mark.parametrize("group", ["runtime", "test"])
def test_everything_asked_for_is_pinned(group: str) -> None:
    asked = (ROOT / "requirements" / f"{group}.in").read_text().splitlines()
    pinned = (ROOT / "requirements" / f"{group}.txt").read_text()
    names = [re.split(r"[=<>; ]", line)[0] for line in asked if line and not line.startswith("#")]
    assert [name for name in names if not re.search(rf"^{name}==", pinned, re.MULTILINE)] == []


def test_the_two_realsense_packages_are_never_together() -> None:
    text = (ROOT / "requirements" / "runtime.txt").read_text()
    lines = [line for line in text.splitlines() if "pyrealsense2==" in line]
    assert sorted(re.findall(r"platform_machine == '(\w+)'", "".join(lines))) == [
        "aarch64",
        "x86_64",
    ]
    assert len(lines) == 2


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_the_shell_scripts_are_clean() -> None:
    scripts = [str(ROOT / name) for name in ("setup.sh", "racklight", ".ci/run")]
    scripts += [str(script) for script in (ROOT / "systemd" / "setup").glob("*.sh")]
    command = ["shellcheck", "--external-sources", *scripts]
    result = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stdout


def test_ci_runs_the_command_of_the_readme() -> None:
    assert "exec ./setup.sh test\n" in (ROOT / ".ci" / "run").read_text()
