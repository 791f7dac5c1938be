// Guards before shape inference, by operator.
#include "InferenceGuards.h"

#include "Failure.h"

namespace attune::frontend {

namespace pb = ::onnx;

/// The rank of an input, or -1.
static int64_t rankOf(pb::InferenceContext &context, size_t input) {
  if (input >= context.getNumInputs())
    return -1;
  const pb::TypeProto *type = context.getInputType(input);
  if (!type || !type->has_tensor_type() || !type->tensor_type().has_shape())
    return -1;
  return type->tensor_type().shape().dim_size();
}

int64_t vectorLength(const pb::TypeProto *type) {
  if (!type || !type->has_tensor_type() || !type->tensor_type().has_shape() ||
      type->tensor_type().shape().dim_size() != 1)
    return 0;
  return type->tensor_type().shape().dim(0).dim_value();
}

/// Normalisations walk the dimensions from `axis` on.
static void checkNormalizationAxis(pb::InferenceContext &context) {
  const pb::AttributeProto *axis = context.getAttribute("axis");
  int64_t rank = rankOf(context, 0);
  if (axis && rank >= 0 && (axis->i() < -rank || axis->i() >= rank))
    fail(ErrorCode::Malformed, "axis is " + llvm::Twine(axis->i()) + ", but the input has " +
                                   llvm::Twine(rank) + " dimensions");
}

void checkInferenceInputs(const std::string &op, pb::InferenceContext &context,
                          const Limits &limits) {
  if (op == "LayerNormalization" || op == "RMSNormalization")
    checkNormalizationAxis(context);
  // These make as many dimensions as a vector has elements.
  if (op == "Expand" || op == "Col2Im")
    for (size_t i = 1; i < context.getNumInputs(); ++i)
      if (int64_t length = vectorLength(context.getInputType(i));
          length > 0 && static_cast<uint64_t>(length) > limits.rank)
        failLimit("a result has too many dimensions", limits.rank, "rank");
  // This makes as many parts as an attribute says.
  if (op == "Split")
    if (const pb::AttributeProto *parts = context.getAttribute("num_outputs"))
      if (parts->i() != static_cast<int64_t>(context.getNumOutputs()))
        fail(ErrorCode::Malformed, "num_outputs is " + llvm::Twine(parts->i()) +
                                       ", but the node has " +
                                       llvm::Twine(context.getNumOutputs()) + " outputs");
}

} // namespace attune::frontend
