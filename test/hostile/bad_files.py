"""Files that are no models, damaged ones, and bombs."""

import os
import struct

import numpy as np
from building import (
    FILE, LIMIT, MALFORMED, case, field, good, helper, model, nested, node, save, write,
)
from onnx import TensorProto


@case(MALFORMED, "is empty")
def empty(folder):
    return write(folder, b"")


@case(MALFORMED, "is text")
def text(folder):
    return write(folder, b"import torch\n\nmodel = torch.load('model.pt')\n" * 50)


@case(MALFORMED, "is text")
def json_text(folder):
    return write(folder, b'{"graph": {"node": []}}')


@case(MALFORMED, "web page")
def html(folder):
    return write(folder, b"<!DOCTYPE html>\n<html><body>Not found</body></html>")


@case(MALFORMED, "zip")
def zip_archive(folder):
    return write(folder, b"PK\x03\x04" + bytes(100))


@case(MALFORMED, "LFS")
def lfs_pointer(folder):
    return write(folder, b"version https://git-lfs/spec/v1\noid sha256:00\nsize 1\n")


@case(MALFORMED, "safetensors")
def safetensors(folder):
    return write(folder, struct.pack("<Q", 40) + b'{"w":{"dtype":"F32","shape":[1]}}' + bytes(20))


@case(MALFORMED, "zeros")
def zeros(folder):
    return write(folder, bytes(10000))


@case(MALFORMED)
def noise(folder):
    return write(folder, np.random.default_rng(0).bytes(10000))


@case(MALFORMED, "ends in the middle of")
def truncated(folder):
    data = good().SerializeToString()
    return write(folder, data[: len(data) * 2 // 3])


@case(MALFORMED, "no graph")
def only_a_header(folder):
    return write(folder, b"\x08\x08")


@case(FILE, "nowhere.onnx")
def missing(folder):
    return os.path.join(folder, "nowhere.onnx")


@case(FILE, "model.onnx")
def directory(folder):
    path = os.path.join(folder, "model.onnx")
    os.mkdir(path)
    return path


@case(FILE, "not a regular file")
def pipe(folder):
    path = os.path.join(folder, "model.onnx")
    os.mkfifo(path)
    return path


@case(MALFORMED, "damaged")
def endless_varint(folder):
    return write(folder, b"\x08" + b"\xff" * 100)


@case(MALFORMED)
def enormous_length(folder):
    return write(folder, b"\x08\x08\x3a" + b"\xff" * 9 + b"\x01")


@case(MALFORMED, "damaged")
def group(folder):
    return write(folder, b"\x08\x08\x3b\x3c")


@case(MALFORMED, "twice")
def two_graphs(folder):
    data = good().SerializeToString()
    return write(folder, data + field(7, b""))


@case(LIMIT, "nested", "--limit-depth")
def million_subgraphs(folder):
    # graph.node.attribute.g.node…
    body = nested(999_999, [6, 5, 1])
    return write(folder, b"\x08\x08" + field(7, body))


@case(LIMIT, "nested", "--limit-depth")
def sequences_of_sequences(folder):
    kind = nested(200_000, [1, 4])
    return write(folder, b"\x08\x08" + field(7, field(11, field(2, kind))))


@case(LIMIT, "--limit-nodes")
def many_nodes(folder):
    return write(folder, b"\x08\x08" + field(7, field(1, b"") * 300_000))


@case(LIMIT, "--limit-records")
def many_names(folder):
    return write(folder, b"\x08\x08" + field(7, field(1, field(1, b"") * 8_100_000)))


@case(LIMIT, "--limit-rank")
def many_dimensions(folder):
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1] * 100_000)
    return save(folder, model([node("Add", ["x", "w"])], [tensor]))


@case(LIMIT, "--limit-nodes")
def exploding_functions(folder):
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)]
    functions = [
        helper.make_function("local", "f0", ["a"], ["b"], [node("Relu", ["a"], ["b"])], opsets)
    ]
    for level in range(1, 12):
        names = ["a"] + [f"t{i}" for i in range(9)] + ["b"]
        calls = [
            helper.make_node(f"f{level - 1}", [names[i]], [names[i + 1]], domain="local")
            for i in range(10)
        ]
        functions.append(helper.make_function("local", f"f{level}", ["a"], ["b"], calls, opsets))
    call = helper.make_node("f11", ["x"], ["y"], domain="local", name="call")
    proto = model([call], functions=functions)
    proto.opset_import.append(helper.make_opsetid("local", 1))
    return save(folder, proto)


@case(MALFORMED, "calls itself")
def recursive_function(folder):
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)]
    body = [helper.make_node("f", ["a"], ["b"], domain="local")]
    function = helper.make_function("local", "f", ["a"], ["b"], body, opsets)
    call = helper.make_node("f", ["x"], ["y"], domain="local")
    proto = model([call], functions=[function])
    proto.opset_import.append(helper.make_opsetid("local", 1))
    return save(folder, proto)
