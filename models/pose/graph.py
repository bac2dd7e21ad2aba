"""Edits of a tflite graph, bytes to bytes: fold constants, cut outputs, name what is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

NAMELESS = "serving_default"


def fold_constants(model: bytes) -> bytes:
    """The model with every DENSIFY and DEQUANTIZE of a constant replaced by a float32 constant.

    The shipped files keep their weights as float16, some of them sparse. The quantiser only sees
    float32 constants, so these are computed once, by the reference interpreter, and stored.
    """
    from ai_edge_litert import schema_py_generated as schema

    tree = _unpack(model)
    graph = tree.subgraphs[0]
    foldable = {schema.BuiltinOperator.DENSIFY, schema.BuiltinOperator.DEQUANTIZE}
    constant = {i for i, t in enumerate(graph.tensors) if _has_data(tree, t)}
    values = _reference_values(model)
    kept = []
    for operator in graph.operators:
        source, target = int(operator.inputs[0]), int(operator.outputs[0])
        if _code(tree, operator) in foldable and source in constant:
            constant.add(target)
            _store(tree, graph.tensors[target], values(target))
        else:
            kept.append(operator)
    graph.operators = kept
    return _pack(_without_unused(tree))


def keep_outputs(model: bytes, shapes: Sequence[tuple[int, ...]]) -> bytes:
    """The model with only the outputs of these shapes, in this order, and what leads to them.

    Raises ValueError where a shape names no output or several.
    """
    tree = _unpack(model)
    graph = tree.subgraphs[0]
    chosen = []
    for shape in shapes:
        found = [i for i in graph.outputs if tuple(graph.tensors[i].shape) == shape]
        if len(found) != 1:
            raise ValueError(f"{len(found)} outputs of shape {shape}, expected one")
        chosen.append(int(found[0]))
    graph.outputs = chosen
    live = set(chosen)
    kept = []
    for operator in reversed(graph.operators):
        if any(int(o) in live for o in operator.outputs):
            kept.append(operator)
            live |= {int(i) for i in operator.inputs if i >= 0}
    graph.operators = kept[::-1]
    return _pack(_without_unused(tree))


def with_signature(model: bytes, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
    """The model with one signature that names its inputs and outputs, in the file's order."""
    from ai_edge_litert import schema_py_generated as schema

    tree = _unpack(model)
    graph = tree.subgraphs[0]

    def entry(name: str, index: int) -> Any:
        item = schema.TensorMapT()
        item.name, item.tensorIndex = name.encode(), int(index)
        return item

    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = NAMELESS.encode(), 0
    signature.inputs = [entry(*pair) for pair in zip(inputs, graph.inputs, strict=True)]
    signature.outputs = [entry(*pair) for pair in zip(outputs, graph.outputs, strict=True)]
    tree.signatureDefs = [signature]
    return _pack(tree)


def convolution_outputs(model: bytes) -> list[str]:
    """Names of the tensors that ordinary (not depthwise) convolutions write, in graph order."""
    from ai_edge_litert import schema_py_generated as schema

    tree = _unpack(model)
    graph = tree.subgraphs[0]
    return [
        graph.tensors[operator.outputs[0]].name.decode()
        for operator in graph.operators
        if _code(tree, operator) == schema.BuiltinOperator.CONV_2D
    ]


def _unpack(model: bytes) -> Any:
    from ai_edge_litert import schema_py_generated as schema

    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(model, 0))


def _pack(tree: Any) -> bytes:
    import flatbuffers

    builder = flatbuffers.Builder(1024)
    builder.Finish(tree.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _code(tree: Any, operator: Any) -> int:
    kind = tree.operatorCodes[operator.opcodeIndex]
    # builtin codes above 127 only fit the newer of the two fields
    return max(int(kind.builtinCode), int(kind.deprecatedBuiltinCode))


def _has_data(tree: Any, tensor: Any) -> bool:
    data = tree.buffers[tensor.buffer].data
    return data is not None and len(data) > 0


def _store(tree: Any, tensor: Any, value: np.ndarray[Any, Any]) -> None:
    from ai_edge_litert import schema_py_generated as schema

    buffer = schema.BufferT()
    buffer.data = np.frombuffer(value.astype(np.float32).tobytes(), np.uint8)
    tree.buffers.append(buffer)
    tensor.buffer = len(tree.buffers) - 1
    tensor.type = schema.TensorType.FLOAT32
    tensor.sparsity = None


def _reference_values(model: bytes) -> Any:
    """tensor index -> its value after one run on zeros (constants do not depend on the input)."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=model,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
    )
    interpreter.allocate_tensors()
    interpreter.invoke()
    return interpreter.get_tensor


def _without_unused(tree: Any) -> Any:
    """Tensors and buffers that nothing reads or writes any more are dropped."""
    graph = tree.subgraphs[0]
    used = {int(i) for i in (*graph.inputs, *graph.outputs)}
    for operator in graph.operators:
        used |= {int(i) for i in (*operator.inputs, *operator.outputs) if i >= 0}
    place = {old: new for new, old in enumerate(sorted(used))}
    graph.tensors = [graph.tensors[i] for i in sorted(used)]
    for operator in graph.operators:
        operator.inputs = [place.get(int(i), -1) for i in operator.inputs]
        operator.outputs = [place.get(int(i), -1) for i in operator.outputs]
    graph.inputs = [place[int(i)] for i in graph.inputs]
    graph.outputs = [place[int(i)] for i in graph.outputs]
    for signature in tree.signatureDefs or []:
        for item in (*signature.inputs, *signature.outputs):
            item.tensorIndex = place[item.tensorIndex]
    return _without_unused_buffers(tree)


def _without_unused_buffers(tree: Any) -> Any:
    graph, notes = tree.subgraphs[0], tree.metadata or []
    # buffer 0 is the empty one by the format's rule
    used = sorted({0} | {t.buffer for t in graph.tensors} | {n.buffer for n in notes})
    place = {old: new for new, old in enumerate(used)}
    tree.buffers = [tree.buffers[i] for i in used]
    for owner in (*graph.tensors, *notes):
        owner.buffer = place[owner.buffer]
    return tree
