// ONNX Runtime's operators, as its optimiser and model builders write them: which input each
// result has its element type from. Models that use them often state no types in between.
#include "Extensions.h"

#include "onnx/defs/shape_inference.h"

#include <array>
#include <optional>

namespace attune::frontend {

namespace {
constexpr int kInt32 = -1; ///< the result has 32-bit integers

/// Results beyond the last entry have the type of the last.
struct Extension {
  const char *domain;
  const char *opType;
  std::array<int, 3> from;
};

constexpr const char *kMicrosoft = "com.microsoft";

// In the standard's domain are those that the optimiser writes for any opset.
constexpr Extension kExtensions[] = {
    {"", "LayerNormalization", {0, 0, 0}},
    {"", "SimplifiedLayerNormalization", {0, 0, 0}},
    {kMicrosoft, "Attention", {0, 0, 0}},
    {kMicrosoft, "BiasGelu", {0, 0, 0}},
    {kMicrosoft, "EmbedLayerNormalization", {2, kInt32, 2}},
    {kMicrosoft, "FastGelu", {0, 0, 0}},
    {kMicrosoft, "FusedGemm", {0, 0, 0}},
    {kMicrosoft, "FusedMatMul", {0, 0, 0}},
    {kMicrosoft, "Gelu", {0, 0, 0}},
    {kMicrosoft, "GroupQueryAttention", {0, 0, 0}},
    {kMicrosoft, "MultiHeadAttention", {0, 0, 0}},
    {kMicrosoft, "QuickGelu", {0, 0, 0}},
    {kMicrosoft, "RotaryEmbedding", {0, 0, 0}},
    {kMicrosoft, "SkipLayerNormalization", {0, 0, 0}},
    {kMicrosoft, "SkipSimplifiedLayerNormalization", {0, 0, 0}},
};
} // namespace

static void inferElements(const Extension &extension, pb::InferenceContext &context) {
  for (size_t i = 0; i < context.getNumOutputs(); ++i) {
    int from = extension.from[std::min(i, extension.from.size() - 1)];
    if (from == kInt32) {
      pb::updateOutputElemType(context, i, pb::TensorProto::INT32);
      continue;
    }
    auto input = static_cast<size_t>(from);
    const pb::TypeProto *type =
        input < context.getNumInputs() ? context.getInputType(input) : nullptr;
    if (type && type->has_tensor_type() && type->tensor_type().elem_type() != 0)
      pb::updateOutputElemType(context, i, type->tensor_type().elem_type());
  }
}

std::unique_ptr<pb::OpSchema> extensionSchema(const std::string &opType,
                                              const std::string &domain) {
  for (const Extension &extension : kExtensions) {
    if (domain != extension.domain || opType != extension.opType)
      continue;
    auto schema = std::make_unique<pb::OpSchema>(opType, __FILE__, __LINE__);
    schema->TypeAndShapeInferenceFunction(
        [&extension](pb::InferenceContext &context) { inferElements(extension, context); });
    return schema;
  }
  return nullptr;
}

} // namespace attune::frontend
