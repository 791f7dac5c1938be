"""Many single-node ONNX models as one: one compilation and one run for a whole table."""

from dataclasses import dataclass, field

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, defs, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

# Relative bounds by the size of a float: a few roundings of the result's own type.
RELATIVE = {8: 1e-10, 4: 2e-5, 2: 2e-2}


@dataclass
class Input:
    """An operand: its value, and whether the model holds it or what its dimensions are called."""

    value: np.ndarray
    constant: bool = False
    dims: list = None

    def dtype(self):
        return helper.np_dtype_to_tensor_dtype(self.value.dtype)


def const(value, dtype=np.int64):
    """An operand that the model holds."""
    return Input(np.asarray(value, dtype), constant=True)


def sized(dims, value):
    """A fed operand with some dimensions that are symbols: sized("n 4", array)."""
    return Input(value, dims=[int(d) if d.isdigit() else d for d in dims.split()])


@dataclass
class NodeCase:
    """A node, its operands (None: absent) and the results that it must have."""

    name: str
    opset: int
    node: onnx.NodeProto
    inputs: list
    expected: list
    relative: dict = field(default_factory=lambda: RELATIVE)
    absolute: float = 1e-6

    def renamed(self):
        """The node with this case's name in front of every other name."""
        node = onnx.NodeProto()
        node.CopyFrom(self.node)
        node.name = self.name
        del node.input[:], node.output[:]
        node.input.extend("" if x is None else f"{self.name}_in{i}" for i, x in enumerate(self.inputs))
        node.output.extend("" if x is None else f"{self.name}_out{i}" for i, x in enumerate(self.expected))
        return node

    def complaint(self, got, want):
        """What is wrong with a result, or nothing."""
        if got.dtype.kind == "V":  # .npy has no name for bf16
            got = got.view(ml_dtypes.bfloat16)
        if got.dtype != want.dtype or got.shape != want.shape:
            return f"{got.dtype}{list(got.shape)}, expected {want.dtype}{list(want.shape)}"
        if want.dtype.kind in "iub":
            same = got == want
        else:
            a, b = got.astype(np.float64), want.astype(np.float64)
            same = np.isclose(a, b, self.relative[want.dtype.itemsize], self.absolute, equal_nan=True)
        if same.all():
            return None
        return f"{got[~same][:4]}, expected {want[~same][:4]}; {(~same).sum()} of {same.size} wrong"


def case(name, opset, op, operands, attributes=None, expected=None, results=1):
    """A row of a table. Operands are arrays, Input or None; `expected` is the result, a function
    of the operands' values, or left to ONNX's reference."""
    inputs = [x if x is None or isinstance(x, Input) else Input(np.asarray(x)) for x in operands]
    node = helper.make_node(op, [f"i{k}" if x else "" for k, x in enumerate(inputs)],
                            [f"o{k}" for k in range(results)], **(attributes or {}))
    values = [x and x.value for x in inputs]
    if callable(expected):
        expected = expected(*values)
    elif expected is None:
        expected = reference(node, opset, inputs)
    if not isinstance(expected, (list, tuple)):
        expected = [expected]
    return NodeCase(name, opset, node, inputs, [None if e is None else np.asarray(e) for e in expected])


def reference(node, opset, inputs):
    """What ONNX's reference makes of a node."""
    present = [(n, x) for n, x in zip(node.input, inputs) if x]
    graph = helper.make_graph(
        [node], "one", [helper.make_tensor_value_info(n, x.dtype(), None) for n, x in present],
        [helper.make_tensor_value_info(n, TensorProto.UNDEFINED, None) for n in node.output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    with np.errstate(all="ignore"):
        return ReferenceEvaluator(model).run(None, {n: x.value for n, x in present})


def by_opset(cases):
    """The cases in groups that one model can hold: by the newest opset of them all in which the
    operator is what it is in the case's own."""
    assert len({c.name for c in cases}) == len(cases), "two cases have one name"
    opsets = sorted({c.opset for c in cases})
    groups = {}
    for each in cases:
        op, own = each.node.op_type, each.opset
        since = defs.get_schema(op, own).since_version
        each.opset = max(o for o in opsets if o >= own and defs.get_schema(op, o).since_version == since)
        groups.setdefault(each.opset, []).append(each)
    return dict(sorted(groups.items()))


def joined(cases):
    """One model of all the cases, and its feeds by name."""
    nodes, inputs, constants, outputs, feeds = [], [], [], [], {}
    for each in cases:
        node = each.renamed()
        nodes.append(node)
        for name, x in zip(node.input, each.inputs):
            if x is None:
                continue
            if x.constant:
                constants.append(numpy_helper.from_array(x.value, name))
                continue
            dims = [d if isinstance(d, int) else f"{each.name}_{d}" for d in x.dims or x.value.shape]
            inputs.append(helper.make_tensor_value_info(name, x.dtype(), dims))
            feeds[name] = x.value
        outputs += [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(e.dtype), None)
                    for n, e in zip(node.output, each.expected) if e is not None]
    graph = helper.make_graph(nodes, "table", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", cases[0].opset)], ir_version=10), feeds


def check(attune, folder, cases):
    """Compiles and runs the cases of one opset; fails with every result that is wrong."""
    model, feeds = joined(cases)
    onnx.save(model, folder / "table.onnx")
    attune.ok("compile", folder / "table.onnx", "-o", folder / "table.attune")
    arguments = []
    for name, value in feeds.items():
        (folder / f"{name}.pb").write_bytes(numpy_helper.from_array(value).SerializeToString())
        arguments += ["--input", f"{name}={folder / name}.pb"]
    attune.ok("run", folder / "table.attune", "--output-dir", folder / "out", *arguments)
    wrong = []
    for each in cases:
        for name, want in zip(each.renamed().output, each.expected):
            why = want is not None and each.complaint(np.load(folder / "out" / f"{name}.npy"), want)
            if why:
                wrong.append(f"{name}: {why}")
    assert not wrong, f"{len(wrong)} wrong results:\n" + "\n".join(wrong)
