// What the passes share about scalar regions: reading them, moving them, and clearing up.
#include "ScalarRegion.h"

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace attune::transformer;

Value attune::transformer::yieldedValue(Region &region) {
  return region.front().getTerminator()->getOperand(0);
}

Value attune::transformer::inlineRegion(OpBuilder &builder, Region &source, ValueRange arguments,
                                        llvm::function_ref<Value(IndexOp)> index) {
  IRMapping mapping;
  mapping.map(source.getArguments(), arguments);
  for (Operation &op : source.front().without_terminator()) {
    if (auto loop = dyn_cast<IndexOp>(op); loop && index)
      mapping.map(loop.getResult(), index(loop));
    else
      builder.clone(op, mapping);
  }
  return mapping.lookupOrDefault(yieldedValue(source));
}

Value attune::transformer::indexValue(OpBuilder &builder, Location loc, AffineExpr expr) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return IndexOp::create(builder, loc, builder.getIndexType(), dim.getPosition());
  return arith::ConstantIndexOp::create(builder, loc, 0);
}

TypedAttr attune::transformer::splatConstant(Value tensor) {
  DenseElementsAttr elements;
  if (!matchPattern(tensor, m_Constant(&elements)) || !elements.isSplat())
    return {};
  return dyn_cast<TypedAttr>(elements.getSplatValue<Attribute>());
}

unsigned attune::transformer::eraseUnused(func::FuncOp func) {
  unsigned erased = 0;
  if (func.isExternal())
    return erased;
  for (Block &block : func.getBody())
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
      if (!op.use_empty() || op.hasTrait<OpTrait::IsTerminator>())
        continue;
      if (isMemoryEffectFree(&op) || isa<attune::onnx::NodeOp>(op)) {
        op.erase();
        ++erased;
      }
    }
  return erased;
}
