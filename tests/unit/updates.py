"""From one release to another, and back."""

from __future__ import annotations

import time

from tests.unit.machine import Machine, need, wait_for

OFFLINE = "--offline /mnt/bundle"
NO_CAMERA = "No RealSense is plugged in"


def in_use(unit: Machine) -> str:
    """Version of the release in use."""
    return (unit.root / "opt/racklight/current").readlink().name.split("-")[0]


def bad_update(unit: Machine) -> str:
    """A release whose camera process does not start goes by itself, and leaves nothing."""
    reps = unit.rows("SELECT count(*) FROM reps")[0][0]
    status, said = unit.setup(f"update {OFFLINE}", "broken")
    need(status == 1, f"the update ended with {status}")
    need("failed its check and was taken back" in said, f"it says: {said[-300:]}")
    need(in_use(unit) == "1.0", f"{in_use(unit)} is in use")
    wait_for(unit.active, 90, "both services up")
    releases = sorted(path.name for path in (unit.root / "opt/racklight/releases").iterdir())
    need(len(releases) == 1, f"these releases are there: {releases}")
    need(unit.rows("SELECT count(*) FROM reps")[0][0] >= reps, "reps are missing")
    return "3.0, which does not start, was taken back; 1.0 works, no rep is missing"


def update_without_camera(unit: Machine, settings: str) -> str:
    """A camera that was unplugged before is no fault of the new release."""
    unit.write("etc/racklight/racklight.toml", settings.replace("simulated", "realsense"))
    since_s = time.time()
    unit.must("systemctl --no-block restart racklight-device")
    wait_for(lambda: NO_CAMERA in unit.journal(since_s), 60, "a word about the camera")
    status, before = unit.setup("check")
    need(status == 1 and NO_CAMERA in before, f"check ends with {status}: {before}")
    status, said = unit.setup(f"update {OFFLINE}", "second")
    need(status == 0, f"the update ended with {status}: {said[-300:]}")
    need(in_use(unit) == "2.0", f"{in_use(unit)} is in use")
    unit.write("etc/racklight/racklight.toml", settings)
    unit.must("systemctl --no-block restart racklight-device")
    wait_for(unit.active, 90, "both services up")
    return (
        "with the camera unplugged, 2.0 was installed and stays; it works when the camera is back"
    )


def rollback_and_update(unit: Machine) -> str:
    """To the release before, and forth again; what was recorded stays."""
    reps = unit.rows("SELECT count(*) FROM reps")[0][0]
    took_s = []
    for words, program, wanted in (
        ("rollback", "first", "1.0"),
        (f"update {OFFLINE}", "second", "2.0"),
        ("rollback", "second", "1.0"),
    ):
        begun = time.monotonic()
        status, said = unit.setup(words, program)
        took_s.append(time.monotonic() - begun)
        need(status == 0, f"{words} ended with {status}: {said[-300:]}")
        need(in_use(unit) == wanted, f"{in_use(unit)} is in use after {words}")
        wait_for(unit.active, 90, "both services up")
    need(unit.rows("SELECT count(*) FROM reps")[0][0] >= reps, "reps are missing")
    return f"2.0 to 1.0 in {took_s[0]:.0f} s, forth in {took_s[1]:.0f} s, back; no rep is missing"
