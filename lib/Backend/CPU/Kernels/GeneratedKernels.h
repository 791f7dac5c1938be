// What the passes around generators share: which kernels are theirs, and the root's removal.
#pragma once

#include "attune/Dialect/Exec/IR/ExecDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace attune::cpu {

/// The roots of kind `Op` in the kernels that `exec.generator` gives to `generator`.
template <typename Op>
llvm::SmallVector<std::pair<mlir::func::FuncOp, Op>> generatedRoots(mlir::ModuleOp module,
                                                                    llvm::StringRef generator) {
  llvm::SmallVector<std::pair<mlir::func::FuncOp, Op>> roots;
  if (auto kernels = module.lookupSymbol<mlir::ModuleOp>(exec::kKernelsModule))
    for (auto kernel : kernels.getOps<mlir::func::FuncOp>())
      if (auto name = kernel->getAttrOfType<mlir::StringAttr>(exec::kGeneratorAttr);
          name && name.getValue() == generator)
        for (auto op : kernel.getOps<Op>())
          roots.push_back({kernel, op});
  return roots;
}

/// The schedule of a kernel, if it has `task` (and up to `optionalTask` more) and `vector` sizes in
/// these numbers, all positive; else null.
exec::ScheduleAttr scheduleOf(mlir::func::FuncOp kernel, size_t task, size_t vector,
                              size_t optionalTask = 0);

/// Erases a root that code was generated for, what stored its result, and the reads of buffers
/// that nothing reads through any more.
void eraseRoot(mlir::func::FuncOp kernel, mlir::Operation *root);

} // namespace attune::cpu
