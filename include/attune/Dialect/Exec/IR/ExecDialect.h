// The exec dialect: the host side of tensor and device form.
#pragma once

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "attune/Dialect/Exec/IR/ExecDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "attune/Dialect/Exec/IR/ExecAttrs.h.inc"

#define GET_OP_CLASSES
#include "attune/Dialect/Exec/IR/ExecOps.h.inc"

namespace attune::exec {
/// The nested module that holds the kernels.
inline constexpr llvm::StringLiteral kKernelsModule = "kernels";
/// Kernel attribute: the symbolic expression of each index word, in order.
inline constexpr llvm::StringLiteral kWordsAttr = "exec.words";
/// Kernel attribute: how many memref arguments are inputs; the rest are outputs.
inline constexpr llvm::StringLiteral kInputsAttr = "exec.inputs";
/// Kernel argument attribute: a buffer's symbolic shape, named as on entry arguments.
inline constexpr llvm::StringLiteral kDimsAttr = "attune.dims";
/// Kernel attribute: a #exec.schedule.
inline constexpr llvm::StringLiteral kScheduleAttr = "exec.schedule";
/// Kernel attribute: an integer set over the words; absent means always.
inline constexpr llvm::StringLiteral kWhenAttr = "exec.when";
/// Kernel attribute: the backend's generator that makes its code; its root stays a graph op.
inline constexpr llvm::StringLiteral kGeneratorAttr = "exec.generator";
/// Kernel attribute: a dictionary of what it has to do (what, node, extents, flops, bytes), for
/// profiles.
inline constexpr llvm::StringLiteral kWorkAttr = "exec.work";
/// Kernel attribute: the graph op it computes.
inline constexpr llvm::StringLiteral kRootAttr = "exec.root";

/// Lets one-shot-bufferize handle the exec ops.
void registerBufferizableOpInterfaces(mlir::DialectRegistry &registry);
} // namespace attune::exec
