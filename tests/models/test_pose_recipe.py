from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from device import paths
from models.pose import build, graph

schema: Any = pytest.importorskip("ai_edge_litert.schema_py_generated")
interpreter: Any = pytest.importorskip("ai_edge_litert.interpreter")

HALVES = np.array([0.5, -1.25, 3.0], np.float16)


def tensor(name: str, shape: list[int], kind: int, buffer: int = 0) -> Any:
    item = schema.TensorT()
    item.name, item.shape, item.type, item.buffer = name.encode(), shape, kind, buffer
    return item


def operator(code: int, inputs: list[int], outputs: list[int], options: Any = None) -> Any:
    item = schema.OperatorT()
    item.opcodeIndex, item.inputs, item.outputs = code, inputs, outputs
    if options is not None:
        item.builtinOptionsType = schema.BuiltinOptions.AddOptions
        item.builtinOptions = options
    return item


@pytest.fixture
def shipped() -> bytes:
    """A model like the shipped ones in small: float16 weights, and a branch nobody needs.

    x (1, 3) -> x + w (1, 3), and its logistic, reshaped to (3,).
    """
    tree = schema.ModelT()
    tree.version, tree.description = 3, b"small"
    codes = []
    for builtin in ("DEQUANTIZE", "ADD", "LOGISTIC", "RESHAPE"):
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, builtin)
        code.version = 3 if builtin == "DEQUANTIZE" else 1
        codes.append(code)
    tree.operatorCodes = codes
    tree.buffers = [schema.BufferT() for _ in range(3)]
    tree.buffers[1].data = np.frombuffer(HALVES.tobytes(), np.uint8)
    tree.buffers[2].data = np.frombuffer(np.array([3], np.int32).tobytes(), np.uint8)
    kinds = schema.TensorType
    part = schema.SubGraphT()
    part.name = b"main"
    part.tensors = [
        tensor("x", [1, 3], kinds.FLOAT32),
        tensor("w16", [1, 3], kinds.FLOAT16, 1),
        tensor("w", [1, 3], kinds.FLOAT32),
        tensor("sum", [1, 3], kinds.FLOAT32),
        tensor("sure", [1, 3], kinds.FLOAT32),
        tensor("shape", [1], kinds.INT32, 2),
        tensor("flat", [3], kinds.FLOAT32),
    ]
    part.operators = [
        operator(0, [1], [2]),
        operator(1, [0, 2], [3], schema.AddOptionsT()),
        operator(2, [3], [4]),
        operator(3, [4, 5], [6]),
    ]
    part.inputs, part.outputs = [0], [3, 6]
    tree.subgraphs = [part]
    return graph._pack(tree)


def opened(model: bytes) -> Any:
    made = interpreter.Interpreter(model_content=model)
    made.allocate_tensors()
    return made


def operators(model: bytes) -> int:
    return len(graph._unpack(model).subgraphs[0].operators)


def outputs(model: bytes) -> list[np.ndarray]:
    made = opened(model)
    made.set_tensor(made.get_input_details()[0]["index"], np.array([[1, 2, 3]], np.float32))
    made.invoke()
    return [made.get_tensor(item["index"]) for item in made.get_output_details()]


def test_folding_leaves_no_float16_and_the_same_answer(shipped: bytes) -> None:
    folded = graph.fold_constants(shipped)
    assert operators(folded) == operators(shipped) - 1
    kinds = {item["dtype"] for item in opened(folded).get_tensor_details()}
    assert np.float16 not in kinds
    for before, after in zip(outputs(shipped), outputs(folded), strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_allclose(outputs(folded)[0], [[1.5, 0.75, 6.0]])


def test_cutting_an_output_removes_its_branch_and_keeps_the_other(shipped: bytes) -> None:
    cut = graph.keep_outputs(shipped, [(1, 3)])
    assert operators(cut) == operators(shipped) - 2
    assert len(cut) < len(shipped)
    (kept,) = outputs(cut)
    np.testing.assert_array_equal(kept, outputs(shipped)[0])


def test_outputs_come_in_the_order_asked_for(shipped: bytes) -> None:
    shapes = [out.shape for out in outputs(graph.keep_outputs(shipped, [(3,), (1, 3)]))]
    assert shapes == [(3,), (1, 3)]


def test_an_output_that_is_not_there_is_refused(shipped: bytes) -> None:
    with pytest.raises(ValueError, match="0 outputs of shape"):
        graph.keep_outputs(shipped, [(1, 256, 256, 1)])


def test_a_signature_names_inputs_and_outputs(shipped: bytes) -> None:
    named = graph.with_signature(shipped, ["image"], ["first", "second"])
    run = opened(named).get_signature_runner()
    answer = run(image=np.array([[1, 2, 3]], np.float32))
    np.testing.assert_array_equal(answer["first"], outputs(shipped)[0])
    np.testing.assert_array_equal(answer["second"], outputs(shipped)[1])


def test_a_signature_of_too_few_names_is_refused(shipped: bytes) -> None:
    with pytest.raises(ValueError, match="zip"):
        graph.with_signature(shipped, ["image"], ["first"])


@pytest.mark.parametrize("source", build.SOURCES, ids=lambda source: source.name)
def test_the_stored_model_is_what_the_recipe_says(source: build.Source) -> None:
    card = json.loads((paths.MODELS / f"{source.name}.json").read_text())
    content = (paths.MODELS / card["file"]).read_bytes()
    assert card["bytes"] == len(content)
    assert card["source"] == {
        "npm": build.PACKAGE,
        "file": source.file,
        "sha256": source.sha256,
    }
    (signature,) = opened(content).get_signature_list().values()
    assert signature["inputs"] == ["image"]
    assert sorted(signature["outputs"]) == sorted(source.outputs)
    weights = [t for t in opened(content).get_tensor_details() if t["dtype"] == np.int8]
    promised = int(card["quantisation"].split()[2])
    assert len(weights) == promised


@pytest.mark.parametrize("name", ["pose_full", "pose_lite"])
def test_the_drift_on_the_card_is_below_that_of_a_jittered_crop(name: str) -> None:
    drift = json.loads((paths.MODELS / f"{name}.json").read_text())["drift"]
    for figure in ("hips_px", "visible_points_px", "knee_flexion_deg", "world_mm"):
        for part in ("median", "p95"):
            assert drift["stored"][figure][part] < drift["crop_jitter"][figure][part]


def test_every_licence_named_on_a_card_is_in_the_folder() -> None:
    for source in build.SOURCES:
        card = json.loads((paths.MODELS / f"{source.name}.json").read_text())
        assert "Apache License" in (paths.MODELS / card["licence_file"]).read_text()
