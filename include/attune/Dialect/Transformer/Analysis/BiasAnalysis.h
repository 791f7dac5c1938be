// What is added to attention scores, as a function of head, query and key: the structures of the
// grammar of biases, where they are proven.
#pragma once

#include "attune/Dialect/Transformer/Analysis/ConstantTable.h"

#include <string>

namespace attune::transformer {

/// What a bias is.
struct BiasFacts {
  bool masksKeys = false; ///< a part of it is a mask over keys (masksKeys), which is not in
  std::string structure;  ///< what the rest is; empty without one
};

/// "alibi(slopes)" for slope[head] · (key − query), or slope[head] · key, which a softmax does not
/// tell apart; "alibi(slopes, positions=operand)" for slope[head] · position[batch, key];
/// "table(buckets=N)" for a table that is read at a function of key − query alone; "toeplitz" for
/// any other function of head and key − query; else "tensor". Empty without bias.
BiasFacts describeBias(AttentionOp op, ConstantTables &tables);

} // namespace attune::transformer
