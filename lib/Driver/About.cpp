// Facts about the build and the machine.
#include "attune/Driver/About.h"

#include "Compiler.h"

#include "attune/Driver/Files.h"
#include "attune/Driver/Isolate.h"
#include "attune/Frontend/ONNX/Import.h"
#include "attune/Pipelines/Pipelines.h"
#include "attune/Runtime/CPU/Features.h"
#include "attune/Runtime/CPU/Topology.h"
#include "attune/Runtime/Core/ArtifactFormat.h"
#include "attune/Support/Version.h"

#include "mlir/Pass/PassRegistry.h"

#include "llvm/Support/raw_ostream.h"

#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <unistd.h>

using namespace attune;
using namespace attune::driver;

namespace {

/// The CPU's name as the system tells it.
std::string cpuName() {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  while (std::getline(info, line))
    if (line.compare(0, 10, "model name") == 0 && line.find(": ") != std::string::npos)
      return line.substr(line.find(": ") + 2);
  return "x86-64";
}

// What kernels are made for; more is of no interest to a user.
constexpr const char *kShownFeatures[] = {"avx2",       "fma",      "f16c",     "avx512f",
                                          "avx512vl",   "avx512bw", "avx512dq", "avx512vnni",
                                          "avx512bf16", "amx-tile", "amx-int8", "amx-bf16"};

/// MLIR's registry can only be printed: a child prints it to a file of its own.
Error printPasses(const std::vector<std::string> &plugins, const std::string &file,
                  std::string &text) {
  ChildEnd end;
  Error error = runIsolated(
      {},
      [&](Trail &, std::string &) -> Error {
        int to = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (to < 0 || ::dup2(to, 1) < 0)
          return fileError("write", file);
        if (Error error = loadPasses(plugins); error.failed())
          return error;
        mlir::printRegisteredPasses();
        llvm::outs().flush();
        return {};
      },
      end);
  return error.failed() ? error : readFile(file, uint64_t(16) << 20, text);
}

} // namespace

Json driver::versionJson() {
  Json json = newReport();
  json["attune"] = attune::version().str();
  json["llvm"] = attune::llvmVersion().str();
  frontend::OnnxSupport onnx = frontend::onnxSupport();
  json["onnx"] = onnx.libraryVersion.str();
  json["opsets"] = {{"ai.onnx", {onnx.oldestOpset, onnx.newestOpset}}};
  json["artifact_format"] =
      std::to_string(runtime::kFormatMajor) + "." + std::to_string(runtime::kFormatMinor);
  json["targets"] = {"cpu"};
  return json;
}

Json driver::devicesJson() {
  Json features = Json::array();
  for (const char *name : kShownFeatures)
    if (runtime::findCpuFeature(name) == runtime::FeatureState::Present)
      features.push_back(name);
  Json json = newReport();
  json["devices"] = Json::array();
  json["devices"].push_back({{"target", "cpu"},
                             {"name", cpuName()},
                             {"available", true},
                             {"features", features},
                             {"threads", runtime::defaultThreadCount()}});
  return json;
}

Error driver::listPasses(const std::vector<std::string> &plugins, Json &report) {
  report = newReport();
  report["passes"] = Json::array();
  PrivateFolder folder;
  if (Error error = folder.create(); error.failed())
    return error;
  std::string text, line;
  if (Error error = printPasses(plugins, folder.path() + "/passes", text); error.failed())
    return error;
  // "  --name   -   description" is a pass; its options stand deeper.
  std::istringstream lines(text);
  while (std::getline(lines, line)) {
    size_t dash = line.find(" -   ");
    if (line.compare(0, 4, "  --") != 0 || dash == std::string::npos)
      continue;
    std::string name = line.substr(4, line.find(' ', 4) - 4);
    report["passes"].push_back({{"name", name}, {"description", line.substr(dash + 5)}});
  }
  return {};
}
