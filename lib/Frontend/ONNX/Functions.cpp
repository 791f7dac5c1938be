// Model functions: refuses recursion and call trees that would grow without bound, brings
// their opsets together with the model's, and lets the library's inliner do the rest.
#include "Failure.h"
#include "Model.h"

#include "onnx/defs/schema.h"
#include "onnx/inliner/inliner.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"

namespace attune::frontend {

using Nodes = google::protobuf::RepeatedPtrField<pb::NodeProto>;

static std::string identifier(const std::string &domain, const std::string &name,
                              const std::string &overload) {
  return domain + '\n' + name + '\n' + overload;
}

static void forEachNode(const Nodes &nodes, llvm::function_ref<void(const pb::NodeProto &)> visit) {
  for (const pb::NodeProto &node : nodes) {
    visit(node);
    for (const pb::AttributeProto &attribute : node.attribute()) {
      if (attribute.has_g())
        forEachNode(attribute.g().node(), visit);
      for (const pb::GraphProto &graph : attribute.graphs())
        forEachNode(graph.node(), visit);
    }
  }
}

namespace {
/// What a body becomes once all calls in it are inlined.
struct Cost {
  uint64_t nodes = 0;
  uint64_t bytes = 0;
};

class Expansion {
public:
  explicit Expansion(const pb::ModelProto &model, const Limits &limits) : limits(limits) {
    for (const pb::FunctionProto &function : model.functions()) {
      std::string key = identifier(function.domain(), function.name(), function.overload());
      if (function.name().empty())
        fail(ErrorCode::Malformed, "a model function has no name");
      if (!functions.try_emplace(key, Entry{&function}).second)
        fail(ErrorCode::Malformed, "function " + quote(function.name()) + " is defined twice");
    }
  }

  Cost of(const Nodes &nodes) {
    Cost total;
    forEachNode(nodes, [&](const pb::NodeProto &node) {
      auto callee = functions.find(identifier(node.domain(), node.op_type(), node.overload()));
      Cost cost{1, node.ByteSizeLong()};
      if (callee != functions.end())
        cost = ofCall(node, callee->second);
      total.nodes = llvm::SaturatingAdd(total.nodes, cost.nodes);
      total.bytes = llvm::SaturatingAdd(total.bytes, cost.bytes);
      if (total.nodes > limits.nodes)
        failLimit("the model has too many nodes once functions are inlined", limits.nodes, "nodes");
      if (total.bytes > limits.skeletonBytes)
        failLimit("the graph is too large once functions are inlined", limits.skeletonBytes,
                  "skeleton-bytes");
    });
    return total;
  }

private:
  struct Entry {
    const pb::FunctionProto *function;
    bool active = false;
    std::optional<Cost> cost = std::nullopt;
  };

  Cost ofCall(const pb::NodeProto &call, Entry &entry) {
    const pb::FunctionProto &function = *entry.function;
    if (call.input_size() > function.input_size() || call.output_size() > function.output_size())
      fail(ErrorCode::Malformed,
           "a call of function " + quote(function.name()) + " has too many inputs or outputs", "",
           nameOf(call, 0));
    // The ways of calls are as deep as the chain of functions: bound both.
    if (entry.active)
      fail(ErrorCode::Malformed, "function " + quote(function.name()) + " calls itself");
    if (++depth > limits.depth)
      failLimit("functions call functions too deeply", limits.depth, "depth");
    if (!entry.cost) {
      entry.active = true;
      entry.cost = of(function.node());
      entry.active = false;
    }
    --depth;
    return *entry.cost;
  }

  const Limits &limits;
  llvm::StringMap<Entry> functions;
  uint64_t depth = 0;
};
} // namespace

/// True when every operator of `function` in `domain` means the same at the model's version.
static bool meansTheSame(const pb::FunctionProto &function, const std::string &domain, int from,
                         int to) {
  bool same = true;
  forEachNode(function.node(), [&](const pb::NodeProto &node) {
    if (node.domain() != domain)
      return;
    const pb::OpSchema *before = pb::OpSchemaRegistry::Schema(node.op_type(), from, domain);
    const pb::OpSchema *after = pb::OpSchemaRegistry::Schema(node.op_type(), to, domain);
    same &= before == after;
  });
  return same;
}

/// The inliner skips functions of other opsets. Where no operator changed in between, the
/// function may as well say the model's opset; elsewhere its meaning would change.
static void alignOpsets(pb::ModelProto &model, pb::FunctionProto &function) {
  for (pb::OperatorSetIdProto &opset : *function.mutable_opset_import()) {
    int64_t version = opsetOf(model, opset.domain());
    if (version < 0) {
      *model.add_opset_import() = opset;
    } else if (version != opset.version()) {
      if (!meansTheSame(function, opset.domain(), static_cast<int>(opset.version()),
                        static_cast<int>(version)))
        fail(ErrorCode::Unsupported,
             "function " + quote(function.name()) + " is written for version " +
                 llvm::Twine(opset.version()) + " of domain " + quote(opset.domain()) +
                 ", the model for " + llvm::Twine(version) + ", and operators changed in between",
             "export the model with its functions inlined");
      opset.set_version(version);
    }
  }
}

void inlineFunctions(pb::ModelProto &model, const Limits &limits) {
  Expansion(model, limits).of(model.graph().node());
  for (pb::FunctionProto &function : *model.mutable_functions())
    alignOpsets(model, function);
  if (!model.functions().empty())
    pb::inliner::InlineLocalFunctions(model);
  // The inliner copies attribute references of callers as they are, also of the model's nodes.
  forEachNode(model.graph().node(), [](const pb::NodeProto &node) {
    for (const pb::AttributeProto &attribute : node.attribute())
      if (!attribute.ref_attr_name().empty())
        fail(ErrorCode::Malformed,
             "attribute " + quote(attribute.name()) + " refers to a function's attribute " +
                 quote(attribute.ref_attr_name()) + " that is not there",
             "", nameOf(node, 0));
  });
}

} // namespace attune::frontend
