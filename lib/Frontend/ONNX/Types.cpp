// ONNX types as MLIR types.
#include "Builder.h"
#include "Failure.h"

#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;

namespace attune::frontend {

using Data = pb::TensorProto;

Type elementType(MLIRContext *context, int32_t dataType, const NodeName &where,
                 const llvm::Twine &what) {
  Builder builder(context);
  auto integer = [&](unsigned bits, bool isSigned) -> Type {
    return IntegerType::get(context, bits, isSigned ? IntegerType::Signed : IntegerType::Unsigned);
  };
  switch (dataType) {
  case Data::FLOAT:
    return builder.getF32Type();
  case Data::FLOAT16:
    return builder.getF16Type();
  case Data::BFLOAT16:
    return builder.getBF16Type();
  case Data::DOUBLE:
    return builder.getF64Type();
  case Data::BOOL:
    return builder.getI1Type();
  case Data::UINT8:
    return integer(8, false);
  case Data::INT8:
    return integer(8, true);
  case Data::UINT16:
    return integer(16, false);
  case Data::INT16:
    return integer(16, true);
  case Data::UINT32:
    return integer(32, false);
  case Data::INT32:
    return integer(32, true);
  case Data::UINT64:
    return integer(64, false);
  case Data::INT64:
    return integer(64, true);
  case Data::UINT4:
    return integer(4, false);
  case Data::INT4:
    return integer(4, true);
  case Data::UINT2:
    return integer(2, false);
  case Data::INT2:
    return integer(2, true);
  case Data::COMPLEX64:
    return ComplexType::get(builder.getF32Type());
  case Data::COMPLEX128:
    return ComplexType::get(builder.getF64Type());
  case Data::FLOAT8E4M3FN:
    return Float8E4M3FNType::get(context);
  case Data::FLOAT8E4M3FNUZ:
    return Float8E4M3FNUZType::get(context);
  case Data::FLOAT8E5M2:
    return Float8E5M2Type::get(context);
  case Data::FLOAT8E5M2FNUZ:
    return Float8E5M2FNUZType::get(context);
  case Data::FLOAT8E8M0:
    return Float8E8M0FNUType::get(context);
  case Data::FLOAT4E2M1:
    return Float4E2M1FNType::get(context);
  default:
    break;
  }
  bool named = Data::DataType_IsValid(dataType), known = named && dataType != Data::UNDEFINED;
  std::string name =
      named ? Data::DataType_Name(static_cast<Data::DataType>(dataType)) : std::to_string(dataType);
  fail(known ? ErrorCode::Unsupported : ErrorCode::Malformed,
       what + " has element type " + name + ", which " +
           (known ? "attune does not compile" : "ONNX does not define"),
       "", where);
}

static Type tensorType(MLIRContext *context, const pb::TypeProto::Tensor &tensor,
                       const Limits &limits, const NodeName &where, const llvm::Twine &what) {
  if (tensor.elem_type() == Data::UNDEFINED)
    return NoneType::get(context);
  Type element = elementType(context, tensor.elem_type(), where, what);
  if (!tensor.has_shape())
    return UnrankedTensorType::get(element);
  if (static_cast<uint64_t>(tensor.shape().dim_size()) > limits.rank)
    failLimit(what + " has too many dimensions", limits.rank, "rank");
  SmallVector<int64_t> shape;
  uint64_t count = 1;
  for (const pb::TensorShapeProto::Dimension &dim : tensor.shape().dim()) {
    if (!dim.has_dim_value()) {
      shape.push_back(ShapedType::kDynamic);
      continue;
    }
    if (dim.dim_value() < 0)
      fail(ErrorCode::Malformed,
           what + " has a negative dimension (" + llvm::Twine(dim.dim_value()) + ")", "", where);
    auto size = static_cast<uint64_t>(std::max<int64_t>(dim.dim_value(), 1));
    auto next = llvm::checkedMulUnsigned(count, size);
    if (!next || *next > (uint64_t{1} << 55))
      fail(ErrorCode::Limit, what + " has more than 2^55 elements", "", where);
    count = *next;
    shape.push_back(dim.dim_value());
  }
  return RankedTensorType::get(shape, element);
}

Type valueType(MLIRContext *context, const pb::TypeProto *type, const Limits &limits,
               const NodeName &where, const llvm::Twine &what) {
  if (!type)
    return NoneType::get(context);
  const char *kind = "an unknown type";
  switch (type->value_case()) {
  case pb::TypeProto::VALUE_NOT_SET:
    return NoneType::get(context);
  case pb::TypeProto::kTensorType:
    return tensorType(context, type->tensor_type(), limits, where, what);
  case pb::TypeProto::kSequenceType:
    kind = "a sequence";
    break;
  case pb::TypeProto::kMapType:
    kind = "a map";
    break;
  case pb::TypeProto::kOptionalType:
    kind = "an optional";
    break;
  case pb::TypeProto::kSparseTensorType:
    kind = "a sparse tensor";
    break;
  case pb::TypeProto::kOpaqueType:
    kind = "an opaque type";
    break;
  }
  fail(ErrorCode::Unsupported, what + " is " + kind + "; attune compiles tensors only", "", where);
}

} // namespace attune::frontend
