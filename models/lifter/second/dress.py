"""What a lifter of the second generator wears, and how soft they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from models.lifter.second.tissue import SoftSeat, random_seat

Kind = Literal["tight", "tucked", "out"]
BELT_SHARE = 0.25


@dataclass(frozen=True)
class Dress:
    """Cut and looseness; heights are those of the template body above its pelvis joint."""

    kind: Kind = "out"  # tight: nothing hangs; tucked: in the shorts; out: over them
    belt: bool = False
    belt_m: float = 0.115  # height of its middle
    belt_wide_m: float = 0.10
    shirt_loose_m: float = 0.008  # stands off everywhere
    shirt_slack_m: float = 0.03  # hangs off by up to
    shorts_loose_m: float = 0.008
    shorts_slack_m: float = 0.02
    span: float = 0.8  # of a hollow that cloth spans, 0 to 1
    cling: float = 0.4  # how fast hanging cloth comes back to the body, m per m
    waist_m: float = 0.07  # top of the shorts
    waist_drop_m: float = 0.01  # which comes down by that much at full hip flexion
    hem_m: float = -0.03  # bottom of a shirt that hangs out
    hem_rise_m: float = 0.03  # it is pulled up as the spine bends by 60 degrees
    leg: float = 0.45  # share of hip to ankle that shorts cover, standing
    ride: float = 0.05  # of that share lost at full hip flexion
    fold_m: float = 0.004
    seed: int = 0
    seat: SoftSeat = field(default_factory=SoftSeat)

    @property
    def facts(self) -> dict[str, Any]:
        """What an evaluation may be split by; JSON-able."""
        return {
            "kind": self.kind,
            "belt": self.belt,
            "shirt_loose_m": self.shirt_loose_m,
            "shirt_slack_m": self.shirt_slack_m,
            "shorts_loose_m": self.shorts_loose_m,
            "shorts_slack_m": self.shorts_slack_m,
            "span": self.span,
            "fold_m": self.fold_m,
            "soft_tissue_peak_m": self.seat.peak_m,
        }


def random_dress(rng: np.random.Generator) -> Dress:
    """A third tight, the others loose; a belt in a quarter."""
    kind: Kind = ("tight", "tucked", "out")[int(rng.choice(3, p=(0.3, 0.3, 0.4)))]
    tight = kind == "tight"
    return Dress(
        kind=kind,
        belt=bool(rng.random() < BELT_SHARE),
        belt_m=float(rng.uniform(0.10, 0.135)),
        belt_wide_m=float(rng.choice((0.07, 0.10))),
        shirt_loose_m=float(rng.uniform(0.001, 0.004) if tight else rng.uniform(0.003, 0.015)),
        shirt_slack_m=0.0 if tight else float(rng.uniform(0.005, 0.05)),
        shorts_loose_m=float(rng.uniform(0.001, 0.005) if tight else rng.uniform(0.003, 0.018)),
        shorts_slack_m=0.0 if tight else float(rng.uniform(0.0, 0.03)),
        span=float(rng.uniform(0.2, 0.6) if tight else rng.uniform(0.5, 1.0)),
        cling=float(rng.uniform(0.1, 0.9)),
        waist_m=float(rng.uniform(0.04, 0.11)),
        waist_drop_m=float(rng.uniform(0.0, 0.03)),
        hem_m=float(rng.uniform(-0.07, 0.02)),
        hem_rise_m=float(rng.uniform(0.0, 0.08)),
        leg=float(rng.uniform(0.2, 0.5)),
        ride=float(rng.uniform(0.0, 0.08)),
        fold_m=float(rng.uniform(0.0, 0.001) if tight else rng.uniform(0.001, 0.006)),
        seed=int(rng.integers(1 << 30)),
        seat=random_seat(rng),
    )
