// Passes shared by all backends: graph form to tensor form, and the host's way to buffers.
#ifndef ATTUNE_BACKEND_COMMON_PASSES_TD
#define ATTUNE_BACKEND_COMMON_PASSES_TD

include "mlir/Pass/PassBase.td"

def FormDispatchesPass : Pass<"form-dispatches", "::mlir::ModuleOp"> {
  let summary = "outline every graph op into a kernel";
  let description = [{
    The entry function becomes the host: symbols are index scalars, guards are `exec.guard`,
    constants `exec.constant`, reshapes views, and every other graph op an `exec.dispatch`
    of a kernel in `module @kernels`, whose body is that op between
    `bufferization.to_tensor` and `bufferization.materialize_in_destination`. Every dynamic
    extent that the op states is an index word of its kernel. Kernels with equal bodies are
    one kernel, so layers share code.
  }];
  let statistics = [
    Statistic<"numDispatches", "dispatches", "dispatches formed">,
    Statistic<"numKernels", "kernels", "distinct kernels">];
  let dependentDialects = ["::attune::exec::ExecDialect", "::mlir::arith::ArithDialect",
    "::mlir::bufferization::BufferizationDialect", "::mlir::func::FuncDialect",
    "::mlir::memref::MemRefDialect", "::mlir::tensor::TensorDialect"];
}

def VerifyTensorFormPass : Pass<"verify-tensor-form", "::mlir::ModuleOp"> {
  let summary = "the door between graph and backend";
  let description = [{
    The host holds index and integer scalars, `exec` ops, `tensor.empty` and `tensor.dim`; a
    kernel holds one root as linalg, arith, math and tensor ops, or, where `exec.generator`
    names a generator of the backend, the graph op itself, between its buffers.
  }];
}

def BufferizeHostPass : Pass<"exec-bufferize-host", "::mlir::ModuleOp"> {
  let summary = "give the host's tensors buffers";
  let description = [{
    One-shot bufferisation of the host function: dispatches write their destinations,
    `tensor.empty` becomes a request to the arena (`memref.alloc`), views alias.
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect",
    "::mlir::memref::MemRefDialect"];
}

def ConvertHostToLLVMPass : Pass<"convert-exec-host-to-llvm", "::mlir::ModuleOp"> {
  let summary = "lower the host to calls of the recorder";
  let description = [{
    The host becomes `attune_host(api, recorder, symbols, inputDims)` of
    Runtime/Core/KernelABI.h: requests, dispatches and copies are calls through `api`.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif
