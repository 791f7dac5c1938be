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

namespace {
/// What is appended to a past one along the keys, where dimension `axis` reads the key.
struct Appended {
  Value tensor;
  ElementIndices at;
  unsigned axis;
};
} // namespace

/// Whether a tensor is an input of the model, but for views.
static bool isInput(Value tensor) {
  for (unsigned steps = 0; steps < 16 && isa_and_nonnull<MapOp, ReshapeOp>(tensor.getDefiningOp());
       ++steps) {
    if (tensor.getDefiningOp()->getNumOperands() != 1)
      return false;
    tensor = tensor.getDefiningOp()->getOperand(0);
  }
  return isa<BlockArgument>(tensor);
}

/// The second of two tensors that are joined along the keys, the first being an input.
static std::optional<Appended> asAppended(const ElementNode *node) {
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
  return Appended{fresh, node->at, static_cast<unsigned>(at)};
}

/// What is appended to the past on the way of views from an element.
static std::optional<Appended> findAppended(ElementExpressions &expressions,
                                            const ElementNode *node) {
  for (unsigned steps = 0; node && steps < 16; ++steps) {
    if (std::optional<Appended> appended = asAppended(node))
      return appended;
    node = expressions.throughView(node);
  }
  return std::nullopt;
}

static const ElementNode *operandOf(ElementExpressions &expressions, AttentionOp op,
                                    unsigned operand) {
  std::optional<ElementIndices> at = expressions.operandIndices(mapsOf(op.getInputMaps())[operand]);
  return at ? expressions.element(op->getOperand(operand), std::move(*at)) : nullptr;
}

bool attune::transformer::appendsToCache(AttentionOp op) {
  ElementExpressions expressions(extentsOf(op.getDims()));
  return llvm::all_of(ArrayRef<unsigned>{1, 2}, [&](unsigned operand) {
    return findAppended(expressions, operandOf(expressions, op, operand)).has_value();
  });
}

std::optional<OperandSource> attune::transformer::sourceOfOperand(AttentionOp op,
                                                                  unsigned operand) {
  ElementExpressions expressions(extentsOf(op.getDims()));
  if (!llvm::all_of(extentsOf(op.getDims()), [](auto &extent) { return extent.isValid(); }))
    return std::nullopt;
  const ElementNode *node = operandOf(expressions, op, operand);
  OperandSource source{{}, {}, 0, operand == 0 ? unsigned(Query) : unsigned(Key), {}};
  if (std::optional<Appended> appended = findAppended(expressions, node);
      appended && operand == 1) {
    ArrayAttr dims = symbolicShape(appended->tensor);
    SymbolicExpression extent =
        dims ? extentOf(dims[appended->axis]) : SymbolicExpression::invalid();
    if (!extent.isValid())
      return std::nullopt;
    source.token = expressions.addLoop(extent);
    appended->at[appended->axis] = expressions.loopIndex(source.token);
    node = expressions.element(appended->tensor, appended->at);
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
