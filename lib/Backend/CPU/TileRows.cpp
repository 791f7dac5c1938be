// Cuts a kernel into rows: the loops that all its ops share become tasks.
#include "attune/Backend/CPU/Passes.h"

#include "attune/Conversion/TransformerToLinalg.h"
#include "attune/Dialect/Exec/IR/ExecDialect.h"
#include "attune/Support/Diagnostics.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Interfaces/TilingInterface.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace attune::cpu {
#define GEN_PASS_DEF_TILEROWSPASS
#include "attune/Backend/CPU/Passes.h.inc"
} // namespace attune::cpu

using namespace mlir;
using namespace attune;

/// Elements of a one-dimensional kernel per task.
static constexpr int64_t kFlatTask = 4096;

/// Elements per task where reads and writes run along different loops, written and read: each line
/// of memory that is read stays in the cache until all of it was used.
static constexpr std::pair<int64_t, int64_t> kTransposed = {256, 16};

/// What runs over nothing leaves its destination as it is; upstream's tiling cannot cut it.
static void eraseEmptyNests(func::FuncOp kernel) {
  IRRewriter rewriter(kernel.getContext());
  for (auto op : llvm::to_vector(kernel.getOps<linalg::LinalgOp>()))
    if (llvm::is_contained(op.getStaticLoopRanges(), 0))
      rewriter.replaceOp(op, op.getDpsInits());
  for (auto op : llvm::to_vector(kernel.getOps<bufferization::MaterializeInDestinationOp>()))
    if (llvm::is_contained(cast<ShapedType>(op.getSource().getType()).getShape(), 0))
      rewriter.eraseOp(op);
}

static int64_t loopOf(AffineExpr expr) {
  auto dim = dyn_cast<AffineDimExpr>(expr);
  return dim ? static_cast<int64_t>(dim.getPosition()) : -1;
}

/// The op whose result the kernel stores, if it is the only one.
static linalg::LinalgOp findSink(func::FuncOp kernel) {
  auto stores = kernel.getOps<bufferization::MaterializeInDestinationOp>();
  if (std::distance(stores.begin(), stores.end()) != 1)
    return {};
  auto sink = (*stores.begin()).getSource().getDefiningOp<linalg::LinalgOp>();
  // Only linalg has loops to share; a chain of slices is left whole.
  for (Operation &op : kernel.getOps())
    if (isa<tensor::InsertSliceOp>(op))
      return {};
  return sink && sink->getNumResults() == 1 ? sink : linalg::LinalgOp();
}

/// An elementwise last op updates the tensor it reads, where nothing else comes after: then
/// that tensor can be the destination, and the row needs no buffer of its own.
static void updateInPlace(linalg::LinalgOp sink) {
  auto generic = dyn_cast<linalg::GenericOp>(sink.getOperation());
  if (!generic || generic.getNumReductionLoops() != 0 ||
      !generic.getOutputs().front().getDefiningOp<tensor::EmptyOp>())
    return;
  AffineMap out = generic.getIndexingMapsArray().back();
  for (OpOperand &input : generic.getInputsMutable()) {
    unsigned index = input.getOperandNumber();
    auto producer = input.get().getDefiningOp<linalg::LinalgOp>();
    if (!producer || generic.getIndexingMapsArray()[index] != out || !out.isPermutation() ||
        input.get().getType() != generic.getOutputs().front().getType())
      continue;
    Block *body = generic.getBody();
    body->getArguments().back().replaceAllUsesWith(body->getArgument(index));
    body->getArgument(index).replaceAllUsesWith(body->getArguments().back());
    generic.getOutputsMutable().assign(input.get());
    return;
  }
}

/// For each loop of the sink, whether every op before it can be cut along the same loop: its
/// slice for one iteration is one iteration of one of its own parallel loops.
static SmallVector<bool> findSharedLoops(linalg::LinalgOp sink) {
  SmallVector<bool> shared(sink.getNumLoops(), true);
  for (auto [loop, kind] : llvm::enumerate(sink.getIteratorTypesArray()))
    shared[loop] = kind == utils::IteratorType::parallel;
  // Positions of the sink's loops in each op, found from consumers to producers.
  DenseMap<Operation *, SmallVector<int64_t>> loops;
  loops[sink] = llvm::to_vector(llvm::seq<int64_t>(0, sink.getNumLoops()));
  SmallVector<linalg::LinalgOp> work{sink};
  while (!work.empty()) {
    linalg::LinalgOp consumer = work.pop_back_val();
    SmallVector<int64_t> consumerLoops = loops[consumer];
    for (OpOperand &operand : consumer->getOpOperands()) {
      auto producer = operand.get().getDefiningOp<linalg::LinalgOp>();
      if (!producer)
        continue;
      AffineMap read = consumer.getMatchingIndexingMap(&operand);
      AffineMap written = producer.getIndexingMapMatchingResult(cast<OpResult>(operand.get()));
      SmallVector<int64_t> mapped(consumerLoops.size(), -1);
      for (auto [loop, consumerLoop] : llvm::enumerate(consumerLoops)) {
        for (auto [position, expr] : llvm::enumerate(read.getResults()))
          if (consumerLoop >= 0 && loopOf(expr) == consumerLoop)
            mapped[loop] = loopOf(written.getResult(position));
        if (mapped[loop] < 0)
          shared[loop] = false;
      }
      auto [known, isNew] = loops.try_emplace(producer, mapped);
      if (!isNew && known->second != mapped)
        for (size_t loop = 0; loop < mapped.size(); ++loop)
          shared[loop] = shared[loop] && known->second[loop] == mapped[loop];
      else
        work.push_back(producer);
    }
  }
  return shared;
}

/// The loop that runs inside a row: the one along which memory is adjacent.
static int64_t findInnerLoop(linalg::LinalgOp sink) {
  AffineMap map = sink.getIndexingMapsArray().back();
  if (sink.getNumReductionLoops() != 0)
    map = sink.getIndexingMapsArray().front();
  return map.getNumResults() ? loopOf(map.getResults().back()) : -1;
}

/// The loop along which an elementwise op reads adjacent memory, where that is not `inner`, along
/// which it writes: it transposes.
static int64_t findTransposedLoop(linalg::LinalgOp sink, int64_t inner) {
  if (sink.getNumReductionLoops() != 0 || inner < 0)
    return -1;
  int64_t found = -1;
  for (OpOperand *input : sink.getDpsInputOperands()) {
    if (input->get().getDefiningOp<linalg::LinalgOp>())
      return -1;
    AffineMap map = sink.getMatchingIndexingMap(input);
    int64_t loop = map.getNumResults() ? loopOf(map.getResults().back()) : -1;
    if (loop >= 0 && loop != inner && map.isFunctionOfDim(inner))
      found = loop;
  }
  return found;
}

static SmallVector<OpFoldResult> chooseTiles(linalg::LinalgOp sink) {
  Builder builder(sink.getContext());
  SmallVector<bool> shared = findSharedLoops(sink);
  int64_t inner = findInnerLoop(sink), parallel = llvm::count(shared, true);
  int64_t transposed = findTransposedLoop(sink, inner);
  SmallVector<OpFoldResult> tiles;
  for (auto [loop, isShared] : llvm::enumerate(shared)) {
    int64_t tile = isShared ? 1 : 0;
    if (static_cast<int64_t>(loop) == inner && isShared)
      tile = parallel == 1 && sink.getNumLoops() == 1 ? kFlatTask : 0;
    if (transposed >= 0 && isShared && static_cast<int64_t>(loop) == inner)
      tile = kTransposed.first;
    if (static_cast<int64_t>(loop) == transposed && isShared)
      tile = kTransposed.second;
    tiles.push_back(builder.getIndexAttr(tile));
  }
  return tiles;
}

/// Sizes of arguments are words; no kernel asks a buffer for its shape.
static LogicalResult resolveSizes(func::FuncOp kernel, IRRewriter &rewriter) {
  RewritePatternSet patterns(kernel.getContext());
  memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
  memref::populateResolveShapedTypeResultDimsPatterns(patterns);
  tensor::DimOp::getCanonicalizationPatterns(patterns, kernel.getContext());
  // A slice of an empty tensor is an empty tensor, which can become a slice of the destination.
  tensor::populateFoldTensorEmptyPatterns(patterns);
  if (failed(applyPatternsGreedily(kernel, std::move(patterns))))
    return failure();
  auto walk = kernel.walk([&](tensor::DimOp op) -> WalkResult {
    auto read = op.getSource().getDefiningOp<bufferization::ToTensorOp>();
    auto arg = read ? dyn_cast<BlockArgument>(read.getBuffer()) : BlockArgument();
    auto index = op.getConstantIndex();
    auto dims =
        arg ? kernel.getArgAttrOfType<ArrayAttr>(arg.getArgNumber(), exec::kDimsAttr) : ArrayAttr();
    if (!dims || !index)
      return WalkResult::advance();
    rewriter.setInsertionPoint(op);
    Value size = sizeOf(rewriter, op.getLoc(), kernel, dims[*index]);
    if (!size)
      return WalkResult::interrupt();
    rewriter.replaceOp(op, size);
    return WalkResult::advance();
  });
  return failure(walk.wasInterrupted());
}

namespace {
struct TileRowsPass : cpu::impl::TileRowsPassBase<TileRowsPass> {
  LogicalResult tile(func::FuncOp kernel, linalg::LinalgOp sink) {
    IRRewriter rewriter(&getContext());
    updateInPlace(sink);
    scf::SCFTileAndFuseOptions options;
    options.tilingOptions.setTileSizes(chooseTiles(sink));
    options.tilingOptions.setLoopType(scf::SCFTilingOptions::LoopType::ForallOp);
    rewriter.setInsertionPoint(sink);
    FailureOr<scf::SCFTileAndFuseResult> tiled = scf::tileConsumerAndFuseProducersUsingSCF(
        rewriter, cast<TilingInterface>(sink.getOperation()), options);
    if (failed(tiled))
      return attune::emitError(sink.getLoc(), ErrorCode::Internal,
                               "a kernel cannot be cut in rows");
    for (auto [from, to] : tiled->replacements)
      rewriter.replaceAllUsesWith(from, to);
    if (failed(resolveSizes(kernel, rewriter)))
      return failure();
    DominanceInfo dominance(kernel);
    eliminateCommonSubExpressions(rewriter, dominance, kernel);
    return success();
  }

  void runOnOperation() override {
    auto kernels = getOperation().lookupSymbol<ModuleOp>(exec::kKernelsModule);
    if (!kernels)
      return;
    for (auto kernel : kernels.getOps<func::FuncOp>()) {
      eraseEmptyNests(kernel);
      linalg::LinalgOp sink = findSink(kernel);
      if (sink && failed(tile(kernel, sink)))
        return signalPassFailure();
      IRRewriter rewriter(&getContext());
      if (!sink && failed(resolveSizes(kernel, rewriter)))
        return signalPassFailure();
    }
  }
};
} // namespace
