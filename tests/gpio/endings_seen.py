"""How it ends: leaving, stopping, dying, frozen, pins taken, no permission, the chip gone.

The green lamp's line is pulled up here. So a line that is driven low (0) can be told from one that
nobody holds any more (1), which without the pull-up would both read 0.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from types import FrameType

from device.__main__ import main as racklight
from device.cues import LightBox
from device.errors import RacklightError
from device.lamps import Lamps
from device.records import Cue, Light
from device.settings import CueSettings, LoadSettings, Settings
from device.switches import Inputs
from tests.gpio.children import Child, Talk, child
from tests.gpio.lamps_seen import GPIO, lines, plays
from tests.gpio.lines import Line, Seen, wait_for_level, watch, watch_while
from tests.unit.machine import FailedError, need

CHIP = Path("/dev/gpiochip0")
LIVE = Path("/sys/kernel/config/gpio-sim/pins/live")
NOBODY = 65534
OFFS = 3  # tries to see the moment in which `racklight off` drives the pins


class _Told(Lamps):
    """Lamps that wait for a word before they let go of their pins."""

    def __init__(self, settings: CueSettings, talk: Talk) -> None:
        super().__init__(settings)
        self._talk = talk

    def close(self) -> None:
        _waits(self._talk)
        super().close()


def _waits(talk: Talk) -> None:
    talk.send("closing")
    talk.recv()


def _green(talk: Talk) -> None:
    """The light is on when the word comes, and nobody leaves the box: its exit function has it."""
    box = LightBox(CueSettings())
    box.__enter__()
    box.show(Cue(Light.GREEN))
    talk.send("shown")


@contextmanager
def _pulled_up() -> Iterator[Line]:
    green = Line(GPIO["green"])
    green.pull(up=True)
    try:
        yield green
    finally:
        green.pull(up=False)


def _leaves(raising: bool) -> Callable[[Talk], None]:
    def body(talk: Talk) -> None:
        box = LightBox(CueSettings())
        box._lamps = _Told(CueSettings(), talk)
        try:
            with box:
                box.show(Cue(Light.GREEN))
                talk.send("shown")
                talk.recv()
                if raising:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            sys.exit(4)

    return body


def _exits(talk: Talk) -> None:
    atexit.register(_waits, talk)  # runs after the light box's own
    _green(talk)
    talk.recv()
    sys.exit(3)


def _told_to_stop(talk: Talk) -> None:
    # the handler of a program around it runs when the light box has done its part
    def stop(number: int, frame: FrameType | None) -> None:
        _waits(talk)
        sys.exit(5)

    signal.signal(signal.SIGTERM, stop)
    _green(talk)
    while True:
        signal.pause()


def leaves() -> str:
    """Driven low before the pins are let go: at the end, after an error, at exit, at SIGTERM."""
    told = []
    for what, body, status in (
        ("leaving", _leaves(raising=False), 0),
        ("an error", _leaves(raising=True), 4),
        ("sys.exit", _exits, 3),
        ("SIGTERM", _told_to_stop, 5),
    ):
        with _pulled_up() as green, child(body) as program:
            need(program.hear() == "shown", f"{what}: no light")
            need(green.level == 1, f"{what}: the green lamp is not on")
            if body is _told_to_stop:
                program.send_signal(signal.SIGTERM)
            else:
                program.tell()
            need(program.hear() == "closing", f"{what}: it does not end")
            need(green.level == 0, f"{what}: the green lamp is on when the pins are let go")
            program.tell()
            ended = program.ended()
            need(ended == status, f"{what}: the program ended with {ended}, not {status}")
            need(green.level == 1, f"{what}: the pin was not let go")
        told.append(what)
    return ", ".join(told) + ": driven low, then let go"


def _plain(talk: Talk) -> None:
    _green(talk)
    talk.recv()


def _switches_off(talk: Talk) -> None:
    talk.recv()
    talk.send(racklight(["off"]))


def crashes() -> str:
    """SIGSTOP holds the light, SIGKILL lets the line go, what comes after drives it low."""
    with _pulled_up() as green:
        with child(_plain) as program:
            program.hear()
            green.pull(up=False)
            program.send_signal(signal.SIGSTOP)
            time.sleep(1.0)
            need(green.level == 1, "a frozen program does not hold its light")
            program.send_signal(signal.SIGKILL)
            need(program.ended() == -signal.SIGKILL, "SIGKILL did not end it")
            down = green.level
        with child(_plain) as program:
            program.hear()
            green.pull(up=True)
            program.send_signal(signal.SIGKILL)
            program.ended()
            up = green.level
        need(
            (down, up) == (0, 1), f"after SIGKILL the line shows {(down, up)}, not its pull (0, 1)"
        )
        with child(plays(CueSettings())) as program:
            program.hear()
            on = [name for name, line in lines().items() if line.level]
            need(not on, f"after a crash the next program begins with {on} on")
        _off(green)
    return (
        "SIGSTOP: lit as before; SIGKILL: the kernel lets go of the line, which then shows its"
        " pull; the next program gets the pins and drives them low, `racklight off` too"
    )


def _off(green: Line) -> None:
    """It holds the pins for some milliseconds only."""
    for _ in range(OFFS):
        with child(_switches_off) as program:
            program.tell()
            seen = _until_it_speaks(program, green)
            status = program.hear()
            need(status == 0, f"`racklight off` ended with {status}")
        if any(level == 0 for _, level in seen.changes):
            return
    raise FailedError("`racklight off` was not seen to drive the line low")


def _until_it_speaks(program: Child, line: Line) -> Seen:
    return watch_while({"it": line}, lambda: not program.has_spoken(), pause_s=0)["it"]


def pulsing() -> str:
    """SIGKILL and SIGTERM in the middle of a tone, which a thread of lgpio makes."""
    settings = CueSettings(buzzer_kind="passive", buzzer_tone_hz=200)
    buzzer, told = Line(GPIO["buzzer"]), []
    for number in (signal.SIGTERM, signal.SIGKILL):
        with child(plays(settings)) as program:
            program.hear()
            program.tell(Cue(Light.RED, buzzer=True))
            program.hear()
            wait_for_level(buzzer, 1, 5, "a tone")
            program.send_signal(number)
            ended = program.ended()
            need(ended == -number, f"{number.name}: it ended with {ended}")
            seen = watch({"buzzer": buzzer}, time.monotonic() + 0.5, pause_s=0)
            need(not seen["buzzer"].ever_on, f"{number.name}: the tone goes on")
        told.append(number.name)
    return " and ".join(told) + " in a tone: silent from the end of the program on"


def _refused(entered: Callable[[], object], talk: Talk) -> None:
    try:
        entered()
    except RacklightError as error:
        talk.send((type(error).__name__, str(error)))
    else:
        talk.send(("", "nothing was refused"))


def _enters(talk: Talk) -> None:
    settings = Settings(load=LoadSettings(gate="hook"))
    _refused(LightBox(settings.cue).__enter__, talk)
    _refused(Inputs(settings).__enter__, talk)


def _all_held(talk: Talk) -> None:
    with Inputs(Settings(load=LoadSettings(gate="hook"))), LightBox(CueSettings()) as box:
        box.show(Cue(Light.GREEN))
        talk.send("shown")
        talk.recv()


def taken() -> str:
    """A second program is refused in a sentence, and the first one's light stays."""
    green = Line(GPIO["green"])
    with child(_all_held) as first:
        first.hear()
        with child(_enters) as second:
            said = _sentences(second.hear(), second.hear(), "stop the unit first")
        need(green.level == 1, "the first program's light went off")
        first.tell()
        first.ended()
    return f"refused, and the light stayed: {said}"


def _as_nobody(factory: str | None, folder: str) -> Callable[[Talk], None]:
    def body(talk: Talk) -> None:
        os.chdir(folder)
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        if factory is None:
            del os.environ["GPIOZERO_PIN_FACTORY"]
        _enters(talk)

    return body


def forbidden() -> str:
    """A user who may not open the chip, and one in a folder where lgpio can't make its files."""
    CHIP.chmod(0o660)
    told = []
    folder = mkdtemp()
    Path(folder).chmod(0o777)
    for factory in ("lgpio", None):  # None: as a unit is set up
        for where, words in ((folder, "group gpio"), ("/", "folder")):
            with child(_as_nobody(factory, where)) as program:
                told.append(_sentences(program.hear(), program.hear(), words))
    return "; ".join(told[2:])


def _sentences(light: tuple[str, str], inputs: tuple[str, str], words: str) -> str:
    for wanted, (kind, said) in zip(("CueError", "SwitchError"), (light, inputs), strict=True):
        need(kind == wanted, f"{kind or 'no error'}, not {wanted}: {said}")
        need(words in said and "\n" not in said, f"it says {said!r}, without {words!r}")
    return light[1]


def _loses_the_chip(talk: Talk) -> None:
    with LightBox(CueSettings()) as box:
        box.show(Cue(Light.RED))
        talk.send("shown")
        talk.recv()
        _refused(lambda: box.show(Cue(Light.GREEN)), talk)


def gone() -> str:
    """The chip goes while the light is on, and then is not there at all."""
    with child(_loses_the_chip) as program:
        program.hear()
        LIVE.write_text("0")
        program.tell()
        kind, said = program.hear()
        need(kind == "CueError" and "[cue]" in said, f"the chip gone: {kind} {said!r}")
        ended = program.ended()
        need(ended == 0, f"it ended with {ended}")
    with child(_enters) as program:
        absent = _sentences(program.hear(), program.hear(), "GPIO")
    return f"while lit: {said}; at the start: {absent}"
