// hasPlainLowering: which nodes the door of the graph form lets through.
#include "attune/Conversion/ONNXToLinalg.h"

#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;

namespace {

class PlainLowering : public testing::Test {
protected:
  PlainLowering() {
    context.loadDialect<arith::ArithDialect, func::FuncDialect, attune::onnx::ONNXDialect,
                        attune::transformer::TransformerDialect>();
  }

  /// Whether the one node of `body` has a lowering; %x is a tensor<?x6xf32>, %i a tensor<3xi64>.
  bool accepts(const std::string &body) {
    std::string text =
        "func.func @main(%x: tensor<?x6xf32>, %i: tensor<3xi64>, %u: tensor<*xf32>) {\n"
        "%none = onnx.none : none\n%one = arith.constant dense<1> : tensor<1xi64>\n"
        "%n = transformer.shape [\"n\"] : tensor<1xi64>\n" +
        body + "\nreturn }";
    module = parseSourceString<ModuleOp>(text, &context);
    if (!module) {
      ADD_FAILURE() << "does not parse: " << body;
      return false;
    }
    bool accepted = false;
    module->walk([&](attune::onnx::NodeOp node) { accepted = attune::hasPlainLowering(node); });
    return accepted;
  }

  static std::string gather(const std::string &rest) {
    return "%r = onnx.node \"Gather\"(%x, %i) {" + rest +
           "} : (tensor<?x6xf32>, tensor<3xi64>) -> tensor<3x6xf32>";
  }
  static std::string slice(const std::string &start, const std::string &step,
                           const std::string &type) {
    return "%r = onnx.node \"Slice\"(%x, " + start + ", %one, %none, " + step +
           ") {dims = [[\"n\", 6]]} : (tensor<?x6xf32>, " + type +
           ", tensor<1xi64>, none, tensor<1xi64>) -> tensor<?x6xf32>";
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_F(PlainLowering, NeedsExtents) {
  EXPECT_TRUE(accepts(gather("dims = [[3, 6]]")));
  EXPECT_FALSE(accepts(gather("")));
  EXPECT_FALSE(accepts(gather("dims = [[3]]")));
  EXPECT_FALSE(accepts(gather("dims = []")));
}

TEST_F(PlainLowering, KnowsTheStandardDomainOnly) {
  EXPECT_TRUE(accepts(gather("domain = \"ai.onnx\", dims = [[3, 6]]")));
  EXPECT_FALSE(accepts(gather("domain = \"com.example\", dims = [[3, 6]]")));
  EXPECT_FALSE(accepts("%r = onnx.node \"Unknown\"(%x) {dims = [[3, 6]]} "
                       ": (tensor<?x6xf32>) -> tensor<3x6xf32>"));
}

TEST_F(PlainLowering, ChecksAxes) {
  EXPECT_TRUE(accepts(gather("node_attributes = {axis = -2 : i64}, dims = [[3, 6]]")));
  EXPECT_FALSE(accepts(gather("node_attributes = {axis = 2 : i64}, dims = [[3, 6]]")));
  EXPECT_FALSE(accepts(gather("node_attributes = {axis = -3 : i64}, dims = [[3, 6]]")));
}

TEST_F(PlainLowering, ChecksOperands) {
  EXPECT_FALSE(accepts("%r = onnx.node \"Gather\"(%x) {dims = [[3, 6]]} "
                       ": (tensor<?x6xf32>) -> tensor<3x6xf32>"));
  EXPECT_FALSE(accepts("%r = onnx.node \"Gather\"(%u, %i) {dims = [[3, 6]]} "
                       ": (tensor<*xf32>, tensor<3xi64>) -> tensor<3x6xf32>"));
  EXPECT_FALSE(accepts("%r = onnx.node \"Gather\"(%x, %x) {dims = [[\"n\", 6, 6]]} "
                       ": (tensor<?x6xf32>, tensor<?x6xf32>) -> tensor<?x6x6xf32>"));
}

TEST_F(PlainLowering, SlicesAtKnownPlaces) {
  EXPECT_TRUE(accepts(slice("%one", "%one", "tensor<1xi64>")));
  EXPECT_TRUE(accepts(slice("%n", "%one", "tensor<1xi64>")));
  // Starts that are data; one step for three starts.
  EXPECT_FALSE(accepts(slice("%i", "%one", "tensor<3xi64>")));
}

TEST_F(PlainLowering, PadsInKnownModes) {
  auto pad = [](const std::string &mode) {
    return "%p = arith.constant dense<1> : tensor<4xi64>\n"
           "%r = onnx.node \"Pad\"(%x, %p) {node_attributes = {mode = \"" +
           mode +
           "\"}, dims = [[\"n + 2\", 8]]} : (tensor<?x6xf32>, tensor<4xi64>) -> tensor<?x8xf32>";
  };
  for (const char *mode : {"constant", "edge", "reflect", "wrap"})
    EXPECT_TRUE(accepts(pad(mode))) << mode;
  EXPECT_FALSE(accepts(pad("mirror")));
}

} // namespace
