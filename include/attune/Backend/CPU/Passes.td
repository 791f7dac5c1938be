// The CPU backend's passes: kernels in tensor form to machine code.
#ifndef ATTUNE_BACKEND_CPU_PASSES_TD
#define ATTUNE_BACKEND_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def PackWeightsPass : Pass<"cpu-pack-weights", "::mlir::ModuleOp"> {
  let summary = "pack the constant columns of contractions in panels";
  let description = [{
    Where all dispatches of a kernel around a contraction pass constants for the operand whose
    columns the result has, their recipes get `#transformer.panels` of a register tile's width
    (a transposed weight is permuted first), and the kernel reads them through `linalg.unpack`.
    All variants that are made later share the packing.
  }];
  let options = [Option<"cpu", "cpu", "std::string", "\"native\"", "the CPU level">];
  let statistics = [Statistic<"numPacked", "packed", "constants packed">];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
    "::mlir::bufferization::BufferizationDialect"];
}

def SelectGeneratorsPass : Pass<"cpu-select-generators", "::mlir::ModuleOp"> {
  let summary = "choose the kernels that a generator of this backend makes, and their schedules";
  let description = [{
    Sets `exec.generator` and `exec.schedule` on the kernels whose root has a generator that
    takes it; the others go through the plain lowering. A contraction whose rows are a dynamic
    size gets a second variant for one row, chosen by `exec.when`, with narrower tasks. Attention has
    one for no more queries than lanes, and one for one or two where its rows are in one piece.
  }];
  let options = [Option<"cpu", "cpu", "std::string", "\"native\"", "the CPU level">];
}

def GenerateAttentionPass : Pass<"cpu-generate-attention", "::mlir::ModuleOp"> {
  let summary = "online softmax over blocks of keys, for attention";
  let description = [{
    A kernel marked `exec.generator = "attention"` becomes an `scf.forall` over batch, head and
    blocks of queries. Queries are the lanes of its vectors: `exec.schedule` gives, as `vector`,
    the keys of a register tile, lanes, and vectors of queries, and as `task` the queries and the
    keys of a block. No buffer depends on the number of keys. Keys behind the last one that a
    causal mask leaves alive are not visited.

    One marked "attention_rows", for few queries, becomes an `scf.forall` over batch and heads that
    share keys and values. Keys are the lanes for scores, channels for values: `vector` is the heads
    of a task and the lanes, `task` the queries at most and the keys of a block.
  }];
  let statistics = [Statistic<"numGenerated", "generated", "attentions generated">];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
    "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def GenerateRowsPass : Pass<"cpu-generate-rows", "::mlir::ModuleOp"> {
  let summary = "norms and softmax, a row at a time";
  let description = [{
    A kernel marked `exec.generator = "rows"`, whose root is an f32 `transformer.norm` or
    `transformer.softmax` over the innermost dimension, becomes an `scf.forall` over rows and, in
    each, a few passes of vectors; `exec.schedule` gives the lanes. The result's row holds what the
    next pass reads: the sum with the residual, the exponentials.
  }];
  let statistics = [Statistic<"numGenerated", "generated", "row kernels generated">];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
    "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def GenerateContractPass : Pass<"cpu-generate-contract", "::mlir::ModuleOp"> {
  let summary = "register-tiled loops for contractions";
  let description = [{
    A kernel marked `exec.generator = "contract"`, whose root is an f32 `transformer.contract` with one summed loop, and a loop that
    is innermost in both the result and one operand, becomes an `scf.forall` of tasks (row
    block × column block) around register tiles, cut as `exec.schedule` says: the accumulators are loop-carried vectors,
    the epilogue runs on them. Rows that do not fill a tile take smaller tiles, columns
    masks. Other contractions are left to the plain lowering.
  }];
  let statistics = [Statistic<"numGenerated", "generated", "contractions generated">];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
    "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect"];
}

def TileRowsPass : Pass<"cpu-tile-rows", "::mlir::ModuleOp"> {
  let summary = "cut kernels into independent rows";
  let description = [{
    The loops of a kernel's last op but the innermost become one `scf.forall` with a row per
    iteration; the ops before it are fused in as far as their loops agree, so that softmax
    and norms work on one row at a time.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::affine::AffineDialect"];
}

def BufferizeKernelsPass : Pass<"cpu-bufferize-kernels", "::mlir::ModuleOp"> {
  let summary = "kernels on buffers, temporaries in the frame";
  let dependentDialects = ["::mlir::memref::MemRefDialect",
    "::mlir::bufferization::BufferizationDialect"];
}

def LowerLoopsPass : Pass<"cpu-lower-loops", "::mlir::ModuleOp"> {
  let summary = "linalg on buffers to loops that LLVM vectorises";
  let description = [{
    Sums may be reassociated (they are `reassociated` in the sense of the design: tested
    against double precision, the same order in every run).
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::memref::MemRefDialect"];
}

def MapTasksPass : Pass<"cpu-map-tasks", "::mlir::ModuleOp"> {
  let summary = "kernels take a range of tasks; a grid function counts them";
  let description = [{
    A kernel's one `scf.forall` becomes a loop over the tasks [begin, end) that its two new
    arguments give, and `@NAME_grid(words)` their number. A kernel without one has one task.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect"];
}

def VerifyDeviceFormPass : Pass<"verify-device-form", "::mlir::ModuleOp"> {
  let summary = "the door between kernels and LLVM";
  let description = [{
    Kernels hold loops, scalars, vectors and buffers; no tensors, no heap, and no more than
    256 KiB of frame. The host holds buffers, scalars and exec ops.
  }];
}

def ConvertKernelsToLLVMPass : Pass<"cpu-convert-kernels-to-llvm", "::mlir::ModuleOp"> {
  let summary = "kernels to LLVM with the kernel ABI";
  let description = [{
    Each kernel becomes an internal function and `attune_kernel_NAME(context, buffers, words,
    begin, end)`, each grid function `attune_grid_NAME(words)` (Runtime/Core/KernelABI.h).
  }];
  let options = [Option<"cpu", "cpu", "std::string", "\"native\"", "the CPU level">];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif
