// Emits symbolic expressions as arith on index.
#include "HostSymbols.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace attune;
using namespace attune::backend;

HostSymbols::HostSymbols(func::FuncOp host)
    : builder(OpBuilder::atBlockBegin(&host.getBody().front())), loc(host.getLoc()) {
  for (BlockArgument arg : host.getArguments()) {
    auto dims = host.getArgAttrOfType<ArrayAttr>(arg.getArgNumber(), "attune.dims");
    if (!dims)
      continue;
    for (auto [position, dim] : llvm::enumerate(dims)) {
      auto text = dyn_cast<StringAttr>(dim);
      if (!text || values.contains(text.getValue()))
        continue;
      auto parsed = SymbolicExpression::parse(text.getValue());
      if (!parsed || parsed->asSymbol().empty())
        continue;
      values[parsed->asSymbol()] = tensor::DimOp::create(builder, loc, arg, position);
    }
  }
}

Value HostSymbols::constant(int64_t value) {
  Value &known = values["#" + std::to_string(value)];
  if (!known)
    known = arith::ConstantIndexOp::create(builder, loc, value);
  return known;
}

Value HostSymbols::get(Attribute dim) {
  if (auto integer = dyn_cast<IntegerAttr>(dim))
    return constant(integer.getInt());
  auto text = dyn_cast<StringAttr>(dim);
  auto parsed = text ? SymbolicExpression::parse(text.getValue()) : std::nullopt;
  return parsed ? get(*parsed) : Value();
}

Value HostSymbols::atom(const SymbolicExpression::Atom &atom) {
  using Kind = SymbolicExpression::Atom::Kind;
  if (auto known = values.find(atom.text); known != values.end())
    return known->second;
  if (atom.kind == Kind::Symbol)
    return {};
  SmallVector<Value> operands;
  for (const SymbolicExpression &operand : atom.operands) {
    operands.push_back(get(operand));
    if (!operands.back())
      return {};
  }
  Value result = operands.front();
  for (Value operand : ArrayRef(operands).drop_front())
    switch (atom.kind) {
    case Kind::Min:
      result = arith::MinSIOp::create(builder, loc, result, operand);
      break;
    case Kind::Max:
      result = arith::MaxSIOp::create(builder, loc, result, operand);
      break;
    default: {
      // A divisor is positive where the door lets a model run; 1 keeps others from trapping.
      Value divisor = arith::MaxSIOp::create(builder, loc, operand, constant(1));
      result = arith::FloorDivSIOp::create(builder, loc, result, divisor);
    }
    }
  return values[atom.text] = result;
}

Value HostSymbols::get(const SymbolicExpression &expression) {
  std::string text = expression.str();
  if (auto known = values.find(text); known != values.end())
    return known->second;
  if (auto value = expression.constant())
    return constant(*value);
  Value sum;
  for (const SymbolicExpression::Term &term : expression.terms()) {
    Value product;
    for (const SymbolicExpression::AtomRef &factor : term.factors) {
      Value value = atom(*factor);
      if (!value)
        return {};
      product = product ? arith::MulIOp::create(builder, loc, product, value).getResult() : value;
    }
    if (!product)
      product = constant(term.coefficient);
    else if (term.coefficient != 1)
      product = arith::MulIOp::create(builder, loc, product, constant(term.coefficient));
    sum = sum ? arith::AddIOp::create(builder, loc, sum, product).getResult() : product;
  }
  return values[text] = sum;
}

bool HostSymbols::dynamicSizes(ArrayAttr dims, SmallVectorImpl<Value> &sizes) {
  for (Attribute dim : dims) {
    if (isa<IntegerAttr>(dim))
      continue;
    sizes.push_back(get(dim));
    if (!sizes.back())
      return false;
  }
  return true;
}
