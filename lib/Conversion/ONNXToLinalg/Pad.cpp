// Pad and Trilu.
#include "Lowerings.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace attune;

/// The index i of the result's element in an axis of n elements that `low` elements precede.
static Value sourceIndex(KernelBuilder &b, StringRef mode, Value i, Value low, Value size) {
  Value zero = b.constantIndex(0), one = b.constantIndex(1);
  Value at = b.sub(i, low);
  if (mode == "edge")
    return at; // the read is limited to the axis
  if (mode == "wrap")
    return b.modulo(at, arith::MaxSIOp::create(b, size, one));
  // reflect: 0 1 2 1 0 1 2 …, of period 2 (n − 1)
  Value last = b.sub(size, one);
  Value period = arith::MaxSIOp::create(b, b.add(last, last), one);
  Value rest = arith::RemSIOp::create(b, at, period);
  Value isNegative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, rest, zero);
  Value phase = arith::SelectOp::create(b, isNegative, b.sub(zero, rest), rest);
  return arith::MinSIOp::create(b, phase, b.sub(period, phase));
}

/// The result is the padding value, and in it a copy of what the pads leave of the data.
static Value padWithConstant(NodeLowering &n, ArrayRef<OpFoldResult> dataSizes, ArrayRef<Value> low,
                             ArrayRef<Value> high) {
  KernelBuilder &b = n.b;
  Type type = n.elementType();
  Value value, zero = b.constantIndex(0);
  if (Value constant = optionalInput(n.node, 2)) {
    SmallVector<Value> first(rankOf(constant), zero);
    value = b.uniformValue(constant);
    if (!value)
      value = tensor::ExtractOp::create(b, constant, first);
  } else {
    value = arith::ConstantOp::create(b, b.getZeroAttr(type));
  }
  Value init = b.empty(n.resultSizes[0], type);
  init = linalg::FillOp::create(b, value, init).getResult(0);
  // Negative pads cut elements off the data.
  SmallVector<OpFoldResult> from, to, sizes;
  for (auto [d, size] : llvm::enumerate(dataSizes)) {
    Value cutLow = b.createOrFold<arith::MaxSIOp>(b.sub(zero, low[d]), zero);
    Value cutHigh = b.createOrFold<arith::MaxSIOp>(b.sub(zero, high[d]), zero);
    Value kept = b.sub(b.sub(b.index(size), cutLow), cutHigh);
    from.push_back(getAsOpFoldResult(cutLow));
    to.push_back(getAsOpFoldResult(b.createOrFold<arith::MaxSIOp>(low[d], zero)));
    sizes.push_back(getAsOpFoldResult(b.createOrFold<arith::MaxSIOp>(kept, zero)));
  }
  return b.copyInto(b.slice(n.input(0), from, sizes), init, to, sizes);
}

static FailureOr<SmallVector<Value>> lowerPad(NodeLowering &n) {
  KernelBuilder &b = n.b;
  Value data = n.input(0);
  int64_t rank = rankOf(data);
  FailureOr<Sizes> dataSizes = b.operandSizes(data);
  if (failed(dataSizes))
    return failure();
  std::optional<SmallVector<int64_t>> axes = constantElements(optionalInput(n.node, 3));
  int64_t count = axes ? axes->size() : rank;
  SmallVector<Value> low(rank, b.constantIndex(0)), high = low;
  for (int64_t i = 0; i < count; ++i) {
    int64_t axis = axes ? normalizeAxis((*axes)[i], rank) : i;
    low[axis] = b.element(n.input(1), i);
    high[axis] = b.element(n.input(1), count + i);
    if (!low[axis] || !high[axis])
      return failure();
  }
  StringRef mode = stringAttribute(n.node, "mode", "constant");
  if (mode == "constant")
    return SmallVector<Value>{padWithConstant(n, *dataSizes, low, high)};
  SmallVector<int64_t> all = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  Value result =
      b.generic({}, b.empty(n.resultSizes[0], n.elementType()), b.getMultiDimIdentityMap(rank),
                [&](ValueRange) {
                  SmallVector<Value> position;
                  for (int64_t d = 0; d < rank; ++d)
                    position.push_back(sourceIndex(b, mode, linalg::IndexOp::create(b, d), low[d],
                                                   b.index((*dataSizes)[d])));
                  return readWithin(b, data, *dataSizes, position, all);
                });
  return SmallVector<Value>{result};
}

static bool acceptPad(onnx::NodeOp node) {
  if (node.getInputs().size() < 2)
    return false;
  int64_t rank = rankOf(node.getInputs()[0]);
  Value pads = node.getInputs()[1], axes = optionalInput(node, 3);
  StringRef mode = stringAttribute(node, "mode", "constant");
  bool knownMode = mode == "constant" || mode == "edge" || mode == "reflect" || mode == "wrap";
  if (rank < 0 || !knownMode || !hasKnownElements(pads) || (axes && !constantElements(axes)))
    return false;
  std::optional<SmallVector<int64_t>> named = constantElements(axes);
  int64_t count = named ? named->size() : rank;
  return isIntegerVector(pads, 2 * count) &&
         (!named ||
          llvm::all_of(*named, [&](int64_t axis) { return normalizeAxis(axis, rank) >= 0; })) &&
         rankOf(node->getResult(0)) == rank;
}

/// The upper triangle keeps element (i, j) where j − i ≥ k, the lower where j − i ≤ k.
static FailureOr<SmallVector<Value>> lowerTrilu(NodeLowering &n) {
  KernelBuilder &b = n.b;
  int64_t rank = rankOf(n.input(0));
  Value k = b.constantIndex(0);
  if (Value diagonal = optionalInput(n.node, 1))
    k = b.element(diagonal, 0);
  if (!k)
    return failure();
  bool upper = intAttribute(n.node, "upper", 1) != 0;
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(n.elementType()));
  AffineMap identity = b.getMultiDimIdentityMap(rank);
  Value result = b.generic(n.input(0), b.empty(n.resultSizes[0], n.elementType()),
                           {identity, identity}, [&](ValueRange args) -> Value {
                             Value row = linalg::IndexOp::create(b, rank - 2);
                             Value column = linalg::IndexOp::create(b, rank - 1);
                             Value kept = arith::CmpIOp::create(
                                 b, upper ? arith::CmpIPredicate::sge : arith::CmpIPredicate::sle,
                                 b.sub(column, row), k);
                             return arith::SelectOp::create(b, kept, args[0], zero);
                           });
  return SmallVector<Value>{result};
}

static bool acceptTrilu(onnx::NodeOp node) {
  int64_t rank = node.getInputs().empty() ? -1 : rankOf(node.getInputs()[0]);
  Value k = optionalInput(node, 1);
  return rank >= 2 && rankOf(node->getResult(0)) == rank &&
         (!k || rankOf(k) == 0 || isIntegerVector(k, 1));
}

ArrayRef<LoweringEntry> attune::padLowerings() {
  static const LoweringEntry entries[] = {
      {"Pad", lowerPad, acceptPad},
      {"Trilu", lowerTrilu, acceptTrilu},
  };
  return entries;
}
