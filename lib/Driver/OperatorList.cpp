// Operators are counted in a module, or listed by the reader where there is none; the converter's
// table says which are supported.
#include "OperatorList.h"

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"

#include <map>
#include <tuple>

using namespace attune;
using namespace attune::driver;

OperatorList driver::operatorsOf(mlir::ModuleOp module) {
  std::map<std::tuple<std::string, std::string, int64_t>, frontend::OperatorUse> uses;
  module.walk<mlir::WalkOrder::PreOrder>([&](onnx::NodeOp node) {
    std::string domain = node.getDomain().str(), op = node.getOpType().str();
    auto version = static_cast<int64_t>(node.getVersion());
    frontend::OperatorUse &use = uses[{domain, op, version}];
    use.domain = domain;
    use.op = op;
    use.version = version;
    if (++use.count <= frontend::kNamedNodes)
      use.nodes.push_back(findNodeName(node.getLoc()).node);
  });
  OperatorList operators;
  for (auto &[key, use] : uses)
    operators.push_back(std::move(use));
  return operators;
}

static Json unsupportedRow(const frontend::OperatorUse &use, const OperatorSupport &support) {
  std::string op = printable(use.op),
              name = use.domain.empty() ? op : printable(use.domain) + "." + op;
  Json nodes = Json::array();
  for (const std::string &node : use.nodes)
    nodes.push_back(printable(node));
  return {{"domain", printable(use.domain)},
          {"op", op},
          {"version", use.version},
          {"count", use.count},
          {"node", nodes[0]},
          {"nodes", nodes},
          {"message", "attune does not compile the operator " + name + " of opset " +
                          std::to_string(use.version)},
          {"hint", support.oldestOpset
                       ? "export with opset " + std::to_string(support.oldestOpset) + " or later"
                       : ""}};
}

void driver::addOperators(const OperatorList &operators, Json &report) {
  report["operators"] = Json::array();
  report["opsets"] = Json::array();
  report["unsupported"] = Json::array();
  std::map<std::string, int64_t> opsets;
  for (const frontend::OperatorUse &use : operators) {
    opsets[use.domain] = use.version;
    OperatorSupport support = operatorSupport(use.domain, use.op, use.version);
    report["operators"].push_back({{"domain", printable(use.domain)},
                                   {"op", printable(use.op)},
                                   {"version", use.version},
                                   {"count", use.count},
                                   {"supported", support.supported}});
    if (!support.supported)
      report["unsupported"].push_back(unsupportedRow(use, support));
  }
  for (const auto &[domain, version] : opsets)
    report["opsets"].push_back({{"domain", printable(domain)}, {"version", version}});
}

void driver::addUnsupported(const Error &error, Json &report) {
  Json &rows = report["unsupported"];
  for (const Json &row : rows)
    if (!error.op.empty() && row["op"] == error.op)
      return;
  Json nodes = Json::array();
  if (!error.node.empty())
    nodes.push_back(error.node);
  rows.push_back({{"op", error.op},
                  {"node", error.node},
                  {"nodes", nodes},
                  {"message", error.message},
                  {"hint", error.hint}});
}
