// The reader's tables against the ONNX library's own description of the format.
#include "Layout.h"

#include "onnx/onnx_pb.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

using namespace attune::frontend;
namespace pb = ::onnx;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

namespace {

/// The messages that have rules, by the library's types; both sparse and dense tensor types
/// are read as one.
const std::pair<Message, const Descriptor *> kMessages[] = {
    {Message::Model, pb::ModelProto::descriptor()},
    {Message::Graph, pb::GraphProto::descriptor()},
    {Message::Node, pb::NodeProto::descriptor()},
    {Message::Attribute, pb::AttributeProto::descriptor()},
    {Message::SparseTensor, pb::SparseTensorProto::descriptor()},
    {Message::Function, pb::FunctionProto::descriptor()},
    {Message::ValueInfo, pb::ValueInfoProto::descriptor()},
    {Message::Type, pb::TypeProto::descriptor()},
    {Message::TensorType, pb::TypeProto_Tensor::descriptor()},
    {Message::TensorType, pb::TypeProto_SparseTensor::descriptor()},
    {Message::SequenceType, pb::TypeProto_Sequence::descriptor()},
    {Message::MapType, pb::TypeProto_Map::descriptor()},
    {Message::OptionalType, pb::TypeProto_Optional::descriptor()},
    {Message::OpaqueType, pb::TypeProto_Opaque::descriptor()},
    {Message::Shape, pb::TensorShapeProto::descriptor()},
    {Message::Dimension, pb::TensorShapeProto_Dimension::descriptor()},
    {Message::OpsetId, pb::OperatorSetIdProto::descriptor()},
};

/// What no compiler needs.
const std::set<std::string> kDropped = {
    "doc_string",    "metadata_props",          "denotation",           "producer_name",
    "domain",        "producer_version",        "model_version",        "training_info",
    "configuration", "quantization_annotation", "device_configurations"};

Wire wireOf(const FieldDescriptor &field) {
  switch (field.type()) {
  case FieldDescriptor::TYPE_MESSAGE:
  case FieldDescriptor::TYPE_STRING:
  case FieldDescriptor::TYPE_BYTES:
    return Wire::Bytes;
  case FieldDescriptor::TYPE_FLOAT:
    return Wire::Fixed32;
  default:
    return Wire::Varint;
  }
}

Treatment treatmentOf(const FieldDescriptor &field) {
  bool isMessage = field.message_type() != nullptr;
  if (field.is_repeated())
    return isMessage ? Treatment::Children : Treatment::List;
  return isMessage ? Treatment::OneChild : Treatment::One;
}

TEST(Layout, RulesAreThoseOfTheFormat) {
  std::map<const Descriptor *, Message> known = {{pb::TensorProto::descriptor(), Message::Tensor}};
  for (const auto &[message, descriptor] : kMessages)
    known[descriptor] = message;
  for (const auto &[message, descriptor] : kMessages)
    for (uint32_t number = 0; number < 40; ++number) {
      const FieldRule *rule = findRule(message, number);
      const FieldDescriptor *field = descriptor->FindFieldByNumber(static_cast<int>(number));
      if (!rule) {
        EXPECT_TRUE(!field || kDropped.count(field->name())) << descriptor->full_name() << number;
        continue;
      }
      ASSERT_TRUE(field) << descriptor->full_name() << " has no field " << number;
      EXPECT_EQ(rule->name, field->name());
      EXPECT_EQ(rule->wire, wireOf(*field)) << field->full_name();
      EXPECT_EQ(rule->treatment, treatmentOf(*field)) << field->full_name();
      const Descriptor *child = field->message_type();
      EXPECT_EQ(rule->child, child ? known.at(child) : Message::None) << field->full_name();
    }
  EXPECT_FALSE(findRule(Message::Model, 20)); // training
}

TEST(Layout, TensorFieldsAreThoseOfTheFormat) {
  const std::pair<TensorField, const char *> fields[] = {{Dims, "dims"},
                                                         {DataType, "data_type"},
                                                         {Segment, "segment"},
                                                         {FloatData, "float_data"},
                                                         {Int32Data, "int32_data"},
                                                         {StringData, "string_data"},
                                                         {Int64Data, "int64_data"},
                                                         {Name, "name"},
                                                         {RawData, "raw_data"},
                                                         {DoubleData, "double_data"},
                                                         {Uint64Data, "uint64_data"},
                                                         {ExternalData, "external_data"},
                                                         {DataLocation, "data_location"}};
  for (auto [number, name] : fields)
    EXPECT_EQ(pb::TensorProto::descriptor()->FindFieldByNumber(number)->name(), name);
}

TEST(Layout, ElementsAreStoredAsTheFormatSays) {
  using T = pb::TensorProto;
  const struct {
    TensorField field;
    unsigned entryBytes, bits;
    std::vector<int> types;
  } groups[] = {
      {FloatData, 4, 32, {T::FLOAT}},
      {FloatData, 4, 64, {T::COMPLEX64}},
      {DoubleData, 8, 64, {T::DOUBLE}},
      {DoubleData, 8, 128, {T::COMPLEX128}},
      {Int64Data, 8, 64, {T::INT64}},
      {Uint64Data, 8, 64, {T::UINT64}},
      {Uint64Data, 4, 32, {T::UINT32}},
      {Int32Data, 4, 32, {T::INT32}},
      {Int32Data, 2, 16, {T::INT16, T::UINT16, T::FLOAT16, T::BFLOAT16}},
      {Int32Data, 1, 8, {T::INT8, T::UINT8, T::BOOL, T::FLOAT8E4M3FN, T::FLOAT8E4M3FNUZ}},
      {Int32Data, 1, 8, {T::FLOAT8E5M2, T::FLOAT8E5M2FNUZ, T::FLOAT8E8M0}},
      {Int32Data, 1, 4, {T::INT4, T::UINT4, T::FLOAT4E2M1}},
      {Int32Data, 1, 2, {T::INT2, T::UINT2}},
  };
  std::set<int64_t> stored;
  for (const auto &group : groups)
    for (int type : group.types) {
      std::optional<ElementStorage> storage = storageOf(type);
      ASSERT_TRUE(storage) << type;
      EXPECT_EQ(storage->typedField, group.field) << type;
      EXPECT_EQ(storage->entryBytes, group.entryBytes) << type;
      EXPECT_EQ(storage->bits, group.bits) << type;
      stored.insert(type);
    }
  for (int64_t type : {-1, 0, 8, 27, 28, 1000})
    EXPECT_FALSE(storageOf(type)) << type;
  EXPECT_FALSE(storageOf(INT64_MIN));
  for (int64_t type = 0; type < 64; ++type)
    EXPECT_EQ(storageOf(type).has_value(), stored.count(type) == 1) << type;
}

} // namespace
