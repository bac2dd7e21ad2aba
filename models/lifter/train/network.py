"""The pelvis network: hip view -> angles with standard deviations.

Surface normals are taken inside the network, so that what is trained is what is shipped. The
lifter's own standing view comes in as its embedding: the encoder runs once a frame, and the
standing frames' embeddings can be averaged.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

EMBEDDING = 128
BOTH_WAYS = 2 * EMBEDDING
MARKS = 8  # points of the skeleton that are found while learning, and not shipped
# tilt, list, rotation's sine and cosine, lumbar flexion, then four log standard deviations
ANGLES, OUTPUTS = 5, 9
DEG_PER_UNIT = 30.0  # the network's own unit of angle, so that its numbers stay near one
_STEP = 2  # cells on either side between which a normal is taken


def with_normals(view: Tensor) -> Tensor:
    """(n, 4, s, s) x, y, z, mask -> (n, 7, s, s): unit normals where both neighbours are there."""
    points, mask = view[:, :3], view[:, 3:4]
    k = _STEP
    across = functional.pad(points[..., 2 * k :] - points[..., : -2 * k], (k, k, 0, 0))
    down = functional.pad(points[..., 2 * k :, :] - points[..., : -2 * k, :], (0, 0, k, k))
    both_across = functional.pad(mask[..., 2 * k :] * mask[..., : -2 * k], (k, k, 0, 0))
    both_down = functional.pad(mask[..., 2 * k :, :] * mask[..., : -2 * k, :], (0, 0, k, k))
    ax, ay, az = across[:, 0:1], across[:, 1:2], across[:, 2:3]
    dx, dy, dz = down[:, 0:1], down[:, 1:2], down[:, 2:3]
    normal = torch.cat([ay * dz - az * dy, az * dx - ax * dz, ax * dy - ay * dx], dim=1)
    length = (normal * normal).sum(dim=1, keepdim=True).add(1e-12).sqrt()
    return torch.cat([view, normal / length * (mask * both_across * both_down)], dim=1)


class _Conv(nn.Module):
    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(after)
        self.skip = before == after and stride == 1
        if self.skip:  # begins as doing nothing
            nn.init.zeros_(self.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        out = self.norm(self.conv(x))
        return functional.relu(out + x if self.skip else out)


class PelvisNetwork(nn.Module):
    """`forward(view, standing)`: (n, 4, 64, 64), (n, 128) -> (n, 9) and the view's (n, 128).

    `standing` is the mean embedding of the lifter's quiet standing, zeros where there is none.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            _Conv(7, 24, 2),
            _Conv(24, 36, 2),
            _Conv(36, 48, 1),
            _Conv(48, 48, 1),
            _Conv(48, 64, 2),
            _Conv(64, 64, 1),
            _Conv(64, 64, 1),
            _Conv(64, 96, 2),
            _Conv(96, 96, 1),
            _Conv(96, 96, 1),
            nn.Flatten(),
            nn.Linear(96 * 16, EMBEDDING),
            nn.ReLU(),
        )
        self.head = nn.Sequential(
            nn.Linear(2 * EMBEDDING, 192),
            nn.ReLU(),
            nn.Linear(192, 128),
            nn.ReLU(),
            nn.Linear(128, OUTPUTS),
        )
        self.marks = nn.Linear(EMBEDDING, 3 * MARKS)

    def embed(self, view: Tensor) -> Tensor:
        """(n, 4, 64, 64) -> (n, 128)."""
        embedded: Tensor = self.encoder(with_normals(view))
        return embedded

    def read(self, embedding: Tensor, standing: Tensor) -> Tensor:
        """(n, 128) twice -> (n, 9), in the network's own units."""
        said: Tensor = self.head(torch.cat([embedding, standing], dim=1))
        return said

    def find_marks(self, embedding: Tensor) -> Tensor:
        """(n, 128) -> (n, 8, 3) in the view's axes, in units of 0.3 m."""
        found: Tensor = self.marks(embedding).view(-1, MARKS, 3)
        return found

    def forward(self, view: Tensor, standing: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        embedding = self.embed(view)
        return self.read(embedding, standing), embedding


class BothWays(nn.Module):
    """A trained network that reads each view as it is and in the mirror, and says the mean.

    `embed` and `read` as the network's own, with both embeddings side by side: (n, 256). What is
    read in the mirror may be another cut of the same view, `aside` (`device.crop`).
    """

    def __init__(self, network: PelvisNetwork) -> None:
        super().__init__()
        self.network = network
        # left and right change places: x of a view, list and the sine of rotation
        self.register_buffer("of_view", torch.tensor([-1.0, 1, 1, 1]).view(1, 4, 1, 1))
        self.register_buffer("of_angles", torch.tensor([1.0, -1, -1, 1, 1, 1, 1, 1, 1]))

    def embed(self, view: Tensor, aside: Tensor | None = None) -> Tensor:
        """(n, 4, 64, 64) -> (n, 256)."""
        other = (view if aside is None else aside).flip(-1) * self.of_view
        both: Tensor = self.network.embed(torch.cat([view, other]))
        return torch.cat([both[: len(view)], both[len(view) :]], dim=1)

    def read(self, embedding: Tensor, standing: Tensor) -> Tensor:
        """(n, 256) twice -> (n, 9), in the network's own units."""
        own, other = (slice(0, EMBEDDING), slice(EMBEDDING, BOTH_WAYS))
        plain = self.network.read(embedding[:, own], standing[:, own])
        mirrored = self.network.read(embedding[:, other], standing[:, other])
        mean: Tensor = (plain + mirrored * self.of_angles) / 2
        return mean


class ShippedNetwork(nn.Module):
    """What the unit runs: both ways, channels last, degrees, log standard deviations calibrated.

    `mean` (128,) and `whitening` (128, 128) tell how embeddings of known views are spread; the
    third output is how far a view lies outside that, 1 being usual.
    """

    def __init__(
        self,
        network: BothWays,
        sd_scale: tuple[float, float, float, float],
        mean: Tensor,
        whitening: Tensor,
    ) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", mean)
        self.register_buffer("whitening", whitening)
        unit = torch.full((OUTPUTS,), 1.0)
        unit[[0, 1, 4]] = DEG_PER_UNIT
        shift = torch.zeros(OUTPUTS)
        shift[ANGLES:] = torch.log(DEG_PER_UNIT * torch.tensor(sd_scale))
        self.register_buffer("unit", unit)
        self.register_buffer("shift", shift)

    def forward(self, views: Tensor, standing: Tensor) -> tuple[Any, Tensor, Tensor]:
        """(2, 64, 64, 4), (1, 256) -> (1, 9), (1, 256), (1, 1); `views`: one, and its aside."""
        view, aside = views.permute(0, 3, 1, 2).split(1)
        embedding = self.network.embed(view, aside)
        said = self.network.read(embedding, standing)
        strangeness = self.strangeness(embedding[:, :EMBEDDING])
        return said * self.unit + self.shift, embedding, strangeness

    def strangeness(self, embedding: Tensor) -> Tensor:
        """(n, 128) -> (n, 1)."""
        away: Tensor = functional.linear(embedding - self.mean, self.whitening)
        return (away * away).mean(dim=1, keepdim=True)
