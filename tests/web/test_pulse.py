"""The page's watchdog is fed by answers, and by nothing else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from device.notify import Notifier
from web.pulse import Pulse


class Page(BaseHTTPRequestHandler):
    hangs = threading.Event()

    def do_HEAD(self) -> None:
        if self.hangs.is_set():
            time.sleep(0.5)
            return
        self.send_response(503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def page() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    Page.hangs.clear()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(tmp_path / "notify"))
        made.settimeout(3)
        yield made


def test_an_answer_feeds_even_one_that_says_what_is_missing(
    page: ThreadingHTTPServer, ear: socket.socket, tmp_path: Path
) -> None:
    pulse = Pulse("0.0.0.0", page.server_port, Notifier(str(tmp_path / "notify")), gap_s=0.6)
    pulse.start()
    assert ear.recv(100) == b"WATCHDOG=1\nREADY=1"
    assert ear.recv(100) == b"WATCHDOG=1"
    pulse.close()
    assert ear.recv(100) == b"STOPPING=1"


def test_a_page_that_hangs_feeds_nothing(
    page: ThreadingHTTPServer, ear: socket.socket, tmp_path: Path
) -> None:
    Page.hangs.set()
    pulse = Pulse("127.0.0.1", page.server_port, Notifier(str(tmp_path / "notify")), gap_s=0.1)
    pulse.start()
    ear.settimeout(1)
    with pytest.raises(TimeoutError):
        ear.recv(100)
    pulse.close()
