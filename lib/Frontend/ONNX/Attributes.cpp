// Node attributes, each as the MLIR attribute that means the same.
#include "Builder.h"
#include "Failure.h"

using namespace mlir;

namespace attune::frontend {

static Attribute convertOne(Builder &builder, const pb::AttributeProto &attribute,
                            Constants &constants, const NodeName &where) {
  switch (attribute.type()) {
  case pb::AttributeProto::FLOAT:
    return builder.getF32FloatAttr(attribute.f());
  case pb::AttributeProto::INT:
    return builder.getI64IntegerAttr(attribute.i());
  case pb::AttributeProto::STRING:
    return builder.getStringAttr(attribute.s());
  case pb::AttributeProto::TENSOR: {
    RankedTensorType type;
    return constants.convert(attribute.t(), where, "attribute " + quote(attribute.name()), type);
  }
  case pb::AttributeProto::FLOATS:
    return builder.getDenseF32ArrayAttr(llvm::to_vector(attribute.floats()));
  case pb::AttributeProto::INTS: {
    SmallVector<int64_t> values(attribute.ints().begin(), attribute.ints().end());
    return builder.getDenseI64ArrayAttr(values);
  }
  case pb::AttributeProto::STRINGS: {
    SmallVector<Attribute> values;
    for (const std::string &value : attribute.strings())
      values.push_back(builder.getStringAttr(value));
    return builder.getArrayAttr(values);
  }
  case pb::AttributeProto::TENSORS: {
    SmallVector<Attribute> values;
    RankedTensorType type;
    for (const pb::TensorProto &tensor : attribute.tensors())
      values.push_back(
          constants.convert(tensor, where, "attribute " + quote(attribute.name()), type));
    return builder.getArrayAttr(values);
  }
  case pb::AttributeProto::UNDEFINED:
    fail(ErrorCode::Malformed, "attribute " + quote(attribute.name()) + " states no type", "",
         where);
  default:
    fail(ErrorCode::Unsupported,
         "attribute " + quote(attribute.name()) + " is of kind " +
             pb::AttributeProto::AttributeType_Name(attribute.type()) +
             ", which attune does not compile",
         "", where);
  }
}

DictionaryAttr convertAttributes(MLIRContext *context, const pb::NodeProto &node,
                                 Constants &constants, const NodeName &where) {
  Builder builder(context);
  NamedAttrList entries;
  for (const pb::AttributeProto &attribute : node.attribute()) {
    if (attribute.type() == pb::AttributeProto::GRAPH)
      continue;
    entries.append(attribute.name(), convertOne(builder, attribute, constants, where));
  }
  return entries.getDictionary(context);
}

} // namespace attune::frontend
