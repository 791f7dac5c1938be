// Registration of everything, for tools. The one file that includes the heavy headers is
// lib/Pipelines/InitAll.cpp.
#pragma once

#include "mlir/IR/DialectRegistry.h"

namespace attune {

/// The dialects of all forms, with the interfaces that the passes need.
void registerAllDialects(mlir::DialectRegistry &registry);
/// Every pass of attune by name, and the upstream ones that pass authors expect.
void registerAllPasses();

} // namespace attune
