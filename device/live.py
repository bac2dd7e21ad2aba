"""The socket between the unit and its page: newest state out, commands in, one JSON object a line.

    with LiveServer(live_socket()) as server:            # the unit, once a frame
        server.publish(state)
        for command in server.commands(): ...

    with LiveClient(live_socket()) as client:            # the page
        client.send(LightTest())
        for state in client.states(timeout_s=1.0): ...   # None: no news within the timeout

The server has no thread and never waits. A client that reads slowly misses states in between and
always gets the newest one next.
"""

from __future__ import annotations

import fcntl
import json
import math
import select
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, Any

from device.commands import Command, command_from_json, command_to_json
from device.errors import LiveError
from device.placement_codec import (
    placement_from,
    placement_values,
    silhouette_from,
    silhouette_values,
)
from device.records import LiveState, RepSummary, UnitHealth

CLIENTS = 16
_LONGEST_COMMAND = 4096
_CHUNK = 65536
_BUFFER = 4096


def state_to_json(state: LiveState) -> str:
    """One line, without its end; what is not finite becomes null."""
    values = _finite(state)
    values["last_rep"] = None if state.last_rep is None else _finite(state.last_rep)
    values["health"] = None if state.health is None else _finite(state.health)
    values["placement"] = None if state.placement is None else placement_values(state.placement)
    shape = state.silhouette
    values["silhouette"] = None if shape is None else silhouette_values(shape)
    return json.dumps(values, allow_nan=False)


def state_from_json(line: str | bytes) -> LiveState:
    """The state of one line; names it does not know are ignored. Raises LiveError."""
    try:
        values: Any = json.loads(line)
        known = {item.name: values[item.name] for item in fields(LiveState)}
        if known["last_rep"] is not None:
            rep = known["last_rep"]
            known["last_rep"] = RepSummary(**{f.name: rep[f.name] for f in fields(RepSummary)})
        if known["health"] is not None:
            told = known["health"]
            known["health"] = UnitHealth(**{f.name: told[f.name] for f in fields(UnitHealth)})
        known["set_verdicts"] = tuple(known["set_verdicts"])
        if known["placement"] is not None:
            known["placement"] = placement_from(known["placement"])
        if known["silhouette"] is not None:
            known["silhouette"] = silhouette_from(known["silhouette"])
        return LiveState(**known)
    except (ValueError, TypeError, KeyError) as error:
        raise LiveError(
            f"The unit sent a state this page can't read ({error}); restart both after an update."
        ) from error


def _finite(record: LiveState | RepSummary | UnitHealth) -> dict[str, Any]:
    values = {item.name: getattr(record, item.name) for item in fields(record)}
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in values.items()
    }


# ---------------------------------------------------------------- the unit's side


@dataclass(slots=True, eq=False)
class _Viewer:
    """One connected client."""

    connection: socket.socket
    unsent: bytes = b""  # the rest of a line that has begun
    newest: bytes | None = None  # the next line
    received: bytes = b""


class LiveServer:
    """Owns the socket; raises LiveError on entering if another unit owns it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock: IO[bytes] | None = None
        self._listener: socket.socket | None = None
        self._viewers: list[_Viewer] = []
        self._waiting: list[Command] = []

    def __enter__(self) -> LiveServer:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = _owned(self._path)
            self._path.unlink(missing_ok=True)  # left by a process that died
            self._listener = _listening(self._path)
        except BaseException as error:
            self.close()
            if isinstance(error, OSError) and not isinstance(error, LiveError):
                raise LiveError(
                    f"The socket {self._path} can't be made: {error.strerror or error}; check"
                    f" that {self._path.parent} exists and is writable."
                ) from error
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets every client go and removes the socket."""
        for viewer in self._viewers:
            viewer.connection.close()
        self._viewers = []
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            self._path.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def publish(self, state: LiveState) -> None:
        """Hands the newest state to every client that can take it now; never waits."""
        self._accept()
        if not self._viewers:
            return
        line = state_to_json(state).encode() + b"\n"
        for viewer in self._viewers:
            viewer.newest = line
        for viewer in [viewer for viewer in self._viewers if not _sent(viewer)]:
            self._waiting += _received(viewer)[0]  # it may have asked for something and left
            viewer.connection.close()
            self._viewers.remove(viewer)

    def commands(self) -> list[Command]:
        """What clients asked for since the last call, in order; what is no command is dropped."""
        self._accept()
        still = []
        for viewer in self._viewers:
            commands, open_ = _received(viewer)
            self._waiting += commands
            if open_:
                still.append(viewer)
            else:
                viewer.connection.close()
        self._viewers = still
        taken, self._waiting = self._waiting, []
        return taken

    def _accept(self) -> None:
        while self._listener is not None:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # nobody is waiting, or went away before we looked
                return
            if len(self._viewers) >= CLIENTS:
                connection.close()
                continue
            connection.setblocking(False)
            # A small buffer: a client that was asleep finds news in it, not history.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
            self._viewers.append(_Viewer(connection))


def _owned(path: Path) -> IO[bytes]:
    """Holds the lock beside the socket; the kernel lets go of it when the process dies."""
    lock = path.with_name(path.name + ".lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise LiveError(
            f"Another unit already runs with the socket {path}; stop it first, or give this one"
            " another RACKLIGHT_RUN folder."
        ) from error
    return lock


def _listening(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(0o660)
        listener.listen(CLIENTS)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _sent(viewer: _Viewer) -> bool:
    """Sends what the client can take; False if it is gone."""
    try:
        while viewer.unsent or viewer.newest is not None:
            if not viewer.unsent:
                viewer.unsent, viewer.newest = viewer.newest or b"", None
            viewer.unsent = viewer.unsent[viewer.connection.send(viewer.unsent) :]
    except BlockingIOError:
        return True  # slow: this state may be replaced by a newer one
    except OSError:
        return False
    return True


def _received(viewer: _Viewer) -> tuple[list[Command], bool]:
    """The commands that came in, and whether the client is still there."""
    open_ = True
    try:
        while len(viewer.received) <= _CHUNK:
            chunk = viewer.connection.recv(_CHUNK)
            if not chunk:
                open_ = False
                break
            viewer.received += chunk
    except BlockingIOError:
        pass
    except OSError:
        open_ = False
    *lines, viewer.received = viewer.received.split(b"\n")
    commands = []
    for line in lines:
        with suppress(LiveError):
            commands.append(command_from_json(line))
    return commands, open_ and len(viewer.received) <= _LONGEST_COMMAND


# ---------------------------------------------------------------- the page's side


class LiveClient:
    """A connection to the unit; raises LiveError on entering if it is not running."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: socket.socket | None = None
        self._received = b""

    def __enter__(self) -> LiveClient:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(1.0)
            connection.connect(str(self._path))
        except OSError as error:
            connection.close()
            raise LiveError(
                "The unit is not running, or its socket can't be reached"
                f" ({self._path}: {error.strerror or error}); start it with 'racklight run'."
            ) from error
        self._connection = connection
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def send(self, command: Command) -> None:
        """Hands a command over. Raises LiveError if the unit is gone or does not read."""
        try:
            self._open().sendall(command_to_json(command).encode() + b"\n")
        except OSError as error:
            raise LiveError(f"The unit did not take the command: {_why(error)}.") from error

    def newest(self, timeout_s: float) -> LiveState | None:
        """Waits for news and returns the newest state; None if there was none in time.

        Raises LiveError once the unit has gone away.
        """
        until = time.monotonic() + timeout_s
        while True:
            left = until - time.monotonic()
            if not select.select([self._open()], [], [], max(0.0, left))[0]:
                return None
            self._read()
            *lines, rest = self._received.split(b"\n")
            if lines:
                self._received = rest
                return state_from_json(lines[-1])

    def states(self, timeout_s: float) -> Iterator[LiveState | None]:
        """Newest states as they come; None whenever `timeout_s` passed without one."""
        while True:
            yield self.newest(timeout_s)

    def _open(self) -> socket.socket:
        if self._connection is None:
            raise LiveError("The connection to the unit is not open.")
        return self._connection

    def _read(self) -> None:
        """Everything that has arrived, without waiting for more."""
        connection = self._open()
        try:
            while True:
                chunk = connection.recv(_CHUNK)
                if not chunk:
                    raise LiveError("The unit has stopped; the page waits for it to come back.")
                self._received += chunk
                if len(chunk) < _CHUNK:
                    return
        except TimeoutError:
            return
        except LiveError:
            raise
        except OSError as error:
            raise LiveError(f"The connection to the unit broke: {_why(error)}.") from error


def _why(error: OSError) -> str:
    return error.strerror or str(error)
