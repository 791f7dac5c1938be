// One run: load, make inputs, run, save.
#include "attune/Driver/Run.h"

#include "attune/Driver/Files.h"
#include "attune/Driver/Summary.h"
#include "attune/Driver/TensorFile.h"

#include <cerrno>
#include <chrono>
#include <set>
#include <sys/stat.h>

using namespace attune;
using namespace attune::driver;

namespace {

/// Outputs whose names become one file name get numbers.
Error saveOutputs(const std::string &folder, RunReport &report) {
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST)
    return fileError("make the folder", folder);
  std::set<std::string> taken;
  for (const Tensor &output : report.outputs) {
    std::string stem = safeFileName(output.name), name = stem;
    for (int i = 1; !taken.insert(name).second; ++i)
      name = stem + "_" + std::to_string(i);
    std::string path = folder + "/" + name + ".npy";
    if (Error error = writeNpy(path, output); error.failed())
      return error;
    report.files.push_back(path);
  }
  return {};
}

} // namespace

Error driver::run(const RunOptions &options, RunReport &report) {
  LoadedModel model;
  if (Error error = model.open(options.load); error.failed())
    return error;
  std::vector<Tensor> inputs;
  if (Error error = makeInputs(model.signature(), options.inputs, inputs, report.inputs);
      error.failed())
    return error;
  auto start = std::chrono::steady_clock::now();
  if (Error error = model.run(inputs); error.failed())
    return error;
  report.milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  if (Error error = model.takeOutputs(report.outputs); error.failed())
    return error;
  return options.outputDir.empty() ? Error() : saveOutputs(options.outputDir, report);
}

Json driver::originsJson(const std::vector<InputOrigin> &origins) {
  Json json = Json::array();
  for (const InputOrigin &origin : origins)
    json.push_back({{"name", origin.name}, {"rule", origin.rule}, {"proven", origin.proven}});
  return json;
}

Json driver::toJson(const RunReport &report) {
  Json json = newReport();
  json["outputs"] = Json::array();
  for (size_t i = 0; i < report.outputs.size(); ++i) {
    Json entry = summaryJson(report.outputs[i]);
    if (i < report.files.size())
      entry["file"] = report.files[i];
    json["outputs"].push_back(std::move(entry));
  }
  json["inputs"] = originsJson(report.inputs);
  json["run_ms"] = report.milliseconds;
  return json;
}
