// Symbolic sizes as index values of the host: each symbol is read once at entry, each
// expression computed once.
#pragma once

#include "attune/Support/SymbolicExpression.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringMap.h"

namespace attune::backend {

class HostSymbols {
public:
  /// Binds the symbols of the entry's arguments; new code goes to the start of the entry block.
  explicit HostSymbols(mlir::func::FuncOp host);

  /// The value of a `dims` entry (an integer or a canonical expression); null for a symbol that
  /// no argument has.
  mlir::Value get(mlir::Attribute dim);
  mlir::Value get(const SymbolicExpression &expression);

  /// The dynamic dimensions among `dims`, in order; false if one has no value.
  bool dynamicSizes(mlir::ArrayAttr dims, llvm::SmallVectorImpl<mlir::Value> &sizes);

private:
  mlir::Value constant(int64_t value);
  mlir::Value atom(const SymbolicExpression::Atom &atom);

  mlir::OpBuilder builder;
  mlir::Location loc;
  llvm::StringMap<mlir::Value> values;
};

} // namespace attune::backend
