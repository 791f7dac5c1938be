// Device form and machine code to one .attune file.
#pragma once

#include "attune/Support/Error.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace attune::backend {

/// What the machine code needs and was made with.
struct CodeDescription {
  std::string target;   ///< the CPU level, "x86-64-v4"
  std::string features; ///< comma-separated, what the loader must find
  std::string options;  ///< the compile options, as flags
};

/// The constants of a module in device form, in the order of their records.
llvm::SmallVector<mlir::Attribute> collectConstants(mlir::ModuleOp device);
/// The kernel lists of its dispatches (ArrayAttr of symbols), in the order of their records.
llvm::SmallVector<mlir::ArrayAttr> collectDispatches(mlir::ModuleOp device);

/// Writes code, tables and weights to `path` (aside, then renamed). `elf` is the linked shared
/// object; weights are read from the module's `attune.source` folder and go through their
/// recipes chunk by chunk.
Error writeArtifact(mlir::ModuleOp device, llvm::ArrayRef<char> elf, const CodeDescription &code,
                    llvm::StringRef path);

} // namespace attune::backend
