// The end of the CPU backend: LLVM dialect to LLVM IR, assembly, a linked shared object.
#pragma once

#include "attune/Backend/CPU/Target.h"
#include "attune/Support/Error.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/raw_ostream.h"

namespace attune::cpu {

/// What `emit` writes.
enum class Output { LLVMIR, Assembly, Object };

/// Translates `module` (LLVM dialect, as the CPU pipeline leaves it) and optimises it for
/// `level`. `dispatches` lists the kernel names of each dispatch, in the artefact's order; the
/// table "attune_code" is made from it.
Error emit(mlir::ModuleOp module, llvm::ArrayRef<mlir::ArrayAttr> dispatches, const Level &level,
           Output output, llvm::raw_pwrite_stream &out);

/// Links an object into a shared object with lld; it exports "attune_code" only. Files that
/// begin with `scratch` come and go.
Error link(llvm::ArrayRef<char> object, llvm::StringRef scratch, llvm::SmallVectorImpl<char> &elf);

} // namespace attune::cpu
