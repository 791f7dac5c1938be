// Loops and register tiles, built from scf, vector and arith.
#include "LoopEmitter.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace attune;
using namespace attune::cpu;

Value LoopEmitter::index(int64_t value) { return arith::ConstantIndexOp::create(b, value); }
Value LoopEmitter::add(Value a, int64_t c) { return c ? add(a, index(c)) : a; }
Value LoopEmitter::add(Value a, Value c) { return arith::AddIOp::create(b, a, c); }
Value LoopEmitter::sub(Value a, Value c) { return arith::SubIOp::create(b, a, c); }
Value LoopEmitter::min(Value a, Value c) { return arith::MinSIOp::create(b, a, c); }
Value LoopEmitter::max(Value a, Value c) { return arith::MaxSIOp::create(b, a, c); }
Value LoopEmitter::mul(Value a, int64_t c) { return arith::MulIOp::create(b, a, index(c)); }
Value LoopEmitter::ceilDiv(Value a, int64_t c) {
  return arith::CeilDivSIOp::create(b, a, index(c));
}

Value LoopEmitter::splat(float value) {
  return arith::ConstantOp::create(b, DenseElementsAttr::get(floats(), value));
}
Value LoopEmitter::splat(Value scalar) {
  return vector::BroadcastOp::create(b, vectorOf(scalar.getType()), scalar);
}

void LoopEmitter::loop(Value low, Value high, int64_t step, function_ref<void(Value)> body) {
  auto made = scf::ForOp::create(b, low, high, index(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(made.getBody());
  body(made.getInductionVar());
}

LoopEmitter::Values LoopEmitter::loop(Value low, Value high, int64_t step, ValueRange start,
                                      function_ref<Values(Value, ValueRange)> body) {
  auto made = scf::ForOp::create(b, low, high, index(step), start);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(made.getBody());
  scf::YieldOp::create(b, body(made.getInductionVar(), made.getRegionIterArgs()));
  return Values(made.getResults());
}

LoopEmitter::Values LoopEmitter::tile(Value length, ValueRange start, int64_t rows, int64_t across,
                                      function_ref<Value(Value, int64_t)> scalar,
                                      function_ref<Value(Value, int64_t)> column,
                                      function_ref<void(Value, int64_t)> before) {
  auto step = [&](Value k, ValueRange sums) {
    Values columns, next;
    for (int64_t v = 0; v < across; ++v)
      columns.push_back(column(k, v));
    for (int64_t r = 0; r < rows; ++r) {
      Value all = splat(scalar(k, r));
      for (int64_t v = 0; v < across; ++v)
        next.push_back(vector::FMAOp::create(b, all, columns[v], sums[r * across + v]));
    }
    return next;
  };
  std::optional<int64_t> known = getConstantIntValue(length);
  Value whole = zero;
  Values sums(start);
  if (!known || *known >= kUnroll) {
    whole = mul(arith::DivUIOp::create(b, length, index(kUnroll)), kUnroll);
    sums = loop(zero, whole, kUnroll, sums, [&](Value k, ValueRange carried) {
      Values next(carried);
      for (int64_t i = 0; i < kUnroll; ++i) {
        if (before)
          before(k, i);
        next = step(add(k, i), next);
      }
      return next;
    });
  }
  if (!known || *known % kUnroll)
    sums = loop(whole, length, 1, sums, step);
  return sums;
}

/// Perfect shuffles: interleaving row i with row i + half, log2(lanes) times, is a transpose.
LoopEmitter::Values LoopEmitter::transpose(Values rows) {
  int64_t half = lanes / 2;
  SmallVector<int64_t> low, high;
  for (int64_t lane = 0; lane < lanes; ++lane) {
    low.push_back(lane / 2 + lane % 2 * lanes);
    high.push_back(low.back() + half);
  }
  for (int64_t width = 1; width < lanes; width *= 2) {
    Values next;
    for (int64_t i = 0; i < half; ++i)
      for (ArrayRef<int64_t> mask : {ArrayRef(low), ArrayRef(high)})
        next.push_back(vector::ShuffleOp::create(b, rows[i], rows[i + half], mask));
    rows = std::move(next);
  }
  return rows;
}
