// Facts and costs of a graph op, kept with its kernel for profiles.
#include "KernelWork.h"

#include "attune/Dialect/Transformer/Analysis/Facts.h"
#include "attune/Dialect/Transformer/Analysis/SymbolicDims.h"
#include "attune/Support/Diagnostics.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace attune;

DictionaryAttr backend::describeWork(Operation *op, function_ref<ArrayAttr(Value)> shapeOf) {
  Builder builder(op->getContext());
  SmallVector<NamedAttribute> entries{
      builder.getNamedAttr("what", builder.getStringAttr(printable(transformer::factText(op))))};
  if (std::string node = printable(findNodeName(op->getLoc()).node); !node.empty())
    entries.push_back(builder.getNamedAttr("node", builder.getStringAttr(node)));
  if (ArrayAttr extents = transformer::extentsOf(op))
    entries.push_back(builder.getNamedAttr("extents", extents));
  transformer::Cost cost = transformer::costOf(op, shapeOf);
  for (auto &[name, size] : {std::pair("flops", cost.liveFlops), std::pair("bytes", cost.bytes)})
    if (size.isValid())
      entries.push_back(
          builder.getNamedAttr(name, transformer::toAttribute(op->getContext(), size)));
  return builder.getDictionaryAttr(entries);
}

static runtime::DimDescription readSize(Attribute attribute,
                                        function_ref<bool(StringRef)> isSymbol) {
  runtime::DimDescription size;
  std::optional<SymbolicExpression> expression = transformer::fromAttribute(attribute);
  if (!expression)
    return size;
  if (std::optional<int64_t> value = expression->constant()) {
    size.value = std::max<int64_t>(*value, -1);
    return size;
  }
  bool known = true;
  expression->forEachSymbol([&](StringRef symbol) { known &= isSymbol(symbol); });
  if (std::string text = expression->str(); known && text.size() <= runtime::kMaxWorkText)
    size.expression = std::move(text);
  return size;
}

runtime::WorkDescription backend::readWork(DictionaryAttr work,
                                           function_ref<bool(StringRef)> isSymbol) {
  runtime::WorkDescription result;
  if (!work)
    return result;
  for (auto [name, text] : {std::pair("what", &result.what), std::pair("node", &result.node)})
    if (auto value = work.getAs<StringAttr>(name))
      *text = value.getValue().str();
  if (auto extents = work.getAs<ArrayAttr>("extents");
      extents && extents.size() <= runtime::kMaxWorkExtents)
    for (Attribute extent : extents)
      result.extents.push_back(readSize(extent, isSymbol));
  result.flops = readSize(work.get("flops"), isSymbol);
  result.bytes = readSize(work.get("bytes"), isSymbol);
  return result;
}
