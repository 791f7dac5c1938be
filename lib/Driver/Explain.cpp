// Explaining is a walk: every operation of the graph form is a region, its locations name the
// nodes it came from, and the passes' remarks say what was declined.
#include "attune/Driver/Explain.h"

#include "Compiler.h"
#include "ExplainArtifact.h"

#include "attune/Dialect/Exec/IR/ExecDialect.h"
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/Analysis/ConstantTable.h"
#include "attune/Dialect/Transformer/Analysis/Facts.h"
#include "attune/Driver/LoadedModel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <map>
#include <set>

using namespace attune;
using namespace attune::driver;
using namespace mlir;

namespace {

/// The nodes that a location stands for, each once, in order.
std::vector<NodeName> nodesOf(Location location) {
  std::vector<NodeName> nodes;
  std::set<std::string> seen;
  auto visit = [&](auto &self, Location at) -> void {
    if (auto fused = dyn_cast<FusedLoc>(at)) {
      for (Location part : fused.getLocations())
        self(self, part);
    } else if (auto call = dyn_cast<CallSiteLoc>(at)) {
      self(self, call.getCallee());
    } else if (isa<NameLoc>(at)) {
      NodeName name = findNodeName(at);
      if (seen.insert(name.node).second)
        nodes.push_back(std::move(name));
    }
  };
  visit(visit, location);
  return nodes;
}

/// Integers as numbers, everything else in the grammar's own text.
Json attributesOf(ArrayRef<transformer::Fact> facts) {
  Json json = Json::object();
  for (const transformer::Fact &fact : facts)
    json[fact.key] = numberOrText(fact.value);
  return json;
}

Json costJson(Operation *op) {
  transformer::Cost cost = transformer::costOf(op);
  Json json = Json::object();
  for (auto &[key, value] : {std::pair("flops", cost.flops), std::pair("bytes", cost.bytes)})
    if (value.isValid())
      json[key] = value.str();
  return json;
}

/// The regions of the graph form, and the remarks that belong to them.
class GraphWalk {
public:
  GraphWalk(ModuleOp module, const Compiler &compiler) {
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main)
      return;
    for (Block &block : main.getBody())
      for (Operation &op : block)
        addRegion(&op);
    for (const Note &note : compiler.notes())
      if (note.severity == Note::Severity::Remark)
        addRemark({"", note.message, note.where, true, {}, ""});
    for (const Remark &remark : compiler.remarks())
      if (remark.declined)
        addRemark(remark);
  }

  Json regions = Json::array();
  Json loose = Json::array(); ///< remarks about no region
  std::map<std::string, unsigned> counts;
  unsigned raised = 0, nodes = 0;

private:
  void addRegion(Operation *op) {
    std::string name = transformer::factName(op);
    if (name.empty())
      return;
    std::vector<NodeName> from = nodesOf(op->getLoc());
    Json names = Json::array(), types = Json::array();
    for (const NodeName &node : from) {
      names.push_back(node.node);
      types.push_back(node.op);
      byNode[node.node].push_back(regions.size());
    }
    SmallVector<transformer::Fact> facts = transformer::factsOf(op, tables);
    bool native = from.size() <= 1 || !transformer::isConcept(name);
    regions.push_back({{"op", name},
                       {"fact", transformer::factText(op, facts)},
                       {"nodes", names},
                       {"node_ops", types},
                       {"attributes", attributesOf(facts)},
                       {"concept", transformer::isConcept(name)},
                       {"origin", native ? "native" : "raised"},
                       {"rewrites", Json::array()},
                       {"declined", Json::array()},
                       {"cost", costJson(op)}});
    ++counts[name];
    raised += !native;
    nodes += unsigned(from.size());
  }

  void addRemark(const Remark &remark) {
    Json nearest;
    if (!remark.expected.empty() || !remark.nearest.node.empty())
      nearest = {
          {"node", remark.nearest.node}, {"op", remark.nearest.op}, {"expected", remark.expected}};
    Json entry{{"pass", remark.pass}, {"reason", remark.text}, {"nearest", nearest}};
    for (const std::string &node : {remark.where.node, remark.nearest.node})
      if (auto found = byNode.find(node); found != byNode.end()) {
        regions[found->second.front()]["declined"].push_back(entry);
        return;
      }
    entry["node"] = remark.where.node;
    loose.push_back(entry);
  }

  std::map<std::string, std::vector<size_t>> byNode;
  transformer::ConstantTables tables;
};

/// The kernels of the tensor form with how often each is dispatched.
Json kernelsOf(ModuleOp module) {
  std::map<std::string, unsigned> calls;
  unsigned total = 0;
  module.walk([&](exec::DispatchOp dispatch) {
    ++total;
    for (Attribute name : dispatch.getKernels())
      if (auto symbol = dyn_cast<SymbolRefAttr>(name))
        ++calls[symbol.getLeafReference().str()];
  });
  Json rows = Json::array();
  module.walk([&](func::FuncOp kernel) {
    auto found = calls.find(kernel.getName().str());
    if (found == calls.end())
      return;
    auto root = kernel->getAttrOfType<StringAttr>("exec.root");
    rows.push_back({{"name", kernel.getName().str()},
                    {"root", root ? root.str() : ""},
                    {"dispatches", found->second}});
  });
  return rows;
}

Error explainModel(const ExplainOptions &options, const ModelBytes &model, Trail &trail,
                   Json &report) {
  if (Error error = loadUserPasses(options.pipeline); error.failed())
    return error;
  Compiler compiler;
  if (Error error = compiler.load(model, options.source.import); error.failed())
    return error;
  if (compiler.form() > Form::Graph)
    return {ErrorCode::Usage, "'" + options.source.path + "' is already past the graph form", "",
            "", "explain the model it came from"};
  uint64_t before = 0;
  compiler.module().walk([&](onnx::NodeOp) { ++before; });
  Watch watch;
  watch.trail = &trail;
  if (Error error = compiler.runUserPasses(options.pipeline, watch); error.failed())
    return error;
  if (Error error = compiler.advance(Form::Graph, options.pipeline, watch); error.failed())
    return error;
  GraphWalk graph(compiler.module(), compiler);
  report["regions"] = std::move(graph.regions);
  report["declined"] = std::move(graph.loose);
  if (Error error = compiler.advance(Form::Tensor, options.pipeline, watch); error.failed())
    return error;
  report["kernels"] = kernelsOf(compiler.module());
  unsigned dispatches = 0;
  for (const Json &kernel : report["kernels"])
    dispatches += kernel["dispatches"].get<unsigned>();
  report["summary"] = {
      {"nodes_before", before}, {"regions", report["regions"].size()}, {"raised", graph.raised},
      {"ops", graph.counts},    {"kernels", report["kernels"].size()}, {"dispatches", dispatches}};
  return {};
}

/// "declined by PASS: what was met; at NODE (Op), expected what"
std::string declinedText(const Json &entry) {
  std::string text = "declined";
  if (std::string pass = entry["pass"]; !pass.empty())
    text += " by " + pass;
  text += ": " + entry["reason"].get<std::string>();
  const Json &nearest = entry["nearest"];
  if (nearest.is_null())
    return text;
  std::string node = nearest["node"], op = nearest["op"], expected = nearest["expected"];
  if (!node.empty())
    text += "; at " + node + (op.empty() ? "" : " (" + op + ")");
  if (!expected.empty())
    text += (node.empty() ? "; expected " : ", expected ") + expected;
  return text;
}

std::string joined(const Json &names, size_t most) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < most; ++i)
    text += (i ? ", " : "") + names[i].get<std::string>();
  if (names.size() > most)
    text += ", … " + std::to_string(names.size() - most) + " more";
  return text;
}

} // namespace

Error driver::explain(const ExplainOptions &options, Json &report) {
  report = newReport();
  if (looksLikeArtifact(options.source.path))
    return explainArtifact(options.source.path, report);
  return runForReport(
      options.source,
      [&](const ModelBytes &model, Trail &trail, Json &found) {
        return explainModel(options, model, trail, found);
      },
      report);
}

std::string driver::explainText(const Json &report) {
  std::string text;
  for (const Json &region : report["regions"]) {
    text += region["fact"].get<std::string>() +
            (region["origin"] == "raised" ? "  raised from " : "  from ") +
            joined(region["nodes"], 4) + "\n";
    for (const auto &[name, value] : region["cost"].items())
      if (value != "0")
        text += "    " + name + " " + value.get<std::string>() + "\n";
    for (const Json &entry : region["declined"])
      text += "    " + declinedText(entry) + "\n";
  }
  for (const Json &entry : report["declined"])
    text += "at " + entry["node"].get<std::string>() + ": " + declinedText(entry) + "\n";
  const Json &summary = report["summary"];
  if (!summary.contains("nodes_before"))
    text += "\n" + summary["kernels"].dump() + " kernels\n";
  else
    text += "\n" + std::to_string(summary["nodes_before"].get<uint64_t>()) + " nodes became " +
            std::to_string(summary["regions"].get<uint64_t>()) + " operations (" +
            std::to_string(summary["raised"].get<uint64_t>()) + " raised), " +
            std::to_string(summary["dispatches"].get<uint64_t>()) + " dispatches of " +
            std::to_string(summary["kernels"].get<uint64_t>()) + " kernels\n";
  for (const auto &[name, count] : summary["ops"].items())
    text += "  " + name + "  " + std::to_string(count.get<unsigned>()) + "\n";
  return text;
}
