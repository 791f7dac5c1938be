// From the checked model to MLIR: types, symbols, constants, attributes, nodes. Everything
// throws Failure.
#pragma once

#include "Model.h"

#include "attune/Support/FileMap.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace attune::frontend {

/// Where the model's bytes come from.
struct Source {
  std::string folder; ///< absolute
  std::string file;   ///< the model's own name in it; empty for a buffer
  llvm::ArrayRef<uint8_t> bytes;
  const FileMap *map = nullptr; ///< null for a buffer
};

/// The MLIR type of an ONNX data type, with the file's signedness. Fails with Unsupported;
/// `what` is how the message calls the value ("graph input 'x'").
mlir::Type elementType(mlir::MLIRContext *context, int32_t dataType, const NodeName &where,
                       const llvm::Twine &what);

/// The type of a value; tensor<*xT> without rank, `none` where nothing is known.
mlir::Type valueType(mlir::MLIRContext *context, const pb::TypeProto *type, const Limits &limits,
                     const NodeName &where, const llvm::Twine &what);

/// The symbols of a model. Dimension texts that are expressions keep their canonical form;
/// others become identifiers.
class Symbols {
public:
  /// Notes the dimension texts of the graph's inputs and outputs, so that made-up names do not
  /// meet them; texts that are constants become sizes in place.
  explicit Symbols(pb::GraphProto &graph);

  /// `attune.dims` of an input or output: strings and i64. `actual`, the type that the value
  /// has, decides rank and static sizes; `stated` gives the names.
  mlir::ArrayAttr dims(mlir::MLIRContext *context, llvm::StringRef value,
                       const pb::TypeProto &stated, mlir::RankedTensorType actual,
                       const pb::TypeProto *inferred);

private:
  std::string text(const std::string &param);
  std::string fresh(const std::string &wish);

  llvm::StringMap<std::string> known; ///< by the file's text
  llvm::StringSet<> taken;
};

/// Turns tensors into attributes.
class Constants {
public:
  Constants(mlir::MLIRContext *context, const Source &source, std::vector<Payload> &payloads,
            const Limits &limits);

  /// Brings small external payloads into the skeleton, for shape inference.
  void inlineSmall(pb::GraphProto &graph);

  /// A dense attribute, or `#transformer.weight` for what is large and in a file; `type` is the
  /// tensor's.
  mlir::Attribute convert(const pb::TensorProto &tensor, const NodeName &where,
                          const llvm::Twine &what, mlir::RankedTensorType &type);

private:
  struct File {
    std::string name;
    std::unique_ptr<FileMap> map;
    uint64_t referenced = 0; ///< bytes that were hashed
  };

  void inlineSmall(pb::TensorProto &tensor);
  Payload *payloadOf(const pb::TensorProto &tensor);
  llvm::ArrayRef<uint8_t> bytesOf(Payload &payload, File **file);
  File &open(const Payload &payload);
  mlir::Attribute reference(const Payload &payload, llvm::ArrayRef<uint8_t> bytes, File *file,
                            mlir::RankedTensorType type);

  mlir::MLIRContext *context;
  const Source &source;
  std::vector<Payload> &payloads;
  const Limits &limits;
  llvm::StringMap<File> files; ///< by location; the model itself is ""
  std::map<std::pair<const uint8_t *, uint64_t>, std::string> hashes;
  uint64_t denseBytes = 0;
};

/// A dense attribute from raw ONNX bytes (packed below 8 bits, one byte per bool).
mlir::DenseElementsAttr denseFromRaw(mlir::RankedTensorType type, llvm::ArrayRef<uint8_t> raw);

/// The attributes of a node, except graphs.
mlir::DictionaryAttr convertAttributes(mlir::MLIRContext *context, const pb::NodeProto &node,
                                       Constants &constants, const NodeName &where);

/// Builds the function `main` of the module.
void buildGraph(mlir::ModuleOp module, const pb::ModelProto &model, const ValueTypes &types,
                const std::vector<pb::TypeProto> &statedOutputs, Constants &constants,
                Symbols &symbols, const Limits &limits);

} // namespace attune::frontend
