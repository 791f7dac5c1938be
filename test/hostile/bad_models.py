"""Models that must be refused: each case writes one into a folder and says how it is refused.

    @case(CODE, "words", "of the message")
    def name(folder): ... return the path to compile
"""

import os
import struct

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


# Building blocks ---------------------------------------------------------------------------


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


def external(folder, location="weights.bin", size=4096, make=True, **entries):
    """MatMul with a weight of 32 x 32 floats in another file."""
    tensor = TensorProto(name="weight", data_type=TensorProto.FLOAT, dims=[32, 32])
    tensor.data_location = TensorProto.EXTERNAL
    for key, text in {"location": location, **entries}.items():
        tensor.external_data.add(key=key, value=str(text))
    if make:
        write(folder, bytes(size), "weights.bin")
    return save(folder, model([node("MatMul", ["x", "weight"])], [tensor], [value("x", ["n", 32])]))


# Files that are no models ------------------------------------------------------------------


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


@case(FILE, "cannot be opened")
def missing(folder):
    return os.path.join(folder, "nowhere.onnx")


@case(FILE, "is a folder")
def directory(folder):
    path = os.path.join(folder, "model.onnx")
    os.mkdir(path)
    return path


@case(FILE, "not a regular file")
def pipe(folder):
    path = os.path.join(folder, "model.onnx")
    os.mkfifo(path)
    return path


# Damage and bombs --------------------------------------------------------------------------


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


# Versions, operators, types ----------------------------------------------------------------


@case(UNSUPPORTED, "opset 99")
def future_opset(folder):
    return save(folder, model([node("Relu", ["x"])], opset=99))


@case(MALFORMED, "no version")
def negative_opset(folder):
    return save(folder, model([node("Relu", ["x"])], opset=-3))


@case(UNSUPPORTED, "IR version 99")
def future_ir(folder):
    return save(folder, model([node("Relu", ["x"])], ir_version=99))


@case(UNSUPPORTED, "Frobnicate", "frob")
def unknown_operator(folder):
    return save(folder, model([node("Frobnicate", ["x"], name="frob")]))


@case(UNSUPPORTED, "Mystery", "secret")
def unknown_domain(folder):
    strange = helper.make_node("Mystery", ["x"], ["y"], name="secret", domain="com.example")
    proto = model([strange])
    proto.opset_import.append(helper.make_opsetid("com.example", 1))
    return save(folder, proto)


@case(MALFORMED, "com.example", "opset imports")
def domain_not_imported(folder):
    strange = helper.make_node("Mystery", ["x"], ["y"], name="secret", domain="com.example")
    return save(folder, model([strange]))


@case(UNSUPPORTED, "STRING")
def strings(folder):
    inputs = [value("x", ["n"], TensorProto.STRING)]
    return save(folder, model([node("Identity", ["x"])], inputs=inputs, outputs=inputs))


@case(UNSUPPORTED, "sequence", "parts")
def sequences(folder):
    nodes = [
        node("SplitToSequence", ["x"], ["parts"], name="split"),
        node("ConcatFromSequence", ["parts"], axis=0),
    ]
    return save(folder, model(nodes))


@case(MALFORMED, "element type 99")
def unknown_type(folder):
    proto = good()
    proto.graph.input[0].type.tensor_type.elem_type = 99
    return save(folder, proto)


@case(MALFORMED, "has no type")
def untyped_input(folder):
    proto = good()
    proto.graph.input[0].ClearField("type")
    return save(folder, proto)


@case(MALFORMED, "inconsistent type", "mixed")
def mixed_types(folder):
    inputs = [value("x"), value("i", ("n", 4), TensorProto.INT64)]
    return save(folder, model([node("Add", ["x", "i"], name="mixed")], inputs=inputs))


@case(MALFORMED, "narrow")
def shapes_that_do_not_fit(folder):
    weight = numpy_helper.from_array(np.ones((5, 4), np.float32), "weight")
    return save(folder, model([node("MatMul", ["x", "weight"], name="narrow")], [weight]))


@case(MALFORMED, "axis", "norm")
def axis_out_of_range(folder):
    scale = numpy_helper.from_array(np.ones(4, np.float32), "scale")
    norm = node("LayerNormalization", ["x", "scale"], name="norm", axis=2**63 - 1)
    return save(folder, model([norm], [scale]))


@case(MALFORMED, "num_outputs")
def split_into_billions(folder):
    split = node("Split", ["x"], ["y"], axis=1, num_outputs=2**40)
    return save(folder, model([split], opset=18))


@case(MALFORMED, "outside")
def negative_batch_dims(folder):
    indices = numpy_helper.from_array(np.zeros((2, 1), np.int64), "indices")
    gather = node("GatherND", ["x", "indices"], batch_dims=-(2**31))
    return save(folder, model([gather], [indices]))


@case(LIMIT, "--limit-rank")
def rank_from_a_size(folder):
    inputs = [value("x"), value("shape", [2**40], TensorProto.INT64)]
    return save(folder, model([node("Expand", ["x", "shape"])], inputs=inputs))


@case(MALFORMED, "input size")
def too_few_inputs(folder):
    return save(folder, model([node("MatMul", ["x"], name="lonely")]))


@case(MALFORMED, "Unrecognized attribute")
def unknown_attribute(folder):
    return save(folder, model([node("Relu", ["x"], colour="red")]))


@case(MALFORMED, "axis", "type")
def attribute_of_other_type(folder):
    return save(folder, model([node("Softmax", ["x"], axis="last")]))


@case(MALFORMED, "given twice")
def repeated_attribute(folder):
    proto = model([node("Softmax", ["x"], axis=1)])
    proto.graph.node[0].attribute.append(proto.graph.node[0].attribute[0])
    return save(folder, proto)


# Graphs ------------------------------------------------------------------------------------


@case(MALFORMED, "nothing_makes_it", "add")
def dangling_input(folder):
    return save(folder, model([node("Add", ["x", "nothing_makes_it"])]))


@case(MALFORMED, "graph output", "'y'")
def dangling_output(folder):
    return save(folder, model([node("Relu", ["x"], ["z"])]))


@case(MALFORMED, "cycle", "first", "second")
def cycle(folder):
    nodes = [
        node("Add", ["x", "b"], ["a"], name="first"),
        node("Relu", ["a"], ["b"], name="second"),
        node("Relu", ["b"]),
    ]
    return save(folder, model(nodes))


@case(MALFORMED, "cycle", "selfish")
def cycle_of_one(folder):
    return save(folder, model([node("Add", ["x", "y"], name="selfish")]))


@case(MALFORMED, "cycle")
def cycle_through_a_subgraph(folder):
    branch = helper.make_graph([node("Relu", ["y"], ["r"])], "branch", [], [value("r")])
    choice = node("If", ["c"], then_branch=branch, else_branch=branch)
    inputs = [value("x"), value("c", [], TensorProto.BOOL)]
    return save(folder, model([choice], inputs=inputs))


@case(MALFORMED, "'y'", "defined twice")
def value_defined_twice(folder):
    return save(folder, model([node("Relu", ["x"]), node("Sigmoid", ["x"])]))


@case(MALFORMED, "'w'", "defined twice")
def initializer_twice(folder):
    weight = numpy_helper.from_array(np.ones((4, 4), np.float32), "w")
    return save(folder, model([node("MatMul", ["x", "w"])], [weight, weight]))


@case(MALFORMED, "'x'", "defined twice")
def input_twice(folder):
    return save(folder, model([node("Relu", ["x"])], inputs=[value("x"), value("x")]))


# Tensors -----------------------------------------------------------------------------------


def raw_tensor(dims, size, dtype=TensorProto.FLOAT):
    return TensorProto(name="w", dims=dims, data_type=dtype, raw_data=bytes(size))


def with_tensor(folder, tensor):
    return save(folder, model([node("Add", ["x", "w"])], [tensor]))


@case(MALFORMED, "'w'", "negative dimension")
def negative_dimension(folder):
    return with_tensor(folder, raw_tensor([-4], 16))


@case(LIMIT, "2^55")
def enormous_dimension(folder):
    return with_tensor(folder, raw_tensor([2**60], 16))


@case(LIMIT, "2^55")
def product_that_wraps(folder):
    return with_tensor(folder, raw_tensor([2**32, 2**32], 0))


@case(MALFORMED, "'w'", "needs 64")
def short_data(folder):
    return with_tensor(folder, raw_tensor([4, 4], 60))


@case(MALFORMED, "needs")
def shape_without_data(folder):
    return with_tensor(folder, raw_tensor([2**40], 16))


@case(MALFORMED, "'w'", "two fields")
def data_in_two_fields(folder):
    tensor = raw_tensor([4], 16)
    tensor.float_data.extend([1, 2, 3, 4])
    return with_tensor(folder, tensor)


@case(MALFORMED, "'w'", "wrong field")
def data_in_the_wrong_field(folder):
    tensor = TensorProto(name="w", dims=[4], data_type=TensorProto.FLOAT)
    tensor.int64_data.extend([1, 2, 3, 4])
    return with_tensor(folder, tensor)


@case(MALFORMED, "'x'", "negative dimension")
def negative_input_dimension(folder):
    return save(folder, model([node("Relu", ["x"])], inputs=[value("x", [-2, 4])]))


@case(LIMIT, "'x'", "2^55")
def enormous_input(folder):
    return save(folder, model([node("Relu", ["x"])], inputs=[value("x", [2**40, 2**40])]))


# External data -----------------------------------------------------------------------------


@case(MALFORMED, "'weight'", "weights.bin", "missing")
def external_missing(folder):
    return external(folder, make=False)


@case(MALFORMED, "'weight'", "weights.bin", "4000 bytes")
def external_short(folder):
    return external(folder, size=4000)


@case(MALFORMED, "'weight'", "weights.bin")
def external_offset_past_the_end(folder):
    return external(folder, offset=2**63)


@case(MALFORMED, "not a number")
def external_negative_offset(folder):
    return external(folder, offset=-8)


@case(MALFORMED, "not a number")
def external_offset_that_overflows(folder):
    return external(folder, offset=2**70)


@case(MALFORMED, "'weight'", "needs 4096")
def external_wrong_length(folder):
    return external(folder, length=64)


@case(MALFORMED, "outside")
def external_parent(folder):
    write(os.path.dirname(folder), bytes(4096), "outside.bin")
    return external(folder, location="../outside.bin")


@case(MALFORMED, "outside")
def external_parent_inside_a_path(folder):
    os.mkdir(os.path.join(folder, "sub"))
    return external(folder, location="sub/../../outside.bin")


@case(MALFORMED, "absolute")
def external_absolute(folder):
    return external(folder, location="/etc/passwd")


@case(MALFORMED, "symbolic link")
def external_symlink(folder):
    os.symlink("/etc/passwd", os.path.join(folder, "link.bin"))
    return external(folder, location="link.bin")


@case(MALFORMED, "symbolic link")
def external_through_a_linked_folder(folder):
    os.symlink("/etc", os.path.join(folder, "link"))
    return external(folder, location="link/passwd")


@case(MALFORMED, "hard link")
def external_hardlink(folder):
    write(os.path.dirname(folder), bytes(4096), "original.bin")
    os.link(os.path.join(os.path.dirname(folder), "original.bin"), os.path.join(folder, "hard.bin"))
    return external(folder, location="hard.bin")


@case(MALFORMED, "folder")
def external_directory(folder):
    os.mkdir(os.path.join(folder, "data"))
    return external(folder, location="data")


@case(MALFORMED, "not a regular file")
def external_pipe(folder):
    os.mkfifo(os.path.join(folder, "pipe"))
    return external(folder, location="pipe")


@case(MALFORMED, "names no file")
def external_unnamed(folder):
    return external(folder, location="")


@case(MALFORMED)
def external_name_with_zero(folder):
    return external(folder, location="weights.bin\0.txt")


@case(LIMIT, "overlap")
def external_overlaps(folder):
    tensors = []
    for i in range(12):
        tensor = TensorProto(name=f"w{i}", data_type=TensorProto.FLOAT, dims=[64, 512])
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="weights.bin")
        tensor.external_data.add(key="offset", value=str(4 * i))
        tensors.append(tensor)
    write(folder, bytes(64 * 512 * 4 + 64), "weights.bin")
    nodes = [node("Add", [f"s{i}", f"w{i}"], [f"s{i + 1}"], name=f"add{i}") for i in range(12)]
    kinds = [value("s0", [64, 512])], [value("s12", [64, 512])]
    return save(folder, model(nodes, tensors, *kinds))
