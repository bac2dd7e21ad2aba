"""A made `/sys` and `/run` of a Raspberry Pi, with real file contents, below a folder.

tree = MachineTree(tmp_path)
tree.write("sys/class/thermal/thermal_zone0/temp", "84000\n")
tree.machine().look()
"""

from __future__ import annotations

import os
from pathlib import Path

from device.health import Machine

BLOCK = "sys/devices/platform/axi/1000fff000.mmc/mmc_host/mmc0/mmc0:0001/block/mmcblk0"
USB = "sys/bus/usb/devices"
# 512-byte sectors: 2097152 written are 1 GiB
STAT = "   20126     6741  1771722    65187     4530     3391  2097152    21231 0 37812 91118"


class MachineTree:
    """A Pi 5 in good order, started two hours ago; each test breaks what it is about."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.data = folder / "data"
        self.data.mkdir(parents=True)
        self.uptime_s = 7200.0
        self.kernel_clock: bool | None = None
        self.write("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n")
        self.write("sys/class/thermal/thermal_zone0/temp", "51600\n")
        self.write("sys/class/hwmon/hwmon0/name", "cpu_thermal\n")
        self.write("sys/class/hwmon/hwmon1/name", "rpi_volt\n")
        self.write("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "0\n")
        self.throttled("0")
        self._disk()
        self.camera("2-1", "5000")
        self.write("run/systemd/timesync/synchronized", "")

    def write(self, name: str, text: str | bytes) -> Path:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def remove(self, name: str) -> None:
        (self.root / name).unlink()

    def throttled(self, bits: str) -> None:
        self.write(
            "sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled", bits
        )

    def camera(self, port: str, megabits: str) -> None:
        self.write(f"{USB}/{port}/product", "Intel(R) RealSense(TM) Depth Camera 455 \n")
        self.write(f"{USB}/{port}/speed", f"{megabits}\n")
        self.write(f"{USB}/{port}/power/connected_duration", "5400000\n")

    def backup(self, name: str = "0001-before-1.2.sqlite3", size: int = 4096) -> Path:
        file = self.data / "backups" / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"x" * size)
        return file

    def machine(self) -> Machine:
        return Machine(self.data, self.root, lambda: self.kernel_clock, lambda: self.uptime_s)

    def _disk(self) -> None:
        self.write(f"{BLOCK}/stat", STAT)
        self.write(f"{BLOCK}/device/life_time", "0x02 0x01\n")
        self.write(f"{BLOCK}/device/pre_eol_info", "0x01\n")
        self.write(f"{BLOCK}/mmcblk0p2/partition", "2\n")
        number = self.data.stat().st_dev
        entry = self.root / f"sys/dev/block/{os.major(number)}:{os.minor(number)}"
        entry.parent.mkdir(parents=True)
        entry.symlink_to(self.root / BLOCK / "mmcblk0p2")
