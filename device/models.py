"""Learned models: a card says what a file must be, the file is checked against it, then opened.

Every `models/<name>.tflite` has a card `models/<name>.json` with its checksum and its tensors in
the file's order. This is the only file that knows the tflite runtimes.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from device import paths
from device.errors import ModelError

Runtime = Literal["tflite_runtime", "ai_edge_litert"]
Tensor = npt.NDArray[Any]
Answer = TypeVar("Answer")

# What the setting models/runtime may say, and the module meant.
_RUNTIMES: dict[str, Runtime | None] = {
    "auto": None,
    "tflite-runtime": "tflite_runtime",
    "ai-edge-litert": "ai_edge_litert",
}
_FIX = "copy the models folder from the release again"


@dataclass(frozen=True, slots=True)
class TensorCard:
    """One input or output of a model."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What the program needs of a card; the JSON holds the rest (source, licence, drift)."""

    name: str
    file: Path
    sha256: str
    inputs: tuple[TensorCard, ...]
    outputs: tuple[TensorCard, ...]
    limits: Mapping[str, float] = field(default_factory=dict)  # numbers named `..._limit`


class Model:
    """An opened model. `run` is not to be called from two threads at once."""

    def __init__(self, card: ModelCard, interpreter: Any, runtime: Runtime) -> None:
        self.card = card
        self.runtime = runtime
        self._interpreter = interpreter
        self._inputs = _indices(card, card.inputs, interpreter.get_input_details())
        self._outputs = _indices(card, card.outputs, interpreter.get_output_details())

    @property
    def sha256(self) -> str:
        """Checksum of the file, as on its card."""
        return self.card.sha256

    def run_in_place(self, fill: Callable[..., object], read: Callable[..., Answer], /) -> Answer:
        """As `run` without its copies: `fill` writes into the inputs, what `read` makes of the
        outputs is returned.

        Both get the model's own memory, in the card's order, and must not keep it.
        """
        tensor = self._interpreter.tensor
        fill(*(tensor(index)() for index in self._inputs))
        self._interpreter.invoke()
        return read(*(tensor(index)() for index in self._outputs))

    def run(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Arrays in the card's order, shapes and types -> the outputs in the card's order.

        The outputs are copies and stay valid. Raises ValueError for a wrong shape or type.
        """
        for index, value in zip(self._inputs, inputs, strict=True):
            self._interpreter.set_tensor(index, value)
        self._interpreter.invoke()
        return tuple(self._interpreter.get_tensor(index) for index in self._outputs)


def load_model(
    name: str,
    threads: int,
    *,
    runtime: Runtime | None = None,
    reference: bool = False,
    folder: Path | None = None,
) -> Model:
    """The model `name` of `folder` (default `models/`), checked against its card and opened.

    `runtime` None takes the first that is installed of `preferred_runtimes`. `reference` uses the
    plain kernels, which give the same numbers on every processor but are slow.
    Raises ModelError.
    """
    card = read_card(name, folder)
    content = _checked_content(card)
    chosen, module = _runtime_module(runtime)
    resolver = module.OpResolverType
    try:
        interpreter = module.Interpreter(
            model_content=content,
            num_threads=threads,
            experimental_op_resolver_type=resolver.BUILTIN_REF if reference else resolver.AUTO,
        )
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(
            f"{chosen} can't open the model file {card.file} ({first_line}); {_FIX}."
        ) from error
    return Model(card, interpreter, chosen)


def verify_model(name: str, folder: Path | None = None) -> ModelCard:
    """The card, after the file's checksum was found to match it. Raises ModelError."""
    card = read_card(name, folder)
    _checked_content(card)
    return card


def model_names(folder: Path | None = None) -> list[str]:
    """Names of the models that have a card in the folder."""
    return sorted(file.stem for file in (folder or paths.MODELS).glob("*.json"))


def read_card(name: str, folder: Path | None = None) -> ModelCard:
    """The card of one model. Raises ModelError where it is missing or makes no sense."""
    file = (folder or paths.MODELS) / f"{name}.json"
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
        return ModelCard(
            name=table["name"],
            file=file.with_name(table["file"]),
            sha256=table["sha256"],
            inputs=_tensor_cards(table["inputs"]),
            outputs=_tensor_cards(table["outputs"]),
            limits={k: float(v) for k, v in table.items() if k.endswith("_limit")},
        )
    except FileNotFoundError as error:
        raise ModelError(f"The model card {file} is missing; {_FIX}.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"The model card {file} can't be read ({error!r}); {_FIX}.") from error


def _tensor_cards(rows: list[dict[str, Any]]) -> tuple[TensorCard, ...]:
    return tuple(TensorCard(row["name"], tuple(row["shape"]), row["dtype"]) for row in rows)


def _checked_content(card: ModelCard) -> bytes:
    try:
        content = card.file.read_bytes()
    except FileNotFoundError as error:
        raise ModelError(f"The model file {card.file} is missing; {_FIX}.") from error
    except OSError as error:
        raise ModelError(
            f"The model file {card.file} can't be read ({error.strerror}); {_FIX}."
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != card.sha256:
        raise ModelError(
            f"The model file {card.file} is damaged or another version (checksum {found[:12]},"
            f" expected {card.sha256[:12]}); {_FIX}."
        )
    return content


def runtime_named(setting: str) -> Runtime | None:
    """The runtime that the setting `models/runtime` names; None: auto. Raises KeyError."""
    return _RUNTIMES[setting]


def preferred_runtimes(machine: str) -> tuple[Runtime, ...]:
    """The runtimes in the order in which they are taken, on `platform.machine()`.

    tflite-runtime is the smaller one. Its x86-64 build loses half its speed where there is no
    AVX-512 (docs/decisions/0013-runtime.md).
    """
    x86_64 = machine in {"x86_64", "AMD64"}
    return ("ai_edge_litert", "tflite_runtime") if x86_64 else ("tflite_runtime", "ai_edge_litert")


def _runtime_module(runtime: Runtime | None) -> tuple[Runtime, Any]:
    """The interpreter module, or ModelError where none is installed."""
    choices = (runtime,) if runtime else preferred_runtimes(platform.machine())
    for choice in choices:
        # tflite-runtime was built for numpy 1: with numpy 2 it imports, then fails when used
        if choice == "tflite_runtime" and int(np.__version__.split(".")[0]) >= 2:
            continue
        try:
            return choice, importlib.import_module(f"{choice}.interpreter")
        except ImportError:
            continue
    if runtime is not None:
        name = next(setting for setting, module in _RUNTIMES.items() if module == runtime)
        raise ModelError(
            f"{name}, which the setting models/runtime asks for, is not installed or does not fit"
            " the installed numpy; set models/runtime to auto."
        )
    raise ModelError(
        f"No runtime for the models is installed ({' or '.join(choices)}); run ./setup.sh test, or"
        " on a unit sudo ./setup.sh install."
    )


def _indices(
    card: ModelCard, expected: tuple[TensorCard, ...], found: list[dict[str, Any]]
) -> list[int]:
    """Tensor indices; ModelError where the file's tensors are not those of the card."""
    described = [(t.shape, t.dtype) for t in expected]
    actual = [(tuple(int(n) for n in t["shape"]), np.dtype(t["dtype"]).name) for t in found]
    if described != actual:
        raise ModelError(
            f"The model file {card.file} has tensors {actual}, its card says {described}; {_FIX}."
        )
    return [int(detail["index"]) for detail in found]
