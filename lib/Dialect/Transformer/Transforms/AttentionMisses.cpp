// Looks around a softmax for what came near an attention, for remarks alone.
#include "AttentionMisses.h"
#include "AttentionLoops.h"

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/Analysis/ElementOrigin.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

std::string attune::transformer::readerName(Operation *user, Operation *read) {
  if (!user->hasTrait<OpTrait::IsTerminator>())
    return user->getNumResults() > 0 ? describe(user->getResult(0)) : "an operator";
  auto func = cast<func::FuncOp>(user->getParentOp());
  for (auto [index, value] : llvm::enumerate(user->getOperands()))
    if (value.getDefiningOp() == read)
      if (auto name = func.getResultAttrOfType<StringAttr>(index, "attune.name"))
        return "the output '" + printable(name.getValue()) + "'";
  return "an output";
}

SoftmaxOp attune::transformer::softmaxBehind(Value tensor) {
  SmallVector<Value> work{tensor};
  for (unsigned steps = 0; !work.empty() && steps < 32; ++steps) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (auto softmax = dyn_cast_or_null<SoftmaxOp>(op))
      return softmax;
    auto node = dyn_cast_or_null<onnx::NodeOp>(op);
    if (node && node.getOpType() == "Slice")
      work.push_back(node.getInputs()[0]);
    if (isa_and_nonnull<MapOp, ReshapeOp>(op))
      llvm::append_range(work, op->getOperands());
  }
  return {};
}

static bool areComputed(ContractOp op) {
  return !isConstantTensor(op.getLhs()) && !isConstantTensor(op.getRhs());
}

NearMiss attune::transformer::missingSoftmax(ContractOp values, unsigned side) {
  NearMiss miss, unused;
  if (!areComputed(values) || !classifyLoops(values, side, unused))
    return miss;
  Value tensor = values->getOperand(side);
  bool isChanged = false;
  for (unsigned steps = 0; steps < 32; ++steps) {
    Operation *op = tensor.getDefiningOp();
    if (auto product = dyn_cast_or_null<ContractOp>(op)) {
      bool isScores = isChanged && areComputed(product) && !softmaxBehind(product.getLhs()) &&
                      !softmaxBehind(product.getRhs());
      if (isScores)
        miss.note("the scores meet v without a softmax", "a softmax over the keys",
                  values->getOperand(side).getLoc());
      return miss;
    }
    auto map = dyn_cast_or_null<MapOp>(op);
    if (!map && !isa_and_nonnull<ReshapeOp>(op))
      return miss;
    // What a map changes has its shape; masks and biases are broadcast to that.
    isChanged |= map && !forwardedOperand(map);
    Value next = op->getNumOperands() ? op->getOperand(0) : Value();
    for (Value operand : op->getOperands())
      if (Operation *from = operand.getDefiningOp(); from && isa<ContractOp>(from))
        next = operand;
    if (!next)
      return miss;
    tensor = next;
  }
  return miss;
}

NearMiss attune::transformer::halfAttention(SoftmaxOp softmax) {
  NearMiss miss;
  SmallVector<Value> work{softmax.getInput()};
  for (unsigned steps = 0; !work.empty() && steps < 32; ++steps) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (isa_and_nonnull<MapOp, ReshapeOp>(op))
      llvm::append_range(work, op->getOperands());
    auto product = dyn_cast_or_null<ContractOp>(op);
    if (!product || isConstantTensor(product.getLhs()) || isConstantTensor(product.getRhs()))
      continue;
    Operation *reader = softmax->use_empty() ? softmax : *softmax->getUsers().begin();
    miss.note("no contraction reads the probabilities; " + readerName(reader, softmax) + " does",
              "a contraction with v", reader->getLoc());
  }
  return miss;
}
