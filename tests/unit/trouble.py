"""What goes wrong around a running unit: it hangs, its database or its disk fails, its settings."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import Any

from tests.unit.kills import Rep, shown_rep, stored_reps
from tests.unit.machine import Machine, need, wait_for

RESTART_WITHIN_S = 15.0
OFF = "racklight off"
DISK_MB = 6
_EXIT = re.compile(
    r"argv\[\]=(?P<argv>[^;]*?) ;.*code=(?P<code>exited|killed|dumped) ; status=(?P<status>\d+)"
)


def frozen(unit: Machine) -> str:
    """SIGSTOP while a light is on: the watchdog ends it, the light is off, a new one runs."""
    states = unit.states()
    _until(states, lambda state: state["light"] != "off", 300, "a light that is on")
    old = unit.main_process()
    unit.must(f"kill -STOP {old}")
    frozen_s = time.time()
    ended = wait_for(lambda: _light_driven_off(unit), 60, f"'{OFF}' after the program's end")
    wait_for(lambda: unit.main_process() not in (0, old), 60, "a new camera process")
    started_s = time.time() - frozen_s
    light = next(unit.states())["light"]
    works_s = time.time() - frozen_s
    off_s = _noted_s(unit) - frozen_s
    need(ended == ("exited", "0"), f"'{OFF}' ended with {' '.join(ended)}")
    need(0 < off_s < RESTART_WITHIN_S, f"the light was driven off {off_s:.1f} s after")
    need(started_s < RESTART_WITHIN_S, f"started again only after {started_s:.1f} s")
    need(light == "off", f"the new process begins with {light}")
    return (
        f"light driven off after {off_s:.1f} s (ExecStopPost, exit 0), process back after"
        f" {started_s:.1f} s, frames after {works_s:.1f} s with the light off"
    )


def _light_driven_off(unit: Machine) -> tuple[str, str] | None:
    """How `racklight off` ended, which systemd runs after every end; None while it has not.

    The pins are gpiozero's mock, of each process its own, so no lamp can be looked at: what is
    looked at is that the command, which drives them low, ran to its end.
    """
    ran = _EXIT.search(unit.show("ExecStopPost"))
    return (ran["code"], ran["status"]) if ran is not None and OFF in ran["argv"] else None


def _noted_s(unit: Machine) -> float:
    """When it noted the death, which it does after it has driven the pins."""
    query = (
        "SELECT recorded_utc, reason FROM events WHERE kind = 'died' ORDER BY rowid DESC LIMIT 1"
    )
    rows = unit.rows(query)
    need(bool(rows) and rows[0][1] == "watchdog", f"the event table says {rows}")
    return datetime.fromisoformat(rows[0][0]).timestamp()


def database_removed(unit: Machine) -> str:
    """The file goes away under the running unit, and comes back."""
    unit.must("cd /var/lib/racklight && mkdir aside && mv racklight.sqlite3* aside/")
    said = _says_nothing_is_saved(unit, "removed")
    process = unit.main_process()
    lit, shown = _light_works(unit)
    unit.must("cd /var/lib/racklight && mv aside/* . && rmdir aside")
    saved = _saves_again(unit, shown)
    need(unit.main_process() == process, "the camera process was restarted meanwhile")
    return f"{said}; {lit}; put back: {saved}"


def disk_full(unit: Machine) -> str:
    """The data lie on a small disk of their own, which is filled, and then freed."""
    unit.must(
        "systemctl stop racklight-device racklight-web\n"
        "mkdir /root/kept && cp -a /var/lib/racklight/. /root/kept/\n"
        f"mount -t tmpfs -o size={DISK_MB}m small /var/lib/racklight\n"
        "chown racklight: /var/lib/racklight && chmod 750 /var/lib/racklight\n"
        "cp -a /root/kept/. /var/lib/racklight/ && rm -r /root/kept\n"
        "systemctl start racklight-device racklight-web"
    )
    try:
        wait_for(unit.active, 60, "both services up")
        unit.run(f"head -c {DISK_MB}M /dev/zero >/var/lib/racklight/ballast")
        said = _says_nothing_is_saved(unit, "full")
        lit, shown = _light_works(unit)
        unit.must("rm /var/lib/racklight/ballast")
        saved = _saves_again(unit, shown)
    finally:
        unit.must("systemctl stop racklight-device racklight-web")
        unit.must("umount /var/lib/racklight")
        unit.must("systemctl start racklight-device racklight-web")
    return f"{said}; {lit}; space freed: {saved}"


def settings_broken(unit: Machine, good: str) -> str:
    """A value that is none: said in one sentence, the light off, back when it is mended."""
    unit.write("etc/racklight/racklight.toml", good + '[wink]\nthreshold_deg = "ten"\n')
    since_s = time.time()
    unit.must("systemctl --no-block restart racklight-device racklight-web")
    key = "Invalid value 'ten' for wink/threshold_deg"
    said = wait_for(lambda: _line(unit.journal(since_s), key), 60, f"'{key}' in the journal")
    need("Traceback" not in unit.journal(since_s), "the program shows a traceback")
    switched = wait_for(
        lambda: _line(unit.journal(since_s), "pins are switched off"), 60, "the light off"
    )
    need(bool(switched), "nothing says that the light is switched off")
    checked = unit.setup("check")
    need(checked[0] == 1 and key in checked[1], f"check says {checked[1][-300:]}")
    unit.write("etc/racklight/racklight.toml", good)
    mended_s = time.monotonic()
    wait_for(unit.active, 60, "both services up after the settings were mended")
    return f"'{said.strip()}', light off; back {time.monotonic() - mended_s:.1f} s after mending"


def _line(text: str, words: str) -> str:
    return next((line for line in text.splitlines() if words in line), "")


def _until(states: Any, true: Any, within_s: float, what: str) -> dict[str, Any]:
    until = time.monotonic() + within_s
    for state in states:
        if true(state):
            return dict(state)
        need(time.monotonic() < until, f"{what}: not within {within_s:.0f} s")
    need(False, f"{what}: the unit ended")
    raise AssertionError


def _says_nothing_is_saved(unit: Machine, word: str) -> str:
    """The socket, the page and both checks; the sentence."""
    sentence = _until(
        unit.states(), lambda state: state["store"] != "ok", 300, "a word that nothing is saved"
    )["store"]
    need(word in sentence, f"the unit says: {sentence}")
    status, page = unit.ask("/healthz")
    need(status == 503 and word in page, f"/healthz answers {status}: {page[:300]}")
    need(word in unit.ask("/rack")[1], "the rack's page does not say it")
    for check in ("/mnt/programs/first/setup.sh check", _AS_UNIT + "racklight check"):
        status, said = unit.run(check)
        need(status == 1 and word in said, f"'{check}' ends with {status}: {said}")
    return f"page and check say: '{sentence}'"


_AS_UNIT = "cd /run/racklight && GPIOZERO_PIN_FACTORY=mock runuser -u racklight -- /usr/local/bin/"


def _light_works(unit: Machine) -> tuple[str, set[Rep]]:
    """Lights and two new reps while nothing can be saved; the reps."""
    states = unit.states()
    before = shown_rep(next(states))
    lights: set[str] = set()
    reps: set[Rep] = set()
    for state in states:
        need(state["store"] != "ok", "meanwhile it could save")
        lights.add(state["light"])
        reps |= shown_rep(state) - before
        if len(reps) > 1 and len(lights) > 1:
            break
    return f"lights shown meanwhile: {', '.join(sorted(lights - {'off'}))}", reps


def _saves_again(unit: Machine, shown: set[Rep]) -> str:
    """The unit says ok, and what it showed is in the database."""
    _until(unit.states(), lambda one: one["store"] == "ok", 60, "a unit that saves again")
    lost = shown - stored_reps(unit)
    need(not lost, f"lost: {sorted(lost)}")
    return f"{len(shown)} of {len(shown)} reps shown meanwhile are saved"
