// The table of operators.
#include "Operators.h"

#include "llvm/ADT/StringMap.h"

namespace attune::graph {

// "domain:name", without the standard's domain.
static std::string keyOf(llvm::StringRef domain, llvm::StringRef name) {
  if (domain.empty() || domain == "ai.onnx")
    return name.str();
  return (domain + ":" + name).str();
}

using Table = llvm::StringMap<llvm::SmallVector<const Operator *, 2>>;

static const Table &table() {
  static const Table operators = [] {
    Table result;
    for (llvm::ArrayRef<Operator> family :
         {unaryOperators(), elementwiseOperators(), castOperators(), shapeOperators(),
          generatorOperators(), gatherOperators(), scatterOperators(), sliceOperators(),
          contractOperators(), convOperators(), reduceOperators(), normOperators(),
          attentionOperators(), microsoftAttentionOperators(), groupQueryOperators(),
          rotaryOperators(), stateOperators(), skipNormOperators(), fusedOperators()})
      for (const Operator &entry : family)
        result[keyOf(entry.domain, entry.name)].push_back(&entry);
    return result;
  }();
  return operators;
}

Lookup findOperator(llvm::StringRef domain, llvm::StringRef opType, int64_t opset) {
  Lookup lookup;
  auto it = table().find(keyOf(domain, opType));
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
