// What a kernel has to do: an attribute of tensor and device form, a record of the artefact.
#pragma once

#include "attune/Runtime/Core/TablesBuilder.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"

namespace attune::backend {

/// The `exec.work` of the kernel made of a graph op. `shapeOf` gives the symbolic shapes of its
/// operands and results, and none for operands that the kernel does not read from a buffer.
mlir::DictionaryAttr describeWork(mlir::Operation *op,
                                  llvm::function_ref<mlir::ArrayAttr(mlir::Value)> shapeOf);

/// The same for the tables. A size that names what is not `isSymbol` is not known.
runtime::WorkDescription readWork(mlir::DictionaryAttr work,
                                  llvm::function_ref<bool(llvm::StringRef)> isSymbol);

} // namespace attune::backend
