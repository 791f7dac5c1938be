// Passes on the graph form.
#pragma once

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <functional>
#include <memory>

namespace attune::transformer {

/// Says whether an operator that no pass reasons about can be compiled.
using HasLowering = std::function<bool(onnx::NodeOp)>;

/// `verify-graph-form` with the backend's own list of operators.
std::unique_ptr<mlir::Pass> createVerifyGraphFormPass(HasLowering hasLowering);

/// Says whether the backend generates code for an attention as it is.
using HasGenerator = std::function<bool(AttentionOp)>;

/// `transformer-decompose-attention` for what the backend has no generator for.
std::unique_ptr<mlir::Pass> createDecomposeAttentionPass(HasGenerator hasGenerator);

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "attune/Dialect/Transformer/Transforms/Passes.h.inc"

} // namespace attune::transformer
