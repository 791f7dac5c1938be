// log Σ exp(score) = m + log Σ exp(score − m) with a row's largest score m.
#include "LogSumExp.h"

#include "attune/Dialect/Transformer/Analysis/MaskAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

namespace {
struct LogSumExp : ImplicitLocOpBuilder {
  LogSumExp(OpBuilder &builder, AttentionOp op)
      : ImplicitLocOpBuilder(op.getLoc(), builder), op(op),
        type(cast<RankedTensorType>(op.getResult().getType()).getElementType()) {}

  ArrayAttr dimsOf(ArrayRef<unsigned> loops) {
    return getArrayAttr(
        llvm::map_to_vector(loops, [&](unsigned loop) { return op.getDims()[loop]; }));
  }
  Value number(double value) { return arith::ConstantOp::create(*this, getFloatAttr(type, value)); }
  /// `largest`, or zero where that is −∞: any finite number keeps exp(−∞) = 0.
  Value finite(Value largest) {
    Value none = number(-std::numeric_limits<double>::infinity());
    Value isNone = arith::CmpFOp::create(*this, arith::CmpFPredicate::OEQ, largest, none);
    return arith::SelectOp::create(*this, isNone, number(0), largest);
  }

  using Term = function_ref<Value(ValueRange)>;
  /// A region whose arguments are elements of `inputs`.
  void fill(Region &region, ValueRange inputs, Term term) {
    OpBuilder::InsertionGuard guard(*this);
    Block *block = createBlock(&region);
    for (Value input : inputs)
      block->addArgument(getElementTypeOrSelf(input.getType()), getLoc());
    YieldOp::create(*this, term(block->getArguments()));
  }
  /// [batch, head, query]: `term` of the scores, and of `perRow` of the same shape, over all keys.
  Value overKeys(ReductionKind kind, Value scores, ValueRange perRow, Term term) {
    AffineMap all = getMultiDimIdentityMap(4), row = all.getMajorSubMap(3);
    SmallVector<Value> inputs{scores};
    llvm::append_range(inputs, perRow);
    SmallVector<AffineMap> maps(inputs.size(), row);
    maps[0] = all;
    auto reduce =
        ReduceOp::create(*this, typeFor(dimsOf({Batch, Head, Query}), type), kind, inputs,
                         dimsOf({Batch, Head, Query, Key}), getAffineMapArrayAttr(maps), row);
    fill(reduce.getBody(), inputs, term);
    return reduce.getResult();
  }
  Value run(Value scores, Value liveRows);

  AttentionOp op;
  Type type;
};
} // namespace

Value LogSumExp::run(Value scores, Value liveRows) {
  Value largest =
      overKeys(ReductionKind::Max, scores, {}, [](ValueRange elements) { return elements[0]; });
  Value sum = overKeys(ReductionKind::Sum, scores, largest, [&](ValueRange elements) -> Value {
    Value difference = arith::SubFOp::create(*this, elements[0], finite(elements[1]));
    return math::ExpOp::create(*this, difference);
  });

  // Loop n of the map is dimension n of the result: one of batch, head and query.
  SmallVector<AffineExpr> rows(3);
  for (auto [position, expr] : llvm::enumerate(op.getLseMap()->getResults()))
    rows[cast<AffineDimExpr>(expr).getPosition()] = getAffineDimExpr(position);
  SmallVector<Value> inputs{largest, sum};
  if (liveRows)
    inputs.push_back(liveRows);
  SmallVector<AffineMap> maps(inputs.size(), AffineMap::get(3, 0, rows, getContext()));
  ArrayAttr dims = op.getResultDims(1);
  auto map = MapOp::create(*this, typeFor(dims, type), inputs, dims, getAffineMapArrayAttr(maps));
  fill(map.getBody(), inputs, [&](ValueRange elements) -> Value {
    Value log = math::LogOp::create(*this, elements[1]);
    Value value = arith::AddFOp::create(*this, log, finite(elements[0]));
    if (!liveRows)
      return value;
    Value isDead = arith::CmpFOp::create(*this, arith::CmpFPredicate::OEQ, elements[2], number(0));
    return arith::SelectOp::create(*this, isDead, number(-std::numeric_limits<double>::infinity()),
                                   value);
  });
  return map.getResult();
}

Value transformer::logSumExp(OpBuilder &builder, AttentionOp op, Value scores, Value liveRows) {
  return LogSumExp(builder, op).run(scores, liveRows);
}
