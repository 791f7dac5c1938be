// One element of a tensor as a scalar expression of loop indices: the common eyes of the
// passes that look for meaning. It sees through maps, reshapes and gathers with known indices.
#pragma once

#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "attune/Support/SymbolicExpression.h"

#include "mlir/IR/Builders.h"

#include <deque>
#include <memory>

namespace attune::onnx {
class NodeOp;
} // namespace attune::onnx

namespace attune::transformer {

class SymbolicDims;

/// The extent that an entry of `dims` states; invalid when it is no expression.
SymbolicExpression extentOf(mlir::Attribute dim);
/// The extents of an array like `dims`.
llvm::SmallVector<SymbolicExpression> extentsOf(mlir::ArrayAttr dims);
/// The entry of `dims` for an extent.
mlir::Attribute dimFor(mlir::MLIRContext *context, const SymbolicExpression &extent);

/// One digit of a mixed-radix index: (loop floordiv divisor) mod extent. It is the whole loop, or
/// a part of it, where a reshape cut the loop's dimension.
struct IndexDigit {
  static constexpr unsigned kNumber =
      ~0u; ///< no loop: a number, which the index's offset has in it

  unsigned loop;
  SymbolicExpression extent;
  int64_t divisor = 1;
  bool isWhole = true;

  bool operator==(const IndexDigit &other) const {
    return loop == other.loop && extent == other.extent && divisor == other.divisor;
  }
};

/// An index into one dimension: its digits in row-major order, plus an offset that depends on no
/// loop. Loops of extent one have no digit.
struct ElementIndex {
  llvm::SmallVector<IndexDigit, 1> digits;
  SymbolicExpression offset;

  /// True for a plain loop, or for zero.
  bool isSimple() const {
    return digits.size() <= 1 && llvm::all_of(digits, isWholeDigit) && offset.isConstant(0);
  }
  /// True for zero.
  bool isZero() const { return digits.empty() && offset.isConstant(0); }
  /// True when this is exactly `loop`.
  bool isLoop(unsigned loop) const {
    return digits.size() == 1 && digits[0].loop == loop && isSimple();
  }
  bool operator==(const ElementIndex &other) const;

  static bool isWholeDigit(const IndexDigit &digit) { return digit.isWhole; }
};
using ElementIndices = llvm::SmallVector<ElementIndex, 4>;

/// A node of the expression. Nodes live as long as their ElementExpressions.
struct ElementNode {
  enum class Kind {
    Constant,  ///< a scalar attribute
    Index,     ///< an integer that is an index
    Element,   ///< `tensor` at `at`
    Operation, ///< `op` of a scalar region, on `operands`
  };
  Kind kind;
  mlir::Type type;
  mlir::TypedAttr constant;
  ElementIndex index;
  mlir::Value tensor;
  ElementIndices at;
  mlir::Operation *op = nullptr;
  llvm::SmallVector<const ElementNode *, 2> operands;

  /// True for an operation of class `OpTy`.
  template <typename OpTy> bool is() const {
    return kind == Kind::Operation && mlir::isa<OpTy>(op);
  }
  /// The value of a scalar floating-point or integer constant.
  std::optional<double> number() const;
  /// True when every dimension is read by one loop or at zero.
  bool isSimple() const {
    return llvm::all_of(at, [](const ElementIndex &index) { return index.isSimple(); });
  }
};

class ConstantTables;

/// Builds expressions over a set of loops, numbered from zero.
class ElementExpressions {
public:
  /// Without `tables` nothing is proven of constant tables.
  explicit ElementExpressions(llvm::ArrayRef<SymbolicExpression> loopExtents,
                              ConstantTables *tables = nullptr)
      : extents(loopExtents), reader(tables) {}

  /// Adds a loop and gives its number.
  unsigned addLoop(SymbolicExpression extent);
  const SymbolicExpression &extent(unsigned loop) const { return extents[loop]; }
  void setExtent(unsigned loop, SymbolicExpression extent) { extents[loop] = std::move(extent); }
  unsigned loops() const { return extents.size(); }
  ConstantTables *tables() const { return reader; }

  /// Reshapes may then join numbers with loops to one index, which only reshapes understand.
  void joinNumbers() { joins = true; }
  bool joinsNumbers() const { return joins; }

  /// The index that is `loop` (zero when its extent is one).
  ElementIndex loopIndex(unsigned loop) const;
  /// The element that `map` reads when its dims stand for `indices`.
  ElementIndices compose(mlir::AffineMap map, llvm::ArrayRef<ElementIndex> indices) const;
  /// What a map of attention's operands (OperandIndex.h) reads; nothing when an index is no
  /// mixed-radix number of loops.
  std::optional<ElementIndices> operandIndices(mlir::AffineMap map) const;

  /// `tensor` at `at`.
  const ElementNode *element(mlir::Value tensor, ElementIndices at);
  /// `tensor` at loops 0, 1, …
  const ElementNode *element(mlir::Value tensor);

  /// What an element is computed from, one op further; null when it is an input, when the op is
  /// not known, or when the expression grows over its limit.
  const ElementNode *expand(const ElementNode *node);
  /// The same as often as it goes, up to a few ops; the node itself where it does not.
  const ElementNode *expandAll(const ElementNode *node);
  /// The same when the op only moves elements; else null.
  const ElementNode *throughView(const ElementNode *node);
  /// The element of its operand that a Slice with constant starts and steps of one gives; else
  /// null.
  const ElementNode *throughSlice(const ElementNode *node);

  /// The same for a Slice from any start that is an expression of symbols, and with larger steps
  /// where the index is a number.
  const ElementNode *throughPart(const ElementNode *node);

  /// The value of a constant, seen through views, or of a condition that is decided; nothing for
  /// anything else.
  std::optional<double> number(const ElementNode *node);
  /// Whether a condition holds for all indices and sizes, or for none.
  std::optional<bool> decided(const ElementNode *node, unsigned levels = 4);

  /// A scalar operation of the operands' one type that no region of the graph has.
  template <typename OpTy>
  const ElementNode *operation(llvm::ArrayRef<const ElementNode *> operands) {
    llvm::SmallVector<mlir::Value> values;
    for (const ElementNode *operand : operands)
      values.push_back(scratchValue(operand->type));
    mlir::OpBuilder builder = scratchBuilder();
    return makeOperation(OpTy::create(builder, builder.getUnknownLoc(), values[0], values[1]),
                         operands);
  }
  /// A select that no region of the graph has; null where an operand is.
  const ElementNode *select(const ElementNode *condition, const ElementNode *a,
                            const ElementNode *b);
  const ElementNode *constant(mlir::TypedAttr value);
  /// The operation of `node` on other operands of the same types.
  const ElementNode *withOperands(const ElementNode *node,
                                  llvm::ArrayRef<const ElementNode *> operands) {
    return makeOperation(node->op, operands);
  }

  /// The region of `op` with block argument i standing for `arguments[i]`, and loop i of `op`
  /// for `indices[i]`; null over the limit.
  const ElementNode *inlineRegion(mlir::Region &region,
                                  llvm::ArrayRef<const ElementNode *> arguments,
                                  llvm::ArrayRef<ElementIndex> indices);

  /// An integer expression as a polynomial in the loops' symbols (`loopSymbol`) and the model's.
  std::optional<SymbolicExpression> polynomial(const ElementNode *node);
  /// The symbol that stands for a loop in `polynomial`; no model's symbol is spelled like it.
  static std::string loopSymbol(unsigned loop);
  /// The index that a polynomial is, when it is a loop plus an offset, or loop-free.
  std::optional<ElementIndex> asIndex(const SymbolicExpression &polynomial) const;

private:
  ElementNode *make(ElementNode::Kind kind, mlir::Type type);
  const ElementNode *makeIndex(ElementIndex index, mlir::Type type);
  const ElementNode *expandReshape(ReshapeOp op, const ElementNode *node);
  const ElementNode *expandConstant(mlir::Attribute value, const ElementNode *node);
  const ElementNode *expandOnnx(mlir::Operation *op, const ElementNode *node);
  const ElementNode *isBelow(mlir::MLIRContext *context, const ElementIndex &index, int64_t bound);
  const ElementNode *throughConcat(mlir::ValueRange parts, int64_t axis, ElementIndices at);
  const ElementNode *expandGather(onnx::NodeOp op, int64_t axis, int64_t rank, int64_t indicesRank,
                                  llvm::ArrayRef<ElementIndex> at);
  const ElementNode *expandGatherND(onnx::NodeOp op, int64_t rank, mlir::RankedTensorType indices,
                                    llvm::ArrayRef<ElementIndex> at);
  std::optional<ElementIndex> gatheredIndex(mlir::Value indices, ElementIndices at);
  /// The sizes' ranges and guards, of the function of the first op that is asked about.
  const SymbolicDims &symbolsOf(mlir::Operation *op);
  mlir::Value scratchValue(mlir::Type type);
  mlir::OpBuilder scratchBuilder();
  const ElementNode *makeOperation(mlir::Operation *op,
                                   llvm::ArrayRef<const ElementNode *> operands);

  llvm::SmallVector<SymbolicExpression> extents;
  ConstantTables *reader;
  bool joins = false;
  std::deque<ElementNode> nodes;
  std::unique_ptr<mlir::Block> scratch;        ///< operations that are in no region of the graph
  std::shared_ptr<const SymbolicDims> symbols; ///< what the function states of its sizes
};

/// The number as a value of the type, where that is floating-point.
double roundedTo(mlir::Type type, double number);

/// Whether both are the same element of the same tensor.
bool isSameElement(const ElementNode *a, const ElementNode *b);

/// Whether the node gives the number of its operand in another type.
bool isConversion(const ElementNode *node);

/// coefficient · numerators / denominators, whatever the order and nesting of the factors.
struct ElementProduct {
  double coefficient = 1;
  llvm::SmallVector<const ElementNode *, 4> numerators, denominators;
};

/// Calls back with every digit of an index in the expression, elements' indices included.
void forEachDigit(const ElementNode *node, llvm::function_ref<void(const IndexDigit &)> callback);
/// Calls back with every loop that the expression depends on, elements' indices included.
void forEachLoop(const ElementNode *node, llvm::function_ref<void(unsigned)> callback);
/// Whether the expression depends on one of `loops`.
bool dependsOn(const ElementNode *node, llvm::ArrayRef<unsigned> loops);

/// Whether a polynomial is valid and depends on no loop.
bool isLoopFree(const SymbolicExpression &polynomial);

/// True when `materialize` can write the expression: every element is read by plain loops.
bool isWritable(const ElementNode *node);

/// Joins scalars, one per node, to the value of the map.
using CombineScalars = llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::ValueRange)>;

/// Writes the expressions as one map over `axes`, loops or parts of loops in ascending order, whose
/// value is what `combine` makes of theirs; null when one is not writable or depends on more.
mlir::Value materialize(mlir::OpBuilder &builder, mlir::Location loc,
                        llvm::ArrayRef<const ElementNode *> nodes, llvm::ArrayRef<IndexDigit> axes,
                        CombineScalars combine);

} // namespace attune::transformer
