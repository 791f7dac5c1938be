// ONNX Runtime's activations of a sum.
#include "Operators.h"
#include "Scalars.h"

using namespace mlir;

namespace attune::graph {
namespace {

using transformer::ActivationKind;

/// kind(x + bias); the bias is a vector over the last dimension.
template <ActivationKind kind> LogicalResult biasedActivation(Converter &c) {
  Tensor input = c.operand(0);
  Type element = input.element();
  if (!isa<FloatType>(element))
    return c.malformed("its input is no float");
  SmallVector<Tensor> inputs{input};
  SymbolicShape dims = input.dims;
  if (c.has(1)) {
    Tensor bias = c.operand(1);
    if (bias.element() != element || bias.rank() != 1 || input.rank() == 0)
      return c.malformed("its bias is no vector of its input's type");
    if (!c.requireEqual(bias.dims[0], dims.back()))
      return failure();
    if (bias.dims[0].constant())
      dims.back() = bias.dims[0];
    inputs.push_back(bias);
  }
  return c.result(
      c.elementwise(inputs, dims, element, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        Scalars s{b, element};
        Value sum = args.size() > 1 ? s.add(args[0], args[1]) : args[0];
        return transformer::ActivationOp::create(b, kind, sum);
      }));
}

} // namespace

llvm::ArrayRef<Operator> fusedOperators() {
  static const Operator operators[] = {
      {"BiasGelu", 1, 2, 2, biasedActivation<ActivationKind::Gelu>, kMicrosoft},
      {"FastGelu", 1, 1, 2, biasedActivation<ActivationKind::GeluTanh>, kMicrosoft},
  };
  return operators;
}

} // namespace attune::graph
