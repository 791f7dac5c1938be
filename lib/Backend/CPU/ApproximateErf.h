// erf as a polynomial.
#pragma once

#include "mlir/IR/PatternMatch.h"

namespace attune::cpu {

/// math.erf of f32 numbers and vectors, within 3.7e-7 of the result; NaN stays, ±1 from 3.92 on.
void populateErfPatterns(mlir::RewritePatternSet &patterns);

} // namespace attune::cpu
