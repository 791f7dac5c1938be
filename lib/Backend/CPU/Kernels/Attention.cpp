// The attention generator: online softmax over blocks of keys, for a block of queries at a time
// (Milakov and Gimelshein 2018; Dao et al. 2022). All is computed transposed, with queries in the
// lanes: maxima and sums are lane-wise, keys and values are read as scalars as they lie.
#include "Attention.h"

#include "ContractRoles.h"
#include "GeneratedKernels.h"
#include "LoopEmitter.h"
#include "attune/Backend/CPU/Passes.h"
#include "attune/Backend/CPU/Target.h"
#include "attune/Conversion/KernelBuilder.h"
#include "attune/Dialect/Exec/IR/ExecDialect.h"
#include "attune/Dialect/Transformer/Analysis/MaskAnalysis.h"
#include "attune/Support/Diagnostics.h"

#include "mlir/Dialect/Math/IR/Math.h"

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
  return cast<RankedTensorType>(op.getType()).getElementType().isF32() && known(KeyChannel) &&
         known(ValueChannel);
}

namespace {

/// Emits one kernel.
class AttentionGenerator : LoopEmitter {
public:
  AttentionGenerator(ImplicitLocOpBuilder &b, func::FuncOp kernel, AttentionOp op,
                     exec::ScheduleAttr schedule)
      : LoopEmitter(b, schedule.getVector()[1]), op(op), keyBlock(schedule.getTask()[1]),
        tileRows(schedule.getVector()[0]), vectors(schedule.getVector()[2]),
        queries(lanes * vectors), blocks(schedule.getTask()[0] / (lanes * vectors)),
        out(kernel.getArgument(kernel->getAttrOfType<IntegerAttr>(exec::kInputsAttr).getInt())) {
    SmallVector<AffineMap> maps = mapsOf(op.getInputMaps());
    unsigned next = 0;
    for (auto [operand, value] :
         {std::pair(&q, op.getQ()), std::pair(&k, op.getK()), std::pair(&v, op.getV()),
          std::pair(&keys, op.getKeys()), std::pair(&bias, op.getBias()),
          std::pair(&maskTensor, op.getMaskTensor())})
      if (value)
        *operand = {bufferOf(value), maps[next++]};
    masked = op.getMask().getCausal() || keys.buffer || maskTensor.buffer;
  }

  bool isComplete() { return q.buffer && k.buffer && v.buffer && (!op.getBias() || bias.buffer); }
  LogicalResult run(KernelBuilder &sizes);

private:
  /// An operand's buffer and how the loops index it.
  struct Operand {
    Value buffer;
    AffineMap map;
  };

  Value frame(ArrayRef<int64_t> shape);
  Value at(const Operand &operand, ArrayRef<std::pair<unsigned, Value>> moved);
  SmallVector<Value> indices(AffineMap map, ArrayRef<std::pair<unsigned, Value>> moved);
  Value load(Value buffer, Value row, int64_t vector);
  void store(Value value, Value buffer, Value row, int64_t vector);
  bool isInnermost(AffineMap map, unsigned loop) const {
    return map.getNumResults() && loopOf(map.getResults().back()) == loop;
  }
  Value queryAt(Value lane) { return min(add(firstQuery, lane), sub(extent[Query], one)); }

  /// What is kept of each query.
  enum StateRow : int64_t { Maximum, Sum, Correction, Alive, StateRows };

  Value loadState(StateRow row, int64_t vector) { return load(state, add(stateRow, row), vector); }
  void storeState(Value value, StateRow row, int64_t vector) {
    store(value, state, add(stateRow, row), vector);
  }
  int64_t staticSize(unsigned loop) { return cast<IntegerAttr>(op.getDims()[loop]).getInt(); }

  void eachBlock(Value count, Value first, function_ref<void()> body);
  Value visibleKeys(Value behindLastQuery);
  void clear();
  void readQueries();
  Values transposed(const Operand &operand, unsigned loop, Value begin, int64_t vector);
  void transposeTensor(const Operand &tensor, Value into, Value begin, Value count);
  void scores(Value begin, Value count);
  void maskScores(Value begin, Value count);
  void probabilities(Value count);
  void values(Value begin, Value count);
  void finish();
  void fillDeadRows();
  void writeResult();
  Value liveLanes(Value key, int64_t vector, Value inBlock);
  Value exp(Value x) { return math::ExpOp::create(b, x); }
  Value larger(Value a, Value c) {
    Value greater = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, a, c);
    return arith::SelectOp::create(b, greater, a, c);
  }

  AttentionOp op;
  int64_t keyBlock, tileRows, vectors, queries;
  int64_t blocks; ///< of queries that share each block of keys while it is in the cache
  Value out;
  Operand q, k, v, keys, bias, maskTensor;
  bool masked;
  SmallVector<Value> extent, position;
  Value causalOffset;
  // Of the current block of queries; its rows in the frame.
  Value firstQuery, queryRow, sumRow, stateRow;
  // In the frame; the last dimension is the query.
  Value queryT;       ///< [block, key channel]: scaled queries
  Value sumT;         ///< [block, value channel]: Σ p · v
  Value scoreT;       ///< [key of the block]: scores, then exp(score − maximum)
  Value biasT, liveT; ///< [key of the block]: what the tensors give
  Value state;        ///< [block, StateRow]
};

Value AttentionGenerator::frame(ArrayRef<int64_t> shape) {
  return memref::AllocaOp::create(b, MemRefType::get(shape, b.getF32Type()),
                                  b.getI64IntegerAttr(64));
}

SmallVector<Value> AttentionGenerator::indices(AffineMap map,
                                               ArrayRef<std::pair<unsigned, Value>> moved) {
  SmallVector<Value> places(position);
  for (auto [loop, value] : moved)
    places[loop] = value;
  return llvm::map_to_vector(map.getResults(), [&](AffineExpr expr) {
    int64_t loop = loopOf(expr);
    return loop == kNoLoop ? zero : places[loop];
  });
}

Value AttentionGenerator::at(const Operand &operand, ArrayRef<std::pair<unsigned, Value>> moved) {
  return memref::LoadOp::create(b, operand.buffer, indices(operand.map, moved));
}

Value AttentionGenerator::load(Value buffer, Value row, int64_t vector) {
  return vector::LoadOp::create(b, floats(), buffer, ValueRange{row, index(vector * lanes)});
}

void AttentionGenerator::store(Value value, Value buffer, Value row, int64_t vector) {
  vector::StoreOp::create(b, value, buffer, ValueRange{row, index(vector * lanes)});
}

LogicalResult AttentionGenerator::run(KernelBuilder &sizes) {
  FailureOr<Sizes> extents = sizes.sizes(op.getDims());
  if (failed(extents))
    return failure();
  for (OpFoldResult size : *extents)
    extent.push_back(sizes.index(size));
  if (op.getMask().getCausal()) {
    FailureOr<Sizes> offset = sizes.sizes(b.getArrayAttr({op.getMask().getOffsetExtent()}));
    if (failed(offset))
      return failure();
    causalOffset = sizes.index(offset->front());
  }
  queryT = frame({blocks * staticSize(KeyChannel), queries});
  sumT = frame({blocks * staticSize(ValueChannel), queries});
  scoreT = frame({keyBlock, queries});
  state = frame({blocks * StateRows, queries});
  if (bias.buffer)
    biasT = frame({keyBlock, queries});
  if (maskTensor.buffer)
    liveT = frame({keyBlock, queries});

  SmallVector<OpFoldResult> grid{extent[Batch], extent[Head],
                                 ceilDiv(extent[Query], blocks * queries)};
  auto forall = scf::ForallOp::create(b, grid, ValueRange(), std::nullopt);
  b.setInsertionPointToStart(forall.getBody());
  position.assign(6, zero);
  position[Batch] = forall.getInductionVar(0);
  position[Head] = forall.getInductionVar(1);
  Value first = mul(forall.getInductionVar(2), blocks * queries);
  Value left = sub(extent[Query], first);
  Value count = min(ceilDiv(left, queries), index(blocks));

  eachBlock(count, first, [&] {
    readQueries();
    clear();
  });
  loop(zero, visibleKeys(add(first, min(left, index(blocks * queries)))), keyBlock,
       [&](Value begin) {
         eachBlock(count, first, [&] {
           Value end = visibleKeys(min(add(firstQuery, queries), extent[Query]));
           // Once, or not at all where every key is behind what the block sees.
           loop(begin, min(end, add(begin, 1)), 1, [&](Value) {
             Value keys = min(sub(end, begin), index(keyBlock));
             scores(begin, keys);
             maskScores(begin, keys);
             probabilities(keys);
             values(begin, keys);
           });
         });
       });
  eachBlock(count, first, [&] {
    finish();
    writeResult();
  });
  return success();
}

/// Emits `body` for each block of queries of a task.
void AttentionGenerator::eachBlock(Value count, Value first, function_ref<void()> body) {
  loop(zero, count, 1, [&](Value block) {
    firstQuery = add(first, mul(block, queries));
    queryRow = mul(block, staticSize(KeyChannel));
    sumRow = mul(block, staticSize(ValueChannel));
    stateRow = mul(block, StateRows);
    body();
  });
}

/// How many keys the queries before `behindLastQuery` may see: behind the last one's last key,
/// every key is dead.
Value AttentionGenerator::visibleKeys(Value behindLastQuery) {
  if (!causalOffset)
    return extent[Key];
  return max(zero, min(extent[Key], add(behindLastQuery, causalOffset)));
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
  Value factor = arith::ConstantOp::create(
      b, b.getF32FloatAttr(static_cast<float>(op.getScale().convertToDouble())));
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
      Value value = at(tensor, {{Query, queryAt(lane)}, {Key, add(begin, j)}});
      if (!element.isF32()) {
        Value nothing = arith::ConstantOp::create(b, b.getZeroAttr(element));
        Value set = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, value, nothing);
        value = arith::UIToFPOp::create(b, b.getF32Type(), set);
      }
      memref::StoreOp::create(b, value, into, ValueRange{j, lane});
    });
  });
}

/// scoreT[j][i] = Σ_d k[begin + j][d] · queryT[d][i]; behind the last key, the last one again.
void AttentionGenerator::scores(Value begin, Value count) {
  loop(zero, count, tileRows, [&](Value j) {
    Values rows;
    for (int64_t r = 0; r < tileRows; ++r)
      rows.push_back(min(add(begin, add(j, r)), sub(extent[Key], one)));
    Values sums = tile(
        extent[KeyChannel], Values(tileRows * vectors, splat(0.0f)), tileRows, vectors,
        [&](Value d, int64_t r) { return at(k, {{Key, rows[r]}, {KeyChannel, d}}); },
        [&](Value d, int64_t vector) { return load(queryT, add(queryRow, d), vector); });
    for (int64_t r = 0; r < tileRows; ++r)
      for (int64_t vector = 0; vector < vectors; ++vector)
        store(sums[r * vectors + vector], scoreT, add(j, r), vector);
  });
}

/// Which lanes of a vector see a key; null when all do.
Value AttentionGenerator::liveLanes(Value key, int64_t vector, Value inBlock) {
  VectorType bits = VectorType::get({lanes}, b.getI1Type());
  Value live;
  auto conjoin = [&](Value term) {
    live = live ? arith::AndIOp::create(b, live, term).getResult() : term;
  };
  if (causalOffset) {
    // key ≤ query + offset: lanes below key − offset − first query are dead.
    Value below = sub(sub(key, causalOffset), add(firstQuery, vector * lanes));
    Value dead = vector::CreateMaskOp::create(b, bits, below);
    Value ones = arith::ConstantOp::create(b, DenseElementsAttr::get(bits, true));
    conjoin(arith::XOrIOp::create(b, dead, ones));
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

/// Adds the bias, sets dead scores to −inf, and notes which queries saw a live key.
void AttentionGenerator::maskScores(Value begin, Value count) {
  if (!masked && !bias.buffer)
    return;
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
      if (bias.buffer)
        score = arith::AddFOp::create(b, score, load(biasT, j, vector));
      if (Value live = liveLanes(add(begin, j), vector, j)) {
        score =
            arith::SelectOp::create(b, live, score, splat(-std::numeric_limits<float>::infinity()));
        after[vector] = arith::SelectOp::create(b, live, splat(1.0f), before[vector]);
      }
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
  Values maximum = loop(zero, count, 1, before, [&](Value j, ValueRange carried) {
    Values next;
    for (int64_t vector = 0; vector < vectors; ++vector)
      next.push_back(larger(load(scoreT, j, vector), carried[vector]));
    return next;
  });
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
        [&](Value j, int64_t r) {
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

/// Divides by the sums; a row without a live key gets what `dead_rows` says. Without a mask, or
/// when it says NaN, 0 / 0 is that.
void AttentionGenerator::finish() {
  bool clears = masked && op.getDeadRows() != DeadRows::Nan;
  Values inverse;
  for (int64_t vector = 0; vector < vectors; ++vector)
    inverse.push_back(arith::DivFOp::create(b, splat(1.0f), loadState(Sum, vector)).getResult());
  // No key at all: a sum of nothing is zero.
  Value empty = splat(arith::CmpIOp::create(b, arith::CmpIPredicate::eq, extent[Key], zero));
  loop(zero, extent[ValueChannel], 1, [&](Value e) {
    for (int64_t vector = 0; vector < vectors; ++vector) {
      Value result = arith::MulFOp::create(b, load(sumT, add(sumRow, e), vector), inverse[vector]);
      Value none = empty;
      if (clears) {
        Value dead = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, loadState(Alive, vector),
                                           splat(0.0f));
        none = arith::OrIOp::create(b, none, dead);
      }
      result = arith::SelectOp::create(b, none, splat(0.0f), result);
      store(result, sumT, add(sumRow, e), vector);
    }
  });
  if (masked && op.getDeadRows() == DeadRows::Mean)
    fillDeadRows();
}

/// Dead rows get the mean of all values. Rare, so computed only where one is.
void AttentionGenerator::fillDeadRows() {
  Value least = loadState(Alive, 0);
  for (int64_t vector = 1; vector < vectors; ++vector)
    least = arith::MinimumFOp::create(b, least, loadState(Alive, vector));
  Value lowest = vector::ReductionOp::create(b, vector::CombiningKind::MINIMUMF, least);
  Value none = arith::ConstantOp::create(b, b.getF32FloatAttr(0));
  Value some = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, lowest, none);
  Value keysThere = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, extent[Key], zero);
  auto branch = scf::IfOp::create(b, TypeRange(), arith::AndIOp::create(b, some, keysThere),
                                  /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  Value count = arith::SIToFPOp::create(b, b.getF32Type(),
                                        arith::IndexCastOp::create(b, b.getI64Type(), extent[Key]));
  loop(zero, extent[ValueChannel], 1, [&](Value e) {
    Value sum = loop(zero, extent[Key], 1, {none}, [&](Value j, ValueRange carried) {
      Value element = at(v, {{Key, j}, {ValueChannel, e}});
      return Values{arith::AddFOp::create(b, carried[0], element)};
    })[0];
    Value mean = splat(arith::DivFOp::create(b, sum, count).getResult());
    for (int64_t vector = 0; vector < vectors; ++vector) {
      Value dead = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, loadState(Alive, vector),
                                         splat(0.0f));
      Value row = add(sumRow, e);
      store(arith::SelectOp::create(b, dead, mean, load(sumT, row, vector)), sumT, row, vector);
    }
  });
}

/// result[i][e] = sumT[e][i] for the queries that exist.
void AttentionGenerator::writeResult() {
  AffineMap map = op.getOutMap();
  int64_t size = staticSize(ValueChannel);
  Value left = sub(extent[Query], firstQuery), whole = zero;
  if (isInnermost(map, ValueChannel) && size >= lanes) {
    whole = index(size / lanes * lanes);
    loop(zero, whole, lanes, [&](Value e) {
      for (int64_t vector = 0; vector < vectors; ++vector) {
        Values rows;
        for (int64_t lane = 0; lane < lanes; ++lane)
          rows.push_back(load(sumT, add(sumRow, add(e, lane)), vector));
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
    loop(whole, extent[ValueChannel], 1, [&](Value e) {
      Value element = memref::LoadOp::create(b, sumT, ValueRange{add(sumRow, e), lane});
      memref::StoreOp::create(b, element, out,
                              indices(map, {{Query, add(firstQuery, lane)}, {ValueChannel, e}}));
    });
  });
}

struct GenerateAttentionPass : cpu::impl::GenerateAttentionPassBase<GenerateAttentionPass> {
  LogicalResult generate(func::FuncOp kernel, AttentionOp op) {
    exec::ScheduleAttr schedule = scheduleOf(kernel, /*task=*/2, /*vector=*/3);
    if (!hasGenerator(op) || !schedule || schedule.getTask()[1] % schedule.getVector()[0] != 0 ||
        schedule.getTask()[0] % (schedule.getVector()[1] * schedule.getVector()[2]) != 0 ||
        !llvm::isPowerOf2_64(schedule.getVector()[1]))
      return attune::emitError(op.getLoc(), ErrorCode::Internal,
                               "the attention generator does not take this kernel");
    ImplicitLocOpBuilder b(op.getLoc(), op);
    KernelBuilder sizes(b, op);
    AttentionGenerator generator(b, kernel, op, schedule);
    if (!generator.isComplete() || failed(generator.run(sizes)))
      return failure();
    eraseRoot(kernel, op);
    ++numGenerated;
    return success();
  }

  void runOnOperation() override {
    for (auto [kernel, op] : generatedRoots<AttentionOp>(getOperation(), kAttentionGenerator))
      if (failed(generate(kernel, op)))
        return signalPassFailure();
  }
};

} // namespace
