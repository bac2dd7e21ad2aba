"""Serves the page: `python -m web --database FILE --socket FILE --host ADDRESS --port N`."""

from __future__ import annotations

import argparse
import errno
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

import waitress
from flask import Flask
from waitress.server import TcpWSGIServer

from device import paths
from device.errors import LiveError, RacklightError
from device.notify import Notifier
from device.settings import load_settings, with_value
from web.app import HUB, create_app
from web.pulse import Pulse
from web.retention import RetentionKeeper

THREADS = 16  # 4 stop answering with 8 streams open
# A phone that left the Wi-Fi says no goodbye: what it was sent stays unacknowledged. Without this
# limit its live page would keep one of the few places until the stream ends by itself.
GONE_AFTER_MS = 20_000
# Bytes. waitress keeps what it has sent until so much has gone through a buffer, 16 MB unless told.
LARGEST_BUFFER = 1_000_000


def main(arguments: list[str] | None = None) -> int:
    """Serves until it is told to stop; returns the exit code."""
    asked = _arguments(arguments)
    try:
        settings = load_settings(asked.settings)
        host = settings.web.host if asked.host is None else asked.host
        port = settings.web.port if asked.port is None else asked.port
        if asked.reading is not None:
            settings = with_value(settings, "web/reading", asked.reading)
        app = create_app(asked.database, asked.socket, settings, demo=asked.demo)
        with RetentionKeeper(asked.database):
            _serve(app, host, port)
    except RacklightError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _serve(app: Flask, host: str, port: int) -> None:
    server, bound = listening(app, host, port)
    notifier = Notifier()
    pulse = Pulse(host, bound, notifier)

    def stop(number: int, frame: object) -> NoReturn:
        app.extensions[HUB].close()  # first: open streams would hold up the end
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"The page is at http://{_shown(host)}:{bound}/", flush=True)
    if notifier.heard:
        pulse.start()
    try:
        server.run()  # returns after SystemExit
    finally:
        pulse.close()
        app.extensions[HUB].close()
        server.close()


def listening(app: Flask, host: str, port: int) -> tuple[Any, int]:
    """The server and its port; a name may stand for several addresses. Raises LiveError."""
    made: dict[int, Any] = {}
    try:
        server = waitress.create_server(
            app,
            map=made,
            host=host,
            port=port,
            threads=THREADS,
            send_bytes=1,  # an event goes out when it happens, not when 18 kB have gathered
            outbuf_high_watermark=LARGEST_BUFFER,
            log_socket_errors=False,  # somebody who vanished is no fault
        )
    except OSError as error:
        app.extensions[HUB].close()
        if error.errno == errno.EADDRINUSE:
            text = f"Port {port} is taken by another program; stop it or set another web/port."
        elif error.errno == errno.EACCES:
            text = f"Port {port} is reserved for the system; set web/port to 1024 or more."
        else:
            text = f"The page can't listen on {host}:{port}: {error.strerror or error}."
        raise LiveError(text) from error
    except ValueError as error:  # waitress's word for a name that does not resolve
        app.extensions[HUB].close()
        raise LiveError(f"The page can't listen on {host}:{port}: {error}.") from error
    listeners = [one for one in made.values() if isinstance(one, TcpWSGIServer)]
    for listener in listeners:  # what it accepts inherits the limit
        listener.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GONE_AFTER_MS)
    return server, int(listeners[0].effective_port)


def _shown(host: str) -> str:
    return "localhost" if host in ("0.0.0.0", "::") else host


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("racklight-web", description="Serves the unit's page.")
    parser.add_argument("--settings", type=Path, default=paths.settings_file(), help="TOML file")
    parser.add_argument("--database", type=Path, default=paths.database_file(), help="SQLite file")
    parser.add_argument("--socket", type=Path, default=paths.live_socket(), help="the unit's")
    parser.add_argument("--host", help="address to listen on; default: setting web/host")
    parser.add_argument("--port", type=int, help="port; default: setting web/port; 0: any free")
    parser.add_argument("--reading", metavar="WHO", help="default: setting web/reading")
    parser.add_argument("--demo", action="store_true", help="say that the lifters are simulated")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
