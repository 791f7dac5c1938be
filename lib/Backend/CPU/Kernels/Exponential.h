// exp of numbers that are not positive, as a softmax has them: a short polynomial.
#pragma once

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace attune::cpu {

/// 2^x for a vector of f32, or e^x: x ≤ 0, −∞ or NaN. Within 2 ulp where the result is normal
/// (x ≥ −126 in powers of two), zero from −127 on; NaN stays.
mlir::Value emitPowerOfTwo(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
mlir::Value emitPowerOfE(mlir::ImplicitLocOpBuilder &b, mlir::Value x);

} // namespace attune::cpu
