#!/usr/bin/env python3
"""Times attune next to ONNX Runtime, in turns within one run, on the same inputs.

benchmarks/run.py MODEL.onnx [--cells 1x16,1x128] [--threads 1,2] [--rounds 5] [--json FILE]

MODEL takes integer inputs of shape [batch, seq]; inputs named like a mask are ones. Each round
times both sides once (median of several runs); a cell's ratio is ONNX Runtime's time over
attune's, the median over the rounds. Results are compared before anything is timed.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime

ATTUNE = pathlib.Path(__file__).resolve().parents[1] / "build" / "bin" / "attune"
TOLERANCE = 1e-4  # of the largest magnitude; f32 sums in another order


def make_feeds(session, batch, seq):
    rng = np.random.default_rng(0)
    feeds = {}
    for value in session.get_inputs():
        ones = "mask" in value.name
        data = np.ones((batch, seq)) if ones else rng.integers(0, 1000, (batch, seq))
        feeds[value.name] = data.astype(np.int64)
    return feeds


def attune(verb, artifact, files, *flags):
    command = [ATTUNE, verb, artifact, *flags]
    for name, path in files.items():
        command += ["--input", f"{name}={path}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"attune {verb}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def time_peer(session, feeds, runs):
    times = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        session.run(None, feeds)
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times[1:])


def check(session, feeds, artifact, files, folder):
    attune("run", artifact, files, "--output-dir", folder)
    worst = 0.0
    for value, want in zip(session.get_outputs(), session.run(None, feeds)):
        got = np.load(pathlib.Path(folder) / f"{value.name}.npy")
        worst = max(worst, float(np.abs(got - want).max() / np.abs(want).max()))
    if worst > TOLERANCE:
        sys.exit(f"results differ by {worst:.2e} of the largest magnitude")
    return worst


def run_cell(model, artifact, batch, seq, threads, rounds, folder):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feeds = make_feeds(session, batch, seq)
    files = {}
    for name, data in feeds.items():
        files[name] = str(pathlib.Path(folder) / f"{name}.npy")
        np.save(files[name], data)
    error = check(session, feeds, artifact, files, folder)
    runs = max(3, min(50, int(2000 / max(1.0, time_peer(session, feeds, 1)))))
    mine, theirs = [], []
    for _ in range(rounds):
        text = attune("bench", artifact, files, "--json", "--threads", str(threads),
                      "--runs", str(runs))
        mine.append(json.loads(text)["median_ms"])
        theirs.append(time_peer(session, feeds, runs))
    ratio = statistics.median(t / m for t, m in zip(theirs, mine))
    return {"batch": batch, "seq": seq, "threads": threads, "error": error, "ratio": ratio,
            "attune_ms": statistics.median(mine), "onnxruntime_ms": statistics.median(theirs)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--cells", default="1x16,1x128,8x128")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json")
    args = parser.parse_args()
    cells = []
    with tempfile.TemporaryDirectory() as folder:
        artifact = str(pathlib.Path(folder) / "model.attune")
        subprocess.run([ATTUNE, "compile", "-q", args.model, "-o", artifact], check=True)
        print("| batch x seq | threads | attune ms | ONNX Runtime ms | ratio | difference |")
        print("|---|---|---|---|---|---|")
        for cell in args.cells.split(","):
            batch, seq = map(int, cell.split("x"))
            for threads in map(int, args.threads.split(",")):
                row = run_cell(args.model, artifact, batch, seq, threads, args.rounds, folder)
                cells.append(row)
                print(f"| {batch} x {seq} | {threads} | {row['attune_ms']:.2f} | "
                      f"{row['onnxruntime_ms']:.2f} | {row['ratio']:.2f} | {row['error']:.1e} |",
                      flush=True)
    ratios = [cell["ratio"] for cell in cells]
    print(f"\ngeometric mean of the ratios: {statistics.geometric_mean(ratios):.2f}")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps({"schema": 1, "cells": cells}, indent=1))


main()
