// From the onnx.node ops that stay in graph form to linalg on tensors.
#pragma once

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "mlir/IR/PatternMatch.h"

namespace attune {

/// Adds the plain lowerings of onnx.node (one pattern, one table entry per operator).
void populateONNXToLinalgPatterns(mlir::RewritePatternSet &patterns);

/// Whether the lowerings above handle this node of graph form: operator, types, and operands
/// that have to be constants or symbolic sizes.
bool hasPlainLowering(onnx::NodeOp node);

} // namespace attune
