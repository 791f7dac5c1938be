// The table of operators.
#include "Operators.h"

#include "llvm/ADT/StringMap.h"

namespace attune::graph {

using Table = llvm::StringMap<llvm::SmallVector<const Operator *, 2>>;

static const Table &table() {
  static const Table operators = [] {
    Table result;
    for (llvm::ArrayRef<Operator> family :
         {unaryOperators(), elementwiseOperators(), castOperators(), shapeOperators(),
          generatorOperators(), gatherOperators(), sliceOperators(), contractOperators(),
          convOperators(), reduceOperators(), normOperators()})
      for (const Operator &entry : family)
        result[entry.name].push_back(&entry);
    return result;
  }();
  return operators;
}

Lookup findOperator(llvm::StringRef domain, llvm::StringRef opType, int64_t opset) {
  Lookup lookup;
  if (!domain.empty() && domain != "ai.onnx")
    return lookup;
  auto it = table().find(opType);
  if (it == table().end())
    return lookup;
  for (const Operator *entry : it->second) {
    if (entry->since <= opset && (!lookup.found || lookup.found->since < entry->since))
      lookup.found = entry;
    if (lookup.since == 0 || entry->since < lookup.since)
      lookup.since = entry->since;
  }
  return lookup;
}

} // namespace attune::graph
