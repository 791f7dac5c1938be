"""Nodes of graph form that the lowerings to linalg do not take: operand kinds, ranks, axes,
attributes. An operand is "4x4xf32", "[1, 2]:2xi64" (a constant) or "-" (absent)."""

import pytest
from node_text import verify

X, V, S, THREE = "4x4xf32", "4xf32", "f32", "3xi64"


def one(value):
    return f"{value}:1xi64"


def axis(value):
    return f"axis = {value} : i64"


def batch(value):
    return f"batch_dims = {value} : i64"


# Operator: operands, results, attributes.
ROWS = {
    "Gather": [([X], "3x4xf32"), ([X, "3xf32"], "3x4xf32"), ([X, "3xi1"], "3x4xf32"), ([S, THREE], "3xf32"),
               ([X, THREE], "3x4xf32", axis(2)), ([X, THREE], "3x4xf32", axis(-3)), ([X, THREE], "3x4x4xf32"),
               ([X, THREE], "3xf32"), ([X, THREE, THREE], "3x4xf32")],
    "GatherElements": [([V], "3xf32"), ([V, "3xf32"], "3xf32"), ([S, "i64"], "f32"), ([X, THREE], "3xf32"),
                       ([X, "4x4xi64"], "4xf32"), ([X, "4x4xi64"], X, axis(2)), ([X, "4x4xi64"], X, axis(-3))],
    "GatherND": [([X], "3x4xf32"), ([X, "3xf32"], "4xf32"), ([S, "1xi64"], S), ([X, "i64"], V), ([X, "3x0xi64"], "3x4x4xf32"),
                 ([X, "3x3xi64"], "3xf32"), ([X, "3x2xi64"], "3xf32", batch(-1)), ([X, "3x1xi64"], "3xf32", batch(2)),
                 ([X, "3x2xi64"], "3xf32", batch(1)), ([X, "3x2xi64"], "3x4xf32")],
    "Slice": [([X, one(0)], X), ([X, "0:1x1xi64", one(2)], X), ([X, "0.0:1xf32", one(2)], X), ([X, one(0), one(2), "3xf32"], X),
              ([X, "1xf32", one(2)], X), ([X, one(0), one(2), "?xi64"], X), ([X, one(0), one(2), "0.0:1xf32"], X),
              ([X, one(0), one(2), "-", "1.0:1xf32"], X), ([X, one(0), one(2), "-", "[1, 2]:2xi64"], X),
              ([X, one(0), one(2), "[0, 1]:2xi64"], X), ([V, "[0, 1]:2xi64", "[2, 2]:2xi64"], V), ([X, one(0), one(2), one(2)], X),
              ([X, one(0), one(2), one(-3)], X), ([X, one(0), one(2), one(0), one(0)], X), ([X, one(0), one(2)], V)],
    "Split": [([S], [S, S]), ([X], ["4x2xf32", "4x2xf32"], axis(2)), ([X], ["2x4xf32", "2xf32"])],
    "Concat": [([S, S], S), ([V, V], "8xf32", axis(1)), ([V, V], "8xf32", axis(-2)), ([V, X], "8xf32"), ([X, V], "8xf32")],
    "Pad": [([X], X), ([X, "1:4xi64"], X, 'mode = "mirror"'), ([X, "?xi64"], X), ([X, "1.0:4xf32"], X), ([X, "1:6xi64"], X),
            ([X, "1:2x2xi64"], X), ([X, "1:2xi64", "-", "1xf32"], X), ([X, "1:4xi64", "-", one(0)], X),
            ([X, "1:2xi64", "-", one(2)], X), ([X, "1:2xi64", "-", one(-3)], X), ([X, "1:4xi64"], V)],
    "Trilu": [([V], V), ([X], V), ([X, "[1, 2]:2xi64"], X), ([X, "1.0:1xf32"], X), ([X, "1:1x1xi64"], X)],
    "Relu": [([X], X)],
}


def chunk(op, operands, results, attributes=""):
    arguments, lines, types = [], [], []
    for i, operand in enumerate(operands):
        value, _, kind = operand.rpartition(":")
        types.append("none" if operand == "-" else f"tensor<{kind}>")
        if operand == "-":
            lines.append(f"%v{i} = onnx.none : none")
        elif value:
            lines.append(f"%v{i} = arith.constant dense<{value}> : tensor<{kind}>")
        else:
            arguments.append(f"%v{i}: tensor<{kind}>")
    results = [results] if isinstance(results, str) else results
    dims = ", ".join(f"[{', '.join(r.split('x')[:-1])}]" for r in results)
    kinds = ", ".join(f"tensor<{r}>" for r in results)
    lines += [f"// expected-error@+1 {{{{operator {op} could not be lowered to linalg}}}}",
              f'%r:{len(results)} = onnx.node "{op}"({", ".join(f"%v{i}" for i in range(len(operands)))}) '
              f"{{node_attributes = {{{attributes}}}, dims = [{dims}]}} : ({', '.join(types)}) -> ({kinds})",
              f"return {', '.join(f'%r#{i}' for i in range(len(results)))} : {kinds}"]
    head = f"func.func @kernel({', '.join(arguments)}) -> ({kinds}) attributes {{exec.words = [], exec.inputs = 0}} {{"
    return "\n".join([head, *("  " + line for line in lines), "}"])


@pytest.mark.parametrize("op", ROWS)
def test_not_taken(tmp_path, op):
    verify(tmp_path, [chunk(op, *row) for row in ROWS[op]], "-convert-graph-to-linalg")
