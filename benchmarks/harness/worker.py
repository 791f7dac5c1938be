"""One engine in a process of its own, told by lines of JSON on its input what to do.

    {"do": "load", "engine", "model", "threads", "feeds": {name: file}, "library"}
    {"do": "save", "folder"}    runs once, writes output_0.npy, …
    {"do": "time", "seconds"}   -> {"samples": [milliseconds per run, …]}

Each is answered by one line: what it returns, or {"error": text}. Between two lines the process
waits; the driver stops it then, so that no thread of it spins while another engine is timed.
"""

import ctypes
import gc
import json
import os
import pathlib
import signal
import sys
import time

import numpy as np

from . import engines

WARM_SECONDS = 0.02  # what is timed follows this much running, or one run
SLOW_RUN = 0.1  # a run this long needs no warming up: it is a sample itself
LEAST_SAMPLES = 3
BATCH_SECONDS = 0.002  # short runs are timed together, so that the clock costs nothing


def timed(run, count):
    """Seconds per run."""
    start = time.perf_counter()
    for _ in range(count):
        run()
    return (time.perf_counter() - start) / count


def samples(run, seconds):
    """Milliseconds per run, for about `seconds`, after a warm-up."""
    found = []
    first = timed(run, 1)
    if first >= SLOW_RUN:
        found.append(first)
        each = first
    else:
        count = max(1, int(WARM_SECONDS / max(first, 1e-7)))
        each = timed(run, min(count, 1000))
    batch = max(1, int(BATCH_SECONDS / max(each, 1e-7)))
    end = time.perf_counter() + seconds - sum(found)
    limit = end + 3 * seconds
    while time.perf_counter() < end or (len(found) < LEAST_SAMPLES and time.perf_counter() < limit):
        found.append(timed(run, batch))
    return [float(f"{sample * 1e3:.4g}") for sample in found]


class Worker:
    """What the lines ask for."""

    def load(self, engine, model, threads, feeds, library):
        arrays = {name: np.load(file) for name, file in feeds.items()}
        start = time.perf_counter()
        self.engine = engines.ENGINES[engine](model, threads, arrays, library)
        return {"load_ms": (time.perf_counter() - start) * 1e3}

    def save(self, folder):
        self.engine.run()
        for number, array in enumerate(self.engine.outputs()):
            np.save(pathlib.Path(folder) / f"output_{number}.npy", array)
        return {}

    def time(self, seconds):
        gc.collect()
        gc.disable()
        return {"samples": samples(self.engine.run, seconds)}


def answer(worker, line):
    request = json.loads(line)
    try:
        return getattr(worker, request.pop("do"))(**request)
    except Exception as error:  # an engine may raise anything; its words are the answer
        return {"error": " ".join(str(error).split())[:500] or type(error).__name__}


def main():
    # A stopped process would outlive a driver that is killed.
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    # Engines print what they like; answers go where only the driver reads.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = Worker()
    for line in sys.stdin:
        print(json.dumps(answer(worker, line)), file=answers, flush=True)


if __name__ == "__main__":
    main()
