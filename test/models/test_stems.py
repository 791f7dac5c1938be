"""Encoders with convolutional stems against ONNX Runtime: one artefact for every batch and image."""

import json

import build_stems
import numpy as np
import pytest
from conftest import Compiled
from test_encoders import agree


@pytest.fixture(scope="module")
def make(attune, tmp_path_factory):
    def compile_stem(config, shape, stem, *sizes):
        folder = str(tmp_path_factory.mktemp(stem))
        return Compiled(attune, folder, build_stems.build(folder, config, shape, stem, *sizes))

    return compile_stem


@pytest.fixture(scope="module")
def vit(make):
    """ViT-base's sizes, two layers of them."""
    return make(build_stems.Config(hidden=768, heads=12), ["batch", 3, 224, 224], "vit", 224, 16)


@pytest.fixture(scope="module")
def whisper(make):
    """Whisper-tiny's sizes, two layers of them."""
    return make(build_stems.Config(), ["batch", 80, 3000], "whisper", 80, 3000)


@pytest.fixture(scope="module")
def odd(make):
    """Sizes that are no multiple of any vector or tile; patches that leave a rest of the image."""
    config = build_stems.Config(hidden=90, heads=5)
    return {"vit": make(config, ["batch", 3, 33, 33], "vit", 33, 5),
            "whisper": make(config, ["batch", 7, 61], "whisper", 7, 61)}


@pytest.fixture(scope="module")
def convnext(make):
    return make(build_stems.Config(hidden=72), ["batch", 3, "height", "width"], "convnext")


def image(*shape):
    return {"x": np.random.default_rng(shape).standard_normal(shape, np.float32)}


def dispatches(model, attune, **dims):
    """How many dispatches of each root a run has."""
    sizes = [part for name, size in dims.items() for part in ("--dim", f"{name}={size}")]
    found = json.loads(attune.ok("bench", model.artifact, *sizes, "--runs", 1, "--profile", "--json").stdout)
    roots = {}
    for each in found["dispatches"]:
        roots[each["root"]] = roots.get(each["root"], 0) + each["calls"]
    return roots


@pytest.mark.parametrize("batch", [1, 2])
def test_vit(vit, batch):
    agree(vit, image(batch, 3, 224, 224))


@pytest.mark.parametrize("batch", [1, 2])
def test_whisper(whisper, batch):
    agree(whisper, image(batch, 80, 3000))


@pytest.mark.parametrize("batch", [1, 3])
def test_odd_sizes(odd, batch):
    agree(odd["vit"], image(batch, 3, 33, 33))
    agree(odd["whisper"], image(batch, 7, 61))


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 35, 62), (1, 64, 96)])
def test_convnext(convnext, shape):
    agree(convnext, image(shape[0], 3, *shape[1:]))


def test_patches_are_read_where_they_lie(vit, attune):
    """No windows, no transposes: what maps there are expand the class token and add positions."""
    roots = dispatches(vit, attune, batch=1)
    assert "transformer.windows" not in roots and roots["transformer.map"] <= 2, roots


def test_windows_copy_their_border_and_no_more(whisper, attune):
    """GELUs and positions are epilogues; both transposes cancel."""
    roots = dispatches(whisper, attune, batch=1)
    assert roots["transformer.windows"] == 2 and "transformer.map" not in roots, roots


def test_channels_stay_last(convnext, attune):
    """Of a block, the depthwise convolution's border is the only copy."""
    roots = dispatches(convnext, attune, batch=1, height=64, width=64)
    assert roots["transformer.windows"] == 2, roots
    assert roots.get("transformer.map", 0) <= 1, roots


def test_threads_give_the_same_bits(odd):
    for model, feeds in ((odd["vit"], image(2, 3, 33, 33)), (odd["whisper"], image(2, 7, 61))):
        one, two = model.run(feeds, threads=1), model.run(feeds, threads=2)
        assert one["out"].tobytes() == two["out"].tobytes()
