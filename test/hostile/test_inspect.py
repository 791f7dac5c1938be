"""`attune inspect` lists the operators of a model and which are unsupported, whatever stops the import."""

import json

import onnx
import pytest
from onnx import parser

HEAD = '<ir_version: 9, opset_import: ["" : {opset}, "my.ops" : 2, "com.microsoft" : 1]>\n'
FANCY = "my.ops.Fancy"

# Opset, graph, what is unsupported as (operator, count, nodes), and the rest of the operators.
CASES = {
    # Shape inference cannot pass an operator that no one knows.
    "unknown operators": (
        18, """g (float[n,4] x) => (float[n,4] y)
        { a = Relu(x) b = my.ops.Fancy(a) c = Det(a) d = my.ops.Fancy(b) e = Tanh(d) y = Add(e, a) }""",
        [("Det", 1, ["n2"]), (FANCY, 2, ["n1", "n3"])], ["Add", "Relu", "Tanh"]),
    "in a subgraph": (
        18, """g (float[n,4] x, bool c) => (float[n,4] y)
        { a = Relu(x) y = If(c) <then_branch = t () => (float[n,4] z) { w = Hardmax(a) z = Relu(w) },
                                 else_branch = e () => (float[n,4] z) { z = Neg(a) }> }""",
        [("Hardmax", 1, ["Hardmax_0"]), ("If", 1, ["n1"])], ["Neg", "Relu"]),
    "many": (
        18, "g (float[n,4] x) => (float[n,4] y) { a0 = my.ops.Fancy(x) " +
        " ".join(f"a{i + 1} = my.ops.Fancy(a{i})" for i in range(11)) + " y = Relu(a11) }",
        [(FANCY, 12, [f"n{i}" for i in range(8)])], ["Relu"]),
    "an old opset": (
        6, "g (float[2,4] x) => (float[2,4] y) { a = Relu(x) y = Add<broadcast=1>(x, a) }",
        [("Add", 1, ["n1"])], ["Relu"]),
    "a new opset": (
        99, "g (float[2,4] x) => (float[2,4] y) { y = Relu(x) }", [("", 1, [])], ["Relu"]),
    "strings": (
        18, "g (float[2,4] x, string[4] s) => (float[2,4] y) { y = Relu(x) t = StringNormalizer(s) }",
        [("StringNormalizer", 1, ["n1"]), ("", 1, [])], ["Relu"]),
    "another domain": (
        18, "g (float[2,4] x) => (float[2,4] y) { y = com.microsoft.BiasSplitGelu(x, x) }",
        [("com.microsoft.BiasSplitGelu", 1, ["n0"])], []),
}


def save(path, opset, graph):
    model = parser.parse_model(HEAD.format(opset=opset) + graph)
    for index, node in enumerate(model.graph.node):
        node.name = f"n{index}"
    onnx.save(model, path)


def full_name(row):
    return ".".join(part for part in (row.get("domain", ""), row["op"]) if part)


@pytest.mark.parametrize("name", CASES)
def test_unsupported(attune, tmp_path, name):
    opset, graph, unsupported, supported = CASES[name]
    model = tmp_path / "model.onnx"
    save(model, opset, graph)
    report = json.loads(attune.ok("inspect", model, "--json").stdout)
    rows = report["unsupported"]
    assert [(full_name(row), row.get("count", 1), row["nodes"]) for row in rows] == unsupported
    assert all(row["message"] and row["node"] == (row["nodes"] or [""])[0] for row in rows)
    operators = {full_name(row): row for row in report["operators"]}
    assert sorted(op for op, row in operators.items() if row["supported"]) == supported
    for op, count, _ in unsupported:
        assert not op or operators[op]["count"] == count and not operators[op]["supported"]
    text = attune.ok("inspect", model).stdout.splitlines()
    for op, count, nodes in unsupported:
        named = ", ".join(f"'{node}'" for node in nodes)
        more = f" and {count - len(nodes)} more" if count > len(nodes) and nodes else ""
        assert not op or f"operator  {op}  {count}  unsupported" in text
        assert any(line.startswith(f"unsupported  {op} {named}{more}: " if op else "unsupported  ")
                   for line in text), text
    # Compiling refuses it, for the same reason.
    refused = attune("compile", model, "-o", tmp_path / "out", "--json")
    error = json.loads(refused.stdout)["error"]
    assert refused.returncode == error["code"] == 4
    assert any(error["op"] in row["op"] for row in rows)


def test_what_is_no_model_is_no_list(attune, tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"\x08\x07\xff\xff\xff\xff\x7f")
    refused = attune("inspect", tmp_path / "model.onnx", "--json")
    assert refused.returncode == 3 and "unsupported" not in json.loads(refused.stdout)


def test_standard_input(attune, tmp_path):
    save(tmp_path / "model.onnx", 18, CASES["unknown operators"][1])
    with open(tmp_path / "model.onnx", "rb") as file:
        report = json.loads(attune.ok("inspect", "-", "--json", stdin=file).stdout)
    assert [full_name(row) for row in report["unsupported"]] == ["Det", FANCY]
