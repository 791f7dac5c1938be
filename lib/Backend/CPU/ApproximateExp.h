// exp and exp2 as polynomials.
#pragma once

#include "attune/Backend/CPU/Target.h"

#include "mlir/IR/PatternMatch.h"

namespace attune::cpu {

/// math.exp and math.exp2 of f32 numbers and vectors, within 2 ulp from 2^−125 on. Smaller results
/// may be zero, none is denormal; NaN and ∞ stay. Code for `level`.
void populateExpPatterns(mlir::RewritePatternSet &patterns, const Level &level);

} // namespace attune::cpu
