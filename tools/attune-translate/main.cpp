// attune-translate: models to and from MLIR, without compiling anything.
#include "attune/Frontend/ONNX/Import.h"
#include "attune/Support/Diagnostics.h"
#include "attune/Support/Version.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OperationSupport.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/raw_ostream.h"

namespace cl = llvm::cl;

static int report(const attune::Error &error) {
  llvm::errs() << "attune-translate: error: " << error.message;
  if (!error.node.empty())
    llvm::errs() << " [node '" << error.node << "', operator '" << error.op << "']";
  llvm::errs() << '\n';
  if (!error.hint.empty())
    llvm::errs() << "hint: " << error.hint << '\n';
  return static_cast<int>(error.code);
}

int main(int argc, char **argv) {
  cl::opt<std::string> input(cl::Positional, cl::Required, cl::desc("<model.onnx>"));
  cl::opt<std::string> output("o", cl::init("-"), cl::desc("where to write"));
  cl::opt<bool> fromOnnx("import-onnx", cl::Required, cl::desc("an ONNX model to the ONNX form"));
  cl::opt<bool> locations("mlir-print-debuginfo", cl::desc("print locations"));
  cl::SetVersionPrinter([](llvm::raw_ostream &os) {
    os << "attune-translate " << attune::version() << ", LLVM " << attune::llvmVersion() << '\n';
  });
  cl::ParseCommandLineOptions(argc, argv, "attune's translations\n");

  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  attune::Error error;
  mlir::OwningOpRef<mlir::ModuleOp> module =
      attune::frontend::importModel(context, input, {}, error);
  if (!module)
    return report(error);
  std::error_code code;
  llvm::ToolOutputFile file(output, code, llvm::sys::fs::OpenFlags::OF_None);
  if (code)
    return report({attune::ErrorCode::FileAccess,
                   "'" + output + "' cannot be written: " + code.message(), "", "", ""});
  module->print(file.os(), mlir::OpPrintingFlags().enableDebugInfo(locations));
  file.os() << '\n';
  file.os().flush();
  if (file.os().has_error()) {
    code = file.os().error();
    file.os().clear_error();
    return report({attune::ErrorCode::FileAccess,
                   "'" + output + "' cannot be written: " + code.message(), "", "", ""});
  }
  file.keep();
  return 0;
}
