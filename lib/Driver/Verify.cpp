// Verification: one compile per case, one run per data set, the worst output kept.
#include "attune/Driver/Verify.h"

#include "attune/Driver/Files.h"
#include "attune/Driver/Summary.h"
#include "attune/Driver/TensorFile.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>

using namespace attune;
using namespace attune::driver;
namespace fs = std::filesystem;

namespace {

/// The data sets of a case in the order of their numbers.
std::vector<std::string> findSets(const std::string &folder) {
  std::vector<std::pair<unsigned long, std::string>> found;
  constexpr std::string_view kPrefix = "test_data_set_";
  std::error_code ignored;
  for (fs::directory_iterator at(folder, ignored), end; !ignored && at != end;
       at.increment(ignored)) {
    std::string name = at->path().filename().string();
    if (name.compare(0, kPrefix.size(), kPrefix) == 0)
      found.emplace_back(std::strtoul(name.c_str() + kPrefix.size(), nullptr, 10),
                         at->path().string());
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> sets;
  for (auto &[number, path] : found)
    sets.push_back(std::move(path));
  return sets;
}

/// Reads PREFIX_0.pb, PREFIX_1.pb, … as far as they go.
Error readTensors(const std::string &prefix, std::vector<Tensor> &tensors) {
  for (size_t i = 0;; ++i) {
    std::string path = prefix + std::to_string(i) + ".pb";
    std::error_code ignored;
    if (!fs::exists(path, ignored))
      return {};
    Tensor tensor;
    if (Error error = readTensorFile(path, tensor); error.failed())
      return error;
    tensors.push_back(std::move(tensor));
  }
}

/// Puts a set's inputs into the signature's order; unnamed tensors go by their number.
Error orderInputs(const Signature &signature, std::vector<Tensor> &given,
                  std::vector<Tensor> &inputs) {
  inputs.resize(signature.inputs.size());
  std::vector<bool> filled(inputs.size());
  for (size_t i = 0; i < given.size(); ++i) {
    int named = signature.findInput(given[i].name);
    size_t index = named >= 0 ? size_t(named) : i;
    if (index >= inputs.size() || filled[index])
      return {ErrorCode::Malformed,
              "input_" + std::to_string(i) + ".pb ('" + given[i].name +
                  "') belongs to no input of the model",
              "", "", "its inputs are " + signature.inputNames()};
    given[i].name = signature.inputs[index].name;
    filled[index] = true;
    inputs[index] = std::move(given[i]);
  }
  for (size_t i = 0; i < inputs.size(); ++i)
    if (!filled[i])
      return {ErrorCode::Malformed,
              "the data set has no value for input '" + signature.inputs[i].name + "'", "", "", ""};
  return {};
}

void addDifference(const Difference &difference, CaseReport &report) {
  if (!difference.equal && report.message.empty())
    report.message = difference.message;
  if (report.worstIndex.empty() || difference.maxAbs > report.maxAbs)
    report.worstIndex = difference.worst;
  report.maxAbs = std::max(report.maxAbs, difference.maxAbs);
  report.maxRel = std::max(report.maxRel, difference.maxRel);
  report.relToMax = std::max(report.relToMax, difference.relToMax);
  ++report.compared;
}

Error runSet(const VerifyOptions &options, LoadedModel &model, const std::string &set,
             CaseReport &report) {
  std::vector<Tensor> given, inputs, outputs, wanted;
  if (Error error = readTensors(set + "/input_", given); error.failed())
    return error;
  if (Error error = readTensors(set + "/output_", wanted); error.failed())
    return error;
  if (Error error = orderInputs(model.signature(), given, inputs); error.failed())
    return error;
  if (Error error = model.run(inputs); error.failed())
    return error;
  if (Error error = model.takeOutputs(outputs); error.failed())
    return error;
  if (wanted.size() != outputs.size() && report.message.empty())
    report.message = "the model has " + std::to_string(outputs.size()) + " outputs, the data set " +
                     std::to_string(wanted.size());
  for (size_t i = 0; i < std::min(wanted.size(), outputs.size()); ++i) {
    Difference difference;
    if (!wanted[i].name.empty() && wanted[i].name != outputs[i].name) {
      difference.equal = false;
      difference.message = "output " + std::to_string(i) + " is '" + outputs[i].name +
                           "', expected '" + wanted[i].name + "'";
    } else {
      difference = compare(outputs[i], wanted[i], options.rtol, options.atol);
    }
    addDifference(difference, report);
  }
  return {};
}

Error runCase(const VerifyOptions &options, const std::string &folder, CaseReport &report) {
  LoadOptions load = options.load;
  load.source.path = folder + "/model.onnx";
  LoadedModel model;
  if (Error error = model.open(load); error.failed())
    return error;
  for (const std::string &set : findSets(folder))
    if (Error error = runSet(options, model, set, report); error.failed())
      return error;
  return {};
}

} // namespace

std::vector<CaseReport> driver::verify(const VerifyOptions &options,
                                       const std::function<void(const CaseReport &)> &done) {
  std::vector<CaseReport> reports;
  for (const std::string &folder : options.cases) {
    auto start = std::chrono::steady_clock::now();
    CaseReport report;
    std::string trimmed = folder.substr(0, folder.find_last_not_of('/') + 1);
    report.name = fs::path(trimmed).filename().string();
    report.error = runCase(options, folder, report);
    if (report.error.failed())
      report.message = report.error.message;
    else if (!report.compared && report.message.empty())
      report.message = "it holds no expected output";
    report.result = report.error.failed() ? "error" : report.message.empty() ? "pass" : "fail";
    report.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (done)
      done(report);
    reports.push_back(std::move(report));
    if (interrupted())
      break;
  }
  return reports;
}

Error driver::verdict(const std::vector<CaseReport> &cases) {
  unsigned failed = 0, compared = 0;
  const Error *first = nullptr;
  for (const CaseReport &report : cases) {
    failed += report.result == "fail";
    compared += report.compared;
    if (report.error.failed() && !first)
      first = &report.error;
  }
  if (failed)
    return {ErrorCode::Differs,
            std::to_string(failed) + " of " + std::to_string(cases.size()) +
                (cases.size() == 1 ? " case differs" : " cases differ"),
            "", "", ""};
  if (first)
    return *first;
  if (!compared)
    return {ErrorCode::Differs, "no output was compared", "", "", ""};
  return {};
}

Json driver::toJson(const std::vector<CaseReport> &cases) {
  Json json = newReport();
  json["cases"] = Json::array();
  unsigned passed = 0;
  for (const CaseReport &report : cases) {
    passed += report.result == "pass";
    Json entry{{"case", report.name},           {"result", report.result},
               {"max_abs", report.maxAbs},      {"max_rel", report.maxRel},
               {"rel_to_max", report.relToMax}, {"worst_index", report.worstIndex},
               {"seconds", report.seconds},     {"message", report.message}};
    if (report.error.failed())
      entry["error"] = errorJson(report.error)["error"];
    json["cases"].push_back(std::move(entry));
  }
  json["passed"] = passed;
  json["failed"] = cases.size() - passed;
  return json;
}
