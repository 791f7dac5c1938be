// Passes.
#ifndef ATTUNE_CONVERSION_PASSES_TD
#define ATTUNE_CONVERSION_PASSES_TD
include "mlir/Pass/PassBase.td"

def ConvertONNXToGraphPass : Pass<"convert-onnx-to-graph", "::mlir::ModuleOp"> {
  let summary = "turn ONNX form into graph form";
  let description = [{
    Replaces onnx.node by transformer ops with explicit symbolic extents; gathers, slices and
    the like stay onnx.node and state their results' extents as `dims`. Computations on sizes
    disappear: what they say becomes extents. What the symbols cannot prove becomes an entry
    of the function's `attune.guards`. Types become signless; an entry value whose type was
    unsigned keeps it as `attune.type`. Functions in graph form stay as they are.
  }];
  let options = [ListOption<"dims", "dims", "std::string",
    "fixes or bounds dimension symbols: NAME=VALUE or NAME=LOW..HIGH">];
  let dependentDialects = [
    "::attune::onnx::ONNXDialect", "::attune::transformer::TransformerDialect",
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::math::MathDialect"];
  let statistics = [
    Statistic<"converted", "converted", "nodes converted">,
    Statistic<"kept", "kept", "nodes that stay onnx.node">,
    Statistic<"guards", "guards", "conditions that are checked at the door">];
}

def ConvertGraphToLinalgPass : Pass<"convert-graph-to-linalg"> {
  let summary = "replace the graph ops of kernels by linalg on tensors";
  let description = [{
    Runs on the functions that have `exec.words`, anywhere below the op it is given: every
    transformer op and onnx.node in them becomes linalg, whose dynamic sizes are the kernel's
    word arguments. A dynamic operand of onnx.node needs its extents as `attune.dims` on the
    kernel's argument. The last op's init is an empty tensor, so that
    `eliminate-empty-tensors` turns it into the destination.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"];
  let statistics = [Statistic<"lowered", "lowered", "graph ops lowered to linalg">];
}

#endif
