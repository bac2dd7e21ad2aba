"""What a network says of many crops, and how wrong it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from models.lifter.crops.stored import CropSet
from models.lifter.train.batches import to_batch
from models.lifter.train.loss import DEG
from models.lifter.train.network import ANGLES, DEG_PER_UNIT, BothWays, PelvisNetwork


@torch.no_grad()
def read_all(
    network: PelvisNetwork | BothWays, crops: CropSet, with_standing: bool = True
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """(groups, views, 4) angles in deg and their standard deviations, uncalibrated."""
    network.eval()
    angles, sds = [], []
    for start in range(0, len(crops), 16):
        views = to_batch(crops, np.arange(start, min(start + 16, len(crops)))).views
        groups, count = views.shape[:2]
        embedding = network.embed(views.flatten(0, 1)).view(groups, count, -1)
        standing = embedding[:, :1] * float(with_standing)
        said = network.read(
            embedding.flatten(0, 1), standing.expand(-1, count, -1).flatten(0, 1)
        ).view(groups, count, -1)
        turn = torch.atan2(said[..., 2], said[..., 3]) * DEG
        scaled = said * DEG_PER_UNIT
        angles.append(torch.stack([scaled[..., 0], scaled[..., 1], turn, scaled[..., 4]], -1))
        sds.append(said[..., ANGLES:].clamp(-5, 3).exp() * DEG_PER_UNIT)
    return torch.cat(angles).numpy(), torch.cat(sds).numpy()


def report(network: PelvisNetwork | BothWays, crops: CropSet) -> dict[str, float]:
    """Errors on lifters that were not trained on, deg."""
    angles, sds = read_all(network, crops)
    error = angles - crops.truth
    error[..., 2] = (error[..., 2] + 180) % 360 - 180
    change = error[:, 1:] - error[:, :1]
    within = error[:, 1:] - error[:, 1:].mean(axis=1, keepdims=True)
    tilt_change = angles[:, 1:, 0] - angles[:, :1, 0]
    true_change = crops.truth[:, 1:, 0] - crops.truth[:, :1, 0]
    ratio = change / sds[:, 1:]
    return {
        "tilt_rmse_deg": _rms(error[:, 1:, 0]),
        "tilt_within_rmse_deg": _rms(within[..., 0]),
        "tilt_change_rmse_deg": _rms(change[..., 0]),
        "tilt_change_slope": float(np.polyfit(true_change.ravel(), tilt_change.ravel(), 1)[0]),
        "lumbar_change_rmse_deg": _rms(change[..., 3]),
        "lumbar_within_rmse_deg": _rms(within[..., 3]),
        "list_change_rmse_deg": _rms(change[..., 1]),
        "rotation_change_rmse_deg": _rms(change[..., 2]),
        "tilt_error_over_sd": _rms(ratio[..., 0]),
        "lumbar_error_over_sd": _rms(ratio[..., 3]),
    }


def _rms(values: npt.NDArray[Any]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
