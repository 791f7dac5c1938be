// Symbolic shapes of values, the conditions they rest on, and what follows from those.
#pragma once

#include "attune/Support/SymbolicExpression.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Value.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringSet.h"

namespace attune::transformer {

/// Module attribute: a dictionary from symbol to [low, high].
inline constexpr llvm::StringLiteral kRangesAttr = "attune.ranges";

/// Extents, or the elements of a small integer tensor.
using SymbolicShape = llvm::SmallVector<SymbolicExpression, 4>;

/// An entry of `dims`: an i64 integer when constant, else the canonical text.
mlir::Attribute toAttribute(mlir::MLIRContext *context, const SymbolicExpression &expression);
mlir::ArrayAttr toArrayAttr(mlir::MLIRContext *context,
                            llvm::ArrayRef<SymbolicExpression> expressions);
/// Reads an integer or a string; nothing when it is neither or does not parse.
std::optional<SymbolicExpression> fromAttribute(mlir::Attribute attribute);
std::optional<SymbolicShape> fromArrayAttr(mlir::ArrayAttr attribute);
/// `transformer::symbolicShape` as expressions.
std::optional<SymbolicShape> symbolicExtents(mlir::Value value);
/// The product of all; one for none.
SymbolicExpression product(llvm::ArrayRef<SymbolicExpression> extents);

/// A condition on the symbols that is checked at the model's door.
struct Guard {
  enum class Relation { Equal, LessEqual, Divides };
  Relation relation;
  SymbolicExpression lhs; ///< for Divides, the divisor of rhs
  SymbolicExpression rhs;
  std::string node; ///< the ONNX node that needs it
};

/// What is known about the symbols of one function: ranges, guards, and the symbolic shapes and
/// small integer contents of values.
class SymbolicDims {
public:
  SymbolicDims() = default;
  /// The facts that a function in graph form states: `attune.ranges` of its module and its own
  /// `attune.guards`. Entries that do not parse are left out.
  explicit SymbolicDims(mlir::FunctionOpInterface function);

  /// Narrows a symbol's range.
  void restrict(llvm::StringRef symbol, SymbolRange range);
  const SymbolRanges &ranges() const { return symbolRanges; }

  /// True only if it holds whenever ranges and guards do.
  bool equal(const SymbolicExpression &a, const SymbolicExpression &b) const;
  bool lessEqual(const SymbolicExpression &a, const SymbolicExpression &b) const;
  /// The same value in the simplest form that ranges and guards allow; constant only if it was.
  SymbolicExpression simplify(const SymbolicExpression &expression) const;

  /// Makes a relation hold: true when it is proved or became a guard, false when it cannot hold.
  bool requireEqual(const SymbolicExpression &a, const SymbolicExpression &b, llvm::StringRef node);
  bool requireLessEqual(const SymbolicExpression &a, const SymbolicExpression &b,
                        llvm::StringRef node);
  bool requireDivides(const SymbolicExpression &divisor, const SymbolicExpression &value,
                      llvm::StringRef node);
  llvm::ArrayRef<Guard> guards() const { return allGuards; }
  /// The guards as `attune.guards` has them.
  mlir::ArrayAttr guardsAttr(mlir::MLIRContext *context) const;

  /// The extent of two broadcast together: a static one gives way, everything else is equal,
  /// if need be by a guard. Nothing when they cannot be.
  std::optional<SymbolicExpression> broadcast(const SymbolicExpression &a,
                                              const SymbolicExpression &b, llvm::StringRef node);
  /// Broadcasts shapes from the right.
  std::optional<SymbolicShape> broadcast(llvm::ArrayRef<SymbolicExpression> a,
                                         llvm::ArrayRef<SymbolicExpression> b,
                                         llvm::StringRef node);

  /// The shape of a value, or null when it was not set.
  const SymbolicShape *shape(mlir::Value value) const;
  void setShape(mlir::Value value, SymbolicShape shape);
  /// The elements of a small integer tensor (rank 0 or 1), or null when they are not known.
  const SymbolicShape *elements(mlir::Value value) const;
  void setElements(mlir::Value value, SymbolicShape elements);

  /// More elements than this are not followed.
  static constexpr size_t kMaxElements = 64;

private:
  bool addGuard(Guard guard);
  void learn(const Guard &guard);
  void learnSymbol(llvm::StringRef symbol, const SymbolicExpression &value);
  SymbolicExpression resolve(const SymbolicExpression &expression) const;

  SymbolRanges symbolRanges;
  llvm::SmallVector<Guard> allGuards;
  llvm::StringSet<> known;                           ///< what guards say, as text
  llvm::StringMap<SymbolicExpression> substitutions; ///< symbols that guards give a value
  llvm::DenseMap<mlir::Value, SymbolicShape> shapes;
  llvm::DenseMap<mlir::Value, SymbolicShape> contents;
};

} // namespace attune::transformer
