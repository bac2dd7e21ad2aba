"""What the shipped network says of every frame of the evaluation set, kept as JSON lines.

One line a rep and camera in `<set>/readings/<model>_<code>.jsonl`: another network, or another
program around it, reads anew. A run that was stopped goes on with the lifters that are missing.
The way is the unit's own: bad views are not read, the neutral comes from quiet standing, views
are read against it.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from device import crop, neutral, pelvis, reasons
from device.crop import HipView
from device.neutral import MIN_SAMPLES, NeutralKeeper, QuietTime
from device.pelvis import STANDING_VIEWS, PelvisEstimator, why_not
from device.reasons import Reason
from device.records import Array, Neutral, NeutralSource, PelvisPose
from models.lifter.judging import baselines
from models.lifter.judging.lifter_file import EvaluationError, LifterFile

ANGLES = (
    "tilt_deg",
    "tilt_sd_deg",
    "list_deg",
    "rotation_deg",
    "lumbar_flexion_deg",
    "lumbar_flexion_sd_deg",
    "strangeness",
)
FOLDER = "readings"


@dataclass(frozen=True)
class Reading:
    """One rep seen by one camera; lists are (frames,), None where nothing was read."""

    lifter: str
    checksum: str  # of the lifter's file
    camera: int
    rep: int
    neutral: dict[str, float] | None  # None: the standing was not seen well enough
    why_no_neutral: str | None
    plane_tilt_deg: list[float | None]  # the baseline, against its own standing
    tilt_deg: list[float | None]
    tilt_sd_deg: list[float | None]
    list_deg: list[float | None]
    rotation_deg: list[float | None]
    lumbar_flexion_deg: list[float | None]
    lumbar_flexion_sd_deg: list[float | None]
    strangeness: list[float | None]
    reasons: dict[str, str]  # by number of the frame in the rep: why it was not read
    doubts: dict[str, str]  # what made it vague

    def poses(self, time_s: Array) -> list[PelvisPose]:
        """The frames as the estimator gave them."""
        columns = [getattr(self, name) for name in ANGLES]
        return [
            PelvisPose(
                float(t),
                **dict(zip(ANGLES, row, strict=True)),
                reason=self.reasons.get(str(i)),
                doubt=self.doubts.get(str(i)),
            )
            for i, (t, *row) in enumerate(zip(time_s, *columns, strict=True))
        ]

    def known_neutral(self) -> Neutral | None:
        """The lifter's neutral, as `device.wink` wants it."""
        if self.neutral is None:
            return None
        known = self.neutral
        return Neutral(
            tilt_deg=known["tilt_deg"],
            list_deg=known["list_deg"],
            rotation_deg=known["rotation_deg"],
            lumbar_flexion_deg=known["lumbar_flexion_deg"],
            source=NeutralSource.SIGN_IN,
            taken_s=0.0,
        )


def read_lifter_views(estimator: PelvisEstimator, lifter: LifterFile) -> list[Reading]:
    """Every rep of one lifter through every camera."""
    found = []
    for camera, views in enumerate(lifter.views()):
        known = _learn_neutral(estimator, lifter, views)
        plane = baselines.plane_fit(views, lifter.truth[camera], lifter.standing)
        for rep in range(len(lifter.plans)):
            frames = lifter.frames_of(rep)
            poses = [_read(estimator, views[i], float(lifter.time_s[i])) for i in frames]
            found.append(_reading(lifter, camera, rep, known, plane[frames], poses))
    return found


def _learn_neutral(
    estimator: PelvisEstimator, lifter: LifterFile, views: Sequence[HipView]
) -> Neutral | str:
    """As the pipeline does at sign-in: read, learn the standing, read again, keep the medians.

    Why there is no neutral where too little of the standing can be read.
    """
    estimator.standing = None
    timed = [(float(lifter.time_s[i]), views[i]) for i in lifter.standing]
    first = [_read(estimator, view, time_s) for time_s, view in timed]
    samples = tuple(pose for pose in first if pose.tilt_deg is not None)
    if len(samples) < MIN_SAMPLES:
        given = Counter(pose.reason for pose in first if pose.reason is not None)
        return given.most_common(1)[0][0] if given else Reason.NO_NEUTRAL
    usable = [one for one in timed if why_not(one[1]) is None]
    spaced = np.linspace(0, len(usable) - 1, min(len(usable), STANDING_VIEWS)).round()
    again = estimator.learn_views([usable[int(i)] for i in spaced])
    quiet = QuietTime(NeutralSource.SIGN_IN, samples[0].time_s, samples[-1].time_s, samples)
    return NeutralKeeper().take(quiet, again, estimator.standing)


def _read(estimator: PelvisEstimator, view: HipView, time_s: float) -> PelvisPose:
    reason = why_not(view)
    return PelvisPose(time_s, reason=reason) if reason else estimator.read(view, time_s)


def _reading(
    lifter: LifterFile,
    camera: int,
    rep: int,
    known: Neutral | str,
    plane: Array,
    poses: Sequence[PelvisPose],
) -> Reading:
    names = ("tilt_deg", "list_deg", "rotation_deg", "lumbar_flexion_deg")
    return Reading(
        lifter=lifter.name,
        checksum=lifter.checksum,
        camera=camera,
        rep=rep,
        neutral=None if isinstance(known, str) else {n: getattr(known, n) for n in names},
        why_no_neutral=str(known) if isinstance(known, str) else None,
        plane_tilt_deg=[_rounded(value) for value in plane],
        reasons={str(i): str(pose.reason) for i, pose in enumerate(poses) if pose.reason},
        doubts={str(i): str(pose.doubt) for i, pose in enumerate(poses) if pose.doubt},
        **{name: [_rounded(getattr(pose, name)) for pose in poses] for name in ANGLES},
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), 3)


# ---------------------------------------------------------------- kept


def readings(
    lifters: Sequence[LifterFile],
    folder: Path,
    estimator: PelvisEstimator,
    progress: Callable[[int, int | None], None] | None = None,
) -> dict[tuple[str, int, int], Reading]:
    """By lifter, camera and rep; what was read before is not read again.

    Raises EvaluationError where the file can't be kept.
    """
    file = folder / FOLDER / f"{estimator.model.sha256[:12]}_{_code()}.jsonl"
    kept = _kept(file, lifters)
    missing = [lifter for lifter in lifters if lifter.name not in kept]
    total = sum(lifter.views_count for lifter in missing)
    done = 0
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, (one for found in kept.values() for one in found), "w")
        for lifter in missing:
            kept[lifter.name] = read_lifter_views(estimator, lifter)
            _write(file, kept[lifter.name], "a")
            done += lifter.views_count
            if progress is not None:
                progress(done, total)
    except OSError as error:
        if isinstance(error, EvaluationError):
            raise
        raise EvaluationError(
            f"Can't keep the readings in {file} ({error.strerror}): copy the set to a folder that"
            " can be written."
        ) from error
    return {
        (one.lifter, one.camera, one.rep): one for lifter in lifters for one in kept[lifter.name]
    }


def _write(file: Path, found: Iterable[Reading], mode: str) -> None:
    text = "".join(json.dumps(asdict(one), separators=(",", ":")) + "\n" for one in found)
    target = file.with_suffix(".part") if mode == "w" else file
    with target.open(mode, encoding="utf-8") as out:
        out.write(text)
    if mode == "w":
        target.replace(file)


def _kept(file: Path, lifters: Sequence[LifterFile]) -> dict[str, list[Reading]]:
    """By name, the lifters that were read completely from the very files that are there now."""
    found: dict[str, list[Reading]] = {}
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            one = _parsed(line)
            if one is not None:
                found.setdefault(one.lifter, []).append(one)
    complete = {}
    for lifter in lifters:
        own = [one for one in found.get(lifter.name, []) if one.checksum == lifter.checksum]
        if len(own) == len(lifter.places) * len(lifter.plans):
            complete[lifter.name] = own
    return complete


def _parsed(line: str) -> Reading | None:
    """None: a line that a stopped run left unfinished."""
    try:
        table: dict[str, Any] = json.loads(line)
        return Reading(**{item.name: table[item.name] for item in fields(Reading)})
    except (ValueError, KeyError, TypeError):
        return None


def _code() -> str:
    """Checksum of the code that a reading depends on beside the network's file, less comments."""
    files = [m.__file__ for m in (pelvis, crop, neutral, reasons, baselines)]
    parsed = (ast.parse(Path(str(file)).read_text(encoding="utf-8")) for file in [*files, __file__])
    return hashlib.sha256("".join(ast.dump(tree) for tree in parsed).encode()).hexdigest()[:8]
