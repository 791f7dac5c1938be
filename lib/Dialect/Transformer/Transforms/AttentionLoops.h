// Which loop of probabilities · v is which of an attention: batch, head, query, key, channel.
#pragma once

#include "OperandViews.h"
#include "attune/Dialect/Transformer/Analysis/MaskAnalysis.h"
#include "attune/Support/Remarks.h"

namespace attune::transformer {

/// The loops of an attention as the contraction with v has them. Heads may be joined with the
/// batch in one loop, and batch or heads may be several loops.
struct AttentionLoops {
  llvm::SmallVector<mlir::Attribute> dims = llvm::SmallVector<mlir::Attribute>(6);
  /// Per loop of the contraction: the first of the attention's loops in it, and its index.
  llvm::SmallVector<std::optional<unsigned>> roles;
  llvm::SmallVector<ElementIndex> indices;
};

/// Gives each loop of `values` its role, from which maps name it and from where v lies; operand
/// `side` is the probabilities. On failure `miss` says what was met.
std::optional<AttentionLoops> classifyLoops(ContractOp values, unsigned side, NearMiss &miss);

} // namespace attune::transformer
