// Shape inference by the ONNX library, through schemas that wrap the library's own: each call
// is bounded before, its result is checked after, and what it throws is kept by node.
#include "Extensions.h"
#include "Failure.h"
#include "InferenceGuards.h"
#include "Model.h"

#include "onnx/checker.h"
#include "onnx/defs/schema.h"
#include "onnx/shape_inference/implementation.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include "google/protobuf/stubs/common.h"

#include <memory>
#include <unordered_map>
#include <unordered_set>

namespace attune::frontend {

using VisitNode = llvm::function_ref<void(const pb::NodeProto &, int index)>;

static void forEachNode(const pb::GraphProto &graph, VisitNode visit) {
  int index = 0;
  for (const pb::NodeProto &node : graph.node()) {
    visit(node, index++);
    for (const pb::AttributeProto &attribute : node.attribute()) {
      if (attribute.has_g())
        forEachNode(attribute.g(), visit);
      for (const pb::GraphProto &inner : attribute.graphs())
        forEachNode(inner, visit);
    }
  }
}

static const pb::OpSchema *schemaOf(const pb::ModelProto &model, const pb::NodeProto &node) {
  int64_t version = opsetOf(model, node.domain());
  if (version < 0)
    return nullptr;
  return pb::OpSchemaRegistry::Schema(node.op_type(), static_cast<int>(version), node.domain());
}

void checkNodes(const pb::ModelProto &model) {
  forEachNode(model.graph(), [&](const pb::NodeProto &node, int index) {
    NodeName where = nameOf(node, index);
    if (node.op_type().empty())
      fail(ErrorCode::Malformed, "a node has no operator type", "", where);
    if (opsetOf(model, node.domain()) < 0)
      fail(ErrorCode::Malformed,
           "the node's domain " + quote(node.domain()) + " is not among the model's opset imports",
           "", where);
    std::unordered_set<std::string> names;
    for (const pb::AttributeProto &attribute : node.attribute())
      if (attribute.name().empty() || !names.insert(attribute.name()).second)
        fail(ErrorCode::Malformed,
             "attribute " + quote(attribute.name()) +
                 (attribute.name().empty() ? " has no name" : " is given twice"),
             "", where);
    const pb::OpSchema *schema = schemaOf(model, node);
    if (!schema)
      return; // whether attune compiles such an operator is not the reader's question
    if (schema->Deprecated())
      fail(ErrorCode::Unsupported,
           "operator " + quote(node.op_type()) + " is deprecated since version " +
               llvm::Twine(schema->since_version()) + " of its domain",
           "", where);
    try {
      schema->Verify(node);
    } catch (const pb::checker::ValidationError &error) {
      fail(ErrorCode::Malformed, "the node does not fit its operator: " + printable(error.what()),
           "", where);
    }
  });
}

namespace {
/// Schemas whose inference is bounded and whose errors are kept.
class BoundedSchemas : public pb::ISchemaRegistry {
public:
  BoundedSchemas(const pb::ModelProto &model, const Limits &limits) : limits(limits) {
    forEachNode(model.graph(), [&](const pb::NodeProto &node, int index) {
      nodes[&node] = nameOf(node, index);
      if (!schemaOf(model, node) && !extensionSchema(node.op_type(), node.domain()))
        for (const std::string &output : node.output())
          unknown[output] = &node;
    });
  }

  const pb::OpSchema *GetSchema(const std::string &key, int version,
                                const std::string &domain) const override;

  /// Throws the first error that inference met in a node of the model.
  void throwFirst() const {
    if (first)
      throw *first;
  }

private:
  void infer(const pb::OpSchema &schema, pb::InferenceContext &context) const;
  void propagate(const pb::OpSchema &schema, pb::DataPropagationContext &context) const;
  void checkAfter(pb::InferenceContext &context) const;
  void keep(const pb::InferenceContext &context, ErrorCode code, const llvm::Twine &message,
            llvm::StringRef hint = "") const;
  bool keepUnknown(const pb::InferenceContext &context) const;
  NodeName find(const pb::InferenceContext &context) const;

  const Limits &limits;
  llvm::DenseMap<const pb::NodeProto *, NodeName> nodes;
  std::unordered_map<std::string, const pb::NodeProto *> unknown; ///< values of operators without
                                                                  ///< a schema
  mutable llvm::DenseMap<const pb::OpSchema *, std::unique_ptr<pb::OpSchema>> wrapped;
  mutable std::unordered_map<std::string, std::unique_ptr<pb::OpSchema>> extensions;
  mutable std::unique_ptr<Failure> first;
};
} // namespace

const pb::OpSchema *BoundedSchemas::GetSchema(const std::string &key, int version,
                                              const std::string &domain) const {
  const pb::OpSchema *schema = pb::OpSchemaRegistry::Schema(key, version, domain);
  if (!schema) {
    auto [known, isNew] = extensions.try_emplace(domain + '\n' + key);
    if (isNew)
      known->second = extensionSchema(key, domain);
    return known->second.get();
  }
  std::unique_ptr<pb::OpSchema> &copy = wrapped[schema];
  if (!copy) {
    copy = std::make_unique<pb::OpSchema>(*schema);
    if (schema->has_type_and_shape_inference_function() || !schema->HasFunction())
      copy->TypeAndShapeInferenceFunction(
          [this, schema](pb::InferenceContext &context) { infer(*schema, context); });
    if (schema->has_data_propagation_function())
      copy->PartialDataPropagationFunction(
          [this, schema](pb::DataPropagationContext &context) { propagate(*schema, context); });
  }
  return copy.get();
}

NodeName BoundedSchemas::find(const pb::InferenceContext &context) const {
  const auto *known = dynamic_cast<const pb::shape_inference::InferenceContextImpl *>(&context);
  return known ? nodes.lookup(known->node_) : NodeName{};
}

void BoundedSchemas::keep(const pb::InferenceContext &context, ErrorCode code,
                          const llvm::Twine &message, llvm::StringRef hint) const {
  // What is not a node of the model is part of an operator's own definition.
  NodeName where = find(context);
  if (!first && !where.op.empty())
    first = std::make_unique<Failure>(
        Failure{{code, message.str(), printable(where.node), printable(where.op), hint.str()}});
}

/// Where an input has no type since no one knows the operator that makes it, that is the error.
bool BoundedSchemas::keepUnknown(const pb::InferenceContext &context) const {
  const auto *known = dynamic_cast<const pb::shape_inference::InferenceContextImpl *>(&context);
  if (!known || !known->node_)
    return false;
  for (int i = 0; i < known->node_->input_size(); ++i) {
    auto maker = unknown.find(known->node_->input(i));
    if (maker == unknown.end() || context.getInputType(static_cast<size_t>(i)))
      continue;
    const pb::NodeProto &node = *maker->second;
    NodeName where = nodes.lookup(&node);
    if (!first)
      first = std::make_unique<Failure>(
          Failure{{ErrorCode::Unsupported,
                   "operator " + quote(node.op_type()) + " of domain " + quote(node.domain()) +
                       " is not known, nor the types of its results",
                   printable(where.node), printable(where.op),
                   "export the model without it, or list with `attune inspect` what else is not "
                   "supported"}});
    return true;
  }
  return false;
}

void BoundedSchemas::checkAfter(pb::InferenceContext &context) const {
  for (size_t i = 0; i < context.getNumOutputs(); ++i) {
    pb::TypeProto *type = context.getOutputType(i);
    if (!type->has_tensor_type() || !type->tensor_type().has_shape())
      continue;
    pb::TensorShapeProto *shape = type->mutable_tensor_type()->mutable_shape();
    if (static_cast<uint64_t>(shape->dim_size()) > limits.rank)
      failLimit("a result has too many dimensions", limits.rank, "rank");
    for (pb::TensorShapeProto::Dimension &dim : *shape->mutable_dim())
      if (dim.has_dim_value() && dim.dim_value() < 0)
        dim.clear_value(); // arithmetic on hostile sizes may wrap
  }
}

void BoundedSchemas::infer(const pb::OpSchema &schema, pb::InferenceContext &context) const {
  try {
    checkInferenceInputs(schema.Name(), context, limits);
    if (schema.has_type_and_shape_inference_function())
      schema.GetTypeAndShapeInferenceFunction()(context);
    schema.CheckInputOutputType(context);
    checkAfter(context);
  } catch (const Failure &failure) {
    keep(context, failure.error.code, failure.error.message, failure.error.hint);
    throw pb::InferenceError(failure.error.message);
  } catch (const std::bad_alloc &) {
    throw;
  } catch (const google::protobuf::FatalException &) {
    // The library left the bounds of a shape, and protobuf's checks caught it.
    keep(context, ErrorCode::Malformed,
         "an attribute or shape of this node is outside what its operator allows");
    throw pb::InferenceError("index out of range");
  } catch (const std::exception &error) {
    if (!keepUnknown(context))
      keep(context, ErrorCode::Malformed, "shapes or types do not fit: " + printable(error.what()));
    // Only this class of exception leaves the rest of the model to go on.
    throw pb::InferenceError(error.what());
  }
}

void BoundedSchemas::propagate(const pb::OpSchema &schema,
                               pb::DataPropagationContext &context) const {
  // A vector of known length is followed element by element: only shapes are that short.
  for (size_t i = 0; i < context.getNumInputs(); ++i)
    if (vectorLength(context.getInputType(i)) > 1024)
      return;
  try {
    schema.GetDataPropagationFunction()(context);
  } catch (const std::bad_alloc &) {
    throw;
  } catch (const std::exception &) {
    // Knowing less about a value is no error.
  }
}

namespace {
/// What a graph states about types, taken out before inference.
class Statements {
public:
  explicit Statements(const pb::ModelProto &model) : model(model) {}

  /// Removes what inference can find out itself: it would believe the file.
  void take(pb::GraphProto &graph) {
    std::unordered_set<std::string> inferred;
    for (const pb::NodeProto &node : graph.node())
      if (schemaOf(model, node))
        inferred.insert(node.output().begin(), node.output().end());
    google::protobuf::RepeatedPtrField<pb::ValueInfoProto> kept;
    for (pb::ValueInfoProto &info : *graph.mutable_value_info()) {
      types[info.name()] = info.type();
      if (!inferred.count(info.name()))
        kept.Add()->Swap(&info);
    }
    graph.mutable_value_info()->Swap(&kept);
    for (pb::ValueInfoProto &output : *graph.mutable_output()) {
      types[output.name()] = output.type();
      if (inferred.count(output.name()))
        output.clear_type();
    }
    for (pb::NodeProto &node : *graph.mutable_node())
      for (pb::AttributeProto &attribute : *node.mutable_attribute()) {
        if (attribute.has_g())
          take(*attribute.mutable_g());
        for (pb::GraphProto &inner : *attribute.mutable_graphs())
          take(inner);
      }
  }

  ValueTypes types;

private:
  const pb::ModelProto &model;
};
} // namespace

static bool isSet(const pb::TypeProto &type) {
  return type.value_case() != pb::TypeProto::VALUE_NOT_SET;
}

static void collect(const pb::GraphProto &graph, ValueTypes &types) {
  auto add = [&](const auto &infos) {
    for (const pb::ValueInfoProto &info : infos)
      if (isSet(info.type()))
        types[info.name()] = info.type();
  };
  add(graph.value_info());
  add(graph.output());
  add(graph.input());
  for (const pb::NodeProto &node : graph.node())
    for (const pb::AttributeProto &attribute : node.attribute()) {
      if (attribute.has_g())
        collect(attribute.g(), types);
      for (const pb::GraphProto &inner : attribute.graphs())
        collect(inner, types);
    }
}

/// Each subgraph copies the table of the values around it.
static void boundScopes(const pb::GraphProto &graph) {
  uint64_t subgraphs = 0, values = graph.initializer_size();
  forEachNode(graph, [&](const pb::NodeProto &node, int) {
    values += node.output_size();
    for (const pb::AttributeProto &attribute : node.attribute())
      subgraphs += attribute.has_g() + attribute.graphs_size();
  });
  constexpr uint64_t bound = uint64_t{1} << 28;
  if (subgraphs != 0 && values > bound / subgraphs)
    fail(ErrorCode::Limit, "the model has " + llvm::Twine(subgraphs) + " subgraphs and " +
                               llvm::Twine(values) + " values, which is too many together");
}

ValueTypes inferTypes(pb::ModelProto &model, const Limits &limits) {
  boundScopes(model.graph());
  Statements statements(model);
  statements.take(*model.mutable_graph());
  // From version 4 on, initializers have types of their own; older ones are as good.
  if (model.ir_version() < 4)
    model.set_ir_version(4);
  BoundedSchemas schemas(model, limits);
  pb::shape_inference::DataValueMap data;
  pb::ShapeInferenceOptions options(/*check_type_val=*/false, /*strict_mode_val=*/0,
                                    /*data_prop_val=*/true);
  try {
    pb::shape_inference::InferShapes(model, &schemas, options, &data);
  } catch (const pb::InferenceError &error) {
    schemas.throwFirst();
    fail(ErrorCode::Malformed, "shapes or types do not fit: " + printable(error.what()));
  }
  schemas.throwFirst();

  ValueTypes types;
  collect(model.graph(), types);
  for (auto &[name, type] : statements.types) {
    if (!isSet(type))
      continue;
    auto [known, isNew] = types.emplace(name, type);
    if (!isNew && known->second.has_tensor_type() && type.has_tensor_type() &&
        type.tensor_type().elem_type() != 0 &&
        known->second.tensor_type().elem_type() != type.tensor_type().elem_type())
      fail(ErrorCode::Malformed,
           "value " + quote(name) + " is stated to have element type " +
               pb::TensorProto::DataType_Name(
                   static_cast<pb::TensorProto::DataType>(type.tensor_type().elem_type())) +
               ", but what makes it gives " +
               pb::TensorProto::DataType_Name(static_cast<pb::TensorProto::DataType>(
                   known->second.tensor_type().elem_type())));
  }
  return types;
}

} // namespace attune::frontend
