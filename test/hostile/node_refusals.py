"""What the conversion of each operator refuses: (operator, opset, operands, words, options)."""

I64_MIN = -(2**63)
TYPES = "its inputs' element types are not those the operator takes"
TYPE = "its input's element type is not one the operator takes"
NO_FLOAT = "its input is no float"
DATA = "depends on input data"
ONE = "[1]:1xsi64"


def ints(*values):
    """A constant vector of integers."""
    return f"{list(values)}:{len(values)}xsi64"


def axes(*values):
    return f"axes = array<i64: {', '.join(map(str, values))}>"


def axis(value):
    return f"axis = {value} : i64"


def rows(names, opset, operands, words, **options):
    """The same refusal of several operators."""
    return [(name, opset, operands, words, options) for name in names.split()]


def row(name, opset, operands, words, **options):
    return [(name, opset, operands, words, options)]


# A words of None: the node converts.
ELEMENTWISE = [
    *rows("Add Sub Mul Div Max Min Sum Less Greater LessOrEqual GreaterOrEqual Mod PRelu Pow", 18,
          ["4xi1", "4xi1"], TYPES),
    *rows("And Or Xor", 18, ["4xsi32", "4xsi32"], TYPES),
    *rows("And Or Xor BitwiseAnd BitwiseOr BitwiseXor", 18, ["4xf32", "4xf32"], TYPES),
    *rows("BitwiseAnd BitwiseOr BitwiseXor", 18, ["4xi1", "4xi1"], TYPES),
    *row("Add", 18, ["4xf32", "4xf64"], TYPES),
    *row("Mean", 18, ["4xsi32", "4xsi32"], TYPES),
    *row("Max", 18, ["4xf32", "-"], TYPES),
    *row("Equal", 18, ["4xf32", "4xsi32"], TYPES),
    *row("Pow", 18, ["4xf32", "4xi1"], TYPES),
    *row("Pow", 18, ["4xf32", "5xf32"], "shapes [4] and [5] do not broadcast"),
    *row("Where", 18, ["4xsi32", "4xf32", "4xf32"], TYPES, result="f32"),
    *row("Where", 18, ["4xi1", "4xf32", "4xf64"], TYPES, result="f32"),
    *row("Where", 18, ["4xi1", "4xf32", "5xf32"], "do not broadcast", result="f32"),
    *row("Max", 18, ["4xf32", "1xf32", "5xf32"], "do not broadcast"),
    *row("Mod", 18, ["4xf32", "4xf32"], "floats need fmod = 1"),
    *row("Mod", 27, ["4xf32", "4xf32"], "floats need fmod = 1"),
    *row("Mod", 28, ["4xf32", "4xf32"], None),
    *row("BitShift", 18, ["4xui8", "4xui8"], "direction is ''"),
    *row("BitShift", 18, ["4xui8", "4xui8"], "direction is 'UP'", attributes='direction = "UP"'),
    *row("BitShift", 18, ["4xf32", "4xf32"], TYPES, attributes='direction = "LEFT"'),
    *row("Clip", 6, ["4xsi32"], TYPE),
    *row("Clip", 18, ["4xi1"], TYPE),
    *row("Clip", 18, ["4xf32", "f64"], "a limit is not a scalar of its input's type"),
    *row("Clip", 18, ["4xf32", "-", "f64"], "a limit is not a scalar of its input's type"),
    *row("Clip", 18, ["4xf32", "1x1xf32"], "a limit is not a scalar of its input's type"),
    *row("Clip", 18, ["4xf32", "2xf32"], "an extent is 2 where 1 is needed"),
    *row("Clip", 18, ["4xf32", "1xf32", "1xf32"], None),
]

UNARY = [
    *rows("Acos Acosh Asin Asinh Atan Atanh Ceil Celu Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish IsInf IsNaN "
          "LeakyRelu Log Mish Reciprocal Round Selu Shrink Sigmoid Sin Sinh Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu", 24,
          ["4xsi32"], TYPE),
    *rows("Abs Neg Relu Sign BitwiseNot", 24, ["4xi1"], TYPE),
    *rows("Not BitwiseNot", 24, ["4xf32"], TYPE),
    *row("Not", 24, ["4xsi32"], TYPE),
    *row("Gelu", 20, ["4xf32"], "approximate is 'exact'", attributes='approximate = "exact"'),
    *row("Dropout", 18, ["4xf32", "f32", "i1"], "its training mode is not a constant"),
    *row("Dropout", 18, ["4xf32", "-", "[false, false]:2xi1"], "its training mode is not a constant"),
    *row("Dropout", 18, ["4xf32", "-", "true:i1"], "it is in training mode"),
    *row("Dropout", 18, ["4xf32", "-", "false:i1"], None),
    *[each for to in (-1, 0, 8, 14, 15, 31, 32, 33)
      for each in row("Cast", 18, ["4xf32"], f"it casts to element type {to}", attributes=f"to = {to} : i64")],
    *row("Cast", 18, ["4xf32"], "it casts to element type 0"),
]

CONTRACT = [
    *rows("MatMul Gemm", 13, ["4x8xf32", "8x4xf64"], TYPES),
    *rows("MatMul Gemm", 13, ["4x8xi1", "8x4xi1"], TYPES),
    *row("MatMul", 13, ["f32", "4xf32"], "an input is a scalar"),
    *row("MatMul", 13, ["4xf32", "f32"], "an input is a scalar"),
    *row("MatMul", 13, ["2x3x4xf32", "3x4x5xf32"], "shapes [2] and [3] do not broadcast"),
    *row("MatMul", 13, ["4xf32", "5xf32"], "an extent is 4 where 5 is needed"),
    *row("MatMul", 13, ["4xf32", "5x4xf32"], "an extent is 4 where 5 is needed"),
    *row("MatMul", 13, ["4x3xf32", "4xf32"], "an extent is 3 where 4 is needed"),
    *row("Gemm", 13, ["4xf32", "4x8xf32"], "its inputs are no matrices"),
    *row("Gemm", 13, ["4x8xf32", "8xf32"], "its inputs are no matrices"),
    *row("Gemm", 13, ["1x4x8xf32", "8x4xf32"], "its inputs are no matrices"),
    *row("Gemm", 13, ["4x8xsi32", "8x4xsi32"], "it scales integers", attributes="alpha = 2.0 : f32"),
    *row("Gemm", 13, ["4x8xsi32", "8x4xsi32"], "it scales integers", attributes="beta = 2.0 : f32"),
    *row("Gemm", 13, ["4x8xsi32", "8x4xsi32"], None, attributes="alpha = 1.0 : f32"),
    *row("Gemm", 13, ["4x8xf32", "4x8xf32"], "an extent is 8 where 4 is needed"),
    *row("Gemm", 13, ["4x8xf32", "4x8xf32"], None, attributes="transB = 1 : i64"),
    *row("Gemm", 13, ["4x8xf32", "8x3xf32", "3xf64"], "C does not fit"),
    *row("Gemm", 13, ["4x8xf32", "8x3xf32", "1x4x3xf32"], "C does not fit"),
    *row("Gemm", 13, ["4x8xf32", "8x3xf32", "1x4x3xf64"], None, attributes="beta = 0.0 : f32"),
    *row("Gemm", 13, ["4x8xf32", "8x3xf32", "4xf32"], "shapes [4, 3] and [4] do not broadcast"),
    *row("Gemm", 13, ["1x8xf32", "8x3xf32", "4x3xf32"], "an extent is 1 where 4 is needed"),
    *row("Gemm", 13, ["4x8xf32", "8x1xf32", "4x3xf32"], "an extent is 1 where 3 is needed"),
]


def einsum(equation, operands, words):
    return row("Einsum", 13, operands, words, attributes=f'equation = "{equation}"')


UNFIT = "its equation does not fit its inputs"
TEN = "1x1x1x1x1x1x1x1x1x1x"
EINSUM = [
    *einsum("ij,jk->ik", ["4x8xf32"], UNFIT),
    *einsum("ij->i", ["4x8xf32", "8xf32"], UNFIT),
    *einsum("i...j...->ij", ["4x8xf32"], UNFIT),
    *einsum("ijk->i", ["4x8xf32"], UNFIT),
    *einsum("i->i", ["4x8xf32"], UNFIT),
    *einsum("ijk...->i", ["4x8xf32"], UNFIT),
    *einsum("i1->i", ["4x8xf32"], UNFIT),
    *einsum("ij->i1", ["4x8xf32"], UNFIT),
    *einsum("ij->ii", ["4x8xf32"], UNFIT),
    *einsum("a...->...", [TEN + "2xf32"], None),
    *einsum("...->...", [TEN + "2xf32"], UNFIT),
    *einsum("ii->i", ["4x4xf32"], "its equation takes a diagonal"),
    *einsum("ij,kk->ij", ["4x4xf32", "4x4xf32"], "its equation takes a diagonal"),
    *einsum("i->ij", ["4xf32"], "its output names 'j', which no input has"),
    *einsum("i,k->ij", ["4xf32", "5xf32"], "its output names 'j', which no input has"),
    *einsum("i,i->i", ["4xf32", "5xf32"], "the extents of 'i' differ"),
    *einsum("i,i->i", ["4xf32", "4xf64"], TYPES),
    *einsum("i,i->i", ["4xi1", "4xi1"], TYPES),
    *einsum("i,i->i", ["4xf32", "-"], UNFIT),
]

CONV_TYPES = "its inputs are not floats of one type"
X, W = "2x6x9x8xf32", "4x3x3x2xf32"


def conv(words, attributes="", operands=(X, W)):
    return row("Conv", 18, list(operands), words, attributes=attributes)


def listed(name, *values):
    return f"{name} = array<i64: {', '.join(map(str, values))}>"


GROUPS = "group = 2 : i64"
CONV = [
    *conv(None, GROUPS),
    *conv(None, GROUPS + ', auto_pad = "VALID", ' + listed("pads", 0, 0, 0, 0)),
    *conv(None, GROUPS + ", " + listed("strides", 2**62, 1)),
    *conv(None, GROUPS + ", " + listed("pads", 1, 2, 3, 4), [X, W, "4xf32"]),
    *conv(CONV_TYPES, "", ["2x6x9xsi32", "4x6x3xsi32"]),
    *conv(CONV_TYPES, "", ["2x6x9xf32", "4x6x3xf64"]),
    *conv(CONV_TYPES, "", ["2x6x9xf32", "4x6x3xf32", "4xf64"]),
    *conv("its inputs have ranks 2 and 2; it takes two of one rank, at least 3, and a vector", "", ["2x6xf32", "4x6xf32"]),
    *conv("its inputs have ranks 3 and 4", "", ["2x6x9xf32", "4x6x3x3xf32"]),
    *conv("its inputs have ranks 3 and 3, its bias 2", "", ["2x6x9xf32", "4x6x3xf32", "4x1xf32"]),
    *conv("group is 0", "group = 0 : i64"),
    *conv("group is -1", "group = -1 : i64"),
    *conv("an extent is 6 where 3 is needed"),
    *conv("its 5 filters do not split into 2 groups", GROUPS, [X, "5x3x3x2xf32"]),
    *conv("an extent is 5 where 4 is needed", GROUPS, [X, W, "5xf32"]),
    *conv("attribute strides is no list of 2 integers of at least 1", GROUPS + ", " + listed("strides", 0, 1)),
    *conv("attribute strides is no list of 2 integers of at least 1", GROUPS + ", " + listed("strides", 1)),
    *conv("attribute dilations is no list of 2 integers of at least 1", GROUPS + ", " + listed("dilations", 1, -1)),
    *conv("attribute kernel_shape is no list of 2 integers of at least 1", GROUPS + ", " + listed("kernel_shape", 3, 0)),
    *conv("an extent is 2 where 3 is needed", GROUPS + ", " + listed("kernel_shape", 3, 3)),
    *conv("attribute pads is no list of 4 integers of at least 0", GROUPS + ", " + listed("pads", 1, 1)),
    *conv("attribute pads is no list of 4 integers of at least 0", GROUPS + ", " + listed("pads", 1, 1, -1, 1)),
    *conv("auto_pad is 'SAME'", GROUPS + ', auto_pad = "SAME"'),
    *conv("it has pads, and auto_pad SAME_UPPER", GROUPS + ', auto_pad = "SAME_UPPER", ' + listed("pads", 1, 0, 0, 0)),
    *conv("1 is larger than 0", GROUPS, [X, "4x3x3x0xf32"]),
    *conv("a window of 10 does not fit spatial dimension 0, which has 9 elements with its pads", GROUPS, [X, "4x3x10x2xf32"]),
    *conv("a window of 15 does not fit spatial dimension 1, which has 11 elements with its pads",
          GROUPS + ", " + listed("dilations", 1, 14) + ", " + listed("pads", 0, 1, 0, 2)),
    *conv("its windows are too large", GROUPS + ", " + listed("dilations", 2**62, 1)),
    *conv("its windows are too large", GROUPS + ", " + listed("pads", 2**62, 0, 2**62, 0)),
    *conv("its result has too many elements", GROUPS + ", " + listed("pads", 2**40, 0, 0, 0)),
    *conv(None, GROUPS + ", " + listed("pads", 2**40, 0, 0, 0) + ", " + listed("strides", 2**40, 1)),
]

NORM = [
    *rows("Softmax LogSoftmax", 13, ["2x4xsi32"], NO_FLOAT),
    *rows("MeanVarianceNormalization", 13, ["2x3x4x4xsi32"], NO_FLOAT),
    *row("LayerNormalization", 17, ["2x4xsi32", "4xsi32"], NO_FLOAT),
    *row("InstanceNormalization", 17, ["2x4x3xsi32", "4xsi32", "4xsi32"], NO_FLOAT),
    *row("BatchNormalization", 17, ["2x4xsi32"] + ["4xsi32"] * 4, NO_FLOAT),
    *[each for bad in (1, -2)
      for each in rows("Softmax LogSoftmax LpNormalization", 13, ["4xf32"], f"axis {bad} is out of range for rank 1",
                       attributes=axis(bad))],
    *row("LayerNormalization", 17, ["2x4xf32", "4xf32"], "axis 2 is out of range for rank 2", attributes=axis(2)),
    *row("LayerNormalization", 17, ["2x4xf32", "4xf32"], "its epsilon is negative or not finite",
         attributes="epsilon = -1.0 : f32"),
    *row("LayerNormalization", 17, ["2x4xf32", "4xf32"], "its epsilon is negative or not finite",
         attributes="epsilon = 0x7F800000 : f32"),
    *row("LayerNormalization", 17, ["2x4xf32", "4xf32"], None, attributes="epsilon = 0.0 : f32"),
    *row("LayerNormalization", 17, ["2x4xf32", "4xf64"], "input 1 does not fit the normalised dimensions"),
    *row("LayerNormalization", 17, ["2x4xf32", "2x4xf32"], "input 1 does not fit the normalised dimensions"),
    *row("LayerNormalization", 17, ["2x4xf32", "5xf32"], "shapes [4] and [5] do not broadcast"),
    *row("LayerNormalization", 17, ["2x1xf32", "5xf32"], "input 1 does not fit the normalised dimensions"),
    *row("LayerNormalization", 17, ["2x4xf32", "4xf32", "4xf64"], "input 2 does not fit the normalised dimensions"),
    *row("LayerNormalization", 17, ["2x4xf32", "1x1x4xf32"], None),
    *row("RMSNormalization", 23, ["2x4xf32", "5xf32"], "shapes [4] and [5] do not broadcast"),
    *row("BatchNormalization", 17, ["2x4xf32"] + ["4xf32"] * 4, "it is in training mode",
         attributes="training_mode = 1 : i64"),
    *[each for i in range(1, 5) for each in row(
        "BatchNormalization", 17, ["2x4xf32", *("4xf32" if k != i else "4xf64" for k in range(1, 5))],
        f"input {i} is no vector over the channels")],
    *row("BatchNormalization", 17, ["2x4xf32", "4xf32", "1x4xf32", "4xf32", "4xf32"], "input 2 is no vector over"),
    *row("BatchNormalization", 17, ["4xf32"] + ["4xf32"] * 4, "input 1 is no vector over the channels"),
    *row("InstanceNormalization", 17, ["2x3x4xf32", "4xf32", "3xf32"], "an extent is 4 where 3 is needed"),
    *row("InstanceNormalization", 17, ["2x3x4xf32", "3xf32", "4xf32"], "an extent is 4 where 3 is needed"),
    *[each for operands, groups in ((["2x4x3xsi32", "4xsi32", "4xsi32"], 2), (["4xf32", "4xf32", "4xf32"], 2),
                                    (["2x4x3xf32", "4xf32", "4xf32"], 0))
      for each in row("GroupNormalization", 21, operands, "it takes floats with channels, and num_groups",
                      attributes=f"num_groups = {groups} : i64")],
    *row("GroupNormalization", 21, ["2x4x3xf32", "4xf32", "4xf32"], "it takes floats with channels, and num_groups"),
    *row("GroupNormalization", 21, ["2x4x3xf32", "4xf32", "4xf32"], "its channels do not split into num_groups",
         attributes="num_groups = 3 : i64"),
    *row("GroupNormalization", 21, ["2x4x3xf32", "2xf32", "4xf32"], "an extent is 2 where 4 is needed",
         attributes="num_groups = 2 : i64"),
    *row("GroupNormalization", 21, ["2x4x3xf32", "4xf32", "2xf32"], "an extent is 2 where 4 is needed",
         attributes="num_groups = 2 : i64"),
    *row("LpNormalization", 18, ["2x4xsi32"], "it takes floats and p of 1 or 2"),
    *[each for p in (0, 3)
      for each in row("LpNormalization", 18, ["2x4xf32"], "it takes floats and p of 1 or 2", attributes=f"p = {p} : i64")],
    *row("MeanVarianceNormalization", 13, ["2x4x3xf32"], "axis 3 is out of range for rank 3"),
]

REDUCE = [
    *rows("ReduceL1 ReduceL2 ReduceLogSum ReduceMean ReduceProd ReduceSum ReduceSumSquare", 18, ["4xi1"],
          "its input is boolean"),
    *row("ReduceLogSumExp", 18, ["4xsi32"], NO_FLOAT),
    *rows("ReduceL1 ReduceLogSumExp ReduceMax ReduceMean ReduceProd ReduceSum", 18, ["4x2xf32", "1xsi64"],
          "its axes are not constant"),
    *rows("ReduceL1 ReduceLogSumExp ReduceMax ReduceMean ReduceProd ReduceSum", 18, ["4x2xf32", ints(2)],
          "axis 2 is out of range for rank 2"),
    *rows("ReduceL1 ReduceMax", 17, ["4x2xf32"], "axis -3 is out of range for rank 2", attributes=axes(-3)),
    *rows("ReduceSum", 13, ["4x2xf32", ints(1, -1)], "axis -1 is there twice"),
    *rows("GlobalAveragePool GlobalMaxPool", 13, ["4xf32"], "its input has no channels"),
    *rows("GlobalAveragePool GlobalMaxPool", 13, ["2x4x3xsi32"], "its input has no channels"),
    *rows("GlobalAveragePool GlobalMaxPool", 13, ["2x4xf32"], None),
]
