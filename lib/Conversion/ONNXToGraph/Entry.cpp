// The door of a function: symbols of its arguments, and the user's values for them. At the end,
// extents are written as simply as the guards allow.
#include "Operators.h"

#include "attune/Support/Diagnostics.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace attune::graph {

// A symbol name that resembles `text`.
static std::string symbolLike(StringRef text) {
  std::string name;
  for (char c : text.take_front(64)) {
    StringRef word = c == '+'   ? "plus"
                     : c == '-' ? "minus"
                     : c == '*' ? "times"
                     : c == '/' ? "over"
                                : "";
    if (llvm::isAlnum(c) || c == '_' || c == '.' || c == ':')
      name += c;
    else if (name.empty() || name.back() != '_')
      name += '_';
    name += word;
    if (!word.empty())
      name += '_';
  }
  while (!name.empty() && name.back() == '_')
    name.pop_back();
  if (name.empty() || !(llvm::isAlpha(name.front()) || name.front() == '_'))
    name = "dim_" + name;
  return SymbolicExpression::isSymbolName(name) ? name : "dim_" + name;
}

SymbolicExpression Converter::opaqueSymbol(StringRef text) {
  auto [it, isNew] = opaque.try_emplace(text);
  if (isNew) {
    std::string name = symbolLike(text), unique = name;
    for (unsigned i = 2; symbolNames.contains(unique); ++i)
      unique = name + "_" + std::to_string(i);
    symbolNames.insert(unique);
    it->second = unique;
  }
  return SymbolicExpression::symbol(it->second);
}

// The texts of an argument's dimensions: its `attune.dims`, or what its type says.
FailureOr<SmallVector<Attribute>> Converter::entryDims(unsigned i) {
  auto type = dyn_cast<RankedTensorType>(function.getArgumentTypes()[i]);
  auto nameAttr = function.getArgAttrOfType<StringAttr>(i, onnx::kNameAttr);
  std::string input = nameAttr ? nameAttr.str() : "arg" + std::to_string(i);
  auto fail = [&](ErrorCode code, const Twine &why, StringRef hint = "") {
    return emitError(function.getLoc(), code, "input '" + printable(input) + "' " + why, hint);
  };
  if (!type)
    return fail(ErrorCode::Unsupported, "has no known rank",
                "declare the shape of the model's input; unknown dimensions may be symbols");
  if (!signlessElement(type.getElementType()))
    return fail(ErrorCode::Unsupported, "has an unsupported element type");
  auto given = function.getArgAttrOfType<ArrayAttr>(i, onnx::kDimsAttr);
  if (given && given.size() != static_cast<size_t>(type.getRank()))
    return fail(ErrorCode::Malformed, "has dims of another rank than its type");
  SmallVector<Attribute> dims;
  for (int64_t d = 0; d < type.getRank(); ++d) {
    Attribute dim = given ? given[d] : Attribute();
    if (!type.isDynamicDim(d)) {
      auto integer = dyn_cast_or_null<IntegerAttr>(dim);
      if (integer && integer.getValue() != type.getDimSize(d))
        return fail(ErrorCode::Malformed, "has dims that are not those of its type");
      dim = b.getI64IntegerAttr(type.getDimSize(d));
    }
    if (!dim)
      dim = b.getStringAttr(input + "_d" + std::to_string(d));
    if (auto integer = dyn_cast<IntegerAttr>(dim);
        integer ? integer.getValue().isNegative() : !isa<StringAttr>(dim))
      return fail(ErrorCode::Malformed, "has a dimension that is no size");
    dims.push_back(dim);
  }
  return dims;
}

LogicalResult Converter::applyOptions() {
  for (const DimOption &option : options) {
    auto alias = opaque.find(option.name);
    std::string symbol = alias == opaque.end() ? option.name : alias->second;
    if (!symbolNames.contains(symbol)) {
      SmallVector<StringRef> all;
      for (const auto &entry : symbolNames)
        all.push_back(entry.getKey());
      llvm::sort(all);
      return emitError(function.getLoc(), ErrorCode::Usage,
                       "no dimension is named '" + printable(option.name) + "'",
                       "the model's dimensions are: " + printable(llvm::join(all, ", ")));
    }
    symbols.restrict(symbol, {option.low, option.high});
    SymbolRange range = symbols.ranges().lookup(symbol);
    if (range.low > range.high)
      return emitError(function.getLoc(), ErrorCode::Usage,
                       "dimension '" + printable(option.name) + "' has no value left");
    applied.push_back({symbol, range.low, range.high});
    if (range.low == range.high)
      fixed[symbol] = SymbolicExpression(range.low);
  }
  return success();
}

LogicalResult Converter::convertEntry() {
  SmallVector<SmallVector<Attribute>> texts;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    FailureOr<SmallVector<Attribute>> dims = entryDims(i);
    if (failed(dims))
      return failure();
    // Dimensions that are exactly a symbol bind it.
    for (Attribute dim : *dims)
      if (auto text = dyn_cast<StringAttr>(dim))
        if (auto parsed = SymbolicExpression::parse(text); parsed && !parsed->asSymbol().empty())
          symbolNames.insert(parsed->asSymbol());
    texts.push_back(std::move(*dims));
  }
  // An expression counts as one when all its symbols are bound; else it is a symbol of its own.
  SmallVector<SymbolicShape> shapes;
  for (ArrayRef<Attribute> dims : texts) {
    SymbolicShape &shape = shapes.emplace_back();
    for (Attribute dim : dims) {
      std::optional<SymbolicExpression> extent = transformer::fromAttribute(dim);
      bool isBound = extent.has_value() && extent->bounds().high >= 0;
      if (extent)
        extent->forEachSymbol([&](StringRef s) { isBound &= symbolNames.contains(s); });
      shape.push_back(isBound ? *extent : opaqueSymbol(cast<StringAttr>(dim).getValue()));
    }
  }
  if (failed(applyOptions()))
    return failure();
  SmallVector<Type> types;
  for (auto [i, shape] : llvm::enumerate(shapes)) {
    for (SymbolicExpression &extent : shape) {
      extent = extent.substitute(fixed);
      if (!extent.isValid() || extent.bounds().high < 0)
        return emitError(function.getLoc(), ErrorCode::Usage,
                         "the given dimensions leave input " + Twine(i) + " without a valid shape");
    }
    BlockArgument argument = function.getArgument(i);
    Type element = getElementTypeOrSelf(argument);
    if (element.isUnsignedInteger()) {
      function.setArgAttr(i, kTypeAttr, TypeAttr::get(element));
      unsignedArguments[argument] = element;
    }
    argument.setType(type(shape, signlessElement(element)));
    function.setArgAttr(i, onnx::kDimsAttr, attribute(shape));
    symbols.setShape(argument, shape);
    values[argument] = {argument, shape};
    types.push_back(argument.getType());
  }
  function.setFunctionType(b.getFunctionType(types, function.getResultTypes()));
  applyFixedSizes();
  return success();
}

// Arguments keep their dimensions, which the guards are about; all that reads them has the sizes.
void Converter::applyFixedSizes() {
  llvm::StringMap<SymbolicExpression> sizes;
  for (const transformer::Guard &guard : fixedSizes)
    if (symbols.requireEqual(guard.lhs, guard.rhs, guard.node))
      sizes[guard.lhs.asSymbol()] = guard.rhs;
  if (sizes.empty())
    return;
  for (BlockArgument argument : function.getArguments()) {
    Tensor tensor = values[argument];
    SymbolicShape shape =
        llvm::map_to_vector<4>(tensor.dims, [&](auto &dim) { return dim.substitute(sizes); });
    if (shape == tensor.dims)
      continue;
    values[argument] = reshape(tensor, shape);
    symbols.setShape(argument, shape);
  }
}

// Guards found late simplify extents written early: min(512, seq) is seq once seq <= 512.
void Converter::simplifyDims() {
  auto simplified = [&](ArrayAttr dims) {
    std::optional<SymbolicShape> shape = transformer::fromArrayAttr(dims);
    if (!shape)
      return dims;
    for (SymbolicExpression &extent : *shape)
      extent = symbols.simplify(extent);
    return attribute(*shape);
  };
  if (symbols.guards().empty())
    return;
  for (Operation &op : function.front()) {
    for (StringRef key : {"dims", "elements", "low"}) {
      auto dims = op.getAttrOfType<ArrayAttr>(key);
      if (!dims)
        continue;
      if (isa<onnx::NodeOp>(op))
        op.setAttr(key, b.getArrayAttr(llvm::map_to_vector(
                            dims.getAsRange<ArrayAttr>(),
                            [&](ArrayAttr each) -> Attribute { return simplified(each); })));
      else
        op.setAttr(key, simplified(dims));
    }
  }
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    if (auto dims = function.getResultAttrOfType<ArrayAttr>(i, onnx::kDimsAttr))
      function.setResultAttr(i, onnx::kDimsAttr, simplified(dims));
}

void Converter::eraseUnused() {
  SmallVector<Operation *> operations;
  for (Operation &op : function.front().without_terminator())
    operations.push_back(&op);
  for (Operation *op : llvm::reverse(operations))
    if (op->use_empty())
      op->erase();
}

} // namespace attune::graph
