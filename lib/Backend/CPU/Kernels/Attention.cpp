// The attention generator: online softmax over blocks of keys, for a block of queries at a time
// (Milakov and Gimelshein 2018; Dao et al. 2022). All is computed transposed, with queries in the
// lanes: maxima and sums are lane-wise, keys and values are read as scalars as they lie.
#include "Attention.h"

#include "AttentionGenerator.h"
#include "AttentionRows.h"
#include "GeneratedKernels.h"
#include "attune/Backend/CPU/Passes.h"
#include "attune/Backend/CPU/Target.h"
#include "attune/Dialect/Exec/IR/ExecDialect.h"
#include "attune/Support/Diagnostics.h"

#include "llvm/Support/MathExtras.h"

namespace attune::cpu {
#define GEN_PASS_DEF_GENERATEATTENTIONPASS
#include "attune/Backend/CPU/Passes.h.inc"
} // namespace attune::cpu

using namespace mlir;
using namespace attune;
using namespace attune::cpu;
using namespace attune::transformer;

static constexpr int64_t kMaxHeadSize = 512;

/// f32, with head sizes that are known and of which a block of queries fits the frame.
bool cpu::hasGenerator(AttentionOp op) {
  auto known = [&](unsigned loop) {
    auto size = dyn_cast<IntegerAttr>(op.getDims()[loop]);
    return size && size.getInt() >= 1 && size.getInt() <= kMaxHeadSize;
  };
  return cast<RankedTensorType>(op.getResult().getType()).getElementType().isF32() &&
         known(KeyChannel) && known(ValueChannel);
}

Value AttentionGenerator::load(Value buffer, Value row, int64_t vector) {
  return vector::LoadOp::create(b, floats(), buffer, ValueRange{row, index(vector * lanes)});
}

void AttentionGenerator::store(Value value, Value buffer, Value row, int64_t vector) {
  vector::StoreOp::create(b, value, buffer, ValueRange{row, index(vector * lanes)});
}

LogicalResult AttentionGenerator::run(KernelBuilder &sizes) {
  if (failed(readSizes(sizes)))
    return failure();
  queryT = frame({blocks * staticSize(KeyChannel), queries});
  sumT = frame({blocks * staticSize(ValueChannel), queries});
  scoreT = frame({keyBlock, queries});
  state = frame({blocks * StateRows, queries});
  visited = memref::AllocaOp::create(b, MemRefType::get({1}, b.getIndexType()));
  if (bias.buffer)
    biasT = frame({keyBlock, queries});
  if (maskTensor.buffer)
    liveT = frame({keyBlock, queries});
  if (positions.buffer) {
    positionT = memref::AllocaOp::create(b, MemRefType::get({blocks, queries}, b.getIndexType()));
    spans = memref::AllocaOp::create(b, MemRefType::get({blocks, 2}, b.getIndexType()));
  }
  if (blocks > 1) {
    packedK = frame({keyBlock, staticSize(KeyChannel)});
    packedV = frame({keyBlock, staticSize(ValueChannel)});
  }

  Value perTask = blocksPerTask();
  Value perHead = ceilDiv(extent[Query], queries);
  Value tasks = arith::CeilDivSIOp::create(b, perHead, perTask);
  SmallVector<OpFoldResult> grid{extent[Batch], extent[Head], tasks};
  auto forall = scf::ForallOp::create(b, grid, ValueRange(), std::nullopt);
  b.setInsertionPointToStart(forall.getBody());
  position[Batch] = forall.getInductionVar(0);
  position[Head] = forall.getInductionVar(1);
  Value firstBlock = arith::MulIOp::create(b, forall.getInductionVar(2), perTask);
  Value first = mul(firstBlock, queries);
  Value left = sub(extent[Query], first);
  Value count = min(sub(perHead, firstBlock), perTask);
  Value tiles = arith::MulIOp::create(b, count, ceilDiv(extent[Key], keyBlock));
  memref::StoreOp::create(b, zero, visited, zero);

  eachBlock(count, first, [&] {
    readQueries();
    readPositions();
    clear();
  });
  skips = !op.getFillWithBias() || !bias.map.isFunctionOfDim(Query);
  visit(count, first, left);
  if (skips && op.getFill() && (op.getMask().isBand() || keys.buffer))
    visitSkipped(count, first, left);
  eachBlock(count, first, [&] {
    finish();
    writeResult();
    if (lse)
      writeLogSumExp();
  });
  exec::CountTilesOp::create(b, memref::LoadOp::create(b, visited, zero), tiles);
  return success();
}

/// As many as share each copy of keys well, where that leaves enough tasks for threads to end
/// together; never fewer than half of it.
Value AttentionGenerator::blocksPerTask() {
  constexpr int64_t enoughTasks = 24;
  if (blocks == 1)
    return one;
  Value all = arith::MulIOp::create(b, extent[Batch], extent[Head]);
  all = arith::MulIOp::create(b, all, ceilDiv(extent[Query], queries));
  return min(max(ceilDiv(all, enoughTasks), index(blocks / 2)), index(blocks));
}

/// The keys that the task's queries see, block by block.
void AttentionGenerator::visit(Value count, Value first, Value left) {
  Span all = spanOf(first, add(first, min(left, mul(count, queries))));
  Value behind = visibleKeys(all);
  loop(firstVisibleKey(all), behind, keyBlock, [&](Value begin) {
    visitKeys(begin, min(sub(behind, begin), index(keyBlock)), count, first);
  });
}

/// The largest score that a skipped key can have. A bias that is added to the fill is one for all
/// queries.
Value AttentionGenerator::largestSkipped() {
  Value fill = arith::ConstantOp::create(b, b.getF32FloatAttr(fillScore()));
  if (!op.getFillWithBias())
    return fill;
  Value none =
      arith::ConstantOp::create(b, b.getF32FloatAttr(-std::numeric_limits<float>::infinity()));
  Value largest = loop(zero, extent[Key], 1, {none}, [&](Value j, ValueRange carried) {
    return Values{arith::MaximumFOp::create(b, carried[0], at(bias, {{Key, j}}))};
  })[0];
  return arith::AddFOp::create(b, fill, largest);
}

/// A skipped key's weight is zero where the row's largest score is so far above the key's that the
/// exponential is. Unless all rows are like that, all keys are visited.
void AttentionGenerator::visitSkipped(Value count, Value first, Value left) {
  constexpr double underflow = 150; // powers of two: the least number is 2^−149
  Value margin = arith::ConstantOp::create(
      b, b.getF32FloatAttr(static_cast<float>(
             underflow * (binary ? 1 : static_cast<double>(llvm::numbers::ln2)))));
  Value least =
      vector::BroadcastOp::create(b, floats(), arith::AddFOp::create(b, largestSkipped(), margin));
  Value never = arith::ConstantOp::create(b, b.getBoolAttr(false));
  Value again = loop(zero, count, 1, never, [&](Value number, ValueRange before) {
    stateRow = mul(number, StateRows);
    Value any = before[0];
    for (int64_t vector = 0; vector < vectors; ++vector) {
      Value low =
          arith::CmpFOp::create(b, arith::CmpFPredicate::ULE, loadState(Maximum, vector), least);
      any = arith::OrIOp::create(b, any,
                                 vector::ReductionOp::create(b, vector::CombiningKind::OR, low));
    }
    return Values{any};
  })[0];
  loop(zero, arith::SelectOp::create(b, again, one, zero), 1, [&](Value) {
    eachBlock(count, first, [&] { clear(); });
    skips = false;
    visit(count, first, left);
    skips = true;
  });
}

/// A block of keys for all blocks of queries of a task; not at all where every key is padding.
void AttentionGenerator::visitKeys(Value begin, Value length, Value count, Value first) {
  noteLiveKeys(begin, length);
  Value times = one;
  if (keys.buffer && skips)
    times = arith::SelectOp::create(b, anyLive, one, zero);
  loop(zero, times, 1, [&](Value) {
    packKeys(begin, length);
    eachBlock(count, first, [&] {
      fetched = arith::DivUIOp::create(b, mul(block, tileRows), count);
      behindFetched = arith::DivUIOp::create(b, mul(add(block, 1), tileRows), count);
      Span own = blockSpan();
      Value end = visibleKeys(own);
      // Once, or not at all where the block of queries sees none of the keys.
      Value start = max(begin, firstVisibleKey(own));
      loop(start, min(end, add(begin, 1)), 1, [&](Value) {
        Value seen = memref::LoadOp::create(b, visited, zero);
        memref::StoreOp::create(b, add(seen, 1), visited, zero);
        Value keys = min(sub(end, begin), index(keyBlock));
        scores(begin, keys);
        if (op.getSoftcap())
          capScores(keys);
        maskScores(begin, keys);
        probabilities(keys);
        values(begin, keys);
      });
    });
  });
}

/// Emits `body` for each block of queries of a task.
void AttentionGenerator::eachBlock(Value count, Value first, function_ref<void()> body) {
  loop(zero, count, 1, [&](Value number) {
    block = number;
    firstQuery = add(first, mul(block, queries));
    queryRow = mul(block, staticSize(KeyChannel));
    sumRow = mul(block, staticSize(ValueChannel));
    stateRow = mul(block, StateRows);
    body();
  });
}

/// The span of the current block of queries.
AttentionEmitter::Span AttentionGenerator::blockSpan() {
  if (!positions.buffer)
    return spanOf(firstQuery, min(add(firstQuery, queries), extent[Query]));
  return {memref::LoadOp::create(b, spans, ValueRange{block, zero}),
          memref::LoadOp::create(b, spans, ValueRange{block, one})};
}

/// positionT[i] = the query's position; behind the last query, the last one's again.
void AttentionGenerator::readPositions() {
  if (!positions.buffer)
    return;
  loop(zero, index(queries), 1, [&](Value lane) {
    memref::StoreOp::create(b, positionOf(queryAt(lane)), positionT, ValueRange{block, lane});
  });
  Span span = spanOf(firstQuery, min(add(firstQuery, queries), extent[Query]));
  memref::StoreOp::create(b, span.least, spans, ValueRange{block, zero});
  memref::StoreOp::create(b, span.largest, spans, ValueRange{block, one});
}

void AttentionGenerator::clear() {
  Value low = splat(-std::numeric_limits<float>::infinity()), none = splat(0.0f);
  for (int64_t vector = 0; vector < vectors; ++vector) {
    storeState(low, Maximum, vector);
    storeState(none, Sum, vector);
    storeState(none, Alive, vector);
  }
  loop(zero, extent[ValueChannel], 1, [&](Value e) {
    for (int64_t vector = 0; vector < vectors; ++vector)
      store(none, sumT, add(sumRow, e), vector);
  });
}

/// As many columns of `operand` as there are lanes, from `begin` of its innermost loop on: each a
/// vector over the queries of `vector`; behind the last query, the last one again.
LoopEmitter::Values AttentionGenerator::transposed(const Operand &operand, unsigned loop,
                                                   Value begin, int64_t vector) {
  Values rows;
  for (int64_t lane = 0; lane < lanes; ++lane)
    rows.push_back(vector::LoadOp::create(
        b, floats(), operand.buffer,
        indices(operand.map, {{Query, queryAt(index(vector * lanes + lane))}, {loop, begin}})));
  return transpose(rows);
}

/// queryT[d][i] = scale · q[i][d]; behind the last query, the last one again.
void AttentionGenerator::readQueries() {
  Value factor = arith::ConstantOp::create(b, b.getF32FloatAttr(queryFactor()));
  Value scale = splat(factor), whole = zero;
  int64_t size = staticSize(KeyChannel);
  if (isInnermost(q.map, KeyChannel) && size >= lanes) {
    whole = index(size / lanes * lanes);
    loop(zero, whole, lanes, [&](Value d) {
      for (int64_t vector = 0; vector < vectors; ++vector)
        for (auto [channel, row] : llvm::enumerate(transposed(q, KeyChannel, d, vector)))
          store(arith::MulFOp::create(b, row, scale), queryT, add(queryRow, add(d, channel)),
                vector);
    });
  }
  loop(zero, index(queries), 1, [&](Value lane) {
    Value query = queryAt(lane);
    loop(whole, extent[KeyChannel], 1, [&](Value d) {
      Value element = at(q, {{Query, query}, {KeyChannel, d}});
      memref::StoreOp::create(b, arith::MulFOp::create(b, element, factor), queryT,
                              ValueRange{add(queryRow, d), lane});
    });
  });
}

/// into[j][i] = tensor[i][begin + j], as a number: 1 and 0 for what is no float.
void AttentionGenerator::transposeTensor(const Operand &tensor, Value into, Value begin,
                                         Value count) {
  Type element = cast<MemRefType>(tensor.buffer.getType()).getElementType();
  Value whole = zero;
  if (element.isF32() && isInnermost(tensor.map, Key) && tensor.map.isFunctionOfDim(Query)) {
    whole = mul(arith::DivUIOp::create(b, count, index(lanes)), lanes);
    loop(zero, whole, lanes, [&](Value j) {
      for (int64_t vector = 0; vector < vectors; ++vector)
        for (auto [key, row] : llvm::enumerate(transposed(tensor, Key, add(begin, j), vector)))
          store(row, into, add(j, key), vector);
    });
  }
  loop(whole, count, 1, [&](Value j) {
    loop(zero, index(queries), 1, [&](Value lane) {
      Value value = numberAt(tensor, {{Query, queryAt(lane)}, {Key, add(begin, j)}});
      memref::StoreOp::create(b, value, into, ValueRange{j, lane});
    });
  });
}

void AttentionGenerator::packKeys(Value begin, Value count) {
  if (!packedK)
    return;
  packRows(k, KeyChannel, packedK, begin, count);
  packRows(v, ValueChannel, packedV, begin, count);
}

/// into[j][d] = tensor[begin + j][d]; up to a whole tile behind the last key, the last one again.
void AttentionGenerator::packRows(const Operand &tensor, unsigned channel, Value into, Value begin,
                                  Value count) {
  int64_t size = staticSize(channel);
  int64_t whole = isInnermost(tensor.map, channel) ? size / lanes * lanes : 0;
  Value last = sub(extent[Key], one);
  loop(zero, mul(ceilDiv(count, tileRows), tileRows), 1, [&](Value j) {
    Value row = min(add(begin, j), last);
    for (int64_t d = 0; d < whole; d += lanes) {
      Value place = index(d);
      Value part = vector::LoadOp::create(b, floats(), tensor.buffer,
                                          indices(tensor.map, {{Key, row}, {channel, place}}));
      vector::StoreOp::create(b, part, into, ValueRange{j, place});
    }
    loop(index(whole), index(size), 1, [&](Value d) {
      memref::StoreOp::create(b, at(tensor, {{Key, row}, {channel, d}}), into, ValueRange{j, d});
    });
  });
}

/// Fetches the current block of queries' share of the next block of keys to the second-level cache:
/// all at once would wait for each other. `j` is the tile's place in this block.
void AttentionGenerator::fetchAhead(Value begin, Value j) {
  Value next = add(add(begin, j), keyBlock);
  loop(fetched, behindFetched, 1, [&](Value row) {
    Value key = min(add(next, row), sub(extent[Key], one));
    for (auto [tensor, channel] : {std::pair(&k, KeyChannel), std::pair(&v, ValueChannel)})
      for (int64_t d = 0; d < staticSize(channel); d += lanes)
        memref::PrefetchOp::create(b, tensor->buffer,
                                   indices(tensor->map, {{Key, key}, {channel, index(d)}}),
                                   /*isWrite=*/false, /*localityHint=*/2, /*isDataCache=*/true);
  });
}

/// scoreT[j][i] = Σ_d k[begin + j][d] · queryT[d][i]; behind the last key, the last one again.
void AttentionGenerator::scores(Value begin, Value count) {
  loop(zero, count, tileRows, [&](Value j) {
    if (packedK)
      fetchAhead(begin, j);
    Values rows;
    for (int64_t r = 0; r < tileRows; ++r)
      rows.push_back(packedK ? add(j, r) : min(add(begin, add(j, r)), sub(extent[Key], one)));
    Values sums = tile(
        extent[KeyChannel], Values(tileRows * vectors, splat(0.0f)), tileRows, vectors,
        [&](Value d, int64_t r) -> Value {
          if (packedK)
            return memref::LoadOp::create(b, packedK, ValueRange{rows[r], d});
          return at(k, {{Key, rows[r]}, {KeyChannel, d}});
        },
        [&](Value d, int64_t vector) { return load(queryT, add(queryRow, d), vector); });
    for (int64_t r = 0; r < tileRows; ++r)
      for (int64_t vector = 0; vector < vectors; ++vector)
        store(sums[r * vectors + vector], scoreT, add(j, r), vector);
  });
}

/// sumT[e][i] = sumT[e][i] · correction + Σ_j v[begin + j][e] · scoreT[j][i].
void AttentionGenerator::values(Value begin, Value count) {
  auto rows = [&](Value e, int64_t height) {
    Values sums;
    for (int64_t r = 0; r < height; ++r)
      for (int64_t vector = 0; vector < vectors; ++vector)
        sums.push_back(arith::MulFOp::create(b, load(sumT, add(sumRow, add(e, r)), vector),
                                             loadState(Correction, vector)));
    sums = tile(
        count, sums, height, vectors,
        [&](Value j, int64_t r) -> Value {
          if (packedV)
            return memref::LoadOp::create(b, packedV, ValueRange{j, add(e, r)});
          return at(v, {{Key, add(begin, j)}, {ValueChannel, add(e, r)}});
        },
        [&](Value j, int64_t vector) { return load(scoreT, j, vector); });
    for (int64_t r = 0; r < height; ++r)
      for (int64_t vector = 0; vector < vectors; ++vector)
        store(sums[r * vectors + vector], sumT, add(sumRow, add(e, r)), vector);
  };
  int64_t size = staticSize(ValueChannel);
  int64_t whole = size / tileRows * tileRows;
  if (whole)
    loop(zero, index(whole), tileRows, [&](Value e) { rows(e, tileRows); });
  if (whole < size)
    rows(index(whole), size - whole);
}

/// result[i][e] = sumT[e][i] / sum for the queries that exist.
void AttentionGenerator::writeResult() {
  AffineMap map = op.getOutMap();
  int64_t size = staticSize(ValueChannel);
  Value left = sub(extent[Query], firstQuery), whole = zero;
  if (isInnermost(map, ValueChannel) && size >= lanes) {
    whole = index(size / lanes * lanes);
    loop(zero, whole, lanes, [&](Value e) {
      for (int64_t vector = 0; vector < vectors; ++vector) {
        Values rows;
        Value inverse = loadState(Inverse, vector);
        for (int64_t lane = 0; lane < lanes; ++lane)
          rows.push_back(
              arith::MulFOp::create(b, load(sumT, add(sumRow, add(e, lane)), vector), inverse));
        for (auto [lane, row] : llvm::enumerate(transpose(rows))) {
          Value query = index(vector * lanes + lane);
          Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, query, left);
          auto branch = scf::IfOp::create(b, TypeRange(), exists, /*withElseRegion=*/false);
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToStart(branch.thenBlock());
          vector::StoreOp::create(
              b, row, out, indices(map, {{Query, add(firstQuery, query)}, {ValueChannel, e}}));
        }
      }
    });
  }
  loop(zero, min(left, index(queries)), 1, [&](Value lane) {
    Value inverse =
        memref::LoadOp::create(b, state, ValueRange{add(stateRow, index(Inverse)), lane});
    loop(whole, extent[ValueChannel], 1, [&](Value e) {
      Value element = memref::LoadOp::create(b, sumT, ValueRange{add(sumRow, e), lane});
      memref::StoreOp::create(b, arith::MulFOp::create(b, element, inverse), out,
                              indices(map, {{Query, add(firstQuery, lane)}, {ValueChannel, e}}));
    });
  });
}

/// logsumexp[i] for the queries that exist.
void AttentionGenerator::writeLogSumExp() {
  for (int64_t vector = 0; vector < vectors; ++vector)
    storeState(logSumExp(loadState(Maximum, vector), loadState(Sum, vector)), Maximum, vector);
  loop(zero, min(sub(extent[Query], firstQuery), index(queries)), 1, [&](Value lane) {
    Value value = memref::LoadOp::create(b, state, ValueRange{add(stateRow, Maximum), lane});
    memref::StoreOp::create(b, value, lse,
                            indices(*op.getLseMap(), {{Query, add(firstQuery, lane)}}));
  });
}

namespace {

struct GenerateAttentionPass : cpu::impl::GenerateAttentionPassBase<GenerateAttentionPass> {
  using Base::Base;

  /// Whether the schedule's blocks are made of whole tiles and vectors.
  static bool fits(AttentionOp op, exec::ScheduleAttr schedule, bool byRows) {
    if (!hasGenerator(op) || !schedule || !llvm::isPowerOf2_64(schedule.getVector()[1]))
      return false;
    ArrayRef<int64_t> task = schedule.getTask(), vector = schedule.getVector();
    if (!byRows)
      return task[1] % vector[0] == 0 && task[0] % (vector[1] * vector[2]) == 0;
    auto queries = dyn_cast<IntegerAttr>(op.getDims()[Query]);
    return hasRowsGenerator(op) && headsPerTask(op) % vector[0] == 0 && task[1] % vector[1] == 0 &&
           (!queries || queries.getInt() <= task[0]);
  }

  template <typename Generator>
  LogicalResult generate(func::FuncOp kernel, AttentionOp op, size_t vectorSizes) {
    exec::ScheduleAttr schedule = scheduleOf(kernel, /*task=*/2, vectorSizes);
    constexpr bool byRows = std::is_same_v<Generator, AttentionRowsGenerator>;
    if (!fits(op, schedule, byRows))
      return attune::emitError(op.getLoc(), ErrorCode::Internal,
                               "the attention generator does not take this kernel");
    ImplicitLocOpBuilder b(op.getLoc(), op);
    KernelBuilder sizes(b, op);
    Generator generator(b, kernel, op, schedule);
    if (!generator.isComplete() || failed(generator.run(sizes)))
      return failure();
    eraseRoot(kernel, op);
    ++numGenerated;
    return success();
  }

  void runOnOperation() override {
    for (auto [kernel, op] : generatedRoots<AttentionOp>(getOperation(), kAttentionGenerator))
      if (failed(generate<AttentionGenerator>(kernel, op, /*vectorSizes=*/3)))
        return signalPassFailure();
    for (auto [kernel, op] : generatedRoots<AttentionOp>(getOperation(), kAttentionRowsGenerator))
      if (failed(generate<AttentionRowsGenerator>(kernel, op, /*vectorSizes=*/2)))
        return signalPassFailure();
  }
};

} // namespace
