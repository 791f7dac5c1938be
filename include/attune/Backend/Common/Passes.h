// Passes shared by all backends.
#pragma once

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include "attune/Dialect/Exec/IR/ExecDialect.h"

namespace attune::backend {
#define GEN_PASS_DECL
#include "attune/Backend/Common/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "attune/Backend/Common/Passes.h.inc"
} // namespace attune::backend
