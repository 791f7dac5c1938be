// Scalar regions on vectors: one lane per element of a row.
#pragma once

#include "mlir/IR/Builders.h"
#include "mlir/IR/Region.h"

namespace attune::cpu {

/// Whether every op of the region works lane by lane.
bool canVectorize(mlir::Region &region);

/// Replaces the region's activations by the arith and math that they mean.
void expandActivations(mlir::Region &region);

/// Emits the region, which has no activations left, with `args` (vectors of `lanes` elements) for
/// its block arguments. `loopIndex` gives transformer.index of a loop as a vector of indices.
/// Returns the vector that the region yields.
mlir::Value vectorizeRegion(mlir::OpBuilder &builder, mlir::Region &region, mlir::ValueRange args,
                            int64_t lanes, llvm::function_ref<mlir::Value(int64_t)> loopIndex);

} // namespace attune::cpu
