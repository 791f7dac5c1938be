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

} // namespace
