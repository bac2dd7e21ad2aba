"""The command line: `racklight COMMAND`, the same as `python -m device COMMAND`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from device import paths
from device.chosen import Chosen, chosen_beside
from device.errors import RacklightError, SettingsError
from device.settings import Settings, load_settings, with_value


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
    _add(commands, "run", _run, "run the unit: camera to light, store and page's socket")
    demo = _add(commands, "demo", _demo, "run with a simulated lifter in front of the camera")
    demo.add_argument(
        "--seconds", type=_seconds, metavar="N", help="stop by itself after N seconds"
    )
    demo.add_argument(
        "--host", default="127.0.0.1", help="network address of the page (default: %(default)s)"
    )
    replay = _add(commands, "replay", _replay, "measure a recording or a video, offline")
    replay.add_argument("file", type=Path, help="a .db3 or .bag recording, a video, or a clip")
    replay.add_argument("--json", type=Path, metavar="OUT.json", help="write the reps as JSON")
    replay.add_argument("--frames", type=Path, metavar="OUT.csv", help="write every frame as CSV")
    record = _add(commands, "record", _record, "record the camera to a .db3 file, to check a unit")
    record.add_argument("file", type=Path, help="the .db3 file to write; it must not exist")
    record.add_argument("--seconds", type=_seconds, metavar="N", help="stop after N seconds")
    check = _add(
        commands, "check", _check, "test camera, models, light, disk and clock, and say the fix"
    )
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
        _calibrate,
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
    _add(
        commands,
        "password",
        _password,
        "give the coach a new password for the page (on the unit: sudo -u racklight)",
    )
    _add(commands, "off", _off, "switch lamps and buzzer off (while the unit is not running)")
    agree = _add(
        commands, "agree", _agree, "compare the unit with an inclinometer on a lifter's sacrum"
    )
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
    bench = _add(commands, "bench", _bench, "time every stage on this machine")
    bench.add_argument("--json", action="store_true", help="print the figures as JSON")
    bench.add_argument(
        "--frames",
        type=int,
        default=300,
        metavar="N",
        help="frames timed for each number of cores (default: %(default)s)",
    )
    bench.add_argument("--cores", type=int, choices=(1, 2), help=argparse.SUPPRESS)
    evaluate = _add(commands, "evaluate", _evaluate, "judge the pelvis estimator on a rendered set")
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit code. What a person can mend is said in one sentence."""
    asked = build_parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)
    try:
        settings = _settings(asked)
        command: Callable[[Settings, argparse.Namespace], int] = asked.run
        return command(settings, asked)
    except RacklightError as error:
        print(f"racklight: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _settings(asked: argparse.Namespace) -> Settings:
    try:
        settings = load_settings(asked.settings or paths.settings_file())
        if asked.settings is None:
            settings = Chosen(settings, chosen_beside(paths.database_file())).settings
        for change in asked.set:
            key, _, value = change.partition("=")
            settings = with_value(settings, key, _typed(value))
        return settings
    except SettingsError as error:
        if asked.command != "off":
            raise
        # a broken file must not keep a light on
        print(f"racklight: {error} The usual pins are switched off.", file=sys.stderr)
        return Settings()


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[Settings, argparse.Namespace], int],
    summary: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name, help=summary, description=f"{summary[0].upper()}{summary[1:]}."
    )
    parser.set_defaults(run=run)
    return parser


def _run(settings: Settings, asked: argparse.Namespace) -> int:
    from device.cameras import CameraTrouble, open_camera
    from device.cues import LightBox
    from device.live import LiveServer
    from device.run_log import RunLog
    from device.service import Service
    from device.store_writer import StoreWriter
    from device.switches import Inputs

    with ExitStack() as stack:
        box = stack.enter_context(LightBox(settings.cue))
        inputs = stack.enter_context(Inputs(settings))
        _put_back(settings)
        writer = stack.enter_context(StoreWriter(paths.database_file(), settings.unit.name))
        server = stack.enter_context(LiveServer(paths.live_socket()))
        log = stack.enter_context(RunLog(paths.database_file(), writer, settings))
        service = Service(
            settings,
            lambda: open_camera(settings.camera),
            writer,
            server,
            box,
            inputs=inputs,
            chosen=lambda: _settings(asked),
        )
        for seen in service.steps():
            if isinstance(seen, CameraTrouble):
                print(seen.sentence, file=sys.stderr)
            else:
                log.alive()
    return 0


def _put_back(settings: Settings) -> None:
    """Takes up the backup that the coach uploaded; if that fails, the unit works all the same."""
    from device.notify import Notifier
    from device.restoring import take_up, waits

    if not waits(paths.database_file()):
        return
    Notifier().starting(600, "Putting a backup back")
    try:
        print(take_up(paths.database_file(), settings.unit.name), file=sys.stderr)
    except RacklightError as error:
        print(f"racklight: The waiting backup was not put back: {error}", file=sys.stderr)


def _demo(settings: Settings, asked: argparse.Namespace) -> int:
    from device.demo import demo, rep_line

    reps = demo(settings, asked.seconds, _say, asked.host)
    _say(f"\n{len(reps)} reps:" if reps else "\nNo reps in that time.")
    for rep in reps:
        _say(rep_line(rep))
    return 0


def _replay(settings: Settings, asked: argparse.Namespace) -> int:
    from device.demo import rep_line
    from device.progress import Progress
    from device.replay import replay, write_json

    progress = Progress("replay")
    try:
        replayed = replay(asked.file, settings, asked.frames, progress)
    finally:
        progress.close()
    for rep in replayed.reps:
        _say(rep_line(rep))
    _say(f"{len(replayed.reps)} reps in {replayed.frames} frames, {replayed.duration_s:.1f} s.")
    if asked.json:
        write_json(replayed, asked.json)
    return 0


def _record(settings: Settings, asked: argparse.Namespace) -> int:
    from device.cameras import open_camera
    from device.progress import Progress

    progress = Progress("recording")
    count = 0
    with open_camera(settings.camera, record_to=asked.file) as camera:
        _say(f"Recording {camera.describe()} to {asked.file}; Ctrl-C stops.")
        try:
            for frame in camera:
                count += 1
                progress(
                    count, round(asked.seconds * settings.camera.fps) if asked.seconds else None
                )
                if asked.seconds and frame.time_s >= asked.seconds:
                    break
        except KeyboardInterrupt:
            pass
        finally:
            progress.close()
    _say(f"{count} frames in {asked.file}. It shows people: delete it when it has served.")
    return 0


def _check(settings: Settings, asked: argparse.Namespace) -> int:
    from device.check import check
    from device.check_light import check_light
    from device.check_placement import check_placement

    if asked.light:
        ask = _asked_yes if sys.stdin.isatty() and sys.stdout.isatty() else None
        return 0 if check_light(settings, asked.seconds, _say, ask) else 1
    if asked.placement:
        return 0 if check_placement(settings, asked.seconds, _say) else 1
    failed = 0
    for result in check(settings):
        _say(str(result))
        failed += not result.ok
    return 1 if failed else 0


def _calibrate(settings: Settings, asked: argparse.Namespace) -> int:
    from device.calibrate import calibrate, print_board, show_floor

    if asked.board:
        print_board(asked.paper, asked.board, _say)
    elif asked.floor or calibrate(settings, asked.ruler_mm, asked.seconds, _say):
        show_floor(settings, _say)
    return 0


def _off(settings: Settings, asked: argparse.Namespace) -> int:
    from device.cues import LightBox
    from device.run_log import note_death

    with LightBox(settings.cue):  # everything is off at entry and at exit
        pass
    note_death(paths.database_file(), settings.unit.name)
    return 0


def _password(settings: Settings, asked: argparse.Namespace) -> int:
    from device.password import asked as typed
    from device.password import reset_password

    reset_password(paths.database_file(), settings.unit.name, typed, _say)
    return 0


def _agree(settings: Settings, asked: argparse.Namespace) -> int:
    from device.agreement import as_json, compare, report

    source = asked.measured or paths.database_file()
    compared = compare(asked.log, source, asked.session, asked.offset)
    _say(as_json(compared) if asked.json else report(compared))
    return 0


def _bench(settings: Settings, asked: argparse.Namespace) -> int:
    from device.bench import bench

    return bench(settings, asked.frames, as_json=asked.json, cores=asked.cores)


def _evaluate(settings: Settings, asked: argparse.Namespace) -> int:
    from models.lifter.evaluate import evaluate

    evaluate(asked.folder, settings.wink, asked.json, asked.page)
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


def _asked_yes(question: str) -> bool:
    """A yes-or-no question on the terminal; just Enter means yes."""
    try:
        return not input(f"  {question} [Y/n] ").strip().lower().startswith("n")
    except EOFError:
        return True


def _stop(number: int, frame: FrameType | None) -> None:
    """Asked to stop (SIGTERM): every `with` is left, the exit code is 0."""
    raise SystemExit(0)


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


def _typed(text: str) -> str | int | float | bool:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


if __name__ == "__main__":
    sys.exit(main())
