"""The crops as files: shards of whole lifters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

KEYS = ("views", "truth", "about", "marks")


@dataclass(frozen=True)
class CropSet:
    """`views` (groups, 1 + poses, 64, 64, 3) int16, tenths of a mm, HOLE where nothing was seen.

    View 0 is the standing one. `truth` (groups, 1 + poses, 4): tilt, list, rotation (against the
    line of sight), lumbar flexion, deg. `about` (groups, 1 + poses, 4): azimuth deg, distance m,
    camera height m, depth of the squat 0 to 1. `marks` (groups, 1 + poses, 8, 3): points of the
    skeleton in the view's axes, m.
    """

    views: npt.NDArray[np.int16]
    truth: npt.NDArray[np.float32]
    about: npt.NDArray[np.float32]
    marks: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.views)

    def some(self, groups: int) -> CropSet:
        """At most so many groups, evenly spread."""
        chosen = np.linspace(0, len(self) - 1, min(groups, len(self))).astype(int)
        return CropSet(*(getattr(self, key)[chosen] for key in KEYS))

    @property
    def samples(self) -> int:
        """Views in all."""
        return int(self.views.shape[0] * self.views.shape[1])


def load_crops(folder: Path, part: str) -> CropSet:
    """The crops of 'train' or 'validation': whole shards, so no body is in both."""
    shards = sorted(folder.glob("shard_*.npz"))
    chosen = [s for i, s in enumerate(shards) if (i % 12 == 0) == (part == "validation")]
    if not chosen:
        raise FileNotFoundError(f"no {part} crops in {folder}: run python -m models.lifter.crops")
    with np.load(chosen[0]) as first:
        if missing := set(KEYS) - set(first):
            raise ValueError(
                f"the crops in {folder} are of an older version, without {', '.join(missing)}:"
                " render them again with python -m models.lifter.crops"
            )
    return CropSet(*(_joined(chosen, key) for key in KEYS))


def _joined(shards: Sequence[Path], key: str) -> npt.NDArray[Any]:
    """One array of all shards, filled piece by piece: they are large."""
    with np.load(shards[0]) as first:
        sample = first[key]
    whole = np.empty((len(shards) * len(sample), *sample.shape[1:]), sample.dtype)
    for i, shard in enumerate(shards):
        with np.load(shard) as one:
            whole[i * len(sample) : (i + 1) * len(sample)] = one[key]
    return whole
