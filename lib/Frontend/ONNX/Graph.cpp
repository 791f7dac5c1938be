// Builds the function: arguments, constants, nodes in their order, subgraphs as regions.
#include "Builder.h"
#include "Failure.h"

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace attune::frontend {

namespace {
class GraphBuilder {
public:
  GraphBuilder(ModuleOp module, const pb::ModelProto &model, const ValueTypes &types,
               Constants &constants, Symbols &symbols, const Limits &limits)
      : module(module), model(model), types(types), constants(constants), symbols(symbols),
        limits(limits), context(module.getContext()), builder(context) {}

  void buildMain(const std::vector<pb::TypeProto> &statedOutputs);

private:
  void addInitializers(const pb::GraphProto &graph);
  void addNodes(const pb::GraphProto &graph);
  void addNode(const pb::NodeProto &node, int index);
  void addConstantNode(const pb::NodeProto &node, const NodeName &where, Location loc);
  void addConstant(Location loc, Attribute value, RankedTensorType type, const std::string &name);
  void addSubgraph(const pb::GraphProto &graph, Region &region, const NodeName &where,
                   Location loc);
  Value lookup(const std::string &name, const NodeName &where);
  Value none();
  Type typeOf(const char *what, const std::string &name, const NodeName &where);
  NamedAttribute named(llvm::StringRef key, Attribute value) {
    return builder.getNamedAttr(key, value);
  }

  ModuleOp module;
  const pb::ModelProto &model;
  const ValueTypes &types;
  Constants &constants;
  Symbols &symbols;
  const Limits &limits;
  MLIRContext *context;
  OpBuilder builder;
  Block *entry = nullptr;
  Value absent;
  /// Names are unique in the whole model; those of a subgraph leave with it.
  llvm::StringMap<Value> values;
};
} // namespace

Type GraphBuilder::typeOf(const char *what, const std::string &name, const NodeName &where) {
  auto known = types.find(name);
  return valueType(context, known == types.end() ? nullptr : &known->second, limits, where,
                   what + quote(name));
}

Value GraphBuilder::lookup(const std::string &name, const NodeName &where) {
  if (name.empty())
    return none();
  auto known = values.find(name);
  if (known == values.end()) // resolveNames has refused such models
    fail(ErrorCode::Internal, "value " + quote(name) + " was not built", "", where);
  return known->second;
}

/// One absent operand serves all nodes, at the top of the function.
Value GraphBuilder::none() {
  if (!absent) {
    OpBuilder top = OpBuilder::atBlockBegin(entry);
    absent = onnx::NoneOp::create(top, top.getUnknownLoc(), NoneType::get(context));
  }
  return absent;
}

void GraphBuilder::addConstant(Location loc, Attribute value, RankedTensorType type,
                               const std::string &name) {
  values[name] = onnx::ConstantOp::create(builder, loc, type, value);
}

void GraphBuilder::addInitializers(const pb::GraphProto &graph) {
  for (const pb::TensorProto &tensor : graph.initializer()) {
    RankedTensorType type;
    Attribute value = constants.convert(tensor, {}, "initializer " + quote(tensor.name()), type);
    addConstant(nodeLocation(context, tensor.name(), "Initializer"), value, type, tensor.name());
  }
}

void GraphBuilder::addConstantNode(const pb::NodeProto &node, const NodeName &where, Location loc) {
  const pb::AttributeProto &attribute = node.attribute(0);
  RankedTensorType type;
  Attribute value;
  switch (attribute.type()) {
  case pb::AttributeProto::TENSOR:
    value = constants.convert(attribute.t(), where, "the value", type);
    break;
  case pb::AttributeProto::FLOAT:
    type = RankedTensorType::get({}, builder.getF32Type());
    value = DenseElementsAttr::get(type, attribute.f());
    break;
  case pb::AttributeProto::FLOATS:
    type = RankedTensorType::get({attribute.floats_size()}, builder.getF32Type());
    value = DenseElementsAttr::get(
        type, ArrayRef<float>(attribute.floats().data(), attribute.floats_size()));
    break;
  case pb::AttributeProto::INT: {
    type = RankedTensorType::get({}, builder.getIntegerType(64, /*isSigned=*/true));
    value = DenseElementsAttr::get(type, attribute.i());
    break;
  }
  case pb::AttributeProto::INTS: {
    type = RankedTensorType::get({attribute.ints_size()},
                                 builder.getIntegerType(64, /*isSigned=*/true));
    SmallVector<int64_t> ints(attribute.ints().begin(), attribute.ints().end());
    value = DenseElementsAttr::get(type, ArrayRef<int64_t>(ints));
    break;
  }
  default:
    fail(ErrorCode::Unsupported,
         "a constant of kind " + pb::AttributeProto::AttributeType_Name(attribute.type()) +
             "; attune compiles tensors of numbers only",
         "", where);
  }
  addConstant(loc, value, type, node.output(0));
}

void GraphBuilder::addSubgraph(const pb::GraphProto &graph, Region &region, const NodeName &where,
                               Location loc) {
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(&region);
  for (const pb::ValueInfoProto &input : graph.input())
    values[input.name()] = block->addArgument(typeOf("subgraph input ", input.name(), where), loc);
  addInitializers(graph);
  addNodes(graph);
  SmallVector<Value> results;
  for (const pb::ValueInfoProto &output : graph.output())
    results.push_back(lookup(output.name(), where));
  onnx::YieldOp::create(builder, loc, results);
}

void GraphBuilder::addNode(const pb::NodeProto &node, int index) {
  NodeName where = nameOf(node, index);
  Location loc = nodeLocation(context, where.node, where.op);
  if (node.domain().empty() && node.op_type() == "Constant" && node.attribute_size() == 1 &&
      node.output_size() == 1)
    return addConstantNode(node, where, loc);

  SmallVector<Value> operands;
  for (const std::string &input : node.input())
    operands.push_back(lookup(input, where));
  SmallVector<Type> results;
  for (const std::string &output : node.output())
    results.push_back(output.empty() ? NoneType::get(context) : typeOf("output ", output, where));

  SmallVector<const pb::AttributeProto *> graphs;
  for (const pb::AttributeProto &attribute : node.attribute())
    if (attribute.type() == pb::AttributeProto::GRAPH)
      graphs.push_back(&attribute);
  // The standard names If's branches in this order.
  if (graphs.size() == 2 && graphs[1]->name() == "then_branch")
    std::swap(graphs[0], graphs[1]);

  OperationState state(loc, onnx::NodeOp::getOperationName());
  state.addOperands(operands);
  state.addTypes(results);
  state.addAttribute("op_type", builder.getStringAttr(node.op_type()));
  if (!node.domain().empty())
    state.addAttribute("domain", builder.getStringAttr(node.domain()));
  state.addAttribute("version", builder.getI64IntegerAttr(opsetOf(model, node.domain())));
  DictionaryAttr attributes = convertAttributes(context, node, constants, where);
  if (!attributes.empty())
    state.addAttribute("node_attributes", attributes);
  if (!graphs.empty()) {
    SmallVector<StringRef> names;
    for (const pb::AttributeProto *attribute : graphs) {
      names.push_back(attribute->name());
      state.addRegion();
    }
    state.addAttribute("onnx.subgraphs", builder.getStrArrayAttr(names));
  }
  Operation *op = builder.create(state);
  for (auto [attribute, region] : llvm::zip(graphs, op->getRegions()))
    addSubgraph(attribute->g(), region, where, loc);
  for (auto [name, result] : llvm::zip(node.output(), op->getResults()))
    if (!name.empty())
      values[name] = result;
}

void GraphBuilder::addNodes(const pb::GraphProto &graph) {
  int index = 0;
  for (const pb::NodeProto &node : graph.node())
    addNode(node, index++);
}

void GraphBuilder::buildMain(const std::vector<pb::TypeProto> &statedOutputs) {
  const pb::GraphProto &graph = model.graph();
  builder.setInsertionPointToEnd(module.getBody());
  auto function =
      func::FuncOp::create(builder, module.getLoc(), "main", builder.getFunctionType({}, {}));
  entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);

  SmallVector<Type> arguments, results;
  SmallVector<Attribute> argumentAttrs, resultAttrs;
  auto describe = [&](const std::string &name, const pb::TypeProto &stated, Type type) {
    SmallVector<NamedAttribute> entries{named(onnx::kNameAttr, builder.getStringAttr(name))};
    if (auto ranked = dyn_cast<RankedTensorType>(type)) {
      auto inferred = types.find(name);
      entries.push_back(named(onnx::kDimsAttr,
                              symbols.dims(context, name, stated, ranked,
                                           inferred == types.end() ? nullptr : &inferred->second)));
    }
    return builder.getDictionaryAttr(entries);
  };

  llvm::StringSet<> initializers;
  for (const pb::TensorProto &tensor : graph.initializer())
    initializers.insert(tensor.name());
  for (const pb::ValueInfoProto &input : graph.input()) {
    if (initializers.contains(input.name())) {
      if (model.ir_version() >= 4)
        mlir::emitRemark(nodeLocation(context, input.name(), "Input"))
            << "input '" << input.name() << "' has a default value, which is compiled in";
      continue;
    }
    Type type = typeOf("graph input ", input.name(), {});
    if (isa<NoneType>(type))
      fail(ErrorCode::Malformed, "graph input " + quote(input.name()) + " has no type");
    arguments.push_back(type);
    argumentAttrs.push_back(describe(input.name(), input.type(), type));
    values[input.name()] = entry->addArgument(type, nodeLocation(context, input.name(), "Input"));
  }

  addInitializers(graph);
  addNodes(graph);

  SmallVector<Value> returned;
  for (auto [output, stated] : llvm::zip(graph.output(), statedOutputs)) {
    Value value = lookup(output.name(), {});
    returned.push_back(value);
    results.push_back(value.getType());
    resultAttrs.push_back(describe(output.name(), stated, value.getType()));
  }
  func::ReturnOp::create(builder, module.getLoc(), returned);
  function.setFunctionType(builder.getFunctionType(arguments, results));
  function.setArgAttrsAttr(builder.getArrayAttr(argumentAttrs));
  function.setResAttrsAttr(builder.getArrayAttr(resultAttrs));
}

void buildGraph(ModuleOp module, const pb::ModelProto &model, const ValueTypes &types,
                const std::vector<pb::TypeProto> &statedOutputs, Constants &constants,
                Symbols &symbols, const Limits &limits) {
  GraphBuilder(module, model, types, constants, symbols, limits).buildMain(statedOutputs);
}

} // namespace attune::frontend
