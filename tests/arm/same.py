"""Does another processor give the numbers that this one gives? For check.sh, which runs this twice.

    same.py record OUT.db3                 a piece of the demo clip, as a RealSense would record it
    same.py values OUT.npz                 what every model makes of one input, reference kernels
    same.py check-values EXPECTED.npz      the same again here, compared with the file
    same.py replay RECORDING.db3 OUT.json  its reps, the lifter being signed in, and every tilt
    same.py check-reps EXPECTED.json FOUND.json      two of those

The checks print what they compared, and end with 1 and one sentence where something differs.
"""

from __future__ import annotations

import hashlib
import importlib
import itertools
import json
import math
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from device.cameras import camera_settings_for, open_camera
from device.cameras.simulated import Clip, ClipMeta, SimulatedCamera, open_clip
from device.errors import RacklightError
from device.models import model_names, read_card, verify_model
from device.paths import DEMO_CLIP
from device.pipeline import Pipeline
from device.progress import Progress
from device.records import Bytes, Depth, Rep
from device.replay import rep_as_json
from device.settings import CameraSettings, PoseSettings, Settings, WinkSettings

REPS = 1  # as many as the emulated processor replays in some minutes
FROM_S = 7.0  # the lifter stands with the bar and is still
AFTER_S = 1.0  # a rep is told once its lifter stands again
EVERY = 2  # of 30 frames a second: what a Pi 4 is to do
FLOAT_SHARE = 1e-3  # of a tensor's range
MAX_SD_DEG = 10.0  # so that a wink is told, whatever the estimator's doubt
ANGLE_DEG = 1.0
TILT_DEG = 0.5  # RMS over all frames
FRAMES_APART = 1
RUNTIMES = ("tflite_runtime", "ai_edge_litert")


class DifferenceError(Exception):
    """What is not the same, in one sentence."""


# --- the recording --------------------------------------------------------------------------------


@dataclass(frozen=True)
class PieceMeta:
    """A clip's description with another rate and length."""

    whole: Any
    fps: int
    frames: int

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)


@dataclass(frozen=True)
class Piece:
    """A stretch of a clip, every so manieth frame of it."""

    whole: Clip
    meta: ClipMeta

    @property
    def script(self) -> list[dict[str, Any]]:
        """Nobody signs in during a recording."""
        return []

    def frames(self) -> Iterator[tuple[Bytes, Depth]]:
        """As the clip's."""
        first = round(FROM_S * self.whole.meta.fps)
        last = first + self.meta.frames * EVERY
        yield from itertools.islice(self.whole.frames(), first, last, EVERY)


def record(file: Path) -> None:
    """Writes the piece with the first reps as a recording."""
    clip = open_clip(DEMO_CLIP)
    reps = json.loads((DEMO_CLIP / "clip.json").read_text(encoding="utf-8"))["truth"]["reps"]
    length_s = reps[REPS - 1]["end_s"] + AFTER_S - FROM_S
    meta = PieceMeta(clip.meta, clip.meta.fps // EVERY, math.ceil(length_s * clip.meta.fps / EVERY))
    piece = Piece(clip, meta)
    settings = replace(CameraSettings(), source="simulated")
    with SimulatedCamera(settings, realtime=False, clip=piece, record_to=file) as camera:
        count = sum(1 for _ in camera)
    print(f"{count} frames, {length_s:.1f} s, {REPS} rep(s)")


# --- the models -----------------------------------------------------------------------------------


def values_of(name: str, runtime: str) -> dict[str, npt.NDArray[Any]]:
    """Outputs by name, and the SHA-256 of every integer tensor, constant or worked out.

    Tensors without a name are the kernels' scratch memory, which may hold anything.
    """
    module = importlib.import_module(f"{runtime}.interpreter")
    interpreter = module.Interpreter(
        model_path=str(verify_model(name).file),
        num_threads=1,
        experimental_op_resolver_type=module.OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    for place, wanted in enumerate(interpreter.get_input_details()):
        interpreter.set_tensor(wanted["index"], ripples(tuple(wanted["shape"]), place))
    interpreter.invoke()
    key = f"{runtime}/{name}"
    found = {
        f"{key}/{tensor['name']}": interpreter.get_tensor(tensor["index"])
        for tensor in interpreter.get_output_details()
    }
    for tensor in interpreter.get_tensor_details():
        if tensor["name"] and np.issubdtype(tensor["dtype"], np.integer):
            try:
                numbers = interpreter.get_tensor(tensor["index"])
            except ValueError:
                continue  # this run had no use for it
            digest = hashlib.sha256(np.ascontiguousarray(numbers).tobytes()).hexdigest()
            found[f"{key}/{tensor['index']}:{tensor['name']}"] = np.array(digest)
    return found


def ripples(shape: tuple[int, ...], seed: int) -> npt.NDArray[np.float32]:
    """Numbers in [0, 1) that every processor makes alike: whole ones, divided by a power of two."""
    count = np.arange(1, math.prod(shape) + 1, dtype=np.uint64)
    mixed = (count * np.uint64(2654435761) + np.uint64(seed * 40503)) % np.uint64(1 << 24)
    return (mixed.astype(np.float32) / np.float32(1 << 24)).reshape(shape)


def installed() -> list[str]:
    """The runtimes that can be used here."""
    usable = []
    for runtime in RUNTIMES:
        if runtime == "tflite_runtime" and int(np.__version__.split(".")[0]) >= 2:
            continue
        try:
            importlib.import_module(f"{runtime}.interpreter")
        except ImportError:
            continue
        usable.append(runtime)
    return usable


def write_values(file: Path) -> None:
    """What every model gives here, on every runtime there is."""
    found: dict[str, npt.NDArray[Any]] = {}
    for runtime in installed():
        for name in model_names():
            found |= values_of(name, runtime)
    found |= {f"sha256/{name}": np.array(read_card(name).sha256) for name in model_names()}
    np.savez_compressed(file, **found)
    print(f"{len(model_names())} models on {' and '.join(installed())}, {len(found)} tensors")


def check_values(file: Path) -> None:
    """Compares this processor's values with those of the file."""
    expected = dict(np.load(file))
    for name in model_names():
        if str(expected[f"sha256/{name}"]) != read_card(name).sha256:
            raise DifferenceError(f"The model {name} is another one than when {file} was made.")
    for runtime in installed():
        if not any(key.startswith(f"{runtime}/") for key in expected):
            raise DifferenceError(f"{file} holds nothing of {runtime}: it was not installed there.")
        for name in model_names():
            begun = time.monotonic()
            found = values_of(name, runtime)
            here = {key for key in expected if key.startswith(f"{runtime}/{name}/")}
            if here != set(found):
                raise DifferenceError(f"{name} has other tensors here: {here ^ set(found)}.")
            worst = max(_difference(key, expected[key], found[key]) for key in here)
            whole = sum(found[key].dtype.kind == "U" for key in here)
            print(
                f"  {name} on {runtime}: {whole} integer tensors identical,"
                f" {len(here) - whole} outputs at most {worst:.1e} of their range apart"
                f" ({time.monotonic() - begun:.0f} s)",
                flush=True,
            )


def _difference(key: str, expected: npt.NDArray[Any], found: npt.NDArray[Any]) -> float:
    """Largest difference as a share of the expected values' range; 0 for equal integers."""
    if expected.dtype.kind == "U":
        if str(expected) != str(found):
            raise DifferenceError(f"The integer tensor {key} is not the same on both processors.")
        return 0.0
    if expected.shape != found.shape or not np.isfinite(found).all():
        raise DifferenceError(f"The output {key} has another shape or holds no numbers here.")
    # a single number has no range of its own: those there are, are shares from 0 to 1
    size = float(np.ptp(expected)) if expected.size > 1 else 1.0
    share = float(np.abs(expected - found).max()) / size
    if not share <= FLOAT_SHARE:
        raise DifferenceError(f"The output {key} differs by {share:.1e} of its range.")
    return share


# --- the reps -------------------------------------------------------------------------------------


def replay(recording: Path, out: Path) -> None:
    """Writes what the whole pipeline measures, with the smaller pose model."""
    settings = Settings(
        camera=camera_settings_for(recording),
        pose=PoseSettings(model="lite"),
        wink=WinkSettings(max_sd_deg=MAX_SD_DEG),
    )
    pipeline = Pipeline(settings)
    pipeline.sign_in("the lifter")
    reps: list[Rep] = []
    tilts: list[float | None] = []
    progress = Progress("replay")
    with open_camera(settings.camera, offline=True) as camera:
        for frame in camera:
            step = pipeline.step(frame)
            reps += [] if step.rep is None else [step.rep]
            tilts.append(step.pelvis.tilt_deg)
            progress(len(tilts), camera.frame_count)
    progress.close()
    found = {
        "runtime": pipeline.runtime,
        "models": pipeline.models,
        "fps": 30 / EVERY,
        "reps": [rep_as_json(rep) for rep in reps],
        "tilt_deg": tilts,
    }
    out.write_text(json.dumps(found, indent=1), encoding="utf-8")
    print(f"{len(reps)} rep(s) in {len(tilts)} frames with {pipeline.runtime}")


def check_reps(expected_file: Path, found_file: Path) -> None:
    """Compares two replays of one recording."""
    expected, found = (json.loads(f.read_text("utf-8")) for f in (expected_file, found_file))
    if len(expected["reps"]) != REPS or expected["reps"][0]["wink_deg"] is None:
        raise DifferenceError(f"{expected_file} does not hold {REPS} rep(s) with a wink.")
    if expected["models"] != found["models"]:
        raise DifferenceError("The two replays used different models.")
    if len(expected["reps"]) != len(found["reps"]):
        raise DifferenceError(
            f"{len(found['reps'])} reps were found here, and {len(expected['reps'])} there."
        )
    _check_tilts(expected["tilt_deg"], found["tilt_deg"])
    for one, other in zip(expected["reps"], found["reps"], strict=True):
        apart = {name: _apart(name, one[name], other[name], expected["fps"]) for name in one}
        angles = [apart[name] for name in apart if name.endswith("_deg")]
        times = [apart[name] for name in apart if name.endswith("_s")]
        print(
            f"  rep {one['index']}: {one['verdict']}, wink {other['wink_deg']} degrees here,"
            f" {one['wink_deg']} there; times at most {max(times):.3f} s,"
            f" angles at most {max(angles):.2f} degrees apart"
        )


def _check_tilts(expected: list[float | None], found: list[float | None]) -> None:
    """The pelvis of every frame: seen in the same ones, and alike."""
    if len(expected) != len(found):
        raise DifferenceError(f"{len(found)} frames came here, and {len(expected)} there.")
    there, here = np.array(expected, float), np.array(found, float)
    both = np.isfinite(there) & np.isfinite(here)
    once = int((np.isfinite(there) != np.isfinite(here)).sum())
    apart = here[both] - there[both]
    rms = float(np.sqrt(np.mean(apart**2)))
    print(
        f"  {int(both.sum())} of {len(there)} frames show the pelvis here and there, {once} only in"
        f" one place; its tilt is {rms:.3f} degrees apart (RMS), {np.abs(apart).max():.2f} at most"
    )
    if once > len(there) // 50 or rms > TILT_DEG:
        raise DifferenceError("The pelvis is not seen alike on both processors (see above).")


def _apart(name: str, one: Any, other: Any, fps: float) -> float:
    """How far two values of a rep are apart; DifferenceError where that is too far."""
    if isinstance(one, dict) and isinstance(other, dict):
        return max(_apart(key, one[key], other[key], fps) for key in one)
    if not isinstance(one, float) or not isinstance(other, float):
        if one != other:
            raise DifferenceError(f"A rep's {name} is {other} here, and {one} there.")
        return 0.0
    limit = FRAMES_APART / fps + 1e-3 if name.endswith("_s") else ANGLE_DEG
    if abs(one - other) > limit:
        raise DifferenceError(f"A rep's {name} is {other} here, and {one} there.")
    return abs(one - other)


def main(arguments: list[str]) -> int:
    """Exit code: 0 when it is the same."""
    commands = {
        "record": record,
        "values": write_values,
        "check-values": check_values,
        "replay": replay,
        "check-reps": check_reps,
    }
    print(f"{arguments[0]}: {platform.machine()}, Python {platform.python_version()}", flush=True)
    try:
        commands[arguments[0]](*(Path(name) for name in arguments[1:]))  # type: ignore[operator]
    except (DifferenceError, RacklightError) as error:
        print(f"same.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
