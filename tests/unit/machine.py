"""A booted container as a person at its keyboard sees it: commands, files, services, page, socket.

unit = Machine(leader)                      # the process id of its init, as check.sh hands it over
unit.run("systemctl restart racklight-device")
before = unit.files()
...
assert differences(before, unit.files()) == []
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

_T = TypeVar("_T")

SERVICE = "racklight-device.service"
SILENT_S = 20.0
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What a system changes by itself, and what a program needs no manifest for.
_PASSING = re.compile(
    r"^/(dev|proc|run|sys|tmp|mnt)(/|$)"
    r"|^/var/(tmp|cache|log|lib/(apt|dpkg|systemd|dbus|private))(/|$)"
    r"|^/etc/(\.pwd\.lock|ld\.so\.cache|resolv\.conf|[^/]*-)$"
    r"|\.pyc$|/__pycache__$"
)
_PYTHON = ("/opt/racklight/current/.venv/bin/python", "-I", "-c")
_READ = (
    "import json, sqlite3, sys\n"
    "file = 'file:/var/lib/racklight/racklight.sqlite3?mode=ro'\n"
    "rows = sqlite3.connect(file, uri=True, timeout=10).execute(sys.argv[1])\n"
    "print(json.dumps(rows.fetchall()))\n"
)
_ASK = (
    "import sys, urllib.error, urllib.request\n"
    "try:\n"
    "    answer = urllib.request.urlopen(sys.argv[1], timeout=10)\n"
    "except urllib.error.HTTPError as error:\n"
    "    answer = error\n"
    "print(answer.status)\n"
    "print(answer.read().decode())\n"
)


class FailedError(Exception):
    """What was to be shown is not so; the text says what is instead."""


def need(true: bool, otherwise: str) -> None:
    """Raises FailedError unless `true`."""
    if not true:
        raise FailedError(otherwise)


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """What came (+), went (-) or changed (~), by path."""
    came = [f"+{path}" for path in after.keys() - before.keys()]
    went = [f"-{path}" for path in before.keys() - after.keys()]
    other = [f"~{path}" for path in before.keys() & after.keys() if before[path] != after[path]]
    return sorted((*came, *went, *other), key=lambda one: one[1:])


class Machine:
    """The container whose init is `leader`, seen from the machine that booted it."""

    def __init__(self, leader: int) -> None:
        self.root = Path(f"/proc/{leader}/root")
        self._enter = ["nsenter", "-t", str(leader), "-a", "env", "-i", f"PATH={_PATH}"]
        self._enter += ["HOME=/root", "LANG=C.UTF-8"]
        self._net = ["nsenter", "-t", str(leader), "--net"]

    def run(self, command: str, timeout_s: float = 600) -> tuple[int, str]:
        """(exit status, all it said) of a shell command inside, as root."""
        done = subprocess.run(
            [*self._enter, "sh", "-ec", f"cd /\n{command}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=timeout_s,
        )
        return done.returncode, done.stdout

    def must(self, command: str) -> str:
        """What a command said; FailedError with its last line unless it ended well."""
        status, said = self.run(command)
        last = said.strip().splitlines()[-1:] or ["nothing"]
        need(status == 0, f"'{command}' ended with {status}: {last[0]}")
        return said

    def setup(self, words: str, program: str = "first") -> tuple[int, str]:
        """`setup.sh` of a program's copy."""
        status, said = self.run(f"/mnt/programs/{program}/setup.sh {words}")
        need("Traceback" not in said, f"'setup.sh {words}' showed a traceback")
        return status, said

    def show(self, what: str, unit: str = SERVICE) -> str:
        """One property of a service."""
        return self.run(f"systemctl show -p {what} --value {unit}")[1].strip()

    def main_process(self) -> int:
        """The camera process inside; 0 where there is none."""
        return int(self.show("MainPID") or 0)

    def active(self) -> bool:
        """Both services are up."""
        said = self.run(f"systemctl is-active {SERVICE} racklight-web.service || true")[1]
        return said.split() == ["active", "active"]

    def ask(self, path: str) -> tuple[int, str]:
        """(status, text) of a page; 0 where nothing answers."""
        done = subprocess.run(
            [*self._net, sys.executable, "-I", "-c", _ASK, f"http://127.0.0.1:8080{path}"],
            capture_output=True,
            text=True,
            check=False,
        )
        status, _, text = done.stdout.partition("\n")
        return (int(status), text) if done.returncode == 0 else (0, done.stderr[-200:])

    def write(self, path: str, text: str) -> None:
        """A file inside."""
        (self.root / path).write_text(text, encoding="utf-8")

    def rows(self, query: str) -> list[list[Any]]:
        """What the database holds; asked inside, as SQLite resolves a path before it opens it."""
        done = subprocess.run(
            [*self._enter, "runuser", "-u", "racklight", "--", *_PYTHON, _READ, query],
            capture_output=True,
            text=True,
            check=False,
        )
        need(done.returncode == 0, f"the database can't be read: {done.stderr[-200:]}")
        rows: list[list[Any]] = json.loads(done.stdout)
        return rows

    def journal(self, since_s: float, unit: str = SERVICE) -> str:
        """What a service has said since a moment of time.time()."""
        return self.run(f"journalctl -q -o cat -u {unit} --since @{since_s:.0f}")[1]

    def files(self) -> dict[str, str]:
        """Every file, link and folder with mode, owner and content; what passes by itself not."""
        found: dict[str, str] = {}
        device = self.root.stat().st_dev
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            for entry in os.scandir(f"{self.root}{folder}/"):
                path = f"{folder}/{entry.name}"
                told = entry.stat(follow_symlinks=False)
                if _PASSING.search(path) or (told.st_dev != device and stat.S_ISDIR(told.st_mode)):
                    continue
                found[path] = _described(entry.path, told)
                if stat.S_ISDIR(told.st_mode):
                    waiting.append(path)
        return found

    def states(self, within_s: float = 60) -> Iterator[dict[str, Any]]:
        """Every state that the unit's socket tells, until the unit goes away.

        Raises FailedError where there is no unit in time.
        """
        path = f"{self.root}/run/racklight/live.sock"
        until = time.monotonic() + within_s
        told = False
        while not told:  # a program that is just dying takes a caller and says nothing
            need(time.monotonic() < until, f"no state within {within_s:.0f} s")
            connection = wait_for(lambda: _connected(path), within_s, "the unit's socket")
            with closing(connection):
                for state in _lines(connection):
                    told = True
                    yield state


def wait_for(look: Callable[[], _T | None], within_s: float, what: str) -> _T:
    """Looks until there is something true, and returns it; FailedError after `within_s`."""
    until = time.monotonic() + within_s
    while True:
        if found := look():
            return found
        need(time.monotonic() < until, f"{what}: not within {within_s:.0f} s")
        time.sleep(0.2)


def _lines(connection: socket.socket) -> Iterator[dict[str, Any]]:
    """Until the other side goes away or falls silent."""
    connection.settimeout(SILENT_S)
    received = b""
    while True:
        try:
            chunk = connection.recv(65536)
        except (ConnectionError, TimeoutError):
            return
        if not chunk:
            return
        *lines, received = (received + chunk).split(b"\n")
        yield from (json.loads(line) for line in lines)


def _connected(path: str) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        return None
    return connection


def _described(path: str, told: os.stat_result) -> str:
    kind = f"{stat.filemode(told.st_mode)} {told.st_uid}:{told.st_gid}"
    if stat.S_ISLNK(told.st_mode):
        return f"{kind} {Path(path).readlink()}"
    if stat.S_ISREG(told.st_mode):
        with Path(path).open("rb") as file:
            return f"{kind} {hashlib.file_digest(file, 'sha256').hexdigest()}"
    return kind
