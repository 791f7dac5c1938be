// Which integers are safe to feed: what `bench` and `--random` need to know about a model.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringRef.h"

namespace attune::driver {

/// Argument attributes that the later forms keep and the artefact records: the safe integers as
/// `[low, high]`, and the string "mask" where only truth matters.
inline constexpr llvm::StringLiteral kRangeAttr = "attune.range";
inline constexpr llvm::StringLiteral kRoleAttr = "attune.role";

/// Follows each integer and bool argument of a module in ONNX form to where it is used: an index
/// is bounded by the axis that it indexes; what is only tested is a mask. An argument with a use
/// that says neither gets no attribute.
void inferInputRanges(mlir::ModuleOp module);

} // namespace attune::driver
