// Walks back from q, k and v through the graph form.
#include "attune/Dialect/Transformer/Analysis/KeyOrigin.h"
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"
#include "attune/Dialect/Transformer/Analysis/MaskAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
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
  return isConstantTensor(value) || value.getDefiningOp<ShapeOp>();
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

namespace {
/// What is new in a cache, where dimension `axis` reads the key.
struct Fresh {
  Value tensor;
  ElementIndices at;
  unsigned axis;
  CacheKind kind;
};
} // namespace

/// Whether an op gives the elements of its operand elsewhere, or in another precision.
static bool isMove(Operation *op) {
  auto map = dyn_cast<MapOp>(op);
  if (!map || map.getInputs().size() != 1)
    return isa<ReshapeOp>(op);
  Value value = map.getBody().front().getTerminator()->getOperand(0);
  if (isa_and_nonnull<arith::ExtFOp, arith::TruncFOp>(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return isa<BlockArgument>(value);
}

/// Whether a tensor is an input of the model, but for views.
static bool isInput(Value tensor) {
  for (unsigned steps = 0; steps < 16 && tensor.getDefiningOp() && isMove(tensor.getDefiningOp());
       ++steps)
    tensor = tensor.getDefiningOp()->getOperand(0);
  return isa<BlockArgument>(tensor);
}

/// The second of two tensors that are joined along the keys, the first being an input.
static std::optional<Fresh> asAppended(const ElementNode *node) {
  auto concat = node->tensor.getDefiningOp<onnx::NodeOp>();
  if (!concat || concat.getOpType() != "Concat" || !concat.getDomain().empty() ||
      concat.getInputs().size() != 2)
    return std::nullopt;
  auto axis = concat.getNodeAttributes().getAs<IntegerAttr>("axis");
  int64_t at = axis ? axis.getValue().getSExtValue() : 0, rank = node->at.size();
  at += at < 0 ? rank : 0;
  if (at < 0 || at >= rank || !node->at[at].isLoop(Key))
    return std::nullopt;
  Value past = concat.getInputs()[0], fresh = concat.getInputs()[1];
  if (!isInput(past) || isConstantLike(fresh) || fresh == past)
    return std::nullopt;
  return Fresh{fresh, node->at, static_cast<unsigned>(at), CacheKind::Append};
}

/// New keys that are written into a cache from a place per batch on.
static std::optional<Fresh> asWritten(const ElementNode *node) {
  auto append = node->tensor.getDefiningOp<CacheAppendOp>();
  if (!append || !node->at[append.getAxis()].isLoop(Key) || !isInput(append.getPast()))
    return std::nullopt;
  return Fresh{append.getFresh(), node->at, static_cast<unsigned>(append.getAxis()),
               append.getRing() ? CacheKind::Ring : CacheKind::Append};
}

/// New keys that replace old ones at places which the graph computes.
static std::optional<Fresh> asScattered(ElementExpressions &expressions, const ElementNode *value) {
  if (!value || !value->is<arith::SelectOp>() || !dependsOn(value->operands[0], Key))
    return std::nullopt;
  const ElementNode *fresh = value->operands[1], *old = value->operands[2];
  if (fresh->kind != ElementNode::Kind::Element || old->kind != ElementNode::Kind::Element ||
      !isInput(old->tensor))
    return std::nullopt;
  for (unsigned steps = 0; fresh && steps < 16; ++steps) {
    auto gather = fresh->tensor.getDefiningOp<onnx::NodeOp>();
    if (!gather) {
      fresh = expressions.throughView(fresh);
      continue;
    }
    auto attribute = gather.getNodeAttributes().getAs<IntegerAttr>("axis");
    uint64_t axis = attribute ? attribute.getValue().getZExtValue() : 0;
    bool picks = gather.getOpType() == "Gather" && gather.getInputs().size() == 2 &&
                 cast<RankedTensorType>(gather.getInputs()[1].getType()).getRank() == 1;
    if (!picks || axis >= fresh->at.size() || !fresh->at[axis].isLoop(Key) ||
        isConstantLike(gather.getInputs()[0]))
      break;
    return Fresh{gather.getInputs()[0], fresh->at, static_cast<unsigned>(axis), CacheKind::Scatter};
  }
  return std::nullopt;
}

/// What is new in a cache, on the way of views from an element.
static std::optional<Fresh> findFresh(ElementExpressions &expressions, const ElementNode *node) {
  for (unsigned steps = 0; node && steps < 16; ++steps) {
    if (std::optional<Fresh> appended = asAppended(node))
      return appended;
    if (std::optional<Fresh> written = asWritten(node))
      return written;
    if (std::optional<Fresh> scattered = asScattered(expressions, expressions.expand(node)))
      return scattered;
    node = expressions.throughView(node);
  }
  return std::nullopt;
}

const ElementNode *attune::transformer::elementOf(ElementExpressions &expressions, AttentionOp op,
                                                  unsigned operand) {
  std::optional<ElementIndices> at = expressions.operandIndices(mapsOf(op.getInputMaps())[operand]);
  return at ? expressions.element(op->getOperand(operand), std::move(*at)) : nullptr;
}

CacheKind attune::transformer::cacheOf(AttentionOp op) {
  ElementExpressions expressions(extentsOf(op.getDims()));
  std::optional<Fresh> k = findFresh(expressions, elementOf(expressions, op, 1));
  std::optional<Fresh> v = findFresh(expressions, elementOf(expressions, op, 2));
  return k && v && k->kind == v->kind ? k->kind : CacheKind::None;
}

std::optional<OperandSource> attune::transformer::sourceOfOperand(AttentionOp op,
                                                                  unsigned operand) {
  ElementExpressions expressions(extentsOf(op.getDims()));
  if (!llvm::all_of(extentsOf(op.getDims()), [](auto &extent) { return extent.isValid(); }))
    return std::nullopt;
  const ElementNode *node = elementOf(expressions, op, operand);
  OperandSource source{{}, {}, 0, operand == 0 ? unsigned(Query) : unsigned(Key), {}};
  if (std::optional<Fresh> fresh = findFresh(expressions, node); fresh && operand == 1) {
    ArrayAttr dims = symbolicShape(fresh->tensor);
    SymbolicExpression extent = dims ? extentOf(dims[fresh->axis]) : SymbolicExpression::invalid();
    if (!extent.isValid())
      return std::nullopt;
    source.token = expressions.addLoop(extent);
    fresh->at[fresh->axis] = expressions.loopIndex(source.token);
    node = expressions.element(fresh->tensor, fresh->at);
  }
  auto readsChannel = [](const ElementIndex &index) {
    return llvm::any_of(index.digits, [](const IndexDigit &d) { return d.loop == KeyChannel; });
  };
  // Joined dimensions are told apart where they are computed.
  for (unsigned steps = 0; node && steps < 16; ++steps, node = expressions.throughView(node)) {
    const auto *found = llvm::find_if(node->at, readsChannel);
    if (found == node->at.end() || !found->isLoop(KeyChannel) ||
        llvm::count_if(node->at, readsChannel) != 1)
      continue;
    source.tensor = node->tensor;
    source.at = node->at;
    source.channel = static_cast<unsigned>(found - node->at.begin());
    for (unsigned loop = 0; loop < expressions.loops(); ++loop)
      source.extents.push_back(expressions.extent(loop));
    return source;
  }
  return std::nullopt;
}
