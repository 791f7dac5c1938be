// The transformer dialect: ops, attributes and interfaces of the graph form.
#pragma once

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "attune/Dialect/Transformer/IR/TransformerDialect.h.inc"
#include "attune/Dialect/Transformer/IR/TransformerEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "attune/Dialect/Transformer/IR/TransformerAttrs.h.inc"

#include "attune/Dialect/Transformer/IR/TransformerInterfaces.h.inc"

#define GET_OP_CLASSES
#include "attune/Dialect/Transformer/IR/TransformerOps.h.inc"

namespace attune::transformer {
/// The symbolic shape of a graph-form value (strings and i64 integers), or null when it is
/// neither an entry argument with `attune.dims` nor the result of an op that states it.
mlir::ArrayAttr symbolicShape(mlir::Value value);

/// Fails, with an error at `op`, unless `dims` is as TransformerDialect.td says.
mlir::LogicalResult verifyDims(mlir::Operation *op, mlir::ArrayAttr dims);

/// The tensor type with that shape: strings become dynamic dimensions.
mlir::RankedTensorType typeFor(mlir::ArrayAttr dims, mlir::Type elementType);

/// The factors by which a position of `transformer.windows` counts each loop; nothing when it is no
/// sum of loops with positive factors.
std::optional<llvm::SmallVector<int64_t>> loopFactors(mlir::AffineExpr position, unsigned loops);

/// The maps of an array attribute.
llvm::SmallVector<mlir::AffineMap> mapsOf(mlir::ArrayAttr maps);

/// Whether the tensor is a constant or a weight.
bool isConstantTensor(mlir::Value tensor);

/// The operand that a map forwards unchanged: the map is then a view of it.
std::optional<unsigned> forwardedOperand(MapOp map);
} // namespace attune::transformer
