// The tables behind Layout.h, after onnx.proto of ONNX 1.23 (field numbers are the format).
#include "Layout.h"

#include "llvm/ADT/STLExtras.h"

namespace attune::frontend {

namespace {
using M = Message;
using T = Treatment;

constexpr FieldRule kRules[] = {
    {M::Model, 1, Wire::Varint, T::One, M::None, "ir_version"},
    {M::Model, 7, Wire::Bytes, T::OneChild, M::Graph, "graph"},
    {M::Model, 8, Wire::Bytes, T::Children, M::OpsetId, "opset_import"},
    {M::Model, 25, Wire::Bytes, T::Children, M::Function, "functions"},

    {M::OpsetId, 1, Wire::Bytes, T::One, M::None, "domain"},
    {M::OpsetId, 2, Wire::Varint, T::One, M::None, "version"},

    {M::Graph, 1, Wire::Bytes, T::Children, M::Node, "node"},
    {M::Graph, 2, Wire::Bytes, T::One, M::None, "name"},
    {M::Graph, 5, Wire::Bytes, T::Children, M::Tensor, "initializer"},
    {M::Graph, 11, Wire::Bytes, T::Children, M::ValueInfo, "input"},
    {M::Graph, 12, Wire::Bytes, T::Children, M::ValueInfo, "output"},
    {M::Graph, 13, Wire::Bytes, T::Children, M::ValueInfo, "value_info"},
    {M::Graph, 15, Wire::Bytes, T::Children, M::SparseTensor, "sparse_initializer"},

    {M::Node, 1, Wire::Bytes, T::List, M::None, "input"},
    {M::Node, 2, Wire::Bytes, T::List, M::None, "output"},
    {M::Node, 3, Wire::Bytes, T::One, M::None, "name"},
    {M::Node, 4, Wire::Bytes, T::One, M::None, "op_type"},
    {M::Node, 5, Wire::Bytes, T::Children, M::Attribute, "attribute"},
    {M::Node, 7, Wire::Bytes, T::One, M::None, "domain"},
    {M::Node, 8, Wire::Bytes, T::One, M::None, "overload"},

    {M::Attribute, 1, Wire::Bytes, T::One, M::None, "name"},
    {M::Attribute, 2, Wire::Fixed32, T::One, M::None, "f"},
    {M::Attribute, 3, Wire::Varint, T::One, M::None, "i"},
    {M::Attribute, 4, Wire::Bytes, T::One, M::None, "s"},
    {M::Attribute, 5, Wire::Bytes, T::OneChild, M::Tensor, "t"},
    {M::Attribute, 6, Wire::Bytes, T::OneChild, M::Graph, "g"},
    {M::Attribute, 7, Wire::Fixed32, T::List, M::None, "floats"},
    {M::Attribute, 8, Wire::Varint, T::List, M::None, "ints"},
    {M::Attribute, 9, Wire::Bytes, T::List, M::None, "strings"},
    {M::Attribute, 10, Wire::Bytes, T::Children, M::Tensor, "tensors"},
    {M::Attribute, 11, Wire::Bytes, T::Children, M::Graph, "graphs"},
    {M::Attribute, 14, Wire::Bytes, T::OneChild, M::Type, "tp"},
    {M::Attribute, 15, Wire::Bytes, T::Children, M::Type, "type_protos"},
    {M::Attribute, 20, Wire::Varint, T::One, M::None, "type"},
    {M::Attribute, 21, Wire::Bytes, T::One, M::None, "ref_attr_name"},
    {M::Attribute, 22, Wire::Bytes, T::OneChild, M::SparseTensor, "sparse_tensor"},
    {M::Attribute, 23, Wire::Bytes, T::Children, M::SparseTensor, "sparse_tensors"},

    {M::SparseTensor, 1, Wire::Bytes, T::OneChild, M::Tensor, "values"},
    {M::SparseTensor, 2, Wire::Bytes, T::OneChild, M::Tensor, "indices"},
    {M::SparseTensor, 3, Wire::Varint, T::List, M::None, "dims"},

    {M::Function, 1, Wire::Bytes, T::One, M::None, "name"},
    {M::Function, 4, Wire::Bytes, T::List, M::None, "input"},
    {M::Function, 5, Wire::Bytes, T::List, M::None, "output"},
    {M::Function, 6, Wire::Bytes, T::List, M::None, "attribute"},
    {M::Function, 7, Wire::Bytes, T::Children, M::Node, "node"},
    {M::Function, 9, Wire::Bytes, T::Children, M::OpsetId, "opset_import"},
    {M::Function, 10, Wire::Bytes, T::One, M::None, "domain"},
    {M::Function, 11, Wire::Bytes, T::Children, M::Attribute, "attribute_proto"},
    {M::Function, 12, Wire::Bytes, T::Children, M::ValueInfo, "value_info"},
    {M::Function, 13, Wire::Bytes, T::One, M::None, "overload"},

    {M::ValueInfo, 1, Wire::Bytes, T::One, M::None, "name"},
    {M::ValueInfo, 2, Wire::Bytes, T::OneChild, M::Type, "type"},

    {M::Type, 1, Wire::Bytes, T::OneChild, M::TensorType, "tensor_type"},
    {M::Type, 4, Wire::Bytes, T::OneChild, M::SequenceType, "sequence_type"},
    {M::Type, 5, Wire::Bytes, T::OneChild, M::MapType, "map_type"},
    {M::Type, 7, Wire::Bytes, T::OneChild, M::OpaqueType, "opaque_type"},
    {M::Type, 8, Wire::Bytes, T::OneChild, M::TensorType, "sparse_tensor_type"},
    {M::Type, 9, Wire::Bytes, T::OneChild, M::OptionalType, "optional_type"},

    {M::TensorType, 1, Wire::Varint, T::One, M::None, "elem_type"},
    {M::TensorType, 2, Wire::Bytes, T::OneChild, M::Shape, "shape"},
    {M::SequenceType, 1, Wire::Bytes, T::OneChild, M::Type, "elem_type"},
    {M::OptionalType, 1, Wire::Bytes, T::OneChild, M::Type, "elem_type"},
    {M::MapType, 1, Wire::Varint, T::One, M::None, "key_type"},
    {M::MapType, 2, Wire::Bytes, T::OneChild, M::Type, "value_type"},
    {M::OpaqueType, 1, Wire::Bytes, T::One, M::None, "domain"},
    {M::OpaqueType, 2, Wire::Bytes, T::One, M::None, "name"},
    {M::Shape, 1, Wire::Bytes, T::Children, M::Dimension, "dim"},
    {M::Dimension, 1, Wire::Varint, T::One, M::None, "dim_value"},
    {M::Dimension, 2, Wire::Bytes, T::One, M::None, "dim_param"},
};

/// By data type: FLOAT is 1. Types of no bits are strings and what MLIR cannot hold.
constexpr ElementStorage kStorage[] = {
    {},                   // UNDEFINED
    {32, FloatData, 4},   // FLOAT
    {8, Int32Data, 1},    // UINT8
    {8, Int32Data, 1},    // INT8
    {16, Int32Data, 2},   // UINT16
    {16, Int32Data, 2},   // INT16
    {32, Int32Data, 4},   // INT32
    {64, Int64Data, 8},   // INT64
    {},                   // STRING
    {8, Int32Data, 1},    // BOOL
    {16, Int32Data, 2},   // FLOAT16
    {64, DoubleData, 8},  // DOUBLE
    {32, Uint64Data, 4},  // UINT32
    {64, Uint64Data, 8},  // UINT64
    {64, FloatData, 4},   // COMPLEX64
    {128, DoubleData, 8}, // COMPLEX128
    {16, Int32Data, 2},   // BFLOAT16
    {8, Int32Data, 1},    // FLOAT8E4M3FN
    {8, Int32Data, 1},    // FLOAT8E4M3FNUZ
    {8, Int32Data, 1},    // FLOAT8E5M2
    {8, Int32Data, 1},    // FLOAT8E5M2FNUZ
    {4, Int32Data, 1},    // UINT4
    {4, Int32Data, 1},    // INT4
    {4, Int32Data, 1},    // FLOAT4E2M1
    {8, Int32Data, 1},    // FLOAT8E8M0
    {2, Int32Data, 1},    // UINT2
    {2, Int32Data, 1},    // INT2
};
} // namespace

const FieldRule *findRule(Message message, uint32_t number) {
  const auto *rule = llvm::find_if(kRules, [&](const FieldRule &candidate) {
    return candidate.message == message && candidate.number == number;
  });
  return rule == std::end(kRules) ? nullptr : rule;
}

std::optional<ElementStorage> storageOf(int64_t dataType) {
  if (static_cast<uint64_t>(dataType) >= std::size(kStorage) || !kStorage[dataType].bits)
    return std::nullopt;
  return kStorage[dataType];
}

} // namespace attune::frontend
