// Parts of tensors cut out, joined and looked up, for operators that are made of such.
#pragma once

#include "Converter.h"

namespace attune::graph {

/// Elements from, from + step, … along an axis, `extent` many; they are known to be there.
Tensor part(Converter &c, const Tensor &tensor, int64_t axis, const SymbolicExpression &from,
            const SymbolicExpression &extent, int64_t step = 1);
/// The tensors one after the other along an axis; they agree in all else.
Tensor joined(Converter &c, llvm::ArrayRef<Tensor> parts, int64_t axis);
/// table[indices[…], …]; an index outside the table reads its end.
Tensor rows(Converter &c, const Tensor &table, const Tensor &indices);
/// The value of loop `loop`, as an i64.
mlir::Value loopAsInteger(mlir::ImplicitLocOpBuilder &b, int64_t loop);
/// `tensor`, which has signed integers, with 64 bits.
Tensor widened(Converter &c, const Tensor &tensor);
/// The extent that both have: the static one, if either is. Nothing after an error.
std::optional<SymbolicExpression> agree(Converter &c, const SymbolicExpression &a,
                                        const SymbolicExpression &b);

} // namespace attune::graph
