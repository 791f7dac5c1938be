// Sizes and names of element types.
#pragma once

#include "attune/Runtime/Core/ArtifactFormat.h"

namespace attune::runtime {

/// Bytes per element; 0 for a value that is no element type.
uint32_t elementBytes(ElementType type);

/// "float32", "int64", …; "unknown" for a value that is no element type.
const char *elementName(ElementType type);

} // namespace attune::runtime
