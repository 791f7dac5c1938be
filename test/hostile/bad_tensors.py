"""Tensors that do not fit their shapes, and external data that is not where it should be."""

import os

from building import LIMIT, MALFORMED, case, model, node, save, value, write
from onnx import TensorProto


def external(folder, location="weights.bin", size=4096, make=True, **entries):
    """MatMul with a weight of 32 x 32 floats in another file."""
    tensor = TensorProto(name="weight", data_type=TensorProto.FLOAT, dims=[32, 32])
    tensor.data_location = TensorProto.EXTERNAL
    for key, text in {"location": location, **entries}.items():
        tensor.external_data.add(key=key, value=str(text))
    if make:
        write(folder, bytes(size), "weights.bin")
    return save(folder, model([node("MatMul", ["x", "weight"])], [tensor], [value("x", ["n", 32])]))


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
