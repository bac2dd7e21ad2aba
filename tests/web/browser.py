"""A headless Chromium, driven through its DevTools pipe: no port, no driver, no library.

with Browser() as browser:
    browser.open("http://127.0.0.1:8080/", width=390, height=844, dark=True)
    browser.evaluate("document.title")
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


class Browser:
    """One browser with one page."""

    def __init__(self) -> None:
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._number = 0
        self._buffer = b""
        self._session: str | None = None

    def __enter__(self) -> Browser:
        assert CHROMIUM is not None
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # Chromium reads from descriptor 3 and writes to 4.
        script = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
        self._process = subprocess.Popen(
            ["bash", "-c", script, "-", CHROMIUM, *_FLAGS, f"--user-data-dir={self._profile.name}"],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._out)
        os.close(self._in)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._profile.cleanup()

    def open(self, url: str, width: int = 390, height: int = 844, dark: bool = False) -> None:
        """Goes to an address on a screen of that size; does not wait for streams to end."""
        self.look(width, height, dark)
        self._ask("Page.navigate", url=url)
        self.wait_for(f"location.href === {url!r} && document.readyState === 'complete'")

    def look(self, width: int, height: int = 844, dark: bool = False) -> None:
        """Shows the same page on another screen."""
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._ask("Emulation.setEmulatedMedia", features=[scheme])

    def set_cookie(self, url: str, name: str, value: str) -> None:
        """Gives the browser a cookie, as if this address had set it."""
        self._ask("Network.setCookie", url=url, name=name, value=value)

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = self._ask("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def wait_for(self, condition: str, timeout_s: float = 120.0) -> None:
        """Waits until a JavaScript expression is true; raises TimeoutError."""
        until = time.monotonic() + timeout_s
        while not self.evaluate(condition):
            if time.monotonic() > until:
                raise TimeoutError(f"the page never came to {condition}")
            time.sleep(0.05)

    def run_first(self, script: str) -> None:
        """Runs a script in every page from now on, before the page's own scripts."""
        self._ask("Page.enable")
        self._ask("Page.addScriptToEvaluateOnNewDocument", source=script)

    def held(self) -> dict[str, int]:
        """What the page keeps after its garbage was collected: bytes of heap, nodes, listeners."""
        self._ask("Performance.enable")
        self._ask("HeapProfiler.collectGarbage")
        told = self._ask("Performance.getMetrics")["metrics"]
        values = {metric["name"]: int(metric["value"]) for metric in told}
        return {
            "bytes": values["JSHeapUsedSize"],
            "nodes": values["Nodes"],
            "listeners": values["JSEventListeners"],
        }

    def screenshot(self, path: Path, whole: bool = True) -> None:
        """The page as PNG, its whole length unless told otherwise."""
        answer = self._ask("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(answer["data"]))

    def printed(self) -> bytes:
        """The page on A4 paper, as PDF."""
        answer = self._ask("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)
        return base64.b64decode(answer["data"])

    def show_print(self) -> None:
        """Shows the page as it is printed, until the next `look` or `open`."""
        self._ask("Emulation.setEmulatedMedia", media="print")

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            chunk = os.read(self._in, 1 << 20)
            if not chunk:
                raise RuntimeError("the browser went away")
            self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\0", 1)
        message: dict[str, Any] = json.loads(line)
        return message
