// The walk from ONNX form to graph form, as operator handlers see it.
#pragma once

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/Analysis/SymbolicDims.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "attune/Support/Error.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include "llvm/ADT/StringSet.h"

namespace attune::graph {

using transformer::SymbolicShape;

/// Entry argument and result attribute: the unsigned element type that a signless one stands for.
inline constexpr llvm::StringLiteral kTypeAttr = "attune.type";

/// What the user said about a dimension: low = high fixes it.
struct DimOption {
  std::string name;
  int64_t low;
  int64_t high;
};

/// A value of the graph form and its extents.
struct Tensor {
  mlir::Value value;
  SymbolicShape dims;

  unsigned rank() const { return dims.size(); }
  mlir::Type element() const {
    return llvm::cast<mlir::RankedTensorType>(value.getType()).getElementType();
  }
  explicit operator bool() const { return static_cast<bool>(value); }
};

/// Builds one element of a map or reduction from its operands' elements.
using ScalarBody = llvm::function_ref<mlir::Value(mlir::ImplicitLocOpBuilder &, mlir::ValueRange)>;

/// Converts one function; a handler sees the node at hand and says what it becomes.
class Converter {
public:
  /// With `fixedSizes`, guards that are known before anything is converted: each gives a symbol its
  /// only value.
  Converter(mlir::func::FuncOp function, llvm::ArrayRef<DimOption> options,
            std::vector<transformer::Guard> fixedSizes = {});
  /// Converts the whole function.
  mlir::LogicalResult run();

  transformer::SymbolicDims symbols;
  unsigned converted = 0, kept = 0;     ///< statistics
  llvm::SmallVector<DimOption> applied; ///< the options, by symbol

  // The node.
  onnx::NodeOp node;
  std::string name;
  mlir::ImplicitLocOpBuilder b;
  int64_t version() { return node.getVersion(); }

  // Operands. Shapes and types can be asked without making a value.
  unsigned operandCount() { return node.getInputs().size(); }
  bool has(unsigned i);
  Tensor operand(unsigned i);
  SymbolicShape dims(unsigned i);
  unsigned rank(unsigned i) { return dims(i).size(); }
  mlir::Type element(unsigned i);
  bool isUnsigned(unsigned i);
  /// The symbolic elements of a small integer operand, or null.
  const SymbolicShape *elements(unsigned i);
  /// The same as numbers, when all are constant.
  std::optional<llvm::SmallVector<int64_t>> constants(unsigned i);

  // Attributes; a wrong kind counts as absent.
  int64_t integer(llvm::StringRef attribute, int64_t otherwise);
  double number(llvm::StringRef attribute, double otherwise);
  llvm::StringRef text(llvm::StringRef attribute, llvm::StringRef otherwise);
  std::optional<llvm::SmallVector<int64_t>> integers(llvm::StringRef attribute);
  /// `axis` in [0, rank), or nothing after an error.
  std::optional<int64_t> axis(int64_t axis, int64_t rank);
  /// Distinct axes in [0, rank), in the order given; nothing after an error.
  std::optional<llvm::SmallVector<int64_t>> axes(llvm::ArrayRef<int64_t> axes, int64_t rank);

  // Results.
  unsigned resultCount() { return node.getNumResults(); }
  bool isUsed(unsigned i);
  mlir::LogicalResult result(unsigned i, Tensor tensor);
  mlir::LogicalResult result(Tensor tensor) { return result(0, std::move(tensor)); }
  /// A result of which only the elements are known until somebody needs the tensor.
  mlir::LogicalResult resultElements(SymbolicShape elements, llvm::ArrayRef<int64_t> shape,
                                     mlir::Type element);
  /// The elements of result 0, which also has a tensor.
  void alsoElements(SymbolicShape elements);
  // Errors at the node.
  mlir::LogicalResult error(ErrorCode code, const llvm::Twine &why, llvm::StringRef hint = "");
  /// A valid node that attune does not compile.
  mlir::LogicalResult unsupported(const llvm::Twine &why, llvm::StringRef hint = "");
  mlir::LogicalResult malformed(const llvm::Twine &why);

  // Conditions on extents; false after an error.
  bool requireEqual(const SymbolicExpression &a, const SymbolicExpression &b);
  bool requireLessEqual(const SymbolicExpression &a, const SymbolicExpression &b);
  /// The shape of all broadcast together.
  std::optional<SymbolicShape> broadcast(llvm::ArrayRef<SymbolicShape> shapes);

  // Building graph ops.
  /// An operator that stays onnx.node: `operands` (an absent one is a null tensor) and
  /// `attributes` in the latest form of `opType`.
  Tensor keep(llvm::StringRef opType, llvm::ArrayRef<Tensor> operands,
              llvm::ArrayRef<mlir::NamedAttribute> attributes,
              llvm::ArrayRef<SymbolicExpression> dims, mlir::Type element);
  mlir::NamedAttribute attribute(llvm::StringRef name, int64_t value);
  /// The small constant whose element at each position (row-major, counted along static `dims`)
  /// `pick` gives; a null tensor when it would be too large.
  Tensor fold(llvm::ArrayRef<SymbolicExpression> dims, mlir::Type element,
              llvm::function_ref<mlir::Attribute(llvm::ArrayRef<int64_t>)> pick);
  /// The constant that the tensor is, or null.
  static mlir::DenseElementsAttr denseOf(const Tensor &tensor);
  Tensor constant(mlir::TypedAttr value);
  Tensor splat(mlir::TypedAttr value, llvm::ArrayRef<SymbolicExpression> dims);
  Tensor shapeTensor(llvm::ArrayRef<SymbolicExpression> elements, unsigned rank,
                     mlir::Type element);
  /// An i64 vector of constants.
  Tensor vector(llvm::ArrayRef<int64_t> values);
  Tensor map(llvm::ArrayRef<Tensor> inputs, llvm::ArrayRef<mlir::AffineMap> maps,
             llvm::ArrayRef<SymbolicExpression> dims, mlir::Type element, ScalarBody body);
  /// A map over `dims` to which all inputs broadcast from the right.
  Tensor elementwise(llvm::ArrayRef<Tensor> inputs, llvm::ArrayRef<SymbolicExpression> dims,
                     mlir::Type element, ScalarBody body);
  /// The elements as they are, read at `map` over `dims`.
  Tensor move(const Tensor &input, mlir::AffineMap map, llvm::ArrayRef<SymbolicExpression> dims);
  Tensor transpose(const Tensor &input, llvm::ArrayRef<int64_t> permutation);
  Tensor expand(const Tensor &input, llvm::ArrayRef<SymbolicExpression> dims);
  /// Reduces `axes`; with `keep` they stay with extent one.
  Tensor reduce(transformer::ReductionKind kind, const Tensor &input, llvm::ArrayRef<int64_t> axes,
                bool keep, mlir::Type element, ScalarBody body);
  /// Reduces a nest over `dims`; `out` names the loops of the result.
  Tensor reduce(transformer::ReductionKind kind, llvm::ArrayRef<Tensor> inputs,
                llvm::ArrayRef<mlir::AffineMap> maps, llvm::ArrayRef<SymbolicExpression> dims,
                mlir::AffineMap out, mlir::Type element, ScalarBody body);
  Tensor softmax(const Tensor &input, int64_t axis);
  /// The same elements in row-major order under `dims`, as a map when only unit dimensions come
  /// and go. The element counts are known to agree.
  Tensor reshape(const Tensor &input, llvm::ArrayRef<SymbolicExpression> dims);
  /// `past` with the rows of `fresh` along `axis` from start[b] on, in sequence b; `rows` in all. A
  /// ring goes on at its beginning. `start` is a vector of i64.
  Tensor cacheAppend(const Tensor &past, const Tensor &fresh, const Tensor &start, int64_t axis,
                     const SymbolicExpression &rows, bool ring = false);
  /// The tensor read at `map` over `dims`; `low` zeros in front of each dimension, or none.
  Tensor windows(const Tensor &input, mlir::AffineMap map, llvm::ArrayRef<SymbolicExpression> dims,
                 llvm::ArrayRef<SymbolicExpression> low);
  /// A sum of products with `body` as epilogue; maps are for lhs, rhs, then `extra`.
  Tensor contract(const Tensor &lhs, const Tensor &rhs, llvm::ArrayRef<Tensor> extra,
                  llvm::ArrayRef<SymbolicExpression> dims, llvm::ArrayRef<mlir::AffineMap> maps,
                  mlir::AffineMap out, ScalarBody body);

  /// The map by which a tensor of shape `from` is read in a nest over `to`, aligned right;
  /// unit extents that `to` does not have are read at zero.
  mlir::AffineMap broadcastMap(llvm::ArrayRef<SymbolicExpression> from,
                               llvm::ArrayRef<SymbolicExpression> to);
  /// The map whose result i is loop `loops[i]`, or zero where that is negative.
  mlir::AffineMap select(unsigned loopCount, llvm::ArrayRef<int64_t> loops);
  mlir::ArrayAttr attribute(llvm::ArrayRef<SymbolicExpression> dims);
  mlir::RankedTensorType type(llvm::ArrayRef<SymbolicExpression> dims, mlir::Type element);

private:
  mlir::LogicalResult checkOperators();
  mlir::LogicalResult convertEntry();
  mlir::FailureOr<llvm::SmallVector<mlir::Attribute>> entryDims(unsigned argument);
  mlir::LogicalResult applyOptions();
  void applyFixedSizes();
  SymbolicExpression opaqueSymbol(llvm::StringRef text);
  mlir::LogicalResult convertConstant(onnx::ConstantOp op);
  mlir::LogicalResult convertOp(mlir::Operation *op);
  void enter(onnx::NodeOp op);
  mlir::LogicalResult convertNode(onnx::NodeOp op);
  mlir::LogicalResult convertIf(onnx::NodeOp op);
  mlir::LogicalResult convertReturn(mlir::func::ReturnOp op);
  Tensor lookup(mlir::Value value);
  std::optional<SymbolicShape> shapeOf(mlir::Value value);
  mlir::Value conform(const Tensor &input, mlir::AffineMap map,
                      llvm::ArrayRef<SymbolicExpression> dims);
  void simplifyDims();
  void eraseUnused();
  mlir::LogicalResult checkExtents(llvm::ArrayRef<SymbolicExpression> dims);

  mlir::func::FuncOp function;
  llvm::ArrayRef<DimOption> options;
  std::vector<transformer::Guard> fixedSizes;
  llvm::DenseMap<mlir::Value, Tensor> values;                ///< by value of ONNX form
  llvm::DenseMap<mlir::Value, mlir::Type> unsignedArguments; ///< element types they had
  llvm::StringSet<> symbolNames;
  llvm::StringMap<std::string> opaque;       ///< symbols made of texts that are none
  llvm::StringMap<SymbolicExpression> fixed; ///< symbols that the user gave a value
};

/// True for the element types of tensors that graphs compute sizes with.
bool isSizeType(mlir::Type element);

/// The signless type that stands for an element type of ONNX form, or null.
mlir::Type signlessElement(mlir::Type type);

} // namespace attune::graph
