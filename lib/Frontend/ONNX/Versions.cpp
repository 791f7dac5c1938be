// Parses the skeleton and checks what the model says of itself: IR version and opsets.
#include "Failure.h"
#include "Model.h"

#include "google/protobuf/io/coded_stream.h"
#include "onnx/defs/schema.h"

#include <set>

namespace attune::frontend {

NodeName nameOf(const pb::NodeProto &node, int index) {
  return {node.name().empty() ? node.op_type() + "_" + std::to_string(index) : node.name(),
          node.op_type()};
}

pb::ModelProto parseSkeleton(const Skeleton &skeleton, const Limits &limits) {
  // Protobuf counts bytes in an int.
  if (skeleton.model.size() > INT32_MAX)
    failLimit("the graph without its weights is too large", INT32_MAX, "skeleton-bytes");
  pb::ModelProto model;
  google::protobuf::io::CodedInputStream stream(
      reinterpret_cast<const uint8_t *>(skeleton.model.data()),
      static_cast<int>(skeleton.model.size()));
  stream.SetRecursionLimit(static_cast<int>(std::min<uint64_t>(limits.depth, 1000)) + 8);
  if (!model.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
    fail(ErrorCode::Malformed, "the file is damaged: it is not a well-formed ONNX model");
  return model;
}

int64_t opsetOf(const pb::ModelProto &model, const std::string &domain) {
  for (const pb::OperatorSetIdProto &opset : model.opset_import())
    if (opset.domain() == domain)
      return opset.version();
  return -1;
}

static void normalize(std::string *domain) {
  if (*domain == "ai.onnx")
    domain->clear();
}

static void normalizeNodes(google::protobuf::RepeatedPtrField<pb::NodeProto> &nodes) {
  for (pb::NodeProto &node : nodes) {
    if (node.domain() == "ai.onnx")
      normalize(node.mutable_domain());
    for (pb::AttributeProto &attribute : *node.mutable_attribute()) {
      if (attribute.has_g())
        normalizeNodes(*attribute.mutable_g()->mutable_node());
      for (pb::GraphProto &graph : *attribute.mutable_graphs())
        normalizeNodes(*graph.mutable_node());
    }
  }
}

/// The first node of the standard domain that changed its meaning between two opsets.
static const pb::NodeProto *
findChanged(const google::protobuf::RepeatedPtrField<pb::NodeProto> &nodes, int from, int to) {
  for (const pb::NodeProto &node : nodes) {
    if (node.domain().empty() && pb::OpSchemaRegistry::Schema(node.op_type(), from) !=
                                     pb::OpSchemaRegistry::Schema(node.op_type(), to))
      return &node;
    for (const pb::AttributeProto &attribute : node.attribute())
      if (attribute.has_g())
        if (const pb::NodeProto *inner = findChanged(attribute.g().node(), from, to))
          return inner;
  }
  return nullptr;
}

/// A model older than the oldest opset may use only operators that opset has not changed.
static void raiseOpset(pb::ModelProto &model) {
  for (pb::OperatorSetIdProto &opset : *model.mutable_opset_import()) {
    if (!opset.domain().empty() || opset.version() >= kOldestOpset)
      continue;
    const pb::NodeProto *changed =
        model.functions().empty()
            ? findChanged(model.graph().node(), static_cast<int>(opset.version()), kOldestOpset)
            : nullptr;
    if (changed || !model.functions().empty())
      fail(ErrorCode::Unsupported,
           "the model uses opset " + llvm::Twine(opset.version()) + "; attune reads opsets " +
               llvm::Twine(kOldestOpset) + " to " + llvm::Twine(kNewestOpset),
           "export the model for an opset in that range",
           changed ? nameOf(*changed, 0) : NodeName{});
    opset.set_version(kOldestOpset);
  }
}

static void checkOpsets(google::protobuf::RepeatedPtrField<pb::OperatorSetIdProto> &opsets,
                        const std::string &owner) {
  std::set<std::string> seen;
  for (pb::OperatorSetIdProto &opset : opsets) {
    normalize(opset.mutable_domain());
    if (!seen.insert(opset.domain()).second)
      fail(ErrorCode::Malformed, owner + " imports domain " + quote(opset.domain()) + " twice");
    int64_t version = opset.version();
    if (version < 1 || version > INT32_MAX)
      fail(ErrorCode::Malformed, owner + " imports " + quote(opset.domain()) + " at version " +
                                     llvm::Twine(version) + ", which is no version");
    if (opset.domain().empty() && version > kNewestOpset)
      fail(ErrorCode::Unsupported,
           owner + " uses opset " + llvm::Twine(version) + "; attune reads opsets " +
               llvm::Twine(kOldestOpset) + " to " + llvm::Twine(kNewestOpset),
           "export the model for an opset in that range");
    if (opset.domain() == "com.microsoft" && version != 1)
      fail(ErrorCode::Unsupported, owner + " uses version " + llvm::Twine(version) +
                                       " of com.microsoft; attune reads version 1");
  }
}

void checkVersions(pb::ModelProto &model) {
  if (!model.has_ir_version() || model.ir_version() < 1)
    fail(ErrorCode::Malformed, "the model states no IR version, so it is not an ONNX model");
  if (model.ir_version() > pb::IR_VERSION)
    fail(ErrorCode::Unsupported,
         "the model has IR version " + llvm::Twine(model.ir_version()) +
             "; attune reads versions up to " + llvm::Twine(int64_t{pb::IR_VERSION}),
         "export the model with an older IR version");
  // Before IR version 3, a model had no opset list and meant opset 1.
  if (model.opset_import().empty())
    fail(ErrorCode::Unsupported, "the model imports no opset, which means opset 1; attune reads "
                                 "opsets " +
                                     llvm::Twine(kOldestOpset) + " to " +
                                     llvm::Twine(kNewestOpset));
  checkOpsets(*model.mutable_opset_import(), "the model");
  normalizeNodes(*model.mutable_graph()->mutable_node());
  for (pb::FunctionProto &function : *model.mutable_functions()) {
    normalize(function.mutable_domain());
    checkOpsets(*function.mutable_opset_import(), "function " + quote(function.name()));
    normalizeNodes(*function.mutable_node());
  }
  raiseOpset(model);
}

} // namespace attune::frontend
