"""Tiles of attention, as the kernels count them: what the mask leaves, at the size of the blocks.

A tile is a block of queries by a block of keys. The sizes of both are read off the schedules in
tensor form; which tiles live follows from the mask alone.
"""

import json
import re

import numpy as np
import pytest
from executors import graph_text, run, tool
from test_attention import attention, band

SIZES = [(1, 1), (2, 300), (1, 600), (16, 16), (17, 64), (64, 65), (200, 200), (129, 31), (40, 333), (300, 7), (5, 0), (0, 5)]
BANDS = ["causal", 'causal(offset = "kv - q")', 'causal(offset = "3")', 'causal(offset = "-70")',
         'window(left = "64", causal)', 'window(left = "33", right = "20")', 'window(left = "0", causal, offset = "kv - q")',
         'window(left = "-70")']
BATCH, HEADS, D, E = 2, 3, 8, 5
SCHEDULE = re.compile(r"#exec\.schedule<task = \[(\d+), (\d+)\] vector = \[\d+, (\d+)(?:, (\d+))?\] variant = \"(\w+)\">")


class Schedule:
    def __init__(self, task, keys, lanes, vectors=None):
        """Queries are in the lanes, or, without vectors of them, all in one block."""
        self.task, self.queries, self.keys, self.lanes = task, lanes * vectors if vectors else task, keys, lanes


def build(folder, mask, **operands):
    case = attention("tiles", "bhid", "bhjd", "bhje", "bhie", [], mask=mask, dead="zero", heads=HEADS,
                     d=D, e=E, **operands)
    (folder / "form.mlir").write_text(graph_text(case))
    attune = tool("attune", "ATTUNE")
    run([attune, "compile", "form.mlir", "-o", "case.attune"], folder)
    text = run([attune, "compile", "form.mlir", "--emit=tensor"], folder)
    schedules = {name: Schedule(*(int(size) for size in sizes if size)) for *sizes, name in SCHEDULE.findall(text)}
    assert set(schedules) == {"blocks", "few_queries", "decode"}
    return schedules


def bench(folder, q, kv, *flags):
    return json.loads(run([tool("attune", "ATTUNE"), "bench", "case.attune", "--runs", 1, "--warmup", 1, "--dim",
                           f"b={BATCH}", "--dim", f"q={q}", "--dim", f"kv={kv}", "--json", *flags], folder))


def live_tiles(schedules, q, kv, bounds, live=None):
    """Visited and all: a block of queries sees the keys from its first query's first to its last
    query's last, but no block of keys that is padding for all the queries of its task."""
    lower, upper = bounds
    few, decode = schedules["few_queries"], schedules["decode"]
    schedule = decode if q <= decode.task else few if q <= few.lanes else schedules["blocks"]
    live = np.ones((BATCH, kv), bool) if live is None else live
    visited = total = 0

    def seen(last):
        return min(max(last + upper, 0), kv)

    for first in range(0, q, schedule.queries):
        last = min(first + schedule.queries, q)
        task_last = min(-(-last // schedule.task) * schedule.task, q)
        for begin in range(0, kv, schedule.keys):
            total += BATCH
            end = min(begin + schedule.keys, seen(task_last))
            if begin < seen(last) and begin + schedule.keys > first + lower:
                visited += sum(row[begin:end].any() for row in live)
    return visited * HEADS, total * HEADS


@pytest.mark.parametrize("mask", BANDS)
def test_bands(tmp_path, mask):
    schedules = build(tmp_path, mask)
    skipped = 0
    for q, kv in SIZES:
        want = live_tiles(schedules, q, kv, band(mask, q, kv))
        for threads in (1, 2, 5):
            counters = bench(tmp_path, q, kv, "--threads", threads)["counters"]
            assert (counters["tiles_visited"], counters["tiles_total"]) == want, (q, kv, threads)
        skipped += want[1] - want[0]
    assert skipped > 0


@pytest.mark.parametrize("mask", ["padding(keys)", 'causal(offset = "kv - q") and padding(keys)',
                                  'window(left = "30", right = "9") and padding(keys)'])
def test_padding(tmp_path, mask):
    schedules = build(tmp_path, mask, keys="bj")
    rng = np.random.default_rng(7)
    skipped = 0
    for q, kv in SIZES:
        for kind in ("right", "left", "holes", "all"):
            live = np.ones((BATCH, kv), np.int64)
            if kind == "holes":
                live[:] = rng.random((BATCH, kv)) < 0.02
            if kind in ("right", "left"):
                live[0, kv // 3:] = live[1, kv - kv // 4:] = 0
            if kind == "left":
                live = np.ascontiguousarray(live[:, ::-1])
            np.save(tmp_path / "keys.npy", live)
            want = live_tiles(schedules, q, kv, band(mask, q, kv), live != 0)
            counters = bench(tmp_path, q, kv, "--threads", 2, "--input",
                             f"in3={tmp_path / 'keys.npy'}")["counters"]
            assert (counters["tiles_visited"], counters["tiles_total"]) == want, (q, kv, kind)
            skipped += want[1] - want[0]
    assert skipped > 0


@pytest.mark.parametrize("mask,operands", [("none", {}), ("tensor", {"tensor": "0hij"})])
def test_without_structure_every_tile_is_visited(tmp_path, mask, operands):
    schedules = build(tmp_path, mask, **operands)
    for q, kv in SIZES:
        counters = bench(tmp_path, q, kv)["counters"]
        assert (counters["tiles_visited"], counters["tiles_total"]) == live_tiles(schedules, q, kv, band(mask, q, kv)), (q, kv)


@pytest.mark.parametrize("mask", ["none", *BANDS])
def test_a_profile_states_the_live_work(tmp_path, mask):
    build(tmp_path, mask)
    q, kv = 70, 90
    report = bench(tmp_path, q, kv, "--profile")
    (row,) = report["dispatches"]
    lower, upper = band(mask, q, kv)
    live = sum(lower <= j - i <= upper for i in range(q) for j in range(kv))
    assert row["flops"] == 2 * BATCH * HEADS * live * (D + E)
    assert row["bytes"] == 4 * BATCH * HEADS * (q * D + kv * D + kv * E + q * E)
    assert row["extents"] == [BATCH, HEADS, q, kv, D, E]
    limits = report["limits"]
    needs = {"compute": row["flops"] / limits["fma_gflops"] * 1e-6, "memory": row["bytes"] / limits["read_gbs"] * 1e-6}
    assert row["bound"] == max(needs, key=needs.get)
    assert row["share"] == pytest.approx(100 * max(needs.values()) / row["ms"])
    assert (row["tiles_visited"], row["tiles_total"]) == tuple(report["counters"][key]
                                                              for key in ("tiles_visited", "tiles_total"))
