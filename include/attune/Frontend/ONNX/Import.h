// Reads an ONNX model into the ONNX form.
#pragma once

#include "attune/Frontend/ONNX/Limits.h"
#include "attune/Support/Error.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/OwningOpRef.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace attune::frontend {

/// How a model is read.
struct ImportOptions {
  Limits limits;
};

/// Adds the dialects of the ONNX form.
void registerImportDialects(mlir::DialectRegistry &registry);

/// Reads the model at `path`. On failure the result is null and `error` says why; a context
/// needs nothing but to live. Warnings and remarks go to the context's diagnostics.
mlir::OwningOpRef<mlir::ModuleOp> importModel(mlir::MLIRContext &context, llvm::StringRef path,
                                              const ImportOptions &options, Error &error);

/// The same for a model in memory, which only has to live during the call; external data is
/// looked for in `folder`. Its large tensors are kept in the module, within the limit.
mlir::OwningOpRef<mlir::ModuleOp> importModel(mlir::MLIRContext &context,
                                              llvm::ArrayRef<uint8_t> bytes, llvm::StringRef folder,
                                              const ImportOptions &options, Error &error);

/// The ONNX library that was linked, and the standard opsets that can be read.
struct OnnxSupport {
  llvm::StringRef libraryVersion;
  int oldestOpset;
  int newestOpset;
};
OnnxSupport onnxSupport();

} // namespace attune::frontend
