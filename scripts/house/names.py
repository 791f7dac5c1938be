"""File names: CamelCase in C++, snake case in Python, kebab case for lit tests."""

import os
import re

CAMEL = r"[A-Z][A-Za-z0-9]*"
KEBAB = r"[a-z0-9]+(-[a-z0-9]+)*"
SNAKE = r"[a-z0-9_]+"

# The first rule whose pattern fits a path says how its last part must look.
RULES = [
    (r"tools/[a-z-]+/main\.cpp$", r"main\.cpp"),
    (r"tools/attune-[a-z-]+/.*\.cpp$", rf"attune-{KEBAB}\.cpp"),
    (r"test/unit/.*\.cpp$", rf"({CAMEL}Test|{CAMEL})\.cpp"),
    (r"examples/.*\.(c|cpp|h)$", rf"({CAMEL}|{SNAKE})\.(c|cpp|h)"),
    (r".*\.c$", rf"({CAMEL}|{SNAKE})\.c"),
    (r".*\.(h|cpp|td|pdll)$", rf"{CAMEL}\.(h|cpp|td|pdll)"),
    (r".*/lit\.(site\.)?cfg\.py(\.in)?$", r".*"),
    (r".*\.py$", rf"{SNAKE}\.py"),
    (r"test/.*\.(mlir|test)$", rf"{KEBAB}\.(mlir|test)"),
    (r"docs/Decisions/.*\.md$", rf"\d{{4}}-{KEBAB}\.md"),
    (r"docs/.*\.md$", rf"{CAMEL}\.md"),
]


def check(paths):
    problems = []
    for path in paths:
        name = os.path.basename(path)
        for pattern, wanted in RULES:
            if re.match(pattern, path):
                if not re.fullmatch(wanted, name):
                    problems.append(f"{path}: the name should look like {wanted}")
                break
        problems += _repeats_folder(path, name)
    return problems


def _repeats_folder(path, name):
    """A file never repeats its folder's name as prefix; dialect files do, as upstream."""
    folder = os.path.basename(os.path.dirname(path))
    if "/IR/" in path or not re.match(r"(lib|include)/", path) or not name.endswith((".h", ".cpp")):
        return []
    rest = name[len(folder):]
    if name.startswith(folder) and rest[:1].isupper():
        return [f"{path}: the name repeats its folder's"]
    return []
