// The contraction generator: register tiles of the result, kept in vectors across the summed
// loop, the epilogue on the same vectors. Rows left over take smaller tiles, columns masks.
#include "attune/Backend/CPU/Passes.h"

#include "VectorRegion.h"
#include "attune/Backend/CPU/Target.h"
#include "attune/Conversion/KernelBuilder.h"
#include "attune/Dialect/Exec/IR/ExecDialect.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "attune/Support/Diagnostics.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace attune::cpu {
#define GEN_PASS_DEF_GENERATECONTRACTPASS
#define GEN_PASS_DEF_SELECTGENERATORSPASS
#include "attune/Backend/CPU/Passes.h.inc"
} // namespace attune::cpu

using namespace mlir;
using namespace attune;
using namespace attune::cpu;

namespace {

constexpr StringLiteral kName = "contract";
constexpr int64_t kNone = -1;

/// The loops of a contraction by role, and its operands as buffers.
struct Roles {
  int64_t n = kNone; ///< innermost in the result and in `columns`
  int64_t m = kNone; ///< a loop of the result that `columns` does not have, or none
  int64_t k = kNone; ///< the summed loop
  SmallVector<int64_t> batch;
  Value rows, columns; ///< the operand with m, the operand with n
  AffineMap rowsMap, columnsMap;
};

int64_t loopOf(AffineExpr expr) {
  auto dim = dyn_cast<AffineDimExpr>(expr);
  return dim ? static_cast<int64_t>(dim.getPosition()) : kNone;
}

/// The kernel argument that a tensor reads, or null.
Value bufferOf(Value tensor) {
  auto read = tensor.getDefiningOp<bufferization::ToTensorOp>();
  return read && isa<BlockArgument>(read.getBuffer()) ? read.getBuffer() : Value();
}

bool isF32(Value tensor) {
  return cast<RankedTensorType>(tensor.getType()).getElementType().isF32();
}

/// Finds the roles, or fails where the plain lowering has to do.
FailureOr<Roles> findRoles(transformer::ContractOp op) {
  AffineMap out = op.getOutMap();
  SmallVector<AffineMap> maps = op.getMaps();
  Roles roles;
  if (out.getNumResults() == 0 || !isF32(op.getLhs()) || !isF32(op.getRhs()) ||
      !isF32(op.getResult()) || !canVectorize(op.getBody()))
    return failure();
  roles.n = loopOf(out.getResults().back());
  for (int64_t loop = 0; loop < static_cast<int64_t>(op.getDims().size()); ++loop)
    if (!out.isFunctionOfDim(loop)) {
      if (roles.k != kNone)
        return failure();
      roles.k = loop;
    }
  if (roles.n == kNone || roles.k == kNone)
    return failure();

  auto innermost = [&](AffineMap map) {
    return map.getNumResults() && loopOf(map.getResults().back()) == roles.n;
  };
  bool swapped = innermost(maps[0]) && !maps[1].isFunctionOfDim(roles.n);
  if (!swapped && !(innermost(maps[1]) && !maps[0].isFunctionOfDim(roles.n)))
    return failure();
  roles.rowsMap = maps[swapped ? 1 : 0];
  roles.columnsMap = maps[swapped ? 0 : 1];
  roles.rows = bufferOf(swapped ? op.getRhs() : op.getLhs());
  roles.columns = bufferOf(swapped ? op.getLhs() : op.getRhs());
  if (!roles.rows || !roles.columns)
    return failure();
  for (AffineExpr expr : out.getResults().drop_back())
    if (int64_t loop = loopOf(expr); loop != kNone && roles.rowsMap.isFunctionOfDim(loop) &&
                                     !roles.columnsMap.isFunctionOfDim(loop))
      roles.m = loop;
  for (AffineExpr expr : out.getResults().drop_back())
    if (int64_t loop = loopOf(expr); loop != kNone && loop != roles.m)
      roles.batch.push_back(loop);
  // Extra operands are read along n, or are the same for a whole row.
  for (auto [extra, map] : llvm::zip(op.getExtra(), ArrayRef(maps).drop_front(2)))
    if (!bufferOf(extra) || (map.isFunctionOfDim(roles.n) && !innermost(map)))
      return failure();
  return roles;
}

/// Emits one kernel.
class Generator {
public:
  Generator(ImplicitLocOpBuilder &b, func::FuncOp kernel, transformer::ContractOp op, Roles roles,
            const Level &level)
      : b(b), op(op), roles(roles), lanes(level.vectorBits / 32), level(level),
        out(kernel.getArgument(
            kernel->getAttrOfType<IntegerAttr>(exec::kInputsAttr).getInt())),
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
      return loop == kNone ? zero : position[loop];
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
  Roles roles;
  int64_t lanes;
  const Level &level;
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
  int64_t taskRows = 4 * level.tileRows, taskColumns = 4 * lanes * level.tileVectors;
  Value columnBlocks =
      arith::CeilDivSIOp::create(b, extent[roles.n], index(taskColumns)).getResult();
  Value rowBlocks = roles.m == kNone
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
  if (roles.m != kNone) {
    mBegin = arith::MulIOp::create(b, ids.back(), index(taskRows));
    mEnd = arith::MinSIOp::create(b, add(mBegin, taskRows), extent[roles.m]);
  }

  int64_t width = lanes * level.tileVectors;
  auto panel = scf::ForOp::create(b, nBegin, nEnd, index(width));
  b.setInsertionPointToStart(panel.getBody());
  position[roles.n] = panel.getInductionVar();
  auto staticN = getConstantIntValue(extent[roles.n]);
  if (staticN && *staticN % width == 0) {
    rowTiles(mBegin, mEnd, /*masked=*/false);
    return success();
  }
  Value whole = arith::CmpIOp::create(b, arith::CmpIPredicate::sle,
                                      add(position[roles.n], width), extent[roles.n]);
  auto branch = scf::IfOp::create(b, TypeRange(), whole, /*withElseRegion=*/true);
  b.setInsertionPointToStart(branch.thenBlock());
  rowTiles(mBegin, mEnd, /*masked=*/false);
  b.setInsertionPointToStart(branch.elseBlock());
  rowTiles(mBegin, mEnd, /*masked=*/true);
  return success();
}

/// Covers the rows [mBegin, mEnd) with tiles of falling height.
void Generator::rowTiles(Value mBegin, Value mEnd, bool masked) {
  if (roles.m == kNone)
    return tile(1, masked);
  Value begin = mBegin;
  for (int64_t rows = level.tileRows; rows >= 1; rows = rows == 1 ? 0 : rows <= 3 ? 1 : rows / 2) {
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
  int64_t vectors = level.tileVectors;
  SmallVector<Value> masks(vectors);
  if (masked)
    for (int64_t v = 0; v < vectors; ++v)
      masks[v] = maskFor(v);
  VectorType type = vectorOf(b.getF32Type());
  SmallVector<Value> zeros(rows * vectors,
                           arith::ConstantOp::create(b, b.getZeroAttr(type)).getResult());
  Value base = position[roles.n], row = roles.m == kNone ? zero : position[roles.m];
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
      if (roles.m != kNone)
        position[roles.m] = add(row, r);
      Value scalar = memref::LoadOp::create(b, roles.rows, at(roles.rowsMap));
      Value all = vector::BroadcastOp::create(b, type, scalar);
      for (int64_t v = 0; v < vectors; ++v)
        next.push_back(vector::FMAOp::create(b, all, columns[v],
                                             sum.getRegionIterArgs()[r * vectors + v]));
    }
    scf::YieldOp::create(b, next);
  }
  position[roles.n] = base;
  if (roles.m != kNone)
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
  int64_t vectors = level.tileVectors;
  Value base = position[roles.n], row = roles.m == kNone ? zero : position[roles.m];
  SmallVector<AffineMap> maps = op.getMaps();
  for (int64_t v = 0; v < vectors; ++v) {
    position[roles.n] = base;
    Value mask = masked ? maskFor(v) : Value();
    position[roles.n] = add(base, v * lanes);
    for (int64_t r = 0; r < rows; ++r) {
      if (roles.m != kNone)
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
  if (roles.m != kNone)
    position[roles.m] = row;
}

struct SelectGeneratorsPass : cpu::impl::SelectGeneratorsPassBase<SelectGeneratorsPass> {
  void runOnOperation() override {
    auto kernels = getOperation().lookupSymbol<ModuleOp>(exec::kKernelsModule);
    if (!kernels)
      return;
    for (auto kernel : kernels.getOps<func::FuncOp>())
      for (auto op : kernel.getOps<transformer::ContractOp>())
        if (succeeded(findRoles(op)))
          kernel->setAttr(exec::kGeneratorAttr, StringAttr::get(&getContext(), kName));
  }
};

struct GenerateContractPass : cpu::impl::GenerateContractPassBase<GenerateContractPass> {
  using Base::Base;

  /// Replaces the body of a kernel around a contraction.
  LogicalResult generate(func::FuncOp kernel, transformer::ContractOp op, const Level &level) {
    FailureOr<Roles> roles = findRoles(op);
    if (failed(roles))
      return attune::emitError(op.getLoc(), ErrorCode::Internal,
                               "the contraction generator does not take this kernel");
    expandActivations(op.getBody());
    ImplicitLocOpBuilder b(op.getLoc(), op);
    KernelBuilder sizes(b, op);
    if (failed(Generator(b, kernel, op, *roles, level).run(sizes)))
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
    Level level;
    if (Error error = findLevel(cpu, level); error.failed()) {
      attune::emitError(getOperation().getLoc(), error.code, error.message, error.hint);
      return signalPassFailure();
    }
    auto kernels = getOperation().lookupSymbol<ModuleOp>(exec::kKernelsModule);
    if (!kernels)
      return;
    SmallVector<std::pair<func::FuncOp, transformer::ContractOp>> roots;
    for (auto kernel : kernels.getOps<func::FuncOp>())
      if (kernel->getAttr(exec::kGeneratorAttr) == StringAttr::get(&getContext(), kName))
        for (auto op : kernel.getOps<transformer::ContractOp>())
          roots.push_back({kernel, op});
    for (auto [kernel, op] : roots)
      if (failed(generate(kernel, op, level)))
        return signalPassFailure();
  }
};

} // namespace
