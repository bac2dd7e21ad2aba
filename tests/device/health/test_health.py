"""What the machine tells of itself, on made trees of kernel files, whole and broken."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest

from device.check import machine_results
from device.health import (
    BACKUP_DAYS,
    Machine,
    MachineHealth,
    backup_age_days,
    findings,
)
from device.health.disk import Disk, writes_per_day
from device.health.machine import kernel_clock, machine_uptime_s
from device.health.watch import GAP_S, BoardWatch
from device.records import SIMULATED, EventKind
from tests.factories import make_health
from tests.machine_tree import BLOCK, USB, MachineTree

ZONE, VOLT = "sys/class/thermal/thermal_zone0", "sys/class/hwmon/hwmon1"


@pytest.fixture
def tree(tmp_path: Path) -> MachineTree:
    return MachineTree(tmp_path)


def about(seen: MachineHealth) -> dict[str, bool]:
    """What was found wrong, and whether it is urgent."""
    return {one.about: one.urgent for one in findings(seen, None)}


def test_a_pi_in_good_order_is_read_whole(tree: MachineTree) -> None:
    tree.backup()
    seen = tree.machine().look()
    assert seen.board.temperature_c == pytest.approx(51.6)
    assert [seen.board.under_voltage, seen.board.throttled, seen.board.capped, seen.board.hot] == [
        False
    ] * 4
    assert seen.disk.name == "mmcblk0"
    assert seen.disk.written_bytes == 2**30
    assert seen.disk.life_used_percent == 20  # the worse of the two areas
    assert seen.disk.end_of_life == "normal"
    assert seen.disk.free_bytes is not None
    assert seen.disk.size_bytes is not None
    assert 0 < seen.disk.free_bytes <= seen.disk.size_bytes
    (camera,) = seen.usb_cameras
    assert camera.product == "Intel RealSense Depth Camera 455"
    assert (camera.port, camera.speed_bits_per_s, camera.connected_s) == ("2-1", 5e9, 5400)
    assert seen.clock_synchronised is True
    assert findings(seen, None) == ()


def test_a_machine_without_sensors_knows_nothing_and_complains_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    seen = Machine(tmp_path, tmp_path / "nowhere", lambda: None).look()
    assert all(getattr(seen.board, item.name) is None for item in fields(seen.board))
    assert [getattr(seen.disk, item.name) for item in fields(Disk)][2:] == [None] * 4
    assert seen.usb_cameras == ()
    assert seen.clock_synchronised is None
    assert about(seen) == {"backup": False}


BROKEN = [
    "",
    "\n",
    "N/A",
    "nan",
    "inf",
    "+1e+99",
    "0x",
    "-",
    "5 000",
    b"\xff\xfe\x00",
    b"\0" * 9000,
]


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_sensor_is_not_known_and_never_zero(
    tree: MachineTree, content: str | bytes
) -> None:
    for name in (f"{ZONE}/temp", f"{VOLT}/in0_lcrit_alarm", f"{BLOCK}/stat", f"{USB}/2-1/speed"):
        tree.write(name, content)
    tree.write(f"{BLOCK}/device/life_time", content)
    tree.write(f"{USB}/2-1/power/connected_duration", content)
    tree.write("sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled", content)
    seen = tree.machine().look()
    assert seen.board.temperature_c is None
    assert seen.board.under_voltage is None
    assert seen.disk.written_bytes is None
    assert seen.disk.life_used_percent is None
    assert seen.usb_cameras[0].speed_bits_per_s is None
    assert seen.usb_cameras[0].connected_s is None
    assert seen.board.throttled is None


def test_folders_in_the_place_of_files_are_not_known(tree: MachineTree) -> None:
    for name in (f"{ZONE}/temp", f"{BLOCK}/stat", f"{VOLT}/name"):
        tree.remove(name)
        (tree.root / name).mkdir()
    seen = tree.machine().look()
    assert seen.board.temperature_c is None
    assert seen.disk.written_bytes is None
    assert seen.board.under_voltage is False  # from the other file


@pytest.mark.parametrize("thousandths", ["-273150", "200000", "1e9"])
def test_a_temperature_that_cannot_be_is_not_believed(tree: MachineTree, thousandths: str) -> None:
    tree.write(f"{ZONE}/temp", thousandths)
    assert tree.machine().look().board.temperature_c is None


def test_the_processors_zone_is_taken_whatever_its_number(tree: MachineTree) -> None:
    tree.write(f"{ZONE}/type", "acpitz\n")
    tree.write("sys/class/thermal/thermal_zone3/type", "cpu-thermal\n")
    tree.write("sys/class/thermal/thermal_zone3/temp", "62000\n")
    assert tree.machine().look().board.temperature_c == 62


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        ("0", (False, False, False, False)),
        ("50005", (True, True, False, False)),
        ("50000", (True, True, False, False)),  # in the last seconds
        ("80008", (False, False, False, True)),
        ("e000e", (False, True, True, True)),
        ("2", (False, False, True, False)),
    ],
)
def test_the_firmwares_bits_are_told_apart(
    tree: MachineTree, bits: str, expected: tuple[bool, ...]
) -> None:
    tree.remove(f"{VOLT}/in0_lcrit_alarm")
    tree.remove(f"{VOLT}/name")
    tree.throttled(bits + "\n")
    board = tree.machine().look().board
    assert (board.under_voltage, board.throttled, board.capped, board.hot) == expected


def test_a_pi_4s_file_lies_elsewhere(tree: MachineTree) -> None:
    tree.throttled("")
    tree.write("sys/devices/platform/soc/soc:firmware/get_throttled", "4\n")
    assert tree.machine().look().board.throttled is True


def test_under_voltage_is_urgent_and_blamed_once(tree: MachineTree) -> None:
    tree.backup()
    tree.write(f"{VOLT}/in0_lcrit_alarm", "1\n")
    tree.throttled("50005\n")
    (found,) = findings(tree.machine().look(), None)
    assert (found.about, found.urgent) == ("power", True)
    assert "27 W" in found.text


@pytest.mark.parametrize(("degrees", "wrong"), [(79.9, False), (80.0, True), (91.0, True)])
def test_heat_is_told_from_80_degrees_on(tree: MachineTree, degrees: float, wrong: bool) -> None:
    tree.write(f"{ZONE}/temp", f"{degrees * 1000:.0f}\n")
    assert about(tree.machine().look()).get("heat", False) is wrong


def test_a_slowed_processor_is_told_even_without_a_thermometer(tree: MachineTree) -> None:
    tree.remove(f"{ZONE}/temp")
    tree.throttled("4")
    texts = {one.about: one.text for one in findings(tree.machine().look(), None)}
    assert texts["heat"].startswith("The processor slows itself down: ")


@pytest.mark.parametrize(
    ("life", "end", "percent", "urgent"),
    [
        ("0x00 0x00", "0x00", None, None),  # the chip does not say
        ("0x08 0x01", "0x01", 80, None),
        ("0x01 0x09", "0x01", 90, False),
        ("0x0B 0x01", "0x01", 110, True),
        ("0x01 0x01", "0x02", 10, False),
        ("0x01 0x01", "0x03", 10, True),
        ("0x7f 0x01", "0x09", 10, None),
    ],
)
def test_worn_storage_is_told(
    tree: MachineTree, life: str, end: str, percent: int | None, urgent: bool | None
) -> None:
    tree.write(f"{BLOCK}/device/life_time", life + "\n")
    tree.write(f"{BLOCK}/device/pre_eol_info", end + "\n")
    seen = tree.machine().look()
    assert seen.disk.life_used_percent == percent
    assert about(seen).get("wear") is urgent


def test_an_sd_card_does_not_tell_its_wear(tree: MachineTree) -> None:
    tree.remove(f"{BLOCK}/device/life_time")
    tree.remove(f"{BLOCK}/device/pre_eol_info")
    disk = tree.machine().look().disk
    assert (disk.life_used_percent, disk.end_of_life) == (None, None)
    assert disk.written_bytes == 2**30


def test_writes_a_day_are_told_after_an_hour() -> None:
    assert writes_per_day(10**9, 3599) is None
    assert writes_per_day(None, 86400) is None
    assert writes_per_day(10**9, 43200) == 2e9


def test_little_space_is_urgent(tree: MachineTree) -> None:
    seen = tree.machine().look()
    short = replace(seen, disk=replace(seen.disk, free_bytes=499_999_999))
    assert about(short)["disk"] is True
    assert "499 MB" in findings(short, None)[0].text
    assert "disk" not in about(replace(seen, disk=replace(seen.disk, free_bytes=None)))


def test_the_data_folder_need_not_be_there_yet(tree: MachineTree) -> None:
    machine = replace(tree.machine(), folder=tree.data / "not" / "yet")
    assert machine.look().disk.name == "mmcblk0"


def test_a_slow_port_is_told_and_other_devices_are_no_cameras(tree: MachineTree) -> None:
    tree.write(f"{USB}/2-1/speed", "480\n")
    tree.write(f"{USB}/1-2/product", "USB Keyboard\n")
    tree.write(f"{USB}/1-2/speed", "12\n")
    tree.write(f"{USB}/usb1/speed", "480\n")
    seen = tree.machine().look()
    assert [camera.port for camera in seen.usb_cameras] == ["2-1"]
    assert about(seen)["usb"] is False


@pytest.mark.parametrize(
    ("stamp", "service", "kernel", "expected"),
    [
        (True, True, None, True),
        (True, True, False, True),
        (False, True, None, False),
        (False, True, True, True),
        (False, False, True, True),  # chrony, which leaves no stamp
        (False, False, False, False),
        (False, False, None, None),
    ],
)
def test_the_clock_is_judged_by_stamp_and_kernel(
    tree: MachineTree, stamp: bool, service: bool, kernel: bool | None, expected: bool | None
) -> None:
    tree.kernel_clock = kernel
    if not stamp:
        tree.remove("run/systemd/timesync/synchronized")
    if not service:
        (tree.root / "run/systemd/timesync").rmdir()
    seen = tree.machine().look()
    assert seen.clock_synchronised is expected
    assert about(seen).get("clock") == (False if expected is False else None)


def test_this_machines_own_clock_and_uptime_can_be_asked() -> None:
    assert kernel_clock() in (True, False, None)
    assert machine_uptime_s() > 0


def test_the_newest_finished_backup_counts(tree: MachineTree) -> None:
    now_s = time.time()
    for name, age_days in (("0001-before-1.sqlite3", 40), ("0002-before-2.sqlite3", 3)):
        os.utime(tree.backup(name), (now_s - age_days * 86400,) * 2)
    tree.backup("0003-before-3.part")
    tree.backup(".hidden")
    tree.backup("empty.sqlite3", size=0)
    (tree.data / "backups" / "folder").mkdir()
    seen = tree.machine().look()
    newest = seen.backups.newest
    assert newest is not None
    assert newest.file.name == "0002-before-2.sqlite3"
    assert backup_age_days(newest, seen.now_s) == pytest.approx(3, abs=0.01)
    assert "backup" not in about(seen)


def test_an_old_backup_and_none_at_all_are_advice(tree: MachineTree) -> None:
    assert about(tree.machine().look()) == {"backup": False}
    long_ago = time.time() - (BACKUP_DAYS + 1) * 86400
    os.utime(tree.backup(), (long_ago, long_ago))
    (found,) = findings(tree.machine().look(), None)
    assert found.text == "The last backup is 31 days old: make a new one."


def test_a_backup_from_the_future_has_no_age(tree: MachineTree) -> None:
    ahead = time.time() + 9 * 86400
    os.utime(tree.backup(), (ahead, ahead))
    seen = tree.machine().look()
    assert seen.backups.newest is not None
    assert backup_age_days(seen.backups.newest, seen.now_s) is None
    assert about(seen) == {}


def test_backups_that_cannot_be_looked_into_are_not_called_missing(tree: MachineTree) -> None:
    (tree.data / "backups").write_text("a file")
    seen = tree.machine().look()
    assert not seen.backups.known
    assert about(seen) == {}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, set()),
        ({"recent_frames": 1690, "recent_dropped": 110}, {"frames"}),
        ({"recent_frames": 90, "recent_dropped": 30}, set()),  # too few to say
        ({"latency_p95_s": 0.2}, {"latency"}),
        ({"latency_p95_s": None, "latency_median_s": None}, set()),
    ],
)
def test_drops_and_a_late_light_are_told(
    tree: MachineTree, changes: dict[str, float], wrong: set[str]
) -> None:
    tree.backup()
    found = findings(tree.machine().look(), make_health(**changes))
    assert {one.about for one in found} == wrong


def test_a_computer_too_slow_for_the_simulated_lifter_is_told_so_once(tree: MachineTree) -> None:
    tree.backup()
    slow = {"recent_frames": 300, "recent_dropped": 1200, "latency_p95_s": 0.4}
    health = make_health(camera_name=f"{SIMULATED} demo", **slow)
    (found,) = findings(tree.machine().look(), health)
    assert "This computer is too slow" in found.text
    assert "80%" in found.text
    assert "cable" not in found.text


def test_urgent_findings_come_first_and_every_one_names_a_fix(tree: MachineTree) -> None:
    tree.write(f"{VOLT}/in0_lcrit_alarm", "1\n")
    tree.write(f"{ZONE}/temp", "85000\n")
    tree.write(f"{USB}/2-1/speed", "480\n")
    tree.remove("run/systemd/timesync/synchronized")
    found = findings(tree.machine().look(), make_health(recent_dropped=900, latency_p95_s=0.4))
    assert [one.about for one in found] == [
        "power", "heat", "usb", "frames", "latency", "clock", "backup",
    ]  # fmt: skip
    assert [one.urgent for one in found] == [True, True] + [False] * 5
    assert all(":" in one.text and one.text.endswith(".") for one in found)


def test_check_says_what_the_machine_says_and_fails_for_what_is_urgent(
    tree: MachineTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.backup()
    tree.write(f"{VOLT}/in0_lcrit_alarm", "1\n")
    monkeypatch.setenv("RACKLIGHT_SYS", str(tree.root / "sys"))
    monkeypatch.setenv("RACKLIGHT_STATE", str(tree.data))
    told = {result.name: result for result in machine_results()}
    assert {name: result.ok for name, result in told.items()} == {
        "power": False, "heat": True, "wear": True, "backup": True,
    }  # fmt: skip
    assert told["power"].text.startswith("The board gets too little voltage: ")
    assert told["heat"].text == "52 °C, full speed"
    assert told["wear"].text == (
        "1.1 GB written since the machine was started, up to 20 % of the storage's life is used"
    )
    assert told["backup"].text == "0001-before-1.2.sqlite3, 0 days old"


def test_check_passes_where_the_machine_has_no_sensors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RACKLIGHT_SYS", str(tmp_path / "sys"))
    monkeypatch.setenv("RACKLIGHT_STATE", str(tmp_path))
    told = {result.name: result for result in machine_results()}
    assert all(result.ok for result in told.values())
    assert all("not known" in told[name].text for name in ("power", "heat", "wear"))
    assert "no backup yet" in told["backup"].text


# ---------------------------------------------------------------- over time


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def watched(tree: MachineTree) -> Callable[[], list[EventKind]]:
    clock = Clock()
    watch = BoardWatch(tree.root, clock)

    def next_look() -> list[EventKind]:
        clock.now_s += GAP_S
        return [kind for kind, _ in watch.news()]

    return next_look


def test_a_weak_supply_is_told_once_and_its_end_too(tree: MachineTree) -> None:
    look = watched(tree)
    assert look() == []
    tree.write(f"{VOLT}/in0_lcrit_alarm", "1\n")
    assert [look(), look()] == [[EventKind.POWER_LOW], []]
    tree.write(f"{VOLT}/in0_lcrit_alarm", "0\n")
    assert [look(), look()] == [[EventKind.POWER_BACK], []]


def test_heat_is_over_only_well_below_the_limit(tree: MachineTree) -> None:
    look = watched(tree)
    said = []
    for degrees in (60, 81, 79, 82, 75, 69, 60):
        tree.write(f"{ZONE}/temp", f"{degrees}000\n")
        said.append(look())
    assert said == [[], [EventKind.HOT], [], [], [], [EventKind.COOL], []]


def test_a_sensor_that_goes_away_ends_no_trouble(tree: MachineTree) -> None:
    look = watched(tree)
    tree.write(f"{VOLT}/in0_lcrit_alarm", "1\n")
    assert look() == [EventKind.POWER_LOW]
    tree.remove(f"{VOLT}/in0_lcrit_alarm")
    tree.throttled("")
    assert look() == []


def test_the_board_is_not_read_with_every_frame(tree: MachineTree) -> None:
    clock = Clock()
    watch = BoardWatch(tree.root, clock)
    assert watch.news() == []
    tree.write(f"{VOLT}/in0_lcrit_alarm", "1\n")
    clock.now_s += GAP_S - 1
    assert watch.news() == []
    clock.now_s += 1
    assert [kind for kind, _ in watch.news()] == [EventKind.POWER_LOW]
