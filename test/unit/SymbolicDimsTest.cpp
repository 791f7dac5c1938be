// Facts about symbols: guards, what they prove, and broadcasting.
#include "attune/Dialect/Transformer/Analysis/SymbolicDims.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace attune;
using attune::transformer::Guard;
using attune::transformer::SymbolicDims;
using attune::transformer::SymbolicShape;

namespace {

SymbolicExpression get(llvm::StringRef text) {
  auto value = SymbolicExpression::parse(text);
  EXPECT_TRUE(value) << text.str();
  return value.value_or(SymbolicExpression::invalid());
}

TEST(SymbolicDims, MinimumBecomesBound) {
  SymbolicDims dims;
  EXPECT_TRUE(dims.requireEqual(get("min(512, seq)"), get("seq"), "node_add"));
  ASSERT_EQ(dims.guards().size(), 1u);
  EXPECT_EQ(dims.guards()[0].relation, Guard::Relation::LessEqual);
  EXPECT_EQ(dims.guards()[0].lhs.str(), "seq");
  EXPECT_EQ(dims.guards()[0].rhs.str(), "512");
  EXPECT_EQ(dims.guards()[0].node, "node_add");
  EXPECT_EQ(dims.simplify(get("batch * min(512, seq)")).str(), "batch * seq");
  // Known now: no second guard.
  EXPECT_TRUE(dims.requireEqual(get("seq"), get("min(512, seq)"), "other"));
  EXPECT_TRUE(dims.lessEqual(get("seq"), get("600")));
  EXPECT_EQ(dims.guards().size(), 1u);
}

TEST(SymbolicDims, EqualSymbolsAreOne) {
  SymbolicDims dims;
  EXPECT_FALSE(dims.equal(get("a"), get("b")));
  EXPECT_TRUE(dims.requireEqual(get("a"), get("b"), "n"));
  EXPECT_TRUE(dims.equal(get("2*a + 1"), get("2*b + 1")));
  EXPECT_TRUE(dims.requireEqual(get("total"), get("past + a"), "m"));
  EXPECT_TRUE(dims.equal(get("total - past"), get("b")));
  // An equation of no plain symbol is remembered as it is, without common factors.
  EXPECT_TRUE(dims.requireEqual(get("4*x"), get("6*y"), "k"));
  EXPECT_EQ(dims.guards().back().lhs.str(), "2 * x");
  EXPECT_EQ(dims.guards().back().rhs.str(), "3 * y");
  EXPECT_TRUE(dims.equal(get("2*x"), get("3*y")));
  EXPECT_EQ(dims.guards().size(), 3u);
}

TEST(SymbolicDims, WhatCannotHold) {
  SymbolicDims dims;
  EXPECT_FALSE(dims.requireEqual(get("3"), get("4"), "n"));
  EXPECT_FALSE(dims.requireEqual(get("s"), get("s + 1"), "n"));
  EXPECT_FALSE(dims.requireLessEqual(get("s + 1"), get("s"), "n"));
  EXPECT_FALSE(dims.requireDivides(get("3"), get("4"), "n"));
  EXPECT_FALSE(dims.requireDivides(get("0"), get("s"), "n"));
  EXPECT_FALSE(dims.requireDivides(SymbolicExpression::invalid(), get("s"), "n"));
  EXPECT_FALSE(dims.requireDivides(get("s"), SymbolicExpression::invalid(), "n"));
  dims.restrict("s", {1, 512});
  EXPECT_FALSE(dims.requireEqual(get("s"), get("600"), "n"));
  EXPECT_FALSE(dims.requireEqual(SymbolicExpression::invalid(), get("s"), "n"));
  EXPECT_TRUE(dims.guards().empty());
}

TEST(SymbolicDims, Divides) {
  SymbolicDims dims;
  EXPECT_TRUE(dims.requireDivides(get("4"), get("8*n"), "n"));
  EXPECT_TRUE(dims.guards().empty());
  EXPECT_TRUE(dims.requireDivides(get("4"), get("n"), "n"));
  EXPECT_TRUE(dims.requireDivides(get("4"), get("n"), "n"));
  EXPECT_EQ(dims.guards().size(), 1u);
}

TEST(SymbolicDims, Broadcast) {
  SymbolicDims dims;
  auto shape = [](std::initializer_list<const char *> texts) {
    SymbolicShape result;
    for (const char *text : texts)
      result.push_back(get(text));
    return result;
  };
  auto together = dims.broadcast(shape({"batch", "1", "8"}), shape({"seq", "1"}), "n");
  ASSERT_TRUE(together);
  EXPECT_EQ((*together)[0].str(), "batch");
  EXPECT_EQ((*together)[1].str(), "seq");
  EXPECT_EQ((*together)[2].str(), "8");
  EXPECT_TRUE(dims.guards().empty());
  EXPECT_FALSE(dims.broadcast(shape({"3"}), shape({"4"}), "n"));
  // Against a static extent a symbol is that extent.
  EXPECT_EQ(dims.broadcast(get("n"), get("8"), "n")->str(), "8");
  ASSERT_EQ(dims.guards().size(), 1u);
  EXPECT_EQ(dims.guards()[0].lhs.str(), "n");
  // What is one at most is one beside another.
  EXPECT_EQ(dims.broadcast(get("min(1, s)"), get("batch"), "n")->str(), "batch");
  EXPECT_EQ(dims.broadcast(get("rows"), get("min(1, t)"), "n")->str(), "rows");
  ASSERT_EQ(dims.guards().size(), 3u);
  EXPECT_TRUE(dims.lessEqual(get("1"), get("min(1, s)")));
  // A fixed symbol keeps its name: types do not change behind a value's back.
  EXPECT_EQ(dims.simplify(get("n")).str(), "n");
  EXPECT_TRUE(dims.equal(get("n"), get("8")));
}

TEST(SymbolicDims, ReadsFunctions) {
  mlir::MLIRContext context;
  context.loadDialect<mlir::func::FuncDialect>();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(R"(
    module attributes {attune.ranges = {seq = [1, 512], bad = 4}} {
      func.func @main() attributes {attune.guards = [
          {relation = "eq", lhs = "a", rhs = "b", node = "n"},
          {relation = "odd", lhs = "a", rhs = "b", node = "n"},
          {relation = "le", lhs = "past + 1", rhs = "(", node = "n"}]} {
        return
      }
    })",
                                                        &context);
  ASSERT_TRUE(module);
  auto function = *module->getOps<mlir::func::FuncOp>().begin();
  SymbolicDims dims(function);
  EXPECT_EQ(dims.guards().size(), 1u);
  EXPECT_TRUE(dims.equal(get("a"), get("b")));
  EXPECT_TRUE(dims.lessEqual(get("seq"), get("512")));
  mlir::ArrayAttr guards = dims.guardsAttr(&context);
  auto first = llvm::cast<mlir::DictionaryAttr>(guards[0]);
  EXPECT_EQ(first.getAs<mlir::StringAttr>("relation").getValue(), "eq");
}

TEST(SymbolicDims, Attributes) {
  mlir::MLIRContext context;
  mlir::ArrayAttr array = transformer::toArrayAttr(&context, {get("2*seq"), get("8")});
  EXPECT_EQ(llvm::cast<mlir::StringAttr>(array[0]).getValue(), "2 * seq");
  EXPECT_EQ(llvm::cast<mlir::IntegerAttr>(array[1]).getInt(), 8);
  auto back = transformer::fromArrayAttr(array);
  ASSERT_TRUE(back);
  EXPECT_EQ(transformer::product(*back).str(), "16 * seq");
  EXPECT_FALSE(transformer::fromAttribute(mlir::UnitAttr::get(&context)));
}

TEST(SymbolicDims, EndsOfRanges) {
  const struct {
    const char *lhs, *rhs;
    bool equal, lessEqual;
  } cases[] = {{"s", "0", false, false},      {"s", "1", true, true},
               {"s", "512", true, true},      {"s", "513", false, true},
               {"512", "s", true, true},      {"513", "s", false, false},
               {"s", "t + 513", false, true}, {"s", "t + 512", true, true}};
  for (auto [lhs, rhs, equal, lessEqual] : cases) {
    SymbolicDims one, other;
    one.restrict("s", {1, 512});
    one.restrict("s", {0, 600});
    other.restrict("s", {1, 512});
    EXPECT_EQ(one.requireEqual(get(lhs), get(rhs), "n"), equal) << lhs << " == " << rhs;
    EXPECT_EQ(other.requireLessEqual(get(lhs), get(rhs), "n"), lessEqual) << lhs << " <= " << rhs;
    EXPECT_EQ(one.guards().size(), equal ? 1u : 0u);
    if (equal)
      EXPECT_FALSE(one.guards()[0].lhs.constant()) << lhs << " == " << rhs;
  }
}

TEST(SymbolicDims, WhatAGuardTeaches) {
  SymbolicDims dims;
  EXPECT_TRUE(dims.requireLessEqual(get("3"), get("s"), "n"));
  EXPECT_TRUE(dims.lessEqual(get("3"), get("s")));
  EXPECT_FALSE(dims.lessEqual(get("4"), get("s")));
  EXPECT_TRUE(dims.requireLessEqual(get("t"), get("9"), "n"));
  EXPECT_TRUE(dims.lessEqual(get("t"), get("9")));
  EXPECT_FALSE(dims.lessEqual(get("t"), get("8")));
  EXPECT_TRUE(dims.requireLessEqual(get("x"), get("y + z"), "n"));
  EXPECT_TRUE(dims.lessEqual(get("x - z"), get("y")));
  EXPECT_FALSE(dims.lessEqual(get("y"), get("x")));
  // A chain of equations, the later one about what the earlier one speaks of.
  EXPECT_TRUE(dims.requireEqual(get("a"), get("b + 1"), "n"));
  EXPECT_TRUE(dims.requireEqual(get("b"), get("2*c"), "n"));
  EXPECT_TRUE(dims.equal(get("a"), get("2*c + 1")));
  // A symbol in terms of itself is no substitution.
  EXPECT_TRUE(dims.requireEqual(get("p"), get("p*q"), "n"));
  EXPECT_TRUE(dims.equal(get("p"), get("p*q")));
  EXPECT_TRUE(dims.equal(get("p*q"), get("p")));
  EXPECT_EQ(dims.simplify(get("p")).str(), "p");
  // A known symbol counts as its number, but keeps its name.
  EXPECT_TRUE(dims.requireEqual(get("4"), get("k"), "n"));
  EXPECT_TRUE(dims.equal(get("2*k"), get("8")));
  EXPECT_EQ(dims.simplify(get("2*k")).str(), "2 * k");
  EXPECT_EQ(dims.simplify(get("k + s")).str(), "s + 4");
}

TEST(SymbolicDims, MinimaAndMaxima) {
  auto guards = [](const char *a, const char *b) {
    SymbolicDims dims;
    EXPECT_TRUE(dims.requireEqual(get(a), get(b), "n")) << a << " == " << b;
    std::string text;
    for (const Guard &guard : dims.guards())
      text += guard.lhs.str() + (guard.relation == Guard::Relation::Equal ? " == " : " <= ") +
              guard.rhs.str() + "; ";
    return text;
  };
  EXPECT_EQ(guards("min(a, b)", "a"), "a <= b; ");
  EXPECT_EQ(guards("a", "min(a, b)"), "a <= b; ");
  EXPECT_EQ(guards("max(a, b)", "a"), "b <= a; ");
  EXPECT_EQ(guards("min(a, b, c)", "b"), "b <= a; b <= c; ");
  EXPECT_EQ(guards("2*min(a, b)", "a"), "2 * min(a, b) == a; ");
  EXPECT_EQ(guards("min(a, b)", "c"), "min(a, b) == c; ");
  EXPECT_EQ(guards("c*min(a, b)", "a"), "c * min(a, b) == a; ");
  EXPECT_EQ(guards("4*a - 6", "2*b"), "2 * a == b + 3; ");
  SymbolicDims dims;
  EXPECT_FALSE(dims.requireEqual(get("min(s, 4)"), get("s + 1"), "n"));
}

TEST(SymbolicDims, DivisorsAndGuards) {
  SymbolicDims dims;
  EXPECT_TRUE(dims.requireDivides(get("n"), get("0"), "n"));
  EXPECT_TRUE(dims.requireDivides(get("4"), get("8"), "n"));
  EXPECT_FALSE(dims.requireDivides(get("4"), get("6"), "n"));
  EXPECT_FALSE(dims.requireDivides(SymbolicExpression::invalid(), get("n"), "n"));
  EXPECT_FALSE(dims.requireDivides(get("n"), SymbolicExpression::invalid(), "n"));
  EXPECT_FALSE(dims.requireLessEqual(SymbolicExpression::invalid(), get("n"), "n"));
  EXPECT_TRUE(dims.guards().empty());
  EXPECT_TRUE(dims.requireDivides(get("h"), get("768"), "heads"));
  EXPECT_TRUE(dims.requireLessEqual(get("s"), get("512"), "n"));
  EXPECT_TRUE(dims.requireEqual(get("2*s"), get("3*t"), "m"));
  mlir::MLIRContext context;
  std::string text;
  for (mlir::Attribute guard : dims.guardsAttr(&context))
    for (const char *key : {"relation", "lhs", "rhs", "node"})
      text += llvm::cast<mlir::DictionaryAttr>(guard).getAs<mlir::StringAttr>(key).str() + "|";
  EXPECT_EQ(text, "divides|h|768|heads|le|s|512|n|eq|2 * s|3 * t|m|");
}

TEST(SymbolicDims, BroadcastPairs) {
  const struct {
    const char *a, *b, *expected;
  } cases[] = {{"1", "n", "n"},   {"n", "1", "n"}, {"n", "n", "n"},   {"8", "n", "8"},
               {"n", "8", "8"},   {"8", "8", "8"}, {"one", "8", "8"}, {"8", "one", "8"},
               {"one", "1", "1"}, {"1", "1", "1"}, {"one", "n", "n"}, {"n", "one", "n"}};
  for (auto [a, b, expected] : cases) {
    SymbolicDims dims;
    dims.restrict("one", {1, 1});
    auto together = dims.broadcast(get(a), get(b), "n");
    ASSERT_TRUE(together) << a << " " << b;
    EXPECT_EQ(together->str(), expected) << a << " " << b;
  }
  SymbolicDims dims;
  EXPECT_FALSE(dims.broadcast(SymbolicExpression::invalid(), get("n"), "n"));
  EXPECT_FALSE(dims.broadcast(get("n"), SymbolicExpression::invalid(), "n"));
  SymbolicShape shorter{get("n")}, longer{get("b"), get("1")};
  for (auto [a, b] : {std::pair(shorter, longer), std::pair(longer, shorter)}) {
    auto shape = dims.broadcast(a, b, "n");
    ASSERT_TRUE(shape);
    ASSERT_EQ(shape->size(), 2u);
    EXPECT_EQ((*shape)[0].str(), "b");
    EXPECT_EQ((*shape)[1].str(), "n");
  }
}

TEST(SymbolicDims, AttributesAtTheirEdges) {
  mlir::MLIRContext context;
  auto wide = [&](llvm::StringRef digits) {
    return mlir::IntegerAttr::get(mlir::IntegerType::get(&context, 128),
                                  llvm::APInt(128, digits, 10));
  };
  EXPECT_EQ(transformer::fromAttribute(wide("9223372036854775807"))->str(), "9223372036854775807");
  EXPECT_FALSE(transformer::fromAttribute(wide("9223372036854775808")));
  EXPECT_FALSE(transformer::fromAttribute(nullptr));
  EXPECT_FALSE(transformer::fromArrayAttr(nullptr));
  EXPECT_FALSE(transformer::fromArrayAttr(mlir::Builder(&context).getStrArrayAttr({"n", "n +"})));
  EXPECT_EQ(transformer::product({}).str(), "1");
}

TEST(SymbolicDims, RemembersValues) {
  mlir::MLIRContext context;
  mlir::Block block;
  mlir::Value value =
      block.addArgument(mlir::IndexType::get(&context), mlir::UnknownLoc::get(&context));
  SymbolicDims dims;
  EXPECT_EQ(dims.shape(value), nullptr);
  EXPECT_EQ(dims.elements(value), nullptr);
  dims.setElements(value, SymbolicShape(65, get("n")));
  EXPECT_EQ(dims.elements(value), nullptr);
  dims.setElements(value, {get("n"), SymbolicExpression::invalid()});
  EXPECT_EQ(dims.elements(value), nullptr);
  dims.setElements(value, SymbolicShape(64, get("n")));
  ASSERT_NE(dims.elements(value), nullptr);
  EXPECT_EQ(dims.elements(value)->size(), 64u);
  dims.setShape(value, {get("n")});
  ASSERT_NE(dims.shape(value), nullptr);
  EXPECT_EQ(dims.shape(value)->front().str(), "n");
}

} // namespace
