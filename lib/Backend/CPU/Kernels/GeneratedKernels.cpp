// Schedules as generators need them, and what is dead behind them.
#include "GeneratedKernels.h"

#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace attune;

exec::ScheduleAttr cpu::scheduleOf(func::FuncOp kernel, size_t task, size_t vector,
                                   size_t optionalTask) {
  auto schedule = kernel->getAttrOfType<exec::ScheduleAttr>(exec::kScheduleAttr);
  auto positive = [](int64_t size) { return size >= 1; };
  if (!schedule || schedule.getTask().size() < task ||
      schedule.getTask().size() > task + optionalTask || schedule.getVector().size() != vector ||
      !llvm::all_of(schedule.getTask(), positive) || !llvm::all_of(schedule.getVector(), positive))
    return {};
  return schedule;
}

void cpu::eraseRoot(func::FuncOp kernel, Operation *root) {
  for (Operation *user : llvm::make_early_inc_range(root->getUsers()))
    user->erase();
  root->erase();
  for (Operation &dead : llvm::make_early_inc_range(llvm::reverse(kernel.getBody().front())))
    if (isa<bufferization::ToTensorOp, linalg::UnPackOp, tensor::EmptyOp, transformer::WindowsOp>(
            dead) &&
        dead.use_empty())
      dead.erase();
}
