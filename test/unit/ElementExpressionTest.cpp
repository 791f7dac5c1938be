// What one element of a tensor is, as a polynomial of the loops: through maps, reshapes and the
// operators that move elements by known indices, and what stops the view.
#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"

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

class ElementExpression : public testing::Test {
protected:
  ElementExpression() {
    context.loadDialect<mlir::arith::ArithDialect, mlir::func::FuncDialect, mlir::math::MathDialect,
                        onnx::ONNXDialect, TransformerDialect>();
  }

  /// The last value of `body` at its loops; "nothing" when it is no polynomial of them.
  std::string value(const std::string &body) {
    std::string function =
        "func.func @main(%x: tensor<2x3xi64>, %data: tensor<3xf32>) {\n" + body + "\nreturn\n}";
    module = mlir::parseSourceString<mlir::ModuleOp>(function, &context);
    if (!module) {
      ADD_FAILURE() << "does not parse: " << body;
      return "";
    }
    auto func = *module->getOps<mlir::func::FuncOp>().begin();
    mlir::Value last = func.getBody().front().getTerminator()->getPrevNode()->getResult(0);
    mlir::ArrayAttr dims = symbolicShape(last);
    ElementExpressions expressions(extentsOf(dims));
    std::optional<SymbolicExpression> found = expressions.polynomial(expressions.element(last));
    return found ? found->str() : "nothing";
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// `%name` = base + 10·row + column.
std::string table(const std::string &name, int base, int rows, int columns) {
  std::string type = "tensor<" + std::to_string(rows) + "x" + std::to_string(columns) + "xi64>";
  return "%" + name + " = transformer.map () dims [" + std::to_string(rows) + ", " +
         std::to_string(columns) + "] maps [] {\n%i = transformer.index 0\n" +
         "%j = transformer.index 1\n%r = arith.index_cast %i : index to i64\n" +
         "%c = arith.index_cast %j : index to i64\n%ten = arith.constant 10 : i64\n" +
         "%base = arith.constant " + std::to_string(base) + " : i64\n" +
         "%t = arith.muli %r, %ten : i64\n%u = arith.addi %t, %c : i64\n" +
         "%v = arith.addi %u, %base : i64\ntransformer.yield %v : i64\n} -> " + type + "\n";
}

/// A vector of `extent` elements; `body` gives %v of %i.
std::string vector(const std::string &name, const std::string &extent, const std::string &body) {
  bool known = std::isdigit(extent[0]);
  return "%" + name + " = transformer.map () dims [" + (known ? extent : "\"" + extent + "\"") +
         "] maps [] {\n%l = transformer.index 0\n%i = arith.index_cast %l : index to i64\n" +
         "%one = arith.constant 1 : i64\n%three = arith.constant 3 : i64\n" + body +
         "\ntransformer.yield %v : i64\n} -> tensor<" + (known ? extent : "?") + "xi64>\n";
}

TEST_F(ElementExpression, Arithmetic) {
  const std::pair<const char *, const char *> rows[] = {
      {"%v = arith.addi %i, %three : i64", "$loop0 + 3"},
      {"%v = arith.subi %i, %three : i64", "$loop0 - 3"},
      {"%v = arith.subi %three, %i : i64", "-$loop0 + 3"},
      {"%v = arith.muli %i, %three : i64", "3 * $loop0"},
      {"%v = arith.maxsi %i, %three : i64", "max(3, $loop0)"},
      {"%v = arith.minsi %three, %i : i64", "min(3, $loop0)"},
      {"%n = arith.trunci %i : i64 to i32\n%v = arith.extsi %n : i32 to i64", "nothing"},
      {"%n = arith.constant 5 : i32\n%v = arith.extsi %n : i32 to i64", "5"},
      {"%n = arith.constant true\n%v = arith.extsi %n : i1 to i64", "nothing"},
      {"%v = arith.divsi %i, %three : i64", "nothing"},
      {"%n = arith.divsi %i, %three : i64\n%v = arith.addi %n, %one : i64", "nothing"},
      {"%n = arith.divsi %i, %three : i64\n%v = arith.addi %one, %n : i64", "nothing"},
      {"%big = arith.constant 9223372036854775807 : i64\n%v = arith.addi %big, %one : i64",
       "nothing"},
      {"%v, %o = arith.addui_extended %i, %three : i64, i1", "nothing"},
      {"%u, %o = arith.addui_extended %i, %three : i64, i1\n%v = arith.addi %i, %one : i64",
       "nothing"},
      {"%n = arith.index_castui %l : index to i64\n%v = arith.addi %n, %i : i64", "2 * $loop0"},
  };
  for (auto [body, expected] : rows)
    EXPECT_EQ(value(vector("r", "n", body)), expected) << body;
  // A loop of extent one is zero.
  EXPECT_EQ(value(vector("r", "1", "%v = arith.addi %i, %three : i64")), "3");
  EXPECT_EQ(value("%r = transformer.shape [\"n\", 7, \"k - n\"] : tensor<3xi64>"), "nothing");
  EXPECT_EQ(value("%r = transformer.shape [\"n\"] : tensor<1xi64>"), "n");
  EXPECT_EQ(value("%r = transformer.shape [\"n\"] : tensor<i64>"), "n");
  EXPECT_EQ(value("%r = transformer.shape [\"$loop0\"] : tensor<1xi64>"), "nothing");
  EXPECT_EQ(value("%r = arith.constant dense<[4, 5]> : tensor<2xi64>"), "nothing");
  EXPECT_EQ(value("%r = arith.constant dense<[[4]]> : tensor<1x1xi64>"), "4");
  EXPECT_EQ(value("%r = arith.constant dense<6> : tensor<2x3xi64>"), "6");
  EXPECT_EQ(value("%r = arith.constant dense<true> : tensor<2xi1>"), "nothing");
  EXPECT_EQ(value("%r = arith.constant dense<> : tensor<0xi64>"), "nothing");
}

TEST_F(ElementExpression, Reshapes) {
  const struct {
    const char *from, *fromType, *to, *toType, *expected;
  } rows[] = {
      {"12", "12", "3, 4", "3x4", "4 * $loop0 + $loop1"},
      {"12", "12", "1, 3, 1, 4, 1", "1x3x1x4x1", "4 * $loop1 + $loop3"},
      {"12", "12", "2, 3, 2", "2x3x2", "6 * $loop0 + 2 * $loop1 + $loop2"},
      {"12", "12", "12, 1", "12x1", "$loop0"},
      {"1", "1", "1, 1", "1x1", "0"},
      {"\"b * s\"", "?", "\"b\", \"s\"", "?x?", "$loop0 * s + $loop1"},
      {"\"b * s\"", "?", "\"b\", \"t\"", "?x?", "nothing"},
      {"\"4 * s\"", "?", "\"s\", 4", "?x4", "4 * $loop0 + $loop1"},
      {"0", "0", "0, 4", "0x4", "nothing"},
  };
  for (auto [from, fromType, to, toType, expected] : rows) {
    std::string flat = std::string("tensor<") + fromType + "xi64>";
    std::string text =
        "%f = transformer.map () dims [" + std::string(from) +
        "] maps [] {\n%i = transformer.index 0\n%v = arith.index_cast %i : index to i64\n" +
        "transformer.yield %v : i64\n} -> " + flat + "\n%r = transformer.reshape %f dims [" + to +
        "] : " + flat + " -> tensor<" + toType + "xi64>";
    EXPECT_EQ(value(text), expected) << to;
  }
  // From two dimensions: joined, kept apart, cut across, and joined again after a cut.
  auto reshape = [&](const char *to, const char *type) {
    return value(table("a", 0, 4, 6) + "%r = transformer.reshape %a dims [" + to +
                 "] : tensor<4x6xi64> -> tensor<" + type + "xi64>");
  };
  EXPECT_EQ(reshape("4, 1, 6", "4x1x6"), "10 * $loop0 + $loop2");
  EXPECT_EQ(reshape("2, 2, 6", "2x2x6"), "20 * $loop0 + 10 * $loop1 + $loop2");
  EXPECT_EQ(reshape("4, 3, 2", "4x3x2"), "10 * $loop0 + 2 * $loop1 + $loop2");
  EXPECT_EQ(reshape("2, 2, 3, 2", "2x2x3x2"), "20 * $loop0 + 10 * $loop1 + 2 * $loop2 + $loop3");
  EXPECT_EQ(reshape("24", "24"), "nothing");
  EXPECT_EQ(reshape("6, 4", "6x4"), "nothing");
  // An empty tensor has no element to speak of.
  EXPECT_EQ(value(table("a", 0, 0, 6) +
                  "%r = transformer.reshape %a dims [0, 3, 2] : tensor<0x6xi64> -> "
                  "tensor<0x3x2xi64>\n"),
            "nothing");
  EXPECT_EQ(reshape("8, 3", "8x3"), "nothing");
  EXPECT_EQ(value(table("a", 0, 4, 6) +
                  "%b = transformer.reshape %a dims [24] : tensor<4x6xi64> -> tensor<24xi64>\n"
                  "%r = transformer.reshape %b dims [2, 2, 6] : tensor<24xi64> -> "
                  "tensor<2x2x6xi64>"),
            "20 * $loop0 + 10 * $loop1 + $loop2");
  EXPECT_EQ(value(table("a", 0, 4, 6) +
                  "%b = transformer.reshape %a dims [24] : tensor<4x6xi64> -> tensor<24xi64>\n"
                  "%r = transformer.reshape %b dims [4, 6] : tensor<24xi64> -> tensor<4x6xi64>"),
            "10 * $loop0 + $loop1");
}

/// `data` gathered with the scalar `index` along `axis`.
std::string pick(const std::string &data, int rows, int columns, int index, int axis) {
  std::string type = "tensor<" + std::to_string(rows) + "x" + std::to_string(columns) + "xi64>";
  std::string extent = std::to_string(axis == 0 || axis == -2 ? columns : rows);
  return "%at = arith.constant dense<" + std::to_string(index) + "> : tensor<i64>\n" +
         "%r = onnx.node \"Gather\"(%" + data +
         ", %at) {node_attributes = {axis = " + std::to_string(axis) + " : i64}, dims = [[" +
         extent + "]]} : (" + type + ", tensor<i64>) -> tensor<" + extent + "xi64>";
}

TEST_F(ElementExpression, Concat) {
  auto rows = [&](const char *axis, int index, const char *domain = "") {
    std::string joined = "%c = onnx.node \"Concat\"(%a, %b) {" + std::string(domain) +
                         "node_attributes = {axis = " + axis +
                         " : i64}, dims = [[6, 3]]} : (tensor<2x3xi64>, tensor<4x3xi64>) -> "
                         "tensor<6x3xi64>\n";
    return value(table("a", 0, 2, 3) + table("b", 100, 4, 3) + joined + pick("c", 6, 3, index, 0));
  };
  for (const char *axis : {"0", "-2"}) {
    EXPECT_EQ(rows(axis, 0), "$loop0");
    EXPECT_EQ(rows(axis, 1), "$loop0 + 10");
    EXPECT_EQ(rows(axis, 2), "$loop0 + 100");
    EXPECT_EQ(rows(axis, 5), "$loop0 + 130");
    EXPECT_EQ(rows(axis, 6), "nothing");
    EXPECT_EQ(rows(axis, -1), "nothing");
  }
  EXPECT_EQ(rows("2", 0), "nothing");
  EXPECT_EQ(rows("-3", 0), "nothing");
  EXPECT_EQ(rows("0", 0, "domain = \"com.example\", "), "nothing");
  auto columns = [&](const char *axis, int index) {
    std::string joined =
        "%c = onnx.node \"Concat\"(%a, %b, %a) {node_attributes = {axis = " + std::string(axis) +
        " : i64}, dims = [[2, 8]]} : (tensor<2x3xi64>, tensor<2x2xi64>, "
        "tensor<2x3xi64>) -> tensor<2x8xi64>\n";
    return value(table("a", 0, 2, 3) + table("b", 100, 2, 2) + joined + pick("c", 2, 8, index, 1));
  };
  for (const char *axis : {"1", "-1"}) {
    EXPECT_EQ(columns(axis, 2), "10 * $loop0 + 2");
    EXPECT_EQ(columns(axis, 3), "10 * $loop0 + 100");
    EXPECT_EQ(columns(axis, 4), "10 * $loop0 + 101");
    EXPECT_EQ(columns(axis, 7), "10 * $loop0 + 2");
  }
  // Which input a loop reads depends on the loop; a dynamic input hides where the next begins.
  EXPECT_EQ(value(table("a", 0, 2, 3) +
                  "%r = onnx.node \"Concat\"(%a, %a) {node_attributes = {axis = 0 : i64}, dims = "
                  "[[4, 3]]} : (tensor<2x3xi64>, tensor<2x3xi64>) -> tensor<4x3xi64>"),
            "nothing");
  auto dynamic = [&](const char *inputs) {
    return value(vector("d", "n", "%v = arith.addi %i, %three : i64") +
                 vector("s", "2", "%v = arith.addi %i, %one : i64") + "%c = onnx.node \"Concat\"" +
                 inputs +
                 " -> tensor<?xi64>\n%at = arith.constant dense<1> : tensor<i64>\n"
                 "%r = onnx.node \"Gather\"(%c, %at) {node_attributes = {axis = 0 : i64}, dims = "
                 "[[]]} : (tensor<?xi64>, tensor<i64>) -> tensor<i64>");
  };
  EXPECT_EQ(dynamic("(%s, %d) {node_attributes = {axis = 0 : i64}, dims = [[\"n + 2\"]]} : "
                    "(tensor<2xi64>, tensor<?xi64>)"),
            "2");
  EXPECT_EQ(dynamic("(%d, %s) {node_attributes = {axis = 0 : i64}, dims = [[\"n + 2\"]]} : "
                    "(tensor<?xi64>, tensor<2xi64>)"),
            "nothing");
}

TEST_F(ElementExpression, Gather) {
  std::string data = table("a", 0, 8, 9);
  for (int axis : {0, -2}) {
    EXPECT_EQ(value(data + pick("a", 8, 9, 3, axis)), "$loop0 + 30");
    EXPECT_EQ(value(data + pick("a", 8, 9, -1, axis)), "nothing");
  }
  for (int axis : {1, -1})
    EXPECT_EQ(value(data + pick("a", 8, 9, 4, axis)), "10 * $loop0 + 4");
  EXPECT_EQ(value(data + pick("a", 8, 9, 0, 2)), "nothing");
  auto along = [&](const char *indices, const char *axis, const char *dims, const char *type) {
    return value(data + vector("at", "4", indices) +
                 "%r = onnx.node \"Gather\"(%a, %at) {node_attributes = {axis = " + axis +
                 " : i64}, dims = [[" + dims + "]]} : (tensor<8x9xi64>, tensor<4xi64>) -> tensor<" +
                 type + "xi64>");
  };
  const struct {
    const char *indices, *rows, *columns;
  } cases[] = {
      {"%v = arith.addi %i, %three : i64", "10 * $loop0 + $loop1 + 30", "10 * $loop0 + $loop1 + 3"},
      {"%v = arith.subi %three, %i : i64", "nothing", "nothing"},
      {"%v = arith.subi %i, %one : i64", "nothing", "nothing"},
      {"%v = arith.muli %i, %three : i64", "nothing", "nothing"},
      {"%v = arith.muli %i, %i : i64", "nothing", "nothing"},
      {"%v = arith.maxsi %i, %three : i64", "nothing", "nothing"},
      {"%v = arith.divsi %i, %three : i64", "nothing", "nothing"},
  };
  for (auto [indices, rows, columns] : cases) {
    EXPECT_EQ(along(indices, "0", "4, 9", "4x9"), rows) << indices;
    EXPECT_EQ(along(indices, "1", "8, 4", "8x4"), columns) << indices;
  }
  // Indices of two dimensions: one loop of them, or both, which is no index.
  auto square = [&](const char *yielded) {
    return value(data +
                 "%at = transformer.map () dims [2, 3] maps [] {\n%i = transformer.index 0\n"
                 "%j = transformer.index 1\n%s = arith.addi %i, %j : index\n%v = "
                 "arith.index_cast " +
                 yielded +
                 " : index to i64\ntransformer.yield %v : i64\n} -> tensor<2x3xi64>\n"
                 "%r = onnx.node \"Gather\"(%a, %at) {node_attributes = {axis = 1 : i64}, dims = "
                 "[[8, 2, 3]]} : (tensor<8x9xi64>, tensor<2x3xi64>) -> tensor<8x2x3xi64>");
  };
  EXPECT_EQ(square("%i"), "10 * $loop0 + $loop1");
  EXPECT_EQ(square("%j"), "10 * $loop0 + $loop2");
  EXPECT_EQ(square("%s"), "nothing");
}

TEST_F(ElementExpression, GatherElements) {
  auto read = [&](const char *axis) {
    return value(table("a", 0, 8, 9) + table("at", 1, 2, 3) +
                 "%one = arith.constant dense<5> : tensor<2x3xi64>\n"
                 "%r = onnx.node \"GatherElements\"(%a, %one) {node_attributes = {axis = " +
                 axis +
                 " : i64}, dims = [[2, 3]]} : (tensor<8x9xi64>, tensor<2x3xi64>) -> "
                 "tensor<2x3xi64>");
  };
  EXPECT_EQ(read("0"), "$loop1 + 50");
  EXPECT_EQ(read("-2"), "$loop1 + 50");
  EXPECT_EQ(read("1"), "10 * $loop0 + 5");
  EXPECT_EQ(read("-1"), "10 * $loop0 + 5");
  EXPECT_EQ(read("2"), "nothing");
  EXPECT_EQ(read("-3"), "nothing");
  EXPECT_EQ(value(table("a", 0, 8, 9) +
                  "%r = onnx.node \"GatherElements\"(%a, %x) {node_attributes = {axis = 0 : i64}, "
                  "dims = [[2, 3]]} : (tensor<8x9xi64>, tensor<2x3xi64>) -> tensor<2x3xi64>"),
            "nothing");
}

TEST_F(ElementExpression, GatherND) {
  auto read = [&](const char *indices, const char *type, const char *dims, const char *result,
                  const char *batch = "0") {
    return value(table("a", 0, 8, 9) + "%at = arith.constant dense<" + indices + "> : tensor<" +
                 type +
                 "xi64>\n%r = onnx.node \"GatherND\"(%a, %at) {node_attributes = "
                 "{batch_dims = " +
                 batch + " : i64}, dims = [[" + dims + "]]} : (tensor<8x9xi64>, tensor<" + type +
                 "xi64>) -> tensor<" + result + "xi64>");
  };
  EXPECT_EQ(read("[[2, 3]]", "1x2", "1", "1"), "23");
  EXPECT_EQ(read("[[4]]", "1x1", "1, 9", "1x9"), "$loop1 + 40");
  EXPECT_EQ(read("4", "5x1", "5, 9", "5x9"), "$loop1 + 40");
  EXPECT_EQ(read("4", "5x2", "5", "5"), "44");
  EXPECT_EQ(read("[[-1]]", "1x1", "1, 9", "1x9"), "nothing");
  EXPECT_EQ(read("[[2, -3]]", "1x2", "1", "1"), "nothing");
  EXPECT_EQ(read("4", "8x1", "8", "8", "1"), "nothing");
  EXPECT_EQ(read("4", "5x3", "5", "5"), "nothing");
  EXPECT_EQ(value(table("a", 0, 8, 9) +
                  "%at = arith.constant dense<[2, 3]> : tensor<2xi64>\n"
                  "%r = onnx.node \"GatherND\"(%a, %at) {dims = [[]]} : (tensor<8x9xi64>, "
                  "tensor<2xi64>) -> tensor<i64>"),
            "23");
  // Row and column apart, each an index of the same loop.
  EXPECT_EQ(value(table("a", 0, 8, 9) + vector("i0", "4", "%v = arith.addi %i, %one : i64") +
                  vector("i1", "4", "%v = arith.addi %i, %three : i64") +
                  "%c0 = transformer.reshape %i0 dims [4, 1] : tensor<4xi64> -> tensor<4x1xi64>\n"
                  "%c1 = transformer.reshape %i1 dims [4, 1] : tensor<4xi64> -> tensor<4x1xi64>\n"
                  "%at = onnx.node \"Concat\"(%c0, %c1) {node_attributes = {axis = -1 : i64}, dims "
                  "= [[4, 2]]} : (tensor<4x1xi64>, tensor<4x1xi64>) -> tensor<4x2xi64>\n"
                  "%r = onnx.node \"GatherND\"(%a, %at) {dims = [[4]]} : (tensor<8x9xi64>, "
                  "tensor<4x2xi64>) -> tensor<4xi64>"),
            "11 * $loop0 + 13");
}

TEST_F(ElementExpression, Numbers) {
  auto number = [&](const std::string &body) -> std::optional<double> {
    value(body);
    auto func = *module->getOps<mlir::func::FuncOp>().begin();
    mlir::Value last = func.getBody().front().getTerminator()->getPrevNode()->getResult(0);
    ElementExpressions expressions(extentsOf(symbolicShape(last)));
    return expressions.number(expressions.element(last));
  };
  EXPECT_EQ(number("%r = arith.constant dense<2.5> : tensor<2xf32>"), 2.5);
  EXPECT_EQ(number("%r = arith.constant dense<-3> : tensor<2xi8>"), -3.0);
  EXPECT_EQ(number("%r = arith.constant dense<true> : tensor<2xi1>"), 1.0);
  EXPECT_EQ(number("%r = arith.constant dense<false> : tensor<2xi1>"), 0.0);
  EXPECT_EQ(number("%c = arith.constant dense<2.5> : tensor<2xf32>\n%r = transformer.reshape %c "
                   "dims [1, 2] : tensor<2xf32> -> tensor<1x2xf32>"),
            2.5);
  EXPECT_FALSE(number("%r = arith.constant dense<[2.5, 3.5]> : tensor<2xf32>"));
  EXPECT_FALSE(number("%r = transformer.reshape %data dims [3, 1] : tensor<3xf32> -> "
                      "tensor<3x1xf32>"));
}

TEST_F(ElementExpression, NumbersThroughReshapes) {
  // %x[b, c] reshaped, read at loop 0 and at numbers: "digits @ offset" per dimension of %x.
  auto place = [&](const std::string &dims, llvm::ArrayRef<int64_t> numbers, bool join) {
    module = mlir::parseSourceString<mlir::ModuleOp>(
        "func.func @main(%x: tensor<?x12xi64> {attune.dims = [\"b\", 12]}) {\n%r = "
        "transformer.reshape %x dims " +
            dims + "\nreturn\n}",
        &context);
    if (!module)
      return std::string("does not parse");
    auto func = *module->getOps<mlir::func::FuncOp>().begin();
    mlir::Value last = func.getBody().front().getTerminator()->getPrevNode()->getResult(0);
    ElementExpressions expressions({*SymbolicExpression::parse("b")});
    if (join)
      expressions.joinNumbers();
    ElementIndices at{expressions.loopIndex(0)};
    for (int64_t number : numbers)
      at.emplace_back().offset = SymbolicExpression(number);
    const ElementNode *node = expressions.expand(expressions.element(last, at));
    std::string text;
    for (const ElementIndex &index : node ? node->at : ElementIndices())
      text += std::to_string(index.digits.size()) + " @ " + index.offset.str() + " ";
    return text;
  };
  const std::string split = "[\"b\", 4, 3] : tensor<?x12xi64> -> tensor<?x4x3xi64>";
  EXPECT_EQ(place(split, {2, 1}, false), "1 @ 0 0 @ 7 ");
  EXPECT_EQ(place(split, {3, 2}, false), "1 @ 0 0 @ 11 ");
  EXPECT_EQ(place(split, {0, 0}, false), "1 @ 0 0 @ 0 ");
  EXPECT_EQ(place(split, {4, 0}, false), ""); // outside
  EXPECT_EQ(place(split, {0, -1}, false), "");
}

TEST_F(ElementExpression, NumbersJoinLoops) {
  module = mlir::parseSourceString<mlir::ModuleOp>(R"(
    func.func @main(%x: tensor<?x4x6xi64> {attune.dims = ["b", 4, 6]}) {
      %f = transformer.reshape %x dims ["24 * b"] : tensor<?x4x6xi64> -> tensor<?xi64>
      %r = transformer.reshape %f dims ["b", 2, 2, 2, 3] : tensor<?xi64> -> tensor<?x2x2x2x3xi64>
      return
    })",
                                                   &context);
  ASSERT_TRUE(module);
  auto func = *module->getOps<mlir::func::FuncOp>().begin();
  mlir::Value last = func.getBody().front().getTerminator()->getPrevNode()->getResult(0);
  for (bool join : {false, true}) {
    ElementExpressions expressions({*SymbolicExpression::parse("b"), SymbolicExpression(2)});
    if (join)
      expressions.joinNumbers();
    ElementIndices at{expressions.loopIndex(0), expressions.loopIndex(1)};
    for (int64_t number : {1, 1, 2})
      at.emplace_back().offset = SymbolicExpression(number);
    const ElementNode *node = expressions.expand(expressions.expand(expressions.element(last, at)));
    ASSERT_EQ(node != nullptr, join);
    if (!node)
      continue;
    EXPECT_TRUE(node->at[0].isLoop(0));
    // 2 · loop 1 + 1, and 1 · 3 + 2.
    ASSERT_EQ(node->at[1].digits.size(), 2u);
    EXPECT_EQ(node->at[1].digits[0].loop, 1u);
    EXPECT_EQ(node->at[1].digits[1].loop, IndexDigit::kNumber);
    EXPECT_EQ(node->at[1].offset.str(), "1");
    EXPECT_TRUE(node->at[2].digits.empty());
    EXPECT_EQ(node->at[2].offset.str(), "5");
  }
}

TEST_F(ElementExpression, Extents) {
  mlir::Builder builder(&context);
  EXPECT_EQ(extentOf(builder.getI64IntegerAttr(7)).str(), "7");
  EXPECT_EQ(extentOf(builder.getStringAttr("2*n")).str(), "2 * n");
  for (const char *text : {"n +", "$loop1", "n * $loop0"})
    EXPECT_FALSE(extentOf(builder.getStringAttr(text)).isValid()) << text;
  EXPECT_FALSE(extentOf(builder.getUnitAttr()).isValid());
  EXPECT_FALSE(extentOf(nullptr).isValid());
  for (const char *text : {"7", "2 * n"})
    EXPECT_EQ(extentOf(dimFor(&context, *SymbolicExpression::parse(text))).str(), text);
}

} // namespace
