// Arithmetic on one element, for floats and for integers of either sign, without undefined
// results: integer division by zero gives 0, conversions from floats saturate.
#pragma once

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace attune::graph {

/// Builds scalar code on values of one type.
struct Scalars {
  mlir::ImplicitLocOpBuilder &b;
  mlir::Type type;
  bool isUnsigned = false;

  bool isFloat() const { return llvm::isa<mlir::FloatType>(type); }
  unsigned width() const { return type.getIntOrFloatBitWidth(); }

  /// A constant of the type (integers are truncated to its width).
  mlir::Value constant(double value) const;
  mlir::Value integer(int64_t value) const;
  mlir::Value zero() const { return isFloat() ? constant(0) : integer(0); }
  mlir::Value boolean(bool value) const;

  mlir::Value add(mlir::Value x, mlir::Value y) const;
  mlir::Value sub(mlir::Value x, mlir::Value y) const;
  mlir::Value mul(mlir::Value x, mlir::Value y) const;
  /// Integers: rounds towards zero; x / 0 is 0.
  mlir::Value div(mlir::Value x, mlir::Value y) const;
  /// The remainder with the dividend's sign (C), or the divisor's (Python); x mod 0 is 0.
  mlir::Value remainder(mlir::Value x, mlir::Value y) const;
  mlir::Value modulo(mlir::Value x, mlir::Value y) const;
  mlir::Value negate(mlir::Value x) const { return isFloat() ? minus(x) : sub(zero(), x); }
  mlir::Value absolute(mlir::Value x) const;
  /// NaN when either is.
  mlir::Value max(mlir::Value x, mlir::Value y) const;
  mlir::Value min(mlir::Value x, mlir::Value y) const;
  /// False for NaN, but for Ne.
  enum class Compare { Eq, Ne, Lt, Le, Gt, Ge };
  mlir::Value compare(Compare how, mlir::Value x, mlir::Value y) const;
  mlir::Value choose(mlir::Value condition, mlir::Value x, mlir::Value y) const;
  mlir::Value sigmoid(mlir::Value x) const;
  mlir::Value exp(mlir::Value x) const;
  mlir::Value power(mlir::Value x, mlir::Value y) const;

private:
  mlir::Value minus(mlir::Value x) const;
  mlir::Value floorModulo(mlir::Value rest, mlir::Value y) const;
};

/// `x` as an element of another type; floats saturate to integers, NaN gives 0.
mlir::Value castScalar(mlir::ImplicitLocOpBuilder &b, mlir::Value x, bool fromUnsigned,
                       mlir::Type to, bool toUnsigned);

} // namespace attune::graph
