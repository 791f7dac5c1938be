// Private to the driver: a context with everything registered, and a module in it. Runs inside
// the child process, so it may crash.
#pragma once

#include "Watch.h"

#include "attune/Driver/Compile.h"
#include "attune/Driver/Json.h"
#include "attune/Support/Remarks.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

namespace attune::driver {

/// A model to load: a file, or what came on standard input.
struct ModelBytes {
  std::string path; ///< "-" for standard input
  std::string bytes;
};

/// One model on its way through the forms.
class Compiler {
public:
  Compiler();

  /// Reads the model and finds its form.
  Error load(const ModelBytes &model, const frontend::ImportOptions &options);
  /// Runs the passes from the present form to `to`.
  Error advance(Form to, const PipelineOptions &options, Watch &watch);
  /// Runs the user's passes on a module that was graph form when it was read.
  Error runUserPasses(const PipelineOptions &options, Watch &watch);
  /// The module as text that reads back the same, locations included.
  std::string print();

  mlir::MLIRContext &context() { return mlirContext; }
  mlir::ModuleOp module() { return *owned; }
  Form form() const { return present; }
  /// Remarks and warnings so far.
  const std::vector<Note> &notes() const { return collector.notes(); }
  /// What passes did and declined so far.
  const std::vector<Remark> &remarks() const { return said; }

private:
  Error loadOnnx(const ModelBytes &model, const frontend::ImportOptions &options);
  Error loadMlir(const ModelBytes &model);
  Error run(mlir::PassManager &manager, Watch &watch);

  std::vector<Remark> said; // before the context, which writes to it
  mlir::MLIRContext mlirContext;
  DiagnosticCollector collector;
  mlir::OwningOpRef<mlir::ModuleOp> owned;
  Form present = Form::ONNX;
};

/// Registers all passes, and those of plugins.
Error loadPasses(const std::vector<std::string> &plugins);
/// The same for the passes that a user asks for, which must be among them.
Error loadUserPasses(const PipelineOptions &options);

/// Checks that a model named by the user can be read, and reads standard input.
Error prepareModel(const ModelSource &source, ModelBytes &model);

/// Reads what the source names and runs `work` on it, isolated or here; `report` is what it wrote.
Error runForReport(
    const ModelSource &source,
    const std::function<Error(const ModelBytes &model, Trail &trail, Json &report)> &work,
    Json &report);

/// Runs `work` isolated or here, as the source asks.
Error runWork(const ModelSource &source,
              const std::function<Error(Trail &trail, std::string &output)> &work, ChildEnd &end);

} // namespace attune::driver
