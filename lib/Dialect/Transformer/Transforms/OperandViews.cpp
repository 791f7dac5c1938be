// Follows the operands of attention to where their elements lie.
#include "OperandViews.h"

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/CheckedArithmetic.h"

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
    }
    node = next || !scaled ? next : throughScale(expressions, node, scale);
  }
  return best;
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
