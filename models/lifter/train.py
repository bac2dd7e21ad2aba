"""Teaches the pelvis network on rendered crops.

    python -m models.lifter.train --crops data/crops --out data/pelvis --epochs 8

Resumes from the newest checkpoint in `--out`. A batch holds whole groups (one lifter seen by one
camera: a standing view and several squatting ones), because what counts is the error within a
lifter: the loss is the likelihood of each view's change from the standing view.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from models.lifter.crops import CropSet, load_crops
from models.lifter.network import ANGLES, DEG_PER_UNIT, PelvisNetwork

GROUPS_A_BATCH = 14
LEARNING_RATE = 2.5e-3
VALIDATION_GROUPS = 500  # looked at after each epoch; the export looks at all
WARM_UP = 0.08  # share of the training in which the learning rate rises
WITHOUT_STANDING = 0.25  # share of groups that must do without the standing view
DEG = 180.0 / np.pi


@dataclass(frozen=True)
class Batch:
    """`views` (g, v, 4, 64, 64); `truth` (g, v, 4): tilt, list, rotation, lumbar flexion in deg."""

    views: Tensor
    truth: Tensor


def to_batch(crops: CropSet, groups: npt.NDArray[np.intp]) -> Batch:
    """Some groups of a crop set as the network takes them."""
    raw = torch.from_numpy(crops.views[groups])  # int16, tenths of a millimetre
    mask = (raw[..., :1] != np.iinfo(np.int16).min).float()
    points = raw.float() * mask * (1e-4 / 0.3)
    views = torch.cat([points, mask], dim=-1).permute(0, 1, 4, 2, 3)
    return Batch(views, torch.from_numpy(crops.truth[groups]))


def augmented(batch: Batch, rng: np.random.Generator) -> Batch:
    """Mirrored lifters, a hip guessed wrong by some cm, and things in front of the view."""
    views, truth = batch.views.clone(), batch.truth.clone()
    groups, count = views.shape[:2]
    flip = torch.from_numpy(rng.random(groups) < 0.5)
    views[flip] = views[flip].flip(-1)
    views[flip, :, 0] *= -1
    truth[flip, :, 1:3] *= -1
    shift = torch.from_numpy(rng.normal(0, 0.05, (groups, count, 3, 1, 1)).astype(np.float32))
    views[:, :, :3] += shift * views[:, :, 3:]
    for g, v in zip(*np.nonzero(rng.random((groups, count)) < 0.25), strict=True):
        _hide(views[g, v], rng)
    return Batch(views, truth)


def _hide(view: Tensor, rng: np.random.Generator) -> None:
    size = view.shape[-1]
    height, width = rng.integers(3, size // 3, 2)
    if rng.random() < 0.4:  # a bar or an upright across the whole view
        height, width = (
            (rng.integers(2, 7), size) if rng.random() < 0.5 else (size, rng.integers(2, 9))
        )
    row, column = rng.integers(0, size - height + 1), rng.integers(0, size - width + 1)
    view[:, row : row + height, column : column + width] = 0


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
    return likelihood + 0.5 * within + 0.3 * anywhere


@torch.no_grad()
def read_all(
    network: PelvisNetwork, crops: CropSet, with_standing: bool = True
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


def report(network: PelvisNetwork, crops: CropSet) -> dict[str, float]:
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


@dataclass(frozen=True)
class Plan:
    """How long to train: `epochs` of `steps` batches, or less where `minutes` are over before."""

    epochs: int
    steps: int
    rate: float = LEARNING_RATE
    minutes: float = np.inf
    seed: int = 1

    def share(self, step: int, minutes: float) -> float:
        """How much of it is done, 0 to 1."""
        return min(1.0, max(step / (self.epochs * self.steps), minutes / self.minutes))

    def rate_at(self, share: float) -> float:
        """The learning rate: up in the first tenth, then down along a cosine to nothing."""
        if share < WARM_UP:
            return self.rate * (0.04 + 0.96 * share / WARM_UP)
        return self.rate * 0.5 * (1 + float(np.cos(np.pi * (share - WARM_UP) / (1 - WARM_UP))))


@dataclass
class Run:
    """What a checkpoint holds."""

    network: PelvisNetwork
    optimiser: torch.optim.Optimizer
    epoch: int = 0
    minutes: float = 0.0

    def save(self, file: Path) -> None:
        """Writes the checkpoint, whole or not at all."""
        draft = file.with_suffix(".tmp")
        torch.save(
            {
                "epoch": self.epoch,
                "minutes": self.minutes,
                "network": self.network.state_dict(),
                "optimiser": self.optimiser.state_dict(),
            },
            draft,
        )
        draft.replace(file)

    def resume(self, file: Path) -> None:
        """Goes on from the checkpoint, if there is one."""
        if file.exists():
            saved = torch.load(file, weights_only=True)
            self.network.load_state_dict(saved["network"])
            self.optimiser.load_state_dict(saved["optimiser"])
            self.epoch, self.minutes = int(saved["epoch"]), float(saved["minutes"])


def train(folder: Path, out: Path, plan: Plan, start: Path | None = None) -> None:
    """Runs the epochs that are not done yet; a checkpoint and a line of figures after each.

    Crops that were rendered meanwhile join with the next epoch. `start` is a checkpoint whose
    weights are begun with.
    """
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(plan.seed)
    network = PelvisNetwork().to(memory_format=torch.channels_last)
    if start is not None:
        network.load_state_dict(torch.load(start, weights_only=True)["network"])
    run = Run(network, torch.optim.AdamW(network.parameters(), plan.rate, weight_decay=1e-2))
    run.resume(out / "checkpoint.pt")
    validation = load_crops(folder, "validation").some(VALIDATION_GROUPS)
    while plan.share(run.epoch * plan.steps, run.minutes) < 1:
        crops = load_crops(folder, "train")
        print(f"{crops.samples} crops to learn from", flush=True)
        started = time.monotonic()
        _one_epoch(run, plan, crops)
        figures = report(network, validation)
        line = {
            "epoch": run.epoch,
            "crops": crops.samples,
            "seconds": round(time.monotonic() - started),
            **figures,
        }
        print(json.dumps({k: round(v, 3) for k, v in line.items()}), flush=True)
        with (out / "log.jsonl").open("a") as log:
            log.write(json.dumps(line) + "\n")
        run.save(out / "checkpoint.pt")


def _one_epoch(run: Run, plan: Plan, crops: CropSet) -> None:
    rng = np.random.default_rng([plan.seed, run.epoch])
    run.network.train()
    began, spent, total = time.monotonic(), run.minutes, 0.0
    rounds = plan.steps * GROUPS_A_BATCH // len(crops) + 1
    order = np.concatenate([rng.permutation(len(crops)) for _ in range(rounds)])
    for step in range(plan.steps):
        run.minutes = spent + (time.monotonic() - began) / 60
        share = plan.share(run.epoch * plan.steps + step, run.minutes)
        for group in run.optimiser.param_groups:
            group["lr"] = plan.rate_at(share)
        chosen = np.sort(order[step * GROUPS_A_BATCH : (step + 1) * GROUPS_A_BATCH])
        batch = augmented(to_batch(crops, chosen), rng)
        known = torch.from_numpy(rng.random(len(chosen)) > WITHOUT_STANDING).float()
        loss = losses(run.network, batch, known)
        run.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(run.network.parameters(), 2.0)
        run.optimiser.step()
        total += float(loss.detach())
        if step % 100 == 99:
            print(
                f"epoch {run.epoch + 1}, step {step + 1}/{plan.steps}, {share:.0%} done:"
                f" loss {total / (step + 1):.4f}",
                flush=True,
            )
        if share >= 1:
            break
    run.epoch += 1


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--crops", type=Path, required=True, help="folder written by crops.py")
    parser.add_argument("--out", type=Path, required=True, help="where checkpoints go")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--steps", type=int, default=600, help="batches an epoch")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rate", type=float, default=LEARNING_RATE, help="largest learning rate")
    parser.add_argument("--minutes", type=float, default=np.inf, help="stop after these")
    parser.add_argument("--start", type=Path, help="checkpoint whose weights to begin with")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    plan = Plan(chosen.epochs, chosen.steps, chosen.rate, chosen.minutes, chosen.seed)
    train(chosen.crops, chosen.out, plan, chosen.start)


if __name__ == "__main__":
    main()
