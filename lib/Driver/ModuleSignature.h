// Private to the driver: the signature of a module, in any form that keeps its entry function.
#pragma once

#include "attune/Driver/Signature.h"

#include "mlir/IR/BuiltinOps.h"

namespace attune::driver {

/// The signature of the entry function `main`; empty if there is none.
Signature readSignature(mlir::ModuleOp module);

} // namespace attune::driver
