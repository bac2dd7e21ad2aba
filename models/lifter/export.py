"""Turns the trained network into models/pelvis.tflite with its card.

    python -m models.lifter.export --checkpoint data/pelvis/checkpoint.pt --crops data/crops

Weights of the large layers are stored as float16 and computed in float32: as fast as int8 weights
in both runtimes, with a tenth of their drift. What it costs is measured here and written into the
card.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from models.lifter.crops.stored import CropSet, load_crops
from models.lifter.train.network import BOTH_WAYS, BothWays, PelvisNetwork, ShippedNetwork
from models.lifter.train.reading import read_all, report

MODELS = Path(__file__).resolve().parent.parent
FAMILIAR_GROUPS = 2000  # of crops, to know what is familiar
FILE = "pelvis.tflite"
MEASURED = ("tilt", "list", "rotation", "lumbar_flexion")


def calibrate(network: BothWays, validation: CropSet) -> tuple[float, float, float, float]:
    """By how much each predicted standard deviation must be stretched to match the errors.

    The error is that of the change from the standing view, on lifters not trained on. The median
    of |error|/sd is matched to a normal distribution's 0.6745, so that a few gross errors do not
    make every good frame look bad; where the root mean square asks for more, the mean of both.
    """
    angles, sds = read_all(network, validation)
    error = angles - validation.truth
    error[..., 2] = (error[..., 2] + 180) % 360 - 180
    ratio = np.abs(error[:, 1:] - error[:, :1]) / sds[:, 1:]
    middle = np.median(ratio, axis=(0, 1)) / 0.6745
    spread = np.sqrt(np.mean(np.minimum(ratio, 5.0) ** 2, axis=(0, 1)))
    a, b, c, d = (float(v) for v in np.maximum(middle, (middle + spread) / 2))
    return a, b, c, d


def familiar(network: PelvisNetwork, crops: CropSet) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean (128,) and whitening (128, 128) of the embeddings of crops (Mahalanobis distance).

    Directions in which the crops hardly differ are held at a hundredth of the mean variance, so
    that rounding does not look strange.
    """
    from models.lifter.train.batches import to_batch

    embeddings = []
    with torch.no_grad():
        for start in range(0, len(crops), 16):
            views = to_batch(crops, np.arange(start, min(start + 16, len(crops)))).views
            embeddings.append(network.embed(views.flatten(0, 1)))
    found = torch.cat(embeddings).double()
    mean = found.mean(dim=0)
    variance, ways = torch.linalg.eigh(torch.cov(found.T))
    held = variance.clamp(min=float(variance.mean()) * 0.01)
    return mean.float(), (ways / held.sqrt()).T.float().contiguous()


def convert(shipped: ShippedNetwork, out: Path) -> None:
    """Writes the float network as tflite, then with float16 weights over it."""
    import litert_torch
    from ai_edge_quantizer import qtyping, quantizer
    from ai_edge_quantizer.algorithm_manager import AlgorithmName

    shipped.eval()
    sample = (torch.zeros(2, 64, 64, 4), torch.zeros(1, BOTH_WAYS))
    plain = out.with_suffix(".float.tflite")
    litert_torch.convert(shipped, sample).export(str(plain))
    recipe = quantizer.Quantizer(str(plain))
    halved = qtyping.OpQuantizationConfig(
        weight_tensor_config=qtyping.TensorQuantizationConfig(
            num_bits=16, dtype=qtyping.TensorDataType.FLOAT
        ),
        compute_precision=qtyping.ComputePrecision.FLOAT,
        explicit_dequantize=True,
    )
    for operation in ("CONV_2D", "FULLY_CONNECTED"):
        recipe.update_quantization_recipe(
            ".*", qtyping.TFLOperationName(operation), halved, AlgorithmName.FLOAT_CASTING
        )
    out.unlink(missing_ok=True)
    recipe.quantize().export_model(str(out))
    plain.unlink()


class Runner:
    """The written file in the interpreter, to measure what was written."""

    def __init__(self, file: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter: Any = Interpreter(str(file), num_threads=1)
        self._interpreter.allocate_tensors()
        self.inputs = self._interpreter.get_input_details()
        self.outputs = self._interpreter.get_output_details()
        shapes = [tuple(d["shape"][1:]) for d in (*self.inputs, *self.outputs)]
        if shapes != [(64, 64, 4), (BOTH_WAYS,), (9,), (BOTH_WAYS,), (1,)]:
            raise ValueError(f"the file's tensors are in another order: {shapes}")

    def run(
        self, views: npt.NDArray[np.float32], standing: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float32], ...]:
        """(2, 64, 64, 4), (1, 256) -> (1, 9), (1, 256), (1, 1)."""
        self._interpreter.set_tensor(self.inputs[0]["index"], views)
        self._interpreter.set_tensor(self.inputs[1]["index"], standing)
        self._interpreter.invoke()
        return tuple(self._interpreter.get_tensor(d["index"]) for d in self.outputs)


def drift(network: ShippedNetwork, runner: Runner, crops: CropSet, groups: int) -> dict[str, float]:
    """How far the written file's angles are from the network's own, deg, over some crops."""
    from models.lifter.train.batches import to_batch

    chosen = np.linspace(0, len(crops) - 1, groups).astype(int)
    views = to_batch(crops, chosen).views.flatten(0, 1).permute(0, 2, 3, 1).contiguous()
    differences = []
    with torch.no_grad():
        for view in views:
            standing = torch.zeros(1, BOTH_WAYS)
            both = torch.stack([view, view])
            expected, _, _ = network(both, standing)
            said, _, _ = runner.run(both.numpy(), standing.numpy())
            differences.append(said[0, [0, 4]] - expected[0, [0, 4]].numpy())
    table = np.abs(np.array(differences))
    return {
        "tilt_drift_median_deg": round(float(np.median(table[:, 0])), 3),
        "tilt_drift_p95_deg": round(float(np.percentile(table[:, 0], 95)), 3),
        "lumbar_flexion_drift_p95_deg": round(float(np.percentile(table[:, 1], 95)), 3),
    }


def strangeness_limit(network: ShippedNetwork, crops: CropSet) -> float:
    """What 99.9 % of the crops, of lifters not trained on, stay under."""
    from models.lifter.train.batches import to_batch

    found = []
    with torch.no_grad():
        for start in range(0, len(crops), 16):
            views = to_batch(crops, np.arange(start, min(start + 16, len(crops)))).views
            found.append(network.strangeness(network.network.network.embed(views.flatten(0, 1))))
    return round(float(np.percentile(torch.cat(found).numpy(), 99.9)), 2)


def card(file: Path, runner: Runner, facts: dict[str, Any]) -> dict[str, Any]:
    """What must be known about the file."""
    data = file.read_bytes()

    def tensors(details: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {
                "name": d["name"],
                "shape": [int(n) for n in d["shape"]],
                "dtype": np.dtype(d["dtype"]).name,
            }
            for d in details
        ]

    return {
        "name": "pelvis",
        "file": file.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "source": "trained by models/lifter/train on lifters rendered by models/lifter/crops",
        "licence": "Apache-2.0",
        "recipe": "make pelvis-model (models/lifter/README.md)",
        "inputs": tensors(runner.inputs),
        "outputs": tensors(runner.outputs),
        "quantisation": "convolution and dense weights stored as float16, computed in float32",
        "limits": "learned and measured on simulated depth of simulated lifters only; no real "
        "lifter with a known pelvis has been measured yet",
        **facts,
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--crops", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=MODELS)
    parser.add_argument(
        "--sd-scale",
        type=float,
        nargs=4,
        default=(1.0, 1.0, 1.0, 1.0),
        metavar=("TILT", "LIST", "ROTATION", "LUMBAR"),
        help="stretch the standard deviations further, as whole reps of tuning lifters ask for",
    )
    chosen = parser.parse_args()
    network = PelvisNetwork()
    saved = torch.load(chosen.checkpoint, weights_only=True)
    network.load_state_dict(saved["network"])
    network.eval()
    both_ways = BothWays(network).eval()
    validation = load_crops(chosen.crops, "validation")
    a, b, c, d = (
        s * f for s, f in zip(calibrate(both_ways, validation), chosen.sd_scale, strict=True)
    )
    scale = (a, b, c, d)
    trained_on = load_crops(chosen.crops, "train")
    mean, whitening = familiar(network, trained_on.some(FAMILIAR_GROUPS))
    shipped = ShippedNetwork(both_ways, scale, mean, whitening).eval()
    file = chosen.out / FILE
    convert(shipped, file)
    runner = Runner(file)
    facts = {
        "trained_on_crops": trained_on.samples,
        "epochs": saved["epoch"],
        "sd_scale": dict(zip(MEASURED, (round(s, 3) for s in scale), strict=True)),
        "validation": {k: round(v, 3) for k, v in report(both_ways, validation).items()},
        "strangeness_limit": strangeness_limit(shipped, validation),
        "drift": drift(shipped, runner, validation, 60),
    }
    text = json.dumps(card(file, runner, facts), indent=2)
    (chosen.out / "pelvis.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
