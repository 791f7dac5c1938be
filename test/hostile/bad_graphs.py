"""Versions, operators, types and graphs that are wrong or unknown."""

import numpy as np
from building import LIMIT, MALFORMED, UNSUPPORTED, case, good, model, node, save, value
from onnx import TensorProto, helper, numpy_helper


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
