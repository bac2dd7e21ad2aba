"""Cutting a surface along a line that runs across its faces: the hems of clothes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.records import Array
from models.lifter.scene.props import Faces


@dataclass(frozen=True, eq=False)
class Cut:
    """Part of a surface: its corners are mixes of two vertices each."""

    first: npt.NDArray[np.intp]
    second: npt.NDArray[np.intp]
    share: Array  # of the second
    faces: Faces

    def of(self, field: Array) -> Array:
        """(n, k) a field of the vertices (V, k) at the corners."""
        mixed: Array = field[self.first] + self.share[:, None] * (
            field[self.second] - field[self.first]
        )
        return mixed


def cut(faces: Faces, inside: Array) -> Cut:
    """The part of a surface where a field of its vertices is positive, cut within faces."""
    kept = inside[faces] > 0
    count = kept.sum(axis=1)
    pieces = [np.stack([faces[count == 3]] * 2, axis=-1)]  # corners as pairs of vertices
    for lone in (1, 2):
        some = faces[count == lone]
        odd = (inside[some] > 0).argmax(axis=1) if lone == 1 else (inside[some] <= 0).argmax(axis=1)
        a, b, c = (some[np.arange(len(some)), (odd + k) % 3] for k in range(3))
        aa, ab, ac, bb, cc = (
            np.stack(p, axis=-1) for p in ((a, a), (a, b), (a, c), (b, b), (c, c))
        )
        if lone == 1:
            pieces.append(np.stack([aa, ab, ac], axis=1))
        else:
            pieces += [np.stack([ab, bb, cc], axis=1), np.stack([ab, cc, ac], axis=1)]
    pairs = np.sort(np.concatenate(pieces).reshape(-1, 2), axis=1)
    corners, index = np.unique(pairs, axis=0, return_inverse=True)
    first, second = corners[:, 0], corners[:, 1]
    drop = inside[first] - inside[second]
    share = np.where(first == second, 0.0, inside[first] / np.where(drop == 0, 1, drop))
    return Cut(first, second, np.clip(share, 0, 1), index.reshape(-1, 3).astype(np.int32))
