"""Writes the models that the tests in this folder read: build.py NAME OUT.onnx"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def value(name, shape, dtype=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def model(nodes, inputs, outputs, initializers=(), opset=17, ir=8, functions=()):
    graph = helper.make_graph(nodes, "graph", inputs, outputs, list(initializers))
    opsets = [helper.make_opsetid("", opset)]
    if functions:
        opsets.append(helper.make_opsetid("local", 1))
    return helper.make_model(graph, opset_imports=opsets, ir_version=ir, functions=functions)


def constants():
    """One tensor of every kind, small, and one that is large."""
    types = {
        "f32": TensorProto.FLOAT, "f16": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16,
        "i64": TensorProto.INT64, "i8": TensorProto.INT8, "u8": TensorProto.UINT8,
        "u32": TensorProto.UINT32, "f64": TensorProto.DOUBLE, "bool": TensorProto.BOOL,
        "i4": TensorProto.INT4, "u4": TensorProto.UINT4, "c64": TensorProto.COMPLEX64,
        "i16": TensorProto.INT16, "u16": TensorProto.UINT16, "i32": TensorProto.INT32,
        "u64": TensorProto.UINT64, "c128": TensorProto.COMPLEX128, "f4": TensorProto.FLOAT4E2M1,
        "f8a": TensorProto.FLOAT8E4M3FN, "f8b": TensorProto.FLOAT8E4M3FNUZ,
        "f8c": TensorProto.FLOAT8E5M2, "f8d": TensorProto.FLOAT8E5M2FNUZ,
    }
    tensors = [
        # Without raw=True, the helper uses the typed fields.
        helper.make_tensor(name, dtype, [3], [1, 0, 3]) for name, dtype in types.items()
    ]
    # Packed below a byte: 1, 0, -1, -2, 1 and 1, 0, 3, 2, 1; one byte, and the rest in the next.
    for name, dtype in (("i2", TensorProto.INT2), ("u2", TensorProto.UINT2)):
        tensors.append(TensorProto(name=name, data_type=dtype, dims=[5], raw_data=b"\xb1\x01"))
    tensors.append(TensorProto(name="f8e", data_type=TensorProto.FLOAT8E8M0, dims=[2],
                               raw_data=b"\x7f\x80"))
    tensors.append(helper.make_tensor("scalar", TensorProto.FLOAT, [], [2.5]))
    tensors.append(helper.make_tensor("empty", TensorProto.INT64, [0], []))
    tensors.append(helper.make_tensor("typed", TensorProto.INT64, [200], list(range(200))))
    large = np.arange(20000, dtype=np.float32).reshape(100, 200)
    tensors.append(numpy_helper.from_array(large, "large"))
    outputs = [value(t.name, list(t.dims), t.data_type) for t in tensors]
    return model([], [], outputs, tensors, opset=25, ir=13)


def subgraphs():
    """Branches that use the same names, a capture from outside, an absent optional input."""
    def branch(op):
        nodes = [helper.make_node(op, ["x"], ["t"], name="inner"),
                 helper.make_node("Neg", ["t"], ["u"], name="negate")]
        return helper.make_graph(nodes, op, [], [value("u", None)])

    nodes = [
        helper.make_node("If", ["c"], ["p"], name="choose",
                         else_branch=branch("Tanh"), then_branch=branch("Relu")),
        helper.make_node("Clip", ["p", "", "high"], ["y"], name="clip"),
    ]
    high = numpy_helper.from_array(np.array(6, np.float32), "high")
    inputs = [value("x", ["n", 4]), value("c", [], TensorProto.BOOL)]
    return model(nodes, inputs, [value("y", ["n", 4])], [high])


def functions():
    """A function that calls another one, with an attribute passed through."""
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)]
    softmax = helper.make_node("Softmax", ["a"], ["b"])
    softmax.attribute.append(onnx.AttributeProto(
        name="axis", type=onnx.AttributeProto.INT, ref_attr_name="dim"))
    inner = helper.make_function("local", "Inner", ["a"], ["b"], [softmax], opsets, ["dim"])
    call = helper.make_node("Inner", ["a"], ["t"], domain="local", dim=1)
    scale = helper.make_node("Mul", ["t", "a"], ["b"])
    outer = helper.make_function("local", "Outer", ["a"], ["b"], [call, scale], opsets)
    nodes = [helper.make_node("Outer", ["x"], ["y"], domain="local", name="call")]
    return model(nodes, [value("x", ["n", 4])], [value("y", None)], functions=[inner, outer])


def dims():
    """Dimension texts as exporters write them."""
    inputs = [
        value("a", ["batch", "past + 1", "Min(512, seq)"]),
        value("b", ["batch size", "batch_size", None]),
        value("c", ["7", "", "batch size"]),
        value("d", ["3 + 4", "2 - 5", "0 * q", "1st", "min", "r" * 99 + " x"]),
        value("e", ["d_d1", "$", "mod", None]),
    ]
    nodes = [helper.make_node("Neg", [n], ["-" + n], name="neg_" + n) for n in "abcde"]
    outputs = [value("-a", ["o", None, 9]), *(value("-" + n, None) for n in "bcde")]
    return model(nodes, inputs, outputs)


def unsorted():
    """Nodes in the wrong order, one of them without a name."""
    nodes = [
        helper.make_node("Neg", ["t"], ["y"], name="second"),
        helper.make_node("Abs", ["x"], ["t"]),
    ]
    return model(nodes, [value("x", ["n"])], [value("y", ["n"])])


def old():
    """IR version 3: initializers are listed as inputs too. Opset 6, unchanged since."""
    weight = numpy_helper.from_array(np.ones((2,), np.float32), "w")
    nodes = [helper.make_node("Relu", ["x"], ["t"], name="relu"),
             helper.make_node("Identity", ["w"], ["v"], name="same")]
    inputs = [value("x", ["n"]), value("w", [2])]
    return model(nodes, inputs, [value("t", ["n"]), value("v", [2])], [weight], opset=6, ir=3)


def lies():
    """Stated shapes that are wrong: what inference finds counts."""
    nodes = [helper.make_node("MatMul", ["x", "w"], ["t"], name="mm"),
             helper.make_node("Relu", ["t"], ["y"], name="relu")]
    weight = numpy_helper.from_array(np.ones((4, 8), np.float32), "w")
    proto = model(nodes, [value("x", ["n", 4])], [value("y", ["n", 99])], [weight])
    proto.graph.value_info.append(value("t", [1, 2, 3]))
    return proto


def contrib():
    """An operator that only the file knows the type of, and one of no known type."""
    nodes = [
        helper.make_node("FusedThing", ["x"], ["t"], domain="com.microsoft", name="fused"),
        helper.make_node("Relu", ["t"], ["y"], name="relu"),
        helper.make_node("Other", ["x"], ["z"], domain="com.microsoft", name="other"),
    ]
    proto = model(nodes, [value("x", ["n", 4])], [value("y", None)])
    proto.graph.value_info.append(value("t", ["n", 4]))
    proto.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return proto


def extensions():
    """ONNX Runtime's operators with no types stated in between, and the standard's after them."""
    runtime = "com.microsoft"
    nodes = [
        helper.make_node("EmbedLayerNormalization", ["ids", "", "words", "words", "", "w", "w"], ["e", "count"],
                         domain=runtime, name="embed"),
        helper.make_node("SkipLayerNormalization", ["e", "e", "w"], ["s", "", "", "sum"], domain=runtime, name="skip"),
        helper.make_node("SimplifiedLayerNormalization", ["s", "w"], ["r"], name="simple"),
        helper.make_node("Add", ["r", "sum"], ["y"], name="add"),
        helper.make_node("FastGelu", ["unknown"], ["z"], domain=runtime, name="gelu"),
        helper.make_node("Other", ["ids"], ["unknown"], domain=runtime, name="other"),
    ]
    proto = model(nodes, [value("ids", ["b", "s"], TensorProto.INT32), value("words", [9, 4]), value("w", [4])],
                  [value("y", None), value("count", None, TensorProto.INT32)], opset=11)
    proto.opset_import.append(helper.make_opsetid(runtime, 1))
    return proto


def external():
    """A small and a large tensor in weights.bin, beside the model."""
    data = np.arange(40000, dtype=np.float32)
    with open(sys.argv[2].rsplit("/", 1)[0] + "/weights.bin", "wb") as file:
        file.write(np.array([-1, 4], np.int64).tobytes() + data.tobytes())
    shape = TensorProto(name="shape", dims=[2], data_type=TensorProto.INT64)
    table = TensorProto(name="table", dims=[10000, 4], data_type=TensorProto.FLOAT)
    for tensor, offset in ((shape, 0), (table, 16)):
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="./weights.bin")
        tensor.external_data.add(key="offset", value=str(offset))
    nodes = [helper.make_node("Reshape", ["x", "shape"], ["r"], name="reshape"),
             helper.make_node("MatMul", ["table", "rt"], ["y"], name="mm"),
             helper.make_node("Transpose", ["r"], ["rt"], name="transpose")]
    return model(nodes, [value("x", ["n", 2, 2])], [value("y", None)], [shape, table])


onnx.save(globals()[sys.argv[1]](), sys.argv[2])
