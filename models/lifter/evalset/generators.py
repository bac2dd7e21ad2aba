"""The generators of the evaluation set: each dresses bodies and has a sensor of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from device.records import Intrinsics
from models.lifter.body.clothing import Outfit
from models.lifter.body.drawn import random_outfit
from models.lifter.body.model import Lifter
from models.lifter.body.posed import PosedBody
from models.lifter.body.skin import SkinWay, random_way
from models.lifter.body.tissue import Tissue, random_flesh
from models.lifter.crops.studio import Studio
from models.lifter.scene.props import Mesh
from models.lifter.scene.sensor import D400Noise


class Generator(Protocol):
    """What renders a lifter; a dress is made by the generator that wears it.

    `unit` numbers the camera that is being looked through, for errors that stay with a camera.
    """

    unit: int

    @property
    def lifter(self) -> Lifter:
        """The body model."""

    def sensor(
        self, distance_m: float, baseline_m: float, rng: np.random.Generator
    ) -> tuple[Intrinsics, Any]:
        """Camera and noise for hips at that distance."""

    def random_dress(self, rng: np.random.Generator) -> Any:
        """Clothes and soft tissue of one lifter; its `facts` go into the file."""

    def mesh(self, body: PosedBody, dress: Any) -> Mesh:
        """The dressed body."""

    def soft_tissue_mm(self, body: PosedBody, dress: Any) -> float:
        """The largest displacement of skin against the bones."""


@dataclass(frozen=True)
class FirstDress:
    """Clothes, soft tissue and skinning as the training data has them."""

    outfit: Outfit
    tissue: Tissue
    way: SkinWay

    @property
    def facts(self) -> dict[str, Any]:
        """What the judge sorts by."""
        kept = ("belt", "shirt_loose_m", "shorts_loose_m", "waist_m", "drape", "wrinkle")
        return {name: value for name, value in asdict(self.outfit).items() if name in kept}


class First:
    """The generator of the training data."""

    def __init__(self) -> None:
        self.unit = 0  # this generator's cameras have no errors of their own
        self._studio = Studio()
        self.lifter = self._studio.lifter

    def sensor(
        self, distance_m: float, baseline_m: float, rng: np.random.Generator
    ) -> tuple[Intrinsics, D400Noise]:
        """See `Studio.sensor`."""
        return self._studio.sensor(distance_m, baseline_m, rng)

    def random_dress(self, rng: np.random.Generator) -> FirstDress:
        """As often soft as in the training data."""
        outfit = random_outfit(rng)
        return FirstDress(outfit, random_flesh(rng), random_way(rng))

    def mesh(self, body: PosedBody, dress: FirstDress) -> Mesh:
        """See `Studio.mesh`."""
        return self._studio.mesh(body, dress.outfit, dress.tissue, dress.way)

    def soft_tissue_mm(self, body: PosedBody, dress: FirstDress) -> float:
        """The largest displacement of skin against the bones."""
        moved = self._studio.wardrobe.softened(body, dress.tissue).vertices - body.vertices
        return float(1000 * np.linalg.norm(moved, axis=1).max())


def _second() -> Generator:
    """Loaded only when it is wanted."""
    from models.lifter.second.generator import SecondStudio, random_dress

    studio: Any = SecondStudio()
    studio.random_dress = random_dress
    made: Generator = studio
    return made


GENERATORS: dict[str, Callable[[], Generator]] = {"first": First, "second": _second}
