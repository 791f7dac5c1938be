"""Encoders with convolutional stems as ONNX, node for node as PyTorch's exporter spells them: patches
of an image (ViT), windows of a spectrogram (Whisper), and convolutions all the way (ConvNeXt)."""

import os
from dataclasses import dataclass

import numpy as np
import onnx
from build_model import Writer
from onnx import TensorProto, helper


@dataclass
class Config:
    layers: int = 2
    hidden: int = 384
    heads: int = 6
    epsilon: float = 1e-5


class Encoder:
    """The graph, top to bottom; weights are drawn as they are asked for."""

    def __init__(self, config, writer, seed):
        self.config, self.w = config, writer
        self.generator = np.random.default_rng(seed)

    def drawn(self, name, shape, deviation, mean=0.0):
        values = self.generator.standard_normal(shape, np.float32) * np.float32(deviation)
        return self.w.weight(name, values + np.float32(mean))

    def conv(self, x, output, filters, channels, *taps, bias=True, **attributes):
        deviation = (channels * np.prod(taps)) ** -0.5
        inputs = [x, self.drawn(f"{output}_weight", (filters, channels, *taps), deviation)]
        if bias:
            inputs.append(self.drawn(f"{output}_bias", (filters,), 0.1))
        return self.w.node("Conv", inputs, output, kernel_shape=taps, **attributes)

    def linear(self, x, output, size, bias=True):
        product = self.w.node("MatMul", [x, self.drawn(f"{output}_weight", size, size[0] ** -0.5)], f"{output}_matmul")
        if not bias:
            return product
        return self.w.node("Add", [product, self.drawn(f"{output}_bias", (size[1],), 0.1)], output)

    def norm(self, x, output, size):
        parts = [self.drawn(f"{output}_scale", (size,), 0.1, 1.0), self.drawn(f"{output}_shift", (size,), 0.1)]
        return self.w.node("LayerNormalization", [x, *parts], output, axis=-1, epsilon=self.config.epsilon)

    def gelu(self, x, output):
        w = self.w
        scaled = w.node("Div", [x, w.constant("sqrt_2", 2**0.5, np.float32)], f"{output}_scaled")
        erf = w.node("Erf", [scaled], f"{output}_erf")
        erf = w.node("Add", [erf, w.constant("one", 1.0, np.float32)], f"{output}_plus")
        half = w.node("Mul", [w.constant("half", 0.5, np.float32), erf], f"{output}_half")
        return w.node("Mul", [x, half], output)

    def heads(self, x, output, bias=True):
        c = self.config
        split = self.linear(x, f"{output}_linear", (c.hidden, c.hidden), bias)
        shape = self.w.constant("split", [0, -1, c.heads, c.hidden // c.heads])
        split = self.w.node("Reshape", [split, shape], f"{output}_view")
        return self.w.node("Transpose", [split], output, perm=[0, 2, 1, 3])

    def layer(self, x, at, output):
        w, c = self.w, self.config
        normed = self.norm(x, f"{at}_norm", c.hidden)
        q, k, v = (self.heads(normed, f"{at}_{part}") for part in ("query", "key", "value"))
        k = w.node("Transpose", [k], f"{at}_key_t", perm=[0, 1, 3, 2])
        root = w.constant("root_of_scale", (c.hidden // c.heads) ** -0.25, np.float32)
        q, k = w.node("Mul", [q, root], f"{at}_query_scaled"), w.node("Mul", [k, root], f"{at}_key_scaled")
        weights = w.node("Softmax", [w.node("MatMul", [q, k], f"{at}_scores")], f"{at}_softmax", axis=-1)
        mixed = w.node("Transpose", [w.node("MatMul", [weights, v], f"{at}_mixed")], f"{at}_mixed_t", perm=[0, 2, 1, 3])
        mixed = w.node("Reshape", [mixed, w.constant("join", [0, 0, c.hidden])], f"{at}_joined")
        x = w.node("Add", [x, self.linear(mixed, f"{at}_attention", (c.hidden, c.hidden))], f"{at}_residual")
        up = self.linear(self.norm(x, f"{at}_norm_2", c.hidden), f"{at}_up", (c.hidden, 4 * c.hidden))
        down = self.linear(self.gelu(up, f"{at}_gelu"), f"{at}_down", (4 * c.hidden, c.hidden))
        return w.node("Add", [x, down], output)

    def layers(self, x):
        for n in range(self.config.layers):
            x = self.layer(x, f"l{n}", f"l{n}_out")
        self.norm(x, "out", self.config.hidden)

    def vit(self, side, patch):
        """Patches, a class token before them, positions."""
        w, c = self.w, self.config
        count = (side // patch) ** 2
        x = self.conv("x", "patches", c.hidden, 3, patch, patch, strides=[patch, patch])
        batch = w.node("Shape", ["x"], "batch", start=0, end=1)
        flat = w.node("Concat", [batch, w.constant("tokens", [c.hidden, count])], "flat_shape", axis=0)
        x = w.node("Transpose", [w.node("Reshape", [x, flat], "flat", allowzero=1)], "tokens_last", perm=[0, 2, 1])
        size = w.node("Concat", [batch, w.constant("one_token", [1, c.hidden])], "token_shape", axis=0)
        token = w.node("Expand", [self.drawn("token", (1, 1, c.hidden), 0.5), size], "tokens_first")
        x = w.node("Concat", [token, x], "all_tokens", axis=1)
        self.layers(w.node("Add", [x, self.drawn("positions", (1, count + 1, c.hidden), 0.5)], "placed"))

    def whisper(self, channels, length):
        """Two convolutions with a GELU behind each; the second halves the length."""
        w, c = self.w, self.config
        x = self.gelu(self.conv("x", "conv1", c.hidden, channels, 3, pads=[1, 1]), "gelu1")
        x = self.gelu(self.conv(x, "conv2", c.hidden, c.hidden, 3, pads=[1, 1], strides=[2]), "gelu2")
        x = w.node("Transpose", [x], "tokens", perm=[0, 2, 1])
        table = self.drawn("positions", ((length + 1) // 2, c.hidden), 0.5)
        places = w.weight("places", np.arange((length + 1) // 2, dtype=np.int64))
        self.layers(w.node("Add", [x, w.node("Gather", [table, places], "placed", axis=0)], "start"))

    def convnext(self):
        """Blocks of a depthwise convolution and two linear layers over channels, for any image."""
        w, c = self.w, self.config
        x = self.conv("x", "stem", c.hidden, 3, 4, 4, strides=[4, 4])
        for n in range(c.layers):
            at = f"b{n}"
            y = self.conv(x, f"{at}_depthwise", c.hidden, 1, 7, 7, pads=[3] * 4, group=c.hidden)
            y = w.node("Transpose", [y], f"{at}_last", perm=[0, 2, 3, 1])
            y = self.linear(self.norm(y, f"{at}_norm", c.hidden), f"{at}_up", (c.hidden, 4 * c.hidden))
            y = self.linear(self.gelu(y, f"{at}_gelu"), f"{at}_down", (4 * c.hidden, c.hidden))
            y = w.node("Transpose", [y], f"{at}_first", perm=[0, 3, 1, 2])
            x = w.node("Add", [x, y], f"{at}_out")
        x = self.conv(x, "downsample", 2 * c.hidden, c.hidden, 2, 2, strides=[2, 2], bias=False)
        x = w.node("GlobalAveragePool", [x], "pooled")
        w.node("Flatten", [x], "out")


def build(folder, config, shape, stem, *sizes, seed=0):
    """Writes model.onnx and weights.bin into `folder`; returns the model's path."""
    os.makedirs(folder, exist_ok=True)
    writer = Writer(folder, "weights.bin")
    with writer.weights:
        getattr(Encoder(config, writer, seed), stem)(*sizes)
    out = [None] * (2 if stem == "convnext" else 3)
    graph = helper.make_graph(
        writer.nodes, "main_graph", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, out)], writer.initializers)
    path = os.path.join(folder, "model.onnx")
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)
    return path
