// Follows the operands of attention to where their elements lie.
#include "OperandViews.h"
#include "ScalarRegion.h"

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/Analysis/SymbolicDims.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/CheckedArithmetic.h"

#include <cmath>

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

/// Σ digits · their strides + offset; null where a number is not known or the sum is too large.
static AffineExpr asExpression(const ElementIndex &index, const ElementExpressions &expressions,
                               MLIRContext *context) {
  std::optional<int64_t> offset = index.offset.constant(), stride = 1;
  if (!offset || *offset < 0)
    return {};
  AffineExpr sum = getAffineConstantExpr(*offset, context);
  for (const IndexDigit &digit : llvm::reverse(index.digits)) {
    // Only the extent of the first digit need not be known.
    if (!stride)
      return {};
    AffineExpr value = getAffineDimExpr(digit.loop, context);
    if (!digit.isWhole) {
      value = value.floorDiv(digit.divisor);
      if (digit.extent * SymbolicExpression(digit.divisor) != expressions.extent(digit.loop)) {
        std::optional<int64_t> modulus = digit.extent.constant();
        if (!modulus || *modulus < 1)
          return {};
        value = value % *modulus;
      }
    }
    sum = value * *stride + sum;
    std::optional<int64_t> extent = digit.extent.constant();
    stride = extent ? llvm::checkedMul(*stride, *extent) : std::nullopt;
  }
  return sum;
}

AffineMap transformer::accessMap(const ElementIndices &at, const ElementExpressions &expressions,
                                 RankedTensorType type) {
  constexpr unsigned loops = 6;
  MLIRContext *context = type.getContext();
  SmallVector<AffineExpr> exprs;
  for (const ElementIndex &index : at)
    if (exprs.push_back(asExpression(index, expressions, context)); !exprs.back())
      return {};
  AffineMap map = AffineMap::get(loops, 0, exprs, context);
  SmallVector<Attribute> dims;
  for (unsigned loop = 0; loop < loops; ++loop)
    dims.push_back(dimFor(context, expressions.extent(loop)));
  return exprs.size() <= loops && isOperandMap(map) &&
                 staysInside(map, ArrayAttr::get(context, dims), type.getShape())
             ? map
             : AffineMap();
}

/// The element that a product with a constant is made of; `scale` takes the constant in.
static const ElementNode *throughScale(ElementExpressions &expressions, const ElementNode *node,
                                       double &scale) {
  const ElementNode *inner =
      node->tensor.getDefiningOp<MapOp>() ? expressions.expand(node) : nullptr;
  if (!inner || !(inner->is<arith::MulFOp>() || inner->is<arith::DivFOp>()))
    return nullptr;
  for (unsigned constant : {1u, 0u}) {
    std::optional<double> number = expressions.number(inner->operands[constant]);
    bool divides = inner->is<arith::DivFOp>();
    const ElementNode *rest = inner->operands[1 - constant];
    if (!number || (divides && (constant == 0 || *number == 0)) ||
        rest->kind != ElementNode::Kind::Element)
      continue;
    scale *= divides ? 1 / *number : *number;
    return rest;
  }
  return nullptr;
}

std::optional<OperandView> transformer::followViews(ElementExpressions &expressions, Value tensor,
                                                    ElementIndices at, bool scaled) {
  std::optional<OperandView> best;
  const ElementNode *node = expressions.element(tensor, std::move(at));
  double scale = 1;
  unsigned copies = 0, saved = 0; // on the way to `node`, and to `best`
  for (unsigned steps = 0; node && steps < 64; ++steps) {
    auto type = cast<RankedTensorType>(node->tensor.getType());
    if ((!best || copies > saved || node->isSimple()) && accessMap(node->at, expressions, type)) {
      best = OperandView{node->tensor, node->at, scale};
      saved = copies;
    }
    copies += !node->tensor.getDefiningOp<ReshapeOp>();
    const ElementNode *next = expressions.throughView(node);
    if (node->tensor.getDefiningOp<onnx::NodeOp>()) {
      next = expressions.throughSlice(node);
      if (!next) // a Gather with known indices
        next = expressions.expand(node);
      if (next && next->kind != ElementNode::Kind::Element)
        next = nullptr;
    }
    node = next || !scaled ? next : throughScale(expressions, node, scale);
  }
  return best;
}

Value transformer::joinParts(OpBuilder &builder, const ElementExpressions &expressions,
                             Value tensor, ElementIndices &at) {
  ArrayAttr dims = symbolicShape(tensor);
  std::optional<SymbolicShape> shape = dims ? fromArrayAttr(dims) : std::nullopt;
  if (!shape || shape->size() != at.size())
    return {};
  SymbolicShape joined;
  ElementIndices joinedAt;
  for (auto [index, extent] : llvm::zip_equal(at, *shape)) {
    bool isPart = !joined.empty() && index.digits.size() == 1 && index.offset.isConstant(0) &&
                  joinedAt.back().digits.size() == 1 && joinedAt.back().offset.isConstant(0);
    if (isPart) {
      IndexDigit &outer = joinedAt.back().digits[0];
      const IndexDigit &inner = index.digits[0];
      std::optional<int64_t> count = inner.extent.constant();
      bool follows = outer.loop == inner.loop && count && extent == inner.extent &&
                     llvm::checkedMul(*count, inner.divisor) == outer.divisor;
      if (follows) {
        outer.extent = outer.extent * inner.extent;
        outer.divisor = inner.divisor;
        outer.isWhole = inner.divisor == 1 && outer.extent == expressions.extent(inner.loop);
        joined.back() = joined.back() * extent;
        continue;
      }
    }
    joined.push_back(extent);
    joinedAt.push_back(index);
  }
  if (joined.size() == at.size())
    return {};
  SmallVector<Attribute> attributes = llvm::map_to_vector(
      joined, [&](const SymbolicExpression &e) { return dimFor(builder.getContext(), e); });
  ArrayAttr result = builder.getArrayAttr(attributes);
  Type element = cast<RankedTensorType>(tensor.getType()).getElementType();
  at = std::move(joinedAt);
  return ReshapeOp::create(builder, tensor.getLoc(), typeFor(result, element), tensor, result);
}

/// Where a reshape makes `dim` of several input dimensions, or of the end of one: what lies before
/// the first cut inside it, and what behind.
static std::optional<SplitExtent> cutOf(ReshapeOp op, unsigned dim) {
  ArrayAttr inputDims = symbolicShape(op.getInput());
  if (!inputDims || dim >= op.getDims().size())
    return std::nullopt;
  SmallVector<SymbolicExpression> out = extentsOf(op.getDims()), in = extentsOf(inputDims);
  SymbolicExpression before = product(ArrayRef(out).take_front(dim)), seen(1);
  for (const SymbolicExpression &extent : in) {
    seen = seen * extent;
    std::optional<SymbolicExpression> outer = seen.divideExactly(before);
    if (!outer || outer->isConstant(1))
      continue;
    std::optional<SymbolicExpression> inner = out[dim].divideExactly(*outer);
    return inner && !inner->isConstant(1) ? std::optional(SplitExtent{*outer, *inner})
                                          : std::nullopt;
  }
  return std::nullopt;
}

std::optional<SplitExtent> transformer::joinedDimensions(Value tensor, unsigned dim) {
  for (unsigned steps = 0; steps < 16; ++steps) {
    if (auto reshape = tensor.getDefiningOp<ReshapeOp>())
      return cutOf(reshape, dim);
    auto map = tensor.getDefiningOp<MapOp>();
    std::optional<unsigned> source = map ? forwardedOperand(map) : std::nullopt;
    if (!source)
      return std::nullopt;
    AffineMap access = mapsOf(map.getInputMaps())[*source];
    auto loop = getAffineDimExpr(dim, map.getContext());
    ArrayRef<AffineExpr> results = access.getResults();
    const AffineExpr *found = llvm::find(results, loop);
    if (found == results.end())
      return std::nullopt;
    dim = found - results.begin();
    tensor = map.getInputs()[*source];
  }
  return std::nullopt;
}

Value transformer::withoutScale(OpBuilder &builder, Value tensor, double &scale, unsigned levels) {
  Operation *op = tensor.getDefiningOp();
  if (!isa_and_nonnull<MapOp, ReshapeOp>(op) || !op->hasOneUse() || levels == 0)
    return tensor;
  OpBuilder::InsertionGuard guard(builder);
  auto map = dyn_cast<MapOp>(op);
  if (!map || forwardedOperand(map)) {
    Value inner = op->getNumOperands() == 1
                      ? withoutScale(builder, op->getOperand(0), scale, levels - 1)
                      : Value();
    if (!inner || inner == op->getOperand(0))
      return tensor;
    builder.setInsertionPointAfter(op);
    Operation *copy = builder.clone(*op);
    copy->setOperand(0, inner);
    return copy->getResult(0);
  }
  Operation *product = yieldedValue(map.getBody()).getDefiningOp();
  if (!isa_and_nonnull<arith::MulFOp, arith::DivFOp>(product) || !product->hasOneUse())
    return tensor;
  for (unsigned side : {1u, 0u}) {
    FloatAttr constant;
    if (!matchPattern(product->getOperand(side), m_Constant(&constant)) ||
        product->getOperand(1 - side).getParentRegion() != &map.getBody())
      continue;
    double number = constant.getValueAsDouble();
    bool divides = isa<arith::DivFOp>(product);
    if ((divides && side == 0) || number == 0 || !std::isfinite(number))
      continue;
    builder.setInsertionPointAfter(map);
    auto copy = cast<MapOp>(builder.clone(*map));
    Operation *last = copy.getBody().front().getTerminator();
    Operation *copied = last->getOperand(0).getDefiningOp();
    last->setOperand(0, copied->getOperand(1 - side));
    copied->erase();
    scale *= divides ? 1 / number : number;
    return copy.getResult();
  }
  return tensor;
}

bool transformer::absorbViews(AttentionOp op) {
  SmallVector<SymbolicExpression> extents = extentsOf(op.getDims());
  if (!llvm::all_of(extents, [](const SymbolicExpression &e) { return e.isValid(); }))
    return false;
  ElementExpressions expressions(extents);
  SmallVector<AffineMap> maps = mapsOf(op.getInputMaps());
  bool changed = false;
  for (auto [operand, map] : llvm::zip(op->getOpOperands(), maps)) {
    std::optional<ElementIndices> at = expressions.operandIndices(map);
    if (!at)
      continue;
    std::optional<OperandView> view =
        followViews(expressions, operand.get(), std::move(*at), /*scaled=*/false);
    if (!view || view->tensor == operand.get())
      continue;
    operand.set(view->tensor);
    map = accessMap(view->at, expressions, cast<RankedTensorType>(view->tensor.getType()));
    changed = true;
  }
  op.setInputMapsAttr(Builder(op.getContext()).getAffineMapArrayAttr(maps));
  return changed;
}
