// Raises contract, softmax, contract to transformer.attention.
#include "AttentionLoops.h"
#include "AttentionMisses.h"
#include "ScalarRegion.h"
#include "ScoreExpression.h"
#include "attune/Dialect/Transformer/Analysis/ElementOrigin.h"
#include "attune/Dialect/Transformer/Transforms/Passes.h"

#include "mlir/IR/Builders.h"

#define DEBUG_TYPE "transformer-raise-attention"

using namespace mlir;

namespace attune::transformer {
#define GEN_PASS_DEF_RAISEATTENTIONPASS
#include "attune/Dialect/Transformer/Transforms/Passes.h.inc"
} // namespace attune::transformer

using namespace attune;
using namespace attune::transformer;

namespace {
/// One contraction with the probabilities, seen as an attention.
class Candidate {
public:
  Candidate(ContractOp values, unsigned side, ConstantTables &tables)
      : values(values), side(side), tables(tables) {}

  /// Finds the softmax that the probabilities come from; null when there is none.
  SoftmaxOp findSoftmax();
  /// Replaces the contraction; on failure `miss` says what was met.
  bool raise();
  NearMiss miss;
  NearMiss unproven; ///< why a part of the mask stays a tensor

private:
  bool fail(const Twine &why, const Twine &expected, Operation *at) {
    return miss.note(why, expected, at->getLoc());
  }
  bool matchProduct(const Scores &scores);
  bool onlyReader(Operation *op);
  bool runsOverKeys();
  bool isReadable(const ElementNode *node);
  bool addPositions(OpBuilder &builder, const ElementNode *node);
  bool addMask(OpBuilder &builder, const Scores &scores);
  bool addBias(OpBuilder &builder, const Scores &scores);
  /// In which order the result is written, instead of which op; `whole` when that has four dims.
  struct ResultOrder {
    SmallVector<unsigned> roles;
    bool whole;
    Operation *replaced;
  };
  std::optional<SmallVector<unsigned>> resultRoles();
  std::optional<ResultOrder> resultOrder();
  Value build(OpBuilder &builder, const Scores &scores);

  ContractOp values;
  unsigned side; ///< which operand of `values` is the probabilities
  ConstantTables &tables;
  AttentionLoops loops;
  std::optional<ElementExpressions> expressions;
  const ElementNode *probabilities = nullptr; ///< the softmax's result
  SoftmaxOp softmax;
  bool guarded = false;
  OperandView q, k, v;
  OperandView keys, bias, maskTensor, positions;
};
} // namespace

static Attribute unit(MLIRContext *context) { return Builder(context).getI64IntegerAttr(1); }

SoftmaxOp Candidate::findSoftmax() {
  auto acc = dyn_cast<BlockArgument>(yieldedValue(values.getBody()));
  if (!acc || acc.getArgNumber() != 0)
    fail("the contraction with v has an epilogue", "a plain contraction", values);
  std::optional<AttentionLoops> found = miss ? std::nullopt : classifyLoops(values, side, miss);
  if (!found)
    return {};
  loops = std::move(*found);
  expressions.emplace(llvm::map_to_vector(loops.dims, extentOf), &tables);
  for (unsigned role = 0; role < 6; ++role)
    if (!expressions->extent(role).isValid())
      return {};
  SmallVector<AffineMap> maps = mapsOf(values.getInputMaps());
  const ElementNode *node = expressions->element(values->getOperand(side),
                                                 expressions->compose(maps[side], loops.indices));
  // Through views and the guard: select(isnan(p), 0, p).
  for (unsigned steps = 0; node && steps < 32; ++steps) {
    if (node->kind == ElementNode::Kind::Element) {
      if ((softmax = node->tensor.getDefiningOp<SoftmaxOp>())) {
        probabilities = node;
        return softmax;
      }
      const ElementNode *next = expressions->expand(node);
      if (!next && node->tensor.getDefiningOp())
        miss.note("a part of the probabilities meets v, by " + describe(node),
                  "all that the softmax runs over", originOf(node));
      node = next;
      continue;
    }
    if (!node->is<arith::SelectOp>() || expressions->number(node->operands[1]) != 0.0) {
      miss.note("the probabilities are changed before they meet v, by " + describe(node),
                "views and a guard against NaN alone", originOf(node));
      return {};
    }
    const ElementNode *condition = node->operands[0], *p = node->operands[2];
    if (condition->kind == ElementNode::Kind::Element)
      condition = expressions->expand(condition);
    if (!condition || condition->operands.empty())
      return {};
    auto compare = condition->is<arith::CmpFOp>() ? cast<arith::CmpFOp>(condition->op) : nullptr;
    bool isNan = condition->is<math::IsNaNOp>() ||
                 (compare && (compare.getPredicate() == arith::CmpFPredicate::UNO ||
                              compare.getPredicate() == arith::CmpFPredicate::UNE));
    for (const ElementNode *tested : condition->operands)
      isNan &= isSameElement(tested, p);
    if (!isNan) {
      miss.note("the probabilities are replaced by zero where they may be numbers",
                "zero where they are NaN", originOf(condition));
      return {};
    }
    guarded = true;
    node = p;
  }
  return {};
}

/// True when all paths from `op` lead to the contraction with v.
bool Candidate::onlyReader(Operation *op) {
  SmallVector<Operation *> work{op};
  for (unsigned steps = 0; !work.empty(); ++steps) {
    Operation *part = work.pop_back_val();
    for (Operation *user : part->getUsers()) {
      if (user == values)
        continue;
      if (!isa<MapOp, ReshapeOp>(user) || steps > 64)
        return fail("the probabilities have another reader, " + readerName(user, part),
                    "one reader, the contraction with v", user);
      work.push_back(user);
    }
  }
  return true;
}

/// Finds q and k: the score's contraction is over the key channel, q has no key, k no query.
bool Candidate::matchProduct(const Scores &scores) {
  auto product = scores.product->tensor.getDefiningOp<ContractOp>();
  SmallVector<AffineMap> maps = mapsOf(product.getInputMaps());
  SmallVector<ElementIndex> indices(product.getDims().size());
  for (auto [expr, index] : llvm::zip(product.getOutMap().getResults(), scores.product->at)) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      indices[dim.getPosition()] = index;
    else if (!index.isZero())
      return fail("a score is read at a place that the contraction does not write",
                  "every score as it was written", product);
  }
  bool channel = false;
  for (unsigned loop = 0; loop < indices.size(); ++loop) {
    if (product.getOutMap().isFunctionOfDim(loop))
      continue;
    if (channel)
      return fail("q and k are contracted over more than one dimension", "one, the channels",
                  product);
    channel = true;
    loops.dims[KeyChannel] = product.getDims()[loop];
    expressions->setExtent(KeyChannel, extentOf(loops.dims[KeyChannel]));
    indices[loop] = expressions->loopIndex(KeyChannel);
  }
  if (!channel || !extentOf(loops.dims[KeyChannel]).isValid())
    return fail("q and k are not contracted over a channel", "a sum over the channels", product);
  auto has = [](const ElementIndices &at, unsigned loop) {
    return llvm::any_of(at, [&](const ElementIndex &index) {
      return llvm::any_of(index.digits, [&](const IndexDigit &d) { return d.loop == loop; });
    });
  };
  ElementIndices lhs = expressions->compose(maps[0], indices);
  ElementIndices rhs = expressions->compose(maps[1], indices);
  bool swapped = has(lhs, Key) || has(rhs, Query);
  const ElementIndices &queryAt = swapped ? rhs : lhs, &keyAt = swapped ? lhs : rhs;
  if (has(queryAt, Key) || has(keyAt, Query))
    return fail("one operand of the scores depends on query and key", "q by query, k by key",
                product);
  auto follow = [&](Value tensor, ElementIndices at, bool scaled) {
    auto view = followViews(*expressions, tensor, at, scaled);
    if (view)
      return view;
    // Parts of a loop that no view joined.
    OpBuilder builder(values);
    Value joined = joinParts(builder, *expressions, tensor, at);
    return joined ? followViews(*expressions, joined, at, scaled) : view;
  };
  auto query = follow(swapped ? product.getRhs() : product.getLhs(), queryAt, /*scaled=*/true);
  auto key = follow(swapped ? product.getLhs() : product.getRhs(), keyAt, /*scaled=*/true);
  SmallVector<AffineMap> valueMaps = mapsOf(values.getInputMaps());
  auto value = follow(values->getOperand(1 - side),
                      expressions->compose(valueMaps[1 - side], loops.indices), /*scaled=*/false);
  for (auto [operand, name] : {std::pair(&query, "q"), {&key, "k"}, {&value, "v"}})
    if (!*operand)
      return fail(Twine(name) + " is read through a reshape that splits or joins the "
                                "attention's dimensions in a way that no index map can",
                  "views that an index map can be", name == StringRef("v") ? values : product);
  q = *query;
  k = *key;
  v = *value;
  return true;
}

/// Whether an index map can say where `node` is read. A scalar is not read in place.
bool Candidate::isReadable(const ElementNode *node) {
  return node->kind == ElementNode::Kind::Element && !node->at.empty() &&
         accessMap(node->at, *expressions, cast<RankedTensorType>(node->tensor.getType()));
}

/// The axes that the nodes are read at: loops, or the parts of loops that all of them read. Where
/// there are none, the keys, so that attention reads a tensor and no scalar.
static SmallVector<IndexDigit> axesOf(const ElementExpressions &expressions,
                                      ArrayRef<const ElementNode *> nodes) {
  SmallVector<IndexDigit> axes;
  for (const ElementNode *node : nodes)
    forEachDigit(node, [&](const IndexDigit &digit) {
      if (!llvm::is_contained(axes, digit))
        axes.push_back(digit);
    });
  llvm::sort(axes, [](const IndexDigit &a, const IndexDigit &b) {
    return std::pair(a.loop, b.divisor) < std::pair(b.loop, a.divisor);
  });
  if (axes.empty())
    axes.push_back({Key, expressions.extent(Key)});
  return axes;
}

static ElementIndices atAxes(ArrayRef<IndexDigit> axes) {
  return ElementIndices(llvm::map_range(axes, [](const IndexDigit &axis) {
    ElementIndex index;
    if (!axis.extent.isConstant(1))
      index.digits.push_back(axis);
    return index;
  }));
}

/// Where the queries are among the keys.
bool Candidate::addPositions(OpBuilder &builder, const ElementNode *node) {
  if (isReadable(node)) {
    positions = {node->tensor, node->at};
    return true;
  }
  SmallVector<IndexDigit> axes = axesOf(*expressions, node);
  positions.tensor = materialize(builder, softmax.getLoc(), node, axes,
                                 [](OpBuilder &, ValueRange values) { return values[0]; });
  positions.at = atAxes(axes);
  return positions.tensor || fail("the mask's positions read a tensor in a way that no map can",
                                  "one loop per dimension", softmax);
}

/// Makes the operands that the mask's terms need.
bool Candidate::addMask(OpBuilder &builder, const Scores &scores) {
  const MaskTerms &mask = scores.mask;
  Location loc = softmax.getLoc();
  SmallVector<MaskConjunct> conjuncts = mask.keyConjuncts;
  if (mask.keys && conjuncts.empty()) {
    keys = {mask.keys->tensor, mask.keys->at};
  } else if (!conjuncts.empty()) {
    if (mask.keys)
      conjuncts.push_back({mask.keys, false});
    SmallVector<const ElementNode *> nodes =
        llvm::map_to_vector(conjuncts, [](const MaskConjunct &c) { return c.node; });
    SmallVector<IndexDigit> axes = axesOf(*expressions, nodes);
    keys.tensor = materializeConjuncts(builder, loc, conjuncts, axes);
    keys.at = atAxes(axes);
  }
  if (!conjuncts.empty() && !keys.tensor)
    return fail("the mask over keys reads a tensor in a way that no map can",
                "one loop per dimension", softmax);
  if (keys.tensor) {
    // [batch, keys]: other dimensions have extent one.
    bool plain = keys.at.size() == 2 && keys.at[0].isSimple() && !keys.at[1].isZero();
    if (!plain) {
      bool perBatch = llvm::any_of(keys.at, [](auto &index) { return index.isLoop(Batch); });
      ArrayAttr shape = builder.getArrayAttr(
          {perBatch ? loops.dims[Batch] : unit(builder.getContext()), loops.dims[Key]});
      auto type = cast<RankedTensorType>(keys.tensor.getType());
      keys.tensor = ReshapeOp::create(builder, loc, typeFor(shape, type.getElementType()),
                                      keys.tensor, shape);
      keys.at = {perBatch ? expressions->loopIndex(Batch) : ElementIndex(),
                 expressions->loopIndex(Key)};
    }
  }
  if (mask.positions && !addPositions(builder, mask.positions))
    return false;
  if (!mask.rest.empty()) {
    SmallVector<const ElementNode *> nodes =
        llvm::map_to_vector(mask.rest, [](const MaskConjunct &c) { return c.node; });
    const MaskConjunct &only = mask.rest.front();
    if (nodes.size() == 1 && !only.negated && isReadable(only.node)) {
      maskTensor = {only.node->tensor, only.node->at};
    } else {
      SmallVector<IndexDigit> axes = axesOf(*expressions, nodes);
      maskTensor.tensor = materializeConjuncts(builder, loc, mask.rest, axes);
      maskTensor.at = atAxes(axes);
    }
    if (!maskTensor.tensor)
      return fail("the mask reads a tensor in a way that no map can", "one loop per dimension",
                  softmax);
  }
  return true;
}

/// What a tensor over queries was computed from, where that is one for all queries.
static const ElementNode *withoutQueries(ElementExpressions &expressions, const ElementNode *node) {
  if (!dependsOn(node, Query))
    return node;
  const ElementNode *inner = expressions.expandAll(node);
  return !dependsOn(inner, Query) && isWritable(inner) ? inner : node;
}

bool Candidate::addBias(OpBuilder &builder, const Scores &scores) {
  if (scores.biases.empty())
    return true;
  SmallVector<const ElementNode *> nodes = llvm::map_to_vector(
      scores.biases, [&](const BiasTerm &term) { return withoutQueries(*expressions, term.node); });
  if (nodes.size() == 1 && scores.biases.front().coefficient == 1 && isReadable(nodes.front())) {
    bias = {nodes.front()->tensor, nodes.front()->at};
    return true;
  }
  SmallVector<IndexDigit> axes = axesOf(*expressions, nodes);
  Location loc = softmax.getLoc();
  bias.tensor = materialize(builder, loc, nodes, axes, [&](OpBuilder &inner, ValueRange addends) {
    Value sum;
    for (auto [term, addend] : llvm::zip(scores.biases, addends)) {
      Value part = addend;
      if (term.coefficient != 1)
        part = arith::MulFOp::create(
            inner, loc, part,
            arith::ConstantOp::create(inner, loc,
                                      inner.getFloatAttr(part.getType(), term.coefficient)));
      sum = sum ? arith::AddFOp::create(inner, loc, sum, part).getResult() : part;
    }
    return sum;
  });
  bias.at = atAxes(axes);
  return bias.tensor ||
         fail("a bias reads a tensor in a way that no map can", "one loop per dimension", softmax);
}

/// The attention's loops in the order of the result's dimensions; nothing when the parts of one
/// stand apart or in another order.
std::optional<SmallVector<unsigned>> Candidate::resultRoles() {
  SmallVector<unsigned> roles;
  int64_t divisor = 0;
  for (AffineExpr expr : values.getOutMap().getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim)
      continue;
    ArrayRef<IndexDigit> digits = loops.indices[dim.getPosition()].digits;
    unsigned role = *loops.roles[dim.getPosition()];
    bool isLast = !roles.empty() && roles.back() == role;
    if (isLast && digits.empty()) // a part of extent one
      continue;
    bool goesOn = isLast && digits.front().divisor < divisor;
    if (!goesOn && llvm::is_contained(roles, role))
      return std::nullopt;
    if (!goesOn)
      roles.push_back(role);
    for (const IndexDigit &digit : digits)
      if (digit.loop != roles.back())
        roles.push_back(digit.loop);
    divisor = digits.empty() ? divisor : digits.back().divisor;
  }
  return roles;
}

/// The result has b, h, i and e once each: in the graph's order when it has all four.
std::optional<Candidate::ResultOrder> Candidate::resultOrder() {
  std::optional<SmallVector<unsigned>> roles = resultRoles();
  bool hasAll = roles && roles->size() == 4;
  if (!roles || (!hasAll && !llvm::is_sorted(*roles))) {
    fail("the result of lower rank has its dimensions in another order",
         "batch, head, query, channel", values);
    return std::nullopt;
  }
  if (!hasAll)
    roles = {Batch, Head, Query, ValueChannel};
  ResultOrder order{*roles, hasAll && values.getOutMap().getNumResults() == 4, values};
  if (!order.whole) {
    // A reshape that alone reads the result, and takes batch and heads apart.
    auto reshape =
        values->hasOneUse() ? dyn_cast<ReshapeOp>(*values->getUsers().begin()) : ReshapeOp();
    auto isRole = [&](auto pair) { return std::get<0>(pair) == loops.dims[std::get<1>(pair)]; };
    if (!reshape || reshape.getDims().size() != 4 ||
        !llvm::all_of(llvm::zip_equal(reshape.getDims(), order.roles), isRole))
      return order;
    order.whole = true;
    order.replaced = reshape;
  }
  // A transpose that alone reads the result is the order in which to write it.
  if (!order.replaced->hasOneUse())
    return order;
  auto map = dyn_cast<MapOp>(*order.replaced->getUsers().begin());
  if (!map || !forwardedOperand(map) || map.getInputs().size() != 1)
    return order;
  AffineMap access = mapsOf(map.getInputMaps())[0];
  if (!access.isPermutation() || access.getNumResults() != 4)
    return order;
  SmallVector<unsigned> written(4);
  for (auto [position, expr] : llvm::enumerate(access.getResults()))
    written[cast<AffineDimExpr>(expr).getPosition()] = order.roles[position];
  order.roles = written;
  order.replaced = map;
  return order;
}

Value Candidate::build(OpBuilder &builder, const Scores &scores) {
  MLIRContext *context = builder.getContext();
  const MaskTerms &mask = scores.mask;
  auto maskAttr =
      MaskAttr::get(context, mask.lower ? mask.lower->str() : "",
                    mask.upper ? mask.upper->str() : "", static_cast<bool>(keys.tensor),
                    static_cast<bool>(maskTensor.tensor), static_cast<bool>(positions.tensor));
  // Without a mask only an empty set of keys has no live key: the graph sums nothing.
  DeadRows deadRows = DeadRows::Zero;
  bool isNumber = !mask.isNone() && scores.fill == Scores::Fill::Number;
  if (isNumber || (!mask.isNone() && scores.fill == Scores::Fill::Finite))
    deadRows = DeadRows::Mean; // the softmax of equal scores
  else if (!mask.isNone() && !guarded)
    deadRows = DeadRows::Nan;

  std::optional<ResultOrder> written = resultOrder();
  if (!written)
    return {};
  SmallVector<AffineExpr> outExprs;
  SmallVector<Attribute> outDims;
  for (unsigned role : written->roles) {
    outExprs.push_back(getAffineDimExpr(role, context));
    outDims.push_back(loops.dims[role]);
  }
  SmallVector<AffineMap> maps;
  for (const OperandView &operand : {q, k, v, keys, bias, maskTensor, positions})
    if (operand.tensor) {
      auto type = cast<RankedTensorType>(operand.tensor.getType());
      maps.push_back(accessMap(operand.at, *expressions, type));
      if (!maps.back()) {
        fail("an operand is read in a way that no index map can", "views that an index map can be",
             values);
        return {};
      }
    }
  Type element = cast<RankedTensorType>(values.getType()).getElementType();
  ArrayAttr outShape = builder.getArrayAttr(outDims);
  auto loc =
      FusedLoc::get(context, {values.getLoc(), softmax.getLoc(), scores.product->tensor.getLoc()});
  Value result =
      AttentionOp::create(builder, loc, typeFor(outShape, element), /*logsumexp=*/Type(), q.tensor,
                          k.tensor, v.tensor, keys.tensor, bias.tensor, maskTensor.tensor,
                          positions.tensor, llvm::APFloat(scores.scale * q.scale * k.scale),
                          scores.softcap ? builder.getF64FloatAttr(*scores.softcap) : FloatAttr(),
                          isNumber ? builder.getF64FloatAttr(scores.fillValue) : FloatAttr(),
                          isNumber && scores.fillWithBias, maskAttr, deadRows,
                          builder.getArrayAttr(loops.dims), builder.getAffineMapArrayAttr(maps),
                          AffineMap::get(6, 0, outExprs, context), /*lse_map=*/nullptr)
          .getResult();
  if (!written->whole)
    result = ReshapeOp::create(builder, loc, values.getType(), result, values.getResultDims(0));
  written->replaced->getResult(0).replaceAllUsesWith(result);
  return result;
}

/// The softmax must normalise the dimension that the contraction with v sums over, and no other
/// dimension of the probabilities may be read by it.
bool Candidate::runsOverKeys() {
  unsigned axis = softmax.getAxis();
  std::optional<unsigned> summed;
  for (auto [position, index] : llvm::enumerate(probabilities->at)) {
    bool key = llvm::any_of(index.digits, [](const IndexDigit &d) { return d.loop == Key; });
    if (position != axis && key)
      summed = position;
  }
  const ElementIndex &index = probabilities->at[axis];
  bool runs = index.isLoop(Key) || (index.isZero() && loops.dims[Key] == unit(values.getContext()));
  if (runs && !summed)
    return true;
  unsigned rank = probabilities->at.size();
  if (!summed)
    return fail("the softmax does not run over the keys: it runs over a part of dimension " +
                    Twine(axis) + " of the probabilities that v does not sum over",
                "the dimension that v is summed over", softmax);
  if (axis + 1 != rank)
    return fail("the softmax does not run over the keys: it runs over the query axis, dimension " +
                    Twine(axis) + " of the probabilities",
                "dimension " + Twine(*summed) + ", over which v is summed", softmax);
  return fail("the softmax does not run over the keys: v is summed over dimension " +
                  Twine(*summed) + " of the probabilities, the softmax runs over dimension " +
                  Twine(axis),
              "a sum over dimension " + Twine(axis), values);
}

bool Candidate::raise() {
  if (!onlyReader(softmax) || !runsOverKeys())
    return false;
  std::optional<Scores> scores =
      parseScores(*expressions, expressions->element(softmax.getInput(), probabilities->at), miss);
  if (!scores || !matchProduct(*scores))
    return false;
  Type element = cast<RankedTensorType>(values.getType()).getElementType();
  for (const OperandView &operand : {q, k, v})
    if (cast<RankedTensorType>(operand.tensor.getType()).getElementType() != element)
      return fail("q, k and v differ in element type", "one type", values);
  OpBuilder builder(values);
  if (!scores->mask.rest.empty())
    unproven.note("a part of the mask stays a tensor: " + scores->mask.reason,
                  "a band of key − query, or a mask over keys", scores->mask.at);
  if (!addMask(builder, *scores) || !addBias(builder, *scores))
    return false;
  for (OperandView *operand : {&q, &k})
    operand->tensor = withoutScale(builder, operand->tensor, operand->scale);
  return static_cast<bool>(build(builder, *scores));
}

namespace {
struct RaiseAttention : attune::transformer::impl::RaiseAttentionPassBase<RaiseAttention> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    Block &block = func.getBody().front();
    DenseMap<Operation *, NearMiss> misses;
    ConstantTables tables;
    for (ContractOp contract : llvm::make_early_inc_range(block.getOps<ContractOp>()))
      for (unsigned side : {0u, 1u}) {
        SoftmaxOp behind = softmaxBehind(contract->getOperand(side));
        if (!behind) {
          if (NearMiss miss = missingSoftmax(contract, side))
            reportDeclined(contract.getLoc(), miss);
          continue;
        }
        Candidate candidate(contract, side, tables);
        SoftmaxOp softmax = candidate.findSoftmax();
        if (softmax && candidate.raise()) {
          reportRaised(softmax, candidate.unproven);
          break;
        }
        if (candidate.miss)
          misses.try_emplace(softmax ? softmax : behind, candidate.miss);
      }
    eraseUnused(func);
    for (SoftmaxOp softmax : block.getOps<SoftmaxOp>()) {
      auto found = misses.find(softmax);
      NearMiss miss = found != misses.end() ? found->second : halfAttention(softmax);
      if (!miss)
        continue;
      reportDeclined(softmax.getLoc(), miss);
    }
  }

private:
  void reportDeclined(Location loc, const NearMiss &miss) {
    ++declined;
    remarkDeclined(loc, remark::RemarkOpts::name("attention").category(DEBUG_TYPE), miss);
  }

  void reportRaised(SoftmaxOp softmax, const NearMiss &unproven) {
    ++raised;
    remark::passed(softmax.getLoc(), remark::RemarkOpts::name("attention").category(DEBUG_TYPE))
        << "raised to transformer.attention";
    if (unproven)
      remarkUnproven(softmax.getLoc(), remark::RemarkOpts::name("mask").category(DEBUG_TYPE),
                     unproven);
  }
};
} // namespace
