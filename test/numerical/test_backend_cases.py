"""ONNX's own examples of each operator, as the onnx package makes them."""

import importlib
import warnings

import numpy as np
import onnx.backend.test.case.node as examples
import pytest
from node_models import Input, NodeCase, by_opset, check
from onnx import TensorProto, numpy_helper

# What the tables beside this one have is not here.
MODULES = """
    acos acosh asin asinh atan atanh bitwiseand bitwisenot bitwiseor bitwisexor ceil celu concat
    constantofshape conv cos cosh depthtospace elu erf exp floor gather gatherelements gathernd gelu
    hardsigmoid hardswish identity isnan leakyrelu log mean mish pad pow prelu rangeop reciprocal
    reshape round selu shrink sigmoid sin sinh size slice softplus softsign spacetodepth split sqrt sum
    swish tan tanh thresholdedrelu tile where
""".split()

# Operands that say what shape a result has: the model holds them.
SHAPES = {"ConstantOfShape": [0], "Pad": [1, 3], "Range": [0, 1, 2], "Reshape": [1], "Slice": [1, 2, 3, 4],
          "Split": [1], "Tile": [1]}
# What attune compiles.
TYPES = {getattr(TensorProto, name) for name in "FLOAT DOUBLE FLOAT16 BFLOAT16 BOOL INT8 INT16 INT32 INT64 UINT8 "
         "UINT16 UINT32 UINT64".split()}


def array(value):
    return numpy_helper.to_array(value) if isinstance(value, TensorProto) else np.asarray(value)


def convert(example):
    """The example as a case, or None when attune does not compile it."""
    graph, node = example.model.graph, example.model.graph.node[0]
    kinds = [v.type.WhichOneof("value") == "tensor_type" and v.type.tensor_type.elem_type
             for v in [*graph.input, *graph.output]]
    if len(graph.node) != 1 or node.domain or not TYPES.issuperset(kinds):
        return None
    held = SHAPES.get(node.op_type, [])
    fed = dict(zip([v.name for v in graph.input], map(array, example.data_sets[0][0])))
    made = dict(zip([v.name for v in graph.output], map(array, example.data_sets[0][1])))
    opset = next(o.version for o in example.model.opset_import if not o.domain)
    return NodeCase(example.name, opset, node,
                    [Input(fed[n], constant=i in held) if n else None for i, n in enumerate(node.input)],
                    [made[n] if n else None for n in node.output], {8: 1e-3, 4: 1e-3, 2: 1e-2}, 1e-6)


def collect():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in MODULES:
            importlib.import_module(f"{examples.__name__}.{module}")
    return by_opset([c for c in map(convert, examples._NodeTestCases) if c])


GROUPS = collect()


@pytest.mark.parametrize("opset", GROUPS)
def test_examples(attune, tmp_path, opset):
    check(attune, tmp_path, GROUPS[opset])
