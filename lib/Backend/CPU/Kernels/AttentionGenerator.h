// The class that emits an attention kernel. Attention.cpp has its loops over blocks and the two
// products, AttentionSoftmax.cpp what happens to scores between them.
#pragma once

#include "ContractRoles.h"
#include "Exponential.h"
#include "LoopEmitter.h"
#include "attune/Conversion/KernelBuilder.h"
#include "attune/Dialect/Transformer/Analysis/MaskAnalysis.h"
#include "attune/Dialect/Transformer/IR/OperandIndex.h"

namespace attune::cpu {

/// Emits one kernel.
class AttentionGenerator : LoopEmitter {
public:
  AttentionGenerator(mlir::ImplicitLocOpBuilder &b, mlir::func::FuncOp kernel,
                     transformer::AttentionOp op, exec::ScheduleAttr schedule)
      : LoopEmitter(b, schedule.getVector()[1]), op(op), keyBlock(schedule.getTask()[1]),
        tileRows(schedule.getVector()[0]), vectors(schedule.getVector()[2]),
        queries(lanes * vectors), blocks(schedule.getTask()[0] / (lanes * vectors)),
        out(kernel.getArgument(
            kernel->getAttrOfType<mlir::IntegerAttr>(exec::kInputsAttr).getInt())) {
    llvm::SmallVector<mlir::AffineMap> maps = transformer::mapsOf(op.getInputMaps());
    unsigned next = 0;
    for (auto [operand, value] :
         {std::pair(&q, op.getQ()), std::pair(&k, op.getK()), std::pair(&v, op.getV()),
          std::pair(&keys, op.getKeys()), std::pair(&bias, op.getBias()),
          std::pair(&maskTensor, op.getMaskTensor())})
      if (value)
        *operand = {bufferOf(value), maps[next++]};
    masked = op.getMask().isBand() || keys.buffer || maskTensor.buffer;
    binary = !bias.buffer;
  }

  bool isComplete() { return q.buffer && k.buffer && v.buffer && (!op.getBias() || bias.buffer); }
  mlir::LogicalResult run(KernelBuilder &sizes);

private:
  /// An operand's buffer and how the loops index it.
  struct Operand {
    mlir::Value buffer;
    mlir::AffineMap map;
  };

  mlir::Value frame(llvm::ArrayRef<int64_t> shape);
  mlir::Value at(const Operand &operand, llvm::ArrayRef<std::pair<unsigned, mlir::Value>> moved);
  llvm::SmallVector<mlir::Value> indices(mlir::AffineMap map,
                                         llvm::ArrayRef<std::pair<unsigned, mlir::Value>> moved);
  mlir::Value load(mlir::Value buffer, mlir::Value row, int64_t vector);
  void store(mlir::Value value, mlir::Value buffer, mlir::Value row, int64_t vector);
  bool isInnermost(mlir::AffineMap map, unsigned loop) const {
    return map.getNumResults() &&
           transformer::parseOperandIndex(map.getResults().back())->isAdjacentIn(loop);
  }
  mlir::Value queryAt(mlir::Value lane) {
    return min(add(firstQuery, lane), sub(extent[transformer::Query], one));
  }

  /// What is kept of each query.
  enum StateRow : int64_t { Maximum, Sum, Correction, Alive, StateRows };

  mlir::Value loadState(StateRow row, int64_t vector) {
    return load(state, add(stateRow, row), vector);
  }
  void storeState(mlir::Value value, StateRow row, int64_t vector) {
    store(value, state, add(stateRow, row), vector);
  }
  int64_t staticSize(unsigned loop) {
    return llvm::cast<mlir::IntegerAttr>(op.getDims()[loop]).getInt();
  }

  void eachBlock(mlir::Value count, mlir::Value first, llvm::function_ref<void()> body);
  mlir::LogicalResult readBand(KernelBuilder &sizes);
  mlir::Value firstVisibleKey(mlir::Value query);
  mlir::Value visibleKeys(mlir::Value behindLastQuery);
  void clear();
  void readQueries();
  Values transposed(const Operand &operand, unsigned loop, mlir::Value begin, int64_t vector);
  void transposeTensor(const Operand &tensor, mlir::Value into, mlir::Value begin,
                       mlir::Value count);
  void packKeys(mlir::Value begin, mlir::Value count);
  void packRows(const Operand &tensor, unsigned channel, mlir::Value into, mlir::Value begin,
                mlir::Value count);
  void visitKeys(mlir::Value begin, mlir::Value length, mlir::Value count, mlir::Value first);
  void scores(mlir::Value begin, mlir::Value count);
  void noteLiveKeys(mlir::Value begin, mlir::Value count);
  mlir::Value blockNeedsMask(mlir::Value begin, mlir::Value count);
  void maskScores(mlir::Value begin, mlir::Value count);
  void maskLoop(mlir::Value begin, mlir::Value count, bool masks);
  void probabilities(mlir::Value count);
  void values(mlir::Value begin, mlir::Value count);
  void finish();
  void fillDeadRows();
  void writeResult();
  mlir::Value liveLanes(mlir::Value key, int64_t vector, mlir::Value inBlock);
  /// e to a difference of scores, in the scores' units.
  mlir::Value exp(mlir::Value x) { return binary ? emitPowerOfTwo(b, x) : emitPowerOfE(b, x); }
  mlir::Value larger(mlir::Value a, mlir::Value c) {
    mlir::Value greater = mlir::arith::CmpFOp::create(b, mlir::arith::CmpFPredicate::OGT, a, c);
    return mlir::arith::SelectOp::create(b, greater, a, c);
  }

  transformer::AttentionOp op;
  int64_t keyBlock, tileRows, vectors, queries;
  int64_t blocks; ///< of queries that share each block of keys while it is in the cache
  mlir::Value out;
  Operand q, k, v, keys, bias, maskTensor;
  bool masked;
  bool binary; ///< scores are in powers of two; a bias of −3e38 would not survive that
  llvm::SmallVector<mlir::Value> extent, position;
  mlir::Value lower, upper; ///< query + lower ≤ key ≤ query + upper; null: no bound
  // Of the current block of queries; its rows in the frame.
  mlir::Value firstQuery, queryRow, sumRow, stateRow;
  // In the frame; the last dimension is the query.
  mlir::Value queryT;       ///< [block, key channel]: scaled queries
  mlir::Value sumT;         ///< [block, value channel]: Σ p · v
  mlir::Value scoreT;       ///< [key of the block]: scores, then exp(score − maximum)
  mlir::Value biasT, liveT; ///< [key of the block]: what the tensors give
  /// Where blocks of queries share a block of keys: [key of the block, channel], in one piece.
  /// Rows pages apart would share few sets of the first-level cache and many translations.
  mlir::Value packedK, packedV;
  mlir::Value anyLive, allLive; ///< of the padding flags of the block of keys
  mlir::Value state;            ///< [block, StateRow]
};
} // namespace attune::cpu
