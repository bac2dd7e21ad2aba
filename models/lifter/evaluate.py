"""Judges the shipped estimator on the rendered evaluation set: `racklight evaluate`.

    python -m models.lifter.evaluate --set data/evalset --json figures.json --page figures.html

The views go through the very code that runs on a unit. Reading them takes some milliseconds each
and is kept; a second run only computes. Nothing here needs the recipe environment but the page,
which is drawn with matplotlib.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from device.errors import RacklightError
from device.pelvis import PelvisEstimator
from device.progress import Progress
from device.settings import WinkSettings
from models.lifter.judging.as_json import as_json
from models.lifter.judging.judge import judged_reps
from models.lifter.judging.lifter_file import EvaluationError, read_lifter, set_files
from models.lifter.judging.readings import readings
from models.lifter.judging.summary import Evaluation, summed_up
from models.lifter.judging.targets import shown

DEFAULT_SET = Path("data/evalset")
# the two baselines are told beside the estimator
ESTIMATES = ("estimator", "plane fit", "lean, thigh and depth")
BESIDE = {
    "tilt change in a single frame": (
        "tilt_change_rmse_deg",
        "tilt_change_plane_fit_rmse_deg",
        "tilt_change_habit_rmse_deg",
    ),
    "wink": ("wink_rmse_deg", "wink_plane_fit_rmse_deg", "wink_habit_rmse_deg"),
}


def evaluate(
    folder: Path, settings: WinkSettings, json_file: Path | None, page: Path | None
) -> Evaluation:
    """Reads, judges, writes. Raises RacklightError in one sentence."""
    lifters = [read_lifter(file) for file in set_files(folder)]
    estimator = PelvisEstimator()
    progress = Progress("reading")
    try:
        found = readings(lifters, folder, estimator, progress)
    finally:
        progress.close()
    evaluation = summed_up(
        lifters, judged_reps(lifters, found, settings), settings, estimator.model
    )
    if json_file is not None:
        _write(json_file, json.dumps(as_json(evaluation), indent=1, allow_nan=False) + "\n")
    print(told(evaluation), flush=True)
    if page is not None:
        from models.lifter.judging.page import page_of

        _write(page, page_of(evaluation))
    return evaluation


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EvaluationError(
            f"Can't write {file} ({error.strerror}): choose another place."
        ) from error


def told(evaluation: Evaluation) -> str:
    """The targets, and the baselines beside the estimator, as lines for a terminal."""
    counts = evaluation.classes["recommended"]
    lines = [
        f"{len(evaluation.lifters)} lifters; in the recommended placement {counts['all']['reps']}"
        f" reps seen {counts['all']['views']} times: "
        + ", ".join(f"{name} {count['reps']}" for name, count in counts.items() if name != "all"),
        "",
        f"{'':<40}{'measured reps':<26}{'all reps':<26}must be",
    ]
    for row in evaluation.targets["all"]:
        found, of_all = shown(row.found, row.unit), shown(row.all_reps, row.unit)
        lines.append(f"{row.says:<40}{found:<26}{of_all:<26}{row.must}: {row.verdict}")
    lines += ["", f"{'RMSE, all reps, deg':<40}" + "".join(f"{name:<26}" for name in ESTIMATES)]
    figures = evaluation.figures["recommended"]["all"]
    for says, keys in BESIDE.items():
        lines.append(f"{says:<40}" + "".join(f"{shown(figures[key]):<26}" for key in keys).rstrip())
    return "\n".join(lines)


def main() -> int:
    """The command line of the module; `racklight evaluate` is the same."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--set", dest="folder", type=Path, default=DEFAULT_SET, metavar="DIR")
    parser.add_argument("--json", type=Path, metavar="OUT.json")
    parser.add_argument("--page", type=Path, metavar="OUT.html")
    chosen = parser.parse_args()
    try:
        evaluate(chosen.folder, WinkSettings(), chosen.json, chosen.page)
    except RacklightError as error:
        print(f"racklight: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
