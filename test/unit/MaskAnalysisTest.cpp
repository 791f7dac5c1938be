// What a mask's boolean expression is proven to be: one row per spelling, near misses included.
#include "attune/Dialect/Transformer/Analysis/MaskAnalysis.h"

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace attune;
using namespace attune::transformer;

namespace {

// What every mask below may read: element (name) of a tensor (argument of the function).
constexpr const char *kArguments = R"(
    %keys: tensor<?x?xi64> {attune.dims = ["b", "k"]}, %flags: tensor<?x?xi1> {attune.dims = ["b", "k"]},
    %grid: tensor<?x?xi1> {attune.dims = ["q", "k"]}, %small: tensor<?x?xi32> {attune.dims = ["b", "k"]},
    %turned: tensor<?x?xi1> {attune.dims = ["k", "b"]}, %row: tensor<?xi1> {attune.dims = ["k"]},
    %batch: tensor<?xi1> {attune.dims = ["b"]}, %heads: tensor<?x?xi1> {attune.dims = ["h", "k"]},
    %wide: tensor<?x1x1x?xi1> {attune.dims = ["b", 1, 1, "k"]}, %scores: tensor<?x?xf32> {attune.dims = ["q", "k"]},
    %counts: tensor<?x?xi64> {attune.dims = ["q", "k"]}, %only: tensor<1x?xi1> {attune.dims = [1, "k"]})";

constexpr const char *kBefore = R"(
  %n = transformer.shape ["k"] : tensor<1xi64>
  %past = transformer.shape ["k - q"] : tensor<1xi64>
  %copied = transformer.map (%small : tensor<?x?xi32>) dims ["b", "k"] maps [affine_map<(b, k) -> (b, k)>] {
  ^bb0(%e: i32):
    %w = arith.extsi %e : i32 to i64
    transformer.yield %w : i64
  } -> tensor<?x?xi64>
)";

constexpr const char *kInputs =
    "%keys, %flags, %grid, %small, %turned, %row, %batch, %heads, %wide, %scores, %counts, %only, "
    "%n, %past, %copied : tensor<?x?xi64>, tensor<?x?xi1>, tensor<?x?xi1>, tensor<?x?xi32>, "
    "tensor<?x?xi1>, tensor<?xi1>, tensor<?xi1>, tensor<?x?xi1>, tensor<?x1x1x?xi1>, "
    "tensor<?x?xf32>, tensor<?x?xi64>, tensor<1x?xi1>, tensor<1xi64>, tensor<1xi64>, "
    "tensor<?x?xi64>";

constexpr const char *kMaps = R"(maps [#bk, #bk, #qk, #bk, affine_map<(b, h, q, k) -> (k, b)>,
      affine_map<(b, h, q, k) -> (k)>, affine_map<(b, h, q, k) -> (b)>,
      affine_map<(b, h, q, k) -> (h, k)>, affine_map<(b, h, q, k) -> (b, 0, 0, k)>, #qk, #qk,
      affine_map<(b, h, q, k) -> (0, k)>, #zero, #zero, #bk])";

constexpr const char *kRegion = R"(
  ^bb0(%x: i64, %f: i1, %g: i1, %y: i32, %turn: i1, %r1: i1, %bt: i1, %hd: i1, %wd: i1, %s: f32,
       %count: i64, %o: i1, %nk: i64, %pk: i64, %cp: i64):
    %true = arith.constant true
    %false = arith.constant false
    %z = arith.constant 0 : i64
    %one = arith.constant 1 : i64
    %two = arith.constant 2 : i64
    %z32 = arith.constant 0 : i32
    %zero = arith.constant 0.0 : f32
    %half = arith.constant 0.5 : f32
    %ib = transformer.index 0
    %b = arith.index_cast %ib : index to i64
    %ii = transformer.index 2
    %i = arith.index_cast %ii : index to i64
    %ij = transformer.index 3
    %j = arith.index_cast %ij : index to i64
    %causal = arith.cmpi sle, %j, %i : i64
    %always = arith.cmpi sge, %j, %z : i64
    %never = arith.cmpi slt, %i, %z : i64
)";

class MaskAnalysis : public testing::Test {
protected:
  MaskAnalysis() {
    context.loadDialect<mlir::arith::ArithDialect, mlir::func::FuncDialect, mlir::math::MathDialect,
                        onnx::ONNXDialect, TransformerDialect>();
  }

  std::string name(const ElementNode *node) {
    if (node->kind != ElementNode::Kind::Element)
      return "expression";
    auto argument = llvm::dyn_cast<mlir::BlockArgument>(node->tensor);
    if (!argument)
      return "computed";
    return llvm::StringRef(kNames[argument.getArgNumber()]).str();
  }

  std::string describe(const MaskTerms &terms) {
    std::string text = terms.lower ? "from(" + terms.lower->str() + ") " : "";
    if (terms.upper)
      text += "causal(" + terms.upper->str() + ") ";
    if (terms.keys)
      text += "keys=" + name(terms.keys) + " ";
    for (const MaskConjunct &part : terms.keyConjuncts)
      text += (part.negated ? "!key=" : "key=") + name(part.node) + " ";
    for (const MaskConjunct &part : terms.rest)
      text += (part.negated ? "!rest=" : "rest=") + name(part.node) + " ";
    EXPECT_EQ(terms.isNone(), text.empty());
    EXPECT_EQ(terms.reason.empty(), terms.rest.empty()) << text;
    reason = terms.reason;
    return text.empty() ? "none" : text.substr(0, text.size() - 1);
  }

  /// The result %mask of a function, over the loops' extents; `outer` looks at the tensor.
  std::string analyze(const std::string &function, llvm::ArrayRef<const char *> extents,
                      bool negated, bool outer) {
    module = mlir::parseSourceString<mlir::ModuleOp>(function, &context);
    if (!module) {
      ADD_FAILURE() << "does not parse";
      return "";
    }
    llvm::SmallVector<SymbolicExpression> loops;
    for (const char *extent : extents)
      loops.push_back(*SymbolicExpression::parse(extent));
    ConstantTables tables;
    ElementExpressions expressions(loops, &tables);
    auto func = *module->getOps<mlir::func::FuncOp>().begin();
    mlir::Value mask = func.getBody().front().getTerminator()->getOperand(0);
    const ElementNode *node = expressions.element(mask);
    if (!outer)
      node = expressions.expand(node);
    return node ? describe(analyzeMask(expressions, node, negated)) : "no expression";
  }

  /// The mask that `body` yields as %m, reading the elements above.
  std::string mask(const std::string &body, bool negated = false, bool outer = false,
                   std::string query = "q", std::string key = "k") {
    auto dim = [](const std::string &extent) {
      return std::isdigit(extent[0]) ? extent : "\"" + extent + "\"";
    };
    auto size = [](const std::string &extent) { return std::isdigit(extent[0]) ? extent : "?"; };
    bool dynamic = query == "q" && key == "k";
    std::string inputs = dynamic ? std::string("(") + kInputs + ")" : "()", region = kRegion;
    if (!dynamic)
      region = region.substr(region.find("%true =") - 1);
    std::string type = "tensor<?x?x" + size(query) + "x" + size(key) + "xi1>";
    std::string function =
        "#bk = affine_map<(b, h, q, k) -> (b, k)>\n#qk = affine_map<(b, h, q, k) -> (q, k)>\n"
        "#zero = affine_map<(b, h, q, k) -> (0)>\nfunc.func @main(" +
        std::string(kArguments) + ") -> " + type + " {" + kBefore + "%mask = transformer.map " +
        inputs + " dims [\"b\", \"h\", " + dim(query) + ", " + dim(key) + "] " +
        (dynamic ? kMaps : "maps []") + " {" + region + body +
        "\ntransformer.yield %m : i1\n} -> " + type + "\nreturn %mask : " + type + "\n}";
    return analyze(function, {"b", "h", query.c_str(), key.c_str()}, negated, outer);
  }

  static constexpr const char *kNames[] = {"keys",  "flags", "grid", "small",  "turned", "row",
                                           "batch", "heads", "wide", "scores", "counts", "only"};
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string reason;
};

struct Row {
  const char *body;
  const char *expected;
  const char *negated; ///< of the mask's negation
};

TEST_F(MaskAnalysis, IndexComparisons) {
  const Row rows[] = {
      {"%m = arith.cmpi sle, %j, %i : i64", "causal(0)", "from(1)"},
      {"%m = arith.cmpi slt, %j, %i : i64", "causal(-1)", "from(0)"},
      {"%m = arith.cmpi sge, %i, %j : i64", "causal(0)", "from(1)"},
      {"%m = arith.cmpi sgt, %i, %j : i64", "causal(-1)", "from(0)"},
      {"%m = arith.cmpi sge, %j, %i : i64", "from(0)", "causal(-1)"},
      {"%m = arith.cmpi sgt, %j, %i : i64", "from(1)", "causal(0)"},
      {"%p = arith.addi %i, %two : i64\n%m = arith.cmpi sle, %j, %p : i64", "causal(2)", ""},
      {"%p = arith.subi %i, %two : i64\n%m = arith.cmpi slt, %j, %p : i64", "causal(-3)", ""},
      {"%p = arith.addi %i, %pk : i64\n%m = arith.cmpi sle, %j, %p : i64", "causal(k - q)", ""},
      {"%p = arith.muli %i, %two : i64\n%m = arith.cmpi sle, %j, %p : i64", "rest=expression", ""},
      {"%p = arith.muli %j, %two : i64\n%m = arith.cmpi sle, %p, %i : i64", "rest=expression", ""},
      {"%p = arith.addi %i, %b : i64\n%m = arith.cmpi sle, %j, %p : i64", "rest=expression", ""},
      {"%m = arith.cmpi ule, %j, %i : i64", "rest=expression", "!rest=expression"},
      {"%m = arith.cmpi eq, %i, %j : i64", "from(0) causal(0)", "!rest=expression"},
      {"%p = arith.muli %j, %two : i64\n%m = arith.cmpi eq, %i, %p : i64", "rest=expression", ""},
      {"%m = arith.cmpi eq, %i, %i : i64", "none", "!rest=expression"},
      {"%p = arith.addi %j, %one : i64\n%m = arith.cmpi ne, %j, %p : i64", "none", ""},
      {"%p = arith.addi %j, %one : i64\n%m = arith.cmpi ne, %p, %j : i64", "none", ""},
      {"%p = arith.addi %j, %z : i64\n%m = arith.cmpi ne, %p, %j : i64", "key=expression", "none"},
      // Within the extent or not.
      {"%m = arith.cmpi sge, %j, %z : i64", "none", "!key=expression"},
      {"%m = arith.cmpi sge, %j, %one : i64", "key=expression", ""},
      {"%m = arith.cmpi sgt, %j, %z : i64", "key=expression", ""},
      {"%p = arith.addi %j, %one : i64\n%m = arith.cmpi sgt, %p, %z : i64", "none", ""},
      {"%m = arith.cmpi slt, %j, %nk : i64", "none", ""},
      {"%m = arith.cmpi sgt, %nk, %j : i64", "none", ""},
      {"%p = arith.subi %nk, %one : i64\n%m = arith.cmpi sle, %j, %p : i64", "none", ""},
      {"%p = arith.subi %nk, %one : i64\n%m = arith.cmpi slt, %j, %p : i64", "key=expression", ""},
      {"%p = arith.subi %nk, %one : i64\n%m = arith.cmpi sge, %p, %j : i64", "none", ""},
      {"%p = arith.muli %j, %j : i64\n%m = arith.cmpi sge, %p, %z : i64", "key=expression", ""},
      {"%p = arith.muli %j, %two : i64\n%q = arith.muli %nk, %two : i64\n"
       "%s1 = arith.subi %q, %two : i64\n%m = arith.cmpi sle, %p, %s1 : i64",
       "none", ""},
      {"%m = arith.cmpi slt, %i, %nk : i64", "rest=expression", ""},
      {"%m = arith.cmpi sle, %b, %z : i64", "key=expression", ""},
      {"%m = arith.cmpi sle, %x, %j : i64", "key=expression", ""},
      {"%m = arith.cmpi sle, %count, %j : i64", "rest=expression", ""},
  };
  for (const Row &row : rows) {
    EXPECT_EQ(mask(row.body), row.expected) << row.body;
    if (*row.negated)
      EXPECT_EQ(mask(row.body, /*negated=*/true), row.negated) << row.body;
  }
}

TEST_F(MaskAnalysis, Windows) {
  const std::string distance = "%d = arith.subi %i, %j : i64\n%opposite = arith.subi %z, %d : i64\n"
                               "%far = arith.maxsi %d, %opposite : i64\n";
  const struct {
    std::string body;
    const char *expected;
    bool negated = false;
  } rows[] = {
      {"%p = arith.addi %j, %two : i64\n%near = arith.cmpi sgt, %p, %i : i64\n"
       "%m = arith.andi %near, %causal : i1",
       "from(-1) causal(0)"},
      {"%p = arith.addi %j, %two : i64\n%old = arith.cmpi sle, %p, %i : i64\n"
       "%late = arith.cmpi sgt, %j, %i : i64\n%m = arith.ori %old, %late : i1",
       "from(-1) causal(0)", true},
      // |query − key| ≤ 2, and how it is negated.
      {distance + "%m = arith.cmpi sle, %far, %two : i64", "from(-2) causal(2)"},
      {distance + "%m = arith.cmpi slt, %far, %two : i64", "from(-1) causal(1)"},
      {distance + "%m = arith.cmpi sge, %two, %far : i64", "from(-2) causal(2)"},
      {distance + "%m = arith.cmpi sgt, %far, %two : i64", "from(-2) causal(2)", true},
      {distance + "%m = arith.cmpi sgt, %far, %two : i64", "rest=expression"},
      // Two windows: the narrower bounds.
      {distance + "%w = arith.cmpi sle, %far, %two : i64\n%m = arith.andi %w, %causal : i1",
       "from(-2) causal(0)"},
      // Two Trilus of ones: one of the numbers that both keep.
      {"%four = arith.constant 4.0 : f64\n%none = arith.constant 0.0 : f64\n"
       "%p = arith.addi %j, %two : i64\n%near = arith.cmpi sge, %p, %i : i64\n"
       "%n1 = arith.select %causal, %four, %none : f64\n"
       "%n2 = arith.select %near, %n1, %none : f64\n%m = arith.cmpf une, %n2, %none : f64",
       "from(-2) causal(0)"},
      // Queries behind a cache.
      {"%p = arith.addi %i, %pk : i64\n%a = arith.cmpi sle, %j, %p : i64\n"
       "%l = arith.subi %p, %two : i64\n%near = arith.cmpi sge, %j, %l : i64\n"
       "%m = arith.andi %a, %near : i1",
       "from(k - q - 2) causal(k - q)"},
      {"%p = arith.minsi %i, %two : i64\n%m = arith.cmpi sle, %j, %p : i64", "rest=expression"},
  };
  for (const auto &row : rows)
    EXPECT_EQ(mask(row.body, row.negated), row.expected) << row.body;
}

TEST_F(MaskAnalysis, LoopsOfExtentOne) {
  const struct {
    const char *body, *query, *key, *expected;
  } rows[] = {
      {"%m = arith.cmpi sle, %j, %i : i64", "1", "k", "causal(0)"},
      {"%m = arith.cmpi slt, %j, %i : i64", "1", "k", "causal(-1)"},
      {"%m = arith.cmpi sge, %j, %i : i64", "1", "k", "none"},
      {"%m = arith.cmpi sle, %j, %i : i64", "q", "1", "none"},
      {"%m = arith.cmpi slt, %j, %i : i64", "q", "1", "rest=expression"},
      {"%m = arith.cmpi sle, %j, %i : i64", "1", "1", "none"},
      {"%m = arith.cmpi sle, %j, %two : i64", "2", "3", "none"},
      {"%m = arith.cmpi sle, %j, %two : i64", "2", "4", "key=expression"},
  };
  for (auto [body, query, key, expected] : rows)
    EXPECT_EQ(mask(body, false, false, query, key), expected) << body << " " << query << " " << key;
}

TEST_F(MaskAnalysis, Logic) {
  const Row rows[] = {
      {"%m = arith.andi %causal, %f : i1", "causal(0) keys=flags", "!rest=expression"},
      {"%m = arith.andi %f, %causal : i1", "causal(0) keys=flags", ""},
      {"%m = arith.ori %causal, %f : i1", "rest=expression", "from(1) !key=flags"},
      {"%m = arith.ori %always, %g : i1", "none", ""},
      {"%m = arith.ori %g, %always : i1", "none", ""},
      {"%m = arith.ori %never, %f : i1", "keys=flags", ""},
      {"%m = arith.ori %f, %never : i1", "keys=flags", ""},
      {"%m = arith.ori %f, %wd : i1", "key=expression", "!key=flags !key=wide"},
      {"%m = arith.xori %f, %true : i1", "!key=flags", "keys=flags"},
      {"%m = arith.xori %true, %f : i1", "!key=flags", "keys=flags"},
      {"%m = arith.xori %f, %false : i1", "keys=flags", "!key=flags"},
      {"%m = arith.xori %false, %g : i1", "rest=grid", "!rest=grid"},
      {"%m = arith.xori %f, %g : i1", "rest=expression", "!rest=expression"},
      {"%m = arith.andi %f, %f : i1", "keys=flags", ""},
      {"%m = arith.andi %f, %r1 : i1", "keys=flags key=row", ""},
      {"%m = arith.andi %g, %g : i1", "rest=grid rest=grid", ""},
      {"%p = arith.cmpi slt, %j, %i : i64\n%m = arith.andi %p, %causal : i1", "causal(-1)", ""},
      {"%p = arith.cmpi slt, %j, %i : i64\n%m = arith.andi %causal, %p : i1", "causal(-1)", ""},
      {"%m = arith.select %always, %f, %g : i1", "keys=flags", "!key=flags"},
      {"%m = arith.select %never, %f, %g : i1", "rest=grid", "!rest=grid"},
      {"%m = arith.select %f, %causal, %false : i1", "causal(0) keys=flags", ""},
      {"%m = arith.select %f, %false, %causal : i1", "causal(0) !key=flags", ""},
      {"%m = arith.select %f, %g, %true : i1", "rest=expression", "keys=flags !rest=grid"},
      {"%m = arith.select %f, %true, %g : i1", "rest=expression", "!key=flags !rest=grid"},
      {"%m = arith.select %f, %g, %o : i1", "rest=expression", "!rest=expression"},
      {"%m = arith.andi %f, %true : i1", "keys=flags", ""},
      {"%m = arith.andi %f, %false : i1", "keys=flags key=expression", "none"},
  };
  for (const Row &row : rows) {
    EXPECT_EQ(mask(row.body), row.expected) << row.body;
    if (*row.negated)
      EXPECT_EQ(mask(row.body, /*negated=*/true), row.negated) << row.body;
  }
}

TEST_F(MaskAnalysis, WhatAPaddingOperandIs) {
  auto copy = [&](const char *element) {
    return mask(std::string("%m = arith.andi ") + element + ", %true : i1");
  };
  EXPECT_EQ(copy("%f"), "keys=flags");
  EXPECT_EQ(copy("%r1"), "keys=row");
  EXPECT_EQ(copy("%wd"), "keys=wide");
  EXPECT_EQ(copy("%o"), "keys=only");
  // Another order, no key, or more than batch and key.
  EXPECT_EQ(copy("%turn"), "key=turned");
  EXPECT_EQ(copy("%bt"), "key=batch");
  EXPECT_EQ(copy("%hd"), "rest=heads");
  EXPECT_EQ(copy("%g"), "rest=grid");
  const Row rows[] = {
      {"%m = arith.cmpi ne, %x, %z : i64", "keys=keys", "!key=expression"},
      {"%m = arith.cmpi ne, %z, %x : i64", "keys=keys", "!key=expression"},
      {"%m = arith.cmpi eq, %x, %z : i64", "key=expression", "keys=keys"},
      {"%m = arith.cmpi ne, %x, %one : i64", "key=expression", "!key=expression"},
      {"%m = arith.cmpi eq, %x, %one : i64", "key=expression", "!key=expression"},
      {"%m = arith.cmpi sgt, %x, %z : i64", "key=expression", "!key=expression"},
      {"%m = arith.cmpi ne, %count, %z : i64", "rest=expression", "!rest=expression"},
      {"%m = arith.cmpi ne, %cp, %z : i64", "keys=small", ""},
      {"%w = arith.extsi %y : i32 to i64\n%m = arith.cmpi ne, %w, %z : i64", "keys=small", ""},
      {"%w = arith.extui %y : i32 to i64\n%m = arith.cmpi ne, %w, %z : i64", "keys=small", ""},
      {"%w = arith.trunci %x : i64 to i32\n%m = arith.cmpi ne, %w, %z32 : i32", "key=expression",
       ""},
      {"%m = arith.cmpi ne, %f, %false : i1", "keys=flags", "!key=flags"},
      {"%m = arith.cmpi eq, %f, %false : i1", "!key=flags", "keys=flags"},
      {"%m = arith.cmpi ne, %true, %f : i1", "!key=flags", "keys=flags"},
      {"%m = arith.cmpi eq, %f, %true : i1", "keys=flags", "!key=flags"},
      {"%m = arith.cmpf oge, %s, %zero : f32", "rest=expression", "!rest=expression"},
  };
  for (const Row &row : rows) {
    EXPECT_EQ(mask(row.body), row.expected) << row.body;
    if (*row.negated)
      EXPECT_EQ(mask(row.body, /*negated=*/true), row.negated) << row.body;
  }
}

// A flag as one of two numbers, compared with a third: every predicate, on both sides.
TEST_F(MaskAnalysis, FlagsThatWentThroughNumbers) {
  const struct {
    const char *number, *type;
    double yes, no;
  } numbers[] = {{"arith.uitofp %f : i1 to f32", "f32", 1, 0},
                 {"arith.sitofp %f : i1 to f32", "f32", -1, 0},
                 {"arith.select %f, %half, %zero : f32", "f32", 0.5, 0},
                 {"arith.extui %f : i1 to i64", "i64", 1, 0},
                 {"arith.extsi %f : i1 to i64", "i64", -1, 0},
                 {"arith.select %f, %one, %two : i64", "i64", 1, 2}};
  for (const auto &number : numbers) {
    bool isFloat = number.type[0] == 'f';
    for (const char *relation : {"eq", "ne", "lt", "le", "gt", "ge"})
      for (const char *order : {"o", "u"})
        for (double constant : {-1.0, 0.0, 1.0})
          for (bool swapped : {false, true}) {
            std::string predicate = relation;
            bool equality = predicate == "eq" || predicate == "ne";
            if (isFloat)
              predicate = order + predicate;
            else if (!equality)
              predicate = (*order == 'o' ? "s" : "u") + predicate;
            auto holds = [&](double value) {
              double a = swapped ? constant : value, b = swapped ? value : constant;
              llvm::StringRef text(relation);
              return text == "eq"   ? a == b
                     : text == "ne" ? a != b
                     : text == "lt" ? a < b
                     : text == "le" ? a <= b
                     : text == "gt" ? a > b
                                    : a >= b;
            };
            bool yes = holds(number.yes), no = holds(number.no);
            const char *expected = yes && no     ? "none"
                                   : !yes && !no ? "key=expression"
                                   : yes         ? "keys=flags"
                                                 : "!key=flags";
            if (!isFloat && !equality && *order == 'u')
              expected = "key=expression";
            std::string literal = std::to_string(isFloat ? constant : 0);
            if (!isFloat)
              literal = std::to_string(static_cast<int>(constant));
            std::string body = std::string("%v = ") + number.number + "\n%c = arith.constant " +
                               literal + " : " + number.type + "\n%m = arith.cmp" +
                               (isFloat ? "f " : "i ") + predicate + ", " +
                               (swapped ? "%c, %v : " : "%v, %c : ") + number.type;
            EXPECT_EQ(mask(body), expected) << body;
            if (yes && !no && expected[0] == 'k' && expected[3] == 's')
              EXPECT_EQ(mask(body, /*negated=*/true), "!key=flags") << body;
          }
  }
  EXPECT_EQ(mask("%v = arith.uitofp %f : i1 to f32\n%c = arith.constant 0x7FC00000 : f32\n"
                 "%m = arith.cmpf une, %v, %c : f32"),
            "key=expression");
  EXPECT_EQ(mask("%v = arith.uitofp %f : i1 to f32\n%m = arith.cmpf ord, %v, %zero : f32"),
            "key=expression");
  EXPECT_EQ(mask("%v = arith.uitofp %y : i32 to f32\n%m = arith.cmpf une, %v, %zero : f32"),
            "keys=small");
  EXPECT_EQ(mask("%v = arith.uitofp %y : i32 to f32\n%m = arith.cmpf ult, %v, %zero : f32"),
            "key=expression");
  EXPECT_EQ(mask("%v = arith.select %f, %s, %zero : f32\n%m = arith.cmpf oeq, %v, %zero : f32"),
            "rest=expression");
}

// Seen from outside: what is proven is taken apart, else the tensor that the graph has stays.
TEST_F(MaskAnalysis, Tensors) {
  EXPECT_EQ(mask("%m = arith.andi %causal, %f : i1", false, true), "causal(0) keys=flags");
  EXPECT_EQ(mask("%m = arith.andi %causal, %g : i1", false, true), "causal(0) rest=grid");
  EXPECT_EQ(mask("%m = arith.ori %always, %g : i1", false, true), "none");
  EXPECT_EQ(mask("%m = arith.xori %g, %true : i1", false, true), "rest=computed");
  EXPECT_EQ(mask("%m = arith.cmpf oge, %s, %zero : f32", false, true), "rest=computed");
  EXPECT_EQ(mask("%m = arith.cmpf oge, %s, %zero : f32", true, true), "!rest=computed");
}

TEST_F(MaskAnalysis, SaysWhatIsNotProven) {
  const std::pair<const char *, const char *> rows[] = {
      {"%m = arith.cmpi ne, %i, %j : i64", "the mask compares indices for equality"},
      {"%m = arith.cmpi ule, %j, %i : i64", "the mask compares indices as unsigned numbers"},
      {"%m = arith.cmpi sle, %count, %i : i64", "the mask compares values that are not indices"},
      {"%m = arith.ori %causal, %f : i1", "the mask is a disjunction"},
      {"%m = arith.select %f, %g, %o : i1", "the mask selects between two masks"},
      {"%m = arith.xori %f, %g : i1", "an operation of the mask is not known, arith.xori"},
      {"%m = arith.andi %g, %true : i1",
       "the mask depends on a tensor with unknown content, an input"},
      // The first of two.
      {"%a = arith.xori %f, %g : i1\n%m = arith.andi %a, %g : i1",
       "an operation of the mask is not known, arith.xori"},
  };
  for (auto [body, expected] : rows) {
    mask(body);
    EXPECT_EQ(reason, expected) << body;
  }
  // Deep sharing takes exponentially many visits: the analysis stops, and says so.
  std::string body = "%p0 = arith.cmpi sle, %j, %i : i64\n";
  for (int i = 0; i < 20; ++i)
    body += "%p" + std::to_string(i + 1) + " = arith.andi %p" + std::to_string(i) + ", %p" +
            std::to_string(i) + " : i1\n";
  mask(body + "%m = arith.andi %p20, %p20 : i1");
  EXPECT_EQ(reason, "the mask's expression is too large");
}

TEST_F(MaskAnalysis, Tables) {
  const struct {
    const char *rows, *type, *reads, *expected, *negated;
  } tables[] = {
      {"[[1,0,0,0],[1,1,0,0],[1,1,1,0]]", "3x4", "q, k", "causal(0)", "from(1)"},
      {"[[1,1,0,0],[1,1,1,0],[1,1,1,1]]", "3x4", "q, k", "causal(1)", ""},
      {"[[0,0,0,0],[1,0,0,0],[1,1,0,0]]", "3x4", "q, k", "causal(-1)", ""},
      {"[[0,0,0,0],[0,0,0,0],[1,0,0,0]]", "3x4", "q, k", "causal(-2)", ""},
      {"[[1,1,1,0],[1,1,1,1],[1,1,1,1]]", "3x4", "q, k", "causal(2)", ""},
      {"[[0,1,1,1],[0,0,1,1],[0,0,0,1]]", "3x4", "q, k", "from(1)", "causal(0)"},
      {"[[1,1,0,0],[1,1,1,0],[0,1,1,1]]", "3x4", "q, k", "from(-1) causal(1)", "!rest=computed"},
      {"[[0,1,0,0],[0,0,1,0],[0,0,0,1]]", "3x4", "q, k", "from(1) causal(1)", ""},
      {"[[0,0,0,0],[1,0,0,0],[0,1,0,0]]", "3x4", "q, k", "from(-1) causal(-1)", ""},
      {"[[1,1,0,0],[1,1,1,0],[0,0,1,1]]", "3x4", "q, k", "rest=computed", ""},
      {"[[1,0,0,0],[1,1,1,0],[1,1,1,0]]", "3x4", "q, k", "rest=computed", ""},
      {"[[1,0,0,0],[1,0,0,0],[1,1,0,0]]", "3x4", "q, k", "rest=computed", ""},
      {"[[1,1,1,1],[1,1,1,1],[1,1,1,0]]", "3x4", "q, k", "rest=computed", ""},
      {"[[0,1,0,0],[1,1,0,0],[1,1,1,0]]", "3x4", "q, k", "rest=computed", ""},
      {"[[1,0,0,0],[1,1,0,1],[1,1,1,0]]", "3x4", "q, k", "rest=computed", ""},
      {"[[1,1,1,1],[0,0,0,0],[0,0,0,0]]", "3x4", "q, k", "rest=computed", ""},
      {"[[[1,0,0,0],[1,1,0,0],[1,1,1,0]]]", "1x3x4", "0, q, k", "causal(0)", ""},
      {"[[[1,0,0,0],[1,1,0,0],[1,1,1,0]],[[1,0,0,0],[1,1,0,0],[1,1,1,0]]]", "2x3x4", "h, q, k",
       "rest=computed", ""},
      {"[[1,0,0],[1,1,0],[1,1,1],[1,1,1]]", "4x3", "k, q", "rest=computed", ""},
      {"[[1,1,1,0]]", "1x4", "0, k", "keys=computed", "!key=computed"},
      {"[1,1,1,0]", "4", "k", "keys=computed", "!key=computed"},
  };
  for (auto [rows, type, reads, expected, negated] : tables) {
    std::string text(rows);
    for (size_t at; (at = text.find_first_of("01")) != std::string::npos;)
      text.replace(at, 1, text[at] == '1' ? "true" : "false");
    std::string tensor = "tensor<" + std::string(type) + "xi1>";
    std::string function =
        "func.func @main() -> tensor<?x2x3x4xi1> {\n%t = arith.constant dense<" + text +
        "> : " + tensor + "\n%mask = transformer.map (%t : " + tensor +
        ") dims [\"b\", 2, 3, 4] maps [affine_map<(b, h, q, k) -> (" + reads +
        ")>] {\n^bb0(%e: i1):\ntransformer.yield %e : i1\n} -> tensor<?x2x3x4xi1>\n"
        "return %mask : tensor<?x2x3x4xi1>\n}";
    EXPECT_EQ(analyze(function, {"b", "2", "3", "4"}, false, false), expected) << rows;
    if (*negated)
      EXPECT_EQ(analyze(function, {"b", "2", "3", "4"}, true, false), negated) << rows;
  }
}

} // namespace
