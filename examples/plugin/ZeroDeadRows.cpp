// A query that sees no key gives zeros, whatever the model says. Some exporters write models that
// give NaN there, and whoever fills batches up with empty sequences would rather have zeros.
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

using namespace attune;

namespace {

struct ZeroDeadRows : mlir::PassWrapper<ZeroDeadRows, mlir::OperationPass<mlir::func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ZeroDeadRows)

  ZeroDeadRows() = default;
  ZeroDeadRows(const ZeroDeadRows &other) : PassWrapper(other) {} // statistics are not copied

  llvm::StringRef getArgument() const override { return "example-zero-dead-rows"; }
  llvm::StringRef getDescription() const override {
    return "let queries that see no key give zeros";
  }

  void runOnOperation() override {
    getOperation().walk([&](transformer::AttentionOp op) {
      if (op.getDeadRows() == transformer::DeadRows::Zero)
        return;
      op.setDeadRows(transformer::DeadRows::Zero);
      op.emitRemark("dead rows of this attention give zeros");
      ++changed;
    });
  }

  Statistic changed{this, "changed", "attentions changed"};
};

} // namespace

static mlir::PassRegistration<ZeroDeadRows> registration;
