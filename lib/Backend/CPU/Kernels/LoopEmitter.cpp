// Loops and register tiles, built from scf, vector and arith.
#include "LoopEmitter.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

#include <functional>

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
                                      function_ref<Value(Value, int64_t)> column) {
  return nest(length, start, [&](ArrayRef<Value> k, ValueRange sums) {
    Values columns, next;
    for (int64_t v = 0; v < across; ++v)
      columns.push_back(column(k[0], v));
    for (int64_t r = 0; r < rows; ++r) {
      Value all = splat(scalar(k[0], r));
      for (int64_t v = 0; v < across; ++v)
        next.push_back(vector::FMAOp::create(b, all, columns[v], sums[r * across + v]));
    }
    return next;
  });
}

/// How many of the last loops have few steps in all: the steps are written out.
static size_t countShort(ArrayRef<Value> extents) {
  constexpr int64_t few = 8;
  int64_t steps = 1;
  size_t count = 0;
  for (Value extent : llvm::reverse(extents)) {
    std::optional<int64_t> known = getConstantIntValue(extent);
    if (!known || *known < 1 || *known > few || (steps *= *known) > few)
      break;
    ++count;
  }
  return count;
}

LoopEmitter::Values LoopEmitter::nest(ArrayRef<Value> extents, ValueRange start, Step step,
                                      Before before, Value origin) {
  size_t written = origin ? 0 : countShort(extents), loops = extents.size() - written;
  // Runs the steps that `positions` lists.
  auto together = [&](ArrayRef<Values> positions, ValueRange values) {
    Values next(values);
    for (auto [i, position] : llvm::enumerate(positions)) {
      if (before && positions.size() > 1)
        before(positions[0], i, positions.size());
      next = step(position, next);
    }
    return next;
  };
  // The steps of the loops that are written out, behind a position in the others.
  auto writeOut = [&](ArrayRef<Value> outer, ValueRange values) {
    SmallVector<Values> positions{Values(outer)};
    for (Value extent : extents.drop_front(loops)) {
      SmallVector<Values> longer;
      for (const Values &position : positions)
        for (int64_t i = 0; i < *getConstantIntValue(extent); ++i) {
          longer.push_back(position);
          longer.back().push_back(index(i));
        }
      positions = std::move(longer);
    }
    return together(positions, values);
  };
  // The last loop, where it is one: in fours, and one by one.
  auto runLast = [&](ArrayRef<Value> outer, ValueRange values) {
    constexpr int64_t unroll = 4;
    auto steps = [&](Value k, int64_t count, ValueRange carried) {
      SmallVector<Values> positions(count, Values(outer));
      for (int64_t i = 0; i < count; ++i)
        positions[i].push_back(add(k, i));
      return together(positions, carried);
    };
    Values next(values);
    Value length = extents.back(), begin = origin ? origin : zero, whole = begin;
    Value end = origin ? add(origin, length) : length;
    std::optional<int64_t> known = getConstantIntValue(length);
    if (!known || *known >= unroll) {
      Value steady = mul(arith::DivUIOp::create(b, length, index(unroll)), unroll);
      whole = origin ? add(origin, steady) : steady;
      next = loop(begin, whole, unroll, next,
                  [&](Value k, ValueRange carried) { return steps(k, unroll, carried); });
    }
    if (!known || *known % unroll)
      next = loop(whole, end, 1, next,
                  [&](Value k, ValueRange carried) { return steps(k, 1, carried); });
    return next;
  };
  Values position;
  std::function<Values(ValueRange)> run = [&](ValueRange values) -> Values {
    if (position.size() == loops)
      return writeOut(position, values);
    if (position.size() + 1 == extents.size())
      return runLast(position, values);
    return loop(zero, extents[position.size()], 1, values, [&](Value at, ValueRange carried) {
      position.push_back(at);
      Values next = run(carried);
      position.pop_back();
      return next;
    });
  };
  return run(start);
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

Value LoopEmitter::halved(Value a, Value c, int64_t group) {
  SmallVector<int64_t> low, high;
  for (int64_t begin = 0; begin < 2 * lanes; begin += group)
    for (int64_t i = 0; i < group / 2; ++i) {
      low.push_back(begin + i);
      high.push_back(begin + i + group / 2);
    }
  return arith::AddFOp::create(b, vector::ShuffleOp::create(b, a, c, low),
                               vector::ShuffleOp::create(b, a, c, high));
}
