// Signatures out of artefacts, as text and as JSON.
#include "attune/Driver/Signature.h"

#include "attune/Runtime/Core/Artifact.h"

using namespace attune;
using namespace attune::driver;

namespace {

TensorSpec readTensor(const runtime::Artifact &artifact, const runtime::TensorRecord &record) {
  TensorSpec spec;
  spec.name = std::string(artifact.text(record.name));
  spec.type = record.type;
  for (const runtime::DimRecord &dim : artifact.dims(record))
    spec.dims.push_back({dim.value, std::string(artifact.text(dim.expression))});
  spec.mask = record.role == runtime::InputRole::Mask;
  spec.low = record.low;
  spec.high = record.high;
  return spec;
}

Json tensorJson(const TensorSpec &spec) {
  Json shape = Json::array();
  for (const DimSpec &dim : spec.dims)
    if (dim.value >= 0)
      shape.push_back(dim.value);
    else
      shape.push_back(dim.expression);
  Json json{{"name", spec.name}, {"type", runtime::elementName(spec.type)}, {"shape", shape}};
  if (spec.mask)
    json["role"] = "mask";
  if (spec.low <= spec.high)
    json["range"] = {spec.low, spec.high};
  return json;
}

} // namespace

std::string TensorSpec::text() const {
  std::string text = std::string(runtime::elementName(type)) + "[";
  for (size_t i = 0; i < dims.size(); ++i)
    text +=
        (i ? ", " : "") + (dims[i].value >= 0 ? std::to_string(dims[i].value) : dims[i].expression);
  return text + "]";
}

int Signature::findInput(std::string_view name) const {
  for (size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].name == name)
      return int(i);
  return -1;
}

std::string Signature::inputNames() const {
  std::string names;
  for (const TensorSpec &input : inputs)
    names += (names.empty() ? "" : ", ") + input.name;
  return names;
}

Signature driver::readSignature(const runtime::Artifact &artifact) {
  Signature signature;
  for (const runtime::TensorRecord &record : artifact.inputs())
    signature.inputs.push_back(readTensor(artifact, record));
  for (const runtime::TensorRecord &record : artifact.outputs())
    signature.outputs.push_back(readTensor(artifact, record));
  for (const runtime::SymbolRecord &record : artifact.symbols())
    signature.symbols.push_back({std::string(artifact.text(record.name)), record.low, record.high});
  for (const runtime::GuardRecord &record : artifact.guards())
    signature.guards.push_back(
        {std::string(artifact.text(record.text)), std::string(artifact.text(record.node))});
  return signature;
}

void driver::addSignature(Json &json, const Signature &signature) {
  for (const char *key : {"inputs", "outputs", "symbols", "guards"})
    json[key] = Json::array();
  for (const TensorSpec &spec : signature.inputs)
    json["inputs"].push_back(tensorJson(spec));
  for (const TensorSpec &spec : signature.outputs)
    json["outputs"].push_back(tensorJson(spec));
  for (const SymbolSpec &symbol : signature.symbols) {
    Json entry{{"name", symbol.name}, {"low", symbol.low}};
    if (symbol.high < INT32_MAX) // an upper end that somebody chose
      entry["high"] = symbol.high;
    json["symbols"].push_back(entry);
  }
  for (const GuardSpec &guard : signature.guards)
    json["guards"].push_back({{"condition", guard.text}, {"node", guard.node}});
}
