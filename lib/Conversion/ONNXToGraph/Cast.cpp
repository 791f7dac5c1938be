// Cast and CastLike.
#include "Operators.h"
#include "Scalars.h"

#include "attune/Runtime/Core/ArtifactFormat.h"

using namespace mlir;

namespace attune::graph {
namespace {

using runtime::ElementType;

/// The type that an ONNX data type number names, with signedness; null when there is none here.
Type typeOf(MLIRContext *context, int64_t number) {
  Builder b(context);
  auto integer = [&](unsigned width, bool isUnsigned) {
    return IntegerType::get(context, width,
                            isUnsigned ? IntegerType::Unsigned : IntegerType::Signed);
  };
  switch (static_cast<ElementType>(number)) {
  case ElementType::Float32:
    return b.getF32Type();
  case ElementType::Float64:
    return b.getF64Type();
  case ElementType::Float16:
    return b.getF16Type();
  case ElementType::BFloat16:
    return b.getBF16Type();
  case ElementType::Bool:
    return b.getI1Type();
  case ElementType::Int8:
    return integer(8, false);
  case ElementType::Int16:
    return integer(16, false);
  case ElementType::Int32:
    return integer(32, false);
  case ElementType::Int64:
    return integer(64, false);
  case ElementType::UInt8:
    return integer(8, true);
  case ElementType::UInt16:
    return integer(16, true);
  case ElementType::UInt32:
    return integer(32, true);
  case ElementType::UInt64:
    return integer(64, true);
  }
  return {};
}

LogicalResult castTo(Converter &c, Type to, bool toUnsigned) {
  bool fromUnsigned = c.isUnsigned(0);
  Tensor input = c.operand(0);
  bool same = input.element() == to && (!isa<IntegerType>(to) || fromUnsigned == toUnsigned);
  Tensor output =
      same || input.element() == to
          ? input
          : c.elementwise({input}, input.dims, to, [&](ImplicitLocOpBuilder &b, ValueRange args) {
              return castScalar(b, args[0], fromUnsigned, to, toUnsigned);
            });
  if (failed(c.result(output)))
    return failure();
  if (const SymbolicShape *known = c.elements(0); known && same)
    c.alsoElements(*known);
  return success();
}

LogicalResult cast(Converter &c) {
  int64_t number = c.integer("to", 0);
  Type type = number > 0 && number < 32 ? typeOf(c.b.getContext(), number) : Type();
  if (!type)
    return c.unsupported("it casts to element type " + Twine(number));
  return castTo(c, signlessElement(type), type.isUnsignedInteger());
}

LogicalResult castLike(Converter &c) { return castTo(c, c.element(1), c.isUnsigned(1)); }

} // namespace

llvm::ArrayRef<Operator> castOperators() {
  static const Operator operators[] = {
      {"Cast", 6, 1, 1, cast},
      {"CastLike", 15, 2, 2, castLike},
  };
  return operators;
}

} // namespace attune::graph
