"""Size ceilings. A file above its ceiling says why in its head: "Over the ceiling: ..."."""

import re

from . import files

CEILINGS = [
    (r"CMakeLists\.txt$", 150),
    (r".*/CMakeLists\.txt$", 60),
    (r".*/Passes\.td$", 250),
    (r".*\.td$", 500),
    (r"tools/.*main\.cpp$", 100),
    (r".*\.h$", 250),
    (r".*\.(c|cpp)$", 600),
    (r"test/.*\.(mlir|test)$", 300),
    (r"docs/.*\.md$", 400),
    (r".*\.py$", 400),
]
FUNCTION_CEILING = 80
NOT_FUNCTIONS = re.compile(
    r"^\s*(if|for|while|switch|else|do|namespace|struct|class|enum|union|try|return|extern \"C\" \{)\b"
)


def check(paths):
    problems = []
    for path in paths:
        ceiling = next((c for pattern, c in CEILINGS if re.match(pattern, path)), None)
        if ceiling is None:
            continue
        lines = (files.read(path) or "").split("\n")
        excused = any("Over the ceiling:" in line for line in lines[:8])
        if len(lines) - 1 > ceiling and not excused:
            problems.append(f"{path}: {len(lines) - 1} lines, the ceiling is {ceiling}")
        if path.endswith(".cpp") and not path.startswith("test/"):
            problems += _long_functions(path, lines)
    return problems


def _long_functions(path, lines):
    """Relies on clang-format's indentation: a function ends with } where it began."""
    problems = []
    for start, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if not line.endswith("{") or indent > 2 or not _opens_function(lines, start):
            continue
        closing = " " * indent + "}"
        end = next((i for i in range(start, len(lines)) if lines[i].startswith(closing)), start)
        if end - start > FUNCTION_CEILING:
            problems.append(
                f"{path}:{start + 1}: a function of {end - start} lines, "
                f"the ceiling is {FUNCTION_CEILING}"
            )
    return problems


def _opens_function(lines, at):
    first = at
    while first > 0 and lines[first - 1].strip() and lines[first - 1].rstrip()[-1] not in ";{}:":
        first -= 1
    head = " ".join(lines[first : at + 1])
    head = re.sub(r"//.*?(?=  )", "", head)
    if NOT_FUNCTIONS.match(head) or "(" not in head:
        return False
    return "[" not in head.split("(")[0] and "=" not in head.split("(")[0]
