"""Renders the evaluation set: lifters that no training has seen, squatting before fixed units.

    python -m models.lifter.evalset --out data/evalset --lifters 130 --mocap markers_s01-s06.npz

Each lifter is a file of its own, drawn from seed and number alone; finished ones are kept when the
command is run again, and several processes can share the work (`--first K --step N`). Three of five
lifters move as planned, two as recorded people; two thirds are drawn by the second generator,
whose skin, clothes, soft tissue and sensor no training has seen either. What is in a file is told
in models/lifter/README.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy.typing as npt

from models.lifter.evalset.cast import Cast
from models.lifter.evalset.generators import GENERATORS, Generator
from models.lifter.evalset.lifter import lifter_arrays
from models.lifter.movement.mocap import Recordings
from models.lifter.rendered import add_arguments, add_mocap, write_missing

SEED = 77001  # training uses small seeds


def write_lifters(
    out: Path,
    numbers: Sequence[int],
    seed: int,
    generators: Sequence[str],
    recordings: Recordings | None,
) -> Iterator[Path]:
    """Renders the lifters that are not there yet, one after the other."""

    @cache
    def generator(name: str) -> Generator:
        return GENERATORS[name]()

    def lifter(number: int) -> dict[str, npt.NDArray[Any]]:
        cast = Cast.of(number, generators, recordings)
        return lifter_arrays(generator(cast.generator), cast, number, seed)

    return write_missing(out, "lifter_{:05d}.npz", numbers, lifter)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m models.lifter.evalset",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    add_arguments(parser, "lifter", seed=SEED)
    parser.add_argument("--lifters", type=int, default=130)
    add_mocap(parser, without="planned reps only")
    parser.add_argument(
        "--generators", nargs="+", choices=tuple(GENERATORS), default=["first", "second", "second"]
    )
    chosen = parser.parse_args()
    numbers = range(chosen.first, chosen.lifters, chosen.step)
    started, used = time.monotonic(), time.process_time()
    written = write_lifters(chosen.out, numbers, chosen.seed, chosen.generators, chosen.mocap)
    for done, file in enumerate(written, 1):
        wall, cpu = (time.monotonic() - started) / done, (time.process_time() - used) / done
        print(f"{file.name}  {done} written, {wall:.1f} s and {cpu:.1f} s of CPU each", flush=True)


if __name__ == "__main__":
    main()
