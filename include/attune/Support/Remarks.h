// Remarks of passes: what they declined, and the nearest miss, on its way to `attune explain`.
#pragma once

#include "attune/Support/Diagnostics.h"

#include "mlir/IR/Remarks.h"

#include <optional>
#include <string>
#include <vector>

namespace attune {

/// Where something failed to be what a pass looks for.
struct NearMiss {
  std::string reason;               ///< what was met
  std::string expected;             ///< what would have matched there; may be empty
  std::optional<mlir::Location> at; ///< the node at which it was met

  /// True once something was met.
  explicit operator bool() const { return !reason.empty(); }
  /// Keeps the first; returns false, for `return miss.note(…)`.
  bool note(const llvm::Twine &why, const llvm::Twine &wanted = "",
            std::optional<mlir::Location> where = std::nullopt);
};

/// Remarks that what lies at `about` was not raised, and what came nearest.
void remarkDeclined(mlir::Location about, mlir::remark::RemarkOpts options, const NearMiss &miss);
/// Remarks that a part of what was raised at `about` is not proven.
void remarkUnproven(mlir::Location about, mlir::remark::RemarkOpts options, const NearMiss &miss);

/// A remark as text, printable.
struct Remark {
  std::string pass;
  std::string text;     ///< what was raised, or why it was not
  NodeName where;       ///< what it is about
  bool declined = true; ///< false where the pass did what it is for
  NodeName nearest;     ///< where the nearest miss is
  std::string expected; ///< and what would have matched there
};

/// Appends the context's remarks to `remarks`, which lives until the last pass has run.
void collectRemarks(mlir::MLIRContext &context, std::vector<Remark> &remarks);

} // namespace attune
