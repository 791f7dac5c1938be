// Compiling: a model in any form to a later form or to an artefact, in a child process.
#pragma once

#include "attune/Driver/Isolate.h"
#include "attune/Frontend/ONNX/Import.h"
#include "attune/Pipelines/Pipelines.h"

#include <string>
#include <utility>
#include <vector>

namespace attune::driver {

/// Where a model comes from and what bounds its reading.
struct ModelSource {
  std::string path; ///< .onnx, .mlir in any form, or "-" for standard input
  frontend::ImportOptions import;
  ChildLimits limits;
  bool isolate = true; ///< work in a child process
  /// Called now and then with the pass at hand; may be empty.
  std::function<void(const std::string &pass)> progress;
};

/// What `attune compile` can be asked for.
struct CompileOptions {
  ModelSource source;
  std::string output; ///< the file to write; "-" puts the text of a form into the report
  Form emit = Form::Artifact;
  std::string target = "cpu";
  PipelineOptions pipeline;
  std::string saveForms;               ///< a folder for every form passed through
  std::string reproducer;              ///< where to keep what made a pass fail
  std::vector<std::string> printAfter; ///< passes whose result is traced
  bool timePasses = false;
};

/// What compiling did.
struct CompileReport {
  std::string text; ///< the form's text, where the output was "-"
  uint64_t outputBytes = 0;
  double seconds = 0;
  double peakAnonymousMb = 0;
  std::string trace;                                  ///< of `printAfter` and `timePasses`
  std::string reproducer;                             ///< the file kept after an internal error
  std::vector<std::pair<std::string, double>> phases; ///< name and seconds, in order
  std::vector<std::string> warnings;
  std::vector<std::string> remarks; ///< what passes said, with the node it is about
};

/// "onnx", "graph", …; nothing for another name.
std::optional<Form> formFromName(std::string_view name);
/// The name of a form, as `--emit` takes it.
std::string_view formName(Form form);

/// Compiles. Nothing is left behind on failure; the output appears whole or not at all.
Error compile(const CompileOptions &options, CompileReport &report);

} // namespace attune::driver
