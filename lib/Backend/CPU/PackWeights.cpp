// Packs the constant columns of contractions in panels as wide as a register tile: one read in
// order per tile, no masks on loads. The recipe packs while the artefact is written.
#include "attune/Backend/CPU/Passes.h"

#include "Kernels/ContractRoles.h"
#include "attune/Backend/CPU/Target.h"
#include "attune/Support/WeightStore.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

namespace attune::cpu {
#define GEN_PASS_DEF_PACKWEIGHTSPASS
#include "attune/Backend/CPU/Passes.h.inc"
} // namespace attune::cpu

using namespace mlir;
using namespace attune;
using namespace attune::cpu;
using transformer::PanelsAttr;
using transformer::PermuteAttr;
using transformer::WeightAttr;

namespace {

/// One operand to pack: which, in what order of dimensions, in how wide panels.
struct Packing {
  unsigned argument;             ///< of the kernel
  unsigned operand;              ///< of the contraction
  SmallVector<int64_t> order;    ///< of the operand's dimensions: others, what is summed, n
  SmallVector<int64_t> logical;  ///< the shape in that order
  SmallVector<AffineExpr> loops; ///< that index the dimensions in that order
  int64_t width;
  int64_t depth; ///< how many dimensions are summed

  SmallVector<int64_t> packed() const {
    SmallVector<int64_t> shape(ArrayRef(logical).drop_back());
    shape.insert(shape.end() - depth, llvm::divideCeilSigned(logical.back(), width));
    shape.push_back(width);
    return shape;
  }
};

} // namespace

/// How the contraction's columns are packed; nothing where packing does not pay or apply.
static std::optional<Packing> findPacking(transformer::ContractOp op, const Level &level) {
  FailureOr<ContractRoles> roles = findContractRoles(op);
  if (failed(roles) || roles->panelWidth || !roles->adjacentRows())
    return std::nullopt;
  auto type = cast<MemRefType>(roles->columns.getType());
  Packing packing{cast<BlockArgument>(roles->columns).getArgNumber(),
                  roles->columnsOperand,
                  {},
                  {},
                  {},
                  0,
                  static_cast<int64_t>(roles->k.size())};
  SmallVector<int64_t> loops = llvm::map_to_vector(roles->columnsMap.getResults(), loopOf);
  if (!type.hasStaticShape() || type.getNumElements() == 0 || llvm::is_contained(loops, kNoLoop) ||
      !op->getOperand(packing.operand).hasOneUse())
    return std::nullopt;
  auto placeOf = [&](int64_t loop) { return llvm::find(loops, loop) - loops.begin(); };
  SmallVector<int64_t> last(roles->k);
  last.push_back(roles->n);
  for (auto [at, loop] : llvm::enumerate(loops))
    if (!llvm::is_contained(last, loop))
      packing.order.push_back(at);
  for (int64_t loop : last) {
    if (!llvm::is_contained(loops, loop))
      return std::nullopt;
    packing.order.push_back(placeOf(loop));
  }
  // Few columns waste most of a panel: they pay only where they could not be read otherwise.
  int64_t columns = type.getDimSize(placeOf(roles->n)), lanes = level.lanes();
  int64_t least = roles->adjacentColumns() ? lanes : roles->overWindows ? 1 : lanes / 4;
  if (columns < least)
    return std::nullopt;
  packing.width = lanes * level.columnVectors(columns);
  for (int64_t at : packing.order) {
    packing.logical.push_back(type.getDimSize(at));
    packing.loops.push_back(roles->columnsMap.getResult(at));
  }
  return packing;
}

/// A small tensor in panels.
static DenseElementsAttr packDense(DenseElementsAttr dense, const Packing &packing) {
  SmallVector<float> source(dense.getValues<float>()), values;
  WeightRecipe recipe{WeightElement::F32, sizeof(float), {}, {}};
  recipe.shape.assign(dense.getType().getShape().begin(), dense.getType().getShape().end());
  recipe.steps.push_back({{packing.order.begin(), packing.order.end()}, 1.0});
  recipe.steps.push_back({{}, 1.0, packing.width, packing.depth});
  ArrayRef<uint8_t> bytes(reinterpret_cast<const uint8_t *>(source.data()),
                          source.size() * sizeof(float));
  [[maybe_unused]] bool fits = runRecipe(bytes, recipe, [&](ArrayRef<uint8_t> chunk) {
    auto *first = reinterpret_cast<const float *>(chunk.data());
    values.append(first, first + chunk.size() / sizeof(float));
    return true;
  });
  auto type = RankedTensorType::get(packing.packed(), dense.getElementType());
  return DenseElementsAttr::get(type, ArrayRef<float>(values));
}

static Attribute packValue(Attribute value, const Packing &packing) {
  MLIRContext *context = value.getContext();
  if (auto weight = dyn_cast<WeightAttr>(value)) {
    if (!isIdentityPermutation(packing.order))
      weight = weight.append(PermuteAttr::get(context, packing.order));
    return weight.append(PanelsAttr::get(context, packing.width, packing.depth));
  }
  return packDense(cast<DenseElementsAttr>(value), packing);
}

/// The kernel reads panels, and its contraction what they unpack to.
static void packKernel(func::FuncOp kernel, transformer::ContractOp op, const Packing &packing) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  SmallVector<int64_t> packed = packing.packed();
  auto layout =
      StridedLayoutAttr::get(op.getContext(), ShapedType::kDynamic, computeStrides(packed));
  BlockArgument argument = kernel.getArgument(packing.argument);
  argument.setType(MemRefType::get(packed, b.getF32Type(), layout));
  kernel.setFunctionType(b.getFunctionType(kernel.getBody().getArgumentTypes(), {}));
  kernel.setArgAttr(packing.argument, exec::kDimsAttr, b.getI64ArrayAttr(packed));

  Operation *old = op->getOperand(packing.operand).getDefiningOp();
  Value panels = bufferization::ToTensorOp::create(
      b, loc, RankedTensorType::get(packed, b.getF32Type()), argument, /*restrict=*/true);
  Value empty = tensor::EmptyOp::create(b, loc, packing.logical, b.getF32Type());
  int64_t rank = packing.logical.size();
  SmallVector<int64_t> outer = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::rotate(outer.end() - packing.depth - 1, outer.end() - 1, outer.end());
  Value columns = linalg::UnPackOp::create(b, loc, panels, empty, {rank - 1},
                                           {b.getIndexAttr(packing.width)}, outer)
                      ->getResult(0);
  op->setOperand(packing.operand, columns);
  SmallVector<Attribute> maps(op.getInputMaps().getValue());
  maps[packing.operand] =
      AffineMapAttr::get(AffineMap::get(op.getDims().size(), 0, packing.loops, op.getContext()));
  op.setInputMapsAttr(b.getArrayAttr(maps));
  old->erase();
}

namespace {
struct PackWeightsPass : cpu::impl::PackWeightsPassBase<PackWeightsPass> {
  using Base::Base;

  /// The constants that all dispatches of a kernel pass for an argument; empty if one does not.
  static SmallVector<exec::ConstantOp> constantsOf(ArrayRef<exec::DispatchOp> dispatches,
                                                   unsigned argument) {
    SmallVector<exec::ConstantOp> constants;
    for (exec::DispatchOp dispatch : dispatches) {
      auto constant = dispatch.getInputs()[argument].getDefiningOp<exec::ConstantOp>();
      if (!constant || dispatch.getKernels().size() != 1)
        return {};
      constants.push_back(constant);
    }
    return constants;
  }

  void pack(func::FuncOp kernel, MutableArrayRef<exec::DispatchOp> dispatches, const Level &level) {
    SmallVector<transformer::ContractOp> roots(kernel.getOps<transformer::ContractOp>());
    if (roots.size() != 1)
      return;
    std::optional<Packing> packing = findPacking(roots[0], level);
    if (!packing)
      return;
    SmallVector<exec::ConstantOp> constants = constantsOf(dispatches, packing->argument);
    if (constants.empty())
      return;
    for (auto [dispatch, constant] : llvm::zip(dispatches, constants)) {
      OpBuilder b(constant);
      Attribute value = packValue(constant.getValue(), *packing);
      auto made =
          exec::ConstantOp::create(b, constant.getLoc(), cast<TypedAttr>(value).getType(), value);
      dispatch.getInputsMutable()[packing->argument].set(made);
      if (constant.use_empty())
        constant.erase();
    }
    packKernel(kernel, roots[0], *packing);
    numPacked += constants.size();
  }

  void runOnOperation() override {
    FailureOr<Level> level = levelFor(getOperation(), cpu);
    if (failed(level))
      return signalPassFailure();
    auto kernels = getOperation().lookupSymbol<ModuleOp>(exec::kKernelsModule);
    if (!kernels)
      return;
    llvm::MapVector<StringRef, SmallVector<exec::DispatchOp>> dispatches;
    getOperation().walk([&](exec::DispatchOp dispatch) {
      for (auto name : dispatch.getKernels().getAsRange<FlatSymbolRefAttr>())
        dispatches[name.getValue()].push_back(dispatch);
    });
    for (auto &[name, calls] : dispatches)
      if (auto kernel = kernels.lookupSymbol<func::FuncOp>(name))
        pack(kernel, calls, *level);
  }
};
} // namespace
