// Parts of tensors cut out, joined, looked up and written, for operators that are made of such.
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
/// `past` with `update` along `axis` from `start` on, which is a vector of i64 over dimension 0.
/// What lies outside `past` is not written; with `circular`, it goes on at the beginning.
Tensor written(Converter &c, const Tensor &past, const Tensor &update, int64_t axis,
               const Tensor &start, bool circular);
/// The value of loop `loop`, as an i64.
mlir::Value loopAsInteger(mlir::ImplicitLocOpBuilder &b, int64_t loop);
/// `tensor`, which has signed integers, with 64 bits.
Tensor widened(Converter &c, const Tensor &tensor);
/// The extent that both have: the static one, if either is. Nothing after an error.
std::optional<SymbolicExpression> agree(Converter &c, const SymbolicExpression &a,
                                        const SymbolicExpression &b);

} // namespace attune::graph
