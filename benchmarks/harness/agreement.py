"""Whose results to believe: those that some other engine comes to as well."""

import itertools
import pathlib

import numpy as np

TOLERANCE = 1e-4  # of the largest magnitude; f32 sums in another order


def difference(folder, other):
    """The largest difference of two folders' outputs, relative to the largest magnitude."""
    worst = 0.0
    names = sorted(path.name for path in pathlib.Path(folder).glob("output_*.npy"))
    if names != sorted(path.name for path in pathlib.Path(other).glob("output_*.npy")):
        return float("inf")
    for name in names:
        a, b = (np.load(pathlib.Path(f) / name, mmap_mode="r") for f in (folder, other))
        worst = max(worst, _array_difference(a, b))
    return worst


def _array_difference(a, b):
    if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("inf")
    if a.size == 0:
        return 0.0
    if a.dtype.kind in "biu":
        a, b = a.astype(np.float64), b.astype(np.float64)
    largest = max(float(np.abs(b).max()), np.finfo(np.float32).tiny)
    return float(np.abs(a - b).max()) / largest


def judge(folders):
    """For {(engine, spelling): folder}: what agrees with nothing of another engine, and each
    pair's difference. One engine alone is not judged."""
    differences = {}
    for a, b in itertools.combinations(folders, 2):
        differences[a, b] = differences[b, a] = difference(folders[a], folders[b])
    wrong = {}
    for side in folders:
        others = [differences[side, other] for other in folders if other[0] != side[0]]
        if others and min(others) > TOLERANCE:
            wrong[side] = min(others)
    return wrong, differences
