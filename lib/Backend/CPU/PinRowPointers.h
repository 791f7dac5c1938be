// An LLVM pass on optimised kernels, the last before code generation.
#pragma once

#include "llvm/IR/PassManager.h"

namespace attune::cpu {

/// Makes the addresses that inner loops of products start from opaque, so that each stays in a
/// register of its own: knowing that rows are a stride apart, loop strength reduction computes each
/// row's address from the one before, all at a loop's beginning, and what is read there does not
/// fit the vector registers.
struct PinRowPointersPass : llvm::PassInfoMixin<PinRowPointersPass> {
  llvm::PreservedAnalyses run(llvm::Function &function, llvm::FunctionAnalysisManager &analyses);
};

} // namespace attune::cpu
