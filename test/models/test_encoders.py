"""Whole encoders against ONNX Runtime: one artefact for every batch and sequence."""

import json
import os
import shutil

import numpy as np
import pytest

from token_feeds import token_feeds

# Of the largest magnitude: float32 sums of up to 3072 terms in another order.
TOLERANCE = 1e-4
SHAPES = [(1, 1), (1, 16), (2, 77), (8, 128), (3, 511)]


def agree(model, feeds):
    ours, theirs = model.run(feeds), model.reference(feeds)
    for name, want in theirs.items():
        got = ours[name]
        assert got.shape == want.shape and got.dtype == want.dtype
        assert np.isfinite(got).all()
        difference = np.abs(got - want).max() / np.abs(want).max()
        assert difference <= TOLERANCE, f"{name}: {difference:.2e} of the largest magnitude"


@pytest.mark.parametrize("batch,seq", SHAPES)
def test_minilm(minilm, batch, seq):
    agree(minilm, token_feeds(batch, seq, 30522))


@pytest.mark.parametrize("batch,seq", [(1, 16), (2, 77)])
def test_seeded_minilm(seeded_minilm, batch, seq):
    agree(seeded_minilm, token_feeds(batch, seq, 30522, seed=1))


@pytest.mark.parametrize("batch,seq", SHAPES)
def test_bert_base(bert_base, batch, seq):
    agree(bert_base, token_feeds(batch, seq, 4096))


@pytest.mark.parametrize("batch,seq", [(1, 1), (1, 2), (3, 7), (5, 40)])
def test_odd_sizes(odd_encoder, batch, seq):
    agree(odd_encoder, token_feeds(batch, seq, 101))


def test_rows_of_padding_only(odd_encoder):
    """A row with no live key gives what the graph gives: the uniform mean of finite masks."""
    feeds = token_feeds(3, 9, 101)
    feeds["attention_mask"][1] = 0
    agree(odd_encoder, feeds)


def test_padding_on_the_left_and_holes(odd_encoder):
    feeds = token_feeds(2, 12, 101)
    feeds["attention_mask"] = np.array([[0, 0, 0] + [1] * 9, [1, 0] * 6], np.int64)
    agree(odd_encoder, feeds)


def test_threads_give_the_same_bits(odd_encoder):
    feeds = token_feeds(4, 33, 101)
    one, two = odd_encoder.run(feeds, threads=1), odd_encoder.run(feeds, threads=2)
    assert all(one[name].tobytes() == two[name].tobytes() for name in one)


def test_compiling_again_gives_the_same_bytes(odd_encoder, attune, tmp_path):
    """In another folder and on one core."""
    for name in ("model.onnx", "weights.bin"):
        shutil.copy(os.path.join(odd_encoder.folder, name), tmp_path / name)
    again = tmp_path / "again.attune"
    one_core = {min(os.sched_getaffinity(0))}
    attune.ok("compile", tmp_path / "model.onnx", "-o", again,
              preexec_fn=lambda: os.sched_setaffinity(0, one_core))
    with open(odd_encoder.artifact, "rb") as f:
        assert f.read() == again.read_bytes()


@pytest.mark.parametrize("form", ["onnx", "graph", "tensor"])
def test_every_printed_form_compiles_to_the_same_artifact(odd_encoder, attune, tmp_path, form):
    printed = os.path.join(odd_encoder.folder, f"{form}.mlir")
    attune.ok("compile", odd_encoder.model, f"--emit={form}", "-o", printed)
    again = tmp_path / "again.attune"
    attune.ok("compile", printed, "-o", again)
    with open(odd_encoder.artifact, "rb") as f:
        assert f.read() == again.read_bytes()


def test_a_sequence_longer_than_the_positions_is_refused(odd_encoder, attune, tmp_path):
    feeds = token_feeds(1, 41, 101)
    args = []
    for name, values in feeds.items():
        np.save(tmp_path / f"{name}.npy", values)
        args += ["--input", f"{name}={tmp_path / name}.npy"]
    done = attune("run", odd_encoder.artifact, *args)
    assert done.returncode == 2, done.stderr
    assert "seq" in done.stderr or "input" in done.stderr


def test_steady_state_allocates_nothing(odd_encoder, attune):
    done = attune.ok("bench", odd_encoder.artifact, "--dim", "batch=2", "--dim", "seq=16", "--json")
    counters = json.loads(done.stdout)["counters"]
    allocations = {k: v for k, v in counters.items() if "alloc" in k}
    assert allocations and not any(allocations.values()), counters
