"""Models at the bounds of what is read: for each the exit code, and words of the message or, of
a good one, of the form that it becomes."""

import numpy as np
import onnx
from building import LIMIT, MALFORMED, UNSUPPORTED, good, model, node, value
from onnx import TensorProto, helper, numpy_helper

OK = 0
BOUNDS = {}


def bound(name, proto, code, *words):
    assert name not in BOUNDS
    BOUNDS[name] = (proto, code, words)


def changed(proto, change):
    change(proto)
    return proto


def relu(**options):
    return model([node("Relu", ["x"])], **options)


def opset(domain, version):
    return helper.make_opsetid(domain, version)


# Versions.
NEWEST_IR, NEWEST = onnx.IR_VERSION, onnx.defs.onnx_opset_version()
bound("ir-none", changed(relu(), lambda m: m.ClearField("ir_version")), MALFORMED, "no IR version")
for ir, code in {0: MALFORMED, 1: OK, NEWEST_IR: OK, NEWEST_IR + 1: UNSUPPORTED}.items():
    bound(f"ir-{ir}", relu(ir_version=ir), code)
for version, code in {-1: MALFORMED, 0: MALFORMED, 7: OK, NEWEST: OK, NEWEST + 1: UNSUPPORTED,
                      2**31 - 1: UNSUPPORTED, 2**31: MALFORMED}.items():
    bound(f"opset-{version}", relu(opset=version), code)
bound("opset-none", changed(relu(), lambda m: m.ClearField("opset_import")), UNSUPPORTED,
      "imports no opset")
bound("opset-old-and-changed", model([node("Add", ["x", "x"], name="sum")], opset=6), UNSUPPORTED,
      "opset 6", "sum")
bound("opset-twice", changed(relu(), lambda m: m.opset_import.append(opset("ai.onnx", 17))),
      MALFORMED, "domain '' twice")
for version, code in {1: OK, 2: UNSUPPORTED}.items():
    bound(f"contrib-{version}",
          changed(relu(), lambda m, v=version: m.opset_import.append(opset("com.microsoft", v))),
          code)


def branches(nodes, outputs=("r",)):
    return helper.make_graph(nodes, "branch", [], [value(o) for o in outputs])


def choice(then, outputs=("y",), opset=17, domain=""):
    pick = node("If", ["c"], outputs, name="pick", then_branch=then, else_branch=then)
    pick.domain = domain
    return model([pick], inputs=[value("x"), value("c", [], TensorProto.BOOL)],
                 outputs=[value(o) for o in outputs], opset=opset)


bound("opset-old-and-changed-inside", choice(branches([node("Add", ["x", "x"], ["r"], name="sum")]),
                                             opset=6), UNSUPPORTED, "sum")
spelled = helper.make_node("Relu", ["x"], ["r"], domain="ai.onnx")
bound("domain-spelled-out", choice(branches([spelled]), domain="ai.onnx"), OK, '"Relu"(')

# Nodes.
bound("no-operator-type", model([node("", ["x"], name="lost")]), MALFORMED, "no operator type",
      "lost")
bound("attribute-without-name",
      changed(relu(), lambda m: m.graph.node[0].attribute.add(name="", i=1, type=2)), MALFORMED,
      "has no name")
scales = numpy_helper.from_array(np.ones(2, np.float32), "s")
bound("deprecated", model([node("Upsample", ["x", "s"], name="up")], [scales], opset=10),
      UNSUPPORTED, "deprecated since version 10", "up")
scale = numpy_helper.from_array(np.ones(4, np.float32), "s")
for axis, code in {-3: MALFORMED, -2: OK, 1: OK, 2: MALFORMED}.items():
    bound(f"normalization-axis-{axis}",
          model([node("LayerNormalization", ["x", "s"], axis=axis)], [scale]), code)
    bound(f"rms-axis-{axis}",
          model([node("RMSNormalization", ["x", "s"], axis=axis)], [scale], opset=23), code)
for length, code in {64: OK, 65: LIMIT}.items():
    inputs = [value("x"), value("shape", [length], TensorProto.INT64)]
    bound(f"expand-to-rank-{length}", model([node("Expand", ["x", "shape"])], inputs=inputs), code)
for parts, code in {1: MALFORMED, 2: OK, 3: MALFORMED}.items():
    split = node("Split", ["x"], ["y", "z"], axis=1, num_outputs=parts)
    bound(f"split-into-{parts}", model([split], opset=18), code)

# Scopes.
bound("output-twice", relu(outputs=[value("y"), value("y")]), MALFORMED, "'y' is listed twice")
bound("subgraph-output-twice", choice(branches([node("Relu", ["x"], ["r"])], ["r", "r"]),
                                      ["y", "z"]), OK)
bound("output-named-as-input", model([node("Relu", ["x"], ["x"])], outputs=[value("x")]), MALFORMED,
      "'x' is defined twice", "output of this node")
bound("input-without-name", model([node("Relu", ["x"])], inputs=[value("x"), value("")]), MALFORMED,
      "a graph input has no name")
bound("initializer-without-name", model([node("Relu", ["x"])], [TensorProto(data_type=1, dims=[0])]),
      MALFORMED, "an initializer has no name")
bound("subgraph-output-unmade", choice(branches([node("Relu", ["x"], ["q"])])), MALFORMED,
      "'r' is made by no node", "pick")
for count in (8, 9):
    ring = [node("Add", ["x", f"t{i}"], [f"t{(i + 1) % count}"], name=f"n{i}")
            for i in range(count)]
    bound(f"cycle-of-{count}", model(ring, outputs=[value("t0")]), MALFORMED,
          "-> 'n0'" if count == 8 else "…")

# Types.
for name, dims, code in [("ok", [2**55], OK), ("over", [2**55 + 1], LIMIT),
                         ("of-zero", [0, 2**55], OK), ("product", [2**28, 2**28], LIMIT),
                         ("rank-64", [1] * 64, OK), ("rank-65", [1] * 65, LIMIT)]:
    bound(f"input-{name}", relu(inputs=[value("x", dims)], outputs=[value("y", None)]), code)
tensor_type = helper.make_tensor_type_proto(TensorProto.FLOAT, [2])
for word, kind in {
    "a sequence": helper.make_sequence_type_proto(tensor_type),
    "an optional": helper.make_optional_type_proto(tensor_type),
    "a map": helper.make_map_type_proto(TensorProto.INT64, tensor_type),
    "a sparse tensor": helper.make_sparse_tensor_type_proto(TensorProto.FLOAT, [2]),
    "an opaque type": onnx.TypeProto(opaque_type=onnx.TypeProto.Opaque(name="o")),
}.items():
    entry = helper.make_value_info("x", kind)
    bound(f"input-is-{word}", relu(inputs=[entry]), UNSUPPORTED, f"'x' is {word};")
bound("initializer-of-no-type", model([node("Relu", ["x"])], [TensorProto(name="w", dims=[1])]),
      MALFORMED, "element type UNDEFINED", "does not define")


def stated(name, dtype):
    proto = model([node("Relu", ["x"], ["t"]), node("Relu", ["t"])])
    if name == "y":
        proto.graph.output[0].type.tensor_type.elem_type = dtype
    else:
        proto.graph.value_info.append(value(name, ["n", 4], dtype))
    return proto


for name in ("t", "y"):
    bound(f"stated-type-of-{name}", stated(name, TensorProto.INT64), MALFORMED,
          f"'{name}' is stated to have element type INT64, but what makes it gives FLOAT")
    bound(f"stated-no-type-of-{name}", stated(name, TensorProto.UNDEFINED), OK)

# Constant nodes.
for key, given, text in [
    ("value_float", 2.5, "dense<2.500000e+00> : tensor<f32>"),
    ("value_floats", [1.0, 2.0], "dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>"),
    ("value_int", 7, "dense<7> : tensor<si64>"),
    ("value_ints", [7, -8, 9], "dense<[7, -8, 9]> : tensor<3xsi64>"),
    ("value", numpy_helper.from_array(np.array([True, False])), "dense<[true, false]>"),
]:
    bound(f"constant-{key}", model([node("Constant", [], ["y"], **{key: given})],
                                   outputs=[onnx.ValueInfoProto(name="y")]), OK, text)
bound("constant-string", model([node("Constant", [], ["y"], name="words", value_string="x")],
                               outputs=[onnx.ValueInfoProto(name="y")]), UNSUPPORTED, "words")
for count, text in {16384: "dense<", 16385: "#transformer.weight"}.items():
    weight = numpy_helper.from_array(np.arange(count, dtype=np.float32), "w")
    bound(f"initializer-of-{count}", model([node("Relu", ["w"])], [weight], outputs=[
        value("y", [count])]), OK, f"({text}" if text == "dense<" else text)


# Functions.
def function(name, nodes, domain="local", inputs=("a",), outputs=("b",), version=17, **options):
    return helper.make_function(domain, name, list(inputs), list(outputs), nodes,
                                [opset("", version), opset("local", 1)], **options)


def calling(functions, call, version=17):
    proto = model([call], functions=functions, opset=version)
    proto.opset_import.append(opset("local", 1))
    return proto


body = [helper.make_node("Relu", ["a"], ["b"])]
call = helper.make_node("f", ["x"], ["y"], domain="local", name="call")
bound("function", calling([function("f", body)], call), OK, '"Relu"(')
bound("function-unnamed", calling([function("", body)], call), MALFORMED, "function has no name")
bound("function-twice", calling([function("f", body)] * 2, call), MALFORMED, "'f' is defined twice")
bound("function-of-two-inputs", calling([function("f", body)], helper.make_node(
    "f", ["x", "x"], ["y"], domain="local", name="call")), MALFORMED, "too many inputs", "call")
bound("function-of-two-outputs", calling([function("f", body)], helper.make_node(
    "f", ["x"], ["y", "z"], domain="local", name="call")), MALFORMED, "too many", "call")
bound("function-of-another-opset", calling([function("f", body, version=14)], call), OK, '"Relu"(')
changed_since = [helper.make_node("Softmax", ["a"], ["b"])]
bound("function-that-would-change", calling([function("f", changed_since, version=11)], call),
      UNSUPPORTED, "version 11 of domain ''", "the model for 17")
bound("function-with-an-old-model", calling([function("f", body, version=6)], call, 6), UNSUPPORTED,
      "opset 6")
given = helper.make_node("Softmax", ["a"], ["b"])
given.attribute.append(onnx.AttributeProto(name="axis", type=2, ref_attr_name="dim"))
bound("function-attribute-left-out", calling([function("f", [given], attributes=["dim"])], call), OK)
bound("attribute-of-no-function", changed(model([node("Softmax", ["x"], name="sm")]),
                                          lambda m: m.graph.node[0].attribute.append(
                                              given.attribute[0])), MALFORMED,
      "refers to a function's attribute 'dim'", "sm")
for depth, code in {64: OK, 65: LIMIT}.items():
    chain = [function("f0", body)]
    for i in range(1, depth):
        chain.append(function(f"f{i}", [helper.make_node(f"f{i - 1}", ["a"], ["b"],
                                                         domain="local")]))
    bound(f"functions-{depth}-deep", calling(chain, helper.make_node(
        f"f{depth - 1}", ["x"], ["y"], domain="local")), code)
