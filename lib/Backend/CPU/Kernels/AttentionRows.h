// Attention for few queries, as decoding has them: keys lie in the lanes for scores, channels for
// the values; every row of keys and values is read as it lies, once for the heads that share it.
#pragma once

#include "AttentionEmitter.h"

namespace attune::cpu {

/// How many heads in a row read the same keys and values, as far as one task takes them.
int64_t headsPerTask(transformer::AttentionOp op);
/// Whether the kernel for few queries takes `op`: its rows of keys and values are in one piece.
bool hasRowsGenerator(transformer::AttentionOp op);

/// Emits one kernel. A row of it is a query of a head.
class AttentionRowsGenerator : public AttentionEmitter {
public:
  /// The schedule's task is [queries at most, keys of a block], its vector [heads, lanes].
  AttentionRowsGenerator(mlir::ImplicitLocOpBuilder &b, mlir::func::FuncOp kernel,
                         transformer::AttentionOp op, exec::ScheduleAttr schedule)
      : AttentionEmitter(b, kernel, op, schedule.getVector()[1], schedule.getTask()[1]),
        mostQueries(schedule.getTask()[0]), heads(schedule.getVector()[0]),
        keysTogether(std::min<int64_t>(lanes, 8)) {}

  mlir::LogicalResult run(KernelBuilder &sizes);

private:
  /// What is kept of each row.
  enum State : int64_t { Maximum, Sum, Alive, States };

  int64_t chunks(unsigned loop) { return llvm::divideCeil(staticSize(loop), lanes); }
  mlir::Value stateOf(State which) {
    return mlir::memref::LoadOp::create(b, state, mlir::ValueRange{row, index(which)});
  }
  void setState(State which, mlir::Value value) {
    mlir::memref::StoreOp::create(b, value, state, mlir::ValueRange{row, index(which)});
  }
  mlir::Value load(mlir::Value buffer, mlir::Value column);
  mlir::Value load(mlir::Value buffer, mlir::Value line, mlir::Value column);
  void store(mlir::Value value, mlir::Value buffer, mlir::Value line, mlir::Value column);
  mlir::Value scalar(float value);
  mlir::Value firstLanes(mlir::Value count);
  mlir::Value channels(const Operand &operand, unsigned loop, mlir::Value key, mlir::Value channel,
                       bool isWhole);

  void eachRow(llvm::function_ref<void()> body);
  void visitKeys(mlir::Value begin, mlir::Value count);
  void readQuery();
  Values products(mlir::Value key, int64_t count, bool exist);
  mlir::Value dots(mlir::Value key, int64_t count, bool exist);
  void storeDots(mlir::Value key, mlir::Value j, bool exist);
  mlir::Value elements(const Operand &operand, mlir::Value begin, mlir::Value j, mlir::Value count);
  mlir::Value liveLanes(mlir::Value begin, mlir::Value j, mlir::Value count, mlir::Value exists);
  mlir::Value scores(mlir::Value begin, mlir::Value count);
  mlir::Value probabilities(mlir::Value highest, mlir::Value count);
  void values(mlir::Value begin, mlir::Value count, mlir::Value correction);
  void writeResult();

  int64_t mostQueries, heads;
  int64_t keysTogether;  ///< whose products are made at a time: more have too many addresses
  mlir::Value firstHead; ///< of the task
  mlir::Value row;       ///< the current one, in the frame
  mlir::Value queryRows; ///< [row, key channel]: scaled queries, zero behind the last channel
  mlir::Value sums;      ///< [row, value channel]: Σ p · v
  mlir::Value block;     ///< [key of the block]: scores, then exp(score − maximum)
  mlir::Value terms;     ///< [lane]: elements of a mask or a bias
  mlir::Value state;     ///< [row, State]
};

} // namespace attune::cpu
