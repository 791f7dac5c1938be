// What the generators share: index arithmetic, loops with a body, register tiles of products.
#pragma once

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace attune::cpu {

/// Emits loops and f32 vector code at one place.
class LoopEmitter {
public:
  LoopEmitter(mlir::ImplicitLocOpBuilder &b, int64_t lanes) : b(b), lanes(lanes) {
    zero = index(0);
    one = index(1);
  }

protected:
  using Values = llvm::SmallVector<mlir::Value>;

  mlir::Value index(int64_t value);
  mlir::Value add(mlir::Value a, int64_t c);
  mlir::Value add(mlir::Value a, mlir::Value c);
  mlir::Value sub(mlir::Value a, mlir::Value c);
  mlir::Value min(mlir::Value a, mlir::Value c);
  mlir::Value max(mlir::Value a, mlir::Value c);
  mlir::Value mul(mlir::Value a, int64_t c);
  mlir::Value ceilDiv(mlir::Value a, int64_t c);
  mlir::VectorType vectorOf(mlir::Type element) { return mlir::VectorType::get({lanes}, element); }
  mlir::VectorType floats() { return vectorOf(b.getF32Type()); }
  /// A vector with the same number in each lane.
  mlir::Value splat(float value);
  mlir::Value splat(mlir::Value scalar);

  /// A loop whose body is emitted by `body(induction variable)`.
  void loop(mlir::Value low, mlir::Value high, int64_t step,
            llvm::function_ref<void(mlir::Value)> body);
  /// A loop that carries values; `body` gives their next ones.
  Values loop(mlir::Value low, mlir::Value high, int64_t step, mlir::ValueRange start,
              llvm::function_ref<Values(mlir::Value, mlir::ValueRange)> body);

  using Step = llvm::function_ref<Values(llvm::ArrayRef<mlir::Value>, mlir::ValueRange)>;
  /// Emitted before step `i` of the `count` that are taken together from a position on; not before
  /// one alone.
  using Before = llvm::function_ref<void(llvm::ArrayRef<mlir::Value>, int64_t i, int64_t count)>;
  /// What `step(position, values)` makes of `start`, step by step through a nest of loops (the last
  /// runs fastest). Steps are taken several at a time, so that counting and addressing stay small
  /// next to them: all of inner loops that have few, else four, then what is left one by one. The
  /// last loop begins at `origin`: that added in the body may become an `or`, which keeps LLVM from
  /// folding what is added to it into addresses.
  Values nest(llvm::ArrayRef<mlir::Value> extents, mlir::ValueRange start, Step step,
              Before before = {}, mlir::Value origin = {});

  /// sums[r * across + v] + Σ_k scalar(k, r) · column(k, v) for k in [0, length): a register tile
  /// of `rows` broadcast scalars by `across` vectors.
  Values tile(mlir::Value length, mlir::ValueRange sums, int64_t rows, int64_t across,
              llvm::function_ref<mlir::Value(mlir::Value, int64_t)> scalar,
              llvm::function_ref<mlir::Value(mlir::Value, int64_t)> column);

  /// `lanes` vectors as rows of a square, transposed.
  Values transpose(Values rows);
  /// The sums of the two halves of each `group` lanes of `a`, then of `c`.
  mlir::Value halved(mlir::Value a, mlir::Value c, int64_t group);

  mlir::ImplicitLocOpBuilder &b;
  int64_t lanes; ///< of an f32 vector
  mlir::Value zero, one;
};

} // namespace attune::cpu
