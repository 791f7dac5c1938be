// Clones elementwise ops with vector types; constants become splats.
#include "VectorRegion.h"

#include "attune/Conversion/TransformerToLinalg.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace attune;

bool cpu::canVectorize(Region &region) {
  return llvm::all_of(region.front(), [](Operation &op) {
    return isa<transformer::YieldOp, transformer::IndexOp, transformer::ActivationOp,
               arith::ConstantOp>(op) ||
           (op.getNumResults() == 1 && OpTrait::hasElementwiseMappableTraits(&op));
  });
}

static Value splat(OpBuilder &b, arith::ConstantOp op, VectorType type) {
  return arith::ConstantOp::create(b, op.getLoc(), DenseElementsAttr::get(type, op.getValue()));
}

void cpu::expandActivations(Region &region) {
  for (auto op : llvm::make_early_inc_range(region.getOps<transformer::ActivationOp>())) {
    OpBuilder builder(op);
    KernelBuilder b(builder, op);
    op.replaceAllUsesWith(lowerActivation(b, op, op.getInput()));
    op->erase();
  }
}

Value cpu::vectorizeRegion(OpBuilder &b, Region &region, ValueRange args, int64_t lanes,
                           llvm::function_ref<Value(int64_t)> loopIndex) {
  IRMapping mapping;
  mapping.map(region.getArguments(), args);
  for (Operation &op : region.front()) {
    if (auto yield = dyn_cast<transformer::YieldOp>(op))
      return mapping.lookup(yield.getOperand(0));
    Value result;
    VectorType type = VectorType::get({lanes}, op.getResult(0).getType());
    if (auto index = dyn_cast<transformer::IndexOp>(op)) {
      result = loopIndex(index.getDim());
    } else if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      result = splat(b, constant, type);
    } else {
      SmallVector<Value> operands;
      for (Value operand : op.getOperands())
        operands.push_back(mapping.lookup(operand));
      OperationState state(op.getLoc(), op.getName().getStringRef(), operands, {type},
                           op.getAttrs());
      result = b.create(state)->getResult(0);
    }
    mapping.map(op.getResult(0), result);
  }
  return {};
}
