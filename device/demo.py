"""The product with a simulated lifter in front of it.

The demo clip plays through librealsense's software device into the same program a unit runs; the
page is served as on a unit. Only the clip's sign-ins come from a script instead of a person, and
they stop as soon as a person does something at the rack.
"""

from __future__ import annotations

import importlib.util
import math
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from device import paths
from device.alone import alone
from device.cameras import CameraTrouble
from device.cameras.simulated import SimulatedCamera
from device.chosen import Chosen, chosen_beside
from device.commands import (
    Command,
    GiveSet,
    RedoRep,
    SetExercise,
    SetLoad,
    SignIn,
    SignOut,
    TakeNeutral,
    ToggleSet,
    UndoRep,
)
from device.cues import LightBox
from device.errors import LiveError
from device.live import LiveServer
from device.records import Rep, RepSummary
from device.restoring import take_up_at_start
from device.run_log import RunLog
from device.service import Service
from device.settings import Settings
from device.store_writer import StoreWriter

# The estimator's honest uncertainty of a wink is 6 to 7 degrees as yet, and a unit says 'not
# measured' above 3. The demo shows what verdicts look like, and says so.
MAX_SD_DEG = 8.0
LIFTERS = "Alex and Sam"  # of the clip
# Who asks for one of these lifts or coaches: the clip's lifters must not sign in over them.
_AT_THE_RACK = (
    *(SignIn, SignOut, GiveSet, SetLoad, SetExercise),
    *(TakeNeutral, ToggleSet, UndoRep, RedoRep),
)
PORTS = 20  # tried from the asked one on
PAGE_START_S = 60.0  # a process that has ended is noticed at once


class DemoServer(LiveServer):
    """Knows whether a person has done something at the rack; says so once."""

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        super().__init__(path)
        self.person = False
        self._say = say

    def commands(self) -> list[Command]:
        """As on a unit."""
        asked = super().commands()
        if not self.person and any(isinstance(one, _AT_THE_RACK) for one in asked):
            self.person = True
            self._say(f"You are at the rack: {LIFTERS} no longer sign in by themselves.")
        return asked


def demo(
    settings: Settings,
    seconds: float | None,
    say: Callable[[str], None],
    host: str = "127.0.0.1",
) -> list[str]:
    """Runs until `seconds` of the clip are over (None: until interrupted).

    Returns the reps, a line each, in the numbers that the page has for them: of a lifter's set.
    Raises StoreError where another demo runs with this history.

    A backup that was uploaded on the page is put back first, as on a unit. Where the machine is
    too slow even for the simulated camera, the wall's seconds count too.
    """
    choose_pins(say)
    database = _folder() / "racklight.sqlite3"
    chosen = Chosen(settings, chosen_beside(database))
    settings = demo_settings(chosen.settings)
    reps: list[str] = []
    with ExitStack() as stack:
        mine = stack.enter_context(alone(database))
        take_up_at_start(database, settings.unit.name, say)
        sockets = stack.enter_context(tempfile.TemporaryDirectory(prefix="racklight-"))
        live = Path(sockets) / "live.sock"
        writer = stack.enter_context(StoreWriter(database, settings.unit.name))
        server = DemoServer(live, say)
        stack.enter_context(server)
        stack.enter_context(RunLog(database, writer, settings))
        box = stack.enter_context(LightBox(settings.cue))
        address = stack.enter_context(page(database, live, host, settings.web.port))
        mine.at(address)
        say(f"The page is at {address} (history: {database})")
        service: Service | None = None

        def lifter() -> SimulatedCamera:
            camera = SimulatedCamera(settings.camera)
            camera.on_event(sign_in)
            return camera

        def sign_in(event: dict[str, object]) -> None:
            if service is not None and not server.person:
                service.obey(_command(event))

        service = Service(
            settings,
            lifter,
            writer,
            server,
            box,
            chosen=lambda: demo_settings(chosen.settings),
        )
        say(
            f"Verdicts are given up to ± {settings.wink.max_sd_deg:.0f} degrees here, so that all"
            " lights can be seen; a unit says 'not measured' above ± 3."
        )
        say(f"{LIFTERS} sign in by themselves, until you do something at the rack screen.")
        say("The lifter walks in. Reps appear here as they end; Ctrl-C stops.")
        end_s = math.inf if seconds is None else time.monotonic() + seconds
        for seen in service.steps():
            if isinstance(seen, CameraTrouble):
                say(seen.sentence)
                if time.monotonic() >= end_s:
                    break
                continue
            frame, step = seen
            if step.rep is not None and service.newest_rep is not None:
                reps.append(rep_line(step.rep, placed(service.lifter, service.newest_rep)))
                say(f"{reps[-1]}  light: {step.cue.light}")
            if seconds is not None and frame.time_s >= seconds:
                break
    return reps


def demo_settings(settings: Settings) -> Settings:
    """The simulated lifter, who has no hook switch, and verdicts up to 5 degrees of doubt."""
    return replace(
        settings,
        camera=replace(settings.camera, source="simulated", path="", rotation="auto"),
        load=replace(settings.load, gate="hands")
        if settings.load.gate == "hook"
        else settings.load,
        wink=replace(settings.wink, max_sd_deg=max(settings.wink.max_sd_deg, MAX_SD_DEG)),
    )


def choose_pins(say: Callable[[str], None]) -> None:
    """Mock pins where the machine has none and nobody chose; gpiozero reads the variable."""
    if "GPIOZERO_PIN_FACTORY" in os.environ:
        return
    if any(Path("/dev").glob("gpiochip*")) and importlib.util.find_spec("lgpio"):
        say("The light is on this machine's GPIO pins.")
        return
    os.environ["GPIOZERO_PIN_FACTORY"] = "mock"
    say("There are no GPIO pins here: the light is on gpiozero's mock pins.")


def placed(lifter: str | None, rep: RepSummary) -> str:
    """Whose rep it is and which, as the page has it."""
    return f"{lifter or 'nobody signed in'}, set {rep.set}, rep {rep.number:2d}"


def rep_line(rep: Rep, place: str | None = None) -> str:
    """A rep as one line for people; `place`: whose and which, where somebody counted them."""
    wink = "    -    "
    if rep.wink_deg is not None and rep.wink_sd_deg is not None:
        wink = f"{rep.wink_deg:4.1f} ± {rep.wink_sd_deg:3.1f}"
    load = {True: "loaded", False: "unloaded", None: "load unknown"}[rep.loaded]
    reason = f" ({rep.verdict.reason})" if rep.verdict.reason else ""
    verdict = rep.verdict.name.replace("_", " ")
    return (
        f"{place or f'set {rep.set}  rep {rep.index:2d}'}  {rep.start_s:6.1f} s  {load:12s}"
        f"  wink {wink} deg  {verdict}{reason}"
    )


def _command(event: dict[str, object]) -> Command:
    match event:
        case {"command": "sign_in", "lifter": str(lifter)}:
            return SignIn(lifter)
        case {"command": "set_load", "kg": int() | float() as kg}:
            return SetLoad(kg)
    raise LiveError(f"The demo clip asks for {event}, which this version doesn't know.")


def _folder() -> Path:
    """Where the demo's history lies: beside the program, or in a temporary folder."""
    folder = paths.demo_database_file().parent
    try:
        folder.mkdir(exist_ok=True)
        (folder / "writable").touch()
        (folder / "writable").unlink()
    except OSError:
        return Path(tempfile.mkdtemp(prefix="racklight-demo-"))
    return folder


@contextmanager
def page(database: Path, live: Path, host: str, port: int) -> Iterator[str]:
    """The page as a process of its own; yields its address. Raises LiveError."""
    port = free_port(host, port)
    command = [sys.executable, "-m", "web", "--database", str(database), "--socket", str(live)]
    process = subprocess.Popen(
        [*command, "--host", host, "--port", str(port), "--reading", "everyone", "--demo"],
        cwd=paths.PROGRAM,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_until_open(process, host, port)
        yield f"http://{host}:{port}/"
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()


def free_port(host: str, first: int) -> int:
    """The first free port from `first` on. Raises LiveError where twenty are taken."""
    for port in range(first, first + PORTS):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise LiveError(f"Ports {first} to {first + PORTS - 1} are all taken: set another web/port.")


def _wait_until_open(process: subprocess.Popen[bytes], host: str, port: int) -> None:
    deadline = time.monotonic() + PAGE_START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex((host, port)) == 0:
                return
        time.sleep(0.05)
    raise LiveError("The page could not be started: run python -m web to see why.")
