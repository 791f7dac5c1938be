// The umbrella: one include per family.
#ifndef ATTUNE_DIALECT_TRANSFORMER_IR_TRANSFORMEROPS_TD
#define ATTUNE_DIALECT_TRANSFORMER_IR_TRANSFORMEROPS_TD

include "attune/Dialect/Transformer/IR/Attention.td"
include "attune/Dialect/Transformer/IR/Norm.td"
include "attune/Dialect/Transformer/IR/Plain.td"

#endif
