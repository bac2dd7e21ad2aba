"""Store most convolution weights of a float32 tflite model as int8.

Only the storage is int8: each channel has its own scale, and the sums stay float32. With quantised
activations the world points moved by several centimetres, so those are left alone.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from models.pose import graph

# Heads whose numbers are used as metres or pixels, and the few convolutions that alone caused
# most of the drift. Names are those inside the shipped files.
FLOAT_HEADS = ("convld_3d", "convworld_3d", "poseflag")
SENSITIVE: dict[str, tuple[str, ...]] = {
    "pose_full": (
        "batch_normalization_78/FusedBatchNormV3;model_1/model/conv2d_46/Conv2D1",
        "conv2d_29/Conv2D;model_1/model/conv2d_6/Conv2D",
        "conv2d_15/Conv2D;model_1/model/conv2d_2/Conv2D",
    ),
    "pose_lite": (
        "depthwise_conv2d_29/depthwise;model_1/model/conv2d_2/Conv2D",
        "model_1/model/conv2d_29/Conv2D;model_1/model/conv2d_4/Conv2D",
        "depthwise_conv2d_5/depthwise;model_1/model/conv2d_10/Conv2D",
        "batch_normalization_70/FusedBatchNormV3;model_1/model/conv2d_42/Conv2D1",
    ),
    "pose_detector": (),
}


def int8_weights(model: bytes, name: str) -> tuple[bytes, int, int]:
    """(the model with int8 weights, convolutions stored as int8, convolutions left float32)."""
    from ai_edge_quantizer import quantizer

    names = graph.convolution_outputs(model)
    left = [tensor for tensor in names if _stays_float(tensor, name)]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "float.tflite"), Path(folder, "int8.tflite")
        source.write_bytes(model)
        work = quantizer.Quantizer(str(source))
        work.add_weight_only_config(".*", "CONV_2D", 8)
        for tensor in left:
            work.update_quantization_recipe(
                regex="^" + re.escape(tensor), operation_name="*", algorithm_key="no_quantize"
            )
        work.quantize().export_model(str(target))
        return target.read_bytes(), len(names) - len(left), len(left)


def _stays_float(tensor: str, name: str) -> bool:
    return any(head in tensor for head in FLOAT_HEADS) or tensor.endswith(
        SENSITIVE[name] or ("\0",)
    )
