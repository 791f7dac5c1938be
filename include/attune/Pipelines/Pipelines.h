// The forms and the pipelines between them: one place that knows their order.
#pragma once

#include "attune/Conversion/ONNXToGraph.h" // operatorSupport, for those above
#include "attune/Pipelines/InitAll.h"
#include "attune/Support/Error.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>
#include <string>
#include <vector>

namespace attune {

/// The forms a model takes on its way, in order.
enum class Form { ONNX, Graph, Tensor, Device, LLVM, Asm, Artifact };

/// What the pipelines can be asked for; the flags of `attune compile`.
struct PipelineOptions {
  std::string cpu = "native";
  std::vector<std::string> dims; ///< "seq=128" or "seq=1..512"
  std::vector<std::string> extraPasses;
  std::vector<std::string> passPlugins; ///< shared objects that register passes
};

/// Detects which form a module is in (for FORM.mlir inputs).
std::optional<Form> detectForm(mlir::ModuleOp module);
/// Appends the passes that take `from` to `to` (each form's verifying door included).
mlir::LogicalResult buildPipeline(mlir::OpPassManager &manager, Form from, Form to,
                                  const PipelineOptions &options);
/// Appends what a user calls `passes`, with or without the `builtin.module(…)` around it that
/// attune-opt wants. `reason` says why it cannot.
mlir::LogicalResult parseUserPasses(llvm::StringRef passes, mlir::OpPassManager &manager,
                                    std::string &reason);
/// Appends the user's passes, which work on graph form, and the door behind them.
mlir::LogicalResult buildUserPasses(mlir::OpPassManager &manager, const PipelineOptions &options);
/// Notes on the module what was asked for beyond target and cpu. The artefact states it, whatever
/// form the module is printed in and read back from on the way.
void recordOptions(mlir::ModuleOp module, const PipelineOptions &options);
/// Backend end: device form -> LLVM IR text or assembly text (`form` is LLVM or Asm).
Error emitText(mlir::ModuleOp device, Form form, const PipelineOptions &options,
               llvm::raw_ostream &out);
/// Backend end: device form -> artefact file, written aside (other files that begin with its path
/// come and go) and renamed.
Error emitArtifact(mlir::ModuleOp device, const PipelineOptions &options,
                   llvm::StringRef outputPath);

} // namespace attune
