// The elements of their operands that Slice, from wherever it begins, and Concat give.
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"
#include "attune/Dialect/Transformer/Analysis/SymbolicDims.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

static SmallVector<int64_t> constantInts(Value tensor) {
  DenseIntElementsAttr values;
  SmallVector<int64_t> ints;
  if (tensor && matchPattern(tensor, m_Constant(&values)))
    for (const APInt &value : values.getValues<APInt>())
      ints.push_back(value.trySExtValue().value_or(0));
  return ints;
}

/// The place that a slice from `start` reads for `index`; nothing where it is no index.
static std::optional<ElementIndex> placeOf(ElementIndex index, const SymbolicExpression &start,
                                           int64_t step) {
  if (step < 1 || (step > 1 && !index.digits.empty()))
    return std::nullopt;
  index.offset = index.offset * SymbolicExpression(step) + start;
  return index.offset.isValid() ? std::optional(index) : std::nullopt;
}

/// Whether a slice [start, end) of `count` elements in `size` begins where it says, not so many
/// before the last. A start behind the end leaves no element to read. Where start + count is the
/// end, a start below zero would give another count.
static bool beginsAtStart(const SymbolicDims &symbols, const SymbolicExpression &start,
                          const SymbolicExpression &end, const SymbolicExpression &count,
                          const SymbolicExpression &size) {
  if (symbols.lessEqual(0, start))
    return true;
  return end.isValid() && start + count == end && symbols.lessEqual(0, end) &&
         symbols.lessEqual(end, size);
}

const ElementNode *ElementExpressions::throughPart(const ElementNode *node) {
  auto op = node && node->kind == ElementNode::Kind::Element
                ? node->tensor.getDefiningOp<onnx::NodeOp>()
                : onnx::NodeOp();
  if (!op || op.getOpType() != "Slice" || !op.getDomain().empty() || op.getInputs().size() != 5)
    return nullptr;
  Value data = op.getInputs()[0];
  SmallVector<int64_t> axes = constantInts(op.getInputs()[3]);
  SmallVector<int64_t> steps = constantInts(op.getInputs()[4]);
  ElementIndices at = node->at;
  ArrayAttr dims = symbolicShape(data), counts = symbolicShape(node->tensor);
  if (!dims || !counts || dims.size() != at.size() || counts.size() != at.size() || axes.empty() ||
      axes.size() != steps.size())
    return nullptr;
  auto bound = [&](unsigned input, size_t i) {
    ElementIndex which;
    which.offset = SymbolicExpression(static_cast<int64_t>(i));
    std::optional<SymbolicExpression> value = polynomial(element(op.getInputs()[input], {which}));
    return value ? *value : SymbolicExpression::invalid();
  };
  auto rank = static_cast<int64_t>(at.size());
  for (auto [i, axis] : llvm::enumerate(axes)) {
    axis = axis < 0 ? axis + rank : axis;
    if (axis < 0 || axis >= rank)
      return nullptr;
    SymbolicExpression start = bound(1, i), end = bound(2, i), size = extentOf(dims[axis]);
    SymbolicExpression count = extentOf(counts[axis]);
    if (!start.isValid() || !size.isValid() || !count.isValid())
      return nullptr;
    // The last −start: there is none to read where that is zero.
    const SymbolicDims &known = symbolsOf(op);
    bool isLast = (start + count).isConstant(0) && end.isValid() && known.lessEqual(size, end);
    if (isLast || start.constant().value_or(0) < 0)
      start = start + size;
    if (!isLast && !beginsAtStart(known, start, end, count, size))
      return nullptr;
    std::optional<ElementIndex> place = placeOf(at[axis], start, steps[i]);
    if (!place)
      return nullptr;
    at[axis] = std::move(*place);
  }
  return element(data, std::move(at));
}

/// How many rows a tensor has along `axis`, where that is known when it is read by some index: a
/// loop of the index has rounds, and min(1, size) is one where the size is as large as the loop.
static std::optional<int64_t> rowsOf(Value tensor, int64_t axis, const ElementIndex &index) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(axis))
    return type.getDimSize(axis);
  ArrayAttr dims = symbolicShape(tensor);
  SymbolicExpression extent = dims ? extentOf(dims[axis]) : SymbolicExpression::invalid();
  for (const IndexDigit &digit : index.digits)
    if (extent.isValid() && extent == SymbolicExpression::min(1, digit.extent))
      return 1;
  return std::nullopt;
}

/// The element of tensors that are joined along `axis`. Where the first has one row more before an
/// index of one loop, a choice: of it, or of the others.
const ElementNode *ElementExpressions::throughConcat(ValueRange parts, int64_t axis,
                                                     ElementIndices at) {
  for (auto [i, part] : llvm::enumerate(parts)) {
    auto type = dyn_cast<RankedTensorType>(part.getType());
    std::optional<int64_t> offset = at[axis].offset.constant();
    if (!type || !offset || type.getRank() != static_cast<int64_t>(at.size()))
      return nullptr;
    std::optional<int64_t> size = rowsOf(part, axis, at[axis]);
    bool isPlace = at[axis].digits.empty(); // it may lie behind the end
    if (i + 1 == parts.size())
      return isPlace && size && *offset >= *size ? nullptr : element(part, std::move(at));
    if (!size)
      return nullptr;
    if (*offset >= *size) {
      at[axis].offset = SymbolicExpression(*offset - *size);
      continue;
    }
    if (isPlace)
      return element(part, std::move(at));
    // The others' index is below zero where they are not chosen: no map reads it there.
    bool isBorder = *offset + 1 == *size && at[axis].digits.size() == 1 && i + 2 == parts.size();
    if (!isBorder)
      return nullptr;
    ElementIndex loop = at[axis];
    loop.offset = SymbolicExpression(0);
    ElementIndices row(at);
    row[axis] = ElementIndex{{}, SymbolicExpression(*offset)};
    at[axis].offset = SymbolicExpression(*offset - *size);
    const ElementNode *isRow = isBelow(part.getContext(), loop, 1);
    return select(isRow, element(part, std::move(row)), element(parts.back(), std::move(at)));
  }
  return nullptr;
}

/// index < bound
const ElementNode *ElementExpressions::isBelow(MLIRContext *context, const ElementIndex &index,
                                               int64_t bound) {
  Type type = IndexType::get(context);
  const ElementNode *low = makeIndex(index, type);
  const ElementNode *high = constant(IntegerAttr::get(type, bound));
  if (!low || !high)
    return nullptr;
  Value sides[] = {scratchValue(type), scratchValue(type)};
  OpBuilder builder = scratchBuilder();
  return makeOperation(arith::CmpIOp::create(builder, builder.getUnknownLoc(),
                                             arith::CmpIPredicate::slt, sides[0], sides[1]),
                       {low, high});
}
