// What an op of the graph form states: its facts and its cost. One source for `explain` and for
// whoever compares two compilations.
#pragma once

#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "attune/Support/SymbolicExpression.h"

#include "mlir/IR/Operation.h"

#include <string>

namespace attune::transformer {

class ConstantTables;

/// One key of `op(key=value, …)`. The keys and the grammar of the values are listed in
/// docs/Spec/Facts.md; a key is left out when it has its default.
struct Fact {
  std::string key;
  std::string value;
};

/// What an op computes and moves, in the model's symbols. Invalid when an extent is unknown.
struct Cost {
  SymbolicExpression flops; ///< of products and sums; a multiply-add is two, a mask is not counted
  SymbolicExpression liveFlops; ///< without what the structure of a mask makes dead
  SymbolicExpression bytes;     ///< of all tensors that it reads and writes, each once
};

/// The shortest text that reads back as the same single-precision number.
std::string numberText(double value);
/// The op's name in facts ("attention", "contract", "onnx.Gather"); empty for constants and
/// terminators, which are no regions.
std::string factName(mlir::Operation *op);
/// The facts in the order of the table. `tables` keeps what was read for other ops.
llvm::SmallVector<Fact> factsOf(mlir::Operation *op, ConstantTables &tables);
/// "attention(heads=12, head_dim=64, mask=causal)"
std::string factText(mlir::Operation *op);
std::string factText(mlir::Operation *op, llvm::ArrayRef<Fact> facts);
/// `shapeOf` gives the symbolic shapes of operands and results.
Cost costOf(mlir::Operation *op,
            llvm::function_ref<mlir::ArrayAttr(mlir::Value)> shapeOf = symbolicShape);
/// The extents of the op's loops; of a contraction those of its result, then those summed over.
/// Null when it has none.
mlir::ArrayAttr extentsOf(mlir::Operation *op);
/// Whether an op of that name in facts is a concept that a pass found (attention, a norm), not one
/// of the plain loop nests that every graph is made of.
bool isConcept(llvm::StringRef name);

} // namespace attune::transformer
