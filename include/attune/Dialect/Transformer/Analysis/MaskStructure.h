// What a mask is that stays a tensor: the structures of the grammar of masks beyond bands and
// padding, where they are proven.
#pragma once

#include "attune/Dialect/Transformer/Analysis/ConstantTable.h"

#include <string>

namespace attune::transformer {

/// The term for the mask's tensor: "segments" where a number of the query's equals that of the
/// key's (packed sequences); "prefix(N)" where a key is no later than the query or among the first
/// N; those joined where the tensor is all of them; else "tensor". Empty without such a tensor.
std::string describeMaskTensor(AttentionOp op, ConstantTables &tables);

} // namespace attune::transformer
