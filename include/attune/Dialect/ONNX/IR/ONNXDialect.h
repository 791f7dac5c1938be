// The onnx dialect: one generic node, constants, and the absent operand.
#pragma once

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "attune/Dialect/ONNX/IR/ONNXDialect.h.inc"

#define GET_OP_CLASSES
#include "attune/Dialect/ONNX/IR/ONNXOps.h.inc"

namespace attune::onnx {
/// Function argument and result attributes shared by all forms.
inline constexpr llvm::StringLiteral kNameAttr = "attune.name";
inline constexpr llvm::StringLiteral kDimsAttr = "attune.dims";
/// Function attribute: an array of {relation, lhs, rhs, node} dictionaries.
inline constexpr llvm::StringLiteral kGuardsAttr = "attune.guards";
/// Module attribute: the folder that weight file names are relative to.
inline constexpr llvm::StringLiteral kSourceAttr = "attune.source";
} // namespace attune::onnx
