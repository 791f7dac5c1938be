// Walks back from q, k and v through the graph form.
#include "attune/Dialect/Transformer/Analysis/KeyOrigin.h"
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"
#include "attune/Dialect/Transformer/Analysis/MaskAnalysis.h"

#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

/// Walks over more tensors prove nothing.
static constexpr size_t kMaxTensors = 4096;

namespace {
/// The tensors behind one, up to earlier attentions; constants and sizes are left out.
struct Ancestry {
  llvm::DenseSet<Value> tensors;
  bool isComplete = false;
  bool isProjected = false; ///< a product with a constant is among them
};
} // namespace

static bool isConstantLike(Value value) {
  Operation *op = value.getDefiningOp();
  return op && (isa<WeightOp, ShapeOp>(op) || op->hasTrait<OpTrait::ConstantLike>());
}

static Ancestry ancestryOf(Value tensor) {
  Ancestry ancestry;
  SmallVector<Value> work{tensor};
  while (!work.empty()) {
    Value value = work.pop_back_val();
    if (!isa<ShapedType>(value.getType()) || isConstantLike(value) ||
        !ancestry.tensors.insert(value).second)
      continue;
    if (ancestry.tensors.size() > kMaxTensors)
      return ancestry;
    Operation *op = value.getDefiningOp();
    if (!op || isa<AttentionOp>(op))
      continue;
    if (auto product = dyn_cast<ContractOp>(op))
      ancestry.isProjected |= isConstantLike(product.getLhs()) || isConstantLike(product.getRhs());
    llvm::append_range(work, op->getOperands());
  }
  ancestry.isComplete = true;
  return ancestry;
}

bool attune::transformer::isCross(AttentionOp op) {
  SymbolicExpression queries = extentOf(op.getDims()[Query]), keys = extentOf(op.getDims()[Key]);
  if (!queries.isValid() || !keys.isValid() || queries == keys)
    return false;
  Ancestry query = ancestryOf(op.getQ()), key = ancestryOf(op.getK());
  if (!query.isComplete || !key.isComplete || !query.isProjected || !key.isProjected)
    return false;
  return llvm::none_of(key.tensors, [&](Value tensor) { return query.tensors.contains(tensor); });
}

/// Whether the operand read with `map` is what a node makes of an input and of something new, one
/// behind the other along the keys.
static bool appendsAlongKeys(AttentionOp op, Value tensor, AffineMap map) {
  ElementExpressions expressions(extentsOf(op.getDims()));
  std::optional<ElementIndices> indices = expressions.operandIndices(map);
  const ElementNode *node = indices ? expressions.element(tensor, *indices) : nullptr;
  onnx::NodeOp concat;
  for (unsigned steps = 0; node && steps < 16; ++steps) {
    concat = node->tensor.getDefiningOp<onnx::NodeOp>();
    if (concat)
      break;
    node = expressions.throughView(node);
  }
  if (!concat || concat.getOpType() != "Concat" || !concat.getDomain().empty() ||
      concat.getInputs().size() != 2)
    return false;
  auto axis = concat.getNodeAttributes().getAs<IntegerAttr>("axis");
  int64_t at = axis ? axis.getValue().getSExtValue() : 0, rank = node->at.size();
  at += at < 0 ? rank : 0;
  if (at < 0 || at >= rank || !node->at[at].isLoop(Key))
    return false;
  Value past = concat.getInputs()[0];
  for (unsigned steps = 0; steps < 16 && isa_and_nonnull<MapOp, ReshapeOp>(past.getDefiningOp());
       ++steps) {
    if (past.getDefiningOp()->getNumOperands() != 1)
      return false;
    past = past.getDefiningOp()->getOperand(0);
  }
  Operation *fresh = concat.getInputs()[1].getDefiningOp();
  return isa<BlockArgument>(past) &&
         (fresh ? !isConstantLike(concat.getInputs()[1]) : concat.getInputs()[1] != past);
}

bool attune::transformer::appendsToCache(AttentionOp op) {
  SmallVector<AffineMap> maps = mapsOf(op.getInputMaps());
  return appendsAlongKeys(op, op.getK(), maps[1]) && appendsAlongKeys(op, op.getV(), maps[2]);
}
