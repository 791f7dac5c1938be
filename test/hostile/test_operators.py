"""Which operators there are: since which opset, with how many operands."""

import pytest
from node_text import chunk, verify

# Opset, fewest and most operands (-1: any number), operators.
OPERATORS = """
    1 1 1: DepthToSpace Flatten GlobalAveragePool GlobalMaxPool Identity LogSoftmax LpNormalization Not Shape
        Size Slice Softmax Softplus Softsign SpaceToDepth Transpose
    1 1 2: ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
        ReduceSumSquare Squeeze Unsqueeze
    1 2 2: Gather MatMul SimplifiedLayerNormalization
    1 2 3: Conv LayerNormalization
    2 1 2: Split
    2 1 4: Pad
    4 1 -1: Concat
    5 2 2: Reshape
    6 1 1: Abs Cast Ceil Clip Elu Exp Floor HardSigmoid LeakyRelu Log Neg Reciprocal Relu Selu Sigmoid Sqrt
        Tanh
    6 2 2: Tile
    6 3 3: InstanceNormalization
    7 1 1: Acos Asin Atan Cos Sin Tan
    7 1 3: Dropout
    7 2 2: Add And Div Equal Greater Less Mul Or PRelu Pow Sub Xor
    7 2 3: Gemm
    8 1 -1: Max Mean Min Sum
    8 2 2: Expand
    9 1 1: Acosh Asinh Atanh ConstantOfShape Cosh Erf EyeLike IsNaN MeanVarianceNormalization Shrink Sign Sinh
    9 3 3: Where
    9 5 5: BatchNormalization
    10 1 1: IsInf ThresholdedRelu
    10 2 2: Mod
    10 3 5: Slice
    11 1 1: Round
    11 1 3: Clip
    11 2 2: BitShift CumSum GatherElements GatherND
    11 3 3: Range
    12 1 -1: Einsum
    12 1 1: Celu
    12 2 2: GreaterOrEqual LessOrEqual
    14 1 1: HardSwish
    14 1 2: Trilu
    15 2 2: CastLike
    18 1 1: BitwiseNot Mish
    18 2 2: BitwiseAnd BitwiseOr BitwiseXor
    20 1 1: Gelu
    21 3 3: GroupNormalization
    23 2 2: RMSNormalization
    23 3 4: RotaryEmbedding
    23 3 6: Attention
    24 2 3: TensorScatter
    24 3 7: Attention
    24 1 1: Swish
"""


def operators():
    """(name, opset, fewest, most) of every entry."""
    numbers = None
    for word in OPERATORS.replace(":", " :").split():
        if word == ":":
            continue
        if word.lstrip("-").isdigit():
            numbers = [*numbers, int(word)] if numbers and len(numbers) < 3 else [int(word)]
        else:
            yield word, *numbers


def test_opsets(tmp_path):
    """The opset before the first is refused; that the first is not is below."""
    first = {}
    for name, opset, _, _ in operators():
        first[name] = min(opset, first.get(name, opset))
    chunks = [chunk(name, opset - 1, ["4xf32"], f"operator '{name}' (ai.onnx, opset {opset - 1}) is not supported")
              for name, opset in first.items() if opset > 1]
    verify(tmp_path, chunks)


@pytest.mark.parametrize("beyond", [-1, 1])
def test_operand_counts(tmp_path, beyond):
    chunks = []
    for name, opset, fewest, most in operators():
        count = most + 1 if beyond > 0 else fewest - 1
        if beyond < 0 or most >= 0:
            chunks.append(chunk(name, opset, ["4xf32"] * count, f"{name} '{name}': it has {count} inputs and 1 outputs"))
    verify(tmp_path, chunks)
