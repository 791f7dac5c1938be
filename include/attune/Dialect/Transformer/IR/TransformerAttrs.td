// Attributes of the transformer dialect: weights by reference, masks, kinds.
#ifndef ATTUNE_DIALECT_TRANSFORMER_IR_TRANSFORMERATTRS_TD
#define ATTUNE_DIALECT_TRANSFORMER_IR_TRANSFORMERATTRS_TD

include "attune/Dialect/Transformer/IR/TransformerDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/EnumAttr.td"

class Transformer_Enum<string name, string summary, list<I32EnumCase> cases>
    : I32Enum<name, summary, cases> {
  let cppNamespace = "::attune::transformer";
}
class Transformer_EnumAttr<string mnemonic, EnumInfo info>
    : EnumAttr<Transformer_Dialect, info, mnemonic> {
  let assemblyFormat = "`<` $value `>`";
}

def Transformer_ReductionKind : Transformer_Enum<"ReductionKind", "how a reduction combines", [
    I32EnumCase<"Sum", 0, "sum">, I32EnumCase<"Prod", 1, "prod">,
    I32EnumCase<"Max", 2, "max">, I32EnumCase<"Min", 3, "min">]>;
def Transformer_ReductionKindAttr
    : Transformer_EnumAttr<"reduction", Transformer_ReductionKind>;

def Transformer_ActivationKind : Transformer_Enum<"ActivationKind", "scalar activation functions", [
    I32EnumCase<"Relu", 0, "relu">, I32EnumCase<"Gelu", 1, "gelu">,
    I32EnumCase<"GeluTanh", 2, "gelu_tanh">, I32EnumCase<"Silu", 3, "silu">,
    I32EnumCase<"Sigmoid", 4, "sigmoid">, I32EnumCase<"Tanh", 5, "tanh">]>;
def Transformer_ActivationKindAttr
    : Transformer_EnumAttr<"activation_kind", Transformer_ActivationKind>;

def Transformer_NormKind : Transformer_Enum<"NormKind", "what a norm removes", [
    I32EnumCase<"Layer", 0, "layer">, I32EnumCase<"Rms", 1, "rms">]>;
def Transformer_NormKindAttr : Transformer_EnumAttr<"norm_kind", Transformer_NormKind>;

def Transformer_DeadRows : Transformer_Enum<"DeadRows", "what a row without a live key gives", [
    I32EnumCase<"Nan", 0, "nan">, I32EnumCase<"Zero", 1, "zero">, I32EnumCase<"Mean", 2, "mean">]>;
def Transformer_DeadRowsAttr : Transformer_EnumAttr<"dead_rows", Transformer_DeadRows>;

class Transformer_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<Transformer_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def Transformer_WeightAttr : Transformer_Attr<"Weight", "weight", [TypedAttrInterface]> {
  let summary = "a tensor whose bytes stay in their file";
  let description = [{
    `bytes` bytes at `offset` of `file` (relative to the module's `attune.source`), little
    endian and row-major, of type `source`. `hash` is the xxh3-64 of those bytes, in
    hexadecimal: equal weights have equal hashes and sizes. `recipe` lists the steps that
    make the value that the op has: `#transformer.permute`, `#transformer.scale`,
    `#transformer.panels`.
  }];
  let parameters = (ins
    StringRefParameter<"file name">:$file, "uint64_t":$offset, "uint64_t":$bytes,
    StringRefParameter<"xxh3-64 of the bytes">:$hash,
    "::mlir::RankedTensorType":$source,
    OptionalArrayRefParameter<"::mlir::Attribute">:$recipe);
  let assemblyFormat = [{
    `<` struct($file, $offset, $bytes, $hash, $source) (`,` `recipe` `=` `[` $recipe^ `]`)? `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The type after the recipe.
    ::mlir::RankedTensorType getResultType() const;
    /// The same, for TypedAttr.
    ::mlir::Type getType() const { return getResultType(); }
    /// The same bytes with one more step.
    WeightAttr append(::mlir::Attribute step);
  }];
}

def Transformer_PermuteAttr : Transformer_Attr<"Permute", "permute"> {
  let summary = "recipe step: result dimension i is source dimension perm[i]";
  let parameters = (ins ArrayRefParameter<"int64_t">:$perm);
  let assemblyFormat = "`<` $perm `>`";
}

def Transformer_ScaleAttr : Transformer_Attr<"Scale", "scale"> {
  let summary = "recipe step: multiply each element by a constant";
  let parameters = (ins "::mlir::FloatAttr":$factor);
  let assemblyFormat = "`<` $factor `>`";
}

def Transformer_PanelsAttr : Transformer_Attr<"Panels", "panels"> {
  let summary = "recipe step, the last to move elements: columns packed in panels";
  let description = [{
    A tensor [.., K, N] becomes [.., ⌈N / width⌉, K, width]: element (k, n) is at
    (n / width, k, n mod width), and the last panel is filled up with zeros. This is
    `linalg.pack outer_dims_perm = [.., 1, 0] inner_dims_pos = [1] inner_tiles = [width]`.
    K stands for `depth` dimensions, one if it is not given.
  }];
  let parameters = (ins "int64_t":$width, DefaultValuedParameter<"int64_t", "1">:$depth);
  let assemblyFormat = "`<` $width (`,` `depth` `=` $depth^)? `>`";
}

def Transformer_MaskAttr : Transformer_Attr<"Mask", "mask"> {
  let summary = "which keys a query sees: a conjunction in the grammar of explain";
  let description = [{
    `none`, or terms joined by `and`. Of key j and query i, with E and N symbolic expressions in
    quotes:

    `causal`: j ≤ i; `causal(offset = E)`: j ≤ i + E;
    `window(left = N, right = N)`: i − left ≤ j ≤ i + right; `causal` in place of `right` is
    `right = "0"`; without `right` there is no upper bound; with `offset = E`, i + E is in place
    of i;
    with `positions = operand` at its end, any of these has p(i) in place of i, from an operand of
    integers over batch and query;
    `padding(keys)`: an operand of shape [batch, keys]; a key is live where it is not zero;
    `tensor`: an operand broadcast to [batch, head, query, key]; live where true.

    Causal masks and windows are kept as a band: i + `lower` ≤ j ≤ i + `upper`; an empty text is
    no bound. All terms of a band have one i.
  }];
  let parameters = (ins StringRefParameter<"lower bound of key − query, or empty">:$lower,
                        StringRefParameter<"upper bound of key − query, or empty">:$upper,
                        "bool":$padding, "bool":$tensor,
                        "bool":$positions);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    /// Whether every query sees every key.
    bool isNone() const { return !isBand() && !getPadding() && !getTensor(); }
    /// Whether key − query is bounded.
    bool isBand() const { return !getLower().empty() || !getUpper().empty(); }
    /// The bounds as `dims` has extents: an i64 integer (it may be negative), or a string; null
    /// where there is none.
    ::mlir::Attribute getLowerExtent() const;
    ::mlir::Attribute getUpperExtent() const;
    /// The conjunction without quotes, "" for none: `window(left=4, causal) & padding(keys)`; what
    /// is known of its tensor stands for `tensor`.
    std::string describe(::llvm::StringRef tensor = "tensor") const;
  }];
}

#endif
