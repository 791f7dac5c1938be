// Inspection. An artefact is read by the runtime; a model is taken through the compiler, in the
// child, as far as it goes: operators that no conversion knows, and what stops it, are unsupported.
#include "attune/Driver/Inspect.h"

#include "Compiler.h"
#include "ModuleSignature.h"

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Driver/LoadedModel.h"
#include "attune/Runtime/Core/Artifact.h"

#include <map>
#include <set>
#include <tuple>

using namespace attune;
using namespace attune::driver;

namespace {

Json namedRows(const runtime::Artifact &artifact) {
  Json rows = Json::array();
  for (const runtime::DispatchRecord &record : artifact.dispatches()) {
    Json variants = Json::array();
    for (uint32_t i = 0; i < record.variantCount; ++i)
      variants.push_back(artifact.text(artifact.variants()[record.variantBegin + i].name));
    rows.push_back({{"name", artifact.text(record.name)},
                    {"root", artifact.text(record.root)},
                    {"variants", variants}});
  }
  return rows;
}

Error inspectArtifact(const InspectOptions &options, Json &report) {
  std::unique_ptr<runtime::Artifact> artifact;
  if (Error error = runtime::Artifact::open(options.source.path.c_str(), artifact); error.failed())
    return error;
  if (options.check)
    if (Error error = artifact->checkWeights(); error.failed())
      return error;
  const runtime::Trailer &trailer = artifact->trailer();
  report["kind"] = "artifact";
  report["format"] = std::to_string(trailer.major) + "." + std::to_string(trailer.minor);
  report["compiler"] = artifact->compiler();
  report["target"] = artifact->target();
  report["features"] = artifact->features();
  report["options"] = artifact->options();
  addSignature(report, readSignature(*artifact));
  report["kernels"] = namedRows(*artifact);
  report["bytes"] = {{"file", trailer.fileBytes},
                     {"code", trailer.code.bytes},
                     {"tables", trailer.tables.bytes},
                     {"weights", trailer.weights.bytes}};
  report["constants"] = artifact->constants().size();
  report["weights_checked"] = options.check;
  if (!artifact->certificate().empty())
    report["certificate"] = parseJson(std::string(artifact->certificate()));
  return {};
}

/// The operators of a module in ONNX form, with how often each occurs.
void addOperators(mlir::ModuleOp module, Json &report) {
  std::map<std::tuple<std::string, std::string, int64_t>, uint64_t> counts;
  std::map<std::string, int64_t> opsets;
  uint64_t constants = 0;
  module.walk([&](mlir::Operation *op) {
    constants += mlir::isa<onnx::ConstantOp>(op);
    if (auto node = mlir::dyn_cast<onnx::NodeOp>(op)) {
      ++counts[{node.getDomain().str(), node.getOpType().str(), int64_t(node.getVersion())}];
      opsets[node.getDomain().str()] = int64_t(node.getVersion());
    }
  });
  report["operators"] = Json::array();
  for (const auto &[key, count] : counts)
    report["operators"].push_back(
        {{"domain", std::get<0>(key)}, {"op", std::get<1>(key)}, {"count", count}});
  report["opsets"] = Json::array();
  for (const auto &[domain, version] : opsets)
    report["opsets"].push_back({{"domain", domain}, {"version", version}});
  report["constants"] = constants;
}

/// The operators that no conversion knows, each once, at its first node.
void addUnsupportedOperators(mlir::ModuleOp module, Json &rows) {
  std::set<std::pair<std::string, std::string>> seen;
  module.walk<mlir::WalkOrder::PreOrder>([&](onnx::NodeOp node) {
    llvm::StringRef domain = node.getDomain(), type = node.getOpType();
    OperatorSupport support = operatorSupport(domain, type, node.getVersion());
    if (support.supported || !seen.insert({domain.str(), type.str()}).second)
      return;
    std::string name = domain.empty() ? type.str() : (domain + "." + type).str();
    rows.push_back(
        {{"op", printable(type)},
         {"node", printable(findNodeName(node.getLoc()).node)},
         {"message", "attune does not compile the operator " + printable(name) + " of opset " +
                         std::to_string(node.getVersion())},
         {"hint", support.oldestOpset
                      ? "export with opset " + std::to_string(support.oldestOpset) + " or later"
                      : ""}});
  });
}

/// Whether a row already speaks of that operator.
bool lists(const Json &rows, const std::string &op) {
  return llvm::any_of(rows, [&](const Json &row) { return row["op"] == op; });
}

Error inspectModel(const InspectOptions &options, const ModelBytes &model, Trail &trail,
                   Json &report) {
  Compiler compiler;
  if (Error error = compiler.load(model, options.source.import); error.failed())
    return error;
  report["kind"] = "model";
  report["form"] = formName(compiler.form());
  addSignature(report, readSignature(compiler.module()));
  report["unsupported"] = Json::array();
  if (compiler.form() == Form::ONNX) {
    addOperators(compiler.module(), report);
    addUnsupportedOperators(compiler.module(), report["unsupported"]);
  }
  Watch watch;
  watch.trail = &trail;
  for (Form form : {Form::Graph, Form::Tensor}) {
    Error error = compiler.advance(form, options.pipeline, watch);
    if (error.code == ErrorCode::Unsupported) {
      if (!lists(report["unsupported"], error.op))
        report["unsupported"].push_back({{"op", error.op},
                                         {"node", error.node},
                                         {"message", error.message},
                                         {"hint", error.hint}});
      return {};
    }
    if (error.failed())
      return error;
    // The passes find out what dimensions the outputs have, and which guards are needed.
    if (form == Form::Graph)
      addSignature(report, readSignature(compiler.module()));
  }
  return {};
}

} // namespace

Error driver::inspect(const InspectOptions &options, Json &report) {
  report = newReport();
  if (looksLikeArtifact(options.source.path))
    return inspectArtifact(options, report);
  return runForReport(
      options.source,
      [&](const ModelBytes &model, Trail &trail, Json &found) {
        return inspectModel(options, model, trail, found);
      },
      report);
}
