// Slice, Split, Concat: copies between slices, so that one-shot bufferisation writes straight
// into the destination. Extents come from the node's `dims`; only offsets are computed.
#include "Lowerings.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace attune;

static Value copyOf(KernelBuilder &b, Value part, ArrayRef<OpFoldResult> sizes) {
  AffineMap identity = b.getMultiDimIdentityMap(sizes.size());
  Type type = cast<RankedTensorType>(part.getType()).getElementType();
  return b.generic(part, b.empty(sizes, type), {identity, identity},
                   [](ValueRange args) { return args[0]; });
}

namespace {
/// One sliced axis: element i of the result is element start + i · step of the data.
struct SlicedAxis {
  Value start;
  OpFoldResult step;
};
} // namespace

/// ONNX's rule: a negative start counts from the end, then start is limited to [0, n] when
/// stepping forwards and to [0, n − 1] when stepping backwards.
static Value clampedStart(KernelBuilder &b, Value start, Value size, OpFoldResult step) {
  Value zero = b.constantIndex(0), one = b.constantIndex(1);
  Value isNegative = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::slt, start, zero);
  start = b.createOrFold<arith::SelectOp>(isNegative, b.add(start, size), start);
  Value last = b.sub(size, one), high = size;
  if (std::optional<int64_t> constant = getConstantIntValue(step)) {
    high = *constant < 0 ? last : size;
  } else {
    Value backwards = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, b.index(step), zero);
    high = arith::SelectOp::create(b, backwards, last, size);
  }
  return b.clamp(start, zero, high);
}

static FailureOr<SmallVector<Value>> lowerSlice(NodeLowering &n) {
  KernelBuilder &b = n.b;
  Value data = n.input(0);
  int64_t rank = rankOf(data);
  FailureOr<Sizes> dataSizes = b.operandSizes(data);
  if (failed(dataSizes))
    return failure();
  SmallVector<SlicedAxis> axes(rank, {b.constantIndex(0), b.getIndexAttr(1)});
  Value starts = n.input(1), axesInput = optionalInput(n.node, 3);
  Value steps = optionalInput(n.node, 4);
  std::optional<SmallVector<int64_t>> named = constantElements(axesInput);
  bool forwards = true;
  for (int64_t i = 0, e = cast<RankedTensorType>(starts.getType()).getNumElements(); i < e; ++i) {
    int64_t axis = named ? normalizeAxis((*named)[i], rank) : i;
    Value step = steps ? b.element(steps, i) : b.constantIndex(1);
    Value start = b.element(starts, i);
    if (!step || !start)
      return failure();
    axes[axis].step = getAsOpFoldResult(step);
    axes[axis].start = clampedStart(b, start, b.index((*dataSizes)[axis]), axes[axis].step);
    forwards &= getConstantIntValue(axes[axis].step).value_or(0) > 0;
  }
  const Sizes &sizes = n.resultSizes[0];
  if (forwards) {
    SmallVector<OpFoldResult> offsets, strides;
    for (SlicedAxis &axis : axes) {
      offsets.push_back(getAsOpFoldResult(axis.start));
      strides.push_back(axis.step);
    }
    return SmallVector<Value>{copyOf(b, b.slice(data, offsets, sizes, strides), sizes)};
  }
  // Tensor slices only step forwards: read element by element.
  Value result = b.generic({}, b.empty(sizes, n.elementType()), b.getMultiDimIdentityMap(rank),
                           [&](ValueRange) -> Value {
                             SmallVector<Value> position;
                             for (auto [d, axis] : llvm::enumerate(axes)) {
                               Value i = linalg::IndexOp::create(b, d);
                               position.push_back(b.add(axis.start, b.mul(i, b.index(axis.step))));
                             }
                             return tensor::ExtractOp::create(b, data, position);
                           });
  return SmallVector<Value>{result};
}

static bool acceptSlice(onnx::NodeOp node) {
  if (node.getInputs().size() < 3)
    return false;
  int64_t rank = rankOf(node.getInputs()[0]);
  Value starts = node.getInputs()[1];
  Value axes = optionalInput(node, 3), steps = optionalInput(node, 4);
  if (rank < 0 || rankOf(starts) != 1 || !hasKnownElements(starts) ||
      (axes && !constantElements(axes)) || (steps && !hasKnownElements(steps)))
    return false;
  int64_t count = cast<RankedTensorType>(starts.getType()).getNumElements();
  SmallVector<int64_t> named =
      axes ? *constantElements(axes) : llvm::to_vector(llvm::seq<int64_t>(0, count));
  std::optional<SmallVector<int64_t>> step = constantElements(steps);
  return isIntegerVector(starts, count) && (!steps || isIntegerVector(steps, count)) &&
         static_cast<int64_t>(named.size()) == count && count <= rank &&
         llvm::all_of(named, [&](int64_t axis) { return normalizeAxis(axis, rank) >= 0; }) &&
         !(step && llvm::is_contained(*step, 0)) && rankOf(node->getResult(0)) == rank;
}

static FailureOr<SmallVector<Value>> lowerSplit(NodeLowering &n) {
  KernelBuilder &b = n.b;
  Value data = n.input(0);
  int64_t rank = rankOf(data);
  int64_t axis = normalizeAxis(intAttribute(n.node, "axis", 0), rank);
  SmallVector<OpFoldResult> offsets(rank, b.getIndexAttr(0));
  SmallVector<Value> parts;
  for (const Sizes &sizes : n.resultSizes) {
    parts.push_back(copyOf(b, b.slice(data, offsets, sizes), sizes));
    offsets[axis] = getAsOpFoldResult(b.add(b.index(offsets[axis]), b.index(sizes[axis])));
  }
  return parts;
}

static bool acceptSplit(onnx::NodeOp node) {
  int64_t rank = node.getInputs().empty() ? -1 : rankOf(node.getInputs()[0]);
  return rank >= 1 && normalizeAxis(intAttribute(node, "axis", 0), rank) >= 0 &&
         llvm::all_of(node->getResults(), [&](Value part) { return rankOf(part) == rank; });
}

static FailureOr<SmallVector<Value>> lowerConcat(NodeLowering &n) {
  KernelBuilder &b = n.b;
  int64_t rank = rankOf(n.node->getResult(0));
  int64_t axis = normalizeAxis(intAttribute(n.node, "axis", 0), rank);
  Value result = b.destination(n.node->getResult(0), n.resultSizes[0]);
  SmallVector<OpFoldResult> offsets(rank, b.getIndexAttr(0));
  for (Value part : n.node.getInputs()) {
    FailureOr<Sizes> sizes = b.operandSizes(part);
    if (failed(sizes))
      return failure();
    result = b.copyInto(part, result, offsets, *sizes);
    offsets[axis] = getAsOpFoldResult(b.add(b.index(offsets[axis]), b.index((*sizes)[axis])));
  }
  return SmallVector<Value>{result};
}

static bool acceptConcat(onnx::NodeOp node) {
  int64_t rank = rankOf(node->getResult(0));
  return !node.getInputs().empty() && rank >= 1 &&
         normalizeAxis(intAttribute(node, "axis", 0), rank) >= 0 &&
         llvm::all_of(node.getInputs(), [&](Value part) { return rankOf(part) == rank; });
}

ArrayRef<LoweringEntry> attune::sliceLowerings() {
  static const LoweringEntry entries[] = {
      {"Slice", lowerSlice, acceptSlice},
      {"Split", lowerSplit, acceptSplit},
      {"Concat", lowerConcat, acceptConcat},
  };
  return entries;
}
