"""Crops as the network takes them, and what is done to them while it learns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from device.crop import SCALE_M
from models.lifter.crops.marks import MIRRORED
from models.lifter.crops.stored import CropSet
from models.lifter.packed_view import HOLE


@dataclass(frozen=True)
class Batch:
    """`views` (g, v, 4, 64, 64); `truth` (g, v, 4): tilt, list, rotation, lumbar flexion in deg.

    `marks` (g, v, 8, 3): points of the skeleton in the view's axes, in the views' unit.
    """

    views: Tensor
    truth: Tensor
    marks: Tensor


def to_batch(crops: CropSet, groups: npt.NDArray[np.intp]) -> Batch:
    """Some groups of a crop set as the network takes them."""
    raw = torch.from_numpy(crops.views[groups])  # int16, tenths of a millimetre
    mask = (raw[..., :1] != HOLE).float()
    points = raw.float() * mask * (1e-4 / SCALE_M)
    views = torch.cat([points, mask], dim=-1).permute(0, 1, 4, 2, 3)
    marks = torch.from_numpy(crops.marks[groups]) / SCALE_M
    return Batch(views, torch.from_numpy(crops.truth[groups]), marks)


def augmented(batch: Batch, rng: np.random.Generator) -> Batch:
    """Mirrored lifters, a hip guessed wrong by some cm, and things in front of the view."""
    views, truth, marks = batch.views.clone(), batch.truth.clone(), batch.marks.clone()
    groups, count = views.shape[:2]
    flip = torch.from_numpy(rng.random(groups) < 0.5)
    views[flip] = views[flip].flip(-1)
    views[flip, :, 0] *= -1
    truth[flip, :, 1:3] *= -1
    marks[flip] = marks[flip][:, :, MIRRORED]
    marks[flip, ..., 0] *= -1
    shift = torch.from_numpy(rng.normal(0, 0.05, (groups, count, 3, 1, 1)).astype(np.float32))
    views[:, :, :3] += shift * views[:, :, 3:]
    marks += shift[..., 0].transpose(2, 3)
    for g, v in zip(*np.nonzero(rng.random((groups, count)) < 0.25), strict=True):
        _hide(views[g, v], rng)
    return Batch(views, truth, marks)


def _hide(view: Tensor, rng: np.random.Generator) -> None:
    size = view.shape[-1]
    height, width = rng.integers(3, size // 3, 2)
    if rng.random() < 0.4:  # a bar or an upright across the whole view
        height, width = (
            (rng.integers(2, 7), size) if rng.random() < 0.5 else (size, rng.integers(2, 9))
        )
    row, column = rng.integers(0, size - height + 1), rng.integers(0, size - width + 1)
    view[:, row : row + height, column : column + width] = 0
