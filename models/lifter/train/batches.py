"""Crops as the network takes them, and what is done to them while it learns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from device.crop import SCALE_M
from models.lifter.crops.marks import MIRRORED
from models.lifter.crops.stored import CropSet
from models.lifter.packed_view import HOLE

MOST_CELLS = 4  # that a view is moved by across its grid
MOST_DENT_M = 0.008  # spread of the dents of the most dented lifters
MOST_FRAYED = 0.7  # of the cells at the edges of what is seen
_DENTS = 7  # support points along each side of a view


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
    """Mirrored lifters, hips guessed wrong, dents, frayed edges, and things in front of a view."""
    placed = misplaced(batch, rng)
    views, (groups, count) = placed.views, placed.views.shape[:2]
    views[:, :, 2] += dents(groups, count, views.shape[-1], rng) * views[:, :, 3]
    for view in views.flatten(0, 1):
        move_across_cells(view, rng)
    views *= kept_of_edges(views[:, :, 3], rng)[:, :, None]
    for g, v in zip(*np.nonzero(rng.random((groups, count)) < 0.25), strict=True):
        _hide(views[g, v], rng)
    return placed


def misplaced(batch: Batch, rng: np.random.Generator) -> Batch:
    """Half of the lifters in the mirror, and every hip guessed wrong by some cm."""
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
    return Batch(views, truth, marks)


def dents(groups: int, count: int, size: int, rng: np.random.Generator) -> Tensor:
    """(g, v, s, s) in the views' unit: how flesh and cloth lie otherwise in each view.

    Smooth and along the line of sight; how large they are belongs to the lifter. So nothing can
    be learned from a shape that only one way of making bodies has.
    """
    heights = rng.normal(size=(groups, count, _DENTS, _DENTS))
    heights *= rng.uniform(0, MOST_DENT_M / SCALE_M, (groups, 1, 1, 1))
    coarse = torch.from_numpy(heights.astype(np.float32))
    return functional.interpolate(coarse, (size, size), mode="bicubic", align_corners=True)


def move_across_cells(view: Tensor, rng: np.random.Generator) -> None:
    """Puts the view some cells aside, so that no angle hangs on which cell a point falls into."""
    down, across = (int(n) for n in rng.integers(-MOST_CELLS, MOST_CELLS + 1, 2))
    size = view.shape[-1]
    view[:] = view.roll((down, across), (1, 2))
    view[:, slice(0, down) if down >= 0 else slice(size + down, size)] = 0
    view[:, :, slice(0, across) if across >= 0 else slice(size + across, size)] = 0


def kept_of_edges(mask: Tensor, rng: np.random.Generator) -> Tensor:
    """(g, v, s, s) 0 for some cells beside a hole, 1 for all others.

    Whether such a cell counts as seen hangs on a millimetre of where the hips are put.
    """
    all_around = -functional.max_pool2d(-mask, 3, 1, 1)
    chance = rng.random(tuple(mask.shape), np.float32)
    kept = chance >= rng.uniform(0, MOST_FRAYED, (*mask.shape[:2], 1, 1))
    return torch.maximum(all_around, torch.from_numpy(kept.astype(np.float32)))


def _hide(view: Tensor, rng: np.random.Generator) -> None:
    size = view.shape[-1]
    height, width = rng.integers(3, size // 3, 2)
    if rng.random() < 0.4:  # a bar or an upright across the whole view
        height, width = (
            (rng.integers(2, 7), size) if rng.random() < 0.5 else (size, rng.integers(2, 9))
        )
    row, column = rng.integers(0, size - height + 1), rng.integers(0, size - width + 1)
    view[:, row : row + height, column : column + width] = 0
