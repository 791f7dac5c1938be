// Where an attention's keys come from: another sequence than its queries, or a cache.
#pragma once

#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

namespace attune::transformer {

/// Whether queries and keys are proven to come from different sequences: nothing but constants is
/// behind both, up to earlier attentions, and they differ in length.
bool isCross(AttentionOp op);

/// Whether k and v are past ones, inputs of the model, with new ones appended along the keys.
bool appendsToCache(AttentionOp op);

} // namespace attune::transformer
