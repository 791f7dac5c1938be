// Whether queries and keys are turned by their positions before they meet.
#pragma once

#include "attune/Dialect/Transformer/Analysis/ConstantTable.h"

namespace attune::transformer {

/// Whether q and k are rotary: pairs of channels (x, y) become (x·C − y·S, y·C + x·S), where C and
/// S are cosine and sine of one angle that depends on the token, computed or looked up in constant
/// tables; other channels stay as they are. Of keys behind a cache, the new ones are meant.
bool isRotary(AttentionOp op, ConstantTables &tables);

} // namespace attune::transformer
