"""Writes the graph ops that cases consist of."""


def dims_text(dims):
    return "[" + ", ".join(f'"{d}"' if isinstance(d, str) else str(d) for d in dims) + "]"


def affine(rank, *results):
    """An affine map over d0 … of `rank` loops: integers name loops, "0" is the constant."""
    loops = ", ".join(f"d{i}" for i in range(rank))
    exprs = ", ".join(r if isinstance(r, str) else f"d{r}" for r in results)
    return f"affine_map<({loops}) -> ({exprs})>"


def operands(tensors, first=0, names=None):
    names = names or [f"%in{i + first}" for i in range(len(tensors))]
    return f"{', '.join(names)} : {', '.join(t.type() for t in tensors)}" if tensors else ""


def region(arguments, lines, value, dtype):
    args = ", ".join(f"%{chr(ord('a') + i)}: {t}" for i, t in enumerate(arguments))
    body = "\n".join(f"  {line}" for line in lines)
    return f"{{\n^bb0({args}):\n{body}\n  transformer.yield {value} : {dtype}\n}}"


def map_op(inputs, dims, maps, lines, value, result, names=None):
    """Region arguments are %a, %b … in the inputs' order; `names` if they are not %in0, %in1 …"""
    text = ", ".join(affine(len(dims), *m) for m in maps)
    body = region([t.dtype for t in inputs], lines, value, result.dtype)
    return (f"%out0 = transformer.map ({operands(inputs, names=names)}) dims {dims_text(dims)} maps [{text}] "
            f"{body} -> {result.type()}")


def reduce_op(kind, inputs, dims, maps, out, lines, value, result):
    text = ", ".join(affine(len(dims), *m) for m in maps)
    body = region([t.dtype for t in inputs], lines, value, result.dtype)
    return (f"%out0 = transformer.reduce #transformer.reduction<{kind}> ({operands(inputs)}) "
            f"dims {dims_text(dims)} maps [{text}] to {affine(len(dims), *out)} {body} "
            f"-> {result.type()}")


def contract_op(inputs, dims, maps, out, lines, value, result):
    """The accumulator is %a, the extra operands are %b, %c …"""
    text = ", ".join(affine(len(dims), *m) for m in maps)
    body = region([result.dtype] + [t.dtype for t in inputs[2:]], lines, value, result.dtype)
    extra = f"extra ({operands(inputs[2:], 2)}) " if len(inputs) > 2 else ""
    return (f"%out0 = transformer.contract ({operands(inputs[:2])}) {extra}dims {dims_text(dims)} "
            f"maps [{text}] to {affine(len(dims), *out)} {body} -> {result.type()}")


def node_op(op_type, operand_names, types, results, attributes=""):
    """An onnx.node of graph form; operands by name, types as text."""
    outs = ", ".join(f"%out{i}" for i in range(len(results)))
    shapes = "[" + ", ".join(dims_text(t.dims) for t in results) + "]"
    return (f'{outs} = onnx.node "{op_type}"({", ".join(operand_names)}) '
            f"{{node_attributes = {{{attributes}}}, dims = {shapes}}} : ({', '.join(types)}) -> "
            f"({', '.join(t.type() for t in results)})")


def constant(name, values, dtype="i64"):
    """A small integer tensor."""
    return f"%{name} = arith.constant dense<{list(values)}> : tensor<{len(values)}x{dtype}>"


def shape(name, elements):
    """Sizes as an integer tensor."""
    return f"%{name} = transformer.shape {dims_text(elements)} : tensor<{len(elements)}xi64>"
