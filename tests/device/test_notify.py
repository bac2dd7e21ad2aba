"""What systemd hears: real datagrams on a real socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.notify import SHORTEST_GAP_S, Notifier


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Ear:
    """systemd's end of the socket."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(address)

    def heard(self) -> list[set[str]]:
        """The lines of each datagram since the last call."""
        out = []
        while True:
            try:
                out.append(set(self._socket.recv(4096).decode().splitlines()))
            except BlockingIOError:
                return out

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[Ear]:
    made = Ear(str(tmp_path / "notify"))
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_first_work_says_ready_and_feeds(ear: Ear, clock: Clock, tmp_path: Path) -> None:
    notifier = Notifier(str(tmp_path / "notify"), clock)
    assert ear.heard() == []
    notifier.alive("The camera works.")
    assert ear.heard() == [{"READY=1", "WATCHDOG=1", "STATUS=The camera works."}]


def test_later_work_feeds_but_not_thirty_times_a_second(
    ear: Ear, clock: Clock, tmp_path: Path
) -> None:
    notifier = Notifier(str(tmp_path / "notify"), clock)
    heard = []
    for _ in range(301):  # ten seconds at 30 a second
        notifier.alive()
        clock.now_s += 1 / 30
        heard += ear.heard()
    assert heard[0] == {"READY=1", "WATCHDOG=1"}
    assert all(one == {"WATCHDOG=1"} for one in heard[1:])
    assert 10 / SHORTEST_GAP_S * 0.85 < len(heard) <= 10 / SHORTEST_GAP_S + 1


def test_without_work_nothing_is_sent(ear: Ear, clock: Clock, tmp_path: Path) -> None:
    notifier = Notifier(str(tmp_path / "notify"), clock)
    notifier.alive()
    ear.heard()
    clock.now_s += 3600
    assert ear.heard() == []
    assert notifier.heard


def test_news_is_told_at_once_on_one_line(ear: Ear, clock: Clock, tmp_path: Path) -> None:
    notifier = Notifier(str(tmp_path / "notify"), clock)
    notifier.alive()
    ear.heard()
    notifier.alive("No camera:\nREADY=0")
    assert ear.heard() == [{"WATCHDOG=1", "STATUS=No camera: READY=0"}]


def test_the_environment_names_the_socket(
    ear: Ear, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    Notifier().stopping()
    assert ear.heard() == [{"STOPPING=1"}]


def test_an_abstract_socket_is_reached() -> None:
    ear = Ear("\0racklight-notify-check")
    Notifier("@racklight-notify-check").alive()
    assert ear.heard() == [{"READY=1", "WATCHDOG=1"}]
    ear.close()


def test_nobody_listening_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    silent = Notifier()
    silent.alive()
    silent.stopping()
    assert not silent.heard
    Notifier(str(tmp_path / "gone")).alive()
