#!/usr/bin/env python3
"""Embeds a few sentences with an attune artefact of MiniLM, next to ONNX Runtime.

    embed.py --attune BIN --artifact FILE --model FILE --tokenizer FILE

Prints both tables of cosine similarities, the largest difference and both times; exits 1
when the difference exceeds 1e-5 of the largest magnitude.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

SENTENCES = [
    "The cat sits outside on the warm stones.",
    "A kitten is resting in the sun.",
    "He plays the guitar in a small band.",
    "The new film was far too long, and the ending made no sense to anybody I asked.",
    "What is the fastest way to the station?",
    "How do I get to the railway station quickly?",
]
TOLERANCE = 1e-5
RUNS = 20


def tokenize(path):
    """input_ids and attention_mask, padded to the longest sentence."""
    tokenizer = Tokenizer.from_file(path)
    tokenizer.enable_truncation(max_length=256)
    tokenizer.enable_padding()
    encoded = tokenizer.encode_batch(SENTENCES)
    return {
        "input_ids": np.array([e.ids for e in encoded], np.int64),
        "attention_mask": np.array([e.attention_mask for e in encoded], np.int64),
    }


def call(command):
    """Runs a command; on failure leaves with its last line."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().split("\n")
        sys.exit(f"{' '.join(command[:2])} failed with {done.returncode}: {lines[-1]}")
    return done.stdout


def with_attune(attune, artifact, feeds, threads):
    """The artefact's output and its median time in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        inputs = []
        for name, values in feeds.items():
            np.save(os.path.join(folder, f"{name}.npy"), values)
            inputs += ["--input", f"{name}={folder}/{name}.npy"]
        inputs += ["--threads", str(threads)]
        call([attune, "run", artifact, *inputs, "--output-dir", f"{folder}/out"])
        hidden = np.load(os.path.join(folder, "out", "out.npy"))
        timing = json.loads(call([attune, "bench", artifact, *inputs, "--json"]))
    return hidden, timing["median_ms"]


def with_onnxruntime(model, feeds, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        (hidden,) = session.run(None, feeds)
        times.append(time.perf_counter() - start)
    return hidden, float(np.median(times)) * 1000


def embed(hidden, mask):
    """The mean over the tokens that are not padding, at length one."""
    mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def show(ours, theirs):
    for number, sentence in enumerate(SENTENCES, 1):
        print(f"  {number}  {sentence}")
    columns = "".join(f"{n:8}" for n in range(1, len(SENTENCES) + 1))
    print(f"\n     {'attune':{len(columns)}}     ONNX Runtime\n     {columns}     {columns}")
    for number, (a, b) in enumerate(zip(ours, theirs), 1):
        left, right = ("".join(f"{v:8.4f}" for v in row) for row in (a, b))
        print(f"  {number}  {left}     {right}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("attune", "artifact", "model", "tokenizer"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    args = parser.parse_args()
    feeds = tokenize(args.tokenizer)
    ours, our_time = with_attune(args.attune, args.artifact, feeds, args.threads)
    theirs, their_time = with_onnxruntime(args.model, feeds, args.threads)
    if ours.shape != theirs.shape or not np.isfinite(ours).all():
        sys.exit(f"attune gave {ours.shape}, ONNX Runtime {theirs.shape}, or not all is finite")
    a, b = (embed(hidden, feeds["attention_mask"]) for hidden in (ours, theirs))
    show(a @ a.T, b @ b.T)
    worst = max(np.abs(x - y).max() / np.abs(y).max() for x, y in ((ours, theirs), (a, b)))
    batch, seq = feeds["input_ids"].shape
    print(f"\n  largest difference: {worst:.2e} of the largest magnitude (allowed {TOLERANCE:.0e})")
    print(f"  time at batch {batch}, sequence {seq}, {args.threads} threads: "
          f"attune {our_time:.2f} ms, ONNX Runtime {their_time:.2f} ms")
    if worst > TOLERANCE:
        sys.exit(f"attune differs from ONNX Runtime by {worst:.2e}, more than {TOLERANCE:.0e}")


if __name__ == "__main__":
    main()
