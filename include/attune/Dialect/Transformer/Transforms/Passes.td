// Passes on the graph form: normalise, raise to what the graph means, shape for dispatches.
#ifndef ATTUNE_DIALECT_TRANSFORMER_TRANSFORMS_PASSES_TD
#define ATTUNE_DIALECT_TRANSFORMER_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def FuseMapsPass : Pass<"transformer-fuse-maps", "::mlir::func::FuncOp"> {
  let summary = "inline maps into the map or reduction that reads them";
  let description = [{
    A map whose uses all lie in one map, reduction or contract epilogue is computed there, when
    no element is computed twice. A map that only moves elements (a transpose, a broadcast) is
    absorbed into the index map of every reader, contractions, windows and attention included. Splat
    constants become scalars, equal operands are read once, a small map of constants is folded.
  }];
  let statistics = [
    Statistic<"fused", "fused", "maps computed in their reader">,
    Statistic<"absorbed", "absorbed-views", "views that became an index map">,
    Statistic<"scalars", "scalar-constants", "splat operands that became scalars">,
    Statistic<"folded", "folded", "maps of constants that were evaluated">];
}

def RaiseActivationPass : Pass<"transformer-raise-activation", "::mlir::func::FuncOp"> {
  let summary = "name the activation functions that scalar regions spell out";
  let description = [{
    Matches the scalar expression, not the nodes: products are collected over any order of
    factors, so `x/2·(1+erf(x/√2))`, `(0.5·erf(x·0.7071)+0.5)·x` and the rest are one case.
    Constants may differ by 1e-6 of their value (1e-3 for types narrower than 32 bits).
  }];
  let statistics = [Statistic<"raised", "raised", "activations raised">];
}

def RaiseNormPass : Pass<"transformer-raise-norm", "::mlir::func::FuncOp"> {
  let summary = "raise spelled-out layer and RMS normalisation to transformer.norm";
  let description = [{
    Looks for centred·scale/√(mean of squares + epsilon)·weight + shift over the last
    dimension, through maps, in any order of factors, as a division, a reciprocal or an rsqrt.
  }];
  let dependentDialects = ["::attune::transformer::TransformerDialect"];
  let statistics = [Statistic<"raised", "raised", "norms raised">,
                    Statistic<"declined", "declined", "candidates that were not raised">];
}

def RaiseAttentionPass : Pass<"transformer-raise-attention", "::mlir::func::FuncOp"> {
  let summary = "raise contract, softmax, contract to transformer.attention";
  let description = [{
    Head transposes and the reshapes that flatten and restore heads become the operands' index
    maps; scales on q, k and the scores multiply to one; the mask is what MaskAnalysis proves.

    `dead_rows` is what the graph computes. With a mask of −inf it is NaN, or zero when a guard
    replaces NaN after the softmax. With one finite mask it is the mean, and dead keys may be
    skipped: for scores below 2^102 in magnitude, score + lowest rounds to lowest, so that a row
    without a live key is uniform, and exp(lowest − max) is zero in every other row. That holds
    for fills of magnitude 2^126 and more; what is added with a smaller one (−1e4, −1e9) stays a
    bias, since nothing bounds the scores.
  }];
  let dependentDialects = ["::attune::transformer::TransformerDialect"];
  let statistics = [Statistic<"raised", "raised", "attentions raised">,
                    Statistic<"declined", "declined", "softmaxes that were not raised">];
}

def ReorderMapsPass : Pass<"transformer-reorder-maps", "::mlir::func::FuncOp"> {
  let summary = "compute maps in the order of dimensions in which their operands lie";
  let description = [{
    A map that reads all its operands of full rank at one permutation is computed in their order,
    and a transpose behind it gives its own; where nothing but index maps read the result, or where
    the map then becomes a contraction's epilogue. So channels stay last behind a convolution.
  }];
  let statistics = [Statistic<"reordered", "reordered", "maps computed in another order">];
}

def FlattenTokensPass : Pass<"transformer-flatten-tokens", "::mlir::func::FuncOp"> {
  let summary = "make one loop of the leading loops that all operands share";
  let description = [{
    [batch, seq, N] becomes [batch * seq, N] for map, reduce, norm, softmax and the rows of
    contract, with reshapes around the op; between two such ops they cancel. Loops that an
    operand reads in another order, or apart, stay; so do those of a contraction over windows,
    and of the map behind a contraction that stays.
  }];
  let dependentDialects = ["::attune::transformer::TransformerDialect"];
  let statistics = [Statistic<"flattened", "flattened", "ops whose leading loops were joined">];
}

def FuseEpiloguesPass : Pass<"transformer-fuse-epilogues", "::mlir::func::FuncOp"> {
  let summary = "merge the map that alone reads a contraction into its epilogue";
  let statistics = [Statistic<"fused", "fused", "maps merged into an epilogue">];
}

def FuseResidualsPass : Pass<"transformer-fuse-residuals", "::mlir::func::FuncOp"> {
  let summary = "make the addition that only a norm reads its residual";
  let statistics = [Statistic<"fused", "fused", "additions that became a residual">];
}

def FoldWeightsPass : Pass<"transformer-fold-weights", "::mlir::func::FuncOp"> {
  let summary = "turn what moves or scales weights into recipe steps, share equal weights";
  let description = [{
    A transpose or a scale is a step of the recipe; a reshape of a weight without one is a weight of
    another shape. Equal weights have equal hash, size, source type and recipe, wherever they lie in a file.
  }];
  let dependentDialects = ["::attune::transformer::TransformerDialect"];
  let statistics = [Statistic<"folded", "folded", "ops that became part of a weight">,
                    Statistic<"shared", "shared", "weights that were there before">];
}

def DecomposeAttentionPass : Pass<"transformer-decompose-attention", "::mlir::func::FuncOp"> {
  let summary = "attention as contract, softmax, contract: its plain meaning";
  let description = [{
    For backends without a generator. Dead keys get −inf before the softmax, or the type's
    lowest value when a dead row is the mean; rows without a live key are cleared after it when
    `dead_rows` is zero. Operands that are not read by one loop per dimension (shared heads, slices)
    are gathered first.
  }];
  let dependentDialects = ["::attune::transformer::TransformerDialect",
                           "::attune::onnx::ONNXDialect"];
  let statistics = [Statistic<"decomposed", "decomposed", "attentions decomposed">];
}

def LayOutWindowsPass : Pass<"transformer-lay-out-windows", "::mlir::func::FuncOp"> {
  let summary = "copy what contractions over windows cannot read in place";
  let description = [{
    Windows with a border read a copy that has the zeros around it; windows of a contraction that
    works channel by channel read one with the channels last. The copy is as long as the windows
    reach, once, not once per tap. Filters that are no constants are copied with the result's last
    loop innermost.

    ```mlir
    %w = transformer.windows %x dims [1, 5, 8, 3] map affine_map<(b, t, c, k) -> (b, c, t + k)> low [0, 0, 1]
    ```
    becomes
    ```mlir
    %p = transformer.windows %x dims [1, 8, 7] map affine_map<(b, c, t) -> (b, c, t)> low [0, 0, 1]
    %w = transformer.windows %p dims [1, 5, 8, 3] map affine_map<(b, t, c, k) -> (b, c, t + k)>
    ```

    Places further apart than a window is long, and very long windows, are left: their border is
    checked element by element.
  }];
  let statistics = [Statistic<"copies", "copies", "inputs copied">,
                    Statistic<"declined", "declined", "windows whose border is too wide to copy">];
}

def VerifyGraphFormPass : Pass<"verify-graph-form", "::mlir::ModuleOp"> {
  let summary = "the door of the graph form: names what may not remain";
  let description = [{
    What may remain: transformer ops, tensor constants, `onnx.node` with an operator that has a
    plain lowering, `func.func` with one `return`. Types are signless, every value has a
    symbolic shape that its type agrees with.
  }];
  let options = [ListOption<"operators", "operators", "std::string",
                            "operators that onnx.node may have (default domain)">];
}

#endif
