"""A recording or video through the whole pipeline, offline, and what came out as JSON and CSV.

The names in both files are a contract (docs/replay.md). What is not known is null or empty,
never 0.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from device.cameras import camera_settings_for, open_camera
from device.errors import BadRecordingError, StoreError
from device.pipeline import Pipeline, Step
from device.records import Frame, Rep
from device.settings import Settings

SCHEMA_VERSION = 1
REP_FIELDS = (
    "index",
    "set",
    "start_s",
    "bottom_s",
    "end_s",
    "knee_flexion_left_deg",
    "knee_flexion_right_deg",
    "hip_above_knee_cm",
    "trunk_lean_deg",
    "shin_lean_left_deg",
    "shin_lean_right_deg",
    "anterior_pelvic_tilt_peak_deg",
    "anterior_pelvic_tilt_bottom_deg",
    "lumbar_flexion_bottom_deg",
    "wink_deg",
    "wink_sd_deg",
    "wink_at_parallel_deg",
    "basis",
    "onset_5",
    "onset_10",
    "loaded",
    "load_source",
)
FRAME_FIELDS = (
    "frame",
    "time_s",
    "phase",
    "anterior_pelvic_tilt_deg",
    "anterior_pelvic_tilt_sd_deg",
    "pelvic_list_deg",
    "pelvic_rotation_deg",
    "lumbar_flexion_deg",
    "wink_deg",
    "loaded",
    "light",
)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a file gave."""

    source: str
    frames: int
    duration_s: float
    dropped: int
    threshold_deg: float
    models: dict[str, str]
    reps: tuple[Rep, ...]


def replay(
    file: Path,
    settings: Settings,
    frames_csv: Path | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> Replayed:
    """Plays the whole file. Raises CameraError, ModelError or StoreError in one sentence."""
    settings = replace(settings, camera=camera_settings_for(file, settings.camera))
    pipeline = Pipeline(settings)
    reps: list[Rep] = []
    count, last, dropped, first_s = 0, 0.0, 0, None
    with ExitStack() as stack:
        camera = stack.enter_context(open_camera(settings.camera, offline=True))
        write = stack.enter_context(_CsvFile(frames_csv)).row if frames_csv else None
        for frame in camera:
            step = pipeline.step(frame)
            if step.rep is not None:
                reps.append(step.rep)
            if write is not None:
                write(frame, step)
            count, last, dropped = count + 1, frame.time_s, frame.dropped
            first_s = frame.time_s if first_s is None else first_s
            if progress is not None:
                progress(count, camera.frame_count)
    if count == 0:
        raise BadRecordingError(f"There is no picture in {file}: record it again.")
    closing = pipeline.finish()
    return Replayed(
        source=str(file),
        frames=count,
        duration_s=last - (first_s or 0.0),
        dropped=dropped,
        threshold_deg=settings.wink.threshold_deg,
        models=pipeline.models,
        reps=(*reps, closing) if closing else tuple(reps),
    )


def as_json(replayed: Replayed) -> dict[str, Any]:
    """The contract's JSON object."""
    sources = [rep.neutral_source for rep in replayed.reps if rep.neutral_source is not None]
    fps = (replayed.frames - 1) / replayed.duration_s if replayed.duration_s > 0 else None
    return {
        "schema_version": SCHEMA_VERSION,
        "source": replayed.source,
        "frames": replayed.frames,
        "duration_s": _rounded(replayed.duration_s),
        "fps": _rounded(fps),
        "dropped": replayed.dropped,
        "threshold_deg": replayed.threshold_deg,
        "models": replayed.models,
        "neutral_source": sources[0] if sources else None,
        "reps": [rep_as_json(rep) for rep in replayed.reps],
    }


def rep_as_json(rep: Rep) -> dict[str, Any]:
    """One rep of the contract."""
    values = {name: _rounded(getattr(rep, name)) for name in REP_FIELDS}
    for onset in ("onset_5", "onset_10"):
        found = getattr(rep, onset)
        values[onset] = {k: _rounded(v) for k, v in asdict(found).items()} if found else None
    return values | {"verdict": rep.verdict.name, "reason": rep.verdict.reason}


def write_json(replayed: Replayed, file: Path) -> None:
    """Writes the JSON file. Raises StoreError where it can't."""
    try:
        file.write_text(json.dumps(as_json(replayed), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"Can't write {file} ({error.strerror}): choose another place.") from error


class _CsvFile:
    """One line a frame."""

    def __init__(self, file: Path) -> None:
        self._path = file

    def __enter__(self) -> _CsvFile:
        try:
            self._file = self._path.open("w", newline="", encoding="utf-8")
        except OSError as error:
            raise StoreError(
                f"Can't write {self._path} ({error.strerror}): choose another place."
            ) from error
        self._writer = csv.writer(self._file)
        self._writer.writerow(FRAME_FIELDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def row(self, frame: Frame, step: Step) -> None:
        """What is known of a frame."""
        known: dict[str, Any] = {
            "frame": frame.number,
            "time_s": frame.time_s,
            "phase": step.phase.name.value,
            "loaded": None if step.load.loaded is None else str(step.load.loaded).lower(),
            "light": step.cue.light.value,
        }
        row = (known[f] if f in known else getattr(step.wink, f) for f in FRAME_FIELDS)
        self._writer.writerow(["" if v is None else _rounded(v) for v in row])


def _rounded(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value
