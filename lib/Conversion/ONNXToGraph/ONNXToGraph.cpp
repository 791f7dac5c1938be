// The pass: reads its options, converts each function that is in ONNX form.
#include "attune/Conversion/ONNXToGraph.h"

#include "Operators.h"
#include "attune/Support/Diagnostics.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace attune {
#define GEN_PASS_DEF_CONVERTONNXTOGRAPHPASS
#include "attune/Conversion/Passes.h.inc"
} // namespace attune

using namespace mlir;
using namespace attune;

// NAME=VALUE or NAME=LOW..HIGH.
static std::optional<graph::DimOption> parseDim(StringRef text) {
  auto [name, value] = text.split('=');
  auto [low, high] = value.split("..");
  graph::DimOption option{name.trim().str(), 0, 0};
  if (option.name.empty() || low.trim().getAsInteger(10, option.low))
    return std::nullopt;
  option.high = option.low;
  if (value.contains("..") && high.trim().getAsInteger(10, option.high))
    return std::nullopt;
  if (option.low < 0 || option.high < option.low || option.high > SymbolRange().high)
    return std::nullopt;
  return option;
}

/// True when the function has something of ONNX form, which graph form does not have.
static bool isONNXForm(func::FuncOp function) {
  if (function.isDeclaration())
    return false;
  return llvm::any_of(function.getBody().getOps(), [](Operation &op) {
    auto node = dyn_cast<onnx::NodeOp>(op);
    return isa<onnx::ConstantOp>(op) || (node && !node.getDims());
  });
}

/// The guards that give a symbol one value.
static std::vector<transformer::Guard> fixedSizes(const transformer::SymbolicDims &symbols) {
  std::vector<transformer::Guard> fixed;
  for (const transformer::Guard &guard : symbols.guards())
    if (guard.relation == transformer::Guard::Relation::Equal && !guard.lhs.asSymbol().empty() &&
        guard.rhs.constant())
      fixed.push_back(guard);
  return fixed;
}

namespace {
struct ConvertONNXToGraph : public attune::impl::ConvertONNXToGraphPassBase<ConvertONNXToGraph> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<graph::DimOption> options;
    for (const std::string &text : dims) {
      std::optional<graph::DimOption> option = parseDim(text);
      if (!option) {
        emitError(getOperation().getLoc(), ErrorCode::Usage,
                  "'" + printable(text) + "' is no dimension",
                  "write NAME=VALUE or NAME=LOW..HIGH, from 0 to 2147483647");
        return signalPassFailure();
      }
      options.push_back(*option);
    }
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (isONNXForm(function) && failed(convert(function, options)))
        return signalPassFailure();
  }

  LogicalResult convert(func::FuncOp function, ArrayRef<graph::DimOption> options) {
    if (!function.getBody().hasOneBlock())
      return emitError(function.getLoc(), ErrorCode::Malformed,
                       "a function in ONNX form has one block");
    OwningOpRef<func::FuncOp> before(function.clone());
    graph::Converter first(function, options);
    if (failed(first.run()))
      return failure();
    std::vector<transformer::Guard> fixed = fixedSizes(first.symbols);
    if (fixed.empty())
      return record(first);
    // Some node has an example's size where others ask for it: all of them have it then.
    function.getBody().takeBody(before->getBody());
    function->setAttrs((*before)->getAttrDictionary());
    graph::Converter converter(function, options, std::move(fixed));
    return failed(converter.run()) ? failure() : record(converter);
  }

  LogicalResult record(const graph::Converter &converter) {
    converted += converter.converted;
    kept += converter.kept;
    guards += converter.symbols.guards().size();
    recordRanges(converter.applied);
    return success();
  }

  void recordRanges(ArrayRef<graph::DimOption> options) {
    Builder b(&getContext());
    NamedAttrList ranges(getOperation()->getAttrOfType<DictionaryAttr>(transformer::kRangesAttr));
    for (const graph::DimOption &option : options)
      if (option.low < option.high)
        ranges.set(option.name, b.getI64ArrayAttr({option.low, option.high}));
    if (!ranges.empty())
      getOperation()->setAttr(transformer::kRangesAttr, ranges.getDictionary(&getContext()));
  }
};
} // namespace

OperatorSupport attune::operatorSupport(StringRef domain, StringRef opType, int64_t opset) {
  graph::Lookup lookup = graph::findOperator(domain, opType, opset);
  return {lookup.found != nullptr, lookup.since};
}
