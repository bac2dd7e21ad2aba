"""Processes that train one network together, each on its share of every batch.

Two processes of one thread take two thirds of the time that one process of two threads takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.distributed
import torch.multiprocessing
from torch import Tensor


@dataclass(frozen=True)
class Team:
    """One process' place among those that train."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this one prints and saves."""
        return self.rank == 0

    def average(self, parameters: Iterable[Tensor]) -> None:
        """Replaces the gradients by their mean over the team."""
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([gradient.ravel() for gradient in gradients])
        torch.distributed.all_reduce(flat)
        flat /= self.size
        for gradient, mean in zip(
            gradients, flat.split([g.numel() for g in gradients]), strict=True
        ):
            gradient.copy_(mean.view_as(gradient))

    def told_by_leader(self, value: float) -> float:
        """The leader's value, to everyone."""
        if self.size == 1:
            return value
        told = torch.tensor([value], dtype=torch.float64)
        torch.distributed.broadcast(told, 0)
        return float(told)


def run_together(size: int, meeting: Path, work: Callable[[Team], None]) -> None:
    """Calls `work` in `size` processes of one thread each; `meeting` is a file that they share.

    They are forked, so that what was loaded before is loaded once.
    """
    meeting.unlink(missing_ok=True)
    context = torch.multiprocessing.get_context("fork")
    others = [
        context.Process(target=_member, args=(Team(rank, size), meeting, work))
        for rank in range(1, size)
    ]
    for other in others:
        other.start()
    _member(Team(0, size), meeting, work)
    for other in others:
        other.join()


def _member(team: Team, meeting: Path, work: Callable[[Team], None]) -> None:
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{meeting.resolve()}", rank=team.rank, world_size=team.size
    )
    try:
        work(team)
    finally:
        torch.distributed.destroy_process_group()
