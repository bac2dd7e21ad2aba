"""Every command of `racklight` and its arguments, with their help; `__main__` runs them."""

from __future__ import annotations

import argparse
from pathlib import Path


def build_parser() -> argparse.ArgumentParser:
    """Every command and argument with its help."""
    parser = argparse.ArgumentParser(
        prog="racklight", description="A light on a squat rack that answers to the pelvis."
    )
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help="settings file (default: the unit's own)"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION/KEY=VALUE",
        help="change one setting for this run; may be given several times",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add(commands, "run", "run the unit: camera to light, store and page's socket")
    demo = _add(commands, "demo", "run with a simulated lifter in front of the camera")
    demo.add_argument(
        "--seconds", type=_seconds, metavar="N", help="stop by itself after N seconds"
    )
    demo.add_argument(
        "--host", default="127.0.0.1", help="network address of the page (default: %(default)s)"
    )
    replay = _add(commands, "replay", "measure a recording or a video, offline")
    replay.add_argument("file", type=Path, help="a .db3 or .bag recording, a video, or a clip")
    replay.add_argument("--json", type=Path, metavar="OUT.json", help="write the reps as JSON")
    replay.add_argument("--frames", type=Path, metavar="OUT.csv", help="write every frame as CSV")
    record = _add(commands, "record", "record the camera to a .db3 file, to check a unit")
    record.add_argument("file", type=Path, help="the .db3 file to write; it must not exist")
    record.add_argument("--seconds", type=_seconds, metavar="N", help="stop after N seconds")
    check = _add(commands, "check", "test camera, models, light, disk and clock, and say the fix")
    check.add_argument(
        "--placement",
        action="store_true",
        help="instead: watch somebody who stands on the spot, and say which way to move the unit",
    )
    check.add_argument(
        "--light",
        action="store_true",
        help="instead: show every lamp and the buzzer, say what one should see, then show hook"
        " switch and button as they are (while the unit is not running)",
    )
    check.add_argument(
        "--seconds",
        type=_seconds,
        default=20.0,
        metavar="N",
        help="how long --placement watches, and --light the switches (default: %(default)s)",
    )
    calibrate = _add(
        commands,
        "calibrate",
        "find where a Pi camera sits beside the RealSense, with a printed board",
    )
    calibrate.add_argument(
        "--board",
        type=Path,
        metavar="OUT.pdf",
        help="instead: write the board to print (docs/calibrate.md)",
    )
    calibrate.add_argument(
        "--paper",
        choices=("A4", "A3"),
        default="A3",
        help="what --board is printed on; A3 is seen from farther away (default: %(default)s)",
    )
    calibrate.add_argument(
        "--ruler-mm",
        type=_ruler_mm,
        default=150.0,
        metavar="MM",
        help="how long the printed ruler of 150 mm really is (default: %(default)s)",
    )
    calibrate.add_argument(
        "--floor",
        action="store_true",
        help="instead: say how high and how tilted the unit hangs over the floor",
    )
    calibrate.add_argument(
        "--seconds",
        type=_seconds,
        default=300.0,
        metavar="N",
        help="how long it waits for all the views it wants (default: %(default)s)",
    )
    password = _add(
        commands,
        "password",
        "give the coach a new password for the page (on the unit: sudo -u racklight)",
    )
    whose = password.add_mutually_exclusive_group()
    whose.add_argument(
        "--demo", action="store_true", help="for the demo's page instead of the unit's"
    )
    whose.add_argument(
        "--database",
        type=Path,
        metavar="FILE",
        help="for the page over this database; its sign-in page names the file",
    )
    _add(commands, "off", "switch lamps and buzzer off (while the unit is not running)")
    agree = _add(commands, "agree", "compare the unit with an inclinometer on a lifter's sacrum")
    agree.add_argument(
        "log", type=Path, metavar="LOG.csv", help="the readings (docs/check-with-a-lifter.md)"
    )
    agree.add_argument(
        "--measured",
        type=Path,
        metavar="FILE",
        help="what the unit measured: OUT.csv or OUT.json of a replay, or a database"
        " (default: the unit's own, newest session)",
    )
    agree.add_argument("--session", metavar="ID", help="another session of the database")
    agree.add_argument(
        "--offset",
        type=float,
        default=0.0,
        metavar="S",
        help="the log's second 0 is second S of the recording (default: %(default)s)",
    )
    agree.add_argument("--json", action="store_true", help="print the figures as JSON")
    bench = _add(commands, "bench", "time every stage on this machine")
    bench.add_argument("--json", action="store_true", help="print the figures as JSON")
    bench.add_argument(
        "--frames",
        type=int,
        default=300,
        metavar="N",
        help="frames timed for each number of cores (default: %(default)s)",
    )
    bench.add_argument("--cores", type=int, choices=(1, 2), help=argparse.SUPPRESS)
    evaluate = _add(commands, "evaluate", "judge the pelvis estimator on a rendered set")
    evaluate.add_argument(
        "--set",
        dest="folder",
        type=Path,
        metavar="DIR",
        default=Path("data/evalset"),
        help="the evaluation set, from `python -m models.lifter.evalset` (default: %(default)s)",
    )
    evaluate.add_argument(
        "--json", type=Path, metavar="OUT.json", help="write figures, intervals and reps as JSON"
    )
    evaluate.add_argument(
        "--page", type=Path, metavar="OUT.html", help="write a page of plots (needs matplotlib)"
    )
    return parser


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, summary: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name, help=summary, description=f"{summary[0].upper()}{summary[1:]}."
    )


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < 1e6:
        raise argparse.ArgumentTypeError("expected a number of seconds above 0")
    return seconds


def _ruler_mm(text: str) -> float:
    length_mm = float(text)
    if not 75 <= length_mm <= 300:
        raise argparse.ArgumentTypeError("expected 75 to 300 mm; it is 150 at a print of 100 %")
    return length_mm
