// MatMul, Gemm and Einsum: contractions, whose maps take batches, broadcasts and transposes.
#include "Operators.h"
#include "Scalars.h"

#include "llvm/ADT/StringSwitch.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace attune::graph {
namespace {

Value accumulated(ImplicitLocOpBuilder &, ValueRange args) { return args[0]; }

AffineMap firstLoops(Converter &c, unsigned loops, int64_t count) {
  return c.select(loops, llvm::to_vector(llvm::seq<int64_t>(0, count)));
}

bool checkTypes(Converter &c) {
  if (c.element(0) == c.element(1) && !c.element(0).isInteger(1))
    return true;
  (void)c.malformed("its inputs' element types are not those the operator takes");
  return false;
}

// The extent of a loop that both operands have: the static one, if either is.
std::optional<SymbolicExpression> shared(Converter &c, const SymbolicExpression &a,
                                         const SymbolicExpression &other) {
  if (!c.requireEqual(a, other))
    return std::nullopt;
  return a.constant() ? a : other;
}

/// NumPy's rule: vectors become matrices, leading dimensions broadcast.
LogicalResult multiply(Converter &c, const Tensor &lhs, const Tensor &rhs, double alpha) {
  if (lhs.rank() == 0 || rhs.rank() == 0)
    return c.malformed("an input is a scalar");
  bool lhsVector = lhs.rank() == 1, rhsVector = rhs.rank() == 1;
  ArrayRef<SymbolicExpression> a(lhs.dims), d(rhs.dims);
  SymbolicShape lhsBatch(a.drop_back(lhsVector ? 1 : 2)), rhsBatch(d.drop_back(rhsVector ? 1 : 2));
  std::optional<SymbolicShape> batch = c.broadcast({lhsBatch, rhsBatch});
  std::optional<SymbolicExpression> k =
      batch ? shared(c, a.back(), rhsVector ? d.back() : d[d.size() - 2]) : std::nullopt;
  if (!k)
    return failure();
  // Loops: batch, then row unless lhs is a vector, column unless rhs is, and the sum's.
  SymbolicShape dims(*batch);
  int64_t row = lhsVector ? -1 : static_cast<int64_t>(dims.size());
  if (!lhsVector)
    dims.push_back(a[a.size() - 2]);
  int64_t column = rhsVector ? -1 : static_cast<int64_t>(dims.size());
  if (!rhsVector)
    dims.push_back(d.back());
  int64_t sum = dims.size();
  dims.push_back(*k);
  auto operandMap = [&](ArrayRef<SymbolicExpression> own, int64_t before, int64_t after) {
    SmallVector<AffineExpr> results(c.broadcastMap(own, *batch).getResults());
    for (int64_t loop : {before, after})
      if (loop >= 0)
        results.push_back(c.b.getAffineDimExpr(loop));
    return AffineMap::get(dims.size(), 0, results, c.b.getContext());
  };
  AffineMap maps[] = {operandMap(lhsBatch, row, sum), operandMap(rhsBatch, sum, column)};
  AffineMap out = firstLoops(c, dims.size(), sum);
  Type element = lhs.element();
  return c.result(
      c.contract(lhs, rhs, {}, dims, maps, out, [&](ImplicitLocOpBuilder &b, ValueRange args) {
        Scalars s{b, element};
        return alpha == 1.0 ? args[0] : s.mul(args[0], s.constant(alpha));
      }));
}

LogicalResult matMul(Converter &c) {
  return checkTypes(c) ? multiply(c, c.operand(0), c.operand(1), 1.0) : failure();
}

/// ONNX Runtime's alpha · A' · B', where the last two dimensions may be swapped.
LogicalResult fusedMatMul(Converter &c) {
  if (!checkTypes(c))
    return failure();
  if (!isa<FloatType>(c.element(0)))
    return c.malformed("its inputs are no floats");
  for (StringRef attribute : {"transBatchA", "transBatchB"})
    if (c.integer(attribute, 0) != 0)
      return c.unsupported(attribute + " is set", "export the model without that fusion");
  auto swapped = [&](unsigned i, StringRef attribute) {
    Tensor tensor = c.operand(i);
    if (c.integer(attribute, 0) == 0 || tensor.rank() < 2)
      return tensor;
    SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, tensor.rank()));
    std::swap(order[order.size() - 1], order[order.size() - 2]);
    return c.transpose(tensor, order);
  };
  return multiply(c, swapped(0, "transA"), swapped(1, "transB"), c.number("alpha", 1.0));
}

/// alpha · A' · B' + beta · C, and `finish` of it; the last parts are the contraction's epilogue.
LogicalResult gemm(Converter &c, function_ref<Value(const Scalars &, Value)> finish) {
  if (!checkTypes(c))
    return failure();
  Tensor lhs = c.operand(0), rhs = c.operand(1);
  if (lhs.rank() != 2 || rhs.rank() != 2)
    return c.malformed("its inputs are no matrices");
  bool transA = c.integer("transA", 0) != 0, transB = c.integer("transB", 0) != 0;
  double alpha = c.number("alpha", 1.0), beta = c.number("beta", 1.0);
  Type element = lhs.element();
  if (!isa<FloatType>(element) && (alpha != 1.0 || beta != 1.0))
    return c.unsupported("it scales integers");
  std::optional<SymbolicExpression> k =
      shared(c, lhs.dims[transA ? 0 : 1], rhs.dims[transB ? 1 : 0]);
  if (!k)
    return failure();
  SymbolicShape out{lhs.dims[transA ? 1 : 0], rhs.dims[transB ? 0 : 1]};
  SmallVector<AffineMap> maps{
      transA ? c.select(3, {2, 0}) : c.select(3, {0, 2}),
      transB ? c.select(3, {1, 2}) : c.select(3, {2, 1}),
  };
  SmallVector<Tensor> extra;
  if (c.has(2) && beta != 0.0) {
    if (c.element(2) != element || c.rank(2) > 2)
      return c.malformed("C does not fit");
    Tensor bias = c.operand(2);
    std::optional<SymbolicShape> dims = c.broadcast({out, bias.dims});
    if (!dims)
      return failure();
    for (auto [extent, wide] : llvm::zip_equal(out, *dims)) {
      // Only C may be broadcast.
      if (!c.requireEqual(extent, wide))
        return failure();
      extent = wide;
    }
    SmallVector<int64_t> loops;
    for (AffineExpr expr : c.broadcastMap(bias.dims, out).getResults()) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      loops.push_back(loop ? static_cast<int64_t>(loop.getPosition()) : -1);
    }
    extra.push_back(bias);
    maps.push_back(c.select(3, loops));
  }
  SymbolicShape dims{out[0], out[1], *k};
  return c.result(
      c.contract(lhs, rhs, extra, dims, maps, c.select(3, {0, 1}),
                 [&](ImplicitLocOpBuilder &b, ValueRange args) {
                   Scalars s{b, element};
                   Value value = args[0];
                   if (alpha != 1.0)
                     value = s.mul(value, s.constant(alpha));
                   if (args.size() > 1)
                     value = s.add(value, beta == 1.0 ? args[1] : s.mul(args[1], s.constant(beta)));
                   return finish(s, value);
                 }));
}

LogicalResult gemm(Converter &c) {
  return gemm(c, [](const Scalars &, Value value) { return value; });
}

/// ONNX Runtime's Gemm with an activation.
LogicalResult fusedGemm(Converter &c) {
  using transformer::ActivationKind;
  auto kind = llvm::StringSwitch<std::optional<ActivationKind>>(c.text("activation", ""))
                  .Case("Relu", ActivationKind::Relu)
                  .Case("Sigmoid", ActivationKind::Sigmoid)
                  .Case("Tanh", ActivationKind::Tanh)
                  .Default(std::nullopt);
  if (!kind || !isa<FloatType>(c.element(0)))
    return c.unsupported("its activation is '" + c.text("activation", "") +
                             "'; Relu, Sigmoid and Tanh of floats are built",
                         "export the model without that fusion");
  return gemm(c, [&](const Scalars &s, Value value) -> Value {
    return transformer::ActivationOp::create(s.b, *kind, value);
  });
}

/// One term of an equation: a letter per dimension; broadcast dimensions have the digits '0'–'9'
/// counted from the right.
using Term = std::string;

// Reads one operand's or the result's letters. With `ellipsis`, "..." stands for that many
// dimensions. Nothing when the text is wrong.
std::optional<Term> readTerm(StringRef text, int64_t ellipsis) {
  Term term;
  bool seen = false;
  while (!text.empty()) {
    if (text.consume_front("...")) {
      if (seen || ellipsis < 0 || ellipsis > 10)
        return std::nullopt;
      seen = true;
      for (int64_t i = ellipsis; i-- > 0;)
        term += static_cast<char>('0' + i);
      continue;
    }
    if (!llvm::isAlpha(text.front()))
      return std::nullopt;
    term += text.front();
    text = text.drop_front();
  }
  return term;
}

struct Equation {
  SmallVector<Term> inputs;
  Term output;
};

std::optional<Equation> readEquation(Converter &c) {
  std::string text;
  for (char letter : c.text("equation", ""))
    if (letter != ' ')
      text += letter;
  auto [left, right] = StringRef(text).split("->");
  SmallVector<StringRef> inputs;
  left.split(inputs, ',');
  if (inputs.size() != c.operandCount())
    return std::nullopt;
  Equation equation;
  int64_t widest = 0;
  for (auto [i, input] : llvm::enumerate(inputs)) {
    bool hasEllipsis = input.contains("...");
    int64_t own = static_cast<int64_t>(c.rank(i)) - static_cast<int64_t>(input.size()) +
                  (hasEllipsis ? 3 : 0);
    if (!hasEllipsis && own != 0)
      return std::nullopt;
    std::optional<Term> term = readTerm(input, own);
    if (!term)
      return std::nullopt;
    widest = hasEllipsis ? std::max(widest, own) : widest;
    equation.inputs.push_back(*term);
  }
  if (StringRef(text).contains("->")) {
    std::optional<Term> term = readTerm(right, widest);
    if (!term)
      return std::nullopt;
    equation.output = *term;
    return equation;
  }
  // Implicit: broadcast dimensions, then the letters that appear once, in order.
  std::string letters;
  for (const Term &input : equation.inputs)
    letters += input;
  for (int64_t i = widest; i-- > 0;)
    equation.output += static_cast<char>('0' + i);
  std::string once;
  for (char letter : letters)
    if (llvm::isAlpha(letter) && llvm::count(letters, letter) == 1)
      once += letter;
  llvm::sort(once);
  equation.output += once;
  return equation;
}

bool repeats(StringRef term) {
  return llvm::any_of(term, [&](char letter) { return term.count(letter) > 1; });
}

// The loops of two terms: first those of `out`, then what is summed.
Term loopsOf(const Term &a, const Term &other, const Term &out) {
  Term loops = out;
  for (char letter : a + other)
    if (loops.find(letter) == Term::npos)
      loops += letter;
  return loops;
}

// The extents of the loops and each operand's map; false after an error.
bool loopExtents(Converter &c, const Term &loops,
                 ArrayRef<std::pair<const Term *, const Tensor *>> operands, SymbolicShape &dims,
                 SmallVectorImpl<AffineMap> &maps) {
  for (char letter : loops) {
    std::optional<SymbolicExpression> extent;
    for (auto [term, tensor] : operands) {
      size_t at = term->find(letter);
      if (at == Term::npos)
        continue;
      extent = extent ? c.symbols.broadcast(*extent, tensor->dims[at], c.name) : tensor->dims[at];
      if (!extent) {
        (void)c.malformed("the extents of '" + Twine(letter) + "' differ");
        return false;
      }
    }
    if (!extent) {
      (void)c.malformed("its output names '" + Twine(letter) + "', which no input has");
      return false;
    }
    dims.push_back(*extent);
  }
  for (auto [term, tensor] : operands) {
    SmallVector<int64_t> picks;
    for (auto [letter, extent] : llvm::zip_equal(*term, tensor->dims)) {
      int64_t loop = loops.find(letter);
      picks.push_back(c.symbols.equal(extent, 1) && extent != dims[loop] ? -1 : loop);
    }
    maps.push_back(c.select(loops.size(), picks));
  }
  return true;
}

/// One operand: sums the letters that `out` lacks, then permutes.
std::optional<Tensor> einsumOne(Converter &c, Tensor input, Term term, const Term &out) {
  SmallVector<int64_t> summed;
  Term left;
  for (auto [i, letter] : llvm::enumerate(term)) {
    if (out.find(letter) == Term::npos)
      summed.push_back(i);
    else
      left += letter;
  }
  if (!summed.empty())
    input = c.reduce(transformer::ReductionKind::Sum, input, summed, /*keep=*/false,
                     input.element(), accumulated);
  SmallVector<int64_t> order;
  for (char letter : out) {
    size_t at = left.find(letter);
    if (at == Term::npos) {
      (void)c.malformed("its output names '" + Twine(letter) + "', which no input has");
      return std::nullopt;
    }
    order.push_back(at);
  }
  return c.transpose(input, order);
}

LogicalResult einsum(Converter &c) {
  std::optional<Equation> equation = readEquation(c);
  if (!equation || repeats(equation->output))
    return c.malformed("its equation does not fit its inputs");
  SmallVector<Tensor> tensors;
  for (unsigned i = 0; i < c.operandCount(); ++i) {
    if (!c.has(i) || c.element(i) != c.element(0) || c.element(i).isInteger(1))
      return c.malformed("its inputs' element types are not those the operator takes");
    if (repeats(equation->inputs[i]))
      return c.unsupported("its equation takes a diagonal");
    tensors.push_back(c.operand(i));
  }
  Tensor value = tensors[0];
  Term term = equation->inputs[0];
  for (size_t i = 1; i < tensors.size(); ++i) {
    // Keep what the result or a later operand names.
    bool isLast = i + 1 == tensors.size();
    Term out = isLast ? equation->output : "";
    for (char letter : isLast ? Term() : loopsOf(term, equation->inputs[i], "")) {
      bool isNeeded = equation->output.find(letter) != Term::npos;
      for (size_t later = i + 1; later < tensors.size(); ++later)
        isNeeded |= equation->inputs[later].find(letter) != Term::npos;
      if (isNeeded)
        out += letter;
    }
    Term loops = loopsOf(term, equation->inputs[i], out);
    SymbolicShape dims;
    SmallVector<AffineMap> maps;
    if (!loopExtents(c, loops, {{&term, &value}, {&equation->inputs[i], &tensors[i]}}, dims, maps))
      return failure();
    AffineMap result = firstLoops(c, loops.size(), out.size());
    value = c.contract(value, tensors[i], {}, dims, maps, result, accumulated);
    term = out;
  }
  std::optional<Tensor> result = einsumOne(c, value, term, equation->output);
  return result ? c.result(*result) : failure();
}

} // namespace

llvm::ArrayRef<Operator> contractOperators() {
  static const Operator operators[] = {
      {"Einsum", 12, 1, -1, einsum},
      {"FusedGemm", 1, 2, 3, fusedGemm, kMicrosoft},
      {"FusedMatMul", 1, 2, 2, fusedMatMul, kMicrosoft},
      {"Gemm", 7, 2, 3, gemm},
      {"MatMul", 1, 2, 2, matMul},
  };
  return operators;
}

} // namespace attune::graph
