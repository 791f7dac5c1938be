// One step from an element to what it is computed from: maps, reshapes, constants, and the
// ONNX operators that move elements by known indices.
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"
#include "attune/Dialect/Transformer/Analysis/SymbolicDims.h"

#include "mlir/IR/Matchers.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

const ElementNode *ElementExpressions::expandAll(const ElementNode *node) {
  for (unsigned steps = 0; steps < 8; ++steps) {
    const ElementNode *inner = expand(node);
    if (!inner)
      break;
    node = inner;
  }
  return node;
}

const ElementNode *ElementExpressions::expand(const ElementNode *node) {
  if (!node || node->kind != ElementNode::Kind::Element)
    return nullptr;
  Operation *op = node->tensor.getDefiningOp();
  if (!op)
    return nullptr;
  if (auto map = dyn_cast<MapOp>(op)) {
    SmallVector<AffineMap> maps = map.getMaps();
    SmallVector<const ElementNode *> arguments;
    for (auto [input, access] : llvm::zip(map.getInputs(), maps))
      if (arguments.push_back(element(input, compose(access, node->at))); !arguments.back())
        return nullptr;
    return inlineRegion(map.getBody(), arguments, node->at);
  }
  if (auto reshape = dyn_cast<ReshapeOp>(op))
    return expandReshape(reshape, node);
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return expandConstant(constant.getValue(), node);
  if (auto shape = dyn_cast<ShapeOp>(op)) {
    if (shape.getElements().size() != 1)
      if (node->at.size() != 1 || !node->at[0].digits.empty())
        return nullptr;
    std::optional<int64_t> which = node->at.empty() ? 0 : node->at[0].offset.constant();
    if (!which || *which < 0 || *which >= static_cast<int64_t>(shape.getElements().size()))
      return nullptr;
    ElementIndex index;
    index.offset = extentOf(shape.getElements()[*which]);
    return index.offset.isValid() ? makeIndex(index, node->type) : nullptr;
  }
  return isa<onnx::NodeOp>(op) ? expandOnnx(op, node) : nullptr;
}

const ElementNode *ElementExpressions::throughView(const ElementNode *node) {
  if (!node || node->kind != ElementNode::Kind::Element)
    return nullptr;
  if (!node->tensor.getDefiningOp<MapOp>() && !node->tensor.getDefiningOp<ReshapeOp>())
    return nullptr;
  const ElementNode *next = expand(node);
  return next && next->kind == ElementNode::Kind::Element ? next : nullptr;
}

/// The elements of a constant vector of integers.
static std::optional<SmallVector<int64_t>> integers(Value tensor) {
  DenseIntElementsAttr elements;
  if (!matchPattern(tensor, m_Constant(&elements)) || elements.getType().getRank() != 1)
    return std::nullopt;
  return llvm::map_to_vector(elements.getValues<APInt>(), [](const APInt &value) {
    return value.trySExtValue().value_or(std::numeric_limits<int64_t>::min());
  });
}

const ElementNode *ElementExpressions::throughSlice(const ElementNode *node) {
  auto op = node && node->kind == ElementNode::Kind::Element
                ? node->tensor.getDefiningOp<onnx::NodeOp>()
                : onnx::NodeOp();
  if (!op || op.getOpType() != "Slice" || !op.getDomain().empty() || op.getInputs().size() != 5)
    return nullptr;
  auto data = dyn_cast<RankedTensorType>(op.getInputs()[0].getType());
  auto starts = integers(op.getInputs()[1]), axes = integers(op.getInputs()[3]);
  auto steps = integers(op.getInputs()[4]);
  if (!data || !starts || !axes || !steps || starts->size() != axes->size() ||
      steps->size() != axes->size() || node->at.size() != static_cast<size_t>(data.getRank()))
    return nullptr;
  ElementIndices at(node->at);
  for (auto [given, axis, step] : llvm::zip_equal(*starts, *axes, *steps)) {
    axis = axis < 0 ? axis + data.getRank() : axis;
    if (step != 1 || axis < 0 || axis >= data.getRank() || data.isDynamicDim(axis))
      return nullptr;
    int64_t size = data.getDimSize(axis);
    int64_t start = std::clamp<int64_t>(given < 0 ? given + size : given, 0, size);
    at[axis].offset = at[axis].offset + SymbolicExpression(start);
  }
  return element(op.getInputs()[0], std::move(at));
}

bool attune::transformer::isSameElement(const ElementNode *a, const ElementNode *b) {
  return a->kind == ElementNode::Kind::Element && b->kind == a->kind && a->tensor == b->tensor &&
         a->at == b->at;
}

bool attune::transformer::isConversion(const ElementNode *node) {
  return node->is<arith::SIToFPOp>() || node->is<arith::UIToFPOp>() || node->is<arith::ExtSIOp>() ||
         node->is<arith::ExtUIOp>() || node->is<arith::ExtFOp>() || node->is<arith::TruncFOp>();
}

double attune::transformer::roundedTo(Type type, double number) {
  auto format = dyn_cast<FloatType>(type);
  if (!format)
    return number;
  llvm::APFloat value(number);
  bool losesInfo;
  value.convert(format.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return value.convertToDouble();
}

std::optional<double> ElementExpressions::number(const ElementNode *node) {
  bool isSigned = false; // −1 is what a signed boolean is when it holds
  SmallVector<Type> casts;
  for (unsigned steps = 0; node && steps < 8; ++steps) {
    if (node->kind == ElementNode::Kind::Element) {
      node = expand(node);
      continue;
    }
    if (!isConversion(node)) {
      std::optional<double> value = node->number();
      if (std::optional<bool> holds = value ? std::nullopt : decided(node))
        value = *holds ? 1 : 0;
      for (Type type : llvm::reverse(casts))
        value = value ? std::optional(roundedTo(type, *value)) : std::nullopt;
      return value && isSigned && node->type.isInteger(1) ? -*value : value;
    }
    bool toUnsigned = node->is<arith::UIToFPOp>() || node->is<arith::ExtUIOp>();
    // Wider integers may be negative numbers, which unsigned ones are not.
    if (toUnsigned && !node->operands[0]->type.isInteger(1))
      return std::nullopt;
    isSigned = node->is<arith::SIToFPOp>() || node->is<arith::ExtSIOp>();
    casts.push_back(node->type);
    node = node->operands[0];
  }
  return std::nullopt;
}

const ElementNode *ElementExpressions::expandConstant(Attribute value, const ElementNode *node) {
  auto elements = dyn_cast<DenseElementsAttr>(value);
  if (!elements || elements.empty())
    return nullptr;
  Attribute picked;
  if (elements.isSplat()) {
    picked = elements.getSplatValue<Attribute>();
  } else {
    int64_t position = 0;
    for (auto [index, size] : llvm::zip(node->at, elements.getType().getShape())) {
      std::optional<int64_t> offset = index.offset.constant();
      if (!index.digits.empty() || !offset || *offset < 0 || *offset >= size)
        return nullptr;
      position = position * size + *offset;
    }
    picked = elements.getValues<Attribute>()[position];
  }
  auto typed = dyn_cast<TypedAttr>(picked);
  ElementNode *constant = typed ? make(ElementNode::Kind::Constant, node->type) : nullptr;
  if (constant)
    constant->constant = typed;
  return constant;
}

namespace {
/// A digit; `number` is its value where it has no loop.
struct Part {
  IndexDigit digit;
  int64_t number = 0;

  bool isNumber() const { return digit.loop == IndexDigit::kNumber; }
};
} // namespace

/// Appends a digit; two that make one number of the same loop become one.
static void append(SmallVectorImpl<Part> &parts, Part part, const ElementExpressions &expressions) {
  IndexDigit &digit = part.digit;
  if (!parts.empty() && !part.isNumber() && parts.back().digit.loop == digit.loop) {
    std::optional<int64_t> low = digit.extent.constant();
    IndexDigit &high = parts.back().digit;
    if (low && llvm::checkedMul(*low, digit.divisor) == high.divisor) {
      digit.extent = high.extent * digit.extent;
      parts.pop_back();
    }
  }
  digit.isWhole =
      !part.isNumber() && digit.divisor == 1 && digit.extent == expressions.extent(digit.loop);
  parts.push_back(std::move(part));
}

/// The digit's first values, `extent` of them, as a digit; `part` becomes the rest. Nothing when
/// the rest is no number.
static std::optional<Part> cutFront(Part &part, const SymbolicExpression &extent) {
  IndexDigit &digit = part.digit;
  std::optional<SymbolicExpression> rest = digit.extent.divideExactly(extent);
  std::optional<int64_t> low = rest ? rest->constant() : std::nullopt;
  std::optional<int64_t> divisor = low ? llvm::checkedMul(*low, digit.divisor) : std::nullopt;
  if (!divisor || *low < 1)
    return std::nullopt;
  Part front{{digit.loop, extent, *divisor, /*isWhole=*/false}, part.number / *low};
  part.number %= *low;
  digit.extent = *rest;
  digit.isWhole = false;
  return front;
}

/// Appends the digits of an index into a dimension; false when they are not all of it.
static bool takeApart(const SymbolicExpression &dim, const ElementIndex &index,
                      SmallVectorImpl<Part> &parts, const ElementExpressions &expressions) {
  SmallVector<Part> own;
  SymbolicExpression size(1);
  for (const IndexDigit &digit : index.digits) {
    own.push_back({digit});
    size = size * digit.extent;
  }
  if (own.empty() && expressions.joinsNumbers()) {
    own.push_back({{IndexDigit::kNumber, dim}});
    size = dim;
  }
  // A part of a dimension, or one element of it, cannot be cut into digits.
  std::optional<int64_t> left = index.offset.constant();
  if (size != dim || !left || *left < 0)
    return false;
  for (Part &part : llvm::reverse(own)) {
    std::optional<int64_t> extent = part.digit.extent.constant();
    if (*left == 0)
      break;
    if (!extent || *extent < 1 || (!part.isNumber() && *left % *extent != 0))
      return false;
    part.number = *left % *extent;
    *left /= *extent;
  }
  for (Part &part : own)
    append(parts, std::move(part), expressions);
  return *left == 0;
}

/// The index that has these digits.
static ElementIndex joined(ArrayRef<Part> parts) {
  ElementIndex index;
  SymbolicExpression stride(1);
  for (const Part &part : llvm::reverse(parts)) {
    index.offset = index.offset + stride * SymbolicExpression(part.number);
    stride = stride * part.digit.extent;
  }
  if (!llvm::all_of(parts, [](const Part &part) { return part.isNumber(); }))
    for (const Part &part : parts)
      // A number in a dimension of one element says nothing.
      if (!part.isNumber() || !part.digit.extent.isConstant(1))
        index.digits.push_back(part.digit);
  return index;
}

/// The same place in a group of dimensions of other sizes, where all indices are numbers.
static bool regroupNumbers(ArrayRef<SymbolicExpression> outDims, ArrayRef<ElementIndex> outAt,
                           ArrayRef<SymbolicExpression> inDims,
                           MutableArrayRef<ElementIndex> inAt) {
  int64_t place = 0;
  for (auto [dim, index] : llvm::zip(outDims, outAt)) {
    std::optional<int64_t> size = dim.constant(), at = index.offset.constant();
    if (!index.digits.empty() || !size || !at || *at < 0 || *at >= *size ||
        llvm::MulOverflow(place, *size, place) || llvm::AddOverflow(place, *at, place))
      return false;
  }
  for (auto [dim, index] : llvm::zip(llvm::reverse(inDims), llvm::reverse(inAt))) {
    std::optional<int64_t> size = dim.constant();
    if (!size || *size < 1)
      return false;
    index.offset = SymbolicExpression(place % *size);
    place /= *size;
  }
  return place == 0;
}

/// Gives the digits of a group of output dimensions to its input dimensions, first to first.
static bool regroup(ArrayRef<SymbolicExpression> outDims, ArrayRef<ElementIndex> outAt,
                    ArrayRef<SymbolicExpression> inDims, MutableArrayRef<ElementIndex> inAt,
                    const ElementExpressions &expressions) {
  if (outDims.size() == 1 && inDims.size() == 1) {
    inAt[0] = outAt[0];
    return true;
  }
  if (regroupNumbers(outDims, outAt, inDims, inAt))
    return true;
  SmallVector<Part> parts;
  for (auto [dim, index] : llvm::zip(outDims, outAt))
    if (!takeApart(dim, index, parts, expressions))
      return false;
  size_t next = 0;
  for (auto [dim, index] : llvm::zip(inDims, inAt)) {
    SmallVector<Part> own;
    SymbolicExpression size(1);
    while (size != dim) {
      if (next == parts.size())
        return false;
      if (dim.divideExactly(size * parts[next].digit.extent)) {
        size = size * parts[next].digit.extent;
        append(own, parts[next++], expressions);
        continue;
      }
      std::optional<SymbolicExpression> missing = dim.divideExactly(size);
      std::optional<Part> front = missing ? cutFront(parts[next], *missing) : std::nullopt;
      if (!front)
        return false;
      append(own, *front, expressions);
      size = dim;
    }
    index = joined(own);
  }
  return next == parts.size();
}

const ElementNode *ElementExpressions::expandReshape(ReshapeOp op, const ElementNode *node) {
  ArrayAttr inputDims = symbolicShape(op.getInput());
  if (!inputDims)
    return nullptr;
  SmallVector<SymbolicExpression> out = extentsOf(op.getDims()), in = extentsOf(inputDims);
  ElementIndices at(in.size());
  auto invalid = [](const SymbolicExpression &extent) {
    return !extent.isValid() || extent.isConstant(0);
  };
  if (llvm::any_of(out, invalid) || llvm::any_of(in, invalid))
    return nullptr;
  // An extent that ranges and guards leave no other value than one: min(1, s) of at least one.
  for (SymbolicExpression &extent : llvm::concat<SymbolicExpression>(out, in))
    if (!extent.constant() && extent.asSymbol().empty() && symbolsOf(op).equal(extent, 1))
      extent = 1;
  // Cut both shapes into the smallest groups of equal size; unit dimensions stay alone.
  size_t i = 0, j = 0;
  while (true) {
    while (i < out.size() && out[i].isConstant(1))
      if (!node->at[i++].isZero())
        return nullptr;
    while (j < in.size() && in[j].isConstant(1))
      ++j;
    if (i == out.size() || j == in.size())
      break;
    size_t outBegin = i, inBegin = j;
    SymbolicExpression outSize = out[i++], inSize = in[j++];
    while (outSize != inSize) {
      if (!outSize.isValid() || !inSize.isValid())
        return nullptr;
      bool growOut = inSize.divideExactly(outSize).has_value();
      if (!growOut && !outSize.divideExactly(inSize))
        return nullptr;
      if (growOut ? i == out.size() : j == in.size())
        return nullptr;
      SymbolicExpression &size = growOut ? outSize : inSize;
      size = size * (growOut ? out[i++] : in[j++]);
    }
    if (!regroup(ArrayRef(out).slice(outBegin, i - outBegin),
                 ArrayRef(node->at).slice(outBegin, i - outBegin),
                 ArrayRef(in).slice(inBegin, j - inBegin),
                 MutableArrayRef(at).slice(inBegin, j - inBegin), *this))
      return nullptr;
  }
  return i == out.size() && j == in.size() ? element(op.getInput(), std::move(at)) : nullptr;
}

std::optional<ElementIndex> ElementExpressions::gatheredIndex(Value indices, ElementIndices at) {
  std::optional<SymbolicExpression> poly = polynomial(element(indices, std::move(at)));
  std::optional<ElementIndex> index = poly ? asIndex(*poly) : std::nullopt;
  // ONNX counts negative indices from the end.
  if (!index || !SymbolicExpression::provablyLessEqual(0, index->offset))
    return std::nullopt;
  return index;
}

static ElementIndex constantIndex(int64_t value) {
  ElementIndex index;
  index.offset = SymbolicExpression(value);
  return index;
}

/// An integer attribute of an ONNX node.
static int64_t intAttr(onnx::NodeOp op, StringRef name, int64_t otherwise) {
  auto value = op.getNodeAttributes().getAs<IntegerAttr>(name);
  return value ? value.getValue().getSExtValue() : otherwise;
}

const ElementNode *ElementExpressions::expandGatherND(onnx::NodeOp op, int64_t rank,
                                                      RankedTensorType indices,
                                                      ArrayRef<ElementIndex> at) {
  int64_t last = indices.getRank() - 1;
  if (intAttr(op, "batch_dims", 0) != 0 || last < 0 || indices.isDynamicDim(last))
    return nullptr;
  int64_t depth = indices.getDimSize(last);
  if (depth > rank || static_cast<int64_t>(at.size()) != last + rank - depth)
    return nullptr;
  ElementIndices dataAt;
  for (int64_t i = 0; i < depth; ++i) {
    ElementIndices where(at.take_front(last));
    where.push_back(constantIndex(i));
    std::optional<ElementIndex> index = gatheredIndex(op.getInputs()[1], std::move(where));
    if (!index)
      return nullptr;
    dataAt.push_back(*index);
  }
  dataAt.append(at.begin() + last, at.end());
  return element(op.getInputs()[0], std::move(dataAt));
}

const ElementNode *ElementExpressions::expandGather(onnx::NodeOp op, int64_t axis, int64_t rank,
                                                    int64_t indicesRank,
                                                    ArrayRef<ElementIndex> at) {
  if (static_cast<int64_t>(at.size()) != rank - 1 + indicesRank)
    return nullptr;
  std::optional<ElementIndex> index =
      gatheredIndex(op.getInputs()[1], ElementIndices(at.slice(axis, indicesRank)));
  if (!index)
    return nullptr;
  ElementIndices dataAt(at.take_front(axis));
  dataAt.push_back(*index);
  dataAt.append(at.begin() + axis + indicesRank, at.end());
  return element(op.getInputs()[0], std::move(dataAt));
}

/// Whether parts of a tensor are best seen from its definition.
static bool isComputed(Value tensor) {
  Operation *op = tensor.getDefiningOp();
  auto node = dyn_cast_or_null<onnx::NodeOp>(op);
  return isa_and_nonnull<MapOp, ReshapeOp>(op) || (node && node.getOpType() == "Concat");
}

/// What every element of a tensor is; null where they differ or are not known.
static TypedAttr uniformValue(Value tensor) {
  auto map = tensor.getDefiningOp<MapOp>();
  Value value = map ? map.getBody().front().getTerminator()->getOperand(0) : Value();
  auto constant = value ? value.getDefiningOp<arith::ConstantOp>() : nullptr;
  return constant ? constant.getValue() : TypedAttr();
}

const ElementNode *ElementExpressions::expandOnnx(Operation *operation, const ElementNode *node) {
  auto op = cast<onnx::NodeOp>(operation);
  if (!op.getDomain().empty() || op.getNumResults() != 1 || op.getInputs().empty())
    return nullptr;
  StringRef type = op.getOpType();
  auto data = dyn_cast<RankedTensorType>(op.getInputs()[0].getType());
  if (!data)
    return nullptr;
  int64_t rank = data.getRank(), axis = intAttr(op, "axis", 0);
  if (axis < 0)
    axis += rank;
  bool hasAxis = axis >= 0 && axis < rank;
  if (type == "Concat")
    return hasAxis && node->at.size() == static_cast<size_t>(rank)
               ? throughConcat(op.getInputs(), axis, node->at)
               : nullptr;
  if (type == "Slice" && isComputed(op.getInputs()[0]))
    return throughPart(node);
  auto indices = op.getInputs().size() == 2
                     ? dyn_cast<RankedTensorType>(op.getInputs()[1].getType())
                     : RankedTensorType();
  if (!indices)
    return nullptr;
  if (type.starts_with("Gather"))
    if (TypedAttr everywhere = uniformValue(op.getInputs()[0]))
      return constant(everywhere);
  if (type == "Gather" && hasAxis)
    return expandGather(op, axis, rank, indices.getRank(), node->at);
  if (type == "GatherND")
    return expandGatherND(op, rank, indices, node->at);
  if (type == "GatherElements" && hasAxis && node->at.size() == static_cast<size_t>(rank)) {
    std::optional<ElementIndex> index = gatheredIndex(op.getInputs()[1], node->at);
    if (!index)
      return nullptr;
    ElementIndices dataAt(node->at);
    dataAt[axis] = *index;
    return element(op.getInputs()[0], std::move(dataAt));
  }
  return nullptr;
}
