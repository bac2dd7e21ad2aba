"""What the network is taught to make small: the error within one lifter.

The loss is the likelihood of each view's change from the standing view.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from models.lifter.train.batches import Batch
from models.lifter.train.network import ANGLES, DEG_PER_UNIT, PelvisNetwork

DEG = 180.0 / np.pi
MARKS_WEIGHT = 1.5


def losses(network: PelvisNetwork, batch: Batch, standing_known: Tensor) -> Tensor:
    """The mean loss of a batch; view 0 of every group is the standing one."""
    groups, count = batch.views.shape[:2]
    embedding = network.embed(batch.views.flatten(0, 1)).view(groups, count, -1)
    standing = embedding[:, :1] * standing_known.view(-1, 1, 1)
    said = network.read(embedding.flatten(0, 1), standing.expand(-1, count, -1).flatten(0, 1)).view(
        groups, count, -1
    )
    angles, log_sd = said[..., :ANGLES], said[..., ANGLES:].clamp(-5, 3)
    true = batch.truth / DEG_PER_UNIT
    turn = batch.truth[..., 2] / DEG
    absolute = torch.stack(
        [
            angles[..., 0] - true[..., 0],
            angles[..., 1] - true[..., 1],
            (angles[..., 2] - turn.sin()) * (DEG / DEG_PER_UNIT),
            (angles[..., 3] - turn.cos()) * (DEG / DEG_PER_UNIT),
            angles[..., 4] - true[..., 3],
        ],
        dim=-1,
    )
    across = angles[..., 2] * turn.cos() - angles[..., 3] * turn.sin()
    rotation = across * (DEG / DEG_PER_UNIT)
    error = torch.stack([absolute[..., 0], absolute[..., 1], rotation, absolute[..., 4]], dim=-1)
    change = error[:, 1:] - error[:, :1]  # against the same lifter's standing view
    weight = error.new_tensor([1.0, 0.5, 0.5, 0.6])
    # beta-NLL (Seitzer et al. 2022): uncertain samples keep half their pull on the angles
    sd = log_sd[:, 1:].exp()
    nll = 0.5 * (change / sd) ** 2 + log_sd[:, 1:]
    likelihood = (nll * sd.detach() * weight).mean()
    spread = error - error.mean(dim=1, keepdim=True)
    within = functional.smooth_l1_loss(spread, torch.zeros_like(spread), beta=0.1)
    anywhere = functional.smooth_l1_loss(absolute, torch.zeros_like(absolute), beta=0.1)
    found = network.find_marks(embedding.flatten(0, 1))
    misplaced = functional.smooth_l1_loss(found, batch.marks.flatten(0, 1), beta=0.1)
    return likelihood + 0.5 * within + 0.3 * anywhere + MARKS_WEIGHT * misplaced
