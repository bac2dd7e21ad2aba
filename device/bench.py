"""How fast this machine is: every stage's median and 95th percentile, on one core and on two.

Each number of cores gets a fresh process bound to that many. Frames come from the demo clip
through librealsense's software device, one at a time, so that making the clip's frames is not in
the figures: what is timed is what a unit does with a frame from its arrival on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from device import paths
from device.settings import Settings

WARM_UP = 20


def bench(settings: Settings, frames: int, as_json: bool, cores: int | None) -> int:
    """Prints the figures for one core and for two (or only for `cores`); returns the exit code."""
    if cores is not None:
        print(json.dumps(measure(settings, frames, cores)))
        return 0
    results = []
    for count in (1, 2):
        if count > len(os.sched_getaffinity(0)):
            continue
        print(f"Timing {frames} frames on {count} core(s) ...", file=sys.stderr, flush=True)
        results.append(_in_fresh_process(settings, frames, count))
    if as_json:
        print(json.dumps(results, indent=2))
    else:
        for result in results:
            print(_table(result))
    return 0


def measure(settings: Settings, frames: int, cores: int) -> dict[str, Any]:
    """The figures of this process, bound to so many cores; times in ms."""
    available = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, set(available[:cores]))
    os.environ["GPIOZERO_PIN_FACTORY"] = os.environ.get("GPIOZERO_PIN_FACTORY", "mock")
    import cv2

    from device.cameras.simulated import SimulatedCamera
    from device.cues import LightBox
    from device.pipeline import Pipeline

    cv2.setNumThreads(cores)
    settings = replace(
        settings,
        camera=replace(settings.camera, source="simulated", path=""),
        pose=replace(settings.pose, threads=cores),
    )
    pipeline = Pipeline(settings)
    laps: dict[str, list[float]] = defaultdict(list)
    bare_laps: dict[str, list[float]] = defaultdict(list)
    reps = []
    with (
        SimulatedCamera(settings.camera, realtime=False, loop=True) as camera,
        LightBox(settings.cue) as box,
    ):
        for frame in camera:
            received = time.monotonic()
            step = pipeline.step(frame)
            box.show(step.cue)
            done = time.monotonic()
            if step.rep is not None:
                reps.append(step.rep)
            if frame.number <= WARM_UP or step.body is None:
                continue
            laps["capture"].append(received - frame.arrived_s)
            laps["whole_frame"].append(done - frame.arrived_s)
            for stage, seconds in step.stage_s.items():
                laps[stage].append(seconds)
            for name, seconds in _bare_interpreters_s(pipeline):
                bare_laps[name].append(seconds)
            if len(laps["whole_frame"]) >= frames and reps:
                break
    bare = {name: _two_figures(values)["median"] for name, values in bare_laps.items()}
    whole = np.array(laps["whole_frame"])
    return {
        "cores": cores,
        "pose_model": settings.pose.model,
        "frames": len(whole),
        "stages_ms": {stage: _two_figures(values) for stage, values in laps.items()},
        "store_ms_per_rep": _store_ms(reps),
        "bare_interpreters_ms": bare,
        "whole_frame_over_bare": round(1000 * float(np.median(whole)) / sum(bare.values()), 2),
        "fps": round(1 / float(np.mean(whole)), 1),
        "resident_mb": round(_resident_mb(), 1),
        "runtime": pipeline.runtime,
    }


def _two_figures(seconds: list[float]) -> dict[str, float]:
    return {
        "median": round(1000 * float(np.median(seconds)), 2),
        "p95": round(1000 * float(np.percentile(seconds, 95)), 2),
    }


def _bare_interpreters_s(pipeline: Any) -> Iterator[tuple[str, float]]:
    """Nothing but the interpreter calls of a tracked frame, once.

    Asked for right after every frame, so that both sides of the ratio meet the same moments of a
    machine that others use too.
    """
    for model in pipeline.frame_models:
        inputs = [np.zeros(tensor.shape, tensor.dtype) for tensor in model.card.inputs]
        started = time.perf_counter()
        model.run(*inputs)
        yield model.card.name, time.perf_counter() - started


def _store_ms(reps: list[Any]) -> dict[str, float]:
    from device.store import Store

    times = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench.sqlite3"
        with Store.open(file, "bench") as store:
            session = store.start_session(None)
            for i in range(40):
                rep = replace(reps[i % len(reps)], index=i + 1)
                started = time.perf_counter()
                store.add_rep(session, rep)
                times.append(time.perf_counter() - started)
        size_kib = file.stat().st_size / 1024 / 40
    return {**_two_figures(times), "kib_per_rep": round(size_kib, 1)}


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _in_fresh_process(settings: Settings, frames: int, cores: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "device", "--set", f"pose/model={settings.pose.model}"]
    command += ["--set", f"models/runtime={settings.models.runtime}"]
    command += ["bench", "--cores", str(cores), "--frames", str(frames)]
    done = subprocess.run(command, cwd=paths.PROGRAM, stdout=subprocess.PIPE, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _table(result: dict[str, Any]) -> str:
    lines = [
        f"{result['cores']} core(s), {result['pose_model']}, {result['runtime']},"
        f" {result['frames']} frames",
        f"  {'stage':14s} median ms   p95 ms",
    ]
    for stage, figures in result["stages_ms"].items():
        lines.append(f"  {stage:14s} {figures['median']:9.2f} {figures['p95']:8.2f}")
    store = result["store_ms_per_rep"]
    lines += [
        f"  {'store, a rep':14s} {store['median']:9.2f} {store['p95']:8.2f}"
        f"   {store['kib_per_rep']} KiB",
        f"  bare interpreters {result['bare_interpreters_ms']} ms;"
        f" whole frame {result['whole_frame_over_bare']} times their sum",
        f"  {result['fps']} frames/s, {result['resident_mb']} MB resident",
    ]
    return "\n".join(lines)
