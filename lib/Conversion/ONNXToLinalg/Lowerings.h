// The lowerings of onnx.node: one entry per operator, by family.
#pragma once

#include "attune/Conversion/KernelBuilder.h"
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"

namespace attune {

/// A node in a kernel and what building its lowering needs.
struct NodeLowering {
  KernelBuilder &b;
  onnx::NodeOp node;
  llvm::SmallVector<Sizes> resultSizes; ///< from the node's `dims`

  mlir::Value input(unsigned i) { return node.getInputs()[i]; }
  /// Element type of a result.
  mlir::Type elementType(unsigned i = 0);
};

/// Replacement values, one per result; fails after an error.
using LowerFn = mlir::FailureOr<llvm::SmallVector<mlir::Value>> (*)(NodeLowering &);
/// Whether this node of graph form has the operands and attributes that the lowering takes.
using AcceptFn = bool (*)(onnx::NodeOp);

struct LoweringEntry {
  llvm::StringLiteral opType;
  LowerFn lower;
  AcceptFn accept;
};

/// Gather, GatherElements, GatherND.
llvm::ArrayRef<LoweringEntry> gatherLowerings();
/// Slice, Split, Concat.
llvm::ArrayRef<LoweringEntry> sliceLowerings();
/// Pad, Trilu.
llvm::ArrayRef<LoweringEntry> padLowerings();

// What accepting and lowering share.

/// Operand `i`, or null where it is absent.
mlir::Value optionalInput(onnx::NodeOp node, unsigned i);
/// An integer attribute, or its default.
int64_t intAttribute(onnx::NodeOp node, llvm::StringRef name, int64_t fallback);
/// A string attribute, or its default.
llvm::StringRef stringAttribute(onnx::NodeOp node, llvm::StringRef name, llvm::StringRef fallback);
/// `axis` counted from the front, or −1 when it is out of range.
int64_t normalizeAxis(int64_t axis, int64_t rank);
/// The value's rank, or −1 without a ranked type.
int64_t rankOf(mlir::Value value);
/// The elements of an integer operand are constants or symbolic sizes.
bool hasKnownElements(mlir::Value value);
/// Whether a value is a vector of `size` integers.
bool isIntegerVector(mlir::Value value, int64_t size);
/// The elements of a constant integer operand.
std::optional<llvm::SmallVector<int64_t>> constantElements(mlir::Value value);

/// A read of `tensor` that never leaves it: `position[i]` is limited to the extent for every
/// i in `limited`, and where such an extent is 0 the result is 0.
mlir::Value readWithin(KernelBuilder &b, mlir::Value tensor,
                       llvm::ArrayRef<mlir::OpFoldResult> sizes,
                       llvm::SmallVector<mlir::Value> position, llvm::ArrayRef<int64_t> limited);

} // namespace attune
