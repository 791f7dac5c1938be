// Inspection. An artefact is read by the runtime; a model is taken through the compiler, in the
// child, as far as it goes: operators that no conversion knows, and what stops it, are unsupported.
// Of a model that cannot be imported for such a reason the operators are listed all the same.
#include "attune/Driver/Inspect.h"

#include "ModuleSignature.h"
#include "OperatorList.h"

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Driver/LoadedModel.h"
#include "attune/Runtime/Core/Artifact.h"

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

/// Lists the operators of a model that cannot be imported, and why it cannot.
Error inspectOperators(const InspectOptions &options, const ModelBytes &model, const Error &why,
                       Json &report) {
  OperatorList operators;
  const frontend::ImportOptions &import = options.source.import;
  Error error =
      model.path == "-"
          ? frontend::listOperators(
                {reinterpret_cast<const uint8_t *>(model.bytes.data()), model.bytes.size()}, import,
                operators)
          : frontend::listOperators(model.path, import, operators);
  if (error.failed())
    return why;
  report["form"] = formName(Form::ONNX);
  addOperators(operators, report);
  addUnsupported(why, report);
  return {};
}

Error inspectModel(const InspectOptions &options, const ModelBytes &model, Trail &trail,
                   Json &report) {
  report["kind"] = "model";
  if (Error error = loadUserPasses(options.pipeline); error.failed())
    return error;
  Compiler compiler;
  if (Error error = compiler.load(model, options.source.import); error.failed())
    return error.code == ErrorCode::Unsupported ? inspectOperators(options, model, error, report)
                                                : error;
  report["form"] = formName(compiler.form());
  addSignature(report, readSignature(compiler.module()));
  report["unsupported"] = Json::array();
  if (compiler.form() == Form::ONNX) {
    addOperators(operatorsOf(compiler.module()), report);
    uint64_t constants = 0;
    compiler.module().walk([&](onnx::ConstantOp) { ++constants; });
    report["constants"] = constants;
  }
  Watch watch;
  watch.trail = &trail;
  if (Error error = compiler.runUserPasses(options.pipeline, watch); error.failed())
    return error;
  for (Form form : {Form::Graph, Form::Tensor}) {
    Error error = compiler.advance(form, options.pipeline, watch);
    if (error.code == ErrorCode::Unsupported) {
      addUnsupported(error, report);
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
