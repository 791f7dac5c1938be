// Collects what the artefact's tables say from a module in device form and streams weights.
#include "attune/Backend/Common/ArtifactWriter.h"

#include "KernelWork.h"
#include "attune/Dialect/Exec/IR/ExecDialect.h"
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "attune/Runtime/Core/TablesBuilder.h"
#include "attune/Support/Diagnostics.h"
#include "attune/Support/SymbolicExpression.h"
#include "attune/Support/Version.h"
#include "attune/Support/WeightStore.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace attune;
using namespace attune::backend;
using transformer::PanelsAttr;
using transformer::PermuteAttr;
using transformer::ScaleAttr;
using transformer::WeightAttr;

SmallVector<Attribute> backend::collectConstants(ModuleOp device) {
  llvm::SetVector<Attribute> constants;
  device.walk([&](exec::ConstantOp op) { constants.insert(op.getValue()); });
  return constants.takeVector();
}

SmallVector<ArrayAttr> backend::collectDispatches(ModuleOp device) {
  llvm::SetVector<ArrayAttr> dispatches;
  device.walk([&](exec::DispatchOp op) { dispatches.insert(op.getKernels()); });
  return dispatches.takeVector();
}

static std::optional<runtime::ElementType> elementType(Type type, bool isUnsigned) {
  using runtime::ElementType;
  if (type.isF32())
    return ElementType::Float32;
  if (type.isF64())
    return ElementType::Float64;
  if (type.isF16())
    return ElementType::Float16;
  if (type.isBF16())
    return ElementType::BFloat16;
  if (type.isInteger(1))
    return ElementType::Bool;
  if (type.isInteger(8))
    return isUnsigned ? ElementType::UInt8 : ElementType::Int8;
  if (type.isInteger(16))
    return isUnsigned ? ElementType::UInt16 : ElementType::Int16;
  if (type.isInteger(32))
    return isUnsigned ? ElementType::UInt32 : ElementType::Int32;
  if (type.isInteger(64))
    return isUnsigned ? ElementType::UInt64 : ElementType::Int64;
  return std::nullopt;
}

namespace {

/// Fills an ArtifactDescription from the module.
class Describer {
public:
  Describer(ModuleOp device, const CodeDescription &code)
      : device(device), main(device.lookupSymbol<func::FuncOp>("main")) {
    result.compiler = ("attune " + version() + ", LLVM " + llvmVersion()).str();
    result.target = code.target;
    result.features = code.features;
    result.options = code.options;
  }

  Error run();
  runtime::ArtifactDescription result;

private:
  Error tensor(Type type, DictionaryAttr attributes, runtime::TensorDescription &out);
  void symbols(ArrayAttr dims, unsigned input);
  Error bound(const runtime::TensorDescription &input);
  void guards();
  Error dispatches();

  ModuleOp device;
  func::FuncOp main;
  llvm::StringMap<bool> known;
};

} // namespace

static Error internal(const Twine &message) {
  return Error{ErrorCode::Internal, message.str(), "", "", ""};
}

static std::string text(DictionaryAttr attributes, StringRef name) {
  auto value = attributes ? attributes.getAs<StringAttr>(name) : nullptr;
  return value ? value.getValue().str() : "";
}

Error Describer::tensor(Type type, DictionaryAttr attributes, runtime::TensorDescription &out) {
  auto shaped = dyn_cast<ShapedType>(type);
  auto dims = attributes ? attributes.getAs<ArrayAttr>(onnx::kDimsAttr) : nullptr;
  if (!shaped || !dims)
    return internal("an input or result of @main has no attune.dims");
  out.name = text(attributes, onnx::kNameAttr);
  // Graph form is signless; the file's type says which integers are unsigned.
  auto declared = attributes.getAs<TypeAttr>("attune.type");
  bool isUnsigned = declared && getElementTypeOrSelf(declared.getValue()).isUnsignedInteger();
  auto element = elementType(shaped.getElementType(), isUnsigned);
  if (!element)
    return Error{ErrorCode::Unsupported, "the element type of '" + out.name + "' has no kernels",
                 "", "", "cast it to float32 in the model"};
  out.type = *element;
  for (Attribute dim : dims) {
    runtime::DimDescription description;
    if (auto integer = dyn_cast<IntegerAttr>(dim))
      description.value = integer.getInt();
    else
      description.expression = cast<StringAttr>(dim).getValue().str();
    out.dims.push_back(description);
  }
  return {};
}

void Describer::symbols(ArrayAttr dims, unsigned input) {
  auto ranges = device->getAttrOfType<DictionaryAttr>("attune.ranges");
  for (auto [position, dim] : llvm::enumerate(dims)) {
    auto name = dyn_cast<StringAttr>(dim);
    if (!name || known.contains(name.getValue()))
      continue;
    auto expression = SymbolicExpression::parse(name.getValue());
    if (!expression || expression->asSymbol().empty())
      continue;
    known[name.getValue()] = true;
    runtime::SymbolDescription symbol;
    symbol.name = name.getValue().str();
    symbol.input = input;
    symbol.dim = position;
    symbol.high = SymbolRange().high;
    if (auto range = ranges ? ranges.getAs<ArrayAttr>(name.getValue()) : nullptr)
      if (range.size() == 2) {
        symbol.low = cast<IntegerAttr>(range[0]).getInt();
        symbol.high = cast<IntegerAttr>(range[1]).getInt();
      }
    result.symbols.push_back(symbol);
  }
}

/// Every symbol of an input's dimensions has to be some dimension by itself: the door reads
/// sizes, it does not solve for them.
Error Describer::bound(const runtime::TensorDescription &input) {
  for (const runtime::DimDescription &dim : input.dims) {
    auto expression = SymbolicExpression::parse(dim.expression);
    std::string missing;
    if (expression)
      expression->forEachSymbol([&](StringRef symbol) {
        if (!known.contains(symbol))
          missing = symbol.str();
      });
    if (!missing.empty())
      return Error{ErrorCode::Unsupported,
                   "dimension '" + dim.expression + "' of input '" + input.name + "' names '" +
                       missing + "', which is no input's dimension",
                   "", "", "give it a value with --dim " + missing + "=VALUE"};
  }
  return {};
}

void Describer::guards() {
  auto list = main->getAttrOfType<ArrayAttr>(onnx::kGuardsAttr);
  if (!list)
    return;
  auto side = [](Attribute attribute) {
    auto integer = dyn_cast_or_null<IntegerAttr>(attribute);
    return integer ? std::to_string(integer.getInt())
                   : cast<StringAttr>(attribute).getValue().str();
  };
  for (auto guard : list.getAsRange<DictionaryAttr>()) {
    std::string relation = text(guard, "relation");
    std::string sign = relation == "le" ? " <= " : relation == "eq" ? " = " : " divides ";
    result.guards.push_back(
        {side(guard.get("lhs")) + sign + side(guard.get("rhs")), text(guard, "node")});
  }
}

Error Describer::dispatches() {
  auto kernels = device.lookupSymbol<ModuleOp>(exec::kKernelsModule);
  for (ArrayAttr list : collectDispatches(device)) {
    runtime::DispatchDescription dispatch;
    func::FuncOp kernel;
    for (auto name : list.getAsRange<FlatSymbolRefAttr>()) {
      kernel = kernels.lookupSymbol<func::FuncOp>(name.getValue());
      if (!kernel)
        return internal("kernel " + name.getValue() + " is missing");
      auto schedule = kernel->getAttrOfType<exec::ScheduleAttr>(exec::kScheduleAttr);
      dispatch.variants.push_back(schedule ? schedule.getVariant().str() : "rows");
    }
    // The last variant is the one without a condition.
    dispatch.name = kernel.getName().str();
    if (auto root = kernel->getAttrOfType<StringAttr>(exec::kRootAttr))
      dispatch.root = root.getValue().str();
    for (Type type : kernel.getArgumentTypes())
      if (auto memref = dyn_cast<MemRefType>(type))
        dispatch.ranks.push_back(memref.getRank());
    dispatch.inputCount = kernel->getAttrOfType<IntegerAttr>(exec::kInputsAttr).getInt();
    dispatch.outputCount = dispatch.ranks.size() - dispatch.inputCount;
    dispatch.wordCount = kernel->getAttrOfType<ArrayAttr>(exec::kWordsAttr).size();
    dispatch.work = readWork(kernel->getAttrOfType<DictionaryAttr>(exec::kWorkAttr),
                             [&](StringRef symbol) { return known.contains(symbol); });
    result.dispatches.push_back(dispatch);
  }
  return {};
}

static uint64_t byteCount(Attribute constant) {
  ShapedType type = isa<WeightAttr>(constant)
                        ? ShapedType(cast<WeightAttr>(constant).getResultType())
                        : cast<ElementsAttr>(constant).getShapedType();
  return type.getNumElements() * llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

Error Describer::run() {
  if (!main)
    return internal("there is no function @main");
  for (auto [index, type] : llvm::enumerate(main.getArgumentTypes())) {
    runtime::TensorDescription input;
    DictionaryAttr attributes = main.getArgAttrDict(index);
    if (Error error = tensor(type, attributes, input); error.failed())
      return error;
    if (auto role = text(attributes, "attune.role"); role == "mask")
      input.role = runtime::InputRole::Mask;
    if (auto range = attributes.getAs<ArrayAttr>("attune.range"); range && range.size() == 2) {
      input.low = cast<IntegerAttr>(range[0]).getInt();
      input.high = cast<IntegerAttr>(range[1]).getInt();
    }
    result.inputs.push_back(input);
    symbols(attributes.getAs<ArrayAttr>(onnx::kDimsAttr), index);
  }
  for (const runtime::TensorDescription &input : result.inputs)
    if (Error error = bound(input); error.failed())
      return error;
  for (auto [index, type] : llvm::enumerate(main.getResultTypes())) {
    runtime::TensorDescription output;
    if (Error error = tensor(type, main.getResultAttrDict(index), output); error.failed())
      return error;
    result.outputs.push_back(output);
  }
  guards();
  for (auto [index, constant] : llvm::enumerate(collectConstants(device)))
    result.constants.push_back({"constant_" + std::to_string(index), byteCount(constant)});
  return dispatches();
}

// Weights

static WeightElement weightElement(Type type) {
  return type.isF32()    ? WeightElement::F32
         : type.isF64()  ? WeightElement::F64
         : type.isF16()  ? WeightElement::F16
         : type.isBF16() ? WeightElement::BF16
                         : WeightElement::Opaque;
}

static Error streamWeight(WeightAttr weight, WeightStore &store, const runtime::ByteSink &sink) {
  WeightRef ref{weight.getFile().str(), weight.getOffset(), weight.getBytes(),
                weight.getHash().str()};
  WeightRecipe recipe;
  Type element = weight.getSource().getElementType();
  recipe.element = weightElement(element);
  recipe.elementBytes = llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
  recipe.shape.assign(weight.getSource().getShape().begin(), weight.getSource().getShape().end());
  for (Attribute step : weight.getRecipe()) {
    WeightStep next;
    if (auto permute = dyn_cast<PermuteAttr>(step))
      next.permutation.assign(permute.getPerm().begin(), permute.getPerm().end());
    else if (auto panels = dyn_cast<PanelsAttr>(step)) {
      next.panelWidth = panels.getWidth();
      next.panelDepth = panels.getDepth();
    } else
      next.factor = cast<ScaleAttr>(step).getFactor().getValueAsDouble();
    recipe.steps.push_back(next);
  }
  Error error, sinkError;
  store.write(
      ref, recipe,
      [&](ArrayRef<uint8_t> chunk) {
        sinkError = sink(chunk.data(), chunk.size());
        return !sinkError.failed();
      },
      error);
  return sinkError.failed() ? sinkError : error;
}

/// Dense tensors as the kernels read them: row-major, i1 as one byte per element.
static Error streamDense(DenseElementsAttr dense, const runtime::ByteSink &sink) {
  if (!dense.getElementType().isInteger(1)) {
    ArrayRef<char> raw = dense.getRawData();
    int64_t copies = dense.isSplat() ? dense.getNumElements() : 1;
    for (int64_t i = 0; i < copies; ++i)
      if (Error error = sink(raw.data(), raw.size()); error.failed())
        return error;
    return {};
  }
  std::vector<char> bytes;
  for (bool value : dense.getValues<bool>())
    bytes.push_back(value);
  return sink(bytes.data(), bytes.size());
}

Error backend::writeArtifact(ModuleOp device, ArrayRef<char> elf, const CodeDescription &code,
                             StringRef path) {
  Describer describer(device, code);
  if (Error error = describer.run(); error.failed())
    return error;
  SmallVector<Attribute> constants = collectConstants(device);
  auto source = device->getAttrOfType<StringAttr>(onnx::kSourceAttr);
  WeightStore store(source ? source.getValue().str() : ".");
  return runtime::finishArtifact(path.str(), std::string_view(elf.data(), elf.size()),
                                 describer.result,
                                 [&](size_t index, const runtime::ByteSink &sink) -> Error {
                                   if (auto weight = dyn_cast<WeightAttr>(constants[index]))
                                     return streamWeight(weight, store, sink);
                                   if (auto dense = dyn_cast<DenseElementsAttr>(constants[index]))
                                     return streamDense(dense, sink);
                                   return internal("a constant is neither dense nor a weight");
                                 });
}
