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
        leastRows(schedule.getTask()[2]), tileRows(schedule.getVector()[0]),
        vectors(schedule.getVector()[2]), width(lanes * vectors), later(!isCheap(op.getBody())),
        out(kernel.getArgument(kernel->getAttrOfType<IntegerAttr>(exec::kInputsAttr).getInt())),
        position(op.getDims().size()) {}

  LogicalResult run(KernelBuilder &sizes);

private:
  /// Where `map` points at the loops' current positions.
  SmallVector<Value> at(AffineMap map) {
    return llvm::map_to_vector(map.getResults(), [&](AffineExpr expr) {
      int64_t loop = loopOf(expr);
      return loop == kNoLoop ? zero : position[loop];
    });
  }
  /// Where the `i`-th of `parts` like parts of `whole` begins.
  Value part(Value i, Value whole, Value parts) {
    return arith::DivUIOp::create(b, arith::MulIOp::create(b, i, whole), parts);
  }
  void panels(Value nBegin, Value nEnd, Value mBegin, Value mEnd);
  void panel(Value mBegin, Value mEnd, int64_t count);
  void rowTiles(Value mBegin, Value mEnd, int64_t count);
  void tile(int64_t rows, int64_t count);
  void prefetch(Value first, Value k, int64_t step, int64_t count);
  Value prefetchBegin(int64_t count);
  void epilogueRows(Value mBegin, Value mEnd, int64_t count);
  Value column(int64_t vector, Value mask);
  void store(Value sum, int64_t vector, Value mask);
  void epilogue(Value sum, int64_t vector, Value mask);
  Value load(Value buffer, ArrayRef<Value> indices, Value mask);
  Value extra(Value tensor, AffineMap map, Value mask);
  SmallVector<Value> masks(int64_t count);
  /// Runs `body` with a loop of the contraction at `value`, and puts it back.
  template <typename Body> void with(int64_t loop, Value value, Body body) {
    if (loop == kNoLoop)
      return body();
    Value before = std::exchange(position[loop], value);
    body();
    position[loop] = before;
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
  int64_t taskRows, taskColumns, leastRows, tileRows, vectors, width;
  bool later;          ///< the epilogue is a pass of its own over rows that are in the cache
  bool ragged = false; ///< the last panel may have fewer columns
  Value out;
  SmallVector<Value> position, extent;
  Value begin, rows; ///< of the task's rows: the first, and how many
};

LogicalResult Generator::run(KernelBuilder &sizes) {
  FailureOr<Sizes> extents = sizes.sizes(op.getDims());
  if (failed(extents))
    return failure();
  for (OpFoldResult size : *extents)
    extent.push_back(sizes.index(size));
  auto columns = getConstantIntValue(extent[roles.n]);
  ragged = !columns || *columns % width != 0;
  Value columnBlocks = ceilDiv(extent[roles.n], taskColumns);
  Value rowBlocks = roles.m == kNoLoop ? one : ceilDiv(extent[roles.m], taskRows);
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
  for (auto [loop, id] : llvm::zip(roles.batch, ids))
    position[loop] = id;
  Value nBegin = mul(ids.back(), taskColumns);
  Value nEnd = min(add(nBegin, taskColumns), extent[roles.n]);
  Value mBegin = zero, mEnd = one;
  if (roles.m != kNoLoop) {
    Value id = ids[roles.batch.size()];
    mBegin = part(id, extent[roles.m], rowBlocks);
    mEnd = part(add(id, 1), extent[roles.m], rowBlocks);
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
  if (roles.m != kNoLoop || all <= 1)
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
  rowTiles(mBegin, mEnd, count);
  if (later)
    epilogueRows(mBegin, mEnd, count);
}

/// Covers the rows [mBegin, mEnd) with tiles of like height: a low one would wait for its own sums.
void Generator::rowTiles(Value mBegin, Value mEnd, int64_t count) {
  if (roles.m == kNoLoop)
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
      with(roles.m, low, [&, known = known] { tile(known, count); });
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
  SmallVector<Value> indices = at(roles.columnsMap); // others, k, n
  indices.pop_back();
  Value k = indices.pop_back_val();
  Value panel = arith::DivUIOp::create(b, position[roles.n], index(width));
  indices.append({add(panel, vector / vectors), k, index(vector % vectors * lanes)});
  return load(roles.columns, indices, Value());
}

/// Fetches ahead what step `step` of those that start at `k` should, of rows from `first` on. The
/// hardware's own prefetching stops at each page, and sleeps while tiles below the first read a
/// panel from the cache. So the tiles of a task share the fetching of the next panel evenly:
/// memory is never idle, and never waited for. A single tile fetches its panel a little ahead.
void Generator::prefetch(Value first, Value k, int64_t step, int64_t count) {
  int64_t tiles = llvm::divideCeil(taskRows, tileRows);
  int64_t share = std::max<int64_t>(kUnroll / tiles, 1);
  if (!roles.panelWidth || step >= share)
    return;
  Value begun = arith::DivUIOp::create(b, k, index(kUnroll / share));
  Value row = add(add(first, begun), step);
  Value panel = arith::DivUIOp::create(b, position[roles.n], index(width));
  for (int64_t v = 0; v < count * vectors; ++v) {
    SmallVector<Value> line = at(roles.columnsMap); // others, k, n
    line.pop_back_n(2);
    line.append({add(panel, v / vectors), row, index(v % vectors * lanes)});
    memref::PrefetchOp::create(b, roles.columns, line, /*isWrite=*/false, /*localityHint=*/3,
                               /*isDataCache=*/true);
  }
}

/// The row of panels from which on the tile at the current position fetches ahead.
Value Generator::prefetchBegin(int64_t count) {
  if (roles.m == kNoLoop)
    return index(kPrefetchSteps);
  Value length = extent[roles.k];
  Value done = arith::MulIOp::create(b, length, sub(position[roles.m], begin));
  return add(mul(length, count), arith::DivUIOp::create(b, done, rows));
}

void Generator::tile(int64_t rows, int64_t count) {
  SmallVector<Value> masks = this->masks(count);
  Value first = prefetchBegin(count);
  int64_t across = count * vectors;
  Value row = roles.m == kNoLoop ? zero : position[roles.m];
  auto scalar = [&](Value k, int64_t r) {
    Value element;
    with(roles.k, k, [&] {
      with(roles.m, add(row, r),
           [&] { element = memref::LoadOp::create(b, roles.rows, at(roles.rowsMap)); });
    });
    return element;
  };
  auto columnAt = [&](Value k, int64_t v) {
    Value vector;
    with(roles.k, k, [&] { vector = column(v, masks[v]); });
    return vector;
  };
  Values sums =
      LoopEmitter::tile(extent[roles.k], Values(rows * across, splat(0.0f)), rows, across, scalar,
                        columnAt, [&](Value k, int64_t step) { prefetch(first, k, step, count); });
  for (int64_t r = 0; r < rows; ++r)
    with(roles.m, add(row, r), [&] {
      for (int64_t v = 0; v < across; ++v) {
        Value sum = sums[r * across + v];
        if (later)
          store(sum, v, masks[v]);
        else
          epilogue(sum, v, masks[v]);
      }
    });
}

/// The epilogue over sums that tiles have left in the result.
void Generator::epilogueRows(Value mBegin, Value mEnd, int64_t count) {
  SmallVector<Value> masks = this->masks(count);
  loop(mBegin, mEnd, 1, [&](Value m) {
    with(roles.m, m, [&] {
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

struct GenerateContractPass : cpu::impl::GenerateContractPassBase<GenerateContractPass> {
  /// Replaces the body of a kernel around a contraction.
  LogicalResult generate(func::FuncOp kernel, transformer::ContractOp op) {
    FailureOr<ContractRoles> roles = findContractRoles(op);
    exec::ScheduleAttr schedule = scheduleOf(kernel, /*task=*/3, /*vector=*/3);
    if (failed(roles) || !roles->adjacentColumns() || !schedule)
      return attune::emitError(op.getLoc(), ErrorCode::Internal,
                               "the contraction generator does not take this kernel");
    // Tasks of one row are for kernels that have one: rows are no loop.
    if (schedule.getTask()[0] == 1)
      roles->m = kNoLoop;
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
