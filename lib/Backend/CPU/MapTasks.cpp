// From scf.forall to a range of tasks, and a function that counts them.
#include "attune/Backend/CPU/Passes.h"

#include "attune/Dialect/Exec/IR/ExecDialect.h"
#include "attune/Support/Diagnostics.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace attune::cpu {
#define GEN_PASS_DEF_MAPTASKSPASS
#include "attune/Backend/CPU/Passes.h.inc"
} // namespace attune::cpu

using namespace mlir;
using namespace attune;

/// The kernel's one parallel loop, or null when something outside it writes memory.
static scf::ForallOp findTasks(func::FuncOp kernel) {
  scf::ForallOp tasks;
  for (Operation &op : kernel.getOps()) {
    if (auto forall = dyn_cast<scf::ForallOp>(op)) {
      if (tasks)
        return {};
      tasks = forall;
    } else if (!isMemoryEffectFree(&op) &&
               !isa<memref::AllocaOp, memref::LoadOp, func::ReturnOp>(op)) {
      return {};
    }
  }
  return tasks;
}

/// A bound of a forall as a value, with its uses of words mapped.
static Value bound(ImplicitLocOpBuilder &b, OpFoldResult ofr, const IRMapping &mapping) {
  return mapping.lookupOrDefault(getValueOrCreateConstantIndexOp(b, b.getLoc(), ofr));
}

/// The number of iterations of each of the forall's loops.
static SmallVector<Value> tripCounts(ImplicitLocOpBuilder &b, scf::ForallOp forall,
                                     const IRMapping &mapping = {}) {
  SmallVector<Value> counts;
  for (auto [low, high, step] :
       llvm::zip(forall.getMixedLowerBound(), forall.getMixedUpperBound(), forall.getMixedStep())) {
    Value span = bound(b, high, mapping);
    if (!isZeroInteger(low))
      span = arith::SubIOp::create(b, span, bound(b, low, mapping));
    if (!isOneInteger(step))
      span = arith::CeilDivSIOp::create(b, span, bound(b, step, mapping));
    counts.push_back(span);
  }
  return counts;
}

static Value product(ImplicitLocOpBuilder &b, ArrayRef<Value> factors) {
  Value result = arith::ConstantIndexOp::create(b, 1);
  for (Value factor : factors)
    result = arith::MulIOp::create(b, result, factor);
  return result;
}

/// `@NAME_grid(words) -> index`.
static LogicalResult makeGrid(func::FuncOp kernel, scf::ForallOp forall, unsigned firstWord,
                              unsigned words) {
  ImplicitLocOpBuilder b(kernel.getLoc(), kernel.getContext());
  b.setInsertionPointAfter(kernel);
  SmallVector<Type> types(words, b.getIndexType());
  auto grid = func::FuncOp::create(b, (kernel.getName() + "_grid").str(),
                                   b.getFunctionType(types, {b.getIndexType()}));
  b.setInsertionPointToStart(grid.addEntryBlock());
  if (!forall) {
    func::ReturnOp::create(b, arith::ConstantIndexOp::create(b, 1).getResult());
    return success();
  }
  IRMapping mapping;
  for (unsigned i = 0; i < words; ++i)
    mapping.map(kernel.getArgument(firstWord + i), grid.getArgument(i));
  llvm::SetVector<Operation *> slice;
  BackwardSliceOptions options;
  options.omitBlockArguments = true;
  for (Value operand : forall->getOperands())
    if (Operation *def = operand.getDefiningOp()) {
      (void)getBackwardSlice(def, &slice, options);
      slice.insert(def);
    }
  for (Operation *op : slice) {
    if (!isMemoryEffectFree(op) || !llvm::all_of(op->getOperandTypes(), llvm::IsaPred<IndexType>))
      return attune::emitError(kernel.getLoc(), ErrorCode::Internal,
                               "a grid depends on more than the kernel's words");
    b.clone(*op, mapping);
  }
  func::ReturnOp::create(b, product(b, tripCounts(b, forall, mapping)));
  return success();
}

/// Replaces the forall by a loop over [begin, end).
static void loopOverTasks(scf::ForallOp forall, Value begin, Value end) {
  ImplicitLocOpBuilder b(forall.getLoc(), forall);
  SmallVector<Value> counts = tripCounts(b, forall);
  Value one = arith::ConstantIndexOp::create(b, 1);
  auto loop = scf::ForOp::create(b, begin, end, one);
  b.setInsertionPointToStart(loop.getBody());
  Value rest = loop.getInductionVar();
  SmallVector<Value> ids(counts.size());
  for (size_t i = counts.size(); i-- > 1;) {
    ids[i] = arith::RemUIOp::create(b, rest, counts[i]);
    rest = arith::DivUIOp::create(b, rest, counts[i]);
  }
  if (!ids.empty())
    ids[0] = rest;
  for (auto [id, low, step] : llvm::zip(ids, forall.getMixedLowerBound(), forall.getMixedStep())) {
    if (!isOneInteger(step))
      id = arith::MulIOp::create(b, id, bound(b, step, {}));
    if (!isZeroInteger(low))
      id = arith::AddIOp::create(b, id, bound(b, low, {}));
  }
  Block *body = forall.getBody();
  body->getTerminator()->erase();
  for (auto [arg, id] : llvm::zip(body->getArguments(), ids))
    arg.replaceAllUsesWith(id);
  loop.getBody()->getOperations().splice(Block::iterator(loop.getBody()->getTerminator()),
                                         body->getOperations());
  forall.erase();
}

/// A kernel without tasks of its own runs whole in task 0.
static void guardWhole(func::FuncOp kernel, Value begin, Value end) {
  Block &entry = kernel.getBody().front();
  ImplicitLocOpBuilder b(kernel.getLoc(), kernel.getContext());
  b.setInsertionPointToStart(&entry);
  Value some = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, begin, end);
  auto branch = scf::IfOp::create(b, some, /*withElseRegion=*/false);
  SmallVector<Operation *> rest;
  for (Operation &op : entry)
    if (&op != some.getDefiningOp() && &op != branch && !isa<func::ReturnOp, memref::AllocaOp>(op))
      rest.push_back(&op);
  for (Operation *op : rest)
    op->moveBefore(branch.thenBlock()->getTerminator());
  for (auto alloca : llvm::make_early_inc_range(entry.getOps<memref::AllocaOp>()))
    alloca->moveBefore(some.getDefiningOp());
}

namespace {
struct MapTasksPass : cpu::impl::MapTasksPassBase<MapTasksPass> {
  LogicalResult map(func::FuncOp kernel) {
    unsigned words = kernel->getAttrOfType<ArrayAttr>(exec::kWordsAttr).size();
    unsigned firstWord = kernel.getNumArguments() - words;
    scf::ForallOp tasks = findTasks(kernel);
    if (failed(makeGrid(kernel, tasks, firstWord, words)))
      return failure();
    Type index = IndexType::get(&getContext());
    for (int i = 0; i < 2; ++i)
      if (failed(kernel.insertArgument(kernel.getNumArguments(), index, {}, kernel.getLoc())))
        return failure();
    Value begin = kernel.getArgument(kernel.getNumArguments() - 2);
    Value end = kernel.getArgument(kernel.getNumArguments() - 1);
    if (tasks) {
      loopOverTasks(tasks, begin, end);
      return success();
    }
    SmallVector<scf::ForallOp> loops;
    kernel.walk([&](scf::ForallOp op) { loops.push_back(op); });
    for (scf::ForallOp op : loops) {
      ImplicitLocOpBuilder b(op.getLoc(), op);
      Value zero = arith::ConstantIndexOp::create(b, 0);
      loopOverTasks(op, zero, product(b, tripCounts(b, op)));
    }
    guardWhole(kernel, begin, end);
    return success();
  }

  void runOnOperation() override {
    auto kernels = getOperation().lookupSymbol<ModuleOp>(exec::kKernelsModule);
    if (!kernels)
      return;
    SmallVector<func::FuncOp> all(kernels.getOps<func::FuncOp>());
    for (func::FuncOp kernel : all)
      if (failed(map(kernel)))
        return signalPassFailure();
  }
};
} // namespace
