// What came near an attention and is none: seen from its softmax.
#pragma once

#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "attune/Support/Remarks.h"

#include <string>

namespace attune::transformer {

/// The softmax that a tensor is a view of, a part of, or a change to; null when there is none close
/// by.
SoftmaxOp softmaxBehind(mlir::Value tensor);
/// The operator of `user` in words; of a return, the output that `read` is.
std::string readerName(mlir::Operation *user, mlir::Operation *read);
/// What contracts scores with v and has no softmax between them: the product of two tensors that
/// the model computes, scaled or masked, contracted with a third. Nothing for anything else.
NearMiss missingSoftmax(ContractOp values, unsigned side);
/// What a softmax is that no contraction reads: half an attention when its input is the product
/// of two tensors that the model computes; else nothing that was looked for.
NearMiss halfAttention(SoftmaxOp softmax);

} // namespace attune::transformer
