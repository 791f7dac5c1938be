// From the transformer ops of a kernel to linalg on tensors: what each op means.
#pragma once

#include "attune/Conversion/KernelBuilder.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace attune {

/// Adds the plain lowering of every transformer op that may be the root of a kernel.
void populateTransformerToLinalgPatterns(mlir::RewritePatternSet &patterns);

/// The extent `dim` (an integer, or an expression in a string) inside `kernel`: a constant,
/// or the word argument whose `exec.words` entry is that expression. Null, after an Internal
/// error, when the kernel has no such word.
mlir::Value sizeOf(mlir::OpBuilder &builder, mlir::Location loc, mlir::FunctionOpInterface kernel,
                   mlir::Attribute dim);

/// `op` at `x` in arith and math. Half precision is computed in f32 and rounded once.
mlir::Value lowerActivation(KernelBuilder &b, transformer::ActivationOp op, mlir::Value x);

} // namespace attune
