// Builds the body of one kernel: linalg on tensors whose sizes are the kernel's words.
#pragma once

#include "mlir/Dialect/Utils/StructuredOpsUtils.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/OpDefinition.h"

namespace attune {

using Sizes = llvm::SmallVector<mlir::OpFoldResult>;

/// A builder at the location of one op of a kernel.
class KernelBuilder : public mlir::ImplicitLocOpBuilder {
public:
  KernelBuilder(mlir::OpBuilder &builder, mlir::Operation *op);

  /// The extents that `dims` lists; fails, after an error, where the kernel has no word.
  mlir::FailureOr<Sizes> sizes(mlir::ArrayAttr dims);
  /// The symbolic extents of an operand, or null: as `operandSizes` finds them.
  mlir::ArrayAttr operandDims(mlir::Value operand);
  /// The extents of an operand: its static type, the `attune.dims` of the kernel argument
  /// that it reads, or the symbolic shape of the op that makes it.
  mlir::FailureOr<Sizes> operandSizes(mlir::Value operand);
  /// Element `i` of a small integer tensor as an index: a constant, an entry of
  /// transformer.shape, or a read at run time. Null, after an error, as `sizes` fails.
  mlir::Value element(mlir::Value tensor, int64_t i);
  /// The one value of a splat constant or of a one-element transformer.shape; else null.
  mlir::Value uniformValue(mlir::Value tensor);

  mlir::Value index(mlir::OpFoldResult size);
  mlir::Value constantIndex(int64_t value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  /// `a` modulo a positive `b`, which is not negative.
  mlir::Value modulo(mlir::Value a, mlir::Value b);
  /// Whether 0 ≤ at < size.
  mlir::Value isWithin(mlir::Value at, mlir::OpFoldResult size);
  /// In the body of a generic: where its first `count` loops are.
  llvm::SmallVector<mlir::Value> loopIndices(unsigned count);
  /// `value` limited to [low, high]; low wins where the interval is empty.
  mlir::Value clamp(mlir::Value value, mlir::Value low, mlir::Value high);
  /// `size` as a floating-point number.
  mlir::Value toFloat(mlir::Value size, mlir::Type type);
  /// An integer of a tensor as an index.
  mlir::Value toIndex(mlir::Value integer);
  /// An index as an integer of `type`.
  mlir::Value fromIndex(mlir::Value index, mlir::Type type);
  /// A floating-point value in another floating-point type.
  mlir::Value convertFloat(mlir::Value value, mlir::Type type);
  mlir::Value floatConstant(double value, mlir::Type type);

  /// `then` where `condition` holds, else `otherwise`; only one of them is computed.
  mlir::Value branch(mlir::Value condition, llvm::function_ref<mlir::Value()> then,
                     llvm::function_ref<mlir::Value()> otherwise);
  /// The element of `tensor` at `position` where `condition` holds, else zero; nothing is read
  /// then.
  mlir::Value readIf(mlir::Value condition, mlir::Value tensor,
                     llvm::ArrayRef<mlir::Value> position);

  mlir::Value empty(llvm::ArrayRef<mlir::OpFoldResult> sizes, mlir::Type elementType);
  mlir::Value filled(mlir::TypedAttr value, mlir::Value init);

  /// Where `result` of the op goes, for lowerings that write it in parts: the tensor of the
  /// buffer that it is materialised in, or an empty tensor. (A tensor.empty that is sliced and
  /// inserted into has two uses, and eliminate-empty-tensors replaces only one of them.)
  mlir::Value destination(mlir::Value result, llvm::ArrayRef<mlir::OpFoldResult> sizes);

  /// One linalg.generic with one result; `maps` has one map per input, then the init's. A
  /// loop that the init's map does not name is a reduction. `body` gets the inputs' elements
  /// and the init's.
  mlir::Value generic(mlir::ValueRange inputs, mlir::Value init,
                      llvm::ArrayRef<mlir::AffineMap> maps,
                      llvm::function_ref<mlir::Value(mlir::ValueRange)> body);

  /// The slice of `tensor` that begins at `offsets`; unit dimensions in `drop` disappear.
  mlir::Value slice(mlir::Value tensor, llvm::ArrayRef<mlir::OpFoldResult> offsets,
                    llvm::ArrayRef<mlir::OpFoldResult> sizes,
                    llvm::ArrayRef<mlir::OpFoldResult> strides = {},
                    llvm::ArrayRef<bool> drop = {});
  /// `tensor` copied into the slice of `into` that begins at `offsets`.
  mlir::Value copyInto(mlir::Value tensor, mlir::Value into,
                       llvm::ArrayRef<mlir::OpFoldResult> offsets,
                       llvm::ArrayRef<mlir::OpFoldResult> sizes);

private:
  mlir::Operation *op;
};

} // namespace attune
