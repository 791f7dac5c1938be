"""What the Python tests share: the built tools and how to call them."""

import os
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("ATTUNE_BUILD_DIR", os.path.join(ROOT, "build"))


class Attune:
    """The command line tool: attune("compile", path, "-o", out) -> CompletedProcess."""

    def __init__(self, path):
        self.path = path

    def __call__(self, *args, timeout=600, **options):
        command = [self.path, *map(str, args)]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, **options)

    def ok(self, *args, **options):
        """Like a call, but a failure is the test's, with the tool's own words."""
        done = self(*args, **options)
        assert done.returncode == 0, f"exit {done.returncode}: {done.stderr[-2000:]}"
        return done


@pytest.fixture(scope="session")
def attune():
    path = os.path.join(BUILD, "bin", "attune")
    assert os.path.exists(path), f"{path} is not built: run scripts/build"
    return Attune(path)
