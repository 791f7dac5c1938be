// Query, key and channels are told apart by the maps alone; batch and heads by where v lies.
#include "AttentionLoops.h"

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

namespace {
class Classifier {
public:
  Classifier(ContractOp values, unsigned side, NearMiss &miss)
      : values(values), miss(miss), p(mapsOf(values.getInputMaps())[side]),
        v(mapsOf(values.getInputMaps())[1 - side]), out(values.getOutMap()),
        tensor(values->getOperand(1 - side)) {}

  std::optional<AttentionLoops> run();

private:
  bool fail(const Twine &why, const Twine &expected) {
    return miss.note(why, expected, values.getLoc());
  }
  bool assign(unsigned loop, unsigned role);
  bool assignOwnLoops();
  bool splitShared();
  /// With what a loop over batch or heads shares a dimension where v lies.
  enum class Place { Unread, Channels, Keys, Behind, Other };
  void findPlaces();
  Place placeOf(unsigned loop) const {
    auto found = places.find(loop);
    return found == places.end() ? Place::Unread : found->second;
  }
  bool isUnread(unsigned loop) const { return !v.isFunctionOfDim(loop); }
  bool splitSingle(unsigned loop);
  bool join(unsigned role, ArrayRef<unsigned> parts);
  SymbolicExpression extent(unsigned loop) { return extentOf(values.getDims()[loop]); }
  ElementIndex whole(unsigned role) const;

  ContractOp values;
  NearMiss &miss;
  AffineMap p, v, out;
  Value tensor;
  SmallVector<unsigned> shared; ///< neither query nor key nor channel, in their order
  DenseMap<unsigned, Place> places;
  AttentionLoops loops;
};
} // namespace

bool Classifier::assign(unsigned loop, unsigned role) {
  if (loops.dims[role])
    return false;
  loops.dims[role] = values.getDims()[loop];
  loops.roles[loop] = role;
  return true;
}

/// The value's channel, the key and the query; the rest is shared by the probabilities and v, or
/// the probabilities' alone.
bool Classifier::assignOwnLoops() {
  SmallVector<unsigned> alone;
  for (unsigned loop = 0; loop < values.getDims().size(); ++loop) {
    if (!out.isFunctionOfDim(loop))
      continue;
    if (v.isFunctionOfDim(loop) && !p.isFunctionOfDim(loop)) {
      if (!assign(loop, ValueChannel))
        return fail("v has more than one dimension of its own", "one, its channels");
    } else if (v.isFunctionOfDim(loop)) {
      shared.push_back(loop);
    }
  }
  // The last loop of p alone is the query, as p has them.
  for (AffineExpr expr : p.getResults())
    if (auto dim = dyn_cast<AffineDimExpr>(expr);
        dim && out.isFunctionOfDim(dim.getPosition()) && !v.isFunctionOfDim(dim.getPosition()))
      alone.push_back(dim.getPosition());
  for (unsigned loop = 0; loop < values.getDims().size(); ++loop)
    if (!out.isFunctionOfDim(loop) &&
        !(p.isFunctionOfDim(loop) && v.isFunctionOfDim(loop) && assign(loop, Key)))
      return fail("the probabilities and v are contracted over more than the keys",
                  "a sum over the keys alone");
  if (!loops.dims[Key])
    return fail("nothing is summed over the keys", "a sum over the keys");
  if (!alone.empty())
    assign(alone.pop_back_val(), Query);
  // v may be shared by heads or batches: what p has alone besides the query is one of those.
  shared.append(alone);
  // In the order in which p has them, which is that of the scores.
  llvm::SmallDenseMap<unsigned, unsigned> place;
  for (auto [at, expr] : llvm::enumerate(p.getResults()))
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      place[dim.getPosition()] = at;
  llvm::sort(shared, [&](unsigned a, unsigned b) { return place[a] < place[b]; });
  return true;
}

/// Follows v to where it lies, and notes where the innermost part of each loop is there: among
/// the channels, among the keys, behind a batch, or elsewhere.
void Classifier::findPlaces() {
  SmallVector<SymbolicExpression> extents = extentsOf(values.getDims());
  if (!llvm::all_of(extents, [](const SymbolicExpression &e) { return e.isValid(); }))
    return;
  ElementExpressions expressions(extents);
  SmallVector<ElementIndex> indices;
  for (unsigned loop = 0; loop < extents.size(); ++loop)
    indices.push_back(expressions.loopIndex(loop));
  const ElementNode *node = expressions.element(tensor, expressions.compose(v, indices));
  for (unsigned steps = 0; node && steps < 64; ++steps) {
    const ElementNode *next = node->tensor.getDefiningOp<onnx::NodeOp>()
                                  ? expressions.throughSlice(node)
                                  : expressions.throughView(node);
    if (!next)
      break;
    node = next;
  }
  // Nothing but keys stands before the batch, in graphs that put the sequence first.
  auto has = [&](const ElementIndex &index, unsigned role) {
    return llvm::any_of(index.digits, [&](auto &d) { return loops.roles[d.loop] == role; });
  };
  for (unsigned dim = 0; node && dim < node->at.size(); ++dim) {
    const ElementIndex &index = node->at[dim];
    bool behindBatch = dim > 0 && !has(node->at.front(), Key);
    for (const IndexDigit &digit : index.digits)
      if (!loops.roles[digit.loop] && digit.divisor == 1)
        places[digit.loop] = has(index, ValueChannel)        ? Place::Channels
                             : has(index, Key)               ? Place::Keys
                             : behindBatch || !digit.isWhole ? Place::Behind
                                                             : Place::Other;
  }
}

ElementIndex Classifier::whole(unsigned role) const {
  ElementIndex index;
  SymbolicExpression size = extentOf(loops.dims[role]);
  if (!size.isConstant(1))
    index.digits.push_back({role, size});
  return index;
}

/// Makes `parts` one loop of the attention, each a digit of it.
bool Classifier::join(unsigned role, ArrayRef<unsigned> parts) {
  if (parts.size() == 1)
    return assign(parts.front(), role);
  SymbolicExpression size(1);
  for (unsigned loop : llvm::reverse(parts)) {
    loops.roles[loop] = role;
    std::optional<int64_t> divisor = size.constant();
    if (!divisor || *divisor < 1)
      return fail("there are " + Twine(shared.size()) + " batch dimensions of unknown size",
                  "at most two, batch and head");
    if (!extent(loop).isConstant(1))
      loops.indices[loop].digits = {{role, extent(loop), *divisor}};
    size = size * extent(loop);
  }
  if (!size.isValid())
    return fail("the batch dimensions are too large", "sizes that a number can hold");
  for (unsigned loop : parts)
    for (IndexDigit &digit : loops.indices[loop].digits)
      digit.isWhole = digit.extent == size;
  loops.dims[role] = dimFor(values.getContext(), size);
  return true;
}

/// One loop over batch, over heads, or over both: as views of v joined them.
bool Classifier::splitSingle(unsigned loop) {
  Place place = placeOf(loop);
  bool mayBeHead = place == Place::Channels || place == Place::Behind;
  unsigned position = 0;
  for (auto [at, expr] : llvm::enumerate(v.getResults()))
    if (expr.isFunctionOfDim(loop))
      position = at;
  std::optional<SplitExtent> split = mayBeHead ? joinedDimensions(tensor, position) : std::nullopt;
  if (!split)
    return assign(loop, mayBeHead ? Head : Batch);
  loops.roles[loop] = Batch;
  loops.dims[Batch] = dimFor(values.getContext(), split->outer);
  loops.dims[Head] = dimFor(values.getContext(), split->inner);
  for (unsigned role : {Batch, Head})
    loops.indices[loop].digits.append(whole(role).digits);
  return true;
}

/// Batch and heads: two loops, both in one loop, or several of each.
bool Classifier::splitShared() {
  if (shared.empty())
    return true;
  if (shared.size() == 2)
    return assign(shared[0], Batch) && assign(shared[1], Head);
  findPlaces();
  if (shared.size() == 1)
    return splitSingle(shared.front());
  // Heads follow the batch. The last loop is one of them; so is one among v's channels, and one
  // whose heads of v the next loop shares.
  size_t batches = shared.size() - 1;
  while (batches > 1 && (placeOf(shared[batches - 1]) == Place::Channels ||
                         isUnread(shared[batches - 1]) || isUnread(shared[batches])))
    --batches;
  return join(Batch, ArrayRef(shared).take_front(batches)) &&
         join(Head, ArrayRef(shared).drop_front(batches));
}

std::optional<AttentionLoops> Classifier::run() {
  unsigned count = values.getDims().size();
  loops.roles.assign(count, std::nullopt);
  loops.indices.assign(count, ElementIndex());
  if (!assignOwnLoops() || !splitShared())
    return std::nullopt;
  for (Attribute &dim : loops.dims)
    if (!dim)
      dim = Builder(values.getContext()).getI64IntegerAttr(1);
  for (unsigned loop = 0; loop < count; ++loop)
    if (loops.indices[loop].digits.empty() && loops.roles[loop] &&
        loops.dims[*loops.roles[loop]] == values.getDims()[loop])
      loops.indices[loop] = whole(*loops.roles[loop]);
  return loops;
}

std::optional<AttentionLoops> attune::transformer::classifyLoops(ContractOp values, unsigned side,
                                                                 NearMiss &miss) {
  return Classifier(values, side, miss).run();
}
