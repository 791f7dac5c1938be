// Private to the driver: the operators of a model for `attune inspect`, and which of them no
// conversion knows.
#pragma once

#include "Compiler.h"

#include "attune/Frontend/ONNX/Operators.h"

namespace attune::driver {

using OperatorList = std::vector<frontend::OperatorUse>;

/// Those of a module in ONNX form.
OperatorList operatorsOf(mlir::ModuleOp module);

/// Fills operators[{domain, op, version, count, supported}], opsets[{domain, version}] and
/// unsupported[{domain, op, version, count, node, nodes[], message, hint}] of the report.
void addOperators(const OperatorList &operators, Json &report);

/// Adds what an error says to unsupported[], unless its operator is there.
void addUnsupported(const Error &error, Json &report);

} // namespace attune::driver
