"""Renders the crops that the pelvis network learns from.

    python -m models.lifter.crops --out data/crops --bodies 6000 --seed 1

Each body takes a standing pose and six squatting ones, and several cameras look at all of them
(posing is the dear part). Pelvic tilt, lumbar and thoracic shape are drawn independently of depth
and lean, so that the network must see the pelvis and can't guess it from the squat. Work is cut
into shards, each with its own seed; finished shards are kept when the command is run again.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.lifter.crops.lifter import CAMERAS, POSES, crops_of_one_lifter
from models.lifter.crops.studio import Studio
from models.lifter.rendered import add_arguments, write_missing

BODIES_A_SHARD = 25


def write_shards(out: Path, seed: int, shards: range) -> Iterator[Path]:
    """Writes the shards that are not there yet, one after the other."""
    studio = cache(Studio)

    def shard(number: int) -> dict[str, npt.NDArray[Any]]:
        rng = np.random.default_rng([seed, number])
        parts = [crops_of_one_lifter(studio(), rng) for _ in range(BODIES_A_SHARD)]
        return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}

    return write_missing(out, f"shard_{seed:03d}_{{:05d}}.npz", shards, shard)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m models.lifter.crops",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    add_arguments(parser, "shard", seed=1)
    parser.add_argument("--bodies", type=int, default=4000)
    chosen = parser.parse_args()
    shards = range(chosen.first, chosen.bodies // BODIES_A_SHARD, chosen.step)
    started = time.monotonic()
    for done, file in enumerate(write_shards(chosen.out, chosen.seed, shards), 1):
        crops = done * BODIES_A_SHARD * CAMERAS * (1 + POSES)
        rate = crops / (time.monotonic() - started)
        print(f"{file.name}  {done} written, {rate:.0f} crops/s", flush=True)


if __name__ == "__main__":
    main()
