// The forward walk over a function in ONNX form: entry, constants, nodes, return.
#include "Operators.h"

#include "attune/Support/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace attune::graph {

// More elements than this in one tensor is a mistake, or an attack.
static constexpr int64_t kMaxTensorElements = int64_t{1} << 40;

static bool isIf(onnx::NodeOp op) { return op.getOpType() == "If" && op.getDomain().empty(); }

Type signlessElement(Type type) {
  if (isa<Float16Type, BFloat16Type, Float32Type, Float64Type>(type))
    return type;
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer || !llvm::is_contained({1, 8, 16, 32, 64}, integer.getWidth()))
    return {};
  return IntegerType::get(type.getContext(), integer.getWidth());
}

bool isSizeType(Type element) {
  auto integer = dyn_cast_or_null<IntegerType>(element);
  return integer && !integer.isUnsigned() &&
         llvm::is_contained({1, 32, 64}, static_cast<int>(integer.getWidth()));
}

Converter::Converter(func::FuncOp function, ArrayRef<DimOption> options,
                     std::vector<transformer::Guard> fixedSizes)
    : b(function.getLoc(), OpBuilder::atBlockBegin(&function.front())), function(function),
      options(options), fixedSizes(std::move(fixedSizes)) {}

LogicalResult Converter::run() {
  SmallVector<Operation *> old;
  for (Operation &op : function.front())
    old.push_back(&op);
  if (failed(checkOperators()) || failed(convertEntry()))
    return failure();
  for (Operation *op : old) {
    b.setInsertionPoint(op);
    if (failed(convertOp(op)))
      return failure();
  }
  for (Operation *op : llvm::reverse(old))
    if (!isa<func::ReturnOp>(op))
      op->erase();
  eraseUnused();
  simplifyDims();
  if (!symbols.guards().empty())
    function->setAttr(onnx::kGuardsAttr, symbols.guardsAttr(b.getContext()));
  return success();
}

LogicalResult Converter::convertOp(Operation *op) {
  b.setLoc(op->getLoc());
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](onnx::NodeOp n) { return isIf(n) ? convertIf(n) : convertNode(n); })
      .Case([&](onnx::ConstantOp c) { return convertConstant(c); })
      .Case([&](onnx::NoneOp) { return success(); })
      .Case([&](func::ReturnOp r) { return convertReturn(r); })
      .Default([&](Operation *other) {
        return emitError(other->getLoc(), ErrorCode::Malformed,
                         "'" + other->getName().getStringRef() + "' is not in ONNX form");
      });
}

// The branch that a known condition takes stands where the If was.
LogicalResult Converter::convertIf(onnx::NodeOp op) {
  enter(op);
  std::optional<SmallVector<int64_t>> condition =
      operandCount() == 1 ? constants(0) : std::optional<SmallVector<int64_t>>();
  if (!condition || condition->size() != 1)
    return unsupported("its condition is not known before it runs",
                       "export the model without control flow, or fix the sizes that the "
                       "condition depends on with --dim");
  if (op.getSubgraphs().size() != 2)
    return malformed("it has not two branches");
  Region &branch = op.getSubgraphs()[condition->front() != 0 ? 0 : 1];
  if (!branch.hasOneBlock() || branch.getNumArguments() != 0)
    return malformed("its branch takes inputs");
  for (Operation &inner : branch.front().without_terminator())
    if (failed(convertOp(&inner)))
      return failure();
  enter(op);
  auto yield = dyn_cast<onnx::YieldOp>(branch.front().getTerminator());
  if (!yield || yield.getNumOperands() != op.getNumResults())
    return malformed("its branch has not its number of outputs");
  for (auto [result, value] : llvm::zip_equal(op.getResults(), yield.getOperands())) {
    std::optional<SymbolicShape> shape = shapeOf(value);
    if (!shape)
      return unsupported("an output of its branch is no tensor that attune compiles");
    symbols.setShape(result, *shape);
    if (const SymbolicShape *elements = symbols.elements(value))
      symbols.setElements(result, SymbolicShape(*elements));
    if (auto it = values.find(value); it != values.end())
      values[result] = Tensor(it->second);
    if (Type element = unsignedArguments.lookup(value))
      unsignedArguments[result] = element;
  }
  return success();
}

// Names every operator that is not in the table at once: the first as the error.
LogicalResult Converter::checkOperators() {
  std::optional<InFlightDiagnostic> diagnostic;
  llvm::StringSet<> seen;
  for (auto op : function.front().getOps<onnx::NodeOp>()) {
    Lookup lookup = findOperator(op.getDomain(), op.getOpType(), op.getVersion());
    if (lookup.found || isIf(op))
      continue;
    std::string domain = op.getDomain().empty() ? "ai.onnx" : printable(op.getDomain());
    std::string what = "operator '" + printable(op.getOpType()) + "' (" + domain + ", opset " +
                       std::to_string(op.getVersion()) + ") is not supported";
    if (!seen.insert(what).second)
      continue;
    if (diagnostic) {
      diagnostic->attachNote(op.getLoc()) << what;
      continue;
    }
    std::string hint =
        lookup.since > 0
            ? "convert the model to opset " + std::to_string(lookup.since) + " or newer"
            : "export the model without it, or write it with operators that `attune inspect` "
              "lists as supported";
    diagnostic.emplace(emitError(op.getLoc(), ErrorCode::Unsupported, what, hint));
  }
  return success(!diagnostic);
}

LogicalResult Converter::convertConstant(onnx::ConstantOp op) {
  auto type = dyn_cast<RankedTensorType>(op.getType());
  Type element = type ? signlessElement(type.getElementType()) : Type();
  if (!element || !type.hasStaticShape())
    return emitError(op.getLoc(), ErrorCode::Unsupported, "a constant has an unsupported type");
  auto newType = RankedTensorType::get(type.getShape(), element);
  SymbolicShape dims(type.getShape().begin(), type.getShape().end());
  Tensor tensor;
  if (auto weight = dyn_cast<transformer::WeightAttr>(op.getValue())) {
    if (signlessElement(weight.getSource().getElementType()) != element)
      return emitError(op.getLoc(), ErrorCode::Malformed, "a weight's type is not its constant's");
    auto source = RankedTensorType::get(weight.getSource().getShape(), element);
    weight = transformer::WeightAttr::get(b.getContext(), weight.getFile(), weight.getOffset(),
                                          weight.getBytes(), weight.getHash(), source,
                                          weight.getRecipe());
    if (weight.getResultType() != newType)
      return emitError(op.getLoc(), ErrorCode::Malformed, "a weight's type is not its constant's");
    tensor = {transformer::WeightOp::create(b, newType, weight), dims};
  } else {
    auto dense = dyn_cast<DenseElementsAttr>(op.getValue());
    if (!dense || dense.getType() != type)
      return emitError(op.getLoc(), ErrorCode::Malformed, "a constant's value has another type");
    dense = dense.bitcast(element);
    if (isSizeType(type.getElementType()) && type.getRank() <= 1 &&
        dense.getNumElements() <= static_cast<int64_t>(transformer::SymbolicDims::kMaxElements)) {
      SymbolicShape elements;
      for (const APInt &value : dense.getValues<APInt>())
        elements.push_back(element.isInteger(1) ? value.getZExtValue() : value.getSExtValue());
      symbols.setElements(op.getResult(), std::move(elements));
    }
    tensor = constant(dense);
  }
  symbols.setShape(op.getResult(), dims);
  values[op.getResult()] = std::move(tensor);
  return success();
}

void Converter::enter(onnx::NodeOp op) {
  node = op;
  name = findNodeName(op.getLoc()).node;
  if (name.empty())
    name = op.getOpType().str();
}

LogicalResult Converter::convertNode(onnx::NodeOp op) {
  enter(op);
  const Operator *entry = findOperator(op.getDomain(), op.getOpType(), op.getVersion()).found;
  if (!entry) // in a branch, which is not looked at before it is taken
    return unsupported("it is not supported in opset " + Twine(op.getVersion()),
                       "export the model without it");
  int count = operandCount();
  bool tooMany = entry->maxInputs >= 0 && count > entry->maxInputs;
  if (count < entry->minInputs || tooMany || resultCount() == 0)
    return malformed("it has " + Twine(count) + " inputs and " + Twine(resultCount()) + " outputs");
  if (!op.getSubgraphs().empty())
    return unsupported("it has a subgraph");
  for (int i = 0; i < count; ++i) {
    if (!has(i) && i < entry->minInputs)
      return malformed("input " + Twine(i) + " is missing");
    if (has(i) && !element(i))
      return unsupported("input " + Twine(i) + " has an unsupported type");
  }
  bool elementsFailed = false;
  if (convertElements(*this, elementsFailed)) {
    ++converted;
    return success(!elementsFailed);
  }
  unsigned keptBefore = kept;
  if (failed(entry->convert(*this)))
    return failure();
  if (kept == keptBefore)
    ++converted;
  for (unsigned i = 0; i < resultCount(); ++i)
    if (isUsed(i) && !shapeOf(op.getResult(i)))
      return unsupported("output " + Twine(i) + " is used");
  return success();
}

LogicalResult Converter::convertReturn(func::ReturnOp op) {
  SmallVector<Value> results;
  SmallVector<Type> types;
  for (auto [i, value] : llvm::enumerate(op.getOperands())) {
    Tensor tensor = lookup(value);
    if (!tensor)
      return emitError(op.getLoc(), ErrorCode::Unsupported,
                       "output " + Twine(i) + " is no tensor that attune compiles");
    Type element = unsignedArguments.lookup(value);
    if (!element)
      element = getElementTypeOrSelf(value);
    if (element.isUnsignedInteger())
      function.setResultAttr(i, kTypeAttr, TypeAttr::get(element));
    function.setResultAttr(i, onnx::kDimsAttr, attribute(tensor.dims));
    types.push_back(tensor.value.getType());
    results.push_back(tensor.value);
  }
  op->setOperands(results);
  function.setFunctionType(b.getFunctionType(function.front().getArgumentTypes(), types));
  return success();
}

// Operands

bool Converter::has(unsigned i) {
  return i < operandCount() && !isa<NoneType>(node.getInputs()[i].getType());
}

std::optional<SymbolicShape> Converter::shapeOf(Value value) {
  const SymbolicShape *shape = symbols.shape(value);
  return shape ? std::optional(*shape) : std::nullopt;
}

SymbolicShape Converter::dims(unsigned i) {
  SymbolicShape shape = shapeOf(node.getInputs()[i]).value_or(SymbolicShape());
  for (SymbolicExpression &extent : shape)
    extent = symbols.simplify(extent);
  return shape;
}

Type Converter::element(unsigned i) {
  return shapeOf(node.getInputs()[i]) ? signlessElement(getElementTypeOrSelf(node.getInputs()[i]))
                                      : Type();
}

bool Converter::isUnsigned(unsigned i) {
  Value value = node.getInputs()[i];
  return unsignedArguments.contains(value) || getElementTypeOrSelf(value).isUnsignedInteger();
}

const SymbolicShape *Converter::elements(unsigned i) {
  return has(i) && rank(i) <= 1 ? symbols.elements(node.getInputs()[i]) : nullptr;
}

std::optional<SmallVector<int64_t>> Converter::constants(unsigned i) {
  const SymbolicShape *known = elements(i);
  if (!known)
    return std::nullopt;
  SmallVector<int64_t> numbers;
  for (const SymbolicExpression &element : *known) {
    std::optional<int64_t> number = element.constant();
    if (!number)
      return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

Tensor Converter::operand(unsigned i) {
  Tensor tensor = lookup(node.getInputs()[i]);
  for (SymbolicExpression &extent : tensor.dims)
    extent = symbols.simplify(extent);
  return tensor;
}

Tensor Converter::lookup(Value value) {
  if (auto it = values.find(value); it != values.end())
    return it->second;
  // Only its elements are known so far: make the tensor here, where it is first needed.
  const SymbolicShape *known = symbols.elements(value);
  const SymbolicShape *shape = symbols.shape(value);
  if (!known || !shape)
    return {};
  Type element = signlessElement(getElementTypeOrSelf(value));
  Tensor tensor = shapeTensor(*known, shape->empty() ? 0 : 1, element);
  if (shape->size() > 1)
    tensor = reshape(tensor, *shape);
  values[value] = tensor;
  return tensor;
}

// Attributes

int64_t Converter::integer(StringRef attribute, int64_t otherwise) {
  auto value = node.getNodeAttributes().getAs<IntegerAttr>(attribute);
  return value && value.getValue().getSignificantBits() <= 64 ? value.getValue().getSExtValue()
                                                              : otherwise;
}

double Converter::number(StringRef attribute, double otherwise) {
  auto value = node.getNodeAttributes().getAs<FloatAttr>(attribute);
  return value ? value.getValueAsDouble() : otherwise;
}

StringRef Converter::text(StringRef attribute, StringRef otherwise) {
  auto value = node.getNodeAttributes().getAs<StringAttr>(attribute);
  return value ? value.getValue() : otherwise;
}

std::optional<SmallVector<int64_t>> Converter::integers(StringRef attribute) {
  auto value = node.getNodeAttributes().getAs<DenseI64ArrayAttr>(attribute);
  return value ? std::optional(llvm::to_vector(value.asArrayRef())) : std::nullopt;
}

std::optional<int64_t> Converter::axis(int64_t axis, int64_t rank) {
  if (axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  (void)malformed("axis " + Twine(axis) + " is out of range for rank " + Twine(rank));
  return std::nullopt;
}

std::optional<SmallVector<int64_t>> Converter::axes(ArrayRef<int64_t> given, int64_t rank) {
  SmallVector<int64_t> result;
  for (int64_t each : given) {
    std::optional<int64_t> one = axis(each, rank);
    if (!one)
      return std::nullopt;
    if (llvm::is_contained(result, *one)) {
      (void)malformed("axis " + Twine(each) + " is there twice");
      return std::nullopt;
    }
    result.push_back(*one);
  }
  return result;
}

// Results

bool Converter::isUsed(unsigned i) { return i < resultCount() && !node.getResult(i).use_empty(); }

LogicalResult Converter::checkExtents(ArrayRef<SymbolicExpression> dims) {
  for (const SymbolicExpression &extent : dims) {
    if (!extent.isValid())
      return error(ErrorCode::Limit, "an extent of its result is too large");
    if (!symbols.requireLessEqual(0, extent, name))
      return malformed("an extent of its result is negative: " + extent.str());
  }
  SymbolicExpression count(1);
  for (const SymbolicExpression &extent : dims)
    if (extent.constant() && !extent.isConstant(0))
      count = count * extent;
  if (!count.isValid() || *count.constant() > kMaxTensorElements)
    return error(ErrorCode::Limit, "its result has too many elements");
  return success();
}

LogicalResult Converter::result(unsigned i, Tensor tensor) {
  // Results may be left out at the end, and by a name that is empty.
  if (i >= resultCount() || isa<NoneType>(node.getResult(i).getType()))
    return success();
  if (!tensor)
    return malformed("it cannot be converted");
  Value old = node.getResult(i);
  if (failed(checkExtents(tensor.dims)))
    return failure();
  if (signlessElement(getElementTypeOrSelf(old)) != tensor.element())
    return malformed("output " + Twine(i) + " has another element type than its inputs give");
  symbols.setShape(old, tensor.dims);
  values[old] = std::move(tensor);
  return success();
}

LogicalResult Converter::resultElements(SymbolicShape elements, ArrayRef<int64_t> shape,
                                        Type element) {
  Value old = node.getResult(0);
  if (signlessElement(getElementTypeOrSelf(old)) != element)
    return malformed("its output has another element type than its inputs give");
  symbols.setShape(old, SymbolicShape(shape.begin(), shape.end()));
  symbols.setElements(old, std::move(elements));
  if (!symbols.elements(old))
    return error(ErrorCode::Limit, "it computes with sizes that are too many or too large");
  return success();
}

void Converter::alsoElements(SymbolicShape elements) {
  symbols.setElements(node.getResult(0), std::move(elements));
}

// Errors and conditions

LogicalResult Converter::error(ErrorCode code, const Twine &why, StringRef hint) {
  return emitError(node.getLoc(), code,
                   printable(node.getOpType()) + " '" + printable(name) + "': " + why, hint);
}

LogicalResult Converter::unsupported(const Twine &why, StringRef hint) {
  return error(ErrorCode::Unsupported, why, hint);
}

LogicalResult Converter::malformed(const Twine &why) { return error(ErrorCode::Malformed, why); }

bool Converter::requireEqual(const SymbolicExpression &a, const SymbolicExpression &c) {
  if (symbols.requireEqual(a, c, name))
    return true;
  (void)malformed("an extent is " + a.str() + " where " + c.str() + " is needed");
  return false;
}

bool Converter::requireLessEqual(const SymbolicExpression &a, const SymbolicExpression &c) {
  if (symbols.requireLessEqual(a, c, name))
    return true;
  (void)malformed(a.str() + " is larger than " + c.str());
  return false;
}

std::optional<SymbolicShape> Converter::broadcast(ArrayRef<SymbolicShape> shapes) {
  SymbolicShape all = shapes.front();
  for (const SymbolicShape &shape : shapes.drop_front()) {
    std::optional<SymbolicShape> next = symbols.broadcast(all, shape, name);
    if (!next) {
      auto text = [](ArrayRef<SymbolicExpression> dims) {
        return "[" +
               llvm::join(llvm::map_range(dims, [](const auto &e) { return e.str(); }), ", ") + "]";
      };
      (void)malformed("shapes " + text(all) + " and " + text(shape) + " do not broadcast");
      return std::nullopt;
    }
    all = std::move(*next);
  }
  return all;
}

} // namespace attune::graph
