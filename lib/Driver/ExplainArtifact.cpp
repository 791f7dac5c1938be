// Facts were written into the tables as text; their keys and values are found in it again.
#include "ExplainArtifact.h"

#include "attune/Dialect/Transformer/Analysis/Facts.h"
#include "attune/Runtime/Core/Artifact.h"

#include <map>

using namespace attune;
using namespace attune::driver;

namespace {

/// The keys of "op(key=value, …)"; a value may have brackets with commas in them.
Json attributesOf(const std::string &fact) {
  Json attributes = Json::object();
  size_t open = fact.find('(');
  if (open == std::string::npos || fact.back() != ')')
    return attributes;
  int depth = 0;
  std::string part;
  auto finish = [&] {
    if (size_t equals = part.find('='); equals != std::string::npos)
      attributes[part.substr(0, equals)] = numberOrText(part.substr(equals + 1));
    part.clear();
  };
  for (char c : fact.substr(open + 1, fact.size() - open - 2)) {
    depth += (c == '(' || c == '[') - (c == ')' || c == ']');
    if (c == ',' && depth == 0)
      finish();
    else if (c != ' ' || !part.empty())
      part += c;
  }
  finish();
  return attributes;
}

/// A number, a symbol or an expression; empty where nothing is known.
std::string expressionOf(const runtime::Artifact &artifact, const runtime::DimRecord &size) {
  if (size.value >= 0)
    return std::to_string(size.value);
  if (size.symbol >= 0 && static_cast<uint64_t>(size.symbol) < artifact.symbols().size())
    return std::string(artifact.text(artifact.symbols()[size.symbol].name));
  return std::string(artifact.text(size.expression));
}

Json regionOf(const runtime::Artifact &artifact, const runtime::DispatchRecord &record) {
  std::string fact(artifact.text(record.work.what)), op = fact.substr(0, fact.find('('));
  std::string node(artifact.text(record.work.node));
  Json cost = Json::object(), nodes = Json::array();
  for (auto [key, size] : {std::pair("flops", record.work.flops), {"bytes", record.work.bytes}})
    if (std::string text = expressionOf(artifact, size); !text.empty())
      cost[key] = text;
  if (!node.empty())
    nodes.push_back(node);
  return {{"op", op},
          {"fact", fact},
          {"nodes", nodes},
          {"kernel", artifact.text(record.name)},
          {"attributes", attributesOf(fact)},
          {"concept", transformer::isConcept(op)},
          {"origin", "compiled"},
          {"rewrites", Json::array()},
          {"declined", Json::array()},
          {"cost", cost}};
}

} // namespace

Error driver::explainArtifact(const std::string &path, Json &report) {
  std::unique_ptr<runtime::Artifact> artifact;
  if (Error error = runtime::Artifact::open(path.c_str(), artifact); error.failed())
    return error;
  std::map<std::string, unsigned> counts;
  report["regions"] = Json::array();
  report["declined"] = Json::array();
  report["kernels"] = Json::array();
  for (const runtime::DispatchRecord &record : artifact->dispatches()) {
    Json region = regionOf(*artifact, record);
    if (std::string op = region["op"]; !op.empty()) {
      ++counts[op];
      report["regions"].push_back(std::move(region));
    }
    report["kernels"].push_back(
        {{"name", artifact->text(record.name)}, {"root", artifact->text(record.root)}});
  }
  report["summary"] = {{"kernels", report["kernels"].size()}, {"ops", counts}};
  return {};
}
