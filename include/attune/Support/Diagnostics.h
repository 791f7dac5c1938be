// Errors of the compiler as MLIR diagnostics: each carries an exit code and a remedy, and
// a collector turns the first one into the attune::Error that users see.
#pragma once

#include "attune/Support/Error.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"

#include <string>
#include <vector>

namespace attune {

/// Emits an error at `loc` that ends the run with `code`; `hint` says what to do about it.
mlir::InFlightDiagnostic emitError(mlir::Location loc, ErrorCode code, const llvm::Twine &message,
                                   llvm::StringRef hint = "");

/// The ONNX node that a location stands for; empty strings when it names none.
struct NodeName {
  std::string node; ///< the node's name
  std::string op;   ///< its operator type
};

/// Looks for NameLoc(node, NameLoc(op type)) in `loc`, through fused and call site locations.
NodeName findNodeName(mlir::Location loc);

/// The location of an ONNX node, as the importer writes it and `findNodeName` reads it.
mlir::Location nodeLocation(mlir::MLIRContext *context, llvm::StringRef node, llvm::StringRef op);

/// `text` with control characters and broken UTF-8 escaped, cut to a readable length: names
/// in messages come from the user's file.
std::string printable(llvm::StringRef text, size_t maxLength = 200);

/// A warning or remark, with the place it speaks of.
struct Note {
  enum class Severity { Warning, Remark };
  Severity severity = Severity::Remark;
  std::string message;
  NodeName where;
};

/// Keeps what is emitted in a context while it lives, and prints nothing.
class DiagnosticCollector : public mlir::ScopedDiagnosticHandler {
public:
  explicit DiagnosticCollector(mlir::MLIRContext *context);

  /// True once an error was emitted.
  bool failed() const { return first.failed(); }

  /// The first error (code Ok when there was none). An error that states no code is a bug of
  /// attune: code Internal.
  const Error &firstError() const { return first; }

  /// Warnings and remarks in the order they came.
  const std::vector<Note> &notes() const { return kept; }

private:
  void handle(mlir::Diagnostic &diagnostic);

  Error first;
  std::vector<Note> kept;
};

} // namespace attune
