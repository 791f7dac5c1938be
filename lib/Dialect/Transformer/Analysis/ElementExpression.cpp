// Expressions over loops: nodes, index arithmetic, and writing them back as maps.
#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"
#include "attune/Dialect/Transformer/Analysis/SymbolicDims.h"
#include "attune/Dialect/Transformer/IR/OperandIndex.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

/// Expressions over this size are not worth a proof; it also bounds recursion on hostile graphs.
static constexpr size_t kMaxNodes = 4096;
static constexpr llvm::StringLiteral kLoopPrefix = "$loop";

SymbolicExpression attune::transformer::extentOf(Attribute dim) {
  if (auto integer = dyn_cast_or_null<IntegerAttr>(dim))
    return SymbolicExpression(integer.getInt());
  auto text = dyn_cast_or_null<StringAttr>(dim);
  std::optional<SymbolicExpression> parsed =
      text ? SymbolicExpression::parse(text.getValue()) : std::nullopt;
  if (!parsed)
    return SymbolicExpression::invalid();
  bool reserved = false;
  parsed->forEachSymbol([&](StringRef name) { reserved |= name.starts_with(kLoopPrefix); });
  return reserved ? SymbolicExpression::invalid() : *parsed;
}

SmallVector<SymbolicExpression> attune::transformer::extentsOf(ArrayAttr dims) {
  return llvm::map_to_vector(dims, extentOf);
}

Attribute attune::transformer::dimFor(MLIRContext *context, const SymbolicExpression &extent) {
  Builder builder(context);
  if (std::optional<int64_t> constant = extent.constant())
    return builder.getI64IntegerAttr(*constant);
  return builder.getStringAttr(extent.str());
}

bool ElementIndex::operator==(const ElementIndex &other) const {
  return offset == other.offset && offset.isValid() && digits == other.digits;
}

std::optional<double> ElementNode::number() const {
  if (kind != Kind::Constant)
    return std::nullopt;
  if (auto value = dyn_cast<FloatAttr>(constant))
    return value.getValueAsDouble();
  if (auto value = dyn_cast<IntegerAttr>(constant))
    return value.getType().isInteger(1) ? double(!value.getValue().isZero())
                                        : value.getValue().roundToDouble(/*isSigned=*/true);
  return std::nullopt;
}

unsigned ElementExpressions::addLoop(SymbolicExpression extent) {
  extents.push_back(std::move(extent));
  return extents.size() - 1;
}

ElementIndex ElementExpressions::loopIndex(unsigned loop) const {
  ElementIndex index;
  if (!extents[loop].isConstant(1))
    index.digits.push_back({loop, extents[loop]});
  return index;
}

ElementIndices ElementExpressions::compose(AffineMap map, ArrayRef<ElementIndex> indices) const {
  ElementIndices at;
  for (AffineExpr expr : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    at.push_back(dim ? indices[dim.getPosition()] : ElementIndex());
  }
  return at;
}

/// The digits that an index of attention is; nothing when it is no mixed-radix number of them.
static std::optional<ElementIndex> asDigits(const OperandIndex &index,
                                            const ElementExpressions &expressions) {
  ElementIndex digits;
  digits.offset = SymbolicExpression(index.offset);
  auto terms = index.terms;
  llvm::sort(terms, [](const IndexTerm &a, const IndexTerm &b) { return a.stride < b.stride; });
  std::optional<int64_t> stride = 1;
  for (const IndexTerm &term : terms) {
    const SymbolicExpression &whole = expressions.extent(term.loop);
    if (whole.isConstant(1))
      continue;
    IndexDigit digit{term.loop, whole, term.divisor};
    if (term.divisor != 1) {
      std::optional<SymbolicExpression> quotient = whole.divideExactly(term.divisor);
      if (!quotient)
        return std::nullopt;
      digit.extent = *quotient;
    }
    if (term.modulus != 0)
      digit.extent = SymbolicExpression(term.modulus);
    digit.isWhole = term.divisor == 1 && digit.extent == whole;
    if (term.stride != stride)
      return std::nullopt;
    std::optional<int64_t> extent = digit.extent.constant();
    stride = extent ? llvm::checkedMul(*stride, *extent) : std::nullopt;
    digits.digits.insert(digits.digits.begin(), std::move(digit));
  }
  return digits;
}

std::optional<ElementIndices> ElementExpressions::operandIndices(AffineMap map) const {
  ElementIndices at;
  for (AffineExpr expr : map.getResults()) {
    std::optional<OperandIndex> index = parseOperandIndex(expr);
    std::optional<ElementIndex> digits = index ? asDigits(*index, *this) : std::nullopt;
    if (!digits)
      return std::nullopt;
    at.push_back(std::move(*digits));
  }
  return at;
}

ElementNode *ElementExpressions::make(ElementNode::Kind kind, Type type) {
  if (nodes.size() >= kMaxNodes)
    return nullptr;
  ElementNode &node = nodes.emplace_back();
  node.kind = kind;
  node.type = type;
  return &node;
}

const ElementNode *ElementExpressions::makeIndex(ElementIndex index, Type type) {
  ElementNode *node = make(ElementNode::Kind::Index, type);
  if (node)
    node->index = std::move(index);
  return node;
}

Value ElementExpressions::scratchValue(Type type) {
  if (!scratch)
    scratch = std::make_unique<Block>();
  return scratch->addArgument(type, UnknownLoc::get(type.getContext()));
}

OpBuilder ElementExpressions::scratchBuilder() {
  // The block is in no region, which a builder at its end would ask for the context.
  OpBuilder builder(scratch->getArgument(0).getContext());
  builder.setInsertionPointToEnd(scratch.get());
  return builder;
}

const ElementNode *ElementExpressions::makeOperation(Operation *op,
                                                     ArrayRef<const ElementNode *> operands) {
  ElementNode *node = make(ElementNode::Kind::Operation, op->getResult(0).getType());
  if (!node)
    return nullptr;
  node->op = op;
  node->operands.assign(operands.begin(), operands.end());
  return node;
}

const ElementNode *ElementExpressions::select(const ElementNode *condition, const ElementNode *a,
                                              const ElementNode *b) {
  if (!condition || !a || !b)
    return nullptr;
  OpBuilder builder = scratchBuilder();
  return makeOperation(arith::SelectOp::create(builder, builder.getUnknownLoc(),
                                               scratchValue(condition->type), scratchValue(a->type),
                                               scratchValue(b->type)),
                       {condition, a, b});
}

const SymbolicDims &ElementExpressions::symbolsOf(Operation *op) {
  if (!symbols) {
    auto function = op->getParentOfType<FunctionOpInterface>();
    symbols = function ? std::make_shared<const SymbolicDims>(function)
                       : std::make_shared<const SymbolicDims>();
  }
  return *symbols;
}

const ElementNode *ElementExpressions::constant(TypedAttr value) {
  ElementNode *node = make(ElementNode::Kind::Constant, value.getType());
  if (node)
    node->constant = value;
  return node;
}

const ElementNode *ElementExpressions::element(Value tensor, ElementIndices at) {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  if (!type || type.getRank() != static_cast<int64_t>(at.size()))
    return nullptr;
  ElementNode *node = make(ElementNode::Kind::Element, type.getElementType());
  if (!node)
    return nullptr;
  node->tensor = tensor;
  node->at = std::move(at);
  return node;
}

const ElementNode *ElementExpressions::element(Value tensor) {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  ElementIndices at;
  for (unsigned loop = 0; type && loop < type.getRank() && loop < extents.size(); ++loop)
    at.push_back(loopIndex(loop));
  return element(tensor, std::move(at));
}

const ElementNode *ElementExpressions::inlineRegion(Region &region,
                                                    ArrayRef<const ElementNode *> arguments,
                                                    ArrayRef<ElementIndex> indices) {
  DenseMap<Value, const ElementNode *> known;
  for (auto [argument, node] : llvm::zip_equal(region.getArguments(), arguments))
    known[argument] = node;
  auto lookup = [&](Value value) -> const ElementNode * {
    if (auto found = known.find(value); found != known.end())
      return found->second;
    // A constant that was hoisted out of the region.
    TypedAttr attr;
    if (!matchPattern(value, m_Constant(&attr)))
      return nullptr;
    ElementNode *node = make(ElementNode::Kind::Constant, value.getType());
    if (node)
      node->constant = attr;
    return known[value] = node;
  };
  for (Operation &op : region.front().without_terminator()) {
    if (op.getNumResults() != 1 || op.getNumRegions() != 0)
      return nullptr;
    Value result = op.getResult(0);
    if (op.hasTrait<OpTrait::ConstantLike>()) {
      if (!lookup(result))
        return nullptr;
      continue;
    }
    if (auto index = dyn_cast<IndexOp>(op)) {
      if (index.getDim() >= indices.size())
        return nullptr;
      if (!(known[result] = makeIndex(indices[index.getDim()], result.getType())))
        return nullptr;
      continue;
    }
    SmallVector<const ElementNode *, 2> operands;
    for (Value operand : op.getOperands())
      if (operands.push_back(lookup(operand)); !operands.back())
        return nullptr;
    // Indices are far from the ends of any integer type that holds them.
    if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op) &&
        operands[0]->kind == ElementNode::Kind::Index) {
      if (!(known[result] = makeIndex(operands[0]->index, result.getType())))
        return nullptr;
      continue;
    }
    ElementNode *node = make(ElementNode::Kind::Operation, result.getType());
    if (!node)
      return nullptr;
    node->op = &op;
    node->operands = std::move(operands);
    known[result] = node;
  }
  Operation *yield = region.front().getTerminator();
  return yield->getNumOperands() == 1 ? lookup(yield->getOperand(0)) : nullptr;
}

std::string ElementExpressions::loopSymbol(unsigned loop) {
  return (kLoopPrefix + llvm::Twine(loop)).str();
}

bool attune::transformer::isLoopFree(const SymbolicExpression &polynomial) {
  bool isFree = polynomial.isValid();
  polynomial.forEachSymbol([&](StringRef name) { isFree &= !name.starts_with(kLoopPrefix); });
  return isFree;
}

std::optional<ElementIndex> ElementExpressions::asIndex(const SymbolicExpression &poly) const {
  ElementIndex index;
  bool plain = true;
  SymbolicExpression rest = poly;
  for (const SymbolicExpression::Term &term : poly.terms()) {
    if (term.factors.size() != 1 || term.coefficient != 1 ||
        term.factors[0]->kind != SymbolicExpression::Atom::Kind::Symbol)
      continue;
    StringRef name = term.factors[0]->text;
    unsigned loop;
    if (!name.consume_front(kLoopPrefix) || name.getAsInteger(10, loop) || loop >= extents.size())
      continue;
    plain &= index.digits.empty();
    if (!extents[loop].isConstant(1))
      index.digits.push_back({loop, extents[loop]});
    rest = rest - SymbolicExpression::symbol(loopSymbol(loop));
  }
  rest.forEachSymbol([&](StringRef name) { plain &= !name.starts_with(kLoopPrefix); });
  if (!plain || !rest.isValid())
    return std::nullopt;
  index.offset = rest;
  return index;
}

void attune::transformer::forEachDigit(const ElementNode *node,
                                       llvm::function_ref<void(const IndexDigit &)> callback) {
  llvm::DenseSet<const ElementNode *> seen;
  SmallVector<const ElementNode *> work{node};
  while (!work.empty()) {
    const ElementNode *part = work.pop_back_val();
    if (!part || !seen.insert(part).second)
      continue;
    llvm::for_each(part->index.digits, callback);
    for (const ElementIndex &index : part->at)
      llvm::for_each(index.digits, callback);
    llvm::append_range(work, part->operands);
  }
}

void attune::transformer::forEachLoop(const ElementNode *node,
                                      llvm::function_ref<void(unsigned)> callback) {
  forEachDigit(node, [&](const IndexDigit &digit) { callback(digit.loop); });
}

bool attune::transformer::dependsOn(const ElementNode *node, ArrayRef<unsigned> loops) {
  bool depends = false;
  forEachLoop(node, [&](unsigned loop) { depends |= llvm::is_contained(loops, loop); });
  return depends;
}

namespace {
/// Writes one expression into the region of a new map over `axes`.
struct Writer {
  Writer(OpBuilder &outer, OpBuilder &builder, Location loc, ArrayRef<IndexDigit> axes,
         Block *block)
      : outer(outer), builder(builder), loc(loc), axes(axes), block(block) {}

  OpBuilder &outer;
  OpBuilder &builder;
  Location loc;
  ArrayRef<IndexDigit> axes;
  Block *block;
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  DenseMap<const ElementNode *, Value> written;

  std::optional<unsigned> position(const IndexDigit &digit) const {
    const IndexDigit *found = llvm::find(axes, digit);
    return found == axes.end() ? std::nullopt : std::optional<unsigned>(found - axes.begin());
  }

  /// One dimension of a tensor, taken apart where its index has several digits.
  bool appendDimension(const ElementIndex &index, SmallVectorImpl<AffineExpr> &exprs,
                       SmallVectorImpl<Attribute> &shape, bool dropUnits) {
    if (!index.offset.isConstant(0))
      return false;
    if (index.digits.empty() && !dropUnits) {
      exprs.push_back(builder.getAffineConstantExpr(0));
      shape.push_back(builder.getI64IntegerAttr(1));
    }
    for (const IndexDigit &digit : index.digits) {
      std::optional<unsigned> axis = position(digit);
      // One axis in two dimensions (a diagonal) is no projected permutation.
      if (!axis || llvm::is_contained(exprs, builder.getAffineDimExpr(*axis)))
        return false;
      exprs.push_back(builder.getAffineDimExpr(*axis));
      shape.push_back(dimFor(builder.getContext(), digit.extent));
    }
    return true;
  }

  Value writeElement(const ElementNode *node) {
    // A map has no more results than loops: unit dimensions go when there are more.
    bool drop = node->at.size() > axes.size();
    bool joined =
        llvm::any_of(node->at, [](const ElementIndex &index) { return index.digits.size() > 1; });
    SmallVector<AffineExpr> exprs;
    SmallVector<Attribute> shape;
    ArrayAttr whole = joined ? symbolicShape(node->tensor) : ArrayAttr();
    for (auto [dim, index] : llvm::enumerate(node->at)) {
      size_t before = shape.size();
      if (!appendDimension(index, exprs, shape, drop || joined))
        return {};
      SymbolicExpression read(1);
      for (Attribute part : ArrayRef(shape).drop_front(before))
        read = read * extentOf(part);
      // Only a whole dimension is reshaped.
      if (joined && (!whole || read != extentOf(whole[dim])))
        return {};
    }
    Value tensor = node->tensor;
    if (drop || joined) {
      ArrayAttr dims = builder.getArrayAttr(shape);
      tensor = ReshapeOp::create(outer, loc, typeFor(dims, node->type), tensor, dims);
    }
    inputs.push_back(tensor);
    maps.push_back(AffineMap::get(axes.size(), 0, exprs, builder.getContext()));
    return block->addArgument(node->type, loc);
  }

  Value writeIndex(const ElementNode *node) {
    std::optional<int64_t> offset = node->index.offset.constant();
    if (!offset || node->index.digits.size() > 1)
      return {};
    Value value;
    if (node->index.digits.empty())
      value = arith::ConstantIndexOp::create(builder, loc, *offset);
    else if (std::optional<unsigned> axis = position(node->index.digits[0])) {
      value = IndexOp::create(builder, loc, builder.getIndexType(), *axis);
      if (*offset != 0)
        value = arith::AddIOp::create(builder, loc, value,
                                      arith::ConstantIndexOp::create(builder, loc, *offset));
    } else
      return {};
    return node->type.isIndex() ? value
                                : arith::IndexCastOp::create(builder, loc, node->type, value);
  }

  Value write(const ElementNode *node) {
    if (auto found = written.find(node); found != written.end())
      return found->second;
    Value value;
    switch (node->kind) {
    case ElementNode::Kind::Constant:
      value = arith::ConstantOp::create(builder, loc, node->constant);
      break;
    case ElementNode::Kind::Index:
      value = writeIndex(node);
      break;
    case ElementNode::Kind::Element:
      value = writeElement(node);
      break;
    case ElementNode::Kind::Operation: {
      IRMapping mapping;
      for (auto [operand, part] : llvm::zip_equal(node->op->getOperands(), node->operands)) {
        Value operandValue = write(part);
        if (!operandValue || operandValue.getType() != operand.getType())
          return {};
        mapping.map(operand, operandValue);
      }
      // Two operands may be one value of the old region and one expression here, never two.
      value = builder.clone(*node->op, mapping)->getResult(0);
      break;
    }
    }
    if (value)
      written[node] = value;
    return value;
  }
};
} // namespace

bool attune::transformer::isWritable(const ElementNode *node) {
  llvm::DenseSet<const ElementNode *> seen;
  SmallVector<const ElementNode *> work{node};
  while (!work.empty()) {
    const ElementNode *part = work.pop_back_val();
    if (!part)
      return false;
    if (!seen.insert(part).second)
      continue;
    if (part->kind == ElementNode::Kind::Index &&
        (part->index.digits.size() > 1 || !part->index.offset.constant() ||
         !llvm::all_of(part->index.digits, ElementIndex::isWholeDigit)))
      return false;
    if (part->kind == ElementNode::Kind::Element) {
      llvm::DenseSet<unsigned> used;
      for (const ElementIndex &index : part->at)
        if (!index.isSimple() ||
            (!index.digits.empty() && !used.insert(index.digits[0].loop).second))
          return false;
    }
    llvm::append_range(work, part->operands);
  }
  return true;
}

Value attune::transformer::materialize(OpBuilder &builder, Location loc,
                                       ArrayRef<const ElementNode *> nodes,
                                       ArrayRef<IndexDigit> axes, CombineScalars combine) {
  SmallVector<Attribute> dims;
  for (const IndexDigit &axis : axes)
    dims.push_back(dimFor(builder.getContext(), axis.extent));
  Region region;
  Block &block = region.emplaceBlock();
  OpBuilder inner(builder.getContext());
  inner.setInsertionPointToEnd(&block);
  Writer writer(builder, inner, loc, axes, &block);
  SmallVector<Value> values;
  for (const ElementNode *node : nodes)
    if (values.push_back(writer.write(node)); !values.back())
      return {};
  Value result = combine(inner, values);
  YieldOp::create(inner, loc, ValueRange(result));
  ArrayAttr dimsAttr = builder.getArrayAttr(dims);
  auto map = MapOp::create(builder, loc, typeFor(dimsAttr, result.getType()), writer.inputs,
                           dimsAttr, builder.getAffineMapArrayAttr(writer.maps));
  map.getBody().takeBody(region);
  return map.getResult();
}
