// Affine expressions as indices of attention's operands.
#include "attune/Dialect/Transformer/IR/OperandIndex.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

/// More terms than an operand has loops, twice over, mean nothing.
static constexpr size_t kMaxTerms = 12;

std::optional<unsigned> OperandIndex::plainLoop() const {
  if (terms.size() != 1 || offset != 0)
    return std::nullopt;
  const IndexTerm &term = terms.front();
  if (term.stride != 1 || term.divisor != 1 || term.modulus != 0)
    return std::nullopt;
  return term.loop;
}

bool OperandIndex::isAdjacentIn(unsigned loop) const {
  const IndexTerm *found = nullptr;
  for (const IndexTerm &term : terms)
    if (term.loop == loop) {
      if (found)
        return false;
      found = &term;
    }
  return found && found->stride == 1 && found->divisor == 1 && found->modulus == 0;
}

/// loop, loop floordiv a, loop mod m, (loop floordiv a) mod m.
static std::optional<IndexTerm> parseDigit(AffineExpr expr) {
  IndexTerm term;
  auto number = [](AffineExpr side) -> std::optional<int64_t> {
    auto constant = dyn_cast<AffineConstantExpr>(side);
    return constant && constant.getValue() > 0 ? std::optional(constant.getValue()) : std::nullopt;
  };
  for (auto [kind, value] : {std::pair(AffineExprKind::Mod, &term.modulus),
                             std::pair(AffineExprKind::FloorDiv, &term.divisor)}) {
    auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
    if (!binary || binary.getKind() != kind)
      continue;
    std::optional<int64_t> given = number(binary.getRHS());
    if (!given)
      return std::nullopt;
    *value = *given;
    expr = binary.getLHS();
  }
  auto loop = dyn_cast<AffineDimExpr>(expr);
  if (!loop)
    return std::nullopt;
  term.loop = loop.getPosition();
  return term;
}

/// Adds `factor` times `expr`; false when that is no index.
static bool addIndex(AffineExpr expr, int64_t factor, OperandIndex &index) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    std::optional<int64_t> more = llvm::checkedMul(constant.getValue(), factor);
    std::optional<int64_t> sum = more ? llvm::checkedAdd(index.offset, *more) : std::nullopt;
    index.offset = sum.value_or(-1);
    return index.offset >= 0;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (binary && binary.getKind() == AffineExprKind::Add)
    return addIndex(binary.getLHS(), factor, index) && addIndex(binary.getRHS(), factor, index);
  if (binary && binary.getKind() == AffineExprKind::Mul) {
    auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
    std::optional<int64_t> product =
        constant ? llvm::checkedMul(constant.getValue(), factor) : std::nullopt;
    return product && *product > 0 && addIndex(binary.getLHS(), *product, index);
  }
  std::optional<IndexTerm> term = parseDigit(expr);
  if (!term || index.terms.size() == kMaxTerms)
    return false;
  term->stride = factor;
  index.terms.push_back(*term);
  return true;
}

std::optional<OperandIndex> transformer::parseOperandIndex(AffineExpr expr) {
  OperandIndex index;
  if (!addIndex(expr, 1, index))
    return std::nullopt;
  return index;
}

bool transformer::isOperandMap(AffineMap map) {
  if (map.getNumSymbols() != 0)
    return false;
  llvm::BitVector used(map.getNumDims());
  for (AffineExpr expr : map.getResults()) {
    std::optional<OperandIndex> index = parseOperandIndex(expr);
    if (!index)
      return false;
    llvm::BitVector here(map.getNumDims());
    for (const IndexTerm &term : index->terms)
      here.set(term.loop);
    if (used.anyCommon(here))
      return false;
    used |= here;
  }
  return true;
}

/// The largest value of a term; nothing when it has none that is known, or divisors do not divide.
static std::optional<int64_t> largest(const IndexTerm &term, ArrayAttr dims) {
  auto extent = dyn_cast<IntegerAttr>(dims[term.loop]);
  if (!extent)
    return term.modulus > 0 && term.divisor == 1 ? llvm::checkedMul(term.stride, term.modulus - 1)
                                                 : std::nullopt;
  int64_t size = std::max<int64_t>(extent.getInt(), 1); // of none, nothing is read
  if (extent.getInt() % term.divisor != 0)
    return std::nullopt;
  size /= term.divisor;
  if (term.modulus > 0) {
    if (size % term.modulus != 0)
      return std::nullopt;
    size = term.modulus;
  }
  return llvm::checkedMul(term.stride, size - 1);
}

bool transformer::staysInside(AffineMap map, ArrayAttr dims, ArrayRef<int64_t> shape) {
  for (auto [expr, size] : llvm::zip(map.getResults(), shape)) {
    std::optional<OperandIndex> index = parseOperandIndex(expr);
    if (!index)
      return false;
    // Equal texts would be one extent, but types do not have them.
    if (std::optional<unsigned> loop = index->plainLoop(); loop && isa<StringAttr>(dims[*loop])) {
      if (!ShapedType::isDynamic(size))
        return false;
      continue;
    }
    int64_t last = index->offset;
    for (const IndexTerm &term : index->terms) {
      std::optional<int64_t> most = largest(term, dims);
      std::optional<int64_t> sum = most ? llvm::checkedAdd(last, *most) : std::nullopt;
      if (!sum)
        return false;
      last = *sum;
    }
    bool none = llvm::any_of(index->terms, [&](const IndexTerm &term) {
      auto extent = dyn_cast<IntegerAttr>(dims[term.loop]);
      return extent && extent.getInt() == 0;
    });
    if (ShapedType::isDynamic(size) || (last >= size && !none))
      return false;
  }
  return true;
}
