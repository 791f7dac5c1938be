// What is said of an op, and what it is said to cost.
#include "attune/Dialect/Transformer/Analysis/Facts.h"

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace attune;
using namespace attune::transformer;

namespace {

class Facts : public testing::Test {
protected:
  Facts() {
    context.loadDialect<mlir::arith::ArithDialect, mlir::func::FuncDialect, mlir::math::MathDialect,
                        onnx::ONNXDialect, TransformerDialect>();
  }

  /// The facts of the last op of `body`, and its costs: "facts | flops | bytes".
  std::string of(const std::string &body) {
    std::string text =
        R"(func.func @main(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %y: tensor<?x8xf32> {attune.dims = ["n", 8]},
           %w: tensor<4x8xf32>, %b: tensor<8xf32>, %i: tensor<3xi64>, %m: tensor<?x4xi1> {attune.dims = ["n", 4]},
           %q: tensor<2x3x5x4xf32>, %k: tensor<2x3x7x4xf32>, %v: tensor<2x3x7x6xf32>, %g: tensor<5x7xf32>, %t: tensor<5x7xi1>) {)" +
        body + "\nreturn }";
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    if (!module) {
      ADD_FAILURE() << "does not parse: " << body;
      return "";
    }
    auto func = *module->getOps<mlir::func::FuncOp>().begin();
    mlir::Operation *op = func.getBody().front().getTerminator()->getPrevNode();
    Cost cost = costOf(op);
    idea = isConcept(factName(op));
    return factText(op) + " | " + cost.flops.str() + " | " + cost.bytes.str();
  }

  std::string contraction(const std::string &epilogue, const std::string &yielded) {
    return of(R"(%0 = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x8xf32>)
        extra (%b, %y : tensor<8xf32>, tensor<?x8xf32>) dims ["n", 8, 4]
        maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
              affine_map<(m, n, k) -> (m, n)>] to affine_map<(m, n, k) -> (m, n)> {
      ^bb0(%acc: f32, %bias: f32, %res: f32):
        %one = arith.constant 1.0 : f32
        )" + epilogue +
              "\ntransformer.yield %" + yielded + " : f32\n} -> tensor<?x8xf32>");
  }

  std::string attention(const std::string &operands, const std::string &maps,
                        const std::string &mask, const std::string &scale) {
    return of("%0 = transformer.attention (%q, %k, %v : tensor<2x3x5x4xf32>, tensor<2x3x7x4xf32>, "
              "tensor<2x3x7x6xf32>) " +
              operands + " scale " + scale + " mask <" + mask +
              "> dead_rows <mean> dims [2, 3, 5, 7, 4, 6] maps [affine_map<(b, h, i, j, d, e) -> "
              "(b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, "
              "j, d, e) -> (b, h, j, e)>" +
              maps + "] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<2x3x5x6xf32>");
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  bool idea = false;
};

TEST_F(Facts, Epilogues) {
  const char *cost = " | 64 * n | 80 * n + 160";
  EXPECT_EQ(contraction("", "acc"), std::string("contract") + cost);
  const struct {
    const char *body, *yielded, *steps;
  } rows[] = {
      {"%r = arith.addf %acc, %bias : f32", "r", "bias"},
      {"%r = arith.addf %bias, %acc : f32", "r", "bias"},
      {"%r = arith.addf %acc, %res : f32", "r", "residual"},
      {"%r = arith.addf %acc, %one : f32", "r", "bias"},
      {"%r = arith.addf %one, %acc : f32", "r", "bias"},
      {"%r = arith.addf %acc, %acc : f32", "r", "map"},
      {"%r = math.exp %acc : f32\n%s = arith.addf %r, %one : f32", "s", "map"},
      {"%r = arith.mulf %acc, %bias : f32", "r", "map"},
      {"%r = arith.subf %acc, %bias : f32\n%s = math.exp %r : f32", "s", "map"},
      {"%r = arith.addf %acc, %bias : f32\n%s = transformer.activation <gelu> %r : f32\n"
       "%u = arith.addf %s, %res : f32",
       "u", "bias, gelu, residual"},
  };
  for (auto [body, yielded, steps] : rows)
    EXPECT_EQ(contraction(body, yielded), "contract(epilogue=[" + std::string(steps) + "])" + cost)
        << body;
}

TEST_F(Facts, Attentions) {
  // 2 · (b·h·i·j·d + b·h·i·j·e), and four tensors.
  std::string flops = " | 4200 | ", plain = std::to_string(4 * (120 + 168 + 252 + 180));
  std::string start = "attention(heads=3, head_dim=4, value_dim=6";
  EXPECT_EQ(attention("", "", "none", "0.5"), start + ")" + flops + plain);
  EXPECT_TRUE(idea);
  EXPECT_EQ(attention("", "", "none", "0.50000024"), start + ")" + flops + plain);
  EXPECT_EQ(attention("", "", "none", "0.500002"), start + ", scale=0.500002)" + flops + plain);
  EXPECT_EQ(attention("", "", "none", "2.0"), start + ", scale=2)" + flops + plain);
  EXPECT_EQ(attention("", "", "causal", "0.5"),
            start + ", mask=causal, dead_rows=mean)" + flops + plain);
  EXPECT_EQ(attention("", "", "window(left = \"2\", causal, offset = \"k - q\")", "0.5"),
            start + ", mask=window(left=2, causal, offset=k - q), dead_rows=mean)" + flops + plain);
  std::string grid = ", affine_map<(b, h, i, j, d, e) -> (i, j)>";
  EXPECT_EQ(attention("bias (%g : tensor<5x7xf32>)", grid, "none", "0.5"),
            start + ", bias=tensor)" + flops + std::to_string(4 * (720 + 35)));
  EXPECT_EQ(attention("mask_tensor (%t : tensor<5x7xi1>)", grid,
                      "causal(offset = \"k - q\") and tensor", "0.5"),
            start + ", mask=causal(offset=k - q) & tensor, dead_rows=mean)" + flops +
                std::to_string(4 * 720 + 35));
}

TEST_F(Facts, LiveWork) {
  const struct {
    const char *mask, *lower, *upper;
  } bands[] = {
      {"causal", "-99", "0"},
      {"causal(offset = \"k - q\")", "-99", "k - q"},
      {"causal(offset = \"3\")", "-99", "3"},
      {"causal(offset = \"-2\")", "-99", "-2"},
      {"causal(offset = \"k\")", "-99", "k"},
      {"causal(offset = \"q - 2 * k\")", "-99", "q - 2 * k"},
      {"window(left = \"2\", causal)", "-2", "0"},
      {"window(left = \"1\", right = \"3\", offset = \"k - q\")", "k - q - 1", "k - q + 3"},
      {"window(left = \"q\", right = \"k\")", "-q", "k"},
      {"window(left = \"-3\")", "3", "99"},
      {"window(left = \"-3\", causal)", "3", "0"},
      {"window(left = \"0\", right = \"0\", offset = \"k - 2 * q\")", "k - 2 * q", "k - 2 * q"},
  };
  for (auto [mask, lower, upper] : bands) {
    std::string text =
        std::string(
            "func.func @main(%q: tensor<2x3x?x4xf32>, %k: tensor<2x3x?x4xf32>, %v: "
            "tensor<2x3x?x6xf32>) "
            "{\n%0 = transformer.attention (%q, %k, %v : tensor<2x3x?x4xf32>, tensor<2x3x?x4xf32>, "
            "tensor<2x3x?x6xf32>) scale 0.5 mask <") +
        mask +
        "> dead_rows <zero> dims [2, 3, \"q\", \"k\", 4, 6] maps [affine_map<(b, h, i, j, d, e) -> "
        "(b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, "
        "e) "
        "-> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> "
        "tensor<2x3x?x6xf32>\nreturn }";
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    ASSERT_TRUE(module) << text;
    auto func = *module->getOps<mlir::func::FuncOp>().begin();
    Cost cost = costOf(&func.getBody().front().front());
    ASSERT_TRUE(cost.liveFlops.isValid()) << mask;
    auto least = SymbolicExpression::parse(lower), most = SymbolicExpression::parse(upper);
    for (int64_t queries : {0, 1, 2, 5, 9})
      for (int64_t keys : {0, 1, 2, 5, 9}) {
        llvm::StringMap<int64_t> sizes{{"q", queries}, {"k", keys}};
        int64_t live = 0;
        for (int64_t i = 0; i < queries; ++i)
          for (int64_t j = 0; j < keys; ++j)
            live += j >= i + *least->evaluate(sizes) && j <= i + *most->evaluate(sizes);
        EXPECT_EQ(cost.liveFlops.evaluate(sizes), 2 * 2 * 3 * (4 + 6) * live)
            << queries << " x " << keys << " " << mask << ": " << cost.liveFlops.str();
        EXPECT_EQ(cost.flops.evaluate(sizes), 2 * 2 * 3 * (4 + 6) * queries * keys);
      }
  }
}

TEST_F(Facts, ExtentsAreInTheOrderOfTheResult) {
  auto extents = [&](const std::string &body) {
    of(body);
    auto func = *module->getOps<mlir::func::FuncOp>().begin();
    std::string text;
    llvm::raw_string_ostream stream(text);
    if (mlir::ArrayAttr dims = extentsOf(func.getBody().front().getTerminator()->getPrevNode()))
      dims.print(stream);
    return text;
  };
  EXPECT_EQ(extents(R"(%0 = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x8xf32>)
        dims [4, 8, "n"] maps [affine_map<(k, n, m) -> (m, k)>, affine_map<(k, n, m) -> (k, n)>]
        to affine_map<(k, n, m) -> (m, n)> {
      ^bb0(%acc: f32):
        transformer.yield %acc : f32
      } -> tensor<?x8xf32>)"),
            R"(["n", 8, 4])");
  EXPECT_EQ(extents("%0 = transformer.softmax %x axis 1 dims [\"n\", 4] : tensor<?x4xf32>"),
            R"(["n", 4])");
  EXPECT_EQ(extents("%0 = onnx.node \"Gather\"(%w, %i) {dims = [[3, 8]]} : (tensor<4x8xf32>, "
                    "tensor<3xi64>) -> tensor<3x8xf32>"),
            "[3, 8]");
  EXPECT_EQ(extents("%0 = arith.constant dense<1.0> : tensor<4xf32>"), "");
}

TEST_F(Facts, TheRest) {
  const struct {
    const char *body, *expected;
    bool idea;
  } rows[] = {
      {"%0 = transformer.norm <layer> %x axes 1 epsilon 0.0 dims [\"n\", 4] : tensor<?x4xf32>",
       "norm(kind=layer, axes=[-1], affine=none) | 0 | 32 * n", true},
      {"%0 = transformer.norm <rms> %w axes 2 epsilon 0.0 dims [4, 8] : tensor<4x8xf32>",
       "norm(kind=rms, axes=[-2, -1], affine=none) | 0 | 256", true},
      {"%0 = transformer.norm <layer> %y scale (%b : tensor<8xf32>) shift (%b : tensor<8xf32>) "
       "axes "
       "1 epsilon 0.0 dims [\"n\", 8] : tensor<?x8xf32>",
       "norm(kind=layer, axes=[-1], affine=both) | 0 | 64 * n + 32", true},
      {"%0 = transformer.norm <layer> %y shift (%b : tensor<8xf32>) axes 1 epsilon 0.0 dims "
       "[\"n\", "
       "8] : tensor<?x8xf32>",
       "norm(kind=layer, axes=[-1], affine=shift) | 0 | 64 * n + 32", true},
      {"%0 = transformer.softmax %x axis 1 dims [\"n\", 4] : tensor<?x4xf32>",
       "softmax(axis=1) | 0 | 32 * n", true},
      {"%0 = transformer.reshape %x dims [\"2 * n\", 2] : tensor<?x4xf32> -> tensor<?x2xf32>",
       "reshape(size=[2 * n, 2]) | 0 | 0", false},
      {"%0 = transformer.shape [\"n\"] : tensor<1xi64>", "shape | 0 | 0", false},
      {"%0 = transformer.windows %v dims [2, 3, 4, 6, 2] map affine_map<(b, c, t, d, k) -> (b, c, "
       "t + "
       "k * 3, d)> : tensor<2x3x7x6xf32> -> tensor<2x3x4x6x2xf32>",
       "windows(size=[2], dilation=[3]) | 0 | 0", false},
      {"%0 = transformer.windows %v dims [2, 4, 2, 3, 2] map affine_map<(b, t, u, c, k) -> (b, c, "
       "t * "
       "2 + k, u * 4)> low [0, 0, 1, 0] : tensor<2x3x7x6xf32> -> tensor<2x4x2x3x2xf32>",
       "windows(size=[2, 1], stride=[2, 4], border=zeros) | 0 | 2016", false},
      // A contraction reads the windows' input, not the windows.
      {"%p = transformer.windows %v dims [2, 3, 4, 6, 2] map affine_map<(b, c, t, d, k) -> (b, c, "
       "t + "
       "k * 3, d)> : tensor<2x3x7x6xf32> -> tensor<2x3x4x6x2xf32>\n"
       "%f = arith.constant dense<1.0> : tensor<2xf32>\n"
       "%0 = transformer.contract (%p, %f : tensor<2x3x4x6x2xf32>, tensor<2xf32>) dims [2, 3, 4, "
       "6, "
       "2] maps [affine_map<(a, b, c, d, e) -> (a, b, c, d, e)>, affine_map<(a, b, c, d, e) -> "
       "(e)>] "
       "to affine_map<(a, b, c, d, e) -> (a, b, c, d)> {\n^bb0(%acc: f32):\ntransformer.yield %acc "
       ": "
       "f32\n} -> tensor<2x3x4x6xf32>",
       "contract | 576 | 1592", false},
      {"%0 = transformer.reduce <sum> (%x : tensor<?x4xf32>) dims [\"n\", 4] maps [affine_map<(a, "
       "b) "
       "-> (a, b)>] to affine_map<(a, b) -> ()> {\n^bb0(%e: f32):\ntransformer.yield %e : f32\n} "
       "-> "
       "tensor<f32>",
       "reduce(kind=sum, axes=[0, 1]) | 4 * n | 16 * n + 4", false},
      {"%0 = transformer.map (%m : tensor<?x4xi1>) dims [\"n\", 4] maps [affine_map<(a, b) -> (a, "
       "b)>] {\n^bb0(%e: i1):\n%r = arith.uitofp %e : i1 to f32\ntransformer.yield %r : f32\n} -> "
       "tensor<?x4xf32>",
       "map | 0 | 20 * n", false},
      {"%0 = transformer.map (%x, %x : tensor<?x4xf32>, tensor<?x4xf32>) dims [\"n\", 4] maps "
       "[affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>] {\n^bb0(%e: f32, %f: "
       "f32):\n%h "
       "= transformer.activation <silu> %e : f32\n%r = transformer.activation <relu> %h : "
       "f32\ntransformer.yield %r : f32\n} -> tensor<?x4xf32>",
       "map(function=silu, relu) | 0 | 32 * n", false},
      {"%0 = onnx.node \"Gather\"(%w, %i) {dims = [[3, 8]]} : (tensor<4x8xf32>, tensor<3xi64>) -> "
       "tensor<3x8xf32>",
       "onnx.Gather | 0 | 216", false},
      {"%0 = transformer.weight <file = \"w\", offset = 0, bytes = 16, hash = \"0\", source = "
       "tensor<4xf32>> : tensor<4xf32>",
       " | 0 | 16", false},
      {"%0 = arith.constant dense<1.0> : tensor<4xf32>", " | 0 | 16", false},
  };
  for (auto [body, expected, isIdea] : rows) {
    EXPECT_EQ(of(body), expected) << body;
    EXPECT_EQ(idea, isIdea) << body;
  }
}

} // namespace
