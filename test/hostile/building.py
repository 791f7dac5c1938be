"""What cases of hostile models are made of. Each writes a model into a folder and says how it
is refused:

    @case(CODE, "words", "of the message")
    def name(folder): ... return the path to compile
"""

import os

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MALFORMED, UNSUPPORTED, FILE, LIMIT = 3, 4, 5, 7
CASES = {}


def case(code, *words):
    def register(build):
        CASES[build.__name__] = (build, code, words)
        return build

    return register


def value(name, shape=("n", 4), dtype=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def model(nodes, initializers=(), inputs=None, outputs=None, opset=17, **options):
    graph = helper.make_graph(
        nodes, "graph", inputs or [value("x")], outputs or [value("y")], list(initializers)
    )
    options.setdefault("ir_version", 8)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], **options)


def node(op, inputs, outputs=("y",), **attributes):
    name = attributes.pop("name", op.lower())
    return helper.make_node(op, list(inputs), list(outputs), name=name, **attributes)


def save(folder, proto, name="model.onnx"):
    return write(folder, proto if isinstance(proto, bytes) else proto.SerializeToString(), name)


def write(folder, data, name="model.onnx"):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, data):
    """A length-delimited field of the wire format."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def nested(levels, wrappers, innermost=b""):
    """`innermost` inside `levels` messages; `wrappers` are their field numbers in turn."""
    parts, length = [innermost], len(innermost)
    for level in range(levels):
        head = varint(wrappers[level % len(wrappers)] << 3 | 2) + varint(length)
        parts.append(head)
        length += len(head)
    return b"".join(reversed(parts))


def good():
    weight = numpy_helper.from_array(np.ones((4, 4), np.float32), "weight")
    return model([node("MatMul", ["x", "weight"])], [weight])
