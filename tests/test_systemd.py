"""The unit files: systemd understands them, and they are as closed as they say."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SYSTEMD = ROOT / "systemd"
UNITS = ["racklight-device.service", "racklight-web.service"]
FINISHER = "racklight-update.service"

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


def settings_of(unit: str) -> list[tuple[str, str]]:
    """(key, value) of each line, in order."""
    text = (SYSTEMD / unit).read_text(encoding="utf-8")
    pairs = (line.split("=", 1) for line in text.splitlines() if re.match(r"\w+=", line))
    return [(key, value) for key, value in pairs]


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def verified(folder: Path, unit: str, change: tuple[str, str] = ("", "")) -> str:
    """What systemd says of a unit (programs that are not installed here replaced); '' is good."""
    text = (SYSTEMD / unit).read_text(encoding="utf-8")
    text = re.sub(r"^(Exec\w+=-?)/opt/\S+", r"\1/bin/true", text, flags=re.M).replace(*change)
    (folder / unit).write_text(text)
    said = analyze("verify", str(folder / unit)).stderr
    return "\n".join(line for line in said.splitlines() if unit in line)


@needs_systemd
@pytest.mark.parametrize("unit", [*UNITS, FINISHER])
def test_systemd_has_nothing_to_say_about_a_unit(unit: str, tmp_path: Path) -> None:
    assert verified(tmp_path, unit) == ""


@needs_systemd
def test_a_misspelt_setting_would_be_found(tmp_path: Path) -> None:
    assert "WatchdogSecs" in verified(tmp_path, UNITS[0], ("WatchdogSec=", "WatchdogSecs="))


@needs_systemd
@pytest.mark.parametrize(("unit", "at_most"), [(UNITS[0], 20), (UNITS[1], 15)])
def test_a_unit_is_closed(unit: str, at_most: int) -> None:
    """Tenths of systemd's exposure score: 2.0 for the device, 1.5 for the page."""
    found = analyze(
        "security", "--offline=true", f"--threshold={at_most}", "--no-pager", str(SYSTEMD / unit)
    )
    assert found.returncode == 0, found.stdout.splitlines()[-1]


@needs_systemd
def test_an_open_unit_would_be_found(tmp_path: Path) -> None:
    text = (SYSTEMD / UNITS[0]).read_text(encoding="utf-8")
    (tmp_path / UNITS[0]).write_text(text.replace("SystemCallFilter=", "#").replace("yes", "no"))
    found = analyze("security", "--offline=true", "--threshold=20", str(tmp_path / UNITS[0]))
    assert found.returncode != 0


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_never_left_dead(unit: str) -> None:
    settings = dict(settings_of(unit))
    assert settings["Restart"] == "always"
    assert settings["StartLimitIntervalSec"] == "0"
    assert settings["Type"] == "notify"
    assert settings["NotifyAccess"] == "main"


def test_a_frozen_unit_is_restarted_within_fifteen_seconds() -> None:
    settings = dict(settings_of(UNITS[0]))
    seconds = [
        float(settings[key].removesuffix("s"))
        for key in ("WatchdogSec", "TimeoutAbortSec", "RestartSec")
    ]
    assert sum(seconds) < 15


def test_the_light_is_switched_off_after_every_end() -> None:
    from device.arguments import build_parser

    command = dict(settings_of(UNITS[0]))["ExecStopPost"]
    assert command.startswith("-/opt/racklight/current/racklight ")
    assert build_parser().parse_args(command.split()[1:]).command == "off"


def test_an_interrupted_update_is_finished_at_the_next_start_and_holds_nothing_up() -> None:
    settings = dict(settings_of(FINISHER))
    releases = (SYSTEMD / "setup" / "releases.sh").read_text(encoding="utf-8")
    mark = settings["ConditionPathExists"].removeprefix("/opt/racklight/")
    assert f"UNDER_WAY=$BASE/{mark}\n" in releases
    assert settings["ExecStart"].endswith("/opt/racklight/current/setup.sh update --finish")
    assert settings["Type"] == "exec"  # the machine's start does not wait for it


@pytest.mark.parametrize("unit", UNITS)
def test_every_opening_says_why(unit: str) -> None:
    lines = (SYSTEMD / unit).read_text(encoding="utf-8").split("# --- what is open")[1]
    blocks = re.split(r"\n(?=#)", lines.split("[Install]")[0].strip())
    for block in blocks[1:]:
        assert block.startswith("# ")
    openings = ("DeviceAllow", "RestrictAddressFamilies", "IPAddressAllow", "ReadWritePaths")
    text = (SYSTEMD / unit).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(text):
        if line.startswith(openings):
            before = [one for one in text[:number] if not one.startswith(openings)]
            assert re.match(r"#|WorkingDirectory|DevicePolicy|IPAddressDeny", before[-1]), line


def test_nothing_is_open_to_everybody() -> None:
    rules = (SYSTEMD / "70-racklight.rules").read_text(encoding="utf-8")
    modes = re.findall(r'MODE="(\d+)"', rules)
    assert modes == ["0660", "0660"]
    assert len(re.findall(r'GROUP="(racklight|gpio)"', rules)) == len(modes)
    for file in (ROOT / "setup.sh", *(file for file in SYSTEMD.rglob("*") if file.is_file())):
        assert not re.search(r"0?666|0?777|a\+rw", file.read_text(encoding="utf-8")), file.name


def test_the_hardware_watchdog_is_one_that_a_pi_has() -> None:
    text = (SYSTEMD / "hardware-watchdog.conf").read_text(encoding="utf-8")
    assert re.search(r"^RuntimeWatchdogSec=15s$", text, re.M)


def test_avahi_tells_the_pages_port() -> None:
    from device.settings import Settings

    root = ET.parse(SYSTEMD / "avahi-racklight.service").getroot()
    assert root.findtext("service/type") == "_http._tcp"
    assert root.findtext("service/port") == str(Settings().web.port)


@pytest.mark.skipif(
    shutil.which("systemd-sysusers") is None, reason="systemd-sysusers is not installed"
)
def test_user_and_folders_can_be_made_from_their_files(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    made = subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", str(SYSTEMD / "sysusers.conf")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert re.search(
        r"^racklight:.*:/usr/sbin/nologin$", (tmp_path / "etc/passwd").read_text(), re.M
    )
    assert re.search(r"^gpio:x:\d+:racklight$", (tmp_path / "etc/group").read_text(), re.M)
