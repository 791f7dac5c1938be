"""A scratch copy of the tree with its own build folder, and the tests run in it.

The repository itself is never written to; an interrupted run leaves only the copy.
"""

import filecmp
import os
import shutil
import signal
import subprocess
import time

LINKED = (".venv", ".deps")
KEPT = LINKED + ("build", ".cache")


class Scratch:
    """The copy. `root` is the repository, `folder` where the copy lies."""

    def __init__(self, root, folder):
        self.root, self.folder = root, folder
        self.build = os.path.join(folder, "build")
        self.limits = {}

    def refresh(self, paths):
        """Makes the copy equal to the repository; unchanged files keep their time."""
        os.makedirs(self.folder, exist_ok=True)
        for name in LINKED:
            link = os.path.join(self.folder, name)
            if not os.path.islink(link):
                os.symlink(os.path.join(self.root, name), link)
        wanted = set(paths)
        for path in paths:
            source, copy = os.path.join(self.root, path), os.path.join(self.folder, path)
            if not os.path.exists(copy) or not filecmp.cmp(source, copy, shallow=False):
                os.makedirs(os.path.dirname(copy) or ".", exist_ok=True)
                shutil.copyfile(source, copy)
                shutil.copymode(source, copy)
        for folder, folders, files in os.walk(self.folder):
            if folder == self.folder:
                folders[:] = [f for f in folders if f not in KEPT]
            for name in files:
                path = os.path.join(folder, name)
                if os.path.relpath(path, self.folder) not in wanted:
                    os.remove(path)

    def read(self, path):
        with open(os.path.join(self.folder, path)) as f:
            return f.read()

    def write(self, path, text):
        with open(os.path.join(self.folder, path), "w") as f:
            f.write(text)

    def compile(self):
        """True when everything builds."""
        return self._run("build", ["scripts/build"], 3600) == "passed"

    def tiers(self, path=None):
        """The commands that may kill a mutant of `path`, the quickest first."""
        python, lit = ".venv/bin/python", [".venv/bin/lit", "-j2", "--max-failures", "1", "-q"]
        near = _mirrored(self.folder, path) if path else None
        if near:
            yield "lit nearby", lit + [os.path.join("build/test", near)]
        yield "unit", [".venv/bin/ctest", "--test-dir", "build", "-j2", "--stop-on-failure"]
        yield "lit", lit + ["build/test"]
        for tier in ("hostile", "numerical", "models"):
            if any(n.startswith("test_") for n in os.listdir(os.path.join(self.folder, "test", tier))):
                yield tier, [python, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider",
                             f"test/{tier}"]

    def baseline(self):
        """Runs all tiers unchanged. Their times, generously stretched, become hang limits."""
        for tier, command in self.tiers():
            start = time.monotonic()
            if self._run(tier, command, 3600) != "passed":
                return tier
            self.limits[tier] = 60 + 5 * (time.monotonic() - start)
        self.limits["lit nearby"] = self.limits["lit"]
        return None

    def killer(self, path):
        """The first tier that notices the mutant now in place, or None."""
        for tier, command in self.tiers(path):
            outcome = self._run(tier, command, self.limits[tier])
            if outcome != "passed":
                return tier if outcome == "failed" else f"{tier} (hung)"
        return None

    def _run(self, name, command, limit):
        """passed, failed or hung. Ends only the processes it started."""
        environment = dict(os.environ, CCACHE_BASEDIR=self.folder)
        environment.pop("ATTUNE_BUILD_DIR", None)
        os.makedirs(os.path.join(self.folder, ".cache"), exist_ok=True)
        with open(os.path.join(self.folder, ".cache", f"{name.replace(' ', '-')}.log"), "w") as log:
            child = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log,
                                     stdin=subprocess.DEVNULL, env=environment,
                                     start_new_session=True)
            try:
                return "passed" if child.wait(limit) == 0 else "failed"
            except subprocess.TimeoutExpired:
                return "hung"
            finally:
                if child.poll() is None:
                    os.killpg(child.pid, signal.SIGKILL)
                    child.wait()


def _mirrored(folder, path):
    """test/ mirrors lib/: the folder of lit tests nearest to a source."""
    place = os.path.dirname(path).removeprefix("lib/")
    has_tests = lambda p: any(n.endswith((".mlir", ".test")) for n in os.listdir(p))
    full = os.path.join(folder, "test", place)
    return place if os.path.isdir(full) and has_tests(full) else None
