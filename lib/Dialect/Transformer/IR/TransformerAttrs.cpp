// Attributes of the transformer dialect: registration and recipes.
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

#include "attune/Dialect/Transformer/IR/TransformerEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "attune/Dialect/Transformer/IR/TransformerAttrs.cpp.inc"

using namespace mlir;
using namespace attune::transformer;

void TransformerDialect::registerAttrs() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "attune/Dialect/Transformer/IR/TransformerAttrs.cpp.inc"
      >();
}

/// The shape after a step that moves elements; false when the step does not fit it.
static bool applyStep(Attribute step, SmallVector<int64_t> &shape) {
  if (auto permute = dyn_cast<PermuteAttr>(step)) {
    if (permute.getPerm().size() != shape.size() || !isPermutationVector(permute.getPerm()))
      return false;
    applyPermutationToVector(shape, permute.getPerm());
    return true;
  }
  auto panels = dyn_cast<PanelsAttr>(step);
  if (!panels || panels.getWidth() < 1 || panels.getDepth() < 1 ||
      static_cast<int64_t>(shape.size()) <= panels.getDepth())
    return false;
  int64_t columns = shape.pop_back_val();
  shape.insert(shape.end() - panels.getDepth(), llvm::divideCeilSigned(columns, panels.getWidth()));
  shape.push_back(panels.getWidth());
  return true;
}

LogicalResult WeightAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringRef, uint64_t,
                                 uint64_t, StringRef, RankedTensorType source,
                                 ArrayRef<Attribute> recipe) {
  // (weight.C3) the source has a static shape of numbers
  if (!source || !source.hasStaticShape() ||
      !(source.getElementType().isIntOrFloat() || isa<ComplexType>(source.getElementType())))
    return emitError() << "(weight.C3) a weight's source is a static tensor of numbers";
  SmallVector<int64_t> shape(source.getShape());
  bool packed = false;
  for (Attribute step : recipe) {
    // (weight.C2) steps are permutations, scales of floating point, or panels of two dimensions
    if (isa_and_present<ScaleAttr>(step) && isa<FloatType>(source.getElementType()))
      continue;
    if (!step || !applyStep(step, shape))
      return emitError() << "(weight.C2) not a recipe step for " << source << ": " << step;
    // (weight.C4) nothing moves elements once they are in panels
    if (packed)
      return emitError() << "(weight.C4) a step after panels moves elements: " << step;
    packed = isa<PanelsAttr>(step);
  }
  return success();
}

RankedTensorType WeightAttr::getResultType() const {
  SmallVector<int64_t> shape(getSource().getShape());
  for (Attribute step : getRecipe())
    (void)applyStep(step, shape);
  return RankedTensorType::get(shape, getSource().getElementType());
}

WeightAttr WeightAttr::append(Attribute step) {
  SmallVector<Attribute> recipe(getRecipe());
  recipe.push_back(step);
  return WeightAttr::get(getContext(), getFile(), getOffset(), getBytes(), getHash(), getSource(),
                         recipe);
}
