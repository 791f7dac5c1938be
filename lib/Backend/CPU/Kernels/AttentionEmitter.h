// What the attention kernels share: operands and where the loops read them, the band of keys that
// queries see, and the arithmetic of scores.
#pragma once

#include "ContractRoles.h"
#include "LoopEmitter.h"
#include "attune/Conversion/KernelBuilder.h"
#include "attune/Dialect/Transformer/Analysis/MaskAnalysis.h"
#include "attune/Dialect/Transformer/IR/OperandIndex.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace attune::cpu {

/// Emits parts of one kernel.
class AttentionEmitter : protected LoopEmitter {
public:
  bool isComplete() {
    return q.buffer && k.buffer && v.buffer && !op.getBias() == !bias.buffer &&
           !op.getKeys() == !keys.buffer && !op.getMaskTensor() == !maskTensor.buffer &&
           !op.getPositions() == !positions.buffer;
  }

protected:
  AttentionEmitter(mlir::ImplicitLocOpBuilder &b, mlir::func::FuncOp kernel,
                   transformer::AttentionOp op, int64_t lanes, int64_t keyBlock);

  /// An operand's buffer and how the loops index it.
  struct Operand {
    mlir::Value buffer;
    mlir::AffineMap map;
  };
  using Moved = llvm::ArrayRef<std::pair<unsigned, mlir::Value>>;

  /// Reads the extents and the mask's bounds off the kernel's words.
  mlir::LogicalResult readSizes(KernelBuilder &sizes);
  int64_t staticSize(unsigned loop) {
    return llvm::cast<mlir::IntegerAttr>(op.getDims()[loop]).getInt();
  }
  /// An array of f32 in the task's frame.
  mlir::Value frame(llvm::ArrayRef<int64_t> shape);
  /// Where `map` reads at the current position, with some loops elsewhere.
  llvm::SmallVector<mlir::Value> indices(mlir::AffineMap map, Moved moved);
  mlir::Value at(const Operand &operand, Moved moved);
  /// The same as a number: 1 and 0 for what is no float.
  mlir::Value numberAt(const Operand &operand, Moved moved);
  bool isInnermost(mlir::AffineMap map, unsigned loop) const {
    return map.getNumResults() &&
           transformer::parseOperandIndex(map.getResults().back())->isAdjacentIn(loop);
  }

  /// What a key's score is that the mask leaves out.
  mlir::Value deadScore() { return splat(fillScore()); }
  float fillScore();

  /// The least and the largest position of some queries: what the mask's bounds are added to.
  struct Span {
    mlir::Value least, largest;
  };
  /// Where `query` is: the query itself, where the mask has no positions.
  mlir::Value positionOf(mlir::Value query);
  Span spanOf(mlir::Value firstQuery, mlir::Value behindLastQuery);
  /// Where the first block of keys begins that any of the queries may see.
  mlir::Value firstVisibleKey(const Span &queries);
  /// How many keys they may see: behind the last one's last key, every key is dead.
  mlir::Value visibleKeys(const Span &queries);
  /// Whether the padding flags of a block's keys let any live, or all.
  void noteLiveKeys(mlir::Value begin, mlir::Value count);

  /// The mean over all keys of a channel of the values; zero without keys.
  mlir::Value meanOfValues(mlir::Value channel);

  /// What queries are multiplied with: the scale, and what makes scores powers of two. With a
  /// softcap, products of queries and keys are shares of it.
  float queryFactor();
  /// A vector of scores from such shares.
  mlir::Value capped(mlir::Value share);
  /// log Σ exp(score), from the largest score and the sum of exp(score − largest); −∞ for none.
  mlir::Value logSumExp(mlir::Value largest, mlir::Value sum);
  /// e to a difference of scores, in the scores' units.
  mlir::Value exp(mlir::Value x) {
    return binary ? mlir::math::Exp2Op::create(b, x).getResult() : mlir::math::ExpOp::create(b, x);
  }
  mlir::Value larger(mlir::Value a, mlir::Value c) {
    mlir::Value greater = mlir::arith::CmpFOp::create(b, mlir::arith::CmpFPredicate::OGT, a, c);
    return mlir::arith::SelectOp::create(b, greater, a, c);
  }
  mlir::Value either(mlir::Value condition, mlir::Value yes, mlir::Value no) {
    return mlir::arith::SelectOp::create(b, condition, yes, no);
  }

  transformer::AttentionOp op;
  int64_t keyBlock;
  mlir::Value out, lse; ///< the results' buffers; `lse` may be null
  Operand q, k, v, keys, bias, maskTensor, positions;
  bool masked;
  bool skips = true; ///< keys that no query of a block sees: their weight is zero
  bool binary;       ///< scores are in powers of two; a bias of −3e38 would not survive that
  llvm::SmallVector<mlir::Value> extent, position;
  mlir::Value lower, upper;     ///< position + lower ≤ key ≤ position + upper; null: no bound
  mlir::Value anyLive, allLive; ///< of the padding flags of the block of keys
};

} // namespace attune::cpu
