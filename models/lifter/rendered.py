"""Long renderings cut into files: kept when a stopped run goes on, shared by processes."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.lifter.movement.mocap import Recordings


def add_arguments(parser: argparse.ArgumentParser, piece: str, seed: int) -> None:
    """`--out`, `--seed`, `--first` and `--step` of a rendering whose files are one `piece` each."""
    parser.add_argument("--out", type=Path, required=True, help="folder; what lies there is kept")
    parser.add_argument("--seed", type=int, default=seed, help=f"another seed: other {piece}s")
    parser.add_argument("--first", type=int, default=0, help=f"number of the first {piece}")
    parser.add_argument(
        "--step", type=int, default=1, help=f"every n-th {piece} (for several processes)"
    )


def add_mocap(parser: argparse.ArgumentParser, without: str) -> None:
    """`--mocap`, as `Recordings`; `without` tells what is rendered where it is not given."""
    parser.add_argument(
        "--mocap", type=_recordings, help=f"npz of recorded squats; without: {without}"
    )


def _recordings(file: str) -> Recordings:
    try:
        return Recordings(Path(file))
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def write_missing(
    out: Path,
    name: str,
    numbers: Iterable[int],
    render: Callable[[int], Mapping[str, npt.NDArray[Any]]],
) -> Iterator[Path]:
    """Renders the npz files that are not there yet, one after the other.

    `name` is a format of the number. `render` is only called for what is missing.
    """
    out.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        file = out / name.format(number)
        if file.exists():
            continue
        arrays: dict[str, Any] = dict(render(number))
        with whole(file) as draft, draft.open("wb") as stream:
            np.savez(stream, **arrays)
        yield file


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    """A draft to write into, which becomes `file` at the end: whole or not there."""
    draft = file.with_suffix(".tmp")
    yield draft
    draft.replace(file)
