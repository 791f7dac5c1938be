// The contraction generator: register tiles of the result, kept in vectors across the summed
// loop. Columns come from panels, or as they lie; a long epilogue is a pass over warm rows.
#include "attune/Backend/CPU/Passes.h"

#include "ContractRoles.h"
#include "GeneratedKernels.h"
#include "LoopEmitter.h"
#include "VectorRegion.h"
#include "attune/Conversion/KernelBuilder.h"
#include "attune/Dialect/Exec/IR/ExecDialect.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "attune/Support/Diagnostics.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace attune::cpu {
#define GEN_PASS_DEF_GENERATECONTRACTPASS
#include "attune/Backend/CPU/Passes.h.inc"
} // namespace attune::cpu

using namespace mlir;
using namespace attune;
using namespace attune::cpu;

/// How many steps of the summed loop ahead a panel is fetched by an only row.
static constexpr int64_t kPrefetchSteps = 32;

namespace {

/// Emits one kernel.
class Generator : LoopEmitter {
public:
  Generator(ImplicitLocOpBuilder &b, func::FuncOp kernel, transformer::ContractOp op,
            ContractRoles roles, exec::ScheduleAttr schedule)
      : LoopEmitter(b, schedule.getVector()[1]), op(op), roles(roles),
        taskRows(schedule.getTask()[0]), taskColumns(schedule.getTask()[1]),
        leastRows(schedule.getTask()[2]),
        blockSteps(schedule.getTask().size() > 3 ? schedule.getTask()[3] : 0),
        tileRows(schedule.getVector()[0]), vectors(schedule.getVector()[2]), width(lanes * vectors),
        later(!isCheap(op.getBody())),
        out(kernel.getArgument(kernel->getAttrOfType<IntegerAttr>(exec::kInputsAttr).getInt())),
        position(op.getDims().size()), kBegin(zero) {}

  LogicalResult run(KernelBuilder &sizes);

private:
  /// Where `map` points at the loops' current positions.
  SmallVector<Value> at(AffineMap map) {
    return llvm::map_to_vector(map.getResults(), [&](AffineExpr expr) { return at(expr); });
  }
  Value at(AffineExpr expr);
  /// Where the `i`-th of `parts` like parts of `whole` begins.
  Value part(Value i, Value whole, Value parts) {
    return arith::DivUIOp::create(b, arith::MulIOp::create(b, i, whole), parts);
  }
  void panels(Value nBegin, Value nEnd, Value mBegin, Value mEnd);
  void panel(Value mBegin, Value mEnd, int64_t count);
  void rowTiles(Value mBegin, Value mEnd, int64_t count);
  void tile(int64_t rows, int64_t count);
  Values firstSums(ArrayRef<Values> places, ArrayRef<Value> masks);
  void prefetch(Value first, ArrayRef<Value> k, int64_t step, int64_t steps, int64_t count);
  Value prefetchBegin(int64_t count);
  void epilogueRows(Value mBegin, Value mEnd, int64_t count);
  Value column(int64_t vector, Value mask);
  Values rowPart(ArrayRef<Value> masks);
  SmallVector<Values> rowPositions(int64_t rows);
  Value productOf(ArrayRef<int64_t> loops);
  void store(Value sum, int64_t vector, Value mask);
  void epilogue(Value sum, int64_t vector, Value mask);
  Value load(Value buffer, ArrayRef<Value> indices, Value mask);
  Value extra(Value tensor, AffineMap map, Value mask);
  SmallVector<Value> masks(int64_t count);
  /// Runs `body` with a loop of the contraction at `value`, and puts it back.
  template <typename Body> void with(int64_t loop, Value value, Body body) {
    with(ArrayRef(loop), ArrayRef(value), body);
  }
  template <typename Body> void with(ArrayRef<int64_t> loops, ArrayRef<Value> values, Body body) {
    Values before(position);
    for (auto [loop, value] : llvm::zip_equal(loops, values))
      position[loop] = value;
    body();
    position = before;
  }
  /// Runs `body` with the first row at `value`.
  template <typename Body> void fromRow(Value value, Body body) {
    Value before = std::exchange(row, value);
    body();
    row = before;
  }
  /// A few sums stay in registers; a polynomial between them would push the tile out of them.
  static bool isCheap(Region &body) {
    auto steps = llvm::count_if(body.front(), [](Operation &step) {
      return !isa<arith::ConstantOp, transformer::YieldOp, transformer::IndexOp>(step);
    });
    return steps <= 3;
  }

  transformer::ContractOp op;
  ContractRoles roles;
  int64_t taskRows, taskColumns, leastRows;
  int64_t blockSteps; ///< of the summed loop that all tiles take before the next; 0: all there are
  int64_t tileRows, vectors, width;
  bool later;          ///< the epilogue is a pass of its own over rows that are in the cache
  bool ragged = false; ///< the last panel may have fewer columns
  Value out;
  SmallVector<Value> position, extent;
  Value kBegin;      ///< where the current block of steps begins
  Value row;         ///< the first of a tile; rows count through all of their loops
  Value begin, rows; ///< of the task's rows: the first, and how many
};

Value Generator::at(AffineExpr expr) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return position[dim.getPosition()];
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue() ? index(constant.getValue()) : zero;
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value lhs = at(binary.getLHS()), rhs = at(binary.getRHS());
  if (binary.getKind() == AffineExprKind::Add)
    return add(lhs, rhs);
  return arith::MulIOp::create(b, lhs, rhs);
}

/// How many steps or rows these loops have together.
Value Generator::productOf(ArrayRef<int64_t> loops) {
  Value product = loops.empty() ? one : extent[loops[0]];
  for (int64_t loop : loops.drop_front(loops.empty() ? 0 : 1))
    product = b.createOrFold<arith::MulIOp>(product, extent[loop]);
  return product;
}

LogicalResult Generator::run(KernelBuilder &sizes) {
  FailureOr<Sizes> extents = sizes.sizes(op.getDims());
  if (failed(extents))
    return failure();
  for (OpFoldResult size : *extents)
    extent.push_back(sizes.index(size));
  auto columns = getConstantIntValue(extent[roles.n]);
  ragged = !columns || *columns % width != 0;
  Value columnBlocks = ceilDiv(extent[roles.n], taskColumns);
  Value allRows = productOf(roles.m);
  Value rowBlocks = roles.m.empty() ? one : ceilDiv(allRows, taskRows);
  SmallVector<OpFoldResult> grid;
  for (int64_t loop : roles.batch)
    grid.push_back(extent[loop]);
  // Columns vary fastest: neighbouring tasks share their rows, and read panels in their order.
  grid.push_back(rowBlocks);
  grid.push_back(columnBlocks);

  auto forall = scf::ForallOp::create(b, grid, ValueRange(), std::nullopt);
  b.setInsertionPointToStart(forall.getBody());
  SmallVector<Value> ids(forall.getInductionVars());
  position.assign(position.size(), zero);
  row = zero;
  for (auto [loop, id] : llvm::zip(roles.batch, ids))
    position[loop] = id;
  Value nBegin = mul(ids.back(), taskColumns);
  Value nEnd = min(add(nBegin, taskColumns), extent[roles.n]);
  Value mBegin = zero, mEnd = one;
  if (!roles.m.empty()) {
    Value id = ids[roles.batch.size()];
    mBegin = part(id, allRows, rowBlocks);
    mEnd = part(add(id, 1), allRows, rowBlocks);
  }
  panels(nBegin, nEnd, mBegin, mEnd);
  return success();
}

/// The panels of a task, one after the other; of a single row, all at once where all are there:
/// that many streams hide the latency of their sums.
void Generator::panels(Value nBegin, Value nEnd, Value mBegin, Value mEnd) {
  int64_t all = taskColumns / width;
  auto oneByOne = [&] {
    loop(nBegin, nEnd, width, [&](Value n) { with(roles.n, n, [&] { panel(mBegin, mEnd, 1); }); });
  };
  if (!roles.m.empty() || all <= 1)
    return oneByOne();
  Value whole = arith::CmpIOp::create(b, arith::CmpIPredicate::sle, add(nBegin, taskColumns), nEnd);
  auto branch = scf::IfOp::create(b, TypeRange(), whole, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  with(roles.n, nBegin, [&] { panel(mBegin, mEnd, all); });
  b.setInsertionPointToStart(branch.elseBlock());
  oneByOne();
}

void Generator::panel(Value mBegin, Value mEnd, int64_t count) {
  begin = mBegin;
  rows = sub(mEnd, mBegin);
  if (blockSteps)
    loop(zero, extent[roles.k[0]], blockSteps, [&](Value k) {
      kBegin = k;
      rowTiles(mBegin, mEnd, count);
    });
  else
    rowTiles(mBegin, mEnd, count);
  if (later)
    epilogueRows(mBegin, mEnd, count);
}

/// Covers the rows [mBegin, mEnd) with tiles of like height: a low one would wait for its own sums.
void Generator::rowTiles(Value mBegin, Value mEnd, int64_t count) {
  if (roles.m.empty())
    return tile(1, count);
  Value tiles = ceilDiv(rows, tileRows);
  loop(zero, tiles, 1, [&](Value t) {
    Value low = add(mBegin, part(t, rows, tiles));
    Value height = sub(add(mBegin, part(add(t, 1), rows, tiles)), low);
    // Of more rows than a tile has, none gets less than half of one.
    int64_t least = leastRows > tileRows ? tileRows / 2 : 1;
    SmallVector<int64_t> heights = llvm::to_vector(llvm::seq_inclusive<int64_t>(least, tileRows));
    auto choice = scf::IndexSwitchOp::create(b, TypeRange(), height, heights, heights.size());
    OpBuilder::InsertionGuard guard(b);
    b.createBlock(&choice.getDefaultRegion());
    scf::YieldOp::create(b);
    for (auto [known, region] : llvm::zip(heights, choice.getCaseRegions())) {
      Block *body = b.createBlock(&region);
      scf::YieldOp::create(b);
      b.setInsertionPointToStart(body);
      fromRow(low, [&, known = known] { tile(known, count); });
    }
  });
}

/// The lanes of each vector of `count` panels that are inside the result; null where all are.
SmallVector<Value> Generator::masks(int64_t count) {
  SmallVector<Value> result(count * vectors);
  if (!ragged)
    return result;
  for (auto [v, mask] : llvm::enumerate(result)) {
    Value left = sub(extent[roles.n], add(position[roles.n], v * lanes));
    mask = vector::CreateMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()), left);
  }
  return result;
}

Value Generator::load(Value buffer, ArrayRef<Value> indices, Value mask) {
  VectorType type = vectorOf(cast<MemRefType>(buffer.getType()).getElementType());
  if (!mask)
    return vector::LoadOp::create(b, type, buffer, indices);
  Value zeros = arith::ConstantOp::create(b, b.getZeroAttr(type));
  return vector::MaskedLoadOp::create(b, type, buffer, indices, mask, zeros);
}

/// Vector `vector` of the columns at the current position. Panels are full; their last columns
/// may be zeros.
Value Generator::column(int64_t vector, Value mask) {
  if (!roles.panelWidth) {
    Value load;
    with(roles.n, add(position[roles.n], vector * lanes),
         [&] { load = this->load(roles.columns, at(roles.columnsMap), mask); });
    return load;
  }
  SmallVector<Value> indices = at(roles.columnsMap); // others, what is summed, n
  Value panel = arith::DivUIOp::create(b, position[roles.n], index(width));
  indices.back() = index(vector % vectors * lanes);
  indices.insert(indices.end() - roles.k.size() - 1, add(panel, vector / vectors));
  return load(roles.columns, indices, Value());
}

/// Fetches ahead what step `step` of the `steps` from `k` on should, of rows from `first` on. The
/// hardware's own prefetching stops at each page, and sleeps while tiles below the first read a
/// panel from the cache. So the tiles of a task share the fetching of the next panel (or block of
/// steps) evenly: memory is never idle, and never waited for. It goes to the second level, for it
/// would push out of the first what tiles still read. A single row fetches a little ahead.
void Generator::prefetch(Value first, ArrayRef<Value> k, int64_t step, int64_t steps,
                         int64_t count) {
  // One row of panels in so many steps: as many as there are tiles, up to four.
  int64_t tiles = std::clamp<int64_t>(llvm::divideCeil(taskRows, tileRows), 1, 4);
  int64_t every = tiles == 3 ? 4 : tiles;
  if (!roles.panelWidth || step >= llvm::divideCeilSigned(steps, every))
    return;
  Value taken = k[0];
  for (auto [loop, at] : llvm::zip(ArrayRef(roles.k).drop_front(), k.drop_front()))
    taken = add(b.createOrFold<arith::MulIOp>(taken, extent[loop]), at);
  Value begun = arith::DivUIOp::create(b, taken, index(every));
  Value before = arith::DivUIOp::create(b, kBegin, index(every)); // in whole blocks of fours
  Value row = add(add(sub(first, before), begun), step);
  Value panel = arith::DivUIOp::create(b, position[roles.n], index(width));
  for (int64_t v = 0; v < count * vectors; ++v) {
    SmallVector<Value> line = at(roles.columnsMap); // others, what is summed, n
    line.pop_back_n(roles.k.size() + 1);
    line.push_back(add(panel, v / vectors));
    line.append(roles.k.size() - 1, zero);
    line.append({row, index(v % vectors * lanes)});
    memref::PrefetchOp::create(b, roles.columns, line, /*isWrite=*/false,
                               /*localityHint=*/roles.m.empty() ? 3 : 2, /*isDataCache=*/true);
  }
}

/// The row of panels from which on the tile at the current position fetches ahead: its share of
/// the next block of steps, which is the next panel's first behind the last.
Value Generator::prefetchBegin(int64_t count) {
  if (roles.m.empty())
    return index(kPrefetchSteps);
  Value length = blockSteps ? index(blockSteps) : productOf(roles.k);
  Value done = arith::MulIOp::create(b, length, sub(row, begin));
  Value next = add(kBegin, mul(length, count));
  return add(next, arith::DivUIOp::create(b, done, rows));
}

/// What the columns are multiplied with at the current position: a scalar in all lanes, or as many
/// vectors as there are masks.
Generator::Values Generator::rowPart(ArrayRef<Value> masks) {
  if (!roles.byChannel) {
    Value scalar = memref::LoadOp::create(b, roles.rows, at(roles.rowsMap));
    return Values(masks.size(), splat(scalar));
  }
  Values part;
  for (auto [v, mask] : llvm::enumerate(masks))
    with(roles.n, add(position[roles.n], v * lanes),
         [&, &mask = mask] { part.push_back(load(roles.rows, at(roles.rowsMap), mask)); });
  return part;
}

/// The positions of the rows' loops, for `rows` rows from the current one.
SmallVector<Generator::Values> Generator::rowPositions(int64_t rows) {
  SmallVector<Values> all;
  size_t loops = roles.m.size();
  if (loops == 1) {
    for (int64_t r = 0; r < rows; ++r)
      all.push_back({add(row, r)});
    return all;
  }
  Values next(loops);
  Value rest = row;
  for (size_t i = loops; i-- > 1;) {
    next[i] = arith::RemUIOp::create(b, rest, extent[roles.m[i]]);
    rest = arith::DivUIOp::create(b, rest, extent[roles.m[i]]);
  }
  if (loops > 0)
    next[0] = rest;
  all.push_back(next);
  // One row further: a loop that ends carries into the one before.
  while (static_cast<int64_t>(all.size()) < rows) {
    Value carry = one;
    for (size_t i = loops; i-- > 1;) {
      Value sum = add(next[i], carry);
      Value over = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, sum, extent[roles.m[i]]);
      next[i] = arith::SelectOp::create(b, over, zero, sum);
      carry = arith::SelectOp::create(b, over, one, zero);
    }
    next[0] = add(next[0], carry);
    all.push_back(next);
  }
  return all;
}

void Generator::tile(int64_t rows, int64_t count) {
  SmallVector<Value> masks = this->masks(count);
  Value first = prefetchBegin(count);
  int64_t across = count * vectors;
  SmallVector<Values> places = rowPositions(rows);
  Values lengths;
  for (int64_t loop : roles.k)
    lengths.push_back(blockSteps ? index(blockSteps) : extent[loop]);
  auto step = [&](ArrayRef<Value> k, ValueRange sums) {
    Values next;
    with(roles.k, k, [&] {
      Values columns;
      for (int64_t v = 0; v < across; ++v)
        columns.push_back(column(v, masks[v]));
      for (int64_t r = 0; r < rows; ++r)
        with(roles.m, places[r], [&] {
          for (auto [v, part] : llvm::enumerate(rowPart(masks)))
            next.push_back(vector::FMAOp::create(b, part, columns[v], sums[r * across + v]));
        });
    });
    return next;
  };
  Values sums = nest(
      lengths, firstSums(places, masks), step,
      [&](ArrayRef<Value> k, int64_t i, int64_t steps) { prefetch(first, k, i, steps, count); },
      blockSteps ? kBegin : Value());
  auto finish = [&](bool complete) {
    for (auto [r, place] : llvm::enumerate(places))
      with(roles.m, place, [&] {
        for (int64_t v = 0; v < across; ++v) {
          Value sum = sums[r * across + v];
          if (complete && !later)
            epilogue(sum, v, masks[v]);
          else
            store(sum, v, masks[v]);
        }
      });
  };
  if (!blockSteps || later)
    return finish(/*complete=*/true);
  Value isLast = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, add(kBegin, blockSteps),
                                       extent[roles.k[0]]);
  auto branch = scf::IfOp::create(b, TypeRange(), isLast, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  finish(/*complete=*/true);
  b.setInsertionPointToStart(branch.elseBlock());
  finish(/*complete=*/false);
}

/// What a tile's sums begin with: zeros, or what earlier blocks of steps have left in the result.
Generator::Values Generator::firstSums(ArrayRef<Values> places, ArrayRef<Value> masks) {
  Values zeros(places.size() * masks.size(), splat(0.0f));
  if (!blockSteps)
    return zeros;
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, kBegin, zero);
  auto branch =
      scf::IfOp::create(b, TypeRange(ValueRange(zeros)), isFirst, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(b, zeros);
  b.setInsertionPointToStart(branch.elseBlock());
  Values left;
  for (const Values &place : places)
    with(roles.m, place, [&] {
      for (auto [v, mask] : llvm::enumerate(masks))
        with(roles.n, add(position[roles.n], v * lanes),
             [&, &mask = mask] { left.push_back(load(out, at(op.getOutMap()), mask)); });
    });
  scf::YieldOp::create(b, left);
  return branch.getResults();
}

/// The epilogue over sums that tiles have left in the result.
void Generator::epilogueRows(Value mBegin, Value mEnd, int64_t count) {
  SmallVector<Value> masks = this->masks(count);
  loop(mBegin, mEnd, 1, [&](Value m) {
    Values place;
    fromRow(m, [&] { place = rowPositions(1).front(); });
    with(roles.m, place, [&] {
      for (int64_t v = 0; v < count * vectors; ++v) {
        Value sum;
        with(roles.n, add(position[roles.n], v * lanes),
             [&] { sum = load(out, at(op.getOutMap()), masks[v]); });
        epilogue(sum, v, masks[v]);
      }
    });
  });
}

void Generator::store(Value sum, int64_t vector, Value mask) {
  with(roles.n, add(position[roles.n], vector * lanes), [&] {
    if (mask)
      vector::MaskedStoreOp::create(b, out, at(op.getOutMap()), mask, sum);
    else
      vector::StoreOp::create(b, sum, out, at(op.getOutMap()));
  });
}

Value Generator::extra(Value tensor, AffineMap map, Value mask) {
  Value buffer = bufferOf(tensor);
  if (map.isFunctionOfDim(roles.n))
    return load(buffer, at(map), mask);
  Value scalar = memref::LoadOp::create(b, buffer, at(map));
  return vector::BroadcastOp::create(b, vectorOf(scalar.getType()), scalar);
}

/// Runs the epilogue on a vector of sums and stores what it gives.
void Generator::epilogue(Value sum, int64_t vector, Value mask) {
  Value result;
  with(roles.n, add(position[roles.n], vector * lanes), [&] {
    SmallVector<Value> args{sum};
    SmallVector<AffineMap> maps = op.getMaps();
    for (auto [tensor, map] : llvm::zip(op.getExtra(), ArrayRef(maps).drop_front(2)))
      args.push_back(extra(tensor, map, mask));
    auto loopIndex = [&](int64_t loop) -> Value {
      VectorType type = vectorOf(b.getIndexType());
      Value all = vector::BroadcastOp::create(b, type, position[loop]);
      if (loop != roles.n)
        return all;
      return arith::AddIOp::create(b, all, vector::StepOp::create(b, type));
    };
    result = vectorizeRegion(b, op.getBody(), args, lanes, loopIndex);
  });
  store(result, vector, mask);
}

/// Whether the sums are over one loop of a whole number of blocks.
bool takesBlocks(const ContractRoles &roles, transformer::ContractOp op, int64_t steps) {
  auto extent =
      roles.k.size() == 1 ? dyn_cast<IntegerAttr>(op.getDims()[roles.k[0]]) : IntegerAttr();
  return extent && extent.getInt() % steps == 0;
}

struct GenerateContractPass : cpu::impl::GenerateContractPassBase<GenerateContractPass> {
  /// Replaces the body of a kernel around a contraction.
  LogicalResult generate(func::FuncOp kernel, transformer::ContractOp op) {
    FailureOr<ContractRoles> roles = findContractRoles(op);
    exec::ScheduleAttr schedule = scheduleOf(kernel, /*task=*/3, /*vector=*/3, /*optionalTask=*/1);
    if (failed(roles) || !roles->adjacentColumns() || !roles->adjacentRows() || !schedule ||
        (schedule.getTask().size() > 3 && !takesBlocks(*roles, op, schedule.getTask()[3])))
      return attune::emitError(op.getLoc(), ErrorCode::Internal,
                               "the contraction generator does not take this kernel");
    // Tasks of one row are for kernels that have one: rows are no loop.
    if (schedule.getTask()[0] == 1)
      roles->m.clear();
    expandActivations(op.getBody());
    ImplicitLocOpBuilder b(op.getLoc(), op);
    KernelBuilder sizes(b, op);
    if (failed(Generator(b, kernel, op, *roles, schedule).run(sizes)))
      return failure();
    eraseRoot(kernel, op);
    ++numGenerated;
    return success();
  }

  void runOnOperation() override {
    for (auto [kernel, op] :
         generatedRoots<transformer::ContractOp>(getOperation(), kContractGenerator))
      if (failed(generate(kernel, op)))
        return signalPassFailure();
  }
};

} // namespace
