// The recipe of an import, and the edge where exceptions become errors.
#include "attune/Frontend/ONNX/Import.h"

#include "Builder.h"
#include "Failure.h"

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "attune/Support/Diagnostics.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include "google/protobuf/stubs/logging.h"

#include <mutex>

using namespace mlir;

namespace attune::frontend {

void registerImportDialects(DialectRegistry &registry) {
  registry.insert<func::FuncDialect, onnx::ONNXDialect, transformer::TransformerDialect>();
}

/// 1. skeleton  2. versions  3. functions  4. names and order  5. schemas  6. types  7. build
static OwningOpRef<ModuleOp> import(MLIRContext &context, const Source &source,
                                    const Limits &limits) {
  Skeleton skeleton = readSkeleton(source.bytes, limits);
  pb::ModelProto model = parseSkeleton(skeleton, limits);
  skeleton.model = {};
  checkVersions(model);
  inlineFunctions(model, limits);
  resolveNames(*model.mutable_graph());
  checkNodes(model);

  for (const pb::ValueInfoProto &input : model.graph().input())
    valueType(&context, &input.type(), limits, {}, "graph input " + quote(input.name()));
  Symbols symbols(*model.mutable_graph());
  std::vector<pb::TypeProto> statedOutputs;
  for (const pb::ValueInfoProto &output : model.graph().output())
    statedOutputs.push_back(output.type());
  Constants constants(&context, source, skeleton.payloads, limits);
  constants.inlineSmall(*model.mutable_graph());
  ValueTypes types = inferTypes(model, limits);

  OwningOpRef<ModuleOp> module = ModuleOp::create(
      NameLoc::get(StringAttr::get(&context, source.file.empty() ? "model" : source.file)));
  (*module)->setAttr(onnx::kSourceAttr, StringAttr::get(&context, source.folder));
  buildGraph(*module, model, types, statedOutputs, constants, symbols, limits);
  return module;
}

/// Runs `import` and turns whatever it throws into `error`.
static OwningOpRef<ModuleOp> guarded(MLIRContext &context, const Source &source,
                                     const Limits &limits, Error &error) {
  // Building an operation of a dialect that is not loaded would end the process.
  context.loadDialect<func::FuncDialect, onnx::ONNXDialect, transformer::TransformerDialect>();
  // Protobuf prints what it throws. It has one log handler per process, hence only once.
  static std::once_flag silenced;
  std::call_once(silenced, [] { google::protobuf::SetLogHandler(nullptr); });
  error = {};
  try {
    OwningOpRef<ModuleOp> module = import(context, source, limits);
    {
      DiagnosticCollector collector(&context);
      if (failed(verify(*module)))
        error = collector.firstError();
    }
    if (!error.failed())
      return module;
    error.code = ErrorCode::Internal;
    error.message = "the imported model is not well-formed: " + error.message;
  } catch (const Failure &failure) {
    error = failure.error;
  } catch (const std::bad_alloc &) {
    error = {ErrorCode::Limit, "the model needs more memory than there is", "", "", ""};
  } catch (const std::exception &exception) {
    error = {ErrorCode::Malformed,
             "the ONNX library refuses the model: " + printable(exception.what()), "", "", ""};
  }
  return nullptr;
}

OwningOpRef<ModuleOp> importModel(MLIRContext &context, llvm::StringRef path,
                                  const ImportOptions &options, Error &error) {
  error = {};
  std::unique_ptr<FileMap> map = FileMap::open(path, options.limits.fileBytes, error);
  if (!map)
    return nullptr;
  // The real place, so that a model reached through a link finds its own payloads again.
  llvm::SmallString<256> real;
  if (std::error_code code = llvm::sys::fs::real_path(path, real)) {
    error = {ErrorCode::FileAccess, ("'" + path + "' cannot be read: " + code.message()).str(), "",
             "", ""};
    return nullptr;
  }
  Source source{llvm::sys::path::parent_path(real).str(), llvm::sys::path::filename(real).str(),
                map->bytes(), map.get()};
  OwningOpRef<ModuleOp> module = guarded(context, source, options.limits, error);
  if (error.failed())
    error.message = printable(path, 1000) + ": " + error.message;
  return module;
}

OwningOpRef<ModuleOp> importModel(MLIRContext &context, llvm::ArrayRef<uint8_t> bytes,
                                  llvm::StringRef folder, const ImportOptions &options,
                                  Error &error) {
  llvm::SmallString<256> real(folder.empty() ? "." : folder);
  (void)llvm::sys::fs::make_absolute(real);
  Source source{real.str().str(), "", bytes, nullptr};
  return guarded(context, source, options.limits, error);
}

OnnxSupport onnxSupport() {
  return {ATTUNE_ONNX_VERSION, static_cast<int>(kOldestOpset), static_cast<int>(kNewestOpset)};
}

} // namespace attune::frontend
