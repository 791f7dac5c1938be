// The class that emits an attention kernel. Attention.cpp has its loops over blocks and the two
// products, AttentionSoftmax.cpp what happens to scores between them.
#pragma once

#include "AttentionEmitter.h"

namespace attune::cpu {

/// Emits one kernel.
class AttentionGenerator : public AttentionEmitter {
public:
  AttentionGenerator(mlir::ImplicitLocOpBuilder &b, mlir::func::FuncOp kernel,
                     transformer::AttentionOp op, exec::ScheduleAttr schedule)
      : AttentionEmitter(b, kernel, op, schedule.getVector()[1], schedule.getTask()[1]),
        tileRows(schedule.getVector()[0]), vectors(schedule.getVector()[2]),
        queries(lanes * vectors), blocks(schedule.getTask()[0] / (lanes * vectors)) {}

  mlir::LogicalResult run(KernelBuilder &sizes);

private:
  mlir::Value load(mlir::Value buffer, mlir::Value row, int64_t vector);
  void store(mlir::Value value, mlir::Value buffer, mlir::Value row, int64_t vector);
  mlir::Value queryAt(mlir::Value lane) {
    return min(add(firstQuery, lane), sub(extent[transformer::Query], one));
  }

  /// What is kept of each query.
  enum StateRow : int64_t { Maximum, Sum, Correction, Alive, StateRows, Inverse = Correction };

  mlir::Value loadState(StateRow row, int64_t vector) {
    return load(state, add(stateRow, row), vector);
  }
  void storeState(mlir::Value value, StateRow row, int64_t vector) {
    store(value, state, add(stateRow, row), vector);
  }
  mlir::Value blocksPerTask();
  Span blockSpan();
  void readPositions();
  mlir::Value lanesBefore(mlir::Value key, int64_t vector);
  void eachBlock(mlir::Value count, mlir::Value first, llvm::function_ref<void()> body);
  void clear();
  void readQueries();
  Values transposed(const Operand &operand, unsigned loop, mlir::Value begin, int64_t vector);
  void transposeTensor(const Operand &tensor, mlir::Value into, mlir::Value begin,
                       mlir::Value count);
  void packKeys(mlir::Value begin, mlir::Value count);
  void packRows(const Operand &tensor, unsigned channel, mlir::Value into, mlir::Value begin,
                mlir::Value count);
  void visit(mlir::Value count, mlir::Value first, mlir::Value left);
  mlir::Value largestSkipped();
  void visitSkipped(mlir::Value count, mlir::Value first, mlir::Value left);
  void visitKeys(mlir::Value begin, mlir::Value length, mlir::Value count, mlir::Value first);
  void fetchAhead(mlir::Value begin, mlir::Value j);
  void scores(mlir::Value begin, mlir::Value count);
  void capScores(mlir::Value count);
  mlir::Value blockNeedsMask(mlir::Value begin, mlir::Value count);
  void maskScores(mlir::Value begin, mlir::Value count);
  void maskLoop(mlir::Value begin, mlir::Value count, bool masks);
  void probabilities(mlir::Value count);
  void values(mlir::Value begin, mlir::Value count);
  void finish();
  void fillRows(mlir::Value everyRow, bool andDead);
  void writeResult();
  void writeLogSumExp();
  mlir::Value liveLanes(mlir::Value key, int64_t vector, mlir::Value inBlock);
  int64_t tileRows, vectors, queries;
  int64_t blocks; ///< of queries that share each block of keys while it is in the cache, at most
  // The current block of queries; its rows in the frame.
  mlir::Value block, firstQuery, queryRow, sumRow, stateRow;
  /// The rows of each tile of the next block of keys that it fetches ahead.
  mlir::Value fetched, behindFetched;
  // In the frame; the last dimension is the query.
  mlir::Value queryT;       ///< [block, key channel]: scaled queries
  mlir::Value positionT;    ///< [block]: positions, where the mask has them
  mlir::Value spans;        ///< [block, 2]: the least and the largest of these
  mlir::Value sumT;         ///< [block, value channel]: Σ p · v
  mlir::Value scoreT;       ///< [key of the block]: scores, then exp(score − maximum)
  mlir::Value biasT, liveT; ///< [key of the block]: what the tensors give
  /// Where blocks of queries share a block of keys: [key of the block, channel], in one piece.
  /// Rows pages apart would share few sets of the first-level cache and many translations.
  mlir::Value packedK, packedV;
  mlir::Value state;   ///< [block, StateRow]
  mlir::Value visited; ///< the tiles that the task has computed, in one place: told once
};
} // namespace attune::cpu
