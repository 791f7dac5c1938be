// The operators that have a conversion, by family.
#pragma once

#include "Converter.h"

namespace attune::graph {

using Handler = mlir::LogicalResult (*)(Converter &);

/// The domain of ONNX Runtime's operators.
inline constexpr llvm::StringLiteral kMicrosoft = "com.microsoft";

/// One operator from opset `since` of its domain on. Operands below `minInputs` are there when
/// the handler runs, none beyond `maxInputs` (negative: any number).
struct Operator {
  llvm::StringLiteral name;
  int since;
  int minInputs;
  int maxInputs;
  Handler convert;
  llvm::StringLiteral domain = "";
};

/// Unary functions, among them activations.
llvm::ArrayRef<Operator> unaryOperators();
/// Arithmetic, comparison and logic of two or more operands, Where, Clip.
llvm::ArrayRef<Operator> elementwiseOperators();
/// Cast and CastLike.
llvm::ArrayRef<Operator> castOperators();
/// Reshape and what changes the order or number of dimensions.
llvm::ArrayRef<Operator> shapeOperators();
/// Shape, Size, ConstantOfShape, Range and what else makes tensors of sizes.
llvm::ArrayRef<Operator> generatorOperators();
/// Gather and its kin, Slice, Split, Concat, Pad.
llvm::ArrayRef<Operator> gatherOperators();
llvm::ArrayRef<Operator> sliceOperators();
/// ScatterElements, ScatterND.
llvm::ArrayRef<Operator> scatterOperators();
/// MatMul, Gemm, Einsum.
llvm::ArrayRef<Operator> contractOperators();
/// Conv.
llvm::ArrayRef<Operator> convOperators();
llvm::ArrayRef<Operator> reduceOperators();
/// Softmax and normalisation.
llvm::ArrayRef<Operator> normOperators();
llvm::ArrayRef<Operator> skipNormOperators();
/// Activations with a bias.
llvm::ArrayRef<Operator> fusedOperators();
/// Attention.
llvm::ArrayRef<Operator> attentionOperators();
llvm::ArrayRef<Operator> microsoftAttentionOperators();
llvm::ArrayRef<Operator> groupQueryOperators();
llvm::ArrayRef<Operator> rotaryOperators();
/// TensorScatter, CumSum.
llvm::ArrayRef<Operator> stateOperators();

/// What the table says of an operator.
struct Lookup {
  const Operator *found = nullptr; ///< for that opset
  int since = 0;                   ///< the oldest opset that has a conversion, or 0
};
Lookup findOperator(llvm::StringRef domain, llvm::StringRef opType, int64_t opset);

/// Computes the node on symbolic elements, when it is a computation on sizes: true when the
/// results are set, or an error was emitted (`failed`).
bool convertElements(Converter &c, bool &failed);

} // namespace attune::graph
