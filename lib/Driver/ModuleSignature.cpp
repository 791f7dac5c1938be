// Signatures out of a module: names, dimensions and ranges are attributes of the entry.
#include "ModuleSignature.h"

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Driver/InputRanges.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/TypeUtilities.h"

#include <set>

using namespace attune;
using namespace attune::driver;
using namespace mlir;

namespace {

ElementType elementType(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type)) {
    bool isUnsigned = integer.isUnsigned();
    switch (integer.getWidth()) {
    case 1:
      return ElementType::Bool;
    case 8:
      return isUnsigned ? ElementType::UInt8 : ElementType::Int8;
    case 16:
      return isUnsigned ? ElementType::UInt16 : ElementType::Int16;
    case 32:
      return isUnsigned ? ElementType::UInt32 : ElementType::Int32;
    default:
      return isUnsigned ? ElementType::UInt64 : ElementType::Int64;
    }
  }
  if (type.isF64())
    return ElementType::Float64;
  if (type.isF16())
    return ElementType::Float16;
  if (type.isBF16())
    return ElementType::BFloat16;
  return ElementType::Float32;
}

int64_t integerOf(Attribute attribute, int64_t otherwise) {
  auto integer = dyn_cast<IntegerAttr>(attribute);
  return integer && integer.getValue().isSignedIntN(64) ? integer.getValue().getSExtValue()
                                                        : otherwise;
}

TensorSpec readTensor(Type type, DictionaryAttr attributes) {
  TensorSpec spec;
  if (auto tensor = dyn_cast<TensorType>(type))
    spec.type = elementType(tensor.getElementType());
  if (!attributes)
    return spec;
  // Later forms are signless; the file's type says which integers are unsigned.
  if (auto declared = attributes.getAs<TypeAttr>("attune.type"))
    spec.type = elementType(getElementTypeOrSelf(declared.getValue()));
  if (auto name = attributes.getAs<StringAttr>(onnx::kNameAttr))
    spec.name = name.str();
  if (auto dims = attributes.getAs<ArrayAttr>(onnx::kDimsAttr))
    for (Attribute dim : dims) {
      if (auto value = dyn_cast<IntegerAttr>(dim))
        spec.dims.push_back({value.getInt(), ""});
      else if (auto text = dyn_cast<StringAttr>(dim))
        spec.dims.push_back({-1, text.str()});
    }
  if (auto range = attributes.getAs<ArrayAttr>(kRangeAttr); range && range.size() == 2) {
    spec.low = integerOf(range[0], spec.low);
    spec.high = integerOf(range[1], spec.high);
  }
  auto role = attributes.getAs<StringAttr>(kRoleAttr);
  spec.mask = role && role.getValue() == "mask";
  return spec;
}

} // namespace

Signature driver::readSignature(ModuleOp module) {
  Signature signature;
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main)
    return signature;
  std::set<std::string> seen;
  for (unsigned i = 0; i < main.getNumArguments(); ++i) {
    signature.inputs.push_back(readTensor(main.getArgumentTypes()[i], main.getArgAttrDict(i)));
    for (const DimSpec &dim : signature.inputs.back().dims)
      if (dim.value < 0 && seen.insert(dim.expression).second &&
          dim.expression.find_first_of(" (*+-/") == std::string::npos)
        signature.symbols.push_back({dim.expression});
  }
  for (unsigned i = 0; i < main.getNumResults(); ++i)
    signature.outputs.push_back(readTensor(main.getResultTypes()[i], main.getResultAttrDict(i)));
  if (auto ranges = module->getAttrOfType<DictionaryAttr>("attune.ranges"))
    for (SymbolSpec &symbol : signature.symbols)
      if (auto range = ranges.getAs<ArrayAttr>(symbol.name); range && range.size() == 2) {
        symbol.low = integerOf(range[0], symbol.low);
        symbol.high = integerOf(range[1], symbol.high);
      }
  if (auto guards = main->getAttrOfType<ArrayAttr>(onnx::kGuardsAttr))
    for (auto guard : guards.getAsRange<DictionaryAttr>()) {
      auto text = [&](StringRef key) {
        auto value = guard.getAs<StringAttr>(key);
        return value ? value.str() : std::string();
      };
      std::string relation = text("relation");
      std::string sign = relation == "eq" ? " = " : relation == "le" ? " <= " : " divides ";
      signature.guards.push_back({text("lhs") + sign + text("rhs"), text("node")});
    }
  return signature;
}
