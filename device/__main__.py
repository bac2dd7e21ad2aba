"""The command line: `racklight COMMAND`, the same as `python -m device COMMAND`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import FrameType

from device import paths
from device.arguments import build_parser
from device.chosen import Chosen, chosen_beside
from device.errors import RacklightError, SettingsError
from device.settings import Settings, load_settings, with_value

Command = Callable[[Settings, argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit code. What a person can mend is said in one sentence."""
    asked = build_parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)
    try:
        settings = _settings(asked)
        return _COMMANDS[asked.command](settings, asked)
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


def _run(settings: Settings, asked: argparse.Namespace) -> int:
    from device.alone import alone
    from device.cameras import CameraTrouble, open_camera
    from device.cues import LightBox
    from device.live import LiveServer
    from device.run_log import RunLog
    from device.service import Service
    from device.store_writer import StoreWriter
    from device.switches import Inputs

    with ExitStack() as stack:
        stack.enter_context(alone(paths.database_file()))
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
    from device.restoring import take_up_at_start, waits

    if waits(paths.database_file()):
        Notifier().starting(600, "Putting a backup back")
    take_up_at_start(paths.database_file(), settings.unit.name, _complain)


def _demo(settings: Settings, asked: argparse.Namespace) -> int:
    from device.demo import demo

    reps = demo(settings, asked.seconds, _say, asked.host)
    _say(f"\n{len(reps)} reps:" if reps else "\nNo reps in that time.")
    for line in reps:
        _say(line)
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
    from device.password import database_meant, reset_password

    database = database_meant(asked.database, asked.demo)
    reset_password(database, settings.unit.name, typed, _say)
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


def _complain(text: str) -> None:
    print(f"racklight: {text}", file=sys.stderr)


def _asked_yes(question: str) -> bool:
    """A yes-or-no question on the terminal; just Enter means yes."""
    try:
        return not input(f"  {question} [Y/n] ").strip().lower().startswith("n")
    except EOFError:
        return True


def _stop(number: int, frame: FrameType | None) -> None:
    """Asked to stop (SIGTERM): every `with` is left, the exit code is 0."""
    raise SystemExit(0)


def _typed(text: str) -> str | int | float | bool:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


_COMMANDS: dict[str, Command] = {
    "run": _run,
    "demo": _demo,
    "replay": _replay,
    "record": _record,
    "check": _check,
    "calibrate": _calibrate,
    "password": _password,
    "off": _off,
    "agree": _agree,
    "bench": _bench,
    "evaluate": _evaluate,
}


if __name__ == "__main__":
    sys.exit(main())
