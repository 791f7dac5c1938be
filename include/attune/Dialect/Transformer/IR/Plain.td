// The plain family: map, reduce, contract, windows, softmax, reshape, caches, weights and shapes as
// tensors.
#ifndef ATTUNE_DIALECT_TRANSFORMER_IR_PLAIN_TD
#define ATTUNE_DIALECT_TRANSFORMER_IR_PLAIN_TD

include "attune/Dialect/Transformer/IR/TransformerAttrs.td"
include "attune/Dialect/Transformer/IR/TransformerInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Transformer_IndexedOp<string mnemonic, list<Trait> traits = []>
    : Transformer_Op<mnemonic, !listconcat([Pure,
        DeclareOpInterfaceMethods<Transformer_IndexedOpInterface>,
        DeclareOpInterfaceMethods<Transformer_SymbolicShapeInterface>,
        SingleBlockImplicitTerminator<"::attune::transformer::YieldOp">], traits)> {
  let hasVerifier = 1;
}

def Transformer_MapOp : Transformer_IndexedOp<"map"> {
  let summary = "an elementwise function over a loop nest";
  let description = [{
    result[d0, …, dn] = region(operand_i[map_i(d0, …, dn)], …); the result is indexed by all
    loops in order. The region is scalar: arith, math, `transformer.index`,
    `transformer.activation`. Transposes, broadcasts, unsqueezes, iotas are maps.

    ```mlir
    %y = transformer.map (%x, %b : tensor<?x384xf32>, tensor<384xf32>)
        dims ["batch * seq", 384] maps [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>] {
    ^bb0(%xe: f32, %be: f32):
      %s = arith.addf %xe, %be : f32
      transformer.yield %s : f32
    } -> tensor<?x384xf32>
    ```
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$inputs, ArrayAttr:$dims,
                       AffineMapArrayAttr:$input_maps);
  let results = (outs AnyRankedTensor:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `(` ($inputs^ `:` type($inputs))? `)` `dims` $dims `maps` $input_maps attr-dict-with-keyword
    $body `->` type($result)
  }];
  let hasFolder = 1;
}

def Transformer_ReduceOp : Transformer_IndexedOp<"reduce"> {
  let summary = "a reduction of an elementwise function";
  let description = [{
    result[out_map(d)] = kind over the loops that `out_map` does not name of
    region(operand_i[map_i(d)], …). `out_map` lists loops in increasing order, with constant
    zeros for kept unit dimensions. An empty reduction gives the kind's neutral element.
    Sums accumulate in the yielded type.
  }];
  let arguments = (ins Transformer_ReductionKindAttr:$kind, Variadic<AnyRankedTensor>:$inputs,
                       ArrayAttr:$dims, AffineMapArrayAttr:$input_maps, AffineMapAttr:$out_map);
  let results = (outs AnyRankedTensor:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $kind `(` ($inputs^ `:` type($inputs))? `)` `dims` $dims `maps` $input_maps `to` $out_map
    attr-dict-with-keyword $body `->` type($result)
  }];
}

def Transformer_ContractOp : Transformer_IndexedOp<"contract"> {
  let summary = "a sum of products, and an elementwise epilogue";
  let description = [{
    acc[out_map(d)] = Σ lhs[lhs_map(d)] · rhs[rhs_map(d)] over the loops that `out_map` does
    not name; result[out_map(d)] = region(acc, extra_i[extra_map_i(d)], …). Extra operands
    are indexed by loops of `out_map` only. The products accumulate in the result's type.

    ```mlir
    %y = transformer.contract (%x, %w : tensor<?x384xf32>, tensor<384x1536xf32>)
        extra (%b : tensor<1536xf32>) dims ["batch * seq", 1536, 384]
        maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
              affine_map<(m, n, k) -> (n)>] to affine_map<(m, n, k) -> (m, n)> {
    ^bb0(%acc: f32, %be: f32):
      %s = arith.addf %acc, %be : f32
      transformer.yield %s : f32
    } -> tensor<?x1536xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$lhs, AnyRankedTensor:$rhs,
                       Variadic<AnyRankedTensor>:$extra, ArrayAttr:$dims,
                       AffineMapArrayAttr:$input_maps, AffineMapAttr:$out_map);
  let results = (outs AnyRankedTensor:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `(` $lhs `,` $rhs `:` type($lhs) `,` type($rhs) `)` (`extra` `(` $extra^ `:` type($extra) `)`)?
    `dims` $dims `maps` $input_maps `to` $out_map attr-dict-with-keyword $body `->` type($result)
  }];
}

def Transformer_SoftmaxOp : Transformer_Op<"softmax", [Pure, AllTypesMatch<["input", "result"]>,
    DeclareOpInterfaceMethods<Transformer_SymbolicShapeInterface>]> {
  let summary = "softmax along one axis, with the maximum subtracted";
  let description = [{
    y = exp(x − max x) / Σ exp(x − max x) along `axis` (non-negative). A row of −inf gives NaN,
    as ONNX's Softmax does.
  }];
  let arguments = (ins AnyRankedTensor:$input, I64Attr:$axis, ArrayAttr:$dims);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `axis` $axis `dims` $dims attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def Transformer_ReshapeOp : Transformer_Op<"reshape", [Pure,
    DeclareOpInterfaceMethods<Transformer_SymbolicShapeInterface>]> {
  let summary = "the same elements in row-major order under another shape";
  let description = [{
    `dims` is the result's symbolic shape; it has as many elements as the input (proved, or
    guarded at the model's door). Never a copy.
  }];
  let arguments = (ins AnyRankedTensor:$input, ArrayAttr:$dims);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `dims` $dims attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Transformer_WindowsOp : Transformer_Op<"windows", [Pure,
    DeclareOpInterfaceMethods<Transformer_SymbolicShapeInterface>]> {
  let summary = "a tensor seen through windows that overlap, stride and dilate";
  let description = [{
    result[d] = input[map(d)], where each position that `map` gives is a sum of loops with
    positive factors: a window's place times the stride plus the tap times the dilation. `dims` are
    the result's extents. Without `low`, every position lies in the input (proved, or guarded at the
    model's door), and a contraction reads the input in place: the result is never made. With
    `low`, the input has that many zeros in front of each dimension, and as many as are needed
    behind: result[d] = input[map(d) − low], or zero outside.

    ```mlir
    %w = transformer.windows %x dims ["batch", "n", 80, 3]
        map affine_map<(b, t, c, k) -> (b, c, t + k)> low [0, 0, 1]
        : tensor<?x80x?xf32> -> tensor<?x?x80x3xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input, ArrayAttr:$dims, AffineMapAttr:$map,
                       OptionalAttr<ArrayAttr>:$low);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `dims` $dims `map` $map (`low` $low^)? attr-dict `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Transformer_CacheAppendOp : Transformer_Op<"cache_append", [Pure,
    AllElementTypesMatch<["past", "fresh", "result"]>, AllRanksMatch<["past", "fresh", "result"]>,
    DeclareOpInterfaceMethods<Transformer_SymbolicShapeInterface>]> {
  let summary = "a cache with new rows, from a place of each sequence on";
  let description = [{
    With i the index along `axis`, b the first one, and n = i − start[b]: result[b, …, i, …] is
    fresh[b, …, n, …] where 0 ≤ n < the rows of `fresh`, elsewhere past[b, …, i, …], and zero
    behind the last row of `past`. In a `ring`, n counts modulo the result's rows. This is ONNX's
    TensorScatter (opset 24), and how GroupQueryAttention keeps keys and values.

    ```mlir
    %present = transformer.cache_append %past, %new at %start axis 2 dims ["batch", 4, 1024, 64]
        : tensor<?x4x1024x64xf32>, tensor<?x4x?x64xf32>, tensor<?xi64> -> tensor<?x4x1024x64xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$past, AnyRankedTensor:$fresh,
                       1DTensorOf<[I64]>:$start, I64Attr:$axis, UnitAttr:$ring, ArrayAttr:$dims);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $past `,` $fresh `at` $start `axis` $axis (`ring` $ring^)? `dims` $dims attr-dict
    `:` type($past) `,` type($fresh) `,` type($start) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Transformer_WeightOp : Transformer_Op<"weight", [Pure,
    DeclareOpInterfaceMethods<Transformer_SymbolicShapeInterface>]> {
  let summary = "a tensor of the model by reference";
  let arguments = (ins Transformer_WeightAttr:$value);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Transformer_ShapeOp : Transformer_Op<"shape", [Pure,
    DeclareOpInterfaceMethods<Transformer_SymbolicShapeInterface>]> {
  let summary = "symbolic sizes as an integer tensor";
  let description = [{
    `elements` lists the result's elements (row-major) as `dims` lists extents. Used where a
    graph computes with sizes as data.
  }];
  let arguments = (ins ArrayAttr:$elements);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$elements attr-dict `:` type($result)";
  let hasVerifier = 1;
}

// Inside scalar regions.

def Transformer_IndexOp : Transformer_Op<"index", [Pure]> {
  let summary = "the value of loop `dim` of the enclosing op";
  let arguments = (ins I64Attr:$dim);
  let results = (outs Index:$result);
  let assemblyFormat = "$dim attr-dict";
}

def Transformer_ActivationOp : Transformer_Op<"activation", [Pure, SameOperandsAndResultType]> {
  let summary = "a scalar activation function, by name";
  let description = [{
    `gelu` is x/2 · (1 + erf(x/√2)) (Hendrycks and Gimpel 2016, eq. 2), `gelu_tanh` its tanh
    form, `silu` is x · sigmoid(x).
  }];
  let arguments = (ins Transformer_ActivationKindAttr:$kind, AnyFloat:$input);
  let results = (outs AnyFloat:$result);
  let assemblyFormat = "$kind $input attr-dict `:` type($input)";
}

def Transformer_YieldOp : Transformer_Op<"yield", [Pure, Terminator,
    ParentOneOf<["MapOp", "ReduceOp", "ContractOp"]>]> {
  let summary = "the value of a scalar region";
  let arguments = (ins Variadic<AnyType>:$operands);
  let builders = [OpBuilder<(ins), [{ (void)$_state; }]>];
  let assemblyFormat = "($operands^ `:` type($operands))? attr-dict";
}

#endif
