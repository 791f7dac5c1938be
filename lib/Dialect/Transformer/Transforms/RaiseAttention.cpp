// Raises contract, softmax, contract to transformer.attention.
#include "AttentionMisses.h"
#include "OperandViews.h"
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
  bool classifyLoops();
  bool matchProduct(const Scores &scores);
  bool onlyReader(Operation *op);
  bool runsOverKeys();
  bool isReadable(const ElementNode *node);
  bool addMask(OpBuilder &builder, const Scores &scores);
  bool addBias(OpBuilder &builder, const Scores &scores);
  Value build(OpBuilder &builder, const Scores &scores);

  ContractOp values;
  unsigned side; ///< which operand of `values` is the probabilities
  ConstantTables &tables;
  SmallVector<Attribute> dims = SmallVector<Attribute>(6);
  SmallVector<ElementIndex> loopIndices;      ///< of `values`' loops
  SmallVector<std::optional<unsigned>> roles; ///< the attention's loop per loop of `values`
  std::optional<ElementExpressions> expressions;
  const ElementNode *probabilities = nullptr; ///< the softmax's result
  SoftmaxOp softmax;
  bool guarded = false;
  OperandView q, k, v;
  OperandView keys, bias, maskTensor;
};
} // namespace

static Attribute unit(MLIRContext *context) { return Builder(context).getI64IntegerAttr(1); }

/// Gives each loop of probabilities · v its role, from which maps name it.
bool Candidate::classifyLoops() {
  SmallVector<AffineMap> maps = mapsOf(values.getInputMaps());
  AffineMap p = maps[side], value = maps[1 - side], out = values.getOutMap();
  ArrayAttr loops = values.getDims();
  roles.assign(loops.size(), std::nullopt);
  auto assign = [&](unsigned loop, unsigned role) {
    if (dims[role])
      return false;
    dims[role] = loops[loop];
    roles[loop] = role;
    return true;
  };
  // In the order in which the result has them; the last loop of p alone is the query.
  SmallVector<unsigned> shared, alone;
  for (AffineExpr expr : out.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim)
      continue;
    unsigned loop = dim.getPosition();
    if (value.isFunctionOfDim(loop) && !p.isFunctionOfDim(loop)) {
      if (!assign(loop, ValueChannel))
        return fail("v has more than one dimension of its own", "one, its channels", values);
    } else {
      (value.isFunctionOfDim(loop) ? shared : alone).push_back(loop);
    }
  }
  for (unsigned loop = 0; loop < loops.size(); ++loop)
    if (!out.isFunctionOfDim(loop) &&
        !(p.isFunctionOfDim(loop) && value.isFunctionOfDim(loop) && assign(loop, Key)))
      return fail("the probabilities and v are contracted over more than the keys",
                  "a sum over the keys alone", values);
  if (!dims[Key])
    return fail("nothing is summed over the keys", "a sum over the keys", values);
  if (!alone.empty())
    assign(alone.pop_back_val(), Query);
  // v may be shared by heads or batches: what p has alone besides the query is one of those.
  shared.append(alone);
  llvm::sort(shared);
  if (shared.size() > 2)
    return fail("there are " + Twine(shared.size()) + " batch dimensions",
                "at most two, batch and head", values);
  for (auto [role, loop] : llvm::enumerate(shared))
    assign(loop, role == 0 ? Batch : Head);
  for (Attribute &dim : dims)
    if (!dim)
      dim = unit(values.getContext());
  return true;
}

SoftmaxOp Candidate::findSoftmax() {
  auto acc = dyn_cast<BlockArgument>(yieldedValue(values.getBody()));
  if (!acc || acc.getArgNumber() != 0)
    fail("the contraction with v has an epilogue", "a plain contraction", values);
  if (miss || !classifyLoops())
    return {};
  expressions.emplace(llvm::map_to_vector(dims, extentOf), &tables);
  for (unsigned role = 0; role < 6; ++role)
    if (!expressions->extent(role).isValid())
      return {};
  for (std::optional<unsigned> role : roles)
    loopIndices.push_back(role ? expressions->loopIndex(*role) : ElementIndex());
  SmallVector<AffineMap> maps = mapsOf(values.getInputMaps());
  const ElementNode *node =
      expressions->element(values->getOperand(side), expressions->compose(maps[side], loopIndices));
  // Through views and the guard: select(isnan(p), 0, p).
  for (unsigned steps = 0; node && steps < 32; ++steps) {
    if (node->kind == ElementNode::Kind::Element) {
      if ((softmax = node->tensor.getDefiningOp<SoftmaxOp>())) {
        probabilities = node;
        return softmax;
      }
      node = expressions->expand(node);
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
      isNan &= tested->kind == ElementNode::Kind::Element && p->kind == tested->kind &&
               tested->tensor == p->tensor && tested->at == p->at;
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
    dims[KeyChannel] = product.getDims()[loop];
    expressions->setExtent(KeyChannel, extentOf(dims[KeyChannel]));
    indices[loop] = expressions->loopIndex(KeyChannel);
  }
  if (!channel || !extentOf(dims[KeyChannel]).isValid())
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
  auto query = followViews(*expressions, swapped ? product.getRhs() : product.getLhs(), queryAt,
                           /*scaled=*/true);
  auto key = followViews(*expressions, swapped ? product.getLhs() : product.getRhs(), keyAt,
                         /*scaled=*/true);
  SmallVector<AffineMap> valueMaps = mapsOf(values.getInputMaps());
  auto value = followViews(*expressions, values->getOperand(1 - side),
                           expressions->compose(valueMaps[1 - side], loopIndices),
                           /*scaled=*/false);
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

/// Whether an index map can say where `node` is read.
bool Candidate::isReadable(const ElementNode *node) {
  return node->kind == ElementNode::Kind::Element &&
         accessMap(node->at, *expressions, cast<RankedTensorType>(node->tensor.getType()));
}

/// The loops among batch, head, query and key that any of the nodes depends on.
static SmallVector<unsigned> loopsOf(ArrayRef<const ElementNode *> nodes) {
  SmallVector<bool> used(6, false);
  for (const ElementNode *node : nodes)
    forEachLoop(node, [&](unsigned loop) { used[std::min(loop, 5u)] = true; });
  SmallVector<unsigned> loops;
  for (unsigned loop = 0; loop < 6; ++loop)
    if (used[loop])
      loops.push_back(loop);
  return loops;
}

static ElementIndices atLoops(const ElementExpressions &expressions, ArrayRef<unsigned> loops) {
  return ElementIndices(
      llvm::map_range(loops, [&](unsigned loop) { return expressions.loopIndex(loop); }));
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
    SmallVector<unsigned> loops = loopsOf(nodes);
    keys.tensor = materializeConjuncts(builder, loc, conjuncts, *expressions, loops);
    keys.at = atLoops(*expressions, loops);
  }
  if (!conjuncts.empty() && !keys.tensor)
    return fail("the mask over keys reads a tensor in a way that no map can",
                "one loop per dimension", softmax);
  if (keys.tensor) {
    // [batch, keys]: other dimensions have extent one.
    bool plain = keys.at.size() == 2 && keys.at[0].isSimple() && !keys.at[1].isZero();
    if (!plain) {
      bool perBatch = llvm::any_of(keys.at, [](auto &index) { return index.isLoop(Batch); });
      ArrayAttr shape =
          builder.getArrayAttr({perBatch ? dims[Batch] : unit(builder.getContext()), dims[Key]});
      auto type = cast<RankedTensorType>(keys.tensor.getType());
      keys.tensor = ReshapeOp::create(builder, loc, typeFor(shape, type.getElementType()),
                                      keys.tensor, shape);
      keys.at = {perBatch ? expressions->loopIndex(Batch) : ElementIndex(),
                 expressions->loopIndex(Key)};
    }
  }
  if (!mask.rest.empty()) {
    SmallVector<const ElementNode *> nodes =
        llvm::map_to_vector(mask.rest, [](const MaskConjunct &c) { return c.node; });
    const MaskConjunct &only = mask.rest.front();
    if (nodes.size() == 1 && !only.negated && isReadable(only.node)) {
      maskTensor = {only.node->tensor, only.node->at};
    } else {
      SmallVector<unsigned> loops = loopsOf(nodes);
      maskTensor.tensor = materializeConjuncts(builder, loc, mask.rest, *expressions, loops);
      maskTensor.at = atLoops(*expressions, loops);
    }
    if (!maskTensor.tensor)
      return fail("the mask reads a tensor in a way that no map can", "one loop per dimension",
                  softmax);
  }
  return true;
}

bool Candidate::addBias(OpBuilder &builder, const Scores &scores) {
  if (scores.biases.empty())
    return true;
  const BiasTerm &only = scores.biases.front();
  if (scores.biases.size() == 1 && only.coefficient == 1 && isReadable(only.node)) {
    bias = {only.node->tensor, only.node->at};
    return true;
  }
  SmallVector<const ElementNode *> nodes =
      llvm::map_to_vector(scores.biases, [](const BiasTerm &term) { return term.node; });
  SmallVector<unsigned> loops = loopsOf(nodes);
  Location loc = softmax.getLoc();
  bias.tensor = materialize(
      builder, loc, nodes, *expressions, loops, [&](OpBuilder &inner, ValueRange addends) {
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
  bias.at = atLoops(*expressions, loops);
  return bias.tensor ||
         fail("a bias reads a tensor in a way that no map can", "one loop per dimension", softmax);
}

Value Candidate::build(OpBuilder &builder, const Scores &scores) {
  MLIRContext *context = builder.getContext();
  const MaskTerms &mask = scores.mask;
  auto maskAttr = MaskAttr::get(context, mask.lower ? mask.lower->str() : "",
                                mask.upper ? mask.upper->str() : "", static_cast<bool>(keys.tensor),
                                static_cast<bool>(maskTensor.tensor));
  // Without a mask only an empty set of keys has no live key: the graph sums nothing.
  DeadRows deadRows = DeadRows::Zero;
  bool isNumber = !mask.isNone() && scores.fill == Scores::Fill::Number;
  if (isNumber || (!mask.isNone() && scores.fill == Scores::Fill::Finite))
    deadRows = DeadRows::Mean; // the softmax of equal scores
  else if (!mask.isNone() && !guarded)
    deadRows = DeadRows::Nan;

  // The result has b, h, i and e once each: in the graph's order when it has all four.
  AffineMap out = values.getOutMap();
  SmallVector<unsigned> order;
  for (AffineExpr expr : out.getResults())
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      order.push_back(*roles[dim.getPosition()]);
  SmallVector<unsigned> canonical{Batch, Head, Query, ValueChannel};
  bool whole = order.size() == 4 && out.getNumResults() == 4;
  if (!whole && !llvm::is_sorted(order, [](unsigned a, unsigned b) { return a < b; })) {
    fail("the result of lower rank has its dimensions in another order",
         "batch, head, query, channel", values);
    return {};
  }
  if (!whole)
    order = canonical;

  // A transpose that alone reads the result is the order in which to write it.
  Operation *replaced = values;
  if (whole && values->hasOneUse())
    if (auto map = dyn_cast<MapOp>(*values->getUsers().begin());
        map && forwardedOperand(map) && map.getInputs().size() == 1) {
      AffineMap access = mapsOf(map.getInputMaps())[0];
      if (access.isPermutation() && access.getNumResults() == 4) {
        SmallVector<unsigned> written(4);
        for (auto [position, expr] : llvm::enumerate(access.getResults()))
          written[cast<AffineDimExpr>(expr).getPosition()] = order[position];
        order = written;
        replaced = map;
      }
    }

  SmallVector<AffineExpr> outExprs;
  SmallVector<Attribute> outDims;
  for (unsigned role : order) {
    outExprs.push_back(getAffineDimExpr(role, context));
    outDims.push_back(dims[role]);
  }
  SmallVector<AffineMap> maps;
  for (const OperandView &operand : {q, k, v, keys, bias, maskTensor})
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
  Value result = AttentionOp::create(
                     builder, loc, typeFor(outShape, element), /*logsumexp=*/Type(), q.tensor,
                     k.tensor, v.tensor, keys.tensor, bias.tensor, maskTensor.tensor,
                     llvm::APFloat(scores.scale * q.scale * k.scale),
                     scores.softcap ? builder.getF64FloatAttr(*scores.softcap) : FloatAttr(),
                     isNumber ? builder.getF64FloatAttr(scores.fillValue) : FloatAttr(), maskAttr,
                     deadRows, builder.getArrayAttr(dims), builder.getAffineMapArrayAttr(maps),
                     AffineMap::get(6, 0, outExprs, context), /*lse_map=*/nullptr)
                     .getResult();
  if (!whole)
    result = ReshapeOp::create(builder, loc, values.getType(), result, values.getResultDims(0));
  replaced->getResult(0).replaceAllUsesWith(result);
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
  bool runs = index.isLoop(Key) || (index.isZero() && dims[Key] == unit(values.getContext()));
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
  return addMask(builder, *scores) && addBias(builder, *scores) && build(builder, *scores);
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
        if (!behind)
          continue;
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
      ++declined;
      remarkDeclined(softmax.getLoc(), remark::RemarkOpts::name("attention").category(DEBUG_TYPE),
                     miss);
    }
  }

private:
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
