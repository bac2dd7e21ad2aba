"""Plays a clip through librealsense and the program's own pipeline and keeps what came out.

What the lifter does at the rack (signing in) comes from the clip's script; everything else is what
a unit does. Offline each frame is pushed when the last one has been taken, so none is lost; a
frame that is lost all the same is an error. Needs no torch.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from device.cameras.simulated import Noise, SimulatedCamera, doubled
from device.errors import BadRecordingError
from device.pipeline import Pipeline, Step
from device.records import TRACE_COLUMNS, Intrinsics, Light, Rep
from device.replay import rep_as_json
from device.settings import Settings
from models.lifter.chain.truth import Told
from models.lifter.clip.files import Clip
from models.lifter.scene.sensor import D400Noise

# One letter a frame.
LIGHTS = {Light.OFF: ".", Light.RED: "r", Light.GREEN: "g", Light.AMBER: "a"}
LOADS = {True: "t", False: "f", None: "."}

Played = dict[str, Any]


def first_noise(depth: Intrinsics, baseline_m: float, seed: int) -> Noise:
    """The sensor of the generator that the training crops come from; 0.05 to 0.08 px."""
    subpixel_px = float(np.random.default_rng(seed).uniform(0.05, 0.09))
    return D400Noise(depth, baseline_m, seed, subpixel_px).apply


def second_noise(depth: Intrinsics, baseline_m: float, seed: int) -> Noise:
    """The sensor of the generator that is judged by: every clip another unit."""
    from models.lifter.second.sensor import MatchingNoise

    return MatchingNoise(depth, baseline_m, (seed,), (0,)).apply


# The depth sensor that belongs to each generator.
NOISES: dict[str, Callable[[Intrinsics, float, int], Noise]] = {
    "first": first_noise,
    "second": second_noise,
}


def play(folder: Path, settings: Settings) -> Played:
    """Everything the unit said of a clip, ready to be written as JSON.

    Raises BadRecordingError where the clip is damaged or frames were lost.
    """
    clip, told = Clip.open(folder), Told.read(folder)
    camera_settings = replace(settings.camera, source="simulated", path=str(folder))
    pipeline = Pipeline(replace(settings, camera=camera_settings))
    camera = SimulatedCamera(
        camera_settings, realtime=False, clip=clip, noise=noise_of(clip, told.about)
    )
    camera.on_event(lambda event: pipeline.sign_in(event.get("lifter")))
    log = _Log()
    began_s = time.process_time()
    with camera:
        for frame in camera:
            before_s = time.thread_time()
            step = pipeline.step(frame)
            log.add(step, 1000 * (time.thread_time() - before_s))
            log.dropped = frame.dropped
    closing = pipeline.finish()
    if log.frames != clip.meta.frames or log.dropped:
        raise BadRecordingError(
            f"{clip.meta.frames - log.frames} frames of {folder} were lost on the way through"
            " librealsense: play it again with less else running."
        )
    return log.said(closing) | {
        "about": told.about,
        "turned_deg": clip.meta.rotation_deg,
        "work_s": round(time.process_time() - began_s, 2),
    }


def noise_of(clip: Clip, about: dict[str, Any]) -> Noise:
    """The sensor noise of a clip, the same each time it is played."""
    kind = about["generator"]
    if kind not in NOISES:
        raise BadRecordingError(f"The clip {clip.folder} is of the unknown generator {kind}.")
    return NOISES[kind](doubled(clip.meta.depth), clip.meta.baseline_m, about["number"] + 1)


class _Log:
    """One column a quantity, one entry a frame."""

    def __init__(self) -> None:
        self.frames = self.dropped = 0
        self._rows: list[tuple[Any, ...]] = []
        self._lights, self._loads, self._phases = "", "", ""
        self._reasons: dict[str, str] = {}
        self._work_ms: list[float] = []
        self._neutrals: list[dict[str, Any]] = []
        self._reps: list[Rep] = []
        self._seen = ""
        self._rep_frames: list[int] = []

    def add(self, step: Step, work_ms: float) -> None:
        wink = step.wink
        self._rows.append(
            (
                step.time_s,
                wink.anterior_pelvic_tilt_deg,
                wink.anterior_pelvic_tilt_sd_deg,
                wink.lumbar_flexion_deg,
                wink.wink_deg,
                None if step.body is None else step.body.hip_height,
            )
        )
        self._lights += LIGHTS[step.cue.light]
        self._loads += LOADS[step.load.loaded]
        self._phases += step.phase.name[0]
        self._seen += "b" if step.body is not None else "."
        if step.pelvis.reason is not None:
            self._reasons[str(self.frames)] = step.pelvis.reason
        if step.neutral_taken and step.neutral is not None:
            self._neutrals.append({"source": step.neutral.source, "time_s": step.neutral.taken_s})
        if step.rep is not None:
            self._reps.append(step.rep)
            self._rep_frames.append(self.frames)
        self._work_ms.append(work_ms)
        self.frames += 1

    def said(self, closing: Rep | None) -> Played:
        names = ("time_s", "tilt_deg", "tilt_sd_deg", "lumbar_flexion_deg", "wink_deg", "hip")
        columns = {
            name: [_rounded(value) for value in column]
            for name, column in zip(names, zip(*self._rows, strict=True), strict=True)
        }
        reps = [*self._reps, closing] if closing else self._reps
        frames = [*self._rep_frames, self.frames - 1] if closing else self._rep_frames
        return {
            "frames": self.frames,
            "columns": columns,
            "light": self._lights,
            "loaded": self._loads,
            "phase": self._phases,
            "seen": self._seen,
            "reasons": self._reasons,
            "neutrals": self._neutrals,
            "frame_ms_median": round(float(np.median(self._work_ms)), 2),
            "frame_ms_p95": round(float(np.percentile(self._work_ms, 95)), 2),
            "reps": [_told(rep, frame) for rep, frame in zip(reps, frames, strict=True)],
        }


def _told(rep: Rep, frame: int) -> dict[str, Any]:
    """A rep with its trace and the frame in which it was told."""
    trace = {name: [_rounded(v) for v in rep.trace.columns[name]] for name in TRACE_COLUMNS}
    return rep_as_json(rep) | {"frame": frame, "trace": trace}


def _rounded(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), 3)


def program_checksum(pipeline: Pipeline) -> str:
    """Of the models and of all code that takes part: another program must play again."""
    parts = sorted(pipeline.models.values())
    for name in sorted(sys.modules):
        file = getattr(sys.modules[name], "__file__", None)
        if file and (name.startswith("device.") or name == __name__):
            parts.append(hashlib.sha256(Path(file).read_bytes()).hexdigest())
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:16]
