// Serialises an artefact's tables: the head, the record arrays, the pools.

#include "attune/Runtime/Core/TablesBuilder.h"

#include <cstring>

using namespace attune::runtime;

namespace {

uint64_t alignUp(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

/// Appends arrays and strings; offsets count from the start of the section.
class TablesWriter {
public:
  TablesWriter() : bytes(sizeof(Tables)) {}

  template <typename T> Range add(const std::vector<T> &records) {
    bytes.resize(alignUp(bytes.size(), 8));
    Range range{bytes.size(), records.size()};
    const auto *data = reinterpret_cast<const uint8_t *>(records.data());
    bytes.insert(bytes.end(), data, data + records.size() * sizeof(T));
    return range;
  }

  Range add(const std::string &text) {
    Range range{bytes.size(), text.size()};
    bytes.insert(bytes.end(), text.begin(), text.end());
    return range;
  }

  std::vector<uint8_t> finish(const Tables &head) {
    bytes.resize(alignUp(bytes.size(), 8));
    std::memcpy(bytes.data(), &head, sizeof(head));
    return std::move(bytes);
  }

private:
  std::vector<uint8_t> bytes;
};

int64_t symbolIndex(const ArtifactDescription &description, const std::string &name) {
  for (size_t i = 0; i < description.symbols.size(); ++i)
    if (description.symbols[i].name == name)
      return static_cast<int64_t>(i);
  return -1;
}

DimRecord dimRecord(TablesWriter &writer, const ArtifactDescription &description,
                    const DimDescription &dim) {
  if (dim.value >= 0)
    return {dim.value, -1, {0, 0}};
  return {-1, symbolIndex(description, dim.expression), writer.add(dim.expression)};
}

Range addDims(TablesWriter &writer, const ArtifactDescription &description,
              const std::vector<DimDescription> &dims) {
  std::vector<DimRecord> records;
  for (const DimDescription &dim : dims)
    records.push_back(dimRecord(writer, description, dim));
  return writer.add(records);
}

Range addTensors(TablesWriter &writer, const ArtifactDescription &description,
                 const std::vector<TensorDescription> &tensors) {
  std::vector<TensorRecord> records;
  for (const TensorDescription &tensor : tensors) {
    Range dims = addDims(writer, description, tensor.dims);
    Range name = writer.add(tensor.name);
    records.push_back({name, tensor.type, tensor.role, dims, tensor.low, tensor.high});
  }
  return writer.add(records);
}

WorkRecord addWork(TablesWriter &writer, const ArtifactDescription &description,
                   const WorkDescription &work) {
  WorkRecord record{};
  record.what = writer.add(work.what);
  record.node = writer.add(work.node);
  record.extents = addDims(writer, description, work.extents);
  record.flops = dimRecord(writer, description, work.flops);
  record.bytes = dimRecord(writer, description, work.bytes);
  return record;
}

void addDispatches(TablesWriter &writer, const ArtifactDescription &description, Tables &head) {
  std::vector<DispatchRecord> dispatches;
  std::vector<VariantRecord> variants;
  for (const DispatchDescription &dispatch : description.dispatches) {
    DispatchRecord record{};
    record.name = writer.add(dispatch.name);
    record.root = writer.add(dispatch.root);
    record.inputCount = dispatch.inputCount;
    record.outputCount = dispatch.outputCount;
    record.wordCount = dispatch.wordCount;
    record.variantBegin = static_cast<uint32_t>(variants.size());
    record.variantCount = static_cast<uint32_t>(dispatch.variants.size());
    for (const std::string &variant : dispatch.variants)
      variants.push_back({writer.add(variant)});
    record.ranks = writer.add(dispatch.ranks);
    record.work = addWork(writer, description, dispatch.work);
    dispatches.push_back(record);
  }
  head.dispatches = writer.add(dispatches);
  head.variants = writer.add(variants);
}

} // namespace

WeightsLayout attune::runtime::layOutWeights(const std::vector<ConstantDescription> &constants) {
  WeightsLayout layout;
  for (const ConstantDescription &constant : constants) {
    layout.offsets.push_back(alignUp(layout.bytes, kConstantAlignment));
    layout.bytes = layout.offsets.back() + constant.bytes;
  }
  return layout;
}

std::vector<uint8_t> attune::runtime::serializeTables(const ArtifactDescription &description) {
  TablesWriter writer;
  Tables head{};
  head.inputs = addTensors(writer, description, description.inputs);
  head.outputs = addTensors(writer, description, description.outputs);

  std::vector<SymbolRecord> symbols;
  for (const SymbolDescription &symbol : description.symbols)
    symbols.push_back({writer.add(symbol.name), symbol.input, symbol.dim, symbol.low, symbol.high});
  head.symbols = writer.add(symbols);

  std::vector<GuardRecord> guards;
  for (const GuardDescription &guard : description.guards) {
    Range text = writer.add(guard.text);
    guards.push_back({text, writer.add(guard.node)});
  }
  head.guards = writer.add(guards);

  WeightsLayout layout = layOutWeights(description.constants);
  std::vector<ConstantRecord> constants;
  for (size_t i = 0; i < description.constants.size(); ++i) {
    const ConstantDescription &constant = description.constants[i];
    constants.push_back({layout.offsets[i], constant.bytes, writer.add(constant.name)});
  }
  head.constants = writer.add(constants);

  addDispatches(writer, description, head);
  head.compiler = writer.add(description.compiler);
  head.target = writer.add(description.target);
  head.features = writer.add(description.features);
  head.options = writer.add(description.options);
  head.certificate = writer.add(description.certificate);
  return writer.finish(head);
}
