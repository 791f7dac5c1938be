// What happens to a block of scores: masks and bias, the online softmax, division by the sums.
#include "AttentionGenerator.h"

using namespace mlir;
using namespace attune;
using namespace attune::cpu;
using namespace attune::transformer;

/// The lanes whose position is less than `key`.
Value AttentionGenerator::lanesBefore(Value key, int64_t vector) {
  if (!positions.buffer)
    return vector::CreateMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()),
                                        sub(key, add(firstQuery, vector * lanes)));
  Value places = vector::LoadOp::create(b, vectorOf(b.getIndexType()), positionT,
                                        ValueRange{block, index(vector * lanes)});
  return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, places, splat(key));
}

/// Which lanes of a vector see a key; null when all do.
Value AttentionGenerator::liveLanes(Value key, int64_t vector, Value inBlock) {
  VectorType bits = VectorType::get({lanes}, b.getI1Type());
  Value live;
  auto conjoin = [&](Value term) {
    live = live ? arith::AndIOp::create(b, live, term).getResult() : term;
  };
  if (lower) // position + lower ≤ key
    conjoin(lanesBefore(add(sub(key, lower), 1), vector));
  if (upper) { // key ≤ position + upper
    Value ones = arith::ConstantOp::create(b, DenseElementsAttr::get(bits, true));
    conjoin(arith::XOrIOp::create(b, lanesBefore(sub(key, upper), vector), ones));
  }
  if (keys.buffer) {
    Value element = at(keys, {{Key, key}});
    Value nothing = arith::ConstantOp::create(b, b.getZeroAttr(element.getType()));
    Value set = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, element, nothing);
    conjoin(vector::BroadcastOp::create(b, bits, set));
  }
  if (maskTensor.buffer)
    conjoin(arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, load(liveT, inBlock, vector),
                                  splat(0.0f)));
  return live;
}

/// Whether the mask says anything about the current queries and a block of keys; null: always.
Value AttentionGenerator::blockNeedsMask(Value begin, Value count) {
  if (maskTensor.buffer)
    return Value();
  Value needed;
  auto disjoin = [&](Value term) {
    needed = needed ? arith::OrIOp::create(b, needed, term).getResult() : term;
  };
  Span span = blockSpan();
  if (lower) // the last query sees keys from its own on, plus the bound
    disjoin(arith::CmpIOp::create(b, arith::CmpIPredicate::slt, begin, add(span.largest, lower)));
  if (upper) // the first query sees keys up to its own, plus the bound
    disjoin(arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, add(begin, count),
                                  add(add(span.least, upper), one)));
  if (keys.buffer)
    disjoin(arith::XOrIOp::create(b, allLive, arith::ConstantOp::create(b, b.getBoolAttr(true))));
  return needed;
}

void AttentionGenerator::capScores(Value count) {
  loop(zero, count, 1, [&](Value j) {
    for (int64_t vector = 0; vector < vectors; ++vector)
      store(capped(load(scoreT, j, vector)), scoreT, j, vector);
  });
}

/// Adds the bias, sets dead scores to −inf or the fill, and notes which queries saw a live key.
void AttentionGenerator::maskScores(Value begin, Value count) {
  if (!masked)
    return bias.buffer ? maskLoop(begin, count, /*masks=*/false) : void();
  Value needed = blockNeedsMask(begin, count);
  if (!needed)
    return maskLoop(begin, count, /*masks=*/true);
  auto branch = scf::IfOp::create(b, TypeRange(), needed, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  maskLoop(begin, count, /*masks=*/true);
  b.setInsertionPointToStart(branch.elseBlock());
  if (bias.buffer)
    maskLoop(begin, count, /*masks=*/false);
  for (int64_t vector = 0; vector < vectors; ++vector)
    storeState(splat(1.0f), Alive, vector);
}

void AttentionGenerator::maskLoop(Value begin, Value count, bool masks) {
  if (bias.buffer)
    transposeTensor(bias, biasT, begin, count);
  if (maskTensor.buffer)
    transposeTensor(maskTensor, liveT, begin, count);
  Values alive;
  for (int64_t vector = 0; vector < vectors; ++vector)
    alive.push_back(loadState(Alive, vector));
  alive = loop(zero, count, 1, alive, [&](Value j, ValueRange before) {
    Values after(before);
    for (int64_t vector = 0; vector < vectors; ++vector) {
      Value score = load(scoreT, j, vector);
      if (bias.buffer && !op.getFillWithBias())
        score = arith::AddFOp::create(b, score, load(biasT, j, vector));
      if (Value live = masks ? liveLanes(add(begin, j), vector, j) : Value()) {
        score = either(live, score, deadScore());
        after[vector] = arith::SelectOp::create(b, live, splat(1.0f), before[vector]);
      }
      if (op.getFillWithBias())
        score = arith::AddFOp::create(b, score, load(biasT, j, vector));
      store(score, scoreT, j, vector);
    }
    return after;
  });
  for (int64_t vector = 0; vector < vectors; ++vector)
    storeState(alive[vector], Alive, vector);
}

/// scoreT = exp(scoreT − maximum) with the maximum so far; the sum follows.
void AttentionGenerator::probabilities(Value count) {
  Values before;
  for (int64_t vector = 0; vector < vectors; ++vector)
    before.push_back(loadState(Maximum, vector));
  // Four at a time: one after the other, each would wait for the one before.
  auto largest = [&](Value low, Value high, int64_t step, ValueRange start) {
    return loop(low, high, step, start, [&](Value j, ValueRange carried) {
      Values next;
      for (int64_t vector = 0; vector < vectors; ++vector) {
        Value most = load(scoreT, j, vector);
        for (int64_t i = 1; i < step; i += 2) {
          Value one = load(scoreT, add(j, i), vector);
          Value pair = i + 1 < step ? larger(one, load(scoreT, add(j, i + 1), vector)) : one;
          most = larger(most, pair);
        }
        next.push_back(larger(most, carried[vector]));
      }
      return next;
    });
  };
  Value whole = mul(arith::DivUIOp::create(b, count, index(4)), 4);
  Values maximum = largest(whole, count, 1, largest(zero, whole, 4, before));
  Values subtracted, sums;
  for (int64_t vector = 0; vector < vectors; ++vector) {
    // Nothing but −inf so far: any finite number keeps exp(−inf) = 0.
    Value none = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, maximum[vector],
                                       splat(-std::numeric_limits<float>::infinity()));
    subtracted.push_back(arith::SelectOp::create(b, none, splat(0.0f), maximum[vector]));
    Value correction = exp(arith::SubFOp::create(b, before[vector], subtracted[vector]));
    storeState(maximum[vector], Maximum, vector);
    storeState(correction, Correction, vector);
    sums.push_back(splat(0.0f));
  }
  // The block's sum first, then the row's: long rows lose less.
  sums = loop(zero, count, 1, sums, [&](Value j, ValueRange carried) {
    Values next;
    for (int64_t vector = 0; vector < vectors; ++vector) {
      Value p = exp(arith::SubFOp::create(b, load(scoreT, j, vector), subtracted[vector]));
      store(p, scoreT, j, vector);
      next.push_back(arith::AddFOp::create(b, carried[vector], p));
    }
    return next;
  });
  for (int64_t vector = 0; vector < vectors; ++vector) {
    Value sum = vector::FMAOp::create(b, loadState(Sum, vector), loadState(Correction, vector),
                                      sums[vector]);
    storeState(sum, Sum, vector);
  }
}

/// Notes what the sums of values are divided by. Rows that saw no live key get what `dead_rows`
/// says. Without a mask, or when it says NaN, 0 / 0 is that; without any key the sum is zero.
void AttentionGenerator::finish() {
  bool clears = masked && op.getDeadRows() != DeadRows::Nan && !op.getFill();
  for (int64_t vector = 0; vector < vectors; ++vector)
    storeState(arith::DivFOp::create(b, splat(1.0f), loadState(Sum, vector)), Inverse, vector);
  Value isEmpty = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, extent[Key], zero);
  Value rare = isEmpty;
  if (clears) {
    Value least = loadState(Alive, 0);
    for (int64_t vector = 1; vector < vectors; ++vector)
      least = arith::MinimumFOp::create(b, least, loadState(Alive, vector));
    Value lowest = vector::ReductionOp::create(b, vector::CombiningKind::MINIMUMF, least);
    Value none = arith::ConstantOp::create(b, b.getF32FloatAttr(0));
    rare = arith::OrIOp::create(b, rare,
                                arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, lowest, none));
  }
  auto branch = scf::IfOp::create(b, TypeRange(), rare, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  fillRows(splat(isEmpty), clears);
}

/// Queries of the vectors' lanes in `everyRow`, and dead ones, get zeros or the mean of all values.
void AttentionGenerator::fillRows(Value everyRow, bool andDead) {
  Values filled;
  for (int64_t vector = 0; vector < vectors; ++vector) {
    Value dead =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, loadState(Alive, vector), splat(0.0f));
    filled.push_back(andDead ? arith::OrIOp::create(b, everyRow, dead).getResult() : everyRow);
    storeState(either(filled[vector], splat(1.0f), loadState(Inverse, vector)), Inverse, vector);
  }
  bool isMean = andDead && op.getDeadRows() == DeadRows::Mean;
  loop(zero, extent[ValueChannel], 1, [&](Value e) {
    Value filling = isMean ? splat(meanOfValues(e)) : splat(0.0f);
    for (int64_t vector = 0; vector < vectors; ++vector) {
      Value row = add(sumRow, e);
      store(either(filled[vector], filling, load(sumT, row, vector)), sumT, row, vector);
    }
  });
}
