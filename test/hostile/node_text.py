"""Nodes in ONNX form from a short notation, many to a file, each with the error it must give.

An operand is "4x?xf32" (fed), "[1, 2]:2xsi64" (a constant) or "-" (absent)."""

import os
import subprocess

from conftest import BUILD

SEPARATOR = "\n// -----\n\n"


def chunk(op, opset, operands, error=None, attributes="", results=("",), domain=""):
    """A function of one node. `error` is what it says, None when it converts. A result's type is
    its element type, or that of operand 0."""
    arguments, lines, names, types = [], [], [], []
    for i, operand in enumerate(operands):
        value, _, kind = operand.rpartition(":")
        if operand == "-":
            lines.append(f"%v{i} = onnx.none : none")
            kind = "none"
        elif value:
            kind = f"tensor<{kind}>"
            lines.append(f"%v{i} = onnx.constant(dense<{value}> : {kind}) : {kind}")
        else:
            kind = f"tensor<{kind}>"
            arguments.append(f"%v{i}: {kind}")
        names.append(f"%v{i}")
        types.append(kind)
    first = types[0][7:-1].split("x")[-1] if types else "f32"
    kinds = [f"tensor<*x{r or first}>" for r in results]
    given = [f"version = {opset} : i64"]
    given += [f"node_attributes = {{{attributes}}}"] if attributes else []
    given += [f'domain = "{domain}"'] if domain else []
    lines += [f"// expected-error@+1 {{{{{error}}}}}"] if error else []
    made = f"%r:{len(results)} = " if results else ""
    lines.append(f'{made}onnx.node "{op}"({", ".join(names)}) {{{", ".join(given)}}} : '
                 f"({', '.join(types)}) -> ({', '.join(kinds)})")
    values = ", ".join(f"%r#{i}" for i in range(len(results)))
    lines.append(f"return {values} : {', '.join(kinds)}" if results else "return")
    head = f"func.func @node({', '.join(arguments)}) -> ({', '.join(kinds)}) {{"
    return "\n".join([head, *("  " + line for line in lines), "}"])


def verify(folder, chunks, conversion="-convert-onnx-to-graph"):
    """Converts the chunks; fails where a diagnostic is not the expected one."""
    path = folder / "nodes.mlir"
    path.write_text(SEPARATOR.join(chunks) + "\n")
    command = [os.path.join(BUILD, "bin", "attune-opt"), str(path), "-split-input-file", "-verify-diagnostics",
               conversion]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-6000:]
