// One pattern for onnx.node: looks up the operator's lowering and gives it the sizes.
#include "attune/Conversion/ONNXToLinalg.h"

#include "Lowerings.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "attune/Support/Diagnostics.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace attune;

Type NodeLowering::elementType(unsigned i) {
  return cast<RankedTensorType>(node.getOutputs()[i].getType()).getElementType();
}

Value attune::optionalInput(onnx::NodeOp node, unsigned i) {
  if (i >= node.getInputs().size() || isa<NoneType>(node.getInputs()[i].getType()))
    return {};
  return node.getInputs()[i];
}

int64_t attune::intAttribute(onnx::NodeOp node, StringRef name, int64_t fallback) {
  auto attr = node.getNodeAttributes().getAs<IntegerAttr>(name);
  return attr ? attr.getValue().getSExtValue() : fallback;
}

StringRef attune::stringAttribute(onnx::NodeOp node, StringRef name, StringRef fallback) {
  auto attr = node.getNodeAttributes().getAs<StringAttr>(name);
  return attr ? attr.getValue() : fallback;
}

int64_t attune::normalizeAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return -1;
  return axis < 0 ? axis + rank : axis;
}

int64_t attune::rankOf(Value value) {
  auto type = dyn_cast_or_null<RankedTensorType>(value ? value.getType() : Type());
  return type ? type.getRank() : -1;
}

bool attune::hasKnownElements(Value value) {
  if (!value)
    return false;
  // In a kernel, a longer constant is an operand like any other.
  auto type = dyn_cast<RankedTensorType>(value.getType());
  bool isOperand = value.getDefiningOp<bufferization::ToTensorOp>() && type &&
                   type.hasStaticShape() && type.getElementType().isInteger();
  return isOperand || value.getDefiningOp<transformer::ShapeOp>() || constantElements(value);
}

bool attune::isIntegerVector(Value value, int64_t size) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getRank() == 1 && type.getDimSize(0) == size &&
         type.getElementType().isInteger();
}

std::optional<SmallVector<int64_t>> attune::constantElements(Value value) {
  DenseElementsAttr dense;
  if (!value || !matchPattern(value, m_Constant(&dense)) ||
      !isa<IntegerType>(dense.getElementType()))
    return std::nullopt;
  return llvm::map_to_vector(dense.getValues<APInt>(),
                             [](const APInt &element) { return element.getSExtValue(); });
}

Value attune::readWithin(KernelBuilder &b, Value tensor, ArrayRef<OpFoldResult> sizes,
                         SmallVector<Value> position, ArrayRef<int64_t> limited) {
  Value zero = b.constantIndex(0), one = b.constantIndex(1), nonEmpty;
  for (int64_t i : limited) {
    Value size = b.index(sizes[i]);
    position[i] = b.clamp(position[i], zero, b.sub(size, one));
    if (getConstantIntValue(sizes[i]).value_or(0) > 0)
      continue;
    Value holds = arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, size, zero);
    nonEmpty = nonEmpty ? arith::AndIOp::create(b, nonEmpty, holds).getResult() : holds;
  }
  if (!nonEmpty)
    return tensor::ExtractOp::create(b, tensor, position);
  return b.readIf(nonEmpty, tensor, position);
}

static const LoweringEntry *findLowering(onnx::NodeOp node) {
  if (!node.getDomain().empty() && node.getDomain() != "ai.onnx")
    return nullptr;
  for (ArrayRef<LoweringEntry> family : {gatherLowerings(), sliceLowerings(), padLowerings()})
    for (const LoweringEntry &entry : family)
      if (entry.opType == node.getOpType())
        return &entry;
  return nullptr;
}

static bool hasShapes(onnx::NodeOp node) {
  std::optional<ArrayAttr> dims = node.getDims();
  if (!dims || dims->size() != node->getNumResults())
    return false;
  for (auto [result, shape] : llvm::zip(node->getResults(), *dims)) {
    auto list = dyn_cast<ArrayAttr>(shape);
    if (!list || rankOf(result) != static_cast<int64_t>(list.size()))
      return false;
  }
  return true;
}

bool attune::hasPlainLowering(onnx::NodeOp node) {
  const LoweringEntry *entry = findLowering(node);
  return entry && hasShapes(node) && entry->accept(node);
}

namespace {

struct NodePattern : OpRewritePattern<onnx::NodeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(onnx::NodeOp op, PatternRewriter &rewriter) const override {
    const LoweringEntry *entry = findLowering(op);
    if (!entry || !hasShapes(op) || !entry->accept(op))
      return failure();
    KernelBuilder b(rewriter, op);
    NodeLowering lowering{b, op, {}};
    ArrayAttr dims = *op.getDims();
    for (Attribute shape : dims) {
      FailureOr<Sizes> sizes = b.sizes(cast<ArrayAttr>(shape));
      if (failed(sizes))
        return failure();
      lowering.resultSizes.push_back(std::move(*sizes));
    }
    FailureOr<SmallVector<Value>> values = entry->lower(lowering);
    if (failed(values))
      return failure();
    for (auto [value, result] : llvm::zip(*values, op->getResults()))
      if (value.getType() != result.getType())
        value = tensor::CastOp::create(b, result.getType(), value);
    rewriter.replaceOp(op, *values);
    return success();
  }
};

} // namespace

void attune::populateONNXToLinalgPatterns(RewritePatternSet &patterns) {
  patterns.add<NodePattern>(patterns.getContext());
}
