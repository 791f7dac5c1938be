// Bounds of everything in a tables section. Nothing else looks at the tables before this has
// passed, and nothing checks them again.

#include "attune/Runtime/Core/Artifact.h"
#include "attune/Runtime/Core/DimExpression.h"
#include "attune/Runtime/Core/ElementType.h"

using namespace attune::runtime;

namespace {

constexpr uint64_t kMaxRank = 64;
constexpr uint64_t kMaxBuffers = 4096;
constexpr uint64_t kMaxWords = 4096;

class TablesChecker {
public:
  TablesChecker(View<const uint8_t> bytes, uint64_t weightsBytes)
      : bytes(bytes), weightsBytes(weightsBytes) {}

  std::string_view check() {
    if (bytes.size() < sizeof(Tables))
      return "the tables are shorter than their head";
    head = reinterpret_cast<const Tables *>(bytes.data());
    if (!checkArrays())
      return "a table reaches outside its section";
    for (Range range :
         {head->compiler, head->target, head->features, head->options, head->certificate})
      if (!isText(range))
        return "a string reaches outside the tables";
    for (auto step : {&TablesChecker::checkTensors, &TablesChecker::checkSymbols,
                      &TablesChecker::checkDimensions, &TablesChecker::checkGuards,
                      &TablesChecker::checkConstants, &TablesChecker::checkDispatches})
      if (std::string_view problem = (this->*step)(); !problem.empty())
        return problem;
    return {};
  }

private:
  template <typename T> bool isArray(Range range) const {
    return range.offset % alignof(T) == 0 && range.offset <= bytes.size() &&
           range.count <= (bytes.size() - range.offset) / sizeof(T);
  }
  bool isText(Range range) const { return isArray<char>(range); }
  template <typename T> View<const T> records(Range range) const {
    return {reinterpret_cast<const T *>(bytes.data() + range.offset), range.count};
  }
  std::string_view text(Range range) const {
    return {reinterpret_cast<const char *>(bytes.data()) + range.offset, range.count};
  }

  bool checkArrays() const {
    return isArray<TensorRecord>(head->inputs) && isArray<TensorRecord>(head->outputs) &&
           isArray<SymbolRecord>(head->symbols) && isArray<GuardRecord>(head->guards) &&
           isArray<ConstantRecord>(head->constants) && isArray<DispatchRecord>(head->dispatches) &&
           isArray<VariantRecord>(head->variants);
  }

  std::string_view checkTensors() {
    for (Range array : {head->inputs, head->outputs})
      for (const TensorRecord &tensor : records<TensorRecord>(array)) {
        if (!isText(tensor.name))
          return "a tensor's name reaches outside the tables";
        if (!elementBytes(tensor.type))
          return "a tensor has an unknown element type";
        if (tensor.dims.count > kMaxRank || !isArray<DimRecord>(tensor.dims))
          return "a tensor's dimensions reach outside the tables";
      }
    return {};
  }

  std::string_view checkSymbols() {
    auto inputs = records<TensorRecord>(head->inputs);
    auto symbols = records<SymbolRecord>(head->symbols);
    for (size_t i = 0; i < symbols.size(); ++i) {
      const SymbolRecord &symbol = symbols[i];
      if (!isText(symbol.name) || symbol.name.count == 0)
        return "a symbol's name reaches outside the tables";
      if (symbol.input >= inputs.size() || symbol.dim >= inputs[symbol.input].dims.count)
        return "a symbol names a dimension that is not there";
      if (records<DimRecord>(inputs[symbol.input].dims)[symbol.dim].symbol !=
          static_cast<int64_t>(i))
        return "a symbol names a dimension of another symbol";
      if (symbol.low < 0 || symbol.low > symbol.high)
        return "a symbol's range is empty";
    }
    return {};
  }

  /// Runs after checkSymbols: expressions look symbols up by name.
  std::string_view checkDimensions() {
    for (Range array : {head->inputs, head->outputs})
      for (const TensorRecord &tensor : records<TensorRecord>(array))
        for (const DimRecord &dim : records<DimRecord>(tensor.dims))
          if (!isDimension(dim))
            return "a dimension is neither a size nor an expression of the symbols";
    return {};
  }

  bool isDimension(const DimRecord &dim) const {
    if (dim.value >= 0)
      return dim.symbol == -1;
    if (dim.value != -1 || !isText(dim.expression) || dim.symbol < -1 ||
        dim.symbol >= static_cast<int64_t>(head->symbols.count))
      return false;
    if (dim.symbol >= 0)
      return text(dim.expression) == text(records<SymbolRecord>(head->symbols)[dim.symbol].name);
    auto lookup = [](const void *context, std::string_view name, int64_t &value) {
      value = 1;
      return static_cast<const TablesChecker *>(context)->isSymbol(name);
    };
    int64_t value;
    return evaluateDim(text(dim.expression), lookup, this, value) != DimStatus::Malformed;
  }

  /// A dimension, or one that is not known. The text of an expression is bounded, because many
  /// records may share one.
  bool isWorkSize(const DimRecord &dim) const {
    if (dim.value == -1 && dim.symbol == -1 && dim.expression.count == 0)
      return true;
    return (dim.value >= 0 || dim.expression.count <= kMaxWorkText) && isDimension(dim);
  }

  bool isSymbol(std::string_view name) const {
    for (const SymbolRecord &symbol : records<SymbolRecord>(head->symbols))
      if (text(symbol.name) == name)
        return true;
    return false;
  }

  std::string_view checkGuards() {
    for (const GuardRecord &guard : records<GuardRecord>(head->guards))
      if (!isText(guard.text) || !isText(guard.node))
        return "a guard's text reaches outside the tables";
    return {};
  }

  std::string_view checkConstants() {
    for (const ConstantRecord &constant : records<ConstantRecord>(head->constants)) {
      if (!isText(constant.name))
        return "a constant's name reaches outside the tables";
      if (constant.offset % kConstantAlignment != 0 || constant.offset > weightsBytes ||
          constant.bytes > weightsBytes - constant.offset)
        return "a constant reaches outside the weights";
    }
    return {};
  }

  std::string_view checkDispatches() {
    for (const VariantRecord &variant : records<VariantRecord>(head->variants))
      if (!isText(variant.name))
        return "a variant's name reaches outside the tables";
    uint64_t variants = head->variants.count;
    for (const DispatchRecord &dispatch : records<DispatchRecord>(head->dispatches)) {
      if (!isText(dispatch.name) || !isText(dispatch.root))
        return "a dispatch's name reaches outside the tables";
      if (dispatch.variantCount == 0 || dispatch.variantBegin > variants ||
          dispatch.variantCount > variants - dispatch.variantBegin)
        return "a dispatch names variants that are not there";
      uint64_t buffers = uint64_t(dispatch.inputCount) + dispatch.outputCount;
      if (buffers > kMaxBuffers || dispatch.wordCount > kMaxWords ||
          dispatch.ranks.count != buffers || !isArray<uint32_t>(dispatch.ranks))
        return "a dispatch's buffers do not match their ranks";
      for (uint32_t rank : records<uint32_t>(dispatch.ranks))
        if (rank > kMaxRank)
          return "a dispatch has a buffer of too high a rank";
      if (std::string_view problem = checkWork(dispatch.work); !problem.empty())
        return problem;
    }
    return {};
  }

  /// Runs after checkSymbols, as checkDimensions does.
  std::string_view checkWork(const WorkRecord &work) const {
    if (!isText(work.what) || !isText(work.node))
      return "what a dispatch does reaches outside the tables";
    if (work.extents.count > kMaxWorkExtents || !isArray<DimRecord>(work.extents))
      return "a dispatch's extents reach outside the tables";
    bool sizes = isWorkSize(work.flops) && isWorkSize(work.bytes);
    for (const DimRecord &extent : records<DimRecord>(work.extents))
      sizes = sizes && isWorkSize(extent);
    return sizes ? std::string_view() : "a dispatch's work is no expression of the symbols";
  }

  View<const uint8_t> bytes;
  uint64_t weightsBytes;
  const Tables *head = nullptr;
};

} // namespace

std::string_view attune::runtime::checkTables(View<const uint8_t> tables, uint64_t weightsBytes) {
  return TablesChecker(tables, weightsBytes).check();
}
