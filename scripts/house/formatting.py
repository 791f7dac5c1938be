"""clang-format 22 on every C++ file, as many at a time as there are cores."""

import concurrent.futures
import os
import re
import shutil
import subprocess

from . import files

TOOL = "clang-format-22"


def check(paths):
    if shutil.which(TOOL) is None:
        return [f"{TOOL} is missing: scripts/setup installs it"]
    sources = [p for p in paths if p.endswith((".h", ".cpp", ".c"))]
    groups = [sources[i : i + 16] for i in range(0, len(sources), 16)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return sorted(set(sum(pool.map(_unformatted, groups), [])))


def _unformatted(group):
    run = subprocess.run(
        [TOOL, "--dry-run", "--ferror-limit=1", *group], cwd=files.ROOT, capture_output=True, text=True
    )
    found = re.findall(r"^(.+?):(\d+):\d+: (?:warning|error):", run.stderr, re.M)
    first = {}
    for path, line in found:
        first.setdefault(path, line)
    return [f"{path}:{line}: not as {TOOL} would write it" for path, line in first.items()]


def rewrite(paths):
    """Formats C++ files in place; files of other kinds are left alone."""
    sources = [p for p in paths if p.endswith((".h", ".cpp", ".c"))]
    if sources and shutil.which(TOOL):
        subprocess.run([TOOL, "-i", *sources], cwd=files.ROOT, check=True)
