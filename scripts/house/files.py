"""Which files the repository holds, without what is built or ignored."""

import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKIPPED_FOLDERS = {".git", ".deps", ".venv", ".venv-bench", ".cache", "build", "__pycache__", ".pytest_cache"}
CPP = (".h", ".cpp")


def all_files():
    """Every tracked or new file as a path relative to the root, sorted."""
    git = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "-z"],
        capture_output=True,
        text=True,
    ) if os.path.exists(os.path.join(ROOT, ".git")) else None
    if git is not None and git.returncode == 0:
        names = [n for n in git.stdout.split("\0") if n]
    else:
        names = list(_walk())
    return sorted(n for n in set(names) if os.path.isfile(os.path.join(ROOT, n)))


def _walk():
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [f for f in folders if f not in SKIPPED_FOLDERS and not f.startswith("build-")]
        for name in files:
            yield os.path.relpath(os.path.join(folder, name), ROOT)


def read(path):
    """The text of a file, or None when it is not text."""
    with open(os.path.join(ROOT, path), "rb") as f:
        data = f.read()
    if b"\0" in data:
        return None
    return data.decode("utf-8", errors="replace")
