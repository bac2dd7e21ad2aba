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

import numpy as np
import torch

from models.lifter.crops.stored import CropSet, load_crops
from models.lifter.rendered import whole
from models.lifter.train.batches import augmented, to_batch
from models.lifter.train.loss import losses
from models.lifter.train.network import PelvisNetwork
from models.lifter.train.reading import report
from models.lifter.train.team import Team, run_together

GROUPS_A_BATCH = 14
LEARNING_RATE = 2.5e-3
VALIDATION_GROUPS = 500  # looked at after each epoch; the export looks at all
WARM_UP = 0.08  # share of the training in which the learning rate rises
WITHOUT_STANDING = 0.25  # share of groups that must do without the standing view


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
        saved = {
            "epoch": self.epoch,
            "minutes": self.minutes,
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        with whole(file) as draft:
            torch.save(saved, draft)

    def resume(self, file: Path) -> None:
        """Goes on from the checkpoint, if there is one."""
        if file.exists():
            saved = torch.load(file, weights_only=True)
            self.network.load_state_dict(saved["network"])
            self.optimiser.load_state_dict(saved["optimiser"])
            self.epoch, self.minutes = int(saved["epoch"]), float(saved["minutes"])


def train(folder: Path, out: Path, plan: Plan, start: Path | None = None, size: int = 1) -> None:
    """Runs the epochs that are not done yet; a checkpoint and a line of figures after each.

    `start` is a checkpoint whose weights are begun with; `size` processes share the work.
    """
    out.mkdir(parents=True, exist_ok=True)
    crops = load_crops(folder, "train")
    validation = load_crops(folder, "validation").some(VALIDATION_GROUPS)
    print(f"{crops.samples} crops to learn from", flush=True)

    def work(team: Team) -> None:
        run = _begun(out, plan, start)
        while plan.share(run.epoch * plan.steps, team.told_by_leader(run.minutes)) < 1:
            started = time.monotonic()
            _one_epoch(run, plan, crops, team)
            if team.leads:
                _note(run, out, crops, validation, time.monotonic() - started)

    if size > 1:
        run_together(size, out / "meeting", work)
    else:
        work(Team())


def _begun(out: Path, plan: Plan, start: Path | None) -> Run:
    torch.manual_seed(plan.seed)
    network = PelvisNetwork().to(memory_format=torch.channels_last)
    if start is not None:  # it may be older than some parts
        network.load_state_dict(torch.load(start, weights_only=True)["network"], strict=False)
    run = Run(network, torch.optim.AdamW(network.parameters(), plan.rate, weight_decay=1e-2))
    run.resume(out / "checkpoint.pt")
    return run


def _note(run: Run, out: Path, crops: CropSet, validation: CropSet, seconds: float) -> None:
    line = {
        "epoch": run.epoch,
        "crops": crops.samples,
        "seconds": round(seconds),
        **report(run.network, validation),
    }
    print(json.dumps({k: round(v, 3) for k, v in line.items()}), flush=True)
    with (out / "log.jsonl").open("a") as log:
        log.write(json.dumps(line) + "\n")
    run.save(out / "checkpoint.pt")


def _one_epoch(run: Run, plan: Plan, crops: CropSet, team: Team) -> None:
    rng = np.random.default_rng([plan.seed, run.epoch])  # the same order in every process
    own_rng = np.random.default_rng([plan.seed, run.epoch, team.rank])
    run.network.train()
    began, spent, total = time.monotonic(), run.minutes, 0.0
    rounds = plan.steps * GROUPS_A_BATCH // len(crops) + 1
    order = np.concatenate([rng.permutation(len(crops)) for _ in range(rounds)])
    for step in range(plan.steps):
        run.minutes = team.told_by_leader(spent + (time.monotonic() - began) / 60)
        share = plan.share(run.epoch * plan.steps + step, run.minutes)
        for group in run.optimiser.param_groups:
            group["lr"] = plan.rate_at(share)
        whole_batch = order[step * GROUPS_A_BATCH : (step + 1) * GROUPS_A_BATCH]
        chosen = np.sort(whole_batch[team.rank :: team.size])
        batch = augmented(to_batch(crops, chosen), own_rng)
        known = torch.from_numpy(own_rng.random(len(chosen)) > WITHOUT_STANDING).float()
        loss = losses(run.network, batch, known)
        run.optimiser.zero_grad()
        loss.backward()
        team.average(run.network.parameters())
        torch.nn.utils.clip_grad_norm_(run.network.parameters(), 2.0)
        run.optimiser.step()
        total += float(loss.detach())
        if team.leads and step % 100 == 99:
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
        prog="python -m models.lifter.train",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--crops", type=Path, required=True, help="what `crops` has written")
    parser.add_argument("--out", type=Path, required=True, help="where checkpoints go")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--steps", type=int, default=600, help="batches an epoch")
    parser.add_argument("--processes", type=int, default=2, help="each of one thread")
    parser.add_argument("--rate", type=float, default=LEARNING_RATE, help="largest learning rate")
    parser.add_argument("--minutes", type=float, default=np.inf, help="stop after these")
    parser.add_argument("--start", type=Path, help="checkpoint whose weights to begin with")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    plan = Plan(chosen.epochs, chosen.steps, chosen.rate, chosen.minutes, chosen.seed)
    train(chosen.crops, chosen.out, plan, chosen.start, chosen.processes)


if __name__ == "__main__":
    main()
