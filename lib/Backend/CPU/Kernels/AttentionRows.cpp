// The attention kernel for few queries: online softmax over blocks of keys, row by row. A block of
// keys and values stays in the first-level cache for all rows of a task.
#include "AttentionRows.h"

#include <numeric>

using namespace mlir;
using namespace attune;
using namespace attune::cpu;
using namespace attune::transformer;

static constexpr int64_t kMostHeads = 8;

int64_t cpu::headsPerTask(AttentionOp op) {
  auto heads = dyn_cast<IntegerAttr>(op.getDims()[Head]);
  if (!heads)
    return 1;
  // Heads in a row read the same where every digit of the head leaves them one value.
  int64_t shared = heads.getInt();
  SmallVector<AffineMap> maps = mapsOf(op.getInputMaps());
  for (AffineMap map : {maps[1], maps[2]})
    for (AffineExpr expr : map.getResults())
      for (const IndexTerm &term : parseOperandIndex(expr)->terms)
        if (term.loop == Head)
          shared = std::gcd(shared, term.divisor);
  for (int64_t count = std::min(shared, kMostHeads); count > 1; --count)
    if (shared % count == 0)
      return count;
  return 1;
}

bool cpu::hasRowsGenerator(AttentionOp op) {
  SmallVector<AffineMap> maps = mapsOf(op.getInputMaps());
  auto adjacent = [](AffineMap map, unsigned loop) {
    return map.getNumResults() && parseOperandIndex(map.getResults().back())->isAdjacentIn(loop);
  };
  return adjacent(maps[1], KeyChannel) && adjacent(maps[2], ValueChannel);
}

Value AttentionRowsGenerator::load(Value buffer, Value column) {
  return vector::LoadOp::create(b, floats(), buffer, column);
}
Value AttentionRowsGenerator::load(Value buffer, Value line, Value column) {
  return vector::LoadOp::create(b, floats(), buffer, ValueRange{line, column});
}
void AttentionRowsGenerator::store(Value value, Value buffer, Value line, Value column) {
  vector::StoreOp::create(b, value, buffer, ValueRange{line, column});
}
Value AttentionRowsGenerator::scalar(float value) {
  return arith::ConstantOp::create(b, b.getF32FloatAttr(value));
}
Value AttentionRowsGenerator::firstLanes(Value count) {
  return vector::CreateMaskOp::create(b, vectorOf(b.getI1Type()), count);
}

LogicalResult AttentionRowsGenerator::run(KernelBuilder &sizes) {
  if (failed(readSizes(sizes)))
    return failure();
  skips = !op.getFill(); // few rows, all read together: nothing is lost by reading all keys
  int64_t rows = heads * mostQueries;
  queryRows = frame({rows, chunks(KeyChannel) * lanes});
  sums = frame({rows, chunks(ValueChannel) * lanes});
  state = frame({rows, States});
  block = frame({keyBlock});
  terms = frame({lanes});

  Value groups = arith::DivUIOp::create(b, extent[Head], index(heads));
  auto forall = scf::ForallOp::create(b, SmallVector<OpFoldResult>{extent[Batch], groups},
                                      ValueRange(), std::nullopt);
  b.setInsertionPointToStart(forall.getBody());
  position[Batch] = forall.getInductionVar(0);
  firstHead = mul(forall.getInductionVar(1), heads);
  Value blocks = arith::MulIOp::create(b, min(extent[Query], one), ceilDiv(extent[Key], keyBlock));
  exec::CountTilesOp::create(b, zero, mul(blocks, heads));

  eachRow([&] { readQuery(); });
  Span all = spanOf(zero, extent[Query]);
  Value behind = visibleKeys(all);
  loop(firstVisibleKey(all), behind, keyBlock,
       [&](Value begin) { visitKeys(begin, min(sub(behind, begin), index(keyBlock))); });
  eachRow([&] {
    writeResult();
    if (lse)
      memref::StoreOp::create(b, logSumExp(stateOf(Maximum), stateOf(Sum)), lse,
                              indices(*op.getLseMap(), {}));
  });
  return success();
}

/// Emits `body` for each query of each head of a task.
void AttentionRowsGenerator::eachRow(function_ref<void()> body) {
  loop(zero, index(heads), 1, [&](Value head) {
    position[Head] = add(firstHead, head);
    loop(zero, extent[Query], 1, [&](Value query) {
      position[Query] = query;
      row = add(mul(head, mostQueries), query);
      body();
    });
  });
}

/// A block of keys for all rows; not at all where every key is padding.
void AttentionRowsGenerator::visitKeys(Value begin, Value count) {
  noteLiveKeys(begin, count);
  Value times = min(extent[Query], one);
  if (keys.buffer && skips)
    times = either(anyLive, times, zero);
  loop(zero, times, 1, [&](Value) {
    exec::CountTilesOp::create(b, index(heads), zero);
    eachRow([&] {
      Value highest = scores(begin, count);
      values(begin, count, probabilities(highest, count));
    });
  });
}

/// queryRows[row][d] = scale · q[d]; nothing is summed yet.
void AttentionRowsGenerator::readQuery() {
  Value factor = scalar(queryFactor()), none = scalar(0);
  loop(zero, extent[KeyChannel], 1, [&](Value d) {
    Value element = arith::MulFOp::create(b, at(q, {{KeyChannel, d}}), factor);
    memref::StoreOp::create(b, element, queryRows, ValueRange{row, d});
  });
  loop(extent[KeyChannel], index(chunks(KeyChannel) * lanes), 1,
       [&](Value d) { memref::StoreOp::create(b, none, queryRows, ValueRange{row, d}); });
  for (int64_t chunk = 0; chunk < chunks(ValueChannel); ++chunk)
    store(splat(0.0f), sums, row, index(chunk * lanes));
  setState(Maximum, scalar(-std::numeric_limits<float>::infinity()));
  setState(Sum, none);
  setState(Alive, none);
}

/// A vector of channels of a key's row, from `channel` on; zero behind the last channel.
Value AttentionRowsGenerator::channels(const Operand &operand, unsigned loop, Value key,
                                       Value channel, bool isWhole) {
  SmallVector<Value> place = indices(operand.map, {{Key, key}, {loop, channel}});
  if (isWhole)
    return vector::LoadOp::create(b, floats(), operand.buffer, place);
  return vector::MaskedLoadOp::create(b, floats(), operand.buffer, place,
                                      firstLanes(index(staticSize(loop) % lanes)), splat(0.0f));
}

/// q[d] · k[key + i][d] for i < `count`, a vector of sums over some of the channels each. Where not
/// all of the keys exist, the last one again.
LoopEmitter::Values AttentionRowsGenerator::products(Value key, int64_t count, bool exist) {
  Values rows;
  for (int64_t i = 0; i < count; ++i)
    rows.push_back(exist ? add(key, i) : min(add(key, i), sub(extent[Key], one)));
  auto step = [&](Value channel, ValueRange before, bool isWhole) {
    Value query = load(queryRows, row, channel);
    Values next;
    for (auto [key, sum] : llvm::zip(rows, before))
      next.push_back(
          vector::FMAOp::create(b, channels(k, KeyChannel, key, channel, isWhole), query, sum));
    return next;
  };
  int64_t size = staticSize(KeyChannel), whole = size / lanes;
  Values products(count, splat(0.0f));
  if (whole)
    products = nest(index(whole), products, [&](ArrayRef<Value> chunk, ValueRange before) {
      return step(mul(chunk[0], lanes), before, /*isWhole=*/true);
    });
  if (size % lanes)
    products = step(index(whole * lanes), products, /*isWhole=*/false);
  return products;
}

/// Σ_d q[d] · k[key + i][d] for i < `count`, each in `lanes / count` lanes that are still to be
/// added. Two halves after one another: few keys' addresses and sums are needed at a time.
Value AttentionRowsGenerator::dots(Value key, int64_t count, bool exist) {
  constexpr int64_t together = 4; // do not wait for each other
  if (count > together) {
    Value first = dots(key, count / 2, exist);
    return halved(first, dots(add(key, count / 2), count / 2, exist), 2 * lanes / count);
  }
  Values sums = products(key, count, exist);
  for (int64_t group = lanes; sums.size() > 1; group /= 2) {
    Values pairs;
    for (size_t i = 0; i < sums.size(); i += 2)
      pairs.push_back(halved(sums[i], sums[i + 1], group));
    sums = pairs;
  }
  return sums[0];
}

/// block[j + i] = Σ_d q[d] · k[key + i][d].
void AttentionRowsGenerator::storeDots(Value key, Value j, bool exist) {
  Value sums = dots(key, keysTogether, exist);
  for (int64_t group = lanes / keysTogether; group > 1; group /= 2)
    sums = halved(sums, sums, group);
  if (keysTogether < lanes)
    sums = vector::ExtractStridedSliceOp::create(
        b, sums, ArrayRef<int64_t>{0}, ArrayRef<int64_t>{keysTogether}, ArrayRef<int64_t>{1});
  vector::StoreOp::create(b, sums, block, j);
}

/// The elements of a mask or a bias for the keys from begin + j on; anything behind the last key.
Value AttentionRowsGenerator::elements(const Operand &operand, Value begin, Value j, Value count) {
  Value key = add(begin, j), left = sub(count, j);
  Type element = cast<MemRefType>(operand.buffer.getType()).getElementType();
  if (element.isF32() && isInnermost(operand.map, Key))
    return vector::MaskedLoadOp::create(b, floats(), operand.buffer,
                                        indices(operand.map, {{Key, key}}), firstLanes(left),
                                        splat(0.0f));
  loop(zero, min(left, index(lanes)), 1, [&](Value lane) {
    memref::StoreOp::create(b, numberAt(operand, {{Key, add(key, lane)}}), terms, lane);
  });
  return load(terms, zero);
}

/// Which of the keys from begin + j on, as far as they exist, are live.
Value AttentionRowsGenerator::liveLanes(Value begin, Value j, Value count, Value exists) {
  Value live = exists, key = add(begin, j);
  auto conjoin = [&](Value term) { live = arith::AndIOp::create(b, live, term); };
  Value ones =
      arith::ConstantOp::create(b, DenseElementsAttr::get(cast<VectorType>(live.getType()), true));
  Value place = lower || upper ? positionOf(position[Query]) : Value();
  if (lower) // position + lower ≤ key
    conjoin(arith::XOrIOp::create(b, firstLanes(sub(add(place, lower), key)), ones));
  if (upper) // key ≤ position + upper
    conjoin(firstLanes(sub(add(add(place, upper), one), key)));
  for (const Operand &operand : {keys, maskTensor})
    if (operand.buffer)
      conjoin(arith::CmpFOp::create(b, arith::CmpFPredicate::UNE,
                                    elements(operand, begin, j, count), splat(0.0f)));
  return live;
}

/// block[j] = the score of key begin + j, −inf where it is dead. Gives the highest.
Value AttentionRowsGenerator::scores(Value begin, Value count) {
  Value low = splat(-std::numeric_limits<float>::infinity());
  Value whole = mul(arith::DivUIOp::create(b, count, index(keysTogether)), keysTogether);
  auto products = [&](Value from, Value to, bool exist) {
    loop(from, to, keysTogether, [&](Value j) { storeDots(add(begin, j), j, exist); });
  };
  products(zero, whole, /*exist=*/true);
  products(whole, count, /*exist=*/false);
  Values found = loop(zero, count, lanes, {low, splat(0.0f)}, [&](Value j, ValueRange carried) {
    Value score = load(block, j);
    if (op.getSoftcap())
      score = capped(score);
    auto addBias = [&] {
      score = arith::AddFOp::create(b, score, elements(bias, begin, j, count));
    };
    if (bias.buffer && !op.getFillWithBias())
      addBias();
    Value exists = firstLanes(sub(count, j));
    Value live = liveLanes(begin, j, count, exists);
    score = either(live, score, deadScore());
    if (op.getFillWithBias())
      addBias();
    if (op.getFill())
      score = either(exists, score, low);
    vector::StoreOp::create(b, score, block, j);
    return Values{larger(score, carried[0]), either(live, splat(1.0f), carried[1])};
  });
  auto highest = [&](Value of) {
    return vector::ReductionOp::create(b, vector::CombiningKind::MAXNUMF, of,
                                       arith::FastMathFlags::nnan);
  };
  if (masked)
    setState(Alive, larger(highest(found[1]), stateOf(Alive)));
  return highest(found[0]);
}

/// block[j] = exp(block[j] − maximum) with the maximum so far; the sum follows. Gives what earlier
/// sums are to be multiplied with.
Value AttentionRowsGenerator::probabilities(Value highest, Value count) {
  Value before = stateOf(Maximum), maximum = larger(highest, before);
  setState(Maximum, maximum);
  // Nothing but −inf so far: any finite number keeps exp(−inf) = 0.
  Value none = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, maximum,
                                     scalar(-std::numeric_limits<float>::infinity()));
  Value subtracted = splat(either(none, scalar(0), maximum));
  Value correction = exp(arith::SubFOp::create(b, splat(before), subtracted));
  correction = vector::ExtractOp::create(b, correction, ArrayRef<int64_t>{0});
  Value sum = loop(zero, count, lanes, splat(0.0f), [&](Value j, ValueRange carried) {
    Value p = exp(arith::SubFOp::create(b, load(block, j), subtracted));
    vector::StoreOp::create(b, p, block, j);
    return Values{arith::AddFOp::create(b, carried[0], p)};
  })[0];
  sum = vector::ReductionOp::create(b, vector::CombiningKind::ADD, sum,
                                    arith::FastMathFlags::reassoc);
  Value earlier = arith::MulFOp::create(b, stateOf(Sum), correction);
  setState(Sum, arith::AddFOp::create(b, earlier, sum));
  return correction;
}

/// sums[e] = sums[e] · correction + Σ_j block[j] · v[begin + j][e].
void AttentionRowsGenerator::values(Value begin, Value count, Value correction) {
  constexpr int64_t together = 8; // vectors of sums that stay in registers
  int64_t size = staticSize(ValueChannel), all = chunks(ValueChannel);
  for (int64_t first = 0; first < all; first += together) {
    int64_t last = std::min(first + together, all);
    Values start;
    for (int64_t chunk = first; chunk < last; ++chunk)
      start.push_back(
          arith::MulFOp::create(b, load(sums, row, index(chunk * lanes)), splat(correction)));
    Values end = nest(count, start, [&](ArrayRef<Value> j, ValueRange before) {
      Value p = splat(memref::LoadOp::create(b, block, j[0]).getResult());
      // What a dead key holds is not multiplied: it may be no number.
      Value weightless = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, p, splat(0.0f));
      Values next;
      for (auto [i, sum] : llvm::enumerate(before)) {
        int64_t channel = (first + i) * lanes;
        Value value = channels(v, ValueChannel, add(begin, j[0]), index(channel),
                               /*isWhole=*/channel + lanes <= size);
        if (masked)
          value = either(weightless, splat(0.0f), value);
        next.push_back(vector::FMAOp::create(b, p, value, sum));
      }
      return next;
    });
    for (auto [i, sum] : llvm::enumerate(end))
      store(sum, sums, row, index((first + i) * lanes));
  }
}

/// result[e] = sums[e] / sum; a row without a live key gives what `dead_rows` says. Without a mask,
/// or when it says NaN, 0 / 0 is that.
void AttentionRowsGenerator::writeResult() {
  Value inverse = splat(arith::DivFOp::create(b, scalar(1), stateOf(Sum)).getResult());
  // No key at all: a sum of nothing is zero.
  Value none = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, extent[Key], zero);
  Value dead = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, stateOf(Alive), scalar(0));
  if (masked && op.getDeadRows() != DeadRows::Nan && !op.getFill())
    none = arith::OrIOp::create(b, none, dead);
  for (int64_t chunk = 0; chunk < chunks(ValueChannel); ++chunk) {
    Value place = index(chunk * lanes);
    Value result = arith::MulFOp::create(b, load(sums, row, place), inverse);
    store(either(splat(none), splat(0.0f), result), sums, row, place);
  }
  if (masked && op.getDeadRows() == DeadRows::Mean && !op.getFill())
    loop(zero, either(dead, one, zero), 1, [&](Value) {
      loop(zero, extent[ValueChannel], 1,
           [&](Value e) { memref::StoreOp::create(b, meanOfValues(e), sums, ValueRange{row, e}); });
    });
  loop(zero, extent[ValueChannel], 1, [&](Value e) {
    Value element = memref::LoadOp::create(b, sums, ValueRange{row, e});
    memref::StoreOp::create(b, element, out, indices(op.getOutMap(), {{ValueChannel, e}}));
  });
}
