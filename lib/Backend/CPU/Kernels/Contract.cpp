// The contraction generator: register tiles of the result, kept in vectors across the summed
// loop, the epilogue on the same vectors. Rows left over take smaller tiles, columns masks.
#include "attune/Backend/CPU/Passes.h"

#include "ContractRoles.h"
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

namespace {

/// Emits one kernel.
class Generator {
public:
  Generator(ImplicitLocOpBuilder &b, func::FuncOp kernel, transformer::ContractOp op,
            ContractRoles roles, exec::ScheduleAttr schedule)
      : b(b), op(op), roles(roles), taskRows(schedule.getTask()[0]),
        taskColumns(schedule.getTask()[1]), tileRows(schedule.getVector()[0]),
        lanes(schedule.getVector()[1]), vectors(schedule.getVector()[2]),
        out(kernel.getArgument(kernel->getAttrOfType<IntegerAttr>(exec::kInputsAttr).getInt())),
        position(op.getDims().size()) {
    zero = index(0);
    one = index(1);
  }

  LogicalResult run(KernelBuilder &sizes);

private:
  Value index(int64_t value) { return arith::ConstantIndexOp::create(b, value); }
  Value add(Value a, int64_t c) {
    return c ? arith::AddIOp::create(b, a, index(c)).getResult() : a;
  }
  /// Where `map` points at the loops' current positions.
  SmallVector<Value> at(AffineMap map) {
    return llvm::map_to_vector(map.getResults(), [&](AffineExpr expr) {
      int64_t loop = loopOf(expr);
      return loop == kNoLoop ? zero : position[loop];
    });
  }
  void rowTiles(Value mBegin, Value mEnd, bool masked);
  void tile(int64_t rows, bool masked);
  void store(ArrayRef<Value> sums, int64_t rows, bool masked);
  Value load(Value buffer, ArrayRef<Value> indices, Value mask);
  Value extra(Value tensor, AffineMap map, Value mask);
  Value maskFor(int64_t vector);
  VectorType vectorOf(Type element) { return VectorType::get({lanes}, element); }

  ImplicitLocOpBuilder &b;
  transformer::ContractOp op;
  ContractRoles roles;
  int64_t taskRows, taskColumns, tileRows, lanes, vectors;
  Value out;
  SmallVector<Value> position, extent;
  Value zero, one;
};

LogicalResult Generator::run(KernelBuilder &sizes) {
  FailureOr<Sizes> extents = sizes.sizes(op.getDims());
  if (failed(extents))
    return failure();
  for (OpFoldResult size : *extents)
    extent.push_back(sizes.index(size));
  Value columnBlocks =
      arith::CeilDivSIOp::create(b, extent[roles.n], index(taskColumns)).getResult();
  Value rowBlocks =
      roles.m == kNoLoop
          ? one
          : arith::CeilDivSIOp::create(b, extent[roles.m], index(taskRows)).getResult();
  SmallVector<OpFoldResult> grid;
  for (int64_t loop : roles.batch)
    grid.push_back(extent[loop]);
  // Rows vary fastest, so that neighbouring tasks share their columns' panel.
  grid.push_back(columnBlocks);
  grid.push_back(rowBlocks);

  auto forall = scf::ForallOp::create(b, grid, ValueRange(), std::nullopt);
  b.setInsertionPointToStart(forall.getBody());
  SmallVector<Value> ids(forall.getInductionVars());
  position.assign(position.size(), zero);
  for (auto [loop, id] : llvm::zip(roles.batch, ids))
    position[loop] = id;
  Value nBegin = arith::MulIOp::create(b, ids[roles.batch.size()], index(taskColumns));
  Value nEnd = arith::MinSIOp::create(b, add(nBegin, taskColumns), extent[roles.n]);
  Value mBegin = zero, mEnd = one;
  if (roles.m != kNoLoop) {
    mBegin = arith::MulIOp::create(b, ids.back(), index(taskRows));
    mEnd = arith::MinSIOp::create(b, add(mBegin, taskRows), extent[roles.m]);
  }

  int64_t width = lanes * vectors;
  auto panel = scf::ForOp::create(b, nBegin, nEnd, index(width));
  b.setInsertionPointToStart(panel.getBody());
  position[roles.n] = panel.getInductionVar();
  auto staticN = getConstantIntValue(extent[roles.n]);
  if (staticN && *staticN % width == 0) {
    rowTiles(mBegin, mEnd, /*masked=*/false);
    return success();
  }
  Value whole = arith::CmpIOp::create(b, arith::CmpIPredicate::sle, add(position[roles.n], width),
                                      extent[roles.n]);
  auto branch = scf::IfOp::create(b, TypeRange(), whole, /*withElseRegion=*/true);
  b.setInsertionPointToStart(branch.thenBlock());
  rowTiles(mBegin, mEnd, /*masked=*/false);
  b.setInsertionPointToStart(branch.elseBlock());
  rowTiles(mBegin, mEnd, /*masked=*/true);
  return success();
}

/// Covers the rows [mBegin, mEnd) with tiles of falling height.
void Generator::rowTiles(Value mBegin, Value mEnd, bool masked) {
  if (roles.m == kNoLoop)
    return tile(1, masked);
  Value begin = mBegin;
  for (int64_t rows = tileRows; rows >= 1; rows = rows == 1 ? 0 : rows <= 3 ? 1 : rows / 2) {
    Value left = arith::SubIOp::create(b, mEnd, begin);
    Value tiles = arith::DivSIOp::create(b, left, index(rows));
    Value end = arith::AddIOp::create(b, begin, arith::MulIOp::create(b, tiles, index(rows)));
    auto loop = scf::ForOp::create(b, begin, end, index(rows));
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      position[roles.m] = loop.getInductionVar();
      tile(rows, masked);
    }
    begin = end;
  }
}

/// The lanes of vector `vector` of the tile that are inside the result.
Value Generator::maskFor(int64_t vector) {
  Value left = arith::SubIOp::create(b, extent[roles.n], add(position[roles.n], vector * lanes));
  return vector::CreateMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()), left);
}

Value Generator::load(Value buffer, ArrayRef<Value> indices, Value mask) {
  VectorType type = vectorOf(cast<MemRefType>(buffer.getType()).getElementType());
  if (!mask)
    return vector::LoadOp::create(b, type, buffer, indices);
  Value zeros = arith::ConstantOp::create(b, b.getZeroAttr(type));
  return vector::MaskedLoadOp::create(b, type, buffer, indices, mask, zeros);
}

void Generator::tile(int64_t rows, bool masked) {
  SmallVector<Value> masks(vectors);
  if (masked)
    for (int64_t v = 0; v < vectors; ++v)
      masks[v] = maskFor(v);
  VectorType type = vectorOf(b.getF32Type());
  SmallVector<Value> zeros(rows * vectors,
                           arith::ConstantOp::create(b, b.getZeroAttr(type)).getResult());
  Value base = position[roles.n], row = roles.m == kNoLoop ? zero : position[roles.m];
  auto sum = scf::ForOp::create(b, zero, extent[roles.k], one, zeros);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(sum.getBody());
    position[roles.k] = sum.getInductionVar();
    SmallVector<Value> columns, next;
    for (int64_t v = 0; v < vectors; ++v) {
      position[roles.n] = add(base, v * lanes);
      columns.push_back(load(roles.columns, at(roles.columnsMap), masks[v]));
    }
    for (int64_t r = 0; r < rows; ++r) {
      if (roles.m != kNoLoop)
        position[roles.m] = add(row, r);
      Value scalar = memref::LoadOp::create(b, roles.rows, at(roles.rowsMap));
      Value all = vector::BroadcastOp::create(b, type, scalar);
      for (int64_t v = 0; v < vectors; ++v)
        next.push_back(
            vector::FMAOp::create(b, all, columns[v], sum.getRegionIterArgs()[r * vectors + v]));
    }
    scf::YieldOp::create(b, next);
  }
  position[roles.n] = base;
  if (roles.m != kNoLoop)
    position[roles.m] = row;
  store(SmallVector<Value>(sum.getResults()), rows, masked);
}

Value Generator::extra(Value tensor, AffineMap map, Value mask) {
  Value buffer = bufferOf(tensor);
  if (map.isFunctionOfDim(roles.n))
    return load(buffer, at(map), mask);
  Value scalar = memref::LoadOp::create(b, buffer, at(map));
  return vector::BroadcastOp::create(b, vectorOf(scalar.getType()), scalar);
}

/// Runs the epilogue on the tile's sums and stores them.
void Generator::store(ArrayRef<Value> sums, int64_t rows, bool masked) {
  Value base = position[roles.n], row = roles.m == kNoLoop ? zero : position[roles.m];
  SmallVector<AffineMap> maps = op.getMaps();
  for (int64_t v = 0; v < vectors; ++v) {
    position[roles.n] = base;
    Value mask = masked ? maskFor(v) : Value();
    position[roles.n] = add(base, v * lanes);
    for (int64_t r = 0; r < rows; ++r) {
      if (roles.m != kNoLoop)
        position[roles.m] = add(row, r);
      SmallVector<Value> args{sums[r * vectors + v]};
      for (auto [tensor, map] : llvm::zip(op.getExtra(), ArrayRef(maps).drop_front(2)))
        args.push_back(extra(tensor, map, mask));
      auto loopIndex = [&](int64_t loop) -> Value {
        VectorType type = vectorOf(b.getIndexType());
        Value all = vector::BroadcastOp::create(b, type, position[loop]);
        if (loop != roles.n)
          return all;
        return arith::AddIOp::create(b, all, vector::StepOp::create(b, type));
      };
      Value result = vectorizeRegion(b, op.getBody(), args, lanes, loopIndex);
      if (mask)
        vector::MaskedStoreOp::create(b, out, at(op.getOutMap()), mask, result);
      else
        vector::StoreOp::create(b, result, out, at(op.getOutMap()));
    }
  }
  position[roles.n] = base;
  if (roles.m != kNoLoop)
    position[roles.m] = row;
}

struct GenerateContractPass : cpu::impl::GenerateContractPassBase<GenerateContractPass> {
  /// Replaces the body of a kernel around a contraction.
  LogicalResult generate(func::FuncOp kernel, transformer::ContractOp op) {
    FailureOr<ContractRoles> roles = findContractRoles(op);
    auto schedule = kernel->getAttrOfType<exec::ScheduleAttr>(exec::kScheduleAttr);
    if (failed(roles) || !schedule || schedule.getTask().size() != 2 ||
        schedule.getVector().size() != 3 ||
        llvm::any_of(schedule.getTask(), [](int64_t size) { return size < 1; }) ||
        llvm::any_of(schedule.getVector(), [](int64_t size) { return size < 1; }))
      return attune::emitError(op.getLoc(), ErrorCode::Internal,
                               "the contraction generator does not take this kernel");
    // Where the kernel runs for one row only, rows are no loop.
    if (kernel->hasAttr(exec::kWhenAttr))
      roles->m = kNoLoop;
    expandActivations(op.getBody());
    ImplicitLocOpBuilder b(op.getLoc(), op);
    KernelBuilder sizes(b, op);
    if (failed(Generator(b, kernel, op, *roles, schedule).run(sizes)))
      return failure();
    for (Operation *user : llvm::make_early_inc_range(op->getUsers()))
      user->erase();
    op->erase();
    for (auto read : llvm::make_early_inc_range(kernel.getOps<bufferization::ToTensorOp>()))
      if (read.use_empty())
        read.erase();
    ++numGenerated;
    return success();
  }

  void runOnOperation() override {
    auto kernels = getOperation().lookupSymbol<ModuleOp>(exec::kKernelsModule);
    if (!kernels)
      return;
    SmallVector<std::pair<func::FuncOp, transformer::ContractOp>> roots;
    for (auto kernel : kernels.getOps<func::FuncOp>())
      if (kernel->getAttr(exec::kGeneratorAttr) ==
          StringAttr::get(&getContext(), kContractGenerator))
        for (auto op : kernel.getOps<transformer::ContractOp>())
          roots.push_back({kernel, op});
    for (auto [kernel, op] : roots)
      if (failed(generate(kernel, op)))
        return signalPassFailure();
  }
};

} // namespace
