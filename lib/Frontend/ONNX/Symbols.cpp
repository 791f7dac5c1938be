// Dimension texts of the file as symbols of the program.
#include "Builder.h"
#include "Failure.h"

#include "attune/Support/SymbolicExpression.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace attune::frontend {

/// `text` with every character that no identifier has replaced, not starting with a digit.
static std::string identifier(llvm::StringRef text) {
  std::string out;
  for (char c : text.take_front(100))
    out += llvm::isAlnum(c) || c == '_' ? c : '_';
  if (out.empty() || llvm::isDigit(out.front()))
    out.insert(0, "d_");
  return SymbolicExpression::isSymbolName(out) ? out : out + "_";
}

static void forEachDim(pb::TypeProto &type,
                       llvm::function_ref<void(pb::TensorShapeProto::Dimension &)> visit) {
  if (type.has_tensor_type() && type.tensor_type().has_shape())
    for (auto &dim : *type.mutable_tensor_type()->mutable_shape()->mutable_dim())
      visit(dim);
}

Symbols::Symbols(pb::GraphProto &graph) {
  auto note = [&](pb::TensorShapeProto::Dimension &dim) {
    if (!dim.has_dim_param())
      return;
    if (dim.dim_param().empty()) {
      dim.clear_value();
      return;
    }
    std::optional<SymbolicExpression> expression = SymbolicExpression::parse(dim.dim_param());
    if (!expression || !expression->isValid())
      return;
    if (std::optional<int64_t> constant = expression->constant()) {
      if (*constant >= 0)
        dim.set_dim_value(*constant);
      else
        dim.clear_value();
      return;
    }
    known[dim.dim_param()] = expression->str();
    expression->forEachSymbol([&](llvm::StringRef name) { taken.insert(name); });
  };
  for (pb::ValueInfoProto &input : *graph.mutable_input())
    forEachDim(*input.mutable_type(), note);
  for (pb::ValueInfoProto &output : *graph.mutable_output())
    forEachDim(*output.mutable_type(), note);
}

std::string Symbols::fresh(const std::string &wish) {
  std::string name = identifier(wish);
  for (unsigned i = 0; !taken.insert(name).second; ++i)
    name = identifier(wish) + "_" + std::to_string(i);
  return name;
}

std::string Symbols::text(const std::string &param) {
  auto found = known.find(param);
  if (found != known.end())
    return found->second;
  return known[param] = fresh(param);
}

ArrayAttr Symbols::dims(MLIRContext *context, llvm::StringRef value, const pb::TypeProto &stated,
                        RankedTensorType actual, const pb::TypeProto *inferred) {
  Builder builder(context);
  auto paramOf = [&](const pb::TypeProto *type, int64_t i) -> std::string {
    if (!type || !type->has_tensor_type() || !type->tensor_type().has_shape() ||
        type->tensor_type().shape().dim_size() != actual.getRank())
      return "";
    return type->tensor_type().shape().dim(static_cast<int>(i)).dim_param();
  };
  SmallVector<Attribute> entries;
  for (int64_t i = 0; i < actual.getRank(); ++i) {
    if (!actual.isDynamicDim(i)) {
      entries.push_back(builder.getI64IntegerAttr(actual.getDimSize(i)));
      continue;
    }
    std::string param = paramOf(&stated, i);
    // Inference names what it does not know after itself: only the model's names count.
    if (param.empty() && known.count(paramOf(inferred, i)))
      param = paramOf(inferred, i);
    entries.push_back(builder.getStringAttr(
        param.empty() ? fresh((value + "_d" + llvm::Twine(i)).str()) : text(param)));
  }
  return builder.getArrayAttr(entries);
}

} // namespace attune::frontend
