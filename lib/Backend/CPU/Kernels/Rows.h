// The row generator's name, and what it takes.
#pragma once

#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

namespace attune::cpu {

/// The value of `exec.generator` for norms and softmax.
inline constexpr llvm::StringLiteral kRowGenerator = "rows";

/// f32 rows along the innermost dimension, all operands arguments of the kernel.
bool hasRowGenerator(transformer::NormOp op);
bool hasRowGenerator(transformer::SoftmaxOp op);

} // namespace attune::cpu
