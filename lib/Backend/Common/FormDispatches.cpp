// Graph form to tensor form: every graph op becomes a kernel and a dispatch of it; reshapes
// become views, constants data of the artefact, guards checks at the door.
#include "attune/Backend/Common/Passes.h"

#include "HostSymbols.h"
#include "KernelWork.h"
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "attune/Support/Diagnostics.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

namespace attune::backend {
#define GEN_PASS_DEF_FORMDISPATCHESPASS
#include "attune/Backend/Common/Passes.h.inc"
} // namespace attune::backend

using namespace mlir;
using namespace attune;
using namespace attune::backend;

/// Constants that kernels hold themselves: scalars, splats, and a few elements of shape.
static bool isCloned(Operation *op) {
  if (isa_and_nonnull<transformer::ShapeOp>(op))
    return true;
  auto constant = dyn_cast_or_null<arith::ConstantOp>(op);
  auto elements = constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : nullptr;
  return elements && (elements.isSplat() || elements.getNumElements() <= 8);
}

/// Users that find their operands in memory, constants too.
static bool readsMemory(Operation *user) {
  return isa<func::ReturnOp, transformer::AttentionOp, transformer::ReshapeOp>(user);
}

/// Windows that only contractions have as a factor: their kernels read the input in place.
static transformer::WindowsOp seenThrough(Operation *op) {
  auto windows = dyn_cast_or_null<transformer::WindowsOp>(op);
  auto isFactor = [](OpOperand &use) {
    return isa<transformer::ContractOp>(use.getOwner()) && use.getOperandNumber() < 2;
  };
  return windows && llvm::all_of(windows->getUses(), isFactor) ? windows : transformer::WindowsOp();
}

/// A kernel's view of a tensor: rows at any stride, elements of the last dimension adjacent.
static MemRefType kernelType(RankedTensorType type) {
  int64_t rank = type.getRank();
  SmallVector<int64_t> strides(rank, ShapedType::kDynamic);
  if (rank)
    strides.back() = 1;
  auto layout = StridedLayoutAttr::get(type.getContext(), ShapedType::kDynamic, strides);
  return MemRefType::get(type.getShape(), type.getElementType(), layout);
}

/// The dynamic sizes that an op's symbolic attributes and operands' shapes mention, in order.
static void collectWords(Attribute attribute, llvm::SetVector<Attribute> &words) {
  if (auto array = dyn_cast_or_null<ArrayAttr>(attribute))
    for (Attribute element : array)
      collectWords(element, words);
  else if (isa_and_nonnull<StringAttr>(attribute))
    words.insert(attribute);
}

namespace {

/// Outlines the ops of one entry function.
class Outliner {
public:
  Outliner(ModuleOp module, func::FuncOp host)
      : host(host), first(&host.getBody().front().front()), symbols(host),
        builder(module.getContext()) {
    kernels = ModuleOp::create(module.getLoc(), exec::kKernelsModule);
    module.getBody()->push_back(kernels);
  }

  LogicalResult run();
  unsigned dispatches = 0;
  unsigned distinctKernels() const { return bodies.size(); }

private:
  LogicalResult checkGuards();
  LogicalResult outline(Operation *op);
  SmallVector<Value> inputsOf(Operation *op, llvm::SetVector<Attribute> &words);
  FailureOr<func::FuncOp> makeKernel(Operation *op, ValueRange operands, ArrayAttr words);
  FlatSymbolRefAttr unique(func::FuncOp kernel, Operation *root);
  LogicalResult placeResults(func::ReturnOp ret);
  Value destination(Value result, unsigned index);
  Value copyTo(Value source, Value output, Location loc);

  func::FuncOp host;
  Operation *first; ///< of the graph; symbols are computed before it
  HostSymbols symbols;
  OpBuilder builder;
  ModuleOp kernels;
  llvm::StringMap<FlatSymbolRefAttr> bodies;

  /// Host values keep the symbolic shapes of the graph values they stand for.
  void replace(Value graphValue, Value hostValue);
  ArrayAttr shapeOf(Value value);
  DenseMap<Value, ArrayAttr> shapes;
};

} // namespace

void Outliner::replace(Value graphValue, Value hostValue) {
  shapes[hostValue] = transformer::symbolicShape(graphValue);
  graphValue.replaceAllUsesWith(hostValue);
}

ArrayAttr Outliner::shapeOf(Value value) {
  auto known = shapes.find(value);
  return known == shapes.end() ? transformer::symbolicShape(value) : known->second;
}

/// Each guard of the entry becomes a comparison at its start.
LogicalResult Outliner::checkGuards() {
  auto guards = host->getAttrOfType<ArrayAttr>(onnx::kGuardsAttr);
  if (!guards)
    return success();
  // All sides first: their code goes to the block's start, the checks behind it.
  SmallVector<std::pair<Value, Value>> sides;
  for (auto guard : guards.getAsRange<DictionaryAttr>()) {
    Value lhs = symbols.get(guard.get("lhs")), rhs = symbols.get(guard.get("rhs"));
    if (!lhs || !rhs)
      return attune::emitError(host.getLoc(), ErrorCode::Internal,
                               "a guard names a size that no input has");
    sides.push_back({lhs, rhs});
  }
  for (auto [index, guard] : llvm::enumerate(guards.getAsRange<DictionaryAttr>())) {
    auto [lhs, rhs] = sides[index];
    StringRef relation = guard.getAs<StringAttr>("relation").getValue();
    auto predicate = relation == "le" ? arith::CmpIPredicate::sle : arith::CmpIPredicate::eq;
    Location loc = host.getLoc();
    if (relation == "divides") {
      Value one = arith::ConstantIndexOp::create(builder, loc, 1);
      Value divisor = arith::MaxSIOp::create(builder, loc, lhs, one);
      lhs = arith::RemSIOp::create(builder, loc, rhs, divisor);
      rhs = arith::ConstantIndexOp::create(builder, loc, 0);
    }
    Value holds = arith::CmpIOp::create(builder, loc, predicate, lhs, rhs);
    exec::GuardOp::create(builder, loc, holds, index);
  }
  return success();
}

LogicalResult Outliner::run() {
  SmallVector<Operation *> ops;
  for (Operation *op = first; op; op = op->getNextNode())
    ops.push_back(op);
  builder.setInsertionPoint(first);
  if (failed(checkGuards()))
    return failure();
  for (Operation *op : ops) {
    builder.setInsertionPoint(op);
    if (auto ret = dyn_cast<func::ReturnOp>(op)) {
      if (failed(placeResults(ret)))
        return failure();
    } else if (failed(outline(op))) {
      return failure();
    }
  }
  // Graph ops are dead now, last first.
  for (Operation *op : llvm::reverse(ops))
    if (!isa<func::ReturnOp>(op))
      op->erase();
  return success();
}

/// What the kernel of `op` reads, and its words: the sizes that the op's attributes, operands and
/// results mention.
SmallVector<Value> Outliner::inputsOf(Operation *op, llvm::SetVector<Attribute> &words) {
  SmallVector<Value> inputs;
  collectWords(op->getAttr("dims"), words);
  collectWords(op->getAttr("elements"), words);
  collectWords(op->getAttr("low"), words);
  if (auto mask = op->getAttrOfType<transformer::MaskAttr>("mask"))
    for (Attribute bound : {mask.getLowerExtent(), mask.getUpperExtent()})
      collectWords(bound, words);
  for (Value operand : op->getOperands()) {
    if (auto windows = seenThrough(operand.getDefiningOp())) {
      collectWords(windows.getDims(), words);
      collectWords(windows.getLowAttr(), words);
      operand = windows.getInput();
    }
    if (isCloned(operand.getDefiningOp())) {
      collectWords(operand.getDefiningOp()->getAttr("elements"), words);
      continue;
    }
    if (isa<NoneType>(operand.getType()))
      continue;
    collectWords(shapeOf(operand), words);
    if (!llvm::is_contained(inputs, operand))
      inputs.push_back(operand);
  }
  return inputs;
}

LogicalResult Outliner::outline(Operation *op) {
  Location loc = op->getLoc();
  if (isa<arith::ConstantOp, transformer::WeightOp>(op)) {
    Attribute value = op->getAttr("value");
    auto constant = exec::ConstantOp::create(builder, loc, op->getResult(0).getType(), value);
    shapes[constant] = transformer::symbolicShape(op->getResult(0));
    bool cloned = isCloned(op);
    op->getResult(0).replaceUsesWithIf(
        constant, [&](OpOperand &use) { return !cloned || readsMemory(use.getOwner()); });
    if (constant.use_empty())
      constant.erase();
    return success();
  }
  if (isa<onnx::NoneOp>(op))
    return success(); // cloned into the kernels that name it
  if (isa<transformer::ShapeOp>(op) && llvm::none_of(op->getUsers(), readsMemory))
    return success();
  if (seenThrough(op))
    return success();
  if (auto reshape = dyn_cast<transformer::ReshapeOp>(op)) {
    SmallVector<Value> sizes;
    if (!symbols.dynamicSizes(reshape.getDims(), sizes))
      return attune::emitError(loc, ErrorCode::Internal, "a reshape has a size no input gives");
    replace(reshape,
            exec::ReshapeOp::create(builder, loc, reshape.getType(), reshape.getInput(), sizes));
    return success();
  }

  llvm::SetVector<Attribute> words;
  SmallVector<Value> inputs = inputsOf(op, words);
  auto wordsAttr = builder.getArrayAttr(words.getArrayRef());
  FailureOr<func::FuncOp> kernel = makeKernel(op, inputs, wordsAttr);
  if (failed(kernel))
    return failure();
  FlatSymbolRefAttr name = unique(*kernel, op);

  SmallVector<Value> outputs, wordValues;
  for (Attribute word : words) {
    wordValues.push_back(symbols.get(word));
    if (!wordValues.back())
      return attune::emitError(loc, ErrorCode::Internal,
                               "size " + cast<StringAttr>(word).getValue() + " has no value");
  }
  for (Value result : op->getResults()) {
    SmallVector<Value> sizes;
    ArrayAttr shape = transformer::symbolicShape(result);
    if (!shape || !symbols.dynamicSizes(shape, sizes))
      return attune::emitError(loc, ErrorCode::Internal, "a result's shape is not known");
    outputs.push_back(tensor::EmptyOp::create(builder, loc, result.getType(), sizes));
  }
  auto dispatch =
      exec::DispatchOp::create(builder, loc, TypeRange(op->getResultTypes()),
                               builder.getArrayAttr({name}), inputs, outputs, wordValues);
  for (auto [graphValue, hostValue] : llvm::zip(op->getResults(), dispatch.getResults()))
    replace(graphValue, hostValue);
  ++dispatches;
  return success();
}

FailureOr<func::FuncOp> Outliner::makeKernel(Operation *op, ValueRange inputs, ArrayAttr words) {
  Location loc = op->getLoc();
  SmallVector<Type> types;
  SmallVector<Attribute> shapes;
  for (ValueRange values : {inputs, ValueRange(op->getResults())})
    for (Value value : values) {
      auto type = dyn_cast<RankedTensorType>(value.getType());
      ArrayAttr shape = type ? shapeOf(value) : ArrayAttr();
      if (!shape) {
        attune::emitError(loc, ErrorCode::Internal, "an operand's shape is not known");
        return failure();
      }
      types.push_back(kernelType(type));
      shapes.push_back(shape);
    }
  types.append(words.size(), builder.getIndexType());

  auto kernel = func::FuncOp::create(loc, "kernel", builder.getFunctionType(types, {}));
  kernel->setAttr(exec::kWordsAttr, words);
  kernel->setAttr(exec::kInputsAttr, builder.getI64IntegerAttr(inputs.size()));
  kernel->setAttr(exec::kRootAttr, builder.getStringAttr(op->getName().getStringRef()));
  for (auto [index, shape] : llvm::enumerate(shapes))
    kernel.setArgAttr(index, exec::kDimsAttr, shape);

  OpBuilder body = OpBuilder::atBlockBegin(kernel.addEntryBlock());
  IRMapping mapping;
  for (auto [index, input] : llvm::enumerate(inputs))
    mapping.map(input, bufferization::ToTensorOp::create(body, loc, input.getType(),
                                                         kernel.getArgument(index),
                                                         /*restrict=*/true));
  for (Value operand : op->getOperands()) {
    Operation *def = operand.getDefiningOp();
    if (auto windows = seenThrough(def); windows && !mapping.contains(windows.getInput()))
      body.clone(*windows.getInput().getDefiningOp(), mapping);
    if (def && !mapping.contains(operand))
      body.clone(*def, mapping);
  }
  Operation *root = body.clone(*op, mapping);
  for (auto [index, result] : llvm::enumerate(root->getResults()))
    bufferization::MaterializeInDestinationOp::create(body, loc, TypeRange(), result,
                                                      kernel.getArgument(inputs.size() + index),
                                                      /*restrict=*/true, /*writable=*/true);
  func::ReturnOp::create(body, loc);
  return kernel;
}

/// Keeps one kernel per body; layers differ in operands only.
FlatSymbolRefAttr Outliner::unique(func::FuncOp kernel, Operation *root) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  kernel.print(stream, OpPrintingFlags().useLocalScope());
  FlatSymbolRefAttr &known = bodies[text];
  if (known) {
    kernel.erase();
    return known;
  }
  std::string name =
      (root->getName().stripDialect() + "_" + std::to_string(bodies.size() - 1)).str();
  kernel.setName(name);
  // What a kernel holds itself, it does not read.
  ArrayAttr nothing = builder.getI64ArrayAttr(0);
  kernel->setAttr(exec::kWorkAttr, describeWork(root, [&](Value value) {
                    return isCloned(value.getDefiningOp()) ? nothing : shapeOf(value);
                  }));
  kernels.getBody()->push_back(kernel);
  return known = FlatSymbolRefAttr::get(builder.getContext(), name);
}

/// The tensor that result `index` of the model is computed into, or null if its value is not
/// a dispatch's own (through views).
Value Outliner::destination(Value result, unsigned index) {
  SmallVector<exec::ReshapeOp> views;
  Value source = result;
  while (auto view = source.getDefiningOp<exec::ReshapeOp>()) {
    views.push_back(view);
    source = view.getSource();
  }
  auto dispatch = source.getDefiningOp<exec::DispatchOp>();
  if (!dispatch)
    return {};
  OpOperand *init = dispatch.getTiedOpOperand(cast<OpResult>(source));
  auto empty = init->get().getDefiningOp<tensor::EmptyOp>();
  if (!empty)
    return {}; // already another result's buffer
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(dispatch);
  auto type = cast<RankedTensorType>(result.getType());
  SmallVector<Value> sizes;
  if (!views.empty())
    sizes = SmallVector<Value>(views.front().getSizes());
  else
    sizes = SmallVector<Value>(empty.getDynamicSizes());
  Value output = exec::OutputOp::create(builder, dispatch.getLoc(), type, index, sizes);
  if (!views.empty())
    output = exec::ReshapeOp::create(builder, dispatch.getLoc(), empty.getType(), output,
                                     empty.getDynamicSizes());
  init->set(output);
  empty.erase();
  return result;
}

LogicalResult Outliner::placeResults(func::ReturnOp ret) {
  for (OpOperand &operand : ret->getOpOperands()) {
    unsigned index = operand.getOperandNumber();
    if (destination(operand.get(), index))
      continue;
    // An input, a constant, or a value returned twice: copied by an identity map.
    Location loc = ret.getLoc();
    auto type = cast<RankedTensorType>(operand.get().getType());
    auto dims = host.getResultAttrOfType<ArrayAttr>(index, onnx::kDimsAttr);
    if (!dims)
      dims = shapeOf(operand.get());
    if (!dims)
      return attune::emitError(loc, ErrorCode::Internal, "a result's shape is not known");
    auto identity = AffineMap::getMultiDimIdentityMap(type.getRank(), builder.getContext());
    auto map = transformer::MapOp::create(builder, loc, type, operand.get(), dims,
                                          builder.getAffineMapArrayAttr({identity}));
    Block *block = builder.createBlock(&map.getBody(), {}, type.getElementType(), loc);
    transformer::YieldOp::create(builder, loc, block->getArguments());
    builder.setInsertionPointAfter(map);
    operand.set(map.getResult());
    if (failed(outline(map)))
      return failure();
    map.erase();
    if (!destination(operand.get(), index))
      return attune::emitError(loc, ErrorCode::Internal, "a result has no destination");
  }
  return success();
}

namespace {
struct FormDispatchesPass : backend::impl::FormDispatchesPassBase<FormDispatchesPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto host = module.lookupSymbol<func::FuncOp>("main");
    if (!host) {
      attune::emitError(module.getLoc(), ErrorCode::Malformed, "there is no function @main");
      return signalPassFailure();
    }
    Outliner outliner(module, host);
    if (failed(outliner.run()))
      return signalPassFailure();
    numDispatches += outliner.dispatches;
    numKernels += outliner.distinctKernels();
  }
};
} // namespace
