"""The whole chain on rendered clips: what a unit says of reps whose truth is known.

    python -m models.lifter.chain --clips data/chain --json data/chain.json

Each clip goes through `rs.software_device`, the ordinary `rs.pipeline` and the program's own
pipeline, every frame of it, faster than real time. What came out is kept beside the clips, one
JSON line a clip, for as long as models, code and settings stay the same: stopped, it goes on where
it was. Runs in the unit's own environment.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2

from device.errors import BadRecordingError, RacklightError
from device.pipeline import Pipeline
from device.settings import Settings
from models.lifter.chain.figures import chain_figures
from models.lifter.chain.match import JudgedClip, judged_clip
from models.lifter.chain.play import Played, play, program_checksum
from models.lifter.chain.truth import Told

KEPT = "played"


def clip_folders(folder: Path) -> list[Path]:
    """The finished clips. Raises BadRecordingError where there are none."""
    found = sorted(path.parent for path in folder.glob("clip_*/about.json"))
    found = [path for path in found if path.suffix != ".part"]
    if not found:
        raise BadRecordingError(
            f"There are no clips in {folder}: render some with"
            " `python -m models.lifter.chain.clips` (models/lifter/README.md)."
        )
    return found


def played(folders: list[Path], settings: Settings) -> dict[str, Played]:
    """What the unit said of each clip, by the clip's name; kept lines are not played again."""
    key = program_checksum(Pipeline(settings)) + f"_{settings.wink.max_sd_deg:g}"
    file = folders[0].parent / KEPT / f"{key}.jsonl"
    file.parent.mkdir(exist_ok=True)
    kept = _kept(file)
    missing = [folder for folder in folders if folder.name not in kept]
    for done, folder in enumerate(missing, 1):
        began_s = time.monotonic()
        said = play(folder, settings)
        kept[folder.name] = said
        with file.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"clip": folder.name} | said, separators=(",", ":")) + "\n")
        print(
            f"{folder.name}: {len(said['reps'])} reps; {done} of {len(missing)} clips,"
            f" {time.monotonic() - began_s:.0f} s",
            file=sys.stderr,
            flush=True,
        )
    return kept


def _kept(file: Path) -> dict[str, Played]:
    """Whole lines only: a run that was stopped may have left half of one."""
    found: dict[str, Played] = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        try:
            said: dict[str, Any] = json.loads(line)
        except ValueError:
            continue
        found[said["clip"]] = said
    return found


def judged(folders: list[Path], said: dict[str, Played]) -> list[JudgedClip]:
    """Each clip with its truth beside what was said."""
    clips = []
    for number, folder in enumerate(folders):
        told = Told.read(folder)
        clips.append(judged_clip(folder.name, number, told.about, told.frames, said[folder.name]))
    return clips


def summary(figures: dict[str, Any]) -> str:
    """The most important figures, for people."""
    lines = [f"{figures['clips']} clips {figures['clips_by_kind']}, {figures['minutes']} min"]
    counting = figures["counting"]
    lines.append(
        f"reps {counting['true_reps']}: missed {counting['missed']}, ghosts {counting['ghosts']}"
        f" (and {counting['partial_ghosts']} partial)"
    )
    lines.append(f"coverage {_said(figures['coverage'])}; {figures['not_measured_because']}")
    for group in ("measured_reps", "all_reps"):
        lines.append(f"-- {group.replace('_', ' ')}")
        for name, figure in (figures[group] or {}).items():
            lines.append(f"{name:44s} {_said(figure)}")
    for group in ("load_gate", "light", "neutral", "timing", "cost"):
        lines.append(f"-- {group.replace('_', ' ')}")
        for name, value in figures[group].items():
            lines.append(f"{name:44s} {_said(value) if isinstance(value, dict) else value}")
    return "\n".join([*lines, "-- worst", *figures["worst"]])


def _said(figure: dict[str, Any]) -> str:
    if "value" not in figure:
        return str(figure)
    if figure["value"] is None:
        return "no data"
    text = f"{figure['value']:.3f}"
    if figure["low"] is not None:
        text += f" [{figure['low']:.3f}, {figure['high']:.3f}]"
    return f"{text} (n = {figure['count']})"


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m models.lifter.chain",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--clips", type=Path, required=True, help="folder of rendered clips")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--limit", type=int, help="only the first so many clips")
    parser.add_argument(
        "--max-sd-deg", type=float, help="let the unit speak up to this doubt instead of its own"
    )
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    settings = Settings()
    if chosen.max_sd_deg is not None:
        settings = replace(
            settings, wink=replace(settings.wink, max_sd_deg=float(chosen.max_sd_deg))
        )
    try:
        folders = clip_folders(chosen.clips)[: chosen.limit]
        clips = judged(folders, played(folders, settings))
    except RacklightError as error:
        print(error, file=sys.stderr)
        return 1
    figures = chain_figures(clips, settings.wink.threshold_deg)
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(summary(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
